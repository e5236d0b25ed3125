//! `set-proc-title`: what `ps` shows.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use crate::config::Config;

/// Field numbers of `/proc/self/stat`, counted from 1: where the arguments begin and end.
const ARGUMENTS_START: usize = 48;
const ARGUMENTS_END: usize = 49;
/// The fields behind the program's name, which stands in parentheses and may hold anything, begin
/// with this one.
const FIRST_AFTER_NAME: usize = 3;

/// Puts the title in the place of the arguments, when there is room for it.
///
/// `program`: what the process was started as.
pub(super) fn set(config: &Config, program: &str) {
    if !config.set_proc_title {
        return;
    }
    let title = expand(config, program);
    if let Some((start, end)) = arguments() {
        let room = end.saturating_sub(start) as usize;
        if title.len() < room {
            let mut bytes = title.into_bytes();
            bytes.resize(room, 0);
            // The kernel reads the title where it put the arguments; nobody here does any more.
            if let Ok(memory) = OpenOptions::new().write(true).open("/proc/self/mem") {
                let _ = memory.write_all_at(&bytes, start);
            }
        }
    }
}

/// The addresses of the arguments in our memory.
fn arguments() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let address = |number: usize| fields.get(number - FIRST_AFTER_NAME)?.parse::<u64>().ok();
    Some((address(ARGUMENTS_START)?, address(ARGUMENTS_END)?)).filter(|&(start, _)| start != 0)
}

/// Fills in the words of `proc-title-template`.
fn expand(config: &Config, program: &str) -> String {
    let address = match config.bind.first() {
        Some(address) => address.trim_start_matches('-'),
        None => "*",
    };
    let unix_socket =
        config.unixsocket.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let listens_at = match (&config.unixsocket, config.port) {
        (Some(_), 0) => unix_socket.clone(),
        _ => format!("{address}:{}", config.port),
    };
    let file = config.config_file.as_ref().map(|path| path.display().to_string());
    let words = [
        ("{title}", program.to_owned()),
        ("{listen-addr}", listens_at),
        ("{server-mode}", String::new()),
        ("{port}", config.port.to_string()),
        ("{tls-port}", config.tls_port.to_string()),
        ("{unixsocket}", unix_socket),
        ("{config-file}", file.unwrap_or_default()),
    ];
    let mut title = config.proc_title_template.clone();
    for (word, value) in words {
        title = title.replace(word, &value);
    }
    title.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_title_names_the_address() {
        let config = Config { port: 7000, ..Config::default() };
        assert_eq!(expand(&config, "redis-server"), "redis-server *:7000");
    }

    #[test]
    fn the_addresses_of_the_arguments_are_found() {
        let (start, end) = arguments().unwrap();
        assert!(start < end);
    }
}

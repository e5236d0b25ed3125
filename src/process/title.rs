//! `set-proc-title`: what `ps` shows.
//!
//! ```text
//! argument\0argument\0NAME=value\0NAME=value\0     as the kernel made it
//! title .................................\0\0\0\0     a title that needs more than the arguments' room
//! ```
//! A title that goes on behind the arguments is read up to its zero: the kernel takes the missing
//! zero at their end for a sign.

use std::fs::{self, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Once;

use crate::config::Config;

/// Field numbers of `/proc/self/stat`, counted from 1: where the arguments begin and end, and the
/// environment, which usually follows them.
const ARGUMENTS: [usize; 2] = [48, 49];
const ENVIRONMENT: [usize; 2] = [50, 51];
/// The fields behind the program's name, which stands in parentheses and may hold anything, begin
/// with this one.
const FIRST_AFTER_NAME: usize = 3;

/// What a title is cut to, as in Redis, or to the room that there is.
const MOST_BYTES: usize = 255;

/// Puts the title in the place of the arguments.
///
/// `program`: what the process was started as.
pub(super) fn set(config: &Config, program: &str) {
    if !config.process.set_proc_title {
        return;
    }
    let title = expand(config, program);
    let Some(arguments) = addresses(ARGUMENTS) else { return };
    let following = addresses(ENVIRONMENT).filter(|next| next.start == arguments.end);
    let room = match following {
        Some(environment) if title.len() >= length(&arguments) => {
            move_environment();
            arguments.start..environment.end
        }
        _ => arguments,
    };
    let mut bytes = title.into_bytes();
    bytes.truncate(MOST_BYTES.min(length(&room).saturating_sub(1)));
    bytes.resize(length(&room), 0);
    // The kernel reads the title where it put the arguments; nobody here does any more.
    if let Ok(memory) = OpenOptions::new().write(true).open("/proc/self/mem") {
        let _ = memory.write_all_at(&bytes, room.start);
    }
}

fn length(addresses: &Range<u64>) -> usize {
    (addresses.end - addresses.start) as usize
}

/// Where something of ours is in memory.
fn addresses([start, end]: [usize; 2]) -> Option<Range<u64>> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let address = |number: usize| fields.get(number - FIRST_AFTER_NAME)?.parse::<u64>().ok();
    Some(address(start)?..address(end)?).filter(|found| found.start != 0 && found.end > found.start)
}

/// Sets every variable to what it is: its text is on the heap then, and its old place is free.
fn move_environment() {
    static MOVED: Once = Once::new();
    MOVED.call_once(|| {
        for (name, value) in std::env::vars_os() {
            // SAFETY: nothing reads the environment but through the standard library, which locks
            // it.
            unsafe { std::env::set_var(name, value) };
        }
    });
}

/// Fills in the words of `proc-title-template`.
fn expand(config: &Config, program: &str) -> String {
    let path_text = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
    };
    let value_of = |word: &str| match word {
        "title" => program.to_owned(),
        "listen-addr" => listens_at(config),
        "port" => config.network.port.to_string(),
        "tls-port" => config.security.tls_port.to_string(),
        "unixsocket" => path_text(&config.network.unixsocket),
        "config-file" => path_text(&config.config_file),
        // Nothing marks a server that is neither a Sentinel nor part of a cluster.
        _ => String::new(),
    };
    let mut title = String::new();
    let mut rest = config.process.proc_title_template.as_str();
    while let Some((text, from_brace)) = rest.split_once('{') {
        title.push_str(text);
        rest = match (from_brace.strip_prefix('{'), from_brace.split_once('}')) {
            (Some(after), _) => {
                title.push('{');
                after
            }
            (None, Some((word, after))) => {
                title.push_str(&value_of(word));
                after
            }
            (None, None) => "",
        };
    }
    title.push_str(rest);
    title.trim_end().to_owned()
}

fn listens_at(config: &Config) -> String {
    match (&config.network.unixsocket, config.network.port) {
        (Some(path), 0) => format!("unixsocket:{}", path.display()),
        (_, port) => {
            let address =
                config.network.bind.first().map_or("*", |first| first.trim_start_matches('-'));
            format!("{address}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_title_names_the_address() {
        let config = Config::with(|config| config.network.port = 7000);
        assert_eq!(expand(&config, "redis-server"), "redis-server *:7000");
    }

    #[test]
    fn a_server_without_a_port_is_named_by_its_unix_socket() {
        let config = Config::with(|config| {
            config.network.port = 0;
            config.network.unixsocket = Some("/run/s".into());
        });
        assert_eq!(expand(&config, "redis-server"), "redis-server unixsocket:/run/s");
    }

    #[test]
    fn braces_in_a_template_and_in_a_value_stay() {
        let config = Config::with(|config| {
            config.network.port = 7000;
            config.process.proc_title_template =
                "{{port} {title} {port}{server-mode} {unixsocket}".to_owned();
        });
        assert_eq!(expand(&config, "{port}"), "{port} {port} 7000");
    }

    #[test]
    fn the_addresses_of_the_arguments_are_found() {
        let [arguments, environment] =
            [ARGUMENTS, ENVIRONMENT].map(|fields| addresses(fields).unwrap());
        assert_eq!(arguments.end, environment.start);
    }
}

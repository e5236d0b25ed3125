//! The log lines of replication, in the words of redis-server 7.0.15: one place, so that users
//! find what their tools look for. The machines of this folder return them; whoever drives a
//! machine hands them to `log`. Lines that an actor says on its own are functions here.

pub mod failover;
pub mod master;
pub mod replica;

use log::Level;

/// A line for the log. `Info` is Redis's notice (`*`), `Warn` its warning (`#`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub level: Level,
    pub text: String,
}

/// Writes a line to the log.
pub fn log_line(line: &LogLine) {
    log::log!(line.level, "{}", line.text);
}

/// A line at Redis's level `*`.
pub fn notice(text: impl Into<String>) -> LogLine {
    LogLine { level: Level::Info, text: text.into() }
}

/// A line at Redis's level `#`.
pub fn warning(text: impl Into<String>) -> LogLine {
    LogLine { level: Level::Warn, text: text.into() }
}

/// How a replica is named in the master's log: the address it announced or came from, and its
/// announced port, 0 if it said none.
pub fn replica_name(ip: &str, port: u16) -> String {
    match port {
        0 => format!("{ip}:<unknown-replica-port>"),
        port => format!("{ip}:{port}"),
    }
}

/// Where a replica puts the RDB that it receives, as the log says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadTarget {
    Disk,
    Parser,
}

impl LoadTarget {
    fn text(self) -> &'static str {
        match self {
            LoadTarget::Disk => "to disk",
            LoadTarget::Parser => "to parser",
        }
    }
}

/// One side's command is answered with an error on the other: the two have parted. `text`: the
/// error without `ERR`.
pub fn error_in_stream(is_replica: bool, text: &str, command: &str) -> LogLine {
    let (here, there) = if is_replica { ("replica", "master") } else { ("master", "replica") };
    warning(format!(
        "== CRITICAL == This {here} is sending an error to its {there}: '{text}' after processing the command '{command}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_without_a_port_is_named_as_redis_names_it() {
        assert_eq!(replica_name("127.0.0.1", 0), "127.0.0.1:<unknown-replica-port>");
        assert_eq!(replica_name("::1", 9001), "::1:9001");
    }
}

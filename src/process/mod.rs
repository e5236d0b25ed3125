//! The server as a process among others: in the background, under a supervisor, within the
//! system's limits.

mod config_file;
mod daemon;
mod files_limit;
mod host;
mod kernel;
mod pid_file;
mod supervisor;
mod syslog;
mod title;

pub use daemon::detach;
pub use files_limit::raise_files_limit;
pub use host::Process;
pub use kernel::disable_huge_pages;
pub use pid_file::PidFile;
pub use supervisor::Supervisor;
pub use syslog::Syslog;

use std::io::IsTerminal;

use crate::config::Config;
use crate::config::load::REDIS_VERSION;
use crate::telemetry::logging::RAW;

/// The first lines of every log. `is_bare`: there was neither a file nor an option.
pub fn log_beginning(is_bare: bool) {
    log::warn!("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    log::warn!(
        "Redis version={REDIS_VERSION}, bits=64, commit=00000000, modified=0, pid={}, just started",
        std::process::id()
    );
    if is_bare {
        log::warn!(
            "Warning: no config file specified, using the default config. In order to specify a config file use {} /path/to/redis.conf",
            std::env::args_os().next().unwrap_or_default().to_string_lossy()
        );
    } else {
        log::warn!("Configuration loaded");
    }
}

/// The kernel shortens the queue of a listening socket without a word.
fn warn_of_short_backlog(backlog: u32) {
    const LIMIT: &str = "/proc/sys/net/core/somaxconn";
    let limit = std::fs::read_to_string(LIMIT).ok().and_then(|text| text.trim().parse().ok());
    if let Some(limit) = limit.filter(|&limit: &u32| limit > 0 && limit < backlog) {
        log::warn!(
            "WARNING: The TCP backlog setting of {backlog} cannot be enforced because {LIMIT} is set to the lower value of {limit}."
        );
    }
}

/// The lines once the sockets are open and before a data set is loaded. On a terminal, or when
/// `always-show-logo` asks for it, a block without the usual prefix: tools wait for its ` PID: `.
pub fn log_initialized(config: &Config) {
    let on_terminal =
        config.process.logfile.as_os_str().is_empty() && std::io::stdout().is_terminal();
    if config.process.always_show_logo || (on_terminal && !config.process.syslog_enabled) {
        log::info!(
            target: RAW,
            "\n    Understudy {}, compatible with Redis {REDIS_VERSION}\n\n    Running in standalone mode\n    Port: {}\n    PID: {}\n",
            env!("CARGO_PKG_VERSION"),
            config.network.port,
            std::process::id()
        );
    } else {
        log::info!("Running mode=standalone, port={}.", config.network.port);
    }
    warn_of_short_backlog(config.network.tcp_backlog);
    log::warn!("Server initialized");
}

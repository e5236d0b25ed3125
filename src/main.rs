//! The `understudy` binary, also installed as `redis-server`: reads the command line and the
//! settings, then hands over to [`understudy::server`].

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::too_many_lines)]

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use understudy::base::ids::ReplId;
use understudy::base::random::Random;
use understudy::cli::files::load_config;
use understudy::cli::{self, Invocation, Request};
use understudy::config::load::LoadError;
use understudy::config::value::choice::Choice;
use understudy::keyspace::wall_clock;
use understudy::process::{self, Supervisor, Syslog};
use understudy::server::{self, Launch};
use understudy::state::Identity;
use understudy::telemetry::logging::{self, AlsoTo};

fn main() {
    let exit_code = match cli::parse(std::env::args_os()) {
        Request::Run(invocation) => run(&invocation),
        Request::Print { text, to_stderr: true, exit_code } => {
            let _ = write!(std::io::stderr(), "{text}");
            exit_code
        }
        Request::Print { text, to_stderr: false, exit_code } => {
            let _ = write!(std::io::stdout(), "{text}");
            exit_code
        }
    };
    std::process::exit(exit_code);
}

fn run(invocation: &Invocation) -> i32 {
    // Until the sockets are open; so does redis-server.
    logging::set_role_letter(b'C');
    let config = match load_config(invocation, server::is_command) {
        Ok(config) => config,
        Err(error) => {
            match &error {
                LoadError::Open { .. } => {
                    logging::print_early(log::Level::Warn, &error.to_string())
                }
                _ => drop(writeln!(std::io::stderr(), "{error}")),
            }
            return 1;
        }
    };
    let also = Syslog::of(&config)
        .map(|syslog| Box::new(move |level, text: &str| syslog.send(level, text)) as AlsoTo);
    let logfile = config.process.logfile.to_string_lossy();
    if let Err(error) = logging::start(config.process.loglevel.name(), &logfile, also) {
        let _ = writeln!(std::io::stderr(), "Can't open the log file: {error}");
        return 1;
    }
    let supervisor = Supervisor::find(config.process.supervised);
    let in_background = config.process.daemonize && !supervisor.is_there();
    if in_background && let Err(error) = process::detach() {
        log::warn!("Cannot go on in the background: {error}");
        return 1;
    }
    process::log_beginning(invocation.is_bare);
    logging::set_role_letter(if config.replication.replicaof.is_some() { b'S' } else { b'M' });
    let mut id = [0; 20];
    Random::from_entropy().fill(&mut id);
    let identity = Identity {
        run_id: ReplId::from_random(id),
        pid: std::process::id(),
        started: Instant::now(),
        started_at: wall_clock(),
        executable: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("understudy")),
        supervisor: supervisor.name(),
        argv: std::env::args_os().collect(),
    };
    server::run(Launch { config, identity, supervisor, in_background })
}

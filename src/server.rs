//! The composition root: binds the sockets, starts the actors and wires them. The only place
//! where actors are started.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use actix::prelude::*;
use tokio::signal::unix::{SignalKind, signal};

use crate::base::random::Random;
use crate::base::time::MONOTONIC_CLOCK;
use crate::commands::FAMILIES;
use crate::commands::registry::Registry;
use crate::config::Config;
use crate::keyspace::messages::ShutdownSignal;
use crate::keyspace::{Executor, Keyspace, Recipients};
use crate::keyspace::{
    replication_settings, wall_clock, warn_of_ineffective, warn_of_memory_limit,
    warn_of_open_forwarding,
};
use crate::net::connection::{Connection, KeyspaceLink};
use crate::net::listener::{Listener, Sockets, StartConnection, TcpSockets};
use crate::net::pool::Pool;
use crate::net::unix_socket::SocketFile;
use crate::process::{self, PidFile, Process, Supervisor};
use crate::replication::forwarder::Forwarder;
use crate::replication::manager::{self, ManagerStart, ReplicationManager};
use crate::replication::master_link::{self, MasterLink};
use crate::replication::migrator::Migrator;
use crate::state::{Identity, State};
use crate::store::garbage::Garbage;

/// A server that is about to start.
pub struct Launch {
    pub config: Config,
    pub identity: Identity,
    pub supervisor: Supervisor,
    /// `daemonize` was done.
    pub in_background: bool,
}

/// What can fail before there is an actor.
struct Prepared {
    sockets: Sockets,
    unix_socket: Option<SocketFile>,
    registry: Registry,
    garbage: Garbage,
    pid_file: Option<PidFile>,
}

/// What the process leaves in the file system, and takes away at the end.
struct LeftFiles {
    pid_file: Option<PidFile>,
    unix_socket: Option<SocketFile>,
}

/// What is under way when the process ends has this long to reach the sockets.
const LAST_WORDS: Duration = Duration::from_millis(10);

/// Runs the server. Returns the exit code when it could not start or had to give up; a shutdown
/// ends the process.
pub fn run(mut launch: Launch) -> i32 {
    let prepared = match prepare(&mut launch.config, launch.in_background) {
        Ok(prepared) => prepared,
        Err(error) => {
            log::warn!("{error}");
            return 1;
        }
    };
    let system = System::new();
    system.block_on(async move { start(launch, prepared) });
    if let Err(error) = system.run() {
        log::warn!("{error}");
    }
    1
}

/// Gets everything that the system may refuse.
fn prepare(config: &mut Config, in_background: bool) -> Result<Prepared, String> {
    log::info!("monotonic clock: {MONOTONIC_CLOCK}");
    config.network.maxclients = process::raise_files_limit(config.network.maxclients)?;
    let (sockets, unix_socket) = Sockets::bind(config)?;
    let registry = Registry::new(FAMILIES, &config.rename_command)?;
    let pid_file = PidFile::write(config.process.pidfile.as_deref(), in_background);
    process::log_initialized(config);
    warn_of_memory_limit(config);
    warn_of_open_forwarding(config);
    warn_of_ineffective(config, |_| true);
    if config.process.disable_thp {
        process::disable_huge_pages();
    }
    let garbage = Garbage::start().map_err(|error| format!("Cannot start a thread: {error}"))?;
    Ok(Prepared { sockets, unix_socket, registry, garbage, pid_file })
}

impl LeftFiles {
    fn remove(&self) {
        if let Some(file) = &self.pid_file {
            file.remove();
        }
        if let Some(file) = &self.unix_socket {
            file.remove();
        }
    }
}

/// Starts every actor.
#[expect(clippy::too_many_lines, reason = "one place says who hears from whom, line by line")]
fn start(launch: Launch, prepared: Prepared) {
    let Launch { config, identity, supervisor, .. } = launch;
    let Prepared { sockets, unix_socket, registry, garbage, pid_file } = prepared;
    let is_replica = config.replication.replicaof.is_some();
    let tcp = TcpSockets::new(config.network.tcp_keepalive);
    let program = identity.argv.first().map(|name| name.to_string_lossy().into_owned());
    let files = LeftFiles { pid_file, unix_socket };
    let state = State::new(config, identity, garbage, Random::from_entropy());
    let mut executor = Executor::new(state, registry);
    let exit = move |code: i32| {
        if code != 0 {
            // Nobody is to see what led here.
            std::process::exit(code);
        }
        files.remove();
        log::warn!("Redis is now ready to exit, bye bye...");
        actix::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            // Taking a big data set apart would only delay the end.
            std::process::exit(code);
        });
    };
    let settings = replication_settings(&executor.state.server.config);
    let keyspace = Keyspace::create(|ctx| {
        let keyspace = ctx.address();
        let free_buffers = executor.state.server.free_buffer_bytes.clone();
        let connections = connection_starter(&keyspace, free_buffers);
        let listener = Listener::new(sockets, tcp.clone(), connections).start();
        let mut host = Process::new(program.unwrap_or_default(), tcp, listener);
        host.begin(&executor.state.server.config);
        executor.state.server.host = Box::new(host);
        let replication = &executor.state.server.replication;
        let manager = ReplicationManager::new(ManagerStart {
            keyspace: manager::KeyspaceRecipients {
                take_snapshot: keyspace.clone().recipient(),
                replicas_changed: keyspace.clone().recipient(),
                replica_attached: keyspace.clone().recipient(),
                replica_at_fault: keyspace.clone().recipient(),
                close_arrival: keyspace.clone().recipient(),
                set_pace: keyspace.clone().recipient(),
                sync_answered: keyspace.clone().recipient(),
                disk_unreadable: keyspace.clone().recipient(),
                disconnected: keyspace.clone().recipient(),
            },
            start_link: Box::new(|link| link.start()),
            settings,
            backlog_bytes: executor.state.server.config.replication.repl_backlog_size as usize,
            stored_bytes: executor.state.server.config.replication.repl_backlog_disk_size,
            gauge: replication.backlog.clone(),
            history: replication.stream.history().clone(),
            garbage: executor.state.garbage.clone(),
            now: wall_clock,
        })
        .start();
        let master_link = MasterLink::new(
            master_link::KeyspaceRecipients {
                make_room: keyspace.clone().recipient(),
                loaded: keyspace.clone().recipient(),
                continued: keyspace.clone().recipient(),
                apply: keyspace.clone().recipient(),
                changed: keyspace.clone().recipient(),
                lost: keyspace.clone().recipient(),
                hand_over_answered: keyspace.recipient(),
            },
            wall_clock,
            executor.state.garbage.clone(),
            replication.received.clone(),
        )
        .start();
        let recipients = Recipients {
            manager: manager.clone().recipient(),
            adopt_socket: manager.recipient(),
            follow: master_link.clone().recipient(),
            stop_following: master_link.clone().recipient(),
            cut_master_link: master_link.clone().recipient(),
            master_link_settings: master_link.clone().recipient(),
            acknowledge: master_link.clone().recipient(),
            log_synced: master_link.clone().recipient(),
            stream_applied: master_link.recipient(),
            start_forwarder: Box::new({
                let keyspace = ctx.address();
                move |start| Forwarder::new(start, keyspace.clone().recipient()).start().recipient()
            }),
            migrate: Migrator::new(ctx.address().recipient(), wall_clock).start().recipient(),
            save_finished: ctx.address().recipient(),
            file_loaded: ctx.address().recipient(),
            log_news: ctx.address().recipient(),
            log_pieces: ctx.address().recipient(),
            ready: Box::new(move || supervisor.ready(is_replica)),
            stopping: Box::new(move |saves| supervisor.stopping(saves)),
            exit: Box::new(exit),
        };
        Keyspace::new(executor, recipients)
    });
    forward_signals(&keyspace);
}

/// What the listener calls for each socket. `free_buffers`: where the pool tells what it keeps.
fn connection_starter(
    keyspace: &Addr<Keyspace>,
    free_buffers: Arc<AtomicUsize>,
) -> StartConnection {
    let link = Rc::new(KeyspaceLink {
        connect: keyspace.clone().recipient(),
        execute: keyspace.clone().recipient(),
        peer_closed: keyspace.clone().recipient(),
        disconnected: keyspace.clone().recipient(),
    });
    let pool = Rc::new(Pool::new(free_buffers));
    Rc::new(move |stream, peer| {
        Connection::new(stream, peer, link.clone(), pool.clone()).start();
    })
}

/// SIGTERM and SIGINT become messages; SIGHUP, which comes when the terminal that the server was
/// started from goes away, ends nothing.
fn forward_signals(keyspace: &Addr<Keyspace>) {
    for (kind, name) in [(SignalKind::terminate(), "SIGTERM"), (SignalKind::interrupt(), "SIGINT")]
    {
        let keyspace = keyspace.clone();
        match signal(kind) {
            Ok(mut signals) => {
                actix::spawn(async move {
                    while signals.recv().await.is_some() {
                        keyspace.do_send(ShutdownSignal { name });
                    }
                });
            }
            Err(error) => log::warn!("Cannot catch {name}: {error}"),
        }
    }
    // Once caught it stays caught, whether or not anybody waits for it.
    if let Err(error) = signal(SignalKind::hangup()) {
        log::warn!("Cannot catch SIGHUP: {error}");
    }
}

/// Whether there is a command of that name; for `rename-command`.
pub fn is_command(name: &[u8]) -> bool {
    FAMILIES
        .iter()
        .flat_map(|family| family.iter())
        .any(|c| c.facts.name.as_bytes().eq_ignore_ascii_case(name))
}

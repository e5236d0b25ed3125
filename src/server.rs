//! The composition root: binds the sockets, starts the actors and wires them. The only place
//! where actors are started.

use std::cell::Cell;
use std::rc::Rc;

use actix::prelude::*;
use tokio::signal::unix::{SignalKind, signal};

use crate::base::random::Random;
use crate::cli::files::{rewrite_config, system_text};
use crate::commands::FAMILIES;
use crate::commands::registry::Registry;
use crate::config::Config;
use crate::config::host::Host;
use crate::config::set::SetError;
use crate::config::value::choice::Choice;
use crate::keyspace::messages::ShutdownSignal;
use crate::keyspace::{Executor, Keyspace, Links};
use crate::keyspace::{replication_settings, wall_clock};
use crate::net::connection::{Connection, KeyspaceLink};
use crate::net::listener::{Listener, Sockets, StartConnection, StopListening};
use crate::replication::manager::{self, ReplicationManager};
use crate::replication::master_link::{self, MasterLink};
use crate::state::{Identity, State};
use crate::store::garbage::Garbage;
use crate::telemetry::logging;

/// Runs the server until it is shut down. Returns the exit code.
pub fn run(config: Config, identity: Identity) -> i32 {
    let sockets = match Sockets::bind(&config) {
        Ok(sockets) => sockets,
        Err(error) => {
            log::warn!("{error}");
            return 1;
        }
    };
    let registry = match Registry::new(FAMILIES, &config.rename_command) {
        Ok(registry) => registry,
        Err(error) => {
            log::warn!("{error}");
            return 1;
        }
    };
    let garbage = match Garbage::start() {
        Ok(garbage) => garbage,
        Err(error) => {
            log::warn!("Cannot start a thread: {error}");
            return 1;
        }
    };
    let exit_code = Rc::new(Cell::new(0));
    let code = exit_code.clone();
    let system = System::new();
    system.block_on(async move {
        start(config, identity, registry, sockets, garbage, code);
    });
    let ran = system.run();
    if let Err(error) = ran {
        log::warn!("{error}");
        return 1;
    }
    exit_code.get()
}

/// Starts every actor.
fn start(
    config: Config,
    identity: Identity,
    registry: Registry,
    sockets: Sockets,
    garbage: Garbage,
    exit_code: Rc<Cell<i32>>,
) {
    let port = config.port;
    let unix_socket = config.unixsocket.clone();
    let keepalive = config.tcp_keepalive;
    let state = State::new(config, identity, garbage, Random::from_entropy());
    let mut executor = Executor::new(state, registry);
    executor.state.server.host = Box::new(Process);
    let listener_slot: Rc<Cell<Option<Addr<Listener>>>> = Rc::default();
    let exit_listener = listener_slot.clone();
    let exit = move |code: i32| {
        if let Some(listener) = exit_listener.take() {
            listener.do_send(StopListening);
        }
        exit_code.set(code);
        System::current().stop();
    };
    let settings = replication_settings(&executor.state.server.config);
    let backlog = executor.state.server.replication.backlog.clone();
    let keyspace = Keyspace::create(|ctx| {
        let keyspace = ctx.address();
        let manager = ReplicationManager::new(
            backlog,
            manager::KeyspaceRecipients {
                take_snapshot: keyspace.clone().recipient(),
                replicas_changed: keyspace.clone().recipient(),
                replica_attached: keyspace.clone().recipient(),
                sync_answered: keyspace.clone().recipient(),
                disconnected: keyspace.clone().recipient(),
            },
            Box::new(|link| link.start()),
            settings,
            wall_clock,
        )
        .start();
        let master_link = MasterLink::new(
            master_link::KeyspaceRecipients {
                loaded: keyspace.clone().recipient(),
                continued: keyspace.clone().recipient(),
                apply: keyspace.clone().recipient(),
                changed: keyspace.clone().recipient(),
                lost: keyspace.recipient(),
            },
            wall_clock,
        )
        .start();
        let links = Links {
            feed: manager.clone().recipient(),
            begin_sync: manager.clone().recipient(),
            adopt_socket: manager.clone().recipient(),
            snapshots: manager.clone().recipient(),
            disconnect_replicas: manager.clone().recipient(),
            replication_settings: manager.clone().recipient(),
            forget_replica: manager.recipient(),
            follow: master_link.clone().recipient(),
            stop_following: master_link.clone().recipient(),
            master_link_settings: master_link.clone().recipient(),
            acknowledge: master_link.clone().recipient(),
            stream_applied: master_link.recipient(),
            exit: Box::new(exit),
        };
        Keyspace::new(executor, links)
    });
    let listener = Listener::new(sockets, keepalive, connection_starter(&keyspace)).start();
    listener_slot.set(Some(listener));
    forward_signals(&keyspace);
    if port != 0 || unix_socket.is_some() {
        log::info!("Ready to accept connections");
    }
}

/// The process, as changed settings reach it.
struct Process;

impl Host for Process {
    fn apply(
        &mut self,
        old: &Config,
        new: &mut Config,
        _: &[&'static str],
    ) -> Result<(), SetError> {
        if old.dir != new.dir {
            std::env::set_current_dir(&new.dir)
                .and_then(|()| std::env::current_dir())
                .map(|dir| new.dir = dir)
                .map_err(|error| SetError::refused("dir", system_text(&error)))?;
        }
        logging::set_level(new.loglevel.name());
        Ok(())
    }

    fn rewrite_config(&mut self, config: &Config) -> Result<(), String> {
        let Some(file) = &config.config_file else { return Ok(()) };
        rewrite_config(file, config, false).map_err(|error| system_text(&error))
    }
}

/// What the listener calls for each socket.
fn connection_starter(keyspace: &Addr<Keyspace>) -> StartConnection {
    let link = KeyspaceLink {
        connect: keyspace.clone().recipient(),
        execute: keyspace.clone().recipient(),
        peer_closed: keyspace.clone().recipient(),
        disconnected: keyspace.clone().recipient(),
    };
    Rc::new(move |stream, peer| {
        Connection::new(stream, peer, link.clone()).start();
    })
}

/// SIGTERM and SIGINT become messages.
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
}

/// Whether there is a command of that name; for `rename-command`.
pub fn is_command(name: &[u8]) -> bool {
    FAMILIES
        .iter()
        .flat_map(|family| family.iter())
        .any(|c| c.name.as_bytes().eq_ignore_ascii_case(name))
}

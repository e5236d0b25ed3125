//! The end: SHUTDOWN and signals.
//!
//! ```text
//! Running ─► WaitingForReplicas ─► Ending ─► the process is gone
//!    ▲        writes held back      all held back, the last file is written
//!    └──────── ABORT ◄┘              │
//!    └──────── could not save ◄──────┘
//! ```

use super::actor::Keyspace;
use crate::base::time::UnixMillis;
use crate::commands::effect::{Block, ShutdownRequest};
use crate::commands::error::CommandError;
use crate::config::value::shutdown::ShutdownFlags;
use crate::state::{LogPhase, PausePurpose, PauseScope, Server, ShutdownStage};
use crate::telemetry::logging;

use super::saves::Purpose;

impl Keyspace {
    /// SIGTERM or SIGINT: the clock sees to it, so that SHUTDOWN ABORT has a chance.
    pub(super) fn shutdown_signal(&mut self, name: &'static str) {
        self.executor.read_clock();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if server.shutdown.signal.is_some() && name == "SIGINT" {
            logging::warn_of_signal(now, "You insist... exiting now.");
            self.abandon_save();
            return (self.recipients.exit)(1);
        }
        let news = match server.loading {
            Some(_) => "Received shutdown signal during loading, scheduling shutdown.",
            None if name == "SIGINT" => "Received SIGINT scheduling shutdown...",
            None => "Received SIGTERM scheduling shutdown...",
        };
        logging::warn_of_signal(now, news);
        server.shutdown.signal = Some(name);
    }

    /// Begins what a signal asked for, and goes on with a shutdown that waits for replicas.
    pub(super) fn shutdown_cron(&mut self) {
        let now = self.executor.now();
        let server = &self.executor.state.server;
        match server.shutdown.stage {
            ShutdownStage::Running => {
                if let Some(name) = server.shutdown.signal {
                    self.begin_shutdown(request_of_signal(server, name));
                }
            }
            ShutdownStage::WaitingForReplicas { until } => {
                if now >= until || lagging_replicas(server) == 0 {
                    self.finish_shutdown();
                }
            }
            ShutdownStage::Ending => {}
        }
    }

    /// SHUTDOWN, or a signal. Does nothing when one was begun before.
    pub(super) fn begin_shutdown(&mut self, mut request: ShutdownRequest) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if server.shutdown.is_begun() {
            return;
        }
        if server.loading.is_some() {
            // What is in memory is not the data set.
            request.save = Some(false);
        }
        self.shutdown_request = request;
        log::warn!("User requested shutdown...");
        let timeout = server.config.process.shutdown_timeout as i64 * 1000;
        if request.now || timeout == 0 || lagging_replicas(server) == 0 {
            return self.finish_shutdown();
        }
        let was_paused = server.pauses.at(now).is_some();
        server.shutdown.stage = ShutdownStage::WaitingForReplicas { until: now + timeout };
        server.pauses.begin(PausePurpose::Shutdown, PauseScope::Writes, UnixMillis::MAX, now);
        if !was_paused {
            self.wants_acks = true;
        }
        log::info!("Waiting for replicas before shutting down.");
    }

    /// Replicas were given their time.
    fn finish_shutdown(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        log_lag(server);
        server.shutdown.stage = ShutdownStage::Ending;
        server.pauses.begin(PausePurpose::Shutdown, PauseScope::All, UnixMillis::MAX, now);
        let wants_save = match self.shutdown_request.save {
            Some(save) => save,
            None => !server.config.persistence.save.is_empty() && !server.replication.is_emptied,
        };
        if server.persistence.log.phase == LogPhase::Waiting && !self.shutdown_request.force {
            log::warn!("Writing initial AOF, can't exit.");
            log::warn!(
                "Errors trying to shut down the server. Check the logs for more information."
            );
            return self.cancel_shutdown();
        }
        if server.persistence.log.rewriting {
            log::warn!("There is a child rewriting the AOF. Killing it!");
        }
        (self.recipients.stopping)(wants_save);
        if server.persistence.saving {
            log::warn!("There is a child saving an .rdb. Killing it!");
        }
        self.cancel_save();
        if !wants_save {
            return self.exit();
        }
        log::info!("Saving the final RDB snapshot before exiting.");
        if let Err(error) = self.begin_save(Purpose::Shutdown) {
            log::warn!("{error}");
            self.last_save_ended(false);
        }
    }

    pub(super) fn last_save_ended(&mut self, is_saved: bool) {
        if is_saved {
            return self.exit();
        }
        if self.shutdown_request.force {
            log::warn!("Error trying to save the DB. Exit anyway.");
            return self.exit();
        }
        log::warn!("Error trying to save the DB, can't exit.");
        log::warn!("Errors trying to shut down the server. Check the logs for more information.");
        self.cancel_shutdown();
    }

    /// The point of no return.
    fn exit(&mut self) {
        self.finish_log();
        if self.shutdown_request.save == Some(false) && self.executor.state.server.loading.is_none()
        {
            self.forget_stream_log();
        }
        self.note_clean_end();
        (self.recipients.exit)(0);
    }

    /// SHUTDOWN ABORT.
    pub(super) fn abort_shutdown(&mut self) {
        self.cancel_shutdown();
        log::info!("Shutdown manually aborted.");
    }

    /// Goes on as before; whoever waits in SHUTDOWN is told.
    fn cancel_shutdown(&mut self) {
        let server = &mut self.executor.state.server;
        server.shutdown = Default::default();
        server.pauses.end(PausePurpose::Shutdown);
        for slot in self.waiting.all(|block| matches!(block, Block::Shutdown)) {
            self.fail(slot, &CommandError::ShutdownFailed);
        }
        self.release_paused();
    }
}

/// `shutdown-on-sigterm`, `shutdown-on-sigint`
fn request_of_signal(server: &Server, name: &str) -> ShutdownRequest {
    let ShutdownFlags { save, nosave, now, force } = match name {
        "SIGINT" => server.config.process.shutdown_on_sigint,
        _ => server.config.process.shutdown_on_sigterm,
    };
    let save = if save { Some(true) } else { nosave.then_some(false) };
    ShutdownRequest { save, now, force }
}

/// Replicas that have not acknowledged all that was written.
fn lagging_replicas(server: &Server) -> usize {
    let replication = &server.replication;
    let end = replication.stream.offset();
    let replicas = replication.replicas.values().filter(|replica| !replica.about.is_rdb_only);
    replicas.filter(|replica| replica.offset != end).count()
}

/// Says which replicas miss something.
fn log_lag(server: &Server) {
    let replication = &server.replication;
    let replicas = &replication.replicas;
    if replicas.is_empty() {
        return;
    }
    let end = replication.stream.offset();
    for replica in replicas.values().filter(|replica| replica.offset != end) {
        log::warn!(
            "Lagging replica {}:{} reported offset {} behind master, lag={}, state={}.",
            replica.about.ip,
            replica.about.port,
            end - replica.offset,
            if replica.is_online() { replica.lag_seconds } else { 0 },
            replica.state
        );
    }
    let in_sync = replicas.len() - lagging_replicas(server);
    log::info!("{in_sync} of {} replicas are in sync when shutting down.", replicas.len());
}

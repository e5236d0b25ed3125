//! The keyspace's side of persistence: when a snapshot is taken for a file, and what came of it.

use std::path::PathBuf;
use std::time::Instant;

use actix::prelude::*;

use super::actor::Keyspace;
use super::execute::Executor;
use super::messages::SaveFinished;
use super::saves::{Purpose, Running};
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::error::CommandError;
use crate::persistence::error::SaveError;
use crate::persistence::save::{self, Form, SaveControl, SaveJob};
use crate::rdb::save::SaveInfo;
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;

impl Executor {
    /// What a file made now says of itself. Where nobody could continue from its place in the
    /// history, it does not name one.
    pub(super) fn file_info(&self) -> SaveInfo {
        let mut info = self.save_info();
        let replication = &self.state.server.replication;
        let can_continue = match replication.is_replica() {
            true => replication.may_continue,
            false => replication.stream.is_feeding(),
        };
        if !can_continue {
            info.replication = None;
        }
        info
    }

    /// A job for the data set as it is now, through a temporary file of that name.
    pub(super) fn save_job(&self, temp_name: String) -> SaveJob {
        let config = &self.state.server.config;
        SaveJob {
            snapshot: self.state.dataset.snapshot(),
            form: Form::Rdb(self.file_info()),
            control: SaveControl::new(self.data_folder(), temp_name),
            file_name: config.persistence.dbfilename.clone(),
            sync_as_it_goes: config.persistence.rdb_save_incremental_fsync,
            key_delay_micros: config.persistence.rdb_key_save_delay,
            base: None,
        }
    }

    /// The file that is read. Without a name there is none, wherever files are.
    pub(super) fn data_file(&self) -> PathBuf {
        match self.state.server.config.persistence.dbfilename.as_str() {
            "" => PathBuf::new(),
            name => self.data_folder().join(name),
        }
    }

    /// Where files are now.
    pub(super) fn data_folder(&self) -> PathBuf {
        // A folder that is gone has no path any more; using the old one fails as it should.
        std::env::current_dir().unwrap_or_else(|_| self.state.server.config.persistence.dir.clone())
    }
}

impl Keyspace {
    /// Starts the saves that are due: one that was scheduled, or by a save point.
    pub(super) fn persistence_cron(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if let Some(running) = &self.saves.running {
            if running.purpose == Purpose::Background {
                server.persistence.saved_keys = running.control.keys_saved();
            }
            return;
        }
        let persistence = &mut server.persistence;
        let since = |then: i64| now / 1000 - then / 1000;
        if !persistence.may_try_to_save(now)
            || server.loading.is_some()
            || server.shutdown.is_begun()
        {
            return;
        }
        if std::mem::take(&mut persistence.save_scheduled) {
            return self.save_in_background();
        }
        let unsaved_seconds = u64::try_from(since(persistence.last_save_at)).unwrap_or(0);
        let is_due = |point: &&crate::config::value::save::SavePoint| {
            persistence.dirty >= point.changes && unsaved_seconds > point.seconds
        };
        if let Some(point) = server.config.persistence.save.iter().find(is_due) {
            log::info!("{} changes in {} seconds. Saving...", point.changes, point.seconds);
            self.save_in_background();
        }
    }

    /// BGSAVE; after the save that runs, if one does.
    pub(super) fn save_in_background(&mut self) {
        let now = self.executor.now();
        let keys = self.executor.state.dataset.key_count() as u64;
        if matches!(&self.saves.running, Some(Running { purpose: Purpose::Flush { .. }, .. })) {
            // What it would write is older.
            self.cancel_save();
        }
        let persistence = &mut self.executor.state.server.persistence;
        if self.saves.running.is_some() {
            persistence.save_scheduled = true;
            return;
        }
        persistence.saves += 1;
        persistence.last_try_at = now;
        match self.begin_save(Purpose::Background) {
            Ok(_) => {
                log_line(&lines::master::saving_started(std::process::id()));
                let persistence = &mut self.executor.state.server.persistence;
                persistence.saving = true;
                persistence.keys_to_save = keys;
                persistence.save_started = Some(Instant::now());
                persistence.save_started_at = now;
            }
            Err(error) => {
                log::warn!("Can't save in background: {error}");
                self.executor.state.server.persistence.last_save_ok = false;
            }
        }
    }

    /// SAVE of a client that is blocked.
    pub(super) fn save_now(&mut self, slot: ClientSlot) {
        // Gone when another command of the same EXEC let somebody close it.
        let Some(client) = self.executor.state.server.clients.key_at(slot) else { return };
        self.saves.waiting.push_back(client);
        self.begin_waiting_save();
    }

    /// After FLUSHALL: a save of what is no more makes no sense, and with save points the file is
    /// to be empty too.
    pub(super) fn save_after_flush(&mut self) {
        self.cancel_background_save();
        if self.executor.state.server.config.persistence.save.is_empty() {
            return;
        }
        let persistence = &mut self.executor.state.server.persistence;
        if self.saves.running.is_some() {
            persistence.save_scheduled = true;
            return;
        }
        // Redis saves before it answers, and has nothing unsaved then. Neither have we, unless
        // this save fails.
        let changes = std::mem::take(&mut persistence.dirty);
        if let Err(error) = self.begin_save(Purpose::Flush { changes }) {
            log::warn!("{error}");
            self.executor.state.server.persistence.dirty += changes;
        }
    }

    /// Takes the snapshot and starts the thread. Gives the save's number.
    pub(super) fn begin_save(&mut self, purpose: Purpose) -> Result<u64, SaveError> {
        let began = Instant::now();
        let mut job = self.executor.save_job(format!("temp-{}.rdb", std::process::id()));
        job.base = self.base_for_save();
        if purpose == Purpose::Background {
            let stats = &mut self.executor.state.server.stats;
            stats.snapshots += 1;
            stats.latest_snapshot_micros = began.elapsed().as_micros() as u64;
        }
        let ticket = self.start_save(job, purpose)?;
        let persistence = &mut self.executor.state.server.persistence;
        persistence.dirty_at_save = persistence.dirty;
        Ok(ticket)
    }

    /// Starts the thread of a save. Gives the save's number.
    pub(super) fn start_save(&mut self, job: SaveJob, purpose: Purpose) -> Result<u64, SaveError> {
        let control = job.control.clone();
        self.saves.last_ticket += 1;
        let ticket = self.saves.last_ticket;
        save::start(job, ticket, self.recipients.save_finished.clone())
            .map_err(SaveError::Thread)?;
        self.saves.running = Some(Running { ticket, control, purpose });
        Ok(ticket)
    }

    /// The next of the clients that wait in SAVE, when none runs.
    fn begin_waiting_save(&mut self) {
        while self.saves.running.is_none()
            && let Some(client) = self.saves.waiting.pop_front()
        {
            if !self.is_suspended(client) {
                continue;
            }
            self.executor.state.server.persistence.saves += 1;
            if let Err(error) = self.begin_save(Purpose::Client(client)) {
                log::warn!("{error}");
                self.answer_save(client, false);
            }
        }
    }

    /// Whether a save runs on behalf of nobody who waits for it.
    fn is_saving_in_background(&self) -> bool {
        self.saves.running.as_ref().is_some_and(|running| running.purpose == Purpose::Background)
    }

    pub(super) fn cancel_background_save(&mut self) {
        if self.is_saving_in_background() {
            self.cancel_save();
        }
    }

    /// Stops the save that runs, whoever wants it. Whether there was one.
    pub(super) fn cancel_save(&mut self) -> bool {
        let Some(running) = self.saves.running.take() else { return false };
        let result = match running.control.cancel() {
            true => Err(SaveError::Cancelled),
            // The news of its success is on the way, and will not be waited for.
            false => Ok(()),
        };
        self.save_ended(&running, result);
        true
    }

    /// Stops the save that runs, and nobody is told: the process ends.
    pub(super) fn abandon_save(&mut self) {
        if let Some(running) = self.saves.running.take() {
            running.control.cancel();
        }
    }

    fn save_finished(&mut self, message: SaveFinished) {
        let is_it = |running: &mut Running| running.ticket == message.ticket;
        let Some(running) = self.saves.running.take_if(is_it) else { return };
        self.executor.read_clock();
        self.save_ended(&running, message.result);
        self.begin_waiting_save();
        self.begin_queued_rewrite();
        self.carry_out_actions();
    }

    fn save_ended(&mut self, running: &Running, result: Result<(), SaveError>) {
        let (is_saved, purpose) = (result.is_ok(), running.purpose);
        if purpose == Purpose::Rewrite {
            return self.base_saved(&result);
        }
        self.base_saved_for_stream_log(is_saved, running.control.is_base());
        match &result {
            Ok(()) => self.note_saved(),
            Err(SaveError::Cancelled) => {}
            Err(error) => {
                log::warn!("{error}");
                // With the last of all the log is what there is.
                if error.is_full_disk() && purpose != Purpose::Shutdown {
                    self.make_room_for_save();
                }
            }
        }
        match purpose {
            Purpose::Background => self.background_save_ended(&result),
            Purpose::Client(client) => self.answer_save(client, is_saved),
            Purpose::Flush { .. } if is_saved => {}
            Purpose::Flush { changes } => {
                self.executor.state.server.persistence.dirty += changes;
            }
            Purpose::Shutdown => self.last_save_ended(is_saved),
            Purpose::Rewrite => {}
        }
        // INFO tells how far a save is while it runs.
        self.executor.state.server.persistence.saved_keys = 0;
    }

    /// What was changed until the snapshot is on disk.
    pub(super) fn note_saved(&mut self) {
        log::info!("DB saved on disk");
        let now = self.executor.now();
        let persistence = &mut self.executor.state.server.persistence;
        persistence.dirty = persistence.dirty.saturating_sub(persistence.dirty_at_save);
        persistence.last_save_at = now;
        persistence.last_save_ok = true;
    }

    fn background_save_ended(&mut self, result: &Result<(), SaveError>) {
        let persistence = &mut self.executor.state.server.persistence;
        match result {
            Ok(()) => log::info!("Background saving terminated with success"),
            Err(SaveError::Cancelled) => log::warn!("Background saving cancelled"),
            Err(_) => {
                log::warn!("Background saving error");
                persistence.last_save_ok = false;
            }
        }
        let took = persistence.save_started.take().map(|started| started.elapsed());
        persistence.last_save_seconds = took.map_or(-1, |took| took.as_secs() as i64);
        persistence.saving = false;
        persistence.keys_to_save = 0;
    }

    pub(super) fn answer_save(&mut self, client: ClientKey, is_saved: bool) {
        if self.is_suspended(client) {
            match is_saved {
                true => self.wake(client.slot, |reply| reply.ok()),
                false => self.fail(client.slot, &CommandError::NotSaved),
            }
        }
    }
}

impl Handler<SaveFinished> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: SaveFinished, _: &mut Self::Context) {
        self.save_finished(message);
    }
}

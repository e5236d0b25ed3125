//! The file becomes the data set: at start, and by DEBUG RELOAD.

use std::io::ErrorKind;
use std::sync::Arc;

use actix::prelude::*;

use super::actor::Keyspace;
use super::execute::Executor;
use super::messages::FileLoaded;
use crate::base::ids::DbIndex;
use crate::base::offset;
use crate::clients::ClientSlot;
use crate::commands::effect::ReloadRequest;
use crate::commands::error::{CommandError, Outcome};
use crate::persistence::error::LoadError;
use crate::persistence::load::{self, LoadJob};
use crate::persistence::loaded::LoadedFile;
use crate::persistence::save;
use crate::rdb::load::LoadOptions;
use crate::rdb::report::LoadReport;
use crate::replication::model::handshake::Have;
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;
use crate::state::LoadingStatus;
use crate::state::limits;
use crate::store::database::Database;
use crate::store::dataset::Dataset;

impl Executor {
    /// A job for the file as the settings name it.
    pub(super) fn load_job(&mut self) -> LoadJob {
        let now = self.now();
        let server = &mut self.state.server;
        let options = LoadOptions {
            now,
            drop_expired: !server.replication.is_replica(),
            replace_duplicates: false,
            verify_checksum: server.config.persistence.rdbchecksum && !server.skips_checksums,
            limits: limits(&server.config),
            usage: server.usage_clock(now),
        };
        LoadJob {
            databases: server.config.memory.databases,
            seed: server.random.next_u64(),
            options,
            progress: Arc::default(),
            key_delay_micros: server.config.persistence.key_load_delay,
            path: self.data_file(),
        }
    }
}

/// What a file says of the history that its data is a point of, if all of it is there.
fn named_point(report: &LoadReport, databases: usize) -> Option<(Have, DbIndex)> {
    let have = Have { id: report.repl_id?, offset: report.repl_offset.and_then(offset::taken)? };
    let stream_db = usize::try_from(report.repl_stream_db?).ok()?;
    (stream_db < databases).then_some((have, stream_db))
}

impl Keyspace {
    /// Before anything else: what is on disk. Commands are answered with LOADING until it is
    /// there.
    pub(super) fn load_at_start(&mut self) {
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if let Some((host, port)) = server.config.replication.replicaof.clone() {
            server.replication.set_master(host, port, now);
        }
        if self.load_log_at_start() {
            return;
        }
        self.look_for_segments();
        let mut job = self.executor.load_job();
        // What expires goes when the stream says so.
        job.options.drop_expired &= self.stream_log.replay.is_none() || self.stream_log.is_clean;
        let total_bytes = match std::fs::metadata(&job.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.begin_without_data(),
            // What else is wrong shows when it is opened.
            metadata => metadata.map_or(0, |metadata| metadata.len()),
        };
        self.executor.state.server.loading = Some(LoadingStatus {
            started_at: self.executor.now(),
            total_bytes,
            progress: job.progress.clone(),
        });
        load::start(job, self.recipients.file_loaded.clone());
    }

    fn file_loaded(&mut self, message: FileLoaded) {
        self.executor.read_clock();
        match message.result {
            Ok(file) => {
                let loading = self.executor.state.server.loading.take();
                let began = loading.map_or(self.executor.now(), |loading| loading.started_at);
                let seconds = (self.executor.now() - began) as f64 / 1000.0;
                log::info!("DB loaded from disk: {seconds:.3} seconds");
                self.take_over(file);
                self.replay_segments();
            }
            Err(LoadError::Open(error)) if error.kind() == ErrorKind::NotFound => {
                self.executor.state.server.loading = None;
                self.begin_without_data();
            }
            Err(error) => {
                for line in error.fatal_lines() {
                    log::warn!("{line}");
                }
                (self.recipients.exit)(1);
            }
        }
        self.carry_out_actions();
    }

    /// The data is ours, and its place in the history.
    fn take_over(&mut self, file: LoadedFile) {
        let LoadedFile { dataset, report, expired } = file;
        let databases = dataset.database_count();
        self.executor.replace_dataset(dataset);
        self.note_report(&report);
        // What was left out goes into the stream when that goes on.
        self.stream_log.expired = expired;
        let Some((have, stream_db)) = named_point(&report, databases) else { return };
        let new_id = self.executor.state.server.random_replid();
        let replication = &mut self.executor.state.server.replication;
        if replication.is_replica() {
            replication.stream.replace(have.id, have.offset);
            (replication.may_continue, replication.is_of_file) = (true, true);
            replication.master_stream_db = stream_db;
            log_line(&lines::replica::synthesizing_master());
        } else {
            replication.stream.restore(have.id, have.offset, new_id);
        }
    }

    /// That may be as it should; who comes to continue will tell.
    fn begin_without_data(&mut self) {
        self.executor.state.server.replication.started_empty = self.stream_log.replay.is_none();
        self.replay_segments();
    }

    /// From here on commands are answered.
    pub(super) fn begin_to_serve(&mut self) {
        let config = &self.executor.state.server.config;
        if config.network.port != 0 {
            log::info!("Ready to accept connections");
        }
        if let Some(path) = &config.network.unixsocket {
            log::info!("The server is now ready to accept connections at {}", path.display());
        }
        (self.recipients.ready)();
        self.follow_configured_master();
    }

    /// DEBUG RELOAD: the data set goes to the file and back while everything stands still, as in
    /// Redis. What is in memory stays when the file cannot be read.
    pub(super) fn reload(&mut self, slot: ClientSlot, request: ReloadRequest) {
        let client = self.executor.state.server.clients.key_at(slot);
        let result = self.reload_now(request);
        if client.is_some_and(|client| self.is_suspended(client)) {
            self.wake(slot, |reply| match result {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(&error.message()),
            });
        }
    }

    fn reload_now(&mut self, request: ReloadRequest) -> Outcome {
        if self.executor.state.server.loading.is_some() {
            return Err(CommandError::Loading);
        }
        if request.save {
            self.save_for_reload().map_err(|()| CommandError::NotSaved)?;
        }
        self.executor.read_clock();
        let job = self.executor.load_job();
        let file = load::read_file(job).map_err(|error| {
            log::warn!("{error}");
            CommandError::NotLoaded
        })?;
        self.note_report(&file.report);
        if !request.save {
            // What follows in the stream is of other data.
            self.end_stream_log();
        }
        if request.flush {
            self.executor.replace_dataset(file.dataset);
        } else {
            self.merge_dataset(file.dataset, request.merge)
                .map_err(|()| CommandError::NotLoaded)?;
        }
        let is_logged = self.executor.state.server.persistence.log.is_enabled();
        if is_logged && !request.save {
            // What came of it is not in the stream.
            self.begin_log_anew();
        }
        self.feed_expired(&file.expired);
        log::warn!("DB reloaded by DEBUG RELOAD");
        Ok(())
    }

    /// Saves while everything stands still.
    pub(super) fn save_for_reload(&mut self) -> Result<(), ()> {
        // A background save may be at work on a file of the usual name.
        let temp_name = format!("temp-{}.reload.rdb", std::process::id());
        let mut job = self.executor.save_job(temp_name);
        job.base = self.base_for_save();
        let control = job.control.clone();
        let written = save::write_file(job);
        self.base_saved_for_stream_log(written.is_ok(), control.is_base());
        if let Err(error) = written {
            log::warn!("{error}");
            return Err(());
        }
        self.executor.read_clock();
        let persistence = &mut self.executor.state.server.persistence;
        persistence.dirty_at_save = persistence.dirty;
        self.note_saved();
        Ok(())
    }

    /// Puts the entries of a data set among ours.
    ///
    /// # Errors
    /// A key is in both, and may not be: nothing was changed.
    fn merge_dataset(&mut self, from: Dataset, may_replace: bool) -> Result<(), ()> {
        let state = &self.executor.state;
        let is_in_both = |(ours, theirs): (&Database, &Database)| {
            theirs.iter().any(|entry| ours.contains(entry.key()))
        };
        if !may_replace && state.dataset.iter().zip(from.iter()).any(is_in_both) {
            log::warn!("RDB has duplicated keys");
            return Err(());
        }
        for (db, database) in from.iter().enumerate() {
            for entry in database.iter() {
                self.executor.merge(db, entry.clone());
            }
        }
        self.executor.state.garbage.drop_later(from, 0);
        Ok(())
    }

    pub(super) fn note_report(&mut self, report: &LoadReport) {
        let server = &mut self.executor.state.server;
        server.persistence.last_load_loaded = report.keys_loaded;
        server.persistence.last_load_expired = report.keys_expired;
        server.keep_functions(report.functions.clone());
    }

    /// Replicas that continue from the file's place in the history have the keys that we left out
    /// as expired.
    pub(super) fn feed_expired(&mut self, expired: &[(DbIndex, Vec<u8>)]) {
        let server = &mut self.executor.state.server;
        let name: &[u8] =
            if server.config.memory.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" };
        let replication = &mut server.replication;
        if replication.is_replica() {
            return;
        }
        replication.stream.write(|feed| {
            expired.iter().for_each(|(db, key)| feed.command(*db, &[name, key]));
        });
        self.flush_stream();
    }
}

impl Handler<FileLoaded> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: FileLoaded, _: &mut Self::Context) {
        self.file_loaded(message);
    }
}

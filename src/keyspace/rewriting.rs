//! BGREWRITEAOF: another base for the append-only log, and a file that goes on from it. Writes go
//! on all the time.
//!
//! ```text
//! Idle ─► Preparing ─► Saving ─► Placing ─► Idle
//!   the thread makes     the base is   the thread puts the manifest
//!   the next file        written       in its place, the old files go
//! ```
//! From the end of `Preparing` on the stream goes into the new file, and the snapshot is of exactly
//! that place. Whatever fails leaves a manifest that is true.

use std::fs::File;
use std::time::Instant;

use super::actor::Keyspace;
use super::execute::Executor;
use super::log::{Rewrite, mark_of};
use super::saves::Purpose;
use crate::aof::annotation::Timestamp;
use crate::aof::commands::CommandsInfo;
use crate::aof::manifest::{AofFile, Manifest};
use crate::persistence::error::SaveError;
use crate::persistence::log::files::Job;
use crate::persistence::log::folder::{LogFolder, temp_name};
use crate::persistence::log::writer::LogWriter;
use crate::persistence::save::{Form, SaveControl, SaveJob};
use crate::rdb::save::SaveInfo;
use crate::replication::model::backlog::storey::StoredNews;
use crate::state::LogPhase;

impl Executor {
    /// Whether the next base is an RDB; one of commands would hold functions that we cannot load.
    fn base_is_rdb(&self) -> bool {
        let server = &self.state.server;
        server.config.persistence.aof_use_rdb_preamble || !server.functions.is_empty()
    }

    /// What a base of commands says beside them.
    fn commands_info(&self) -> CommandsInfo {
        let unix_seconds = self.now().div_euclid(1000);
        let is_stamped = self.state.server.config.persistence.aof_timestamp_enabled;
        CommandsInfo {
            timestamp: is_stamped.then_some(Timestamp { unix_seconds }),
            functions: Vec::new(),
        }
    }

    /// The name of the next base.
    pub(super) fn next_base(&self, manifest: &Manifest, folder: &LogFolder) -> AofFile {
        manifest.next_base(&folder.file_name, self.base_is_rdb())
    }

    /// A job that writes the data set as it is now as a base.
    pub(super) fn base_job(&self, folder: &LogFolder, base: &AofFile) -> SaveJob {
        let config = &self.state.server.config.persistence;
        let temp_name = temp_name(std::process::id());
        SaveJob {
            snapshot: self.state.dataset.snapshot(),
            form: match self.base_is_rdb() {
                true => Form::Rdb(SaveInfo { aof_base: true, ..self.file_info() }),
                false => Form::Commands(self.commands_info()),
            },
            control: SaveControl::new(folder.dir.clone(), temp_name),
            file_name: base.name.clone(),
            sync_as_it_goes: config.aof_rewrite_incremental_fsync,
            key_delay_micros: config.rdb_key_save_delay,
            base: None,
        }
    }
}

impl Keyspace {
    /// BGREWRITEAOF, or what stands for it; later when something else is under way.
    pub(super) fn rewrite_log(&mut self) {
        let is_free = matches!(self.log.rewrite, Rewrite::Idle) && self.saves.running.is_none();
        let server = &mut self.executor.state.server;
        if !is_free || server.loading.is_some() {
            let status = &mut server.persistence.log;
            if matches!(self.log.rewrite, Rewrite::Idle) && self.saves.is_awaited() {
                self.log.rewrite = Rewrite::Queued;
                status.rewriting = true;
            } else {
                status.rewrite_scheduled = true;
            }
            return;
        }
        let now = self.executor.now();
        let status = &mut self.executor.state.server.persistence.log;
        status.rewrite_scheduled = false;
        status.rewriting = true;
        status.rewrites += 1;
        status.rewrite_started_at = now;
        let phase = status.phase;
        let folder = match (&self.log.folder, phase) {
            (Some(folder), LogPhase::Waiting | LogPhase::On) => folder.clone(),
            _ => self.log_folder(),
        };
        log::info!("Background append only file rewriting started by pid {}", std::process::id());
        if phase == LogPhase::Off {
            self.log.folder = Some(folder);
            return self.rewrite_without_log();
        }
        self.log.last_ticket += 1;
        let ticket = self.log.last_ticket;
        let mut manifest = self.log.manifest.clone();
        let incr = manifest.add_incr(&folder.file_name);
        let name = incr.name.clone();
        let placed = (phase == LogPhase::On).then(|| manifest.clone());
        // Whatever becomes of it, its name stands in a manifest that may be on disk.
        self.log.manifest.skip_numbers_of(&manifest);
        self.log.folder = Some(folder.clone());
        self.log.rewrite = Rewrite::Preparing { ticket, incr, manifest };
        self.give_log_job(Job::Prepare { ticket, folder, name, manifest: placed });
    }

    /// There is no log: the base alone is written.
    fn rewrite_without_log(&mut self) {
        let Some(folder) = self.log.folder.clone() else { return };
        let manifest = match folder.make().map(|()| folder.read_manifest()) {
            Ok(Ok(manifest)) => manifest,
            Ok(Err(fault)) => {
                fault.log_lines().iter().for_each(|line| log::warn!("{line}"));
                return self.rewrite_failed();
            }
            Err(error) => {
                log::warn!("{error}");
                return self.rewrite_failed();
            }
        };
        self.log.manifest = manifest;
        self.begin_base(u64::MAX);
    }

    pub(super) fn log_prepared(&mut self, ticket: u64, result: Result<File, String>) {
        let is_it =
            matches!(&self.log.rewrite, Rewrite::Preparing { ticket: of, .. } if *of == ticket);
        if !is_it {
            return;
        }
        let Rewrite::Preparing { incr, manifest, .. } = std::mem::take(&mut self.log.rewrite)
        else {
            return;
        };
        let file = match result {
            // What is in memory is not the data set.
            Ok(_) if self.executor.state.server.loading.is_some() => {
                self.take_back(manifest);
                return self.rewrite_failed();
            }
            Ok(file) => file,
            Err(error) => {
                log::warn!("{error}");
                return self.rewrite_failed();
            }
        };
        // From here on the stream goes into the new file, when all before it is in the old one.
        self.flush_stream();
        if let Some(old) = &mut self.log.writer {
            old.flush();
            if old.pending_bytes() > 0 {
                log::warn!("Can't rewrite append only file in background: it cannot be written");
                self.take_back(manifest);
                return self.rewrite_failed();
            }
        }
        log::info!("Creating AOF incr file {} on background rewrite", incr.name);
        let mark = mark_of(self.executor.state.server.replication.stream.history());
        let mut writer = LogWriter::begin(file, self.log_db(), mark, self.log_second());
        writer.flush();
        let old = self.log.writer.replace(writer);
        self.log.doubts.file_begun();
        if let Some(old) = old {
            self.log.bytes_before += old.file_bytes();
            self.close_log_file(&old);
        }
        self.log.manifest = manifest;
        let status = &mut self.executor.state.server.persistence.log;
        if status.phase == LogPhase::Waiting {
            // What is still being synced is of another file, and may be of another stream.
            self.log.epoch += 1;
            status.synced = mark.offset;
        }
        self.look_at_writer();
        self.begin_base(incr.seq);
    }

    /// The log goes on without the last file of that manifest, which may be the one on disk.
    fn take_back(&mut self, manifest: Manifest) {
        let Some(folder) = self.log.folder.clone() else { return };
        if self.executor.state.server.persistence.log.phase == LogPhase::On {
            let (folder, manifest) = (folder.clone(), self.log.manifest.clone());
            // Nobody waits for it.
            self.give_log_job(Job::Place { ticket: 0, folder, manifest, collects: false });
        }
        self.give_log_job(Job::Discard { folder, manifest });
    }

    /// Takes the snapshot and starts the thread that writes it.
    fn begin_base(&mut self, first_incr: u64) {
        let Some(folder) = &self.log.folder else { return };
        let base = self.executor.next_base(&self.log.manifest, folder);
        let began = Instant::now();
        let job = self.executor.base_job(folder, &base);
        let stats = &mut self.executor.state.server.stats;
        stats.snapshots += 1;
        stats.latest_snapshot_micros = began.elapsed().as_micros() as u64;
        match self.start_save(job, Purpose::Rewrite) {
            Ok(_) => {
                let manifest = self.log.manifest.clone();
                self.log.rewrite = Rewrite::Saving { base, first_incr, manifest };
            }
            Err(error) => {
                log::warn!("Can't rewrite append only file in background: {error}");
                self.rewrite_failed();
            }
        }
    }

    /// The thread of the base has ended.
    pub(super) fn base_saved(&mut self, result: &Result<(), SaveError>) {
        let Rewrite::Saving { base, first_incr, mut manifest } =
            std::mem::take(&mut self.log.rewrite)
        else {
            return;
        };
        let Some(folder) = self.log.folder.clone() else { return };
        if let Err(error) = result {
            // Without a base, what goes on from it is of no use either.
            self.give_log_job(Job::Discard { folder, manifest });
            if matches!(error, SaveError::Cancelled) {
                log::warn!("Background AOF rewrite terminated by signal 10");
                return self.rewrite_ended();
            }
            log::warn!("{}", error.log_line_of_base());
            log::warn!("Background AOF rewrite terminated with error");
            return self.rewrite_failed();
        }
        log::info!("Background AOF rewrite terminated with success");
        manifest.rebase(base, first_incr);
        self.log.manifest.skip_numbers_of(&manifest);
        self.log.last_ticket += 1;
        let ticket = self.log.last_ticket;
        let collects = !self.executor.state.server.config.persistence.aof_disable_auto_gc;
        self.log.rewrite = Rewrite::Placing { ticket, manifest: manifest.clone() };
        self.give_log_job(Job::Place { ticket, folder, manifest, collects });
    }

    pub(super) fn base_placed(&mut self, ticket: u64, result: Result<(), String>) {
        let is_it =
            matches!(&self.log.rewrite, Rewrite::Placing { ticket: of, .. } if *of == ticket);
        if !is_it {
            return;
        }
        let Rewrite::Placing { mut manifest, .. } = std::mem::take(&mut self.log.rewrite) else {
            return;
        };
        if let Err(error) = result {
            log::warn!("{error}");
            return self.rewrite_failed();
        }
        let server = &mut self.executor.state.server;
        if !server.config.persistence.aof_disable_auto_gc {
            manifest.history.clear();
            // Who reads these files still has them open.
            if let Some(before) = self.log.writer.as_ref().map(LogWriter::began_at) {
                self.tell_stored(StoredNews::Dropped { before });
            }
        }
        self.log.manifest = manifest;
        self.log.doubts.rewritten();
        self.measure_log();
        let status = &mut self.executor.state.server.persistence.log;
        if status.phase == LogPhase::Waiting && self.log.writer.is_some() {
            status.phase = LogPhase::On;
        }
        status.last_rewrite_ok = true;
        status.rewrite_failures = 0;
        log::info!("Background AOF rewrite finished successfully");
        self.rewrite_ended();
        self.answer_reached();
        self.settle_log();
    }

    /// Files that were kept go, if they may. Those of a rewrite that runs go at its end.
    pub(super) fn collect_history(&mut self) {
        let Some(folder) = self.log.folder.clone() else { return };
        let is_kept = self.executor.state.server.config.persistence.aof_disable_auto_gc;
        let is_idle = matches!(self.log.rewrite, Rewrite::Idle | Rewrite::Queued);
        if !is_kept && is_idle && !self.log.manifest.history.is_empty() {
            let manifest = self.log.manifest.clone();
            self.log.manifest.history.clear();
            self.give_log_job(Job::Place { ticket: 0, folder, manifest, collects: true });
        }
    }

    /// What the files take now.
    pub(super) fn measure_log(&mut self) {
        let Some(folder) = &self.log.folder else { return };
        let written = self.log.writer.as_ref().map_or(0, LogWriter::file_bytes);
        let is_written = self.log.writer.is_some();
        let files: Vec<_> = self.log.manifest.files().collect();
        let before = &files[..files.len() - usize::from(is_written && !files.is_empty())];
        self.log.bytes_before = before.iter().map(|file| folder.size(file).unwrap_or(0)).sum();
        let status = &mut self.executor.state.server.persistence.log;
        status.bytes = self.log.bytes_before + written;
        status.base_bytes = status.bytes;
    }

    fn rewrite_failed(&mut self) {
        let status = &mut self.executor.state.server.persistence.log;
        status.last_rewrite_ok = false;
        status.rewrite_failures += 1;
        self.rewrite_ended();
    }

    fn rewrite_ended(&mut self) {
        self.log.rewrite = Rewrite::Idle;
        let now = self.executor.now();
        let status = &mut self.executor.state.server.persistence.log;
        status.rewriting = false;
        status.last_rewrite_seconds = (now - status.rewrite_started_at) / 1000;
        if status.phase == LogPhase::Waiting {
            // What was written since belongs to no base, nor does what could not be.
            self.log.writer = None;
            status.rewrite_scheduled = true;
            (status.fault, status.sync_fault) = (None, None);
            self.executor.standing.forget();
            self.lose_stored();
        }
    }

    /// Stops the rewrite that runs: what it would come to is of no use. One that is being placed
    /// ends as it does.
    pub(super) fn abandon_rewrite(&mut self) {
        match &self.log.rewrite {
            Rewrite::Queued => return self.rewrite_ended(),
            Rewrite::Preparing { .. } | Rewrite::Saving { .. } => {}
            Rewrite::Idle | Rewrite::Placing { .. } => return,
        }
        log::info!("Killing running AOF rewrite child: {}", std::process::id());
        if let Rewrite::Preparing { manifest, .. } = &self.log.rewrite {
            let manifest = manifest.clone();
            self.take_back(manifest);
            return self.rewrite_ended();
        }
        self.cancel_save();
    }

    /// Begins a rewrite that was scheduled, or that the growth of the log asks for.
    pub(super) fn rewrite_cron(&mut self) {
        self.begin_queued_rewrite();
        let is_free = matches!(self.log.rewrite, Rewrite::Idle) && self.saves.running.is_none();
        let server = &self.executor.state.server;
        // An emptied data set waits for its master's: what is in the log is all there is.
        let is_emptied = server.replication.is_emptied;
        if !is_free || is_emptied || server.loading.is_some() || server.shutdown.is_begun() {
            return;
        }
        let (status, config) = (&server.persistence.log, &server.config.persistence);
        if status.rewrite_scheduled {
            if !self.is_rewrite_limited() {
                self.rewrite_log();
            }
            return;
        }
        let percentage = u64::from(config.auto_aof_rewrite_percentage);
        if status.phase != LogPhase::On
            || percentage == 0
            || status.bytes <= config.auto_aof_rewrite_min_size
        {
            return;
        }
        let grown = status.bytes.saturating_mul(100) / status.base_bytes.max(1);
        let growth = grown.saturating_sub(100);
        if growth >= percentage && !self.is_rewrite_limited() {
            log::info!("Starting automatic rewriting of AOF on {growth}% growth");
            self.rewrite_log();
        }
    }

    /// When the save before it has ended.
    pub(super) fn begin_queued_rewrite(&mut self) {
        if matches!(self.log.rewrite, Rewrite::Queued) && self.saves.running.is_none() {
            self.log.rewrite = Rewrite::Idle;
            self.rewrite_log();
        }
    }

    fn is_rewrite_limited(&mut self) -> bool {
        let now = self.executor.now();
        let failures = self.executor.state.server.persistence.log.rewrite_failures;
        self.log.limit.holds(failures, now)
    }
}

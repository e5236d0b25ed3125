//! The append-only log becomes the data set: at start, and by DEBUG LOADAOF.
//!
//! A thread reads the files; its pieces queue here and are taken in turns, in order. What they say is
//! obeyed as a master's stream is: nothing expires by itself, and nothing of it is written again.

use std::collections::VecDeque;
use std::sync::mpsc::channel;

use actix::prelude::*;
use bytes::Bytes;

use super::actor::{Keyspace, TIME_YIELD};
use super::log::{LoadPurpose, LogLoading, mark_of};
use super::messages::LogPiece;
use super::rounds::PREFETCHED_COMMANDS;
use crate::aof::manifest::{AofFile, Manifest};
use crate::aof::mark::Mark;
use crate::base::offset;
use crate::clients::{ClientKey, ClientKind, ClientSlot, Session};
use crate::commands::call::Origin;
use crate::persistence::log::files::LogThread;
use crate::persistence::log::folder::LogFolder;
use crate::persistence::log::load::{self, LogLoadJob};
use crate::persistence::log::loaded::{LogEnd, LogLoadError};
use crate::persistence::log::segments::{self, Base, SegmentFolder};
use crate::persistence::log::writer::LogWriter;
use crate::persistence::save;
use crate::replication::model::backlog::storey::StoredNews;
use crate::replication::model::lines::{self, log_line};
use crate::resp::request::Batch;
use crate::state::{LoadingStatus, LogPhase};
use crate::store::dataset::Dataset;

impl Keyspace {
    /// With `appendonly yes` the log is what there is. False: there is no log yet, and what the
    /// snapshot has is its beginning.
    pub(super) fn load_log_at_start(&mut self) -> bool {
        let folder = self.log_folder();
        let thread = LogThread::start(self.recipients.log_news.clone());
        match thread {
            Ok(thread) => self.log.thread = Some(thread),
            Err(error) => {
                log::warn!("Cannot start a thread: {error}");
                (self.recipients.exit)(1);
                return true;
            }
        }
        if !self.executor.state.server.config.persistence.appendonly {
            return self.refuse_to_restore();
        }
        let manifest = folder.read_manifest().map_err(|fault| fault.log_lines());
        let manifest = manifest.and_then(|mut manifest| {
            let data_folder = self.executor.data_folder();
            let taken = folder.take_in_old_file(&data_folder, &mut manifest);
            taken.map(|()| manifest).map_err(|line| vec![line])
        });
        self.log.folder = Some(folder);
        match manifest {
            Ok(manifest) => self.log.manifest = manifest,
            Err(lines) => {
                lines.iter().for_each(|line| log::warn!("{line}"));
                (self.recipients.exit)(1);
                return true;
            }
        }
        if self.log.manifest.is_empty() {
            return self.refuse_to_restore();
        }
        if let Err(line) = self.check_restore_point() {
            log::warn!("{line}");
            (self.recipients.exit)(1);
            return true;
        }
        self.begin_log_load(LoadPurpose::Start);
        true
    }

    fn begin_log_load(&mut self, purpose: LoadPurpose) {
        let Some(folder) = self.log.folder.clone() else { return };
        let manifest = self.log.manifest.clone();
        let truncates = self.executor.state.server.config.persistence.aof_load_truncated;
        self.load_files(folder, manifest, truncates, None, purpose);
    }

    /// What follows a snapshot file that is loaded.
    pub(super) fn begin_segment_load(&mut self, base: Base, folder: SegmentFolder) {
        let seqs = folder.list().unwrap_or_default();
        let file = |seq: u64| AofFile { name: segments::file_name(seq), seq };
        let manifest = Manifest::of_files(seqs.into_iter().map(file).collect());
        let folder =
            LogFolder { dir: folder.dir, dir_name: String::new(), file_name: String::new() };
        self.load_files(folder, manifest, true, Some(base), LoadPurpose::Segments);
    }

    fn load_files(
        &mut self,
        folder: LogFolder,
        manifest: Manifest,
        truncates: bool,
        from: Option<Base>,
        purpose: LoadPurpose,
    ) {
        // Nothing may follow the file: then the stream is where that stands.
        let db = from.as_ref().map_or(0, |base| base.db);
        let mut rdb = self.executor.load_job();
        // What is in the log goes when the log says so.
        rdb.options.drop_expired = false;
        let until = match purpose {
            LoadPurpose::Start => self.restore_point(),
            LoadPurpose::Segments | LoadPurpose::Client(_) => None,
        };
        let sizes = manifest.files().map(|file| folder.size(file).unwrap_or(0));
        self.executor.state.server.loading = Some(LoadingStatus {
            started_at: self.executor.now(),
            total_bytes: sizes.sum(),
            progress: rdb.progress.clone(),
        });
        self.executor.standing.forget();
        let (batches, receiver) = channel();
        self.log.loading = Some(LogLoading {
            pieces: VecDeque::new(),
            next: 0,
            batches,
            file: String::new(),
            db,
            client: None,
            purpose,
            has_run: false,
            goes_on: false,
        });
        load::start(LogLoadJob {
            folder,
            manifest,
            rdb,
            truncates,
            tail_bytes: self.executor.state.server.config.replication.repl_backlog_size as usize,
            batches: receiver,
            pieces: self.recipients.log_pieces.clone(),
            from,
            until,
        });
    }

    /// Takes pieces for one turn.
    fn take_log_pieces(&mut self, ctx: &mut Context<Self>) {
        self.executor.read_clock();
        let began = self.executor.last_moment();
        if let Some(loading) = &mut self.log.loading {
            loading.goes_on = false;
        }
        while let Some(loading) = &mut self.log.loading
            && let Some(piece) = loading.pieces.pop_front()
        {
            if self.executor.last_moment().since(began) >= TIME_YIELD {
                loading.pieces.push_front(piece);
                loading.goes_on = true;
                return Self::after_others(ctx, Self::take_log_pieces);
            }
            match piece {
                LogPiece::FileBegins { name } => {
                    loading.file = name;
                    self.keep_log_db();
                    self.forget_log_client();
                }
                LogPiece::FileEnds { name, is_base, began } => {
                    let kind = if is_base { "base" } else { "incr" };
                    let seconds = began.elapsed().as_secs_f32();
                    log::info!("DB loaded from {kind} file {name}: {seconds:.3} seconds");
                }
                LogPiece::Base(file) => {
                    self.executor.replace_dataset(file.dataset);
                    self.note_report(&file.report);
                }
                LogPiece::Commands(batch) => self.run_logged(batch),
                LogPiece::Ended(result) => self.log_read(result),
            }
            self.executor.read_clock();
        }
    }

    /// Runs commands of the log for one turn; what is left is the first piece again.
    fn run_logged(&mut self, mut batch: Box<Batch>) {
        let Some(client) = self.log_client() else { return };
        let Some(loading) = &mut self.log.loading else { return };
        let mut next = std::mem::take(&mut loading.next);
        loading.has_run = true;
        let began = self.executor.last_moment();
        let mut output = std::mem::take(&mut self.scratch);
        let mut fault = None;
        while next < batch.len() && self.executor.last_moment().since(began) < TIME_YIELD {
            output.clear();
            if next % PREFETCHED_COMMANDS == 0 {
                let some = next..batch.len().min(next + PREFETCHED_COMMANDS);
                self.executor.prefetch(client.slot, &batch, some);
            }
            let args = batch.command(next);
            if self.executor.registry.resolve(args).is_err() {
                fault = Some(String::from_utf8_lossy(args.get(0)).into_owned());
                break;
            }
            let _ = self.executor.run(client.slot, args, None, Origin::Master, &mut output);
            next += 1;
            if std::mem::take(&mut self.executor.state.server.replication.has_lost_stream) {
                fault = Some(String::new());
                break;
            }
            if !self.executor.outbox.is_empty() {
                self.carry_out_actions();
            }
        }
        self.scratch = output;
        let Some(loading) = &mut self.log.loading else { return };
        if let Some(command) = fault {
            let name = loading.file.clone();
            return self.log_read(Err(match command.as_str() {
                "" => LogLoadError::NoDatabase { name },
                _ => LogLoadError::Unknown { name, command },
            }));
        }
        if next < batch.len() {
            loading.next = next;
            loading.pieces.push_front(LogPiece::Commands(batch));
        } else {
            batch.clear();
            // The thread may have sent its last.
            let _ = loading.batches.send(batch);
        }
    }

    /// The pseudo client in whose name the log's commands run, while one is loaded.
    fn log_client(&mut self) -> Option<ClientKey> {
        let now = self.executor.now();
        let loading = self.log.loading.as_mut()?;
        Some(*loading.client.get_or_insert_with(|| {
            let mut session = Session::new(String::new(), String::new(), now);
            session.kind = ClientKind::Master;
            session.authenticated = true;
            self.executor.state.server.clients.add(session)
        }))
    }

    /// The database of the last command, for a file without any after it.
    fn keep_log_db(&mut self) {
        let Some(loading) = &mut self.log.loading else { return };
        if let Some(client) = loading.client {
            loading.db = self.executor.state.server.clients.at(client.slot).db;
        }
    }

    fn forget_log_client(&mut self) {
        let client = self.log.loading.as_mut().and_then(|loading| loading.client.take());
        if let Some(client) = client {
            self.forget(client);
        }
    }

    /// The last piece.
    fn log_read(&mut self, result: Result<LogEnd, LogLoadError>) {
        self.keep_log_db();
        self.forget_log_client();
        let Some(loading) = self.log.loading.take() else { return };
        let stream_db = loading.db;
        let end = match result {
            Ok(end) => end,
            Err(error) if matches!(loading.purpose, LoadPurpose::Segments) => {
                self.executor.state.server.loading = None;
                self.executor.standing.forget();
                error.log_lines().iter().for_each(|line| log::warn!("{line}"));
                return self.segments_unusable(loading.has_run);
            }
            Err(error) => {
                // What is in memory is a part of the data, and nobody is to see it.
                error.log_lines().iter().for_each(|line| log::warn!("{line}"));
                return (self.recipients.exit)(1);
            }
        };
        let status = self.executor.state.server.loading.take();
        self.executor.standing.forget();
        match loading.purpose {
            LoadPurpose::Start => {
                let began = status.map_or(self.executor.now(), |status| status.started_at);
                let seconds = (self.executor.now() - began) as f64 / 1000.0;
                log::info!("DB loaded from append only file: {seconds:.3} seconds");
                let server = &mut self.executor.state.server;
                server.stats = Default::default();
                server
                    .stats
                    .calls
                    .resize_with(self.executor.registry.catalog.len(), Default::default);
                server.persistence.dirty = 0;
                if let Some(mark) = end.mark {
                    self.take_place(mark, end.tail.freeze(), stream_db);
                    // Each file is one that was there before the next, and they are all there is.
                    self.tell_stored(StoredNews::Found(end.stretches));
                }
                if self.restore_point().is_some() {
                    self.restored(end.is_restored);
                }
                self.all_is_loaded();
            }
            LoadPurpose::Segments => {
                let Some(mark) = end.mark else {
                    return self.segments_unusable(loading.has_run);
                };
                let base = self.stream_log.replay.as_ref().map_or(0, |base| base.offset);
                let bytes = offset::bytes_between(base, mark.offset);
                log::info!("{bytes} bytes of the stream since the last save are run again");
                // What replicas have yet to get of it is read from there.
                self.take_place(mark, Bytes::new(), stream_db);
                self.tell_stored(StoredNews::Found(end.stretches));
                self.keep_segments(end.segments);
                self.all_is_loaded();
            }
            LoadPurpose::Client(client) => {
                log::warn!("Append Only File loaded by DEBUG LOADAOF");
                self.executor.state.server.persistence.dirty = 0;
                self.answer_log_load(client);
            }
        }
    }

    /// The segments do not go on from the file, or not to their end. `has_run`: some of it is in the
    /// data set, so that this is a history of its own.
    fn segments_unusable(&mut self, has_run: bool) {
        self.drop_found_segments();
        self.stream_log.is_apart = has_run;
        if has_run {
            let id = self.executor.state.server.random_replid();
            let replication = &mut self.executor.state.server.replication;
            replication.may_continue = false;
            replication.stream.begin();
            replication.stream.disown(id);
        }
        self.all_is_loaded();
    }

    /// We are where the log ends, in the history that it names. `tail`: the stream before that, for
    /// replicas that have yet to get it.
    fn take_place(&mut self, mark: Mark, tail: Bytes, stream_db: usize) {
        let new_id = self.executor.state.server.random_replid();
        let replication = &mut self.executor.state.server.replication;
        if replication.is_replica() {
            replication.stream.replace_with(mark.id, mark.offset, tail);
            replication.may_continue = true;
            replication.is_of_file = true;
            replication.master_stream_db = stream_db;
            log_line(&lines::replica::synthesizing_master());
        } else {
            replication.stream.restore_with(mark.id, mark.offset, tail, new_id);
        }
        self.flush_stream();
    }

    /// Opens the file that the log goes on in; makes one, and a base, where there is none. Ends the
    /// process where that cannot be.
    pub(super) fn open_log(&mut self) {
        if !self.executor.state.server.config.persistence.appendonly {
            return;
        }
        if let Err(line) = self.try_to_open_log() {
            log::warn!("{line}");
            (self.recipients.exit)(1);
        }
    }

    fn try_to_open_log(&mut self) -> Result<(), String> {
        let Some(folder) = self.log.folder.clone() else { return Ok(()) };
        folder.make()?;
        self.executor.state.server.replication.stream.begin();
        self.flush_stream();
        let was = self.log.manifest.clone();
        if self.log.manifest.is_empty() {
            self.write_first_base(&folder)?;
        }
        let base_bytes = self.log.manifest.base.as_ref().map_or(Ok(0), |base| folder.size(base));
        let is_new = self.log.manifest.incrs.is_empty();
        let file = match self.log.manifest.incrs.last() {
            Some(file) => file.clone(),
            None => self.log.manifest.add_incr(&folder.file_name),
        };
        // One of the same name that no manifest tells of is what an earlier end left.
        let opened = match is_new {
            true => folder.create(&file.name)?,
            false => folder.open(&file.name)?,
        };
        if self.log.manifest != was {
            folder.write_manifest(&self.log.manifest)?;
        }
        // Where there was no manifest, files may be there to be restored by hand.
        if !was.is_empty() {
            folder.remove_leftovers(&self.log.manifest);
        }
        match is_new {
            true => log::info!("Creating AOF incr file {} on server start", file.name),
            false => log::info!("Opening AOF incr file {} on server start", file.name),
        }
        let mark = mark_of(self.executor.state.server.replication.stream.history());
        let mut writer = match folder.size(&file).unwrap_or(0) {
            0 => LogWriter::begin(opened, self.log_db(), mark, self.log_second()),
            bytes => LogWriter::new(opened, bytes, mark),
        };
        writer.flush();
        self.log.writer = Some(writer);
        self.measure_log();
        let status = &mut self.executor.state.server.persistence.log;
        status.phase = LogPhase::On;
        status.synced = mark.offset;
        status.base_bytes = base_bytes.unwrap_or(0);
        if !self.executor.state.server.config.persistence.aof_disable_auto_gc {
            folder.remove_history(&mut self.log.manifest)?;
        }
        Ok(())
    }

    /// A base of what is there now, before anybody is served.
    fn write_first_base(&mut self, folder: &LogFolder) -> Result<(), String> {
        let base = self.executor.next_base(&self.log.manifest, folder);
        let job = self.executor.base_job(folder, &base);
        save::write_file(job).map_err(|error| error.log_line_of_base())?;
        log::info!("Creating AOF base file {} on server start", base.name);
        self.log.manifest.rebase(base, 0);
        Ok(())
    }

    /// DEBUG LOADAOF: the data set goes, and what is in the log comes.
    pub(super) fn load_log_again(&mut self, slot: ClientSlot) {
        let client = self.executor.state.server.clients.key_at(slot);
        let folder = self.log_folder();
        self.flush_stream();
        if let Some(writer) = &mut self.log.writer {
            writer.flush();
        }
        let server = &mut self.executor.state.server;
        let databases = self.executor.state.dataset.database_count();
        let seed = server.random.next_u64();
        if server.loading.is_some() {
            return self.answer_log_load(client);
        }
        // Without a log there may be the base that BGREWRITEAOF wrote.
        let folder = self.log.folder.get_or_insert(folder);
        if self.log.writer.is_none() {
            match folder.read_manifest() {
                Ok(manifest) => self.log.manifest = manifest,
                Err(fault) => fault.log_lines().iter().for_each(|line| log::warn!("{line}")),
            }
        }
        self.abandon_rewrite();
        self.end_stream_log();
        self.executor.replace_dataset(Dataset::new(databases, seed));
        self.begin_log_load(LoadPurpose::Client(client));
    }

    fn answer_log_load(&mut self, client: Option<ClientKey>) {
        if let Some(client) = client.filter(|&client| self.is_suspended(client)) {
            self.wake(client.slot, |reply| reply.ok());
        }
    }
}

impl Handler<LogPiece> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: LogPiece, ctx: &mut Self::Context) {
        let Some(loading) = &mut self.log.loading else { return };
        loading.pieces.push_back(message);
        if !loading.goes_on {
            self.take_log_pieces(ctx);
        }
    }
}

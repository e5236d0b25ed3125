//! How the stream comes to disk where there is no append-only log, see `stream_log`.

use std::fs::File;

use super::actor::Keyspace;
use super::log::mark_of;
use super::stream_log::{NextFile, StreamLog};
use crate::aof::mark::Mark;
use crate::base::offset::{self, Offset};
use crate::base::text::system_text;
use crate::base::time::UnixMillis;
use crate::persistence::log::files::Job;
use crate::persistence::log::segments::{Base, Identity, Segment, SegmentFolder};
use crate::persistence::log::writer::LogWriter;
use crate::replication::model::backlog::storey::StoredNews;
use crate::replication::model::stream_writer::StreamNews;
use crate::state::LogPhase;

/// Bytes that wait for those that follow at most.
const PENDING_BYTES: usize = 128 << 10;
/// How much more is kept while the next file is saved.
const GROWTH_WHILE_SAVING: u64 = 4;
/// How long a disk that took nothing is left alone.
const RETRY_AFTER: UnixMillis = 10_000;
const MOST_RETRY_AFTER: UnixMillis = 60_000;
/// Until a log that has nothing to go on from has a file saved: whoever loads another data set may
/// have more to do. One that a full sync began has it saved at once.
const FIRST_SAVE_AFTER: UnixMillis = 2_000;
/// So many segments are what is asked for; and how short one may be.
const SEGMENTS: u64 = 8;
const LEAST_SEGMENT_BYTES: u64 = 256 << 10;

impl Keyspace {
    /// Where the segments are to be; `None`: nowhere.
    fn segment_folder(&self) -> Option<SegmentFolder> {
        let server = &self.executor.state.server;
        let config = &server.config;
        let is_wanted = config.replication.repl_backlog_disk_size > 0
            && server.persistence.log.phase != LogPhase::On;
        if !is_wanted {
            return None;
        }
        let dir = self.executor.data_folder();
        // Until an append-only log has its first base, what comes back is what was here.
        let comes_back =
            server.persistence.log.phase == LogPhase::Off || self.is_stream_recovered_by();
        let own = dir.join(&config.replication.repl_backlog_dirname);
        let named = self.stream_log.named_folder().filter(|folder| folder.dir == own);
        let may_be_named = !config.persistence.save.is_empty() && comes_back;
        Some(named.filter(|_| may_be_named).unwrap_or(SegmentFolder { dir, is_named: false }))
    }

    /// Two servers in one working directory would take each other's segments for theirs: the one that
    /// comes second has segments without names.
    fn lock_segment_folder(&mut self) {
        let config = &self.executor.state.server.config;
        let own = self.executor.data_folder().join(&config.replication.repl_backlog_dirname);
        let is_wanted = !config.persistence.save.is_empty()
            && config.replication.repl_backlog_disk_size > 0
            && self.stream_log.disk.lock.as_ref().is_none_or(|(locked, _)| *locked != own);
        let now = self.executor.now();
        if !is_wanted || now < self.stream_log.disk.lock_at {
            return;
        }
        let folder = SegmentFolder { dir: own.clone(), is_named: true };
        match folder.lock() {
            Ok(Some(file)) => self.stream_log.disk.lock = Some((own, file)),
            refused => {
                if self.stream_log.disk.lock_at == 0 {
                    let reason = refused.err().map_or_else(
                        || "another server uses it".to_owned(),
                        |error| system_text(&error),
                    );
                    log::info!("The stream is not kept in {}: {reason}", own.display());
                }
                self.stream_log.disk.lock_at = now + RETRY_AFTER;
            }
        }
    }

    /// Whether the stream is kept for its sake, without a replica.
    pub(super) fn is_stream_recovered_by(&self) -> bool {
        self.stream_log.folder.as_ref().is_some_and(|folder| folder.is_named)
    }

    // --- at start ---------------------------------------------------------------------------------

    /// Before a snapshot file is loaded: whether segments go on from it, which are run then.
    pub(super) fn look_for_segments(&mut self) {
        self.lock_segment_folder();
        let Some(folder) = self.segment_folder().filter(|folder| folder.is_named) else { return };
        let identity = match Identity::of(&self.executor.data_file()) {
            Ok(identity) => identity,
            // Loading it fails as well, and says why.
            Err(_) => return,
        };
        let seqs = folder.list().unwrap_or_default();
        let found = !seqs.is_empty();
        // No number is given twice.
        self.stream_log.disk.last_seq = seqs.last().copied().unwrap_or(0);
        self.stream_log.replay = folder.base_of(&identity).filter(|_| found);
        let base = self.stream_log.replay.as_ref().map(|base| base.offset);
        self.stream_log.is_clean = base.is_some_and(|base| folder.take_end(base));
        if found && self.stream_log.replay.is_none() {
            log::info!(
                "What is in {} does not go on from the file that is here: it is not used",
                folder.dir.display()
            );
            folder.clear();
        }
    }

    /// What was found and run: it is the older part of what is on disk.
    pub(super) fn keep_segments(&mut self, segments: Vec<Segment>) {
        self.stream_log.base = self.stream_log.replay.take().map(|base| base.offset);
        if let Some(folder) = self.segment_folder() {
            // What was not run must not be later either.
            let mut seqs = folder.list().unwrap_or_default();
            seqs.retain(|seq| segments.iter().all(|segment| segment.seq != *seq));
            folder.remove(&seqs);
        }
        self.stream_log.segments = segments.into();
        self.note_base_file();
    }

    /// Of the file from which it goes on now.
    fn note_base_file(&mut self) {
        let path = self.executor.data_file();
        self.stream_log.base_bytes = std::fs::metadata(path).map_or(0, |file| file.len());
        self.stream_log.base_name =
            self.executor.state.server.config.persistence.dbfilename.clone();
    }

    /// Runs what follows the file that was loaded, if there is anything; then begins to serve.
    pub(super) fn replay_segments(&mut self) {
        let replay = self.stream_log.replay.clone();
        let folder = self.segment_folder().filter(|folder| folder.is_named);
        match replay.zip(folder) {
            Some((base, folder)) => self.begin_segment_load(base, folder),
            None => self.all_is_loaded(),
        }
    }

    /// The files in which the stream goes on are opened, and commands are answered.
    pub(super) fn all_is_loaded(&mut self) {
        self.open_log();
        self.open_stream_log();
        let expired = std::mem::take(&mut self.stream_log.expired);
        self.feed_expired(&expired);
        self.begin_to_serve();
    }

    /// Nothing of what was found can be used.
    pub(super) fn drop_found_segments(&mut self) {
        if self.stream_log.replay.take().is_some()
            && let Some(folder) = self.segment_folder()
        {
            folder.clear();
        }
    }

    /// What is loaded is served from here on: the first segment, with save points.
    pub(super) fn open_stream_log(&mut self) {
        let Some(folder) = self.segment_folder().filter(|folder| folder.is_named) else {
            return self.clear_unused_segments();
        };
        self.executor.state.server.replication.stream.begin();
        self.flush_stream();
        let has_begun = self.stream_log.base.is_some();
        if !has_begun {
            folder.clear();
        }
        let seq = self.stream_log.disk.last_seq + 1;
        let offset = self.executor.stream_offset();
        let made = folder.create(seq);
        let is_base = has_begun
            || !std::mem::take(&mut self.stream_log.is_apart) && {
                // What is in memory is what the file that was loaded has, or the empty set.
                let base = Identity::of(&self.executor.data_file())
                    .and_then(|identity| folder.add_base(self.base_here(identity)));
                base.is_ok()
            };
        match made {
            Ok(file) => {
                self.stream_log.disk.last_seq = seq;
                self.stream_log.folder = Some(folder);
                self.begin_segment(seq, file);
                if is_base && !has_begun {
                    self.stream_log.base = Some(offset);
                    self.note_base_file();
                }
            }
            Err(error) => self.stream_log_failed(&system_text(&error)),
        }
    }

    /// What is in the folder is of another time, and must not be taken for news later.
    fn clear_unused_segments(&self) {
        let config = &self.executor.state.server.config;
        let dir = self.executor.data_folder().join(&config.replication.repl_backlog_dirname);
        let folder = SegmentFolder { dir, is_named: true };
        if folder.dir.is_dir() && folder.lock().is_ok_and(|lock| lock.is_some()) {
            log::info!("What is in {} is not used: it goes", folder.dir.display());
            folder.clear();
        }
    }

    /// A file of that identity has the data set as it is now.
    fn base_here(&self, identity: Identity) -> Base {
        let history = self.executor.state.server.replication.stream.history();
        Base { identity, id: history.id(), offset: history.offset(), db: self.log_db() }
    }

    // --- the stream -------------------------------------------------------------------------------

    /// Puts the news of the stream into the segment, before anybody else hears it.
    pub(super) fn store_stream(&mut self, news: &StreamNews) {
        match news {
            StreamNews::Appended { start, bytes } => {
                let is_named = self.is_stream_recovered_by();
                let pending_max = self.pending_max();
                let Some(writer) = &mut self.stream_log.writer else { return };
                let stored = match is_named {
                    true => writer.append(*start, bytes),
                    false => writer.append_later(*start, bytes, pending_max),
                };
                if let Some(error) = writer.fault() {
                    let reason = system_text(error);
                    return self.stream_log_failed(&reason);
                }
                stored.into_iter().for_each(|news| self.tell_stored(news));
            }
            StreamNews::Renamed { history } | StreamNews::Disowned { history } => {
                if let Some(writer) = &mut self.stream_log.writer {
                    writer.mark(mark_of(history));
                }
            }
            StreamNews::Reset { .. } | StreamNews::Freed { .. } => {
                self.end_stream_log();
                self.stream_log.saves_at = self.executor.now();
            }
            StreamNews::Begun { .. } => {}
        }
    }

    /// What may wait for a write where nothing is to come back: never as much as the memory keeps of
    /// the stream, so that nobody looks for it in the file.
    fn pending_max(&self) -> usize {
        let kept = self.executor.state.server.config.replication.repl_backlog_size / 2;
        usize::try_from(kept).unwrap_or(usize::MAX).min(PENDING_BYTES)
    }

    /// What waits is written: the memory is about to keep less.
    pub(super) fn flush_stream_log(&mut self) {
        self.flush_stream();
        if let Some(writer) = &mut self.stream_log.writer {
            writer.flush();
        }
    }

    /// The file goes on nowhere: what is there is of no use. It begins anew with the next look.
    pub(super) fn end_stream_log(&mut self) {
        let is_stale = !self.stream_log.disk.stale.is_empty();
        let stale = self.stream_log.named_folder().filter(|_| is_stale);
        if let Some(folder) = self.stream_log.folder.take().or(stale) {
            self.stream_log.disk.stale.clear();
            self.stop_stream_log();
            self.give_log_job(Job::ClearSegments { folder });
        }
    }

    /// It begins anew with the next look.
    fn stop_stream_log(&mut self) {
        self.stream_log = StreamLog {
            disk: std::mem::take(&mut self.stream_log.disk),
            saves_at: self.executor.now() + FIRST_SAVE_AFTER,
            ..StreamLog::default()
        };
        self.lose_stored();
    }

    /// What is on disk is good up to here, and all that a killed process has until there is another
    /// file to go on from.
    fn stream_log_failed(&mut self, reason: &str) {
        log::warn!("The replication stream cannot be kept on disk: {reason}");
        self.leave_disk_alone();
        let log = &mut self.stream_log;
        if let (Some(last), Some(writer)) = (log.segments.back_mut(), &log.writer) {
            last.bytes = writer.file_bytes();
        }
        if log.folder.as_ref().is_some_and(|folder| folder.is_named) {
            log.disk.stale.extend(log.segments.drain(..));
        }
        self.stop_stream_log();
    }

    /// A while; twice as long each time that the disk has not lasted for a segment.
    fn leave_disk_alone(&mut self) {
        let lasted = self.stream_log.segments.len() > 1;
        let disk = &mut self.stream_log.disk;
        let after = if lasted { RETRY_AFTER } else { disk.retry_after.saturating_mul(2) };
        disk.retry_after = after.clamp(RETRY_AFTER, MOST_RETRY_AFTER);
        disk.retry_at = self.executor.now() + disk.retry_after;
    }

    fn begin_segment(&mut self, seq: u64, file: File) {
        let history = self.executor.state.server.replication.stream.history();
        let mark: Mark = mark_of(history);
        let mut writer = LogWriter::begin(file, self.log_db(), mark, None);
        writer.flush();
        if let Some(old) = self.stream_log.writer.replace(writer)
            && let Some(last) = self.stream_log.segments.back_mut()
        {
            last.bytes = old.file_bytes();
        }
        self.stream_log.segments.push_back(Segment { seq, began_at: mark.offset, bytes: 0 });
    }

    /// After each round: a segment that is full is followed by the next.
    pub(super) fn settle_stream_log(&mut self) {
        let size = self.segment_bytes();
        let is_full = |writer: &LogWriter| writer.file_bytes() >= size;
        if !self.stream_log.writer.as_ref().is_some_and(is_full)
            || !matches!(self.stream_log.next, NextFile::There { .. })
        {
            return;
        }
        let next = std::mem::take(&mut self.stream_log.next);
        // All that was told of stands in the old one.
        self.flush_stream_log();
        let fault = self.stream_log.writer.as_ref().and_then(LogWriter::fault).map(system_text);
        if let Some(reason) = fault {
            return self.stream_log_failed(&reason);
        }
        if let NextFile::There { seq, file } = next
            && self.stream_log.writer.is_some()
        {
            self.begin_segment(seq, file);
            self.drop_old_segments();
        }
    }

    fn segment_bytes(&self) -> u64 {
        (self.kept_bytes() / SEGMENTS).max(LEAST_SEGMENT_BYTES)
    }

    /// What is kept: as much as was asked for, and all that follows the snapshot file as long as that
    /// is no more than the file.
    fn kept_bytes(&self) -> u64 {
        let size = self.executor.state.server.config.replication.repl_backlog_disk_size;
        let size = size.max(LEAST_SEGMENT_BYTES * SEGMENTS);
        size.max(if self.is_stream_recovered_by() { self.stream_log.base_bytes } else { 0 })
    }

    fn drop_old_segments(&mut self) {
        let kept = self.kept_bytes();
        let asked = self.executor.state.server.config.replication.repl_backlog_disk_size;
        let log = &mut self.stream_log;
        let mut dropped = Vec::new();
        let mut bytes = log.bytes();
        while let Some(second) = log.segments.get(1).map(|segment| segment.began_at)
            && let Some(oldest) = log.segments.front()
        {
            let follows = |place: Option<Offset>| place.is_some_and(|place| place < second);
            let is_needed = follows(log.base) || follows(log.saving);
            let most = match (is_needed, log.saving) {
                (false, _) => asked,
                (true, None) => kept,
                // What follows the older file is of use until the new one is in its place.
                (true, Some(_)) => kept.saturating_mul(GROWTH_WHILE_SAVING),
            };
            if bytes.saturating_sub(oldest.bytes) < most {
                break;
            }
            // What there was to go on from is of no use without it.
            log.base = log.base.filter(|&base| base >= second);
            log.saving = log.saving.filter(|&saving| saving >= second);
            bytes -= oldest.bytes;
            dropped.push(oldest.seq);
            log.segments.pop_front();
        }
        let before = log.segments.front().map_or(0, |segment| segment.began_at);
        if let (false, Some(folder)) = (dropped.is_empty(), log.folder.clone()) {
            self.tell_stored(StoredNews::Dropped { before });
            self.give_log_job(Job::RemoveSegments { folder, seqs: dropped });
        }
    }

    // --- the clock --------------------------------------------------------------------------------

    /// Ten times a second: begins, goes on, ends; and saves when there is nothing to go on from.
    pub(super) fn stream_log_cron(&mut self) {
        let server = &self.executor.state.server;
        if server.loading.is_some() || server.shutdown.is_begun() {
            return;
        }
        let is_kept = server.replication.stream.is_feeding();
        self.lock_segment_folder();
        let wanted = self.segment_folder().filter(|folder| is_kept || folder.is_named);
        if self.stream_log.folder != wanted {
            if self.stream_log.folder.is_some() {
                self.end_stream_log();
            }
            if wanted.is_none() || self.executor.now() < self.stream_log.disk.retry_at {
                return;
            }
            self.stream_log.folder = wanted;
        }
        let Some(folder) = self.stream_log.folder.clone() else { return };
        let half = self.segment_bytes() / 2;
        let written = self.stream_log.writer.as_ref().map(LogWriter::file_bytes);
        if written.is_none_or(|bytes| bytes >= half)
            && matches!(self.stream_log.next, NextFile::None)
        {
            self.stream_log.disk.last_seq += 1;
            let seq = self.stream_log.disk.last_seq;
            self.stream_log.next = NextFile::Asked { seq };
            self.give_log_job(Job::MakeSegment { folder, seq });
        }
        self.save_for_stream_log();
    }

    /// The file that was asked for.
    pub(super) fn segment_made(&mut self, seq: u64, made: std::io::Result<File>) {
        if !matches!(self.stream_log.next, NextFile::Asked { seq: asked } if asked == seq) {
            return;
        }
        self.stream_log.next = NextFile::None;
        let file = match made {
            Ok(file) => file,
            Err(error) => return self.stream_log_failed(&system_text(&error)),
        };
        if self.stream_log.writer.is_some() {
            self.stream_log.next = NextFile::There { seq, file };
            return self.settle_stream_log();
        }
        self.executor.state.server.replication.stream.begin();
        self.flush_stream();
        // That may have ended it.
        if self.stream_log.folder.is_some() {
            self.begin_segment(seq, file);
        }
    }

    /// A snapshot file from which the segments go on, if there is none or it is far behind.
    fn save_for_stream_log(&mut self) {
        let server = &self.executor.state.server;
        let may_save = self.saves.running.is_none()
            && !server.persistence.save_scheduled
            && !server.replication.is_emptied
            && server.persistence.may_try_to_save(self.executor.now());
        if !self.stream_log.holds_replies() || !may_save {
            return;
        }
        let end = server.replication.stream.offset();
        if self.stream_log.base_name != server.config.persistence.dbfilename {
            // The next start reads another file.
            self.stream_log.base = None;
        }
        let server = &self.executor.state.server;
        let most = usize::try_from(self.kept_bytes() / 2).unwrap_or(usize::MAX);
        match self.stream_log.base {
            Some(base) if offset::bytes_between(base, end) < most => return,
            // There is nothing to be lost, or only just.
            None if server.persistence.dirty == 0
                || self.executor.now() < self.stream_log.saves_at =>
            {
                return;
            }
            Some(_) => log::info!("The log has become long since the last save. Saving..."),
            None => log::info!("There is no file that the log goes on from. Saving..."),
        }
        self.save_in_background();
    }

    // --- saves ------------------------------------------------------------------------------------

    /// A snapshot is taken for the file: where it stands, for the thread that puts it in its place.
    pub(super) fn base_for_save(&mut self) -> Option<(SegmentFolder, Base)> {
        self.flush_stream();
        self.stream_log.saving = None;
        let folder = self.stream_log.folder.clone().filter(|folder| folder.is_named)?;
        let writer = self.stream_log.writer.as_ref()?;
        let base = self.base_here(Identity::default());
        (writer.pending_bytes() == 0).then(|| self.stream_log.saving = Some(base.offset))?;
        Some((folder, base))
    }

    /// That file is in its place, or it is not.
    pub(super) fn base_saved_for_stream_log(&mut self, is_saved: bool, is_base: bool) {
        let saving = self.stream_log.saving.take().filter(|_| is_base);
        if !is_saved {
            return;
        }
        let first = self.stream_log.segments.front().map(|segment| segment.began_at);
        self.stream_log.base = saving.filter(|&saving| first.is_some_and(|first| first <= saving));
        self.note_base_file();
        if self.stream_log.base.is_some() {
            self.drop_stale_segments();
        }
        self.drop_old_segments();
    }

    fn drop_stale_segments(&mut self) {
        let stale = std::mem::take(&mut self.stream_log.disk.stale);
        let seqs: Vec<u64> = stale.iter().map(|segment| segment.seq).collect();
        if let (false, Some(folder)) = (seqs.is_empty(), self.stream_log.named_folder()) {
            self.give_log_job(Job::RemoveSegments { folder, seqs });
        }
    }

    /// A save has failed: what takes room on the disk beside it must not be why the next one does.
    pub(super) fn make_room_for_save(&mut self) {
        if self.stream_log.bytes() > self.segment_bytes() {
            self.leave_disk_alone();
            self.end_stream_log();
        }
    }

    /// The process ends cleanly, and what was written is in the file.
    pub(super) fn note_clean_end(&self) {
        let end = self.executor.stream_offset();
        if let Some(folder) = self.stream_log.folder.as_ref().filter(|folder| folder.is_named)
            && self.stream_log.base == Some(end)
        {
            // Without that note all is looked at.
            let _ = folder.note_end(end);
        }
    }

    /// SHUTDOWN NOSAVE: what was written since the file is not to come back.
    pub(super) fn forget_stream_log(&mut self) {
        self.stream_log.named_folder().iter().for_each(SegmentFolder::clear);
    }
}

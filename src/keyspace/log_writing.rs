//! The append-only log, as the keyspace writes it: the stream's bytes go into the file when they go
//! to the manager, and before; a file that is synced is the thread's work.

use std::io;
use std::sync::Arc;

use actix::prelude::*;

use super::actor::Keyspace;
use super::log::{Rewrite, mark_of};
use super::messages::{DiskUnreadable, LogNews};
use super::syncs::SYNCS_MAX;
use crate::base::ids::DbIndex;
use crate::base::offset::Offset;
use crate::base::text::system_text;
use crate::base::time::UnixMillis;
use crate::config::value::choice::AppendFsync;
use crate::persistence::log::files::Job;
use crate::persistence::log::folder::LogFolder;
use crate::persistence::log::writer::{LogFile, LogWriter};
use crate::replication::messages::{LogSynced, ToManager};
use crate::replication::model::backlog::storey::StoredNews;
use crate::replication::model::stream_writer::StreamNews;
use crate::state::LogPhase;

/// Time between two lines that say why nothing can be written.
const FAULT_LOG_PERIOD: UnixMillis = 30_000;

/// What waits for a disk that takes nothing; on a replica, whose master goes on.
const PENDING_BYTES_MAX: usize = 64 << 20;

impl Keyspace {
    fn syncs_always(&self) -> bool {
        self.executor.state.server.config.persistence.appendfsync == AppendFsync::Always
    }

    /// Puts the news of the stream into the log, before anybody else hears it.
    pub(super) fn log_stream(&mut self, news: &StreamNews) {
        let second = self.log_second();
        let Some(writer) = &mut self.log.writer else { return };
        match news {
            StreamNews::Appended { start, bytes } => {
                if let Some(second) = second {
                    writer.stamp(second);
                }
                let news = writer.append(*start, bytes);
                news.into_iter().for_each(|news| self.tell_stored(news));
            }
            StreamNews::Renamed { history } | StreamNews::Disowned { history } => {
                writer.mark(mark_of(history));
                writer.flush();
            }
            StreamNews::Begun { .. } => {}
            StreamNews::Reset { .. } | StreamNews::Freed { .. } => return self.begin_log_anew(),
        }
        self.look_at_writer();
    }

    /// What was passed on of our master's stream is in an encoding that readers of a log do not take
    /// (empty lines, commands without words): the log goes on behind it, from another base.
    pub(super) fn leave_out_of_log(&mut self) {
        if self.executor.state.server.persistence.log.phase != LogPhase::Off {
            log::warn!("Our master's stream is in a form that no log holds: it begins anew.");
            self.begin_log_anew();
        }
        self.end_stream_log();
    }

    /// The data set is another: the log begins with a base of it.
    pub(super) fn begin_log_anew(&mut self) {
        if let Some(writer) = self.log.writer.take() {
            self.close_log_file(&writer);
        }
        self.lose_stored();
        self.log.epoch += 1;
        let status = &mut self.executor.state.server.persistence.log;
        status.phase = LogPhase::Waiting;
        status.rewrite_scheduled = true;
        // What failed is forgotten when the next file takes what is written.
        self.abandon_rewrite();
        // The offsets of another stream mean nothing in the one that comes.
        self.tell_master_of_log();
    }

    /// On a replica: our master hears what is safe here, for WAITAOF.
    fn tell_master_of_log(&mut self) {
        let server = &self.executor.state.server;
        let log = &server.persistence.log;
        let is_told = server.replication.is_replica() && log.phase == LogPhase::On;
        let safe = is_told.then_some(log.synced);
        if std::mem::replace(&mut self.log.told_master, safe) != safe {
            self.recipients.log_synced.do_send(LogSynced { offset: safe });
        }
    }

    /// What the manager is to know of the files.
    pub(super) fn tell_stored(&self, news: StoredNews) {
        self.recipients.manager.do_send(ToManager::Stored(news));
    }

    /// Nobody is to read what was told of; what is written from here on is told anew.
    pub(super) fn lose_stored(&mut self) {
        self.tell_stored(StoredNews::Lost);
        let writers = self.log.writer.iter_mut().chain(self.stream_log.writer_mut());
        writers.for_each(LogWriter::begin_stretch);
    }

    /// What is in a file that is not written any more is made safe.
    pub(super) fn close_log_file(&mut self, writer: &LogWriter) {
        self.sync_file(writer.file().clone(), writer.written());
    }

    fn sync_file(&mut self, file: Arc<LogFile>, offset: Offset) {
        let ticket = self.log.syncs.begin(self.log.epoch, offset, file.clone());
        self.executor.state.server.persistence.log.is_syncing = true;
        self.give_log_job(Job::Sync { ticket, file });
    }

    pub(super) fn give_log_job(&mut self, job: Job) {
        if let Some(thread) = &self.log.thread {
            thread.give(job);
        }
    }

    /// What the last write has come to.
    pub(super) fn look_at_writer(&mut self) {
        let now = self.executor.now();
        let syncs_always = self.syncs_always();
        let Some(writer) = &self.log.writer else { return };
        let status = &mut self.executor.state.server.persistence.log;
        status.pending_bytes = writer.pending_bytes();
        status.bytes = self.log.bytes_before + writer.file_bytes();
        let Some(error) = writer.fault() else {
            if status.fault.take().is_some() {
                self.executor.standing.forget();
                log::warn!("AOF write error looks solved, Redis can write again.");
            }
            return;
        };
        let reason = system_text(error);
        if now - self.log.fault_logged_at > FAULT_LOG_PERIOD {
            self.log.fault_logged_at = now;
            log::warn!("Error writing to the AOF file: {reason}");
        }
        status.fault = Some(reason);
        self.executor.standing.forget();
        if status.pending_bytes > PENDING_BYTES_MAX {
            log::warn!("Too much waits for the AOF file: it begins anew when the disk takes it.");
            return self.begin_log_anew();
        }
        if syncs_always && status.phase == LogPhase::On {
            log::warn!(
                "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."
            );
            (self.recipients.exit)(1);
        }
    }

    /// After each round: what may now be answered is, and a sync begins where one is due.
    pub(super) fn settle_log(&mut self) {
        // What is let go comes after what is written.
        self.flush_stream();
        self.settle_stream_log();
        if self.syncs_always() && !self.is_resting() {
            self.sync_log(SYNCS_MAX);
        }
        self.open_gate();
        self.tell_master_of_log();
    }

    /// `no-appendfsync-on-rewrite`: nothing is synced while a thread writes a snapshot.
    fn is_resting(&self) -> bool {
        let config = &self.executor.state.server.config.persistence;
        config.no_appendfsync_on_rewrite && self.saves.running.is_some()
    }

    /// Whether replies wait until what they tell of is safe on disk.
    fn is_gated(&self) -> bool {
        let is_on = self.executor.state.server.persistence.log.phase == LogPhase::On;
        is_on && self.log.writer.is_some() && self.syncs_always() && !self.is_resting()
    }

    /// Lets go what is safe enough.
    fn open_gate(&mut self) {
        let up_to = match self.is_gated() {
            true => self.executor.state.server.persistence.log.synced,
            false => i64::MAX,
        };
        self.gate.release(up_to);
    }

    /// Begins a sync of what is written and not safe yet, unless so many run.
    fn sync_log(&mut self, running_max: usize) {
        let Some(writer) = &self.log.writer else { return };
        let offset = writer.written();
        let syncs = &self.log.syncs;
        let is_safe = offset <= self.executor.state.server.persistence.log.synced;
        // What is in a file is of no use without the one before it.
        let waits = syncs.others(writer.file()).next().is_some();
        if !is_safe
            && !waits
            && syncs.running() < running_max
            && !syncs.covers(self.log.epoch, offset)
        {
            self.sync_file(writer.file().clone(), offset);
        }
    }

    /// Ten times a second: what failed is tried again, and with `everysec` what is due is synced.
    pub(super) fn log_cron(&mut self) {
        if let Some(writer) = &mut self.log.writer
            && writer.pending_bytes() > 0
        {
            writer.flush();
            self.look_at_writer();
        }
        let policy = self.executor.state.server.config.persistence.appendfsync;
        let second = self.executor.now().div_euclid(1000);
        if policy == AppendFsync::Everysec
            && !self.is_resting()
            && second > self.log.last_sync_second
        {
            self.sync_each_second(second);
        }
        self.rewrite_cron();
        self.stream_log_cron();
        self.settle_log();
    }

    fn sync_each_second(&mut self, second: i64) {
        let status = &mut self.executor.state.server.persistence.log;
        if !status.is_syncing {
            self.log.last_sync_second = second;
            self.log.delayed_since = None;
            return self.sync_log(1);
        }
        if second - *self.log.delayed_since.get_or_insert(second) >= 2 {
            self.log.delayed_since = Some(second);
            status.delayed_syncs += 1;
            log::info!("Asynchronous AOF fsync is taking too long (disk is busy?).");
        }
    }

    fn log_synced(&mut self, ticket: u64, result: io::Result<()>) {
        let must_be_safe = self.is_gated();
        let safe = self.log.syncs.ended(ticket);
        let status = &mut self.executor.state.server.persistence.log;
        status.is_syncing = self.log.syncs.running() > 0;
        match result {
            Ok(()) => {
                if self.log.doubts.are_there() {
                    status.rewrite_scheduled |= !status.rewriting;
                    // Another that ran beside one that failed takes nothing back.
                    if !status.is_syncing {
                        status.sync_fault = None;
                    }
                } else if let Some((epoch, offset)) = safe
                    && epoch == self.log.epoch
                {
                    status.synced = status.synced.max(offset);
                    status.sync_fault = None;
                }
            }
            Err(error) => {
                let reason = system_text(&error);
                if must_be_safe {
                    log::warn!(
                        "Can't persist AOF for fsync error when the AOF fsync policy is 'always': \
                         {reason}. Exiting..."
                    );
                    return (self.recipients.exit)(1);
                }
                log::warn!("Fail to fsync the AOF file: {reason}");
                status.sync_fault = Some(reason);
                self.log.doubts.sync_failed();
            }
        }
        self.executor.standing.forget();
        self.answer_reached();
        self.settle_log();
    }

    /// The second that a file is to say, if it is to say one.
    pub(super) fn log_second(&self) -> Option<i64> {
        let is_stamped = self.executor.state.server.config.persistence.aof_timestamp_enabled;
        is_stamped.then(|| self.executor.now().div_euclid(1000))
    }

    /// Where the stream is in its file's database when it goes on in another file.
    pub(super) fn log_db(&self) -> DbIndex {
        let replication = &self.executor.state.server.replication;
        match replication.is_replica() {
            true => replication.master_stream_db,
            false => replication.stream.selected().unwrap_or(0),
        }
    }

    /// Everything is safe on disk when it comes back: the log ends here.
    pub(super) fn finish_log(&mut self) {
        self.flush_stream();
        let Some(writer) = &mut self.log.writer else { return };
        if writer.pending_bytes() > 0 {
            writer.flush();
        }
        log::info!("Calling fsync() on the AOF file.");
        let others = self.log.syncs.others(writer.file());
        let synced = others.map(|file| file.as_file().sync_data()).find(Result::is_err);
        let synced = synced.unwrap_or_else(|| writer.file().as_file().sync_all());
        if let Err(error) = synced {
            log::warn!("Fail to fsync the AOF file: {}.", system_text(&error));
        }
    }

    /// `appendonly` was set, or `aof-disable-auto-gc`.
    pub(super) fn follow_appendonly(&mut self) {
        let is_wanted = self.executor.state.server.config.persistence.appendonly;
        let phase = self.executor.state.server.persistence.log.phase;
        match (is_wanted, phase) {
            (true, LogPhase::Off) => self.begin_log(),
            (false, LogPhase::Waiting | LogPhase::On) => self.end_log(),
            _ => self.collect_history(),
        }
    }

    /// `appendonly yes` at run time: the log begins when its first base is there.
    fn begin_log(&mut self) {
        let folder = self.log_folder();
        match folder.read_manifest() {
            Ok(mut manifest) if matches!(self.log.rewrite, Rewrite::Idle) => {
                manifest.skip_numbers_of(&self.log.manifest);
                self.log.manifest = manifest;
            }
            Ok(_) => {}
            Err(fault) => {
                // What is there may still be repaired.
                fault.log_lines().iter().for_each(|line| log::warn!("{line}"));
                log::warn!("The append only file stays off.");
                return;
            }
        }
        self.log.folder = Some(folder);
        self.executor.state.server.replication.stream.begin();
        let status = &mut self.executor.state.server.persistence.log;
        status.phase = LogPhase::Waiting;
        self.log.epoch += 1;
        if status.fault.take().or(status.sync_fault.take()).is_some() {
            log::warn!("AOF reopen, just ignore the last error.");
            self.executor.standing.forget();
        }
        self.rewrite_log();
    }

    /// `appendonly no` at run time: the files stay.
    fn end_log(&mut self) {
        self.finish_log();
        self.log.writer = None;
        self.lose_stored();
        let status = &mut self.executor.state.server.persistence.log;
        status.phase = LogPhase::Off;
        status.rewrite_scheduled = false;
        (status.fault, status.sync_fault) = (None, None);
        self.executor.standing.forget();
        self.abandon_rewrite();
        self.settle_log();
        self.answer_waits_for_log();
    }

    /// The folder as the settings name it.
    pub(super) fn log_folder(&self) -> LogFolder {
        LogFolder::of(&self.executor.state.server.config, &self.executor.data_folder())
    }
}

impl Handler<LogNews> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: LogNews, _: &mut Self::Context) {
        self.executor.read_clock();
        match message {
            LogNews::Synced { ticket, result } => self.log_synced(ticket, result),
            LogNews::Prepared { ticket, result } => self.log_prepared(ticket, result),
            LogNews::Placed { ticket, result } => self.base_placed(ticket, result),
            LogNews::BackedUp { client, is_done } => self.answer_save(client, is_done),
            LogNews::SegmentMade { seq, made } => self.segment_made(seq, made),
        }
        self.carry_out_actions();
    }
}

impl Handler<DiskUnreadable> for Keyspace {
    type Result = ();
    fn handle(&mut self, _: DiskUnreadable, _: &mut Self::Context) {
        self.lose_stored();
    }
}

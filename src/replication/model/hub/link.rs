//! One replica's link without its socket: what it may be sent, what it has taken, when it ends.
//!
//! It reads the backlog by itself, from its cursor on. A slow replica is a cursor that lags.

use std::sync::Arc;

use bytes::Bytes;

use super::orders::{LinkStart, ToLink};
use crate::base::ids::ClientId;
use crate::base::offset::{self, Offset};
use crate::base::time::UnixMillis;
use crate::replication::model::backlog::storey::StoredPlace;
use crate::replication::model::backlog::{Backlog, Next};
use crate::replication::model::flow::{FlowSettings, STANDS_STILL_MILLIS};
use crate::replication::model::framing::Framing;
use crate::replication::model::journal::Cause;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::output_limit::{OutputLimit, OutputWatch};
use crate::replication::model::progress::{Progress, Stage};
use crate::replication::model::standstill::Standstill;
use crate::replication::model::status::{AboutReplica, ReplicaStatus, SentSnapshot, SnapshotSize};
use crate::replication::model::stream_sums::Check;

/// Bytes of the backlog given to the socket at a time.
const STREAM_BYTES_PER_WRITE: usize = 256 * 1024;

/// What a link goes by.
#[derive(Clone, Copy, Debug)]
pub struct LinkSettings {
    pub timeout_seconds: i64,
    pub output_limit: OutputLimit,
    pub flow: FlowSettings,
}

/// For the actor that drives the link, to be done in order.
#[derive(Debug)]
pub enum LinkOrder {
    Log(LogLine),
    /// Give these to the socket.
    Write(Bytes),
    /// So many chunks were written: their credit goes back to the thread.
    GiveCredit(usize),
    /// Read this from the disk, and tell what has come of it.
    Read(StoredPlace),
    /// Tell the hub how far the replica is.
    Report,
    /// It left too much unread, which is for who knows clients to say.
    BlameForLag,
    /// Tell the hub that the stream has arrived changed.
    Distrust,
}

/// What was given to the socket and has not gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritten {
    pub bytes: usize,
    pub buffers: usize,
}

/// What may stand beside the offset of an ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlsoAcknowledged {
    /// `FACK`: safe in its append-only log.
    pub fsynced: Option<Offset>,
    /// `RECEIVED`: there, applied or not.
    pub received: Option<Offset>,
}

/// See the module documentation.
pub struct Link {
    client: ClientId,
    name: String,
    about: Arc<AboutReplica>,
    progress: Progress,
    /// The stream was given to the socket up to here.
    queued_to: Offset,
    /// What comes next is being read from the disk, for so many ticks.
    reading: Option<i64>,
    /// Chunks that came and were not paid back.
    unpaid_chunks: usize,
    /// The snapshot thread has sent all.
    is_transfer_encoded: bool,
    watch: OutputWatch,
    /// When it last took something of the stream.
    took_at: Option<UnixMillis>,
    standstill: Standstill,
    settings: LinkSettings,
    untold_acks: u64,
    /// Of its full sync: since when, what the snapshot thread gave and what went out.
    begun_at: UnixMillis,
    transfer_begun_at: UnixMillis,
    given_bytes: u64,
    sent_bytes: u64,
    size: SnapshotSize,
    is_ending: bool,
    /// Why, where it is not for the hub to say.
    end_cause: Option<Cause>,
    orders: Vec<LinkOrder>,
}

impl Link {
    pub fn new(start: LinkStart, settings: LinkSettings, now: UnixMillis) -> Link {
        let LinkStart { client, name, about, progress, reply } = start;
        Link {
            client,
            name,
            about,
            queued_to: progress.sent(),
            reading: None,
            progress,
            unpaid_chunks: 0,
            is_transfer_encoded: false,
            watch: OutputWatch::default(),
            took_at: None,
            standstill: Standstill::new(now),
            settings,
            untold_acks: 0,
            begun_at: now,
            transfer_begun_at: now,
            given_bytes: 0,
            sent_bytes: 0,
            size: SnapshotSize::Unknown,
            is_ending: false,
            end_cause: None,
            orders: vec![LinkOrder::Write(reply)],
        }
    }

    /// What is to be done since the last time, in order.
    pub fn take_orders(&mut self) -> Vec<LinkOrder> {
        std::mem::take(&mut self.orders)
    }

    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether the socket is to be closed, whatever waits in it.
    pub fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// Why it ends, when that is its own doing.
    pub fn end_cause(&self) -> Option<Cause> {
        self.end_cause
    }

    fn end(&mut self, cause: Cause) {
        self.is_ending = true;
        self.end_cause.get_or_insert(cause);
    }

    pub fn set(&mut self, settings: LinkSettings) {
        self.settings = settings;
    }

    /// How the replica is, and how many ACKs came since the last time.
    pub fn status(&mut self, now: UnixMillis) -> (ReplicaStatus, u64) {
        let mut status = ReplicaStatus::new(self.about.clone(), &self.progress, now);
        status.snapshot_bytes = self.sent_bytes;
        status.sync = self.progress.sync_phase().map(|phase| SentSnapshot {
            phase,
            asked_at: self.begun_at,
            begun_at: self.transfer_begun_at,
            sent_bytes: self.sent_bytes,
            size: self.size,
        });
        (status, std::mem::take(&mut self.untold_acks))
    }

    // --- what comes from the hub and the snapshot thread -------------------------------------

    pub fn told(&mut self, what: ToLink, left: Unwritten, backlog: &Backlog, now: UnixMillis) {
        match what {
            ToLink::FeedAdvanced => {
                // A hard limit must not wait for the clock: neither for one that does not read, nor
                // for one that has yet to acknowledge its snapshot.
                if left.bytes > 0 || !self.progress.may_stream() {
                    self.check_limit(backlog, now);
                }
            }
            ToLink::SnapshotTaken { reply, offset, framing, .. } => {
                self.snapshot_taken(reply, offset, framing, now);
            }
            ToLink::Close => self.is_ending = true,
            ToLink::SnapshotEnd { is_complete: false } => self.end(Cause::TransferFailed),
            ToLink::SnapshotEnd { is_complete: true } if left.bytes == 0 => {
                self.finish_transfer(now);
            }
            ToLink::SnapshotEnd { is_complete: true } => self.is_transfer_encoded = true,
        }
    }

    fn snapshot_taken(&mut self, reply: Bytes, offset: Offset, framing: Framing, now: UnixMillis) {
        self.progress.begin_transfer(offset, framing, now);
        self.queued_to = offset;
        self.orders.push(LinkOrder::Write(reply));
        self.orders.push(LinkOrder::Report);
    }

    /// The next piece of the snapshot has come, its frame included.
    /// `size`: how long the whole snapshot is, as far as the thread knows.
    pub fn chunk_came(&mut self, bytes: Bytes, size: SnapshotSize, now: UnixMillis) {
        if self.given_bytes == 0 {
            self.transfer_begun_at = now;
        }
        self.given_bytes += bytes.len() as u64;
        self.size = size;
        if self.progress.begin_sending(now) {
            self.orders.push(LinkOrder::Report);
        }
        self.orders.push(LinkOrder::Write(bytes));
        self.unpaid_chunks += 1;
    }

    // --- what goes to the socket -------------------------------------------------------------

    /// The next stretch of the stream, appended to `out`; returns its bytes. To be asked when
    /// everything before it has gone out.
    pub fn next_stretch(&mut self, backlog: &Backlog, out: &mut Vec<Bytes>) -> usize {
        if !self.progress.may_stream() || self.is_ending || self.reading.is_some() {
            return 0;
        }
        match backlog.read_for(self.client, self.queued_to, STREAM_BYTES_PER_WRITE, out) {
            Some(Next::Held(bytes)) => {
                self.queued_to = offset::advance(self.queued_to, bytes);
                bytes
            }
            Some(Next::Stored(place)) => {
                self.reading = Some(0);
                self.orders.push(LinkOrder::Read(place));
                0
            }
            None => {
                // It was doomed and has not heard of it yet: what is held is not for it.
                self.is_ending = true;
                0
            }
        }
    }

    /// What was read from the disk; an error says why it could not be.
    pub fn stretch_read(&mut self, read: Result<Bytes, String>, backlog: &Backlog) {
        self.reading = None;
        // Of a stream that has another name by now, or another place.
        if self.is_ending || backlog.position(self.client).is_none() {
            self.is_ending = true;
            return;
        }
        match read {
            Ok(bytes) => {
                self.queued_to = offset::advance(self.queued_to, bytes.len());
                self.orders.push(LinkOrder::Write(bytes));
            }
            Err(error) => {
                let name = self.name.clone();
                self.log(lines::master::log_unreadable(&name, self.queued_to, &error));
                self.end(Cause::LogUnreadable);
            }
        }
    }

    /// Some bytes went out, and so much is left: moves the cursor, or notes that a transfer makes
    /// progress.
    pub fn wrote(&mut self, left: Unwritten, backlog: &mut Backlog, now: UnixMillis) {
        if self.progress.stage() != Stage::Streaming {
            self.progress.transferred_some(now);
            self.pay_back(left.buffers);
            self.sent_bytes = self.given_bytes.saturating_sub(left.bytes as u64);
            if left.bytes == 0 && std::mem::take(&mut self.is_transfer_encoded) {
                self.finish_transfer(now);
            }
            return;
        }
        let sent = self.queued_to.saturating_sub_unsigned(left.bytes as u64);
        if sent > self.progress.sent() {
            self.took_at = Some(now);
            self.progress.sent_to(sent);
            backlog.advance(self.client, sent);
        }
    }

    fn pay_back(&mut self, left_buffers: usize) {
        let written = self.unpaid_chunks.saturating_sub(left_buffers);
        if written > 0 {
            self.unpaid_chunks -= written;
            self.orders.push(LinkOrder::GiveCredit(written));
        }
    }

    /// The last byte of the snapshot is in the socket. Whoever asked for nothing else is done.
    fn finish_transfer(&mut self, now: UnixMillis) {
        let name = self.name.clone();
        if self.about.is_rdb_only {
            self.log(lines::master::rdb_only_completed(&name));
            self.end(Cause::SnapshotTaken);
            return;
        }
        self.progress.finish_transfer(now);
        if self.progress.stage() == Stage::AwaitingAck {
            self.log(lines::master::streamed_waiting_for_ack(&name));
        }
        self.log(lines::master::synchronization_succeeded(&name));
        self.orders.push(LinkOrder::Report);
    }

    // --- what the replica says, and the clock ------------------------------------------------

    /// `REPLCONF ACK` came; `None`: with an offset that is no number.
    /// `also`: what else it says, if it does.
    pub fn acknowledged(
        &mut self,
        offset: Option<Offset>,
        also: AlsoAcknowledged,
        now: UnixMillis,
    ) {
        self.untold_acks += 1;
        if let Some(offset) = offset {
            self.progress.acknowledge(offset, now);
        }
        if let Some(fsynced) = also.fsynced {
            self.progress.acknowledge_fsync(fsynced);
        }
        if let Some(received) = also.received {
            self.progress.acknowledge_receipt(received);
        }
        self.orders.push(LinkOrder::Report);
    }

    /// The replica tells what has come of the stream.
    pub fn checked(&mut self, check: Check, backlog: &Backlog) {
        // What was not written cannot have come: it counts from another place than we do.
        let is_right = check.to <= backlog.end() && backlog.verify(check) != Some(false);
        if is_right || self.is_ending {
            return;
        }
        let name = self.name.clone();
        self.log(lines::master::arrived_changed(&name, check.from, check.to));
        self.orders.push(LinkOrder::Distrust);
        self.is_ending = true;
    }

    /// A sign of life other than that: a newline while it loads.
    pub fn heard(&mut self, now: UnixMillis) {
        self.progress.heard(now);
    }

    /// Once a second: signs of life, and limits.
    pub fn tick(&mut self, left: Unwritten, backlog: &Backlog, now: UnixMillis) {
        if left.bytes == 0 {
            if self.progress.wants_newlines() {
                self.orders.push(LinkOrder::Write(Bytes::from_static(b"\n")));
            }
            // It took all there was: another replica of the transfer keeps it waiting.
            self.progress.transferred_some(now);
        }
        if self.standstill.tick(now)
            && let Some(line) =
                self.progress.timed_out(self.settings.timeout_seconds, now, &self.name)
        {
            self.log(line);
            self.end(Cause::TimedOut);
        }
        if let Some(seconds) = &mut self.reading {
            *seconds += 1;
            if *seconds > self.settings.timeout_seconds {
                self.stretch_read(Err("it takes too long".to_owned()), backlog);
            }
        }
        self.check_limit(backlog, now);
        self.orders.push(LinkOrder::Report);
    }

    fn check_limit(&mut self, backlog: &Backlog, now: UnixMillis) {
        if self.is_ending {
            return;
        }
        let LinkSettings { output_limit, flow, .. } = self.settings;
        let limit = match self.is_guarded(backlog, now) {
            true => flow.for_guarded(output_limit, backlog.data_bytes()),
            false => output_limit,
        };
        let limit = limit.for_replica(backlog.size_bytes() as u64);
        let behind = backlog.counted_bytes(self.client, output_limit) as u64;
        if self.watch.overcome(limit, behind, now) {
            self.orders.push(LinkOrder::BlameForLag);
            self.end(Cause::OverOutputLimit);
        }
    }

    /// Whether dropping it would only have it begin anew: it catches up, or takes the stream as fast
    /// as it can. Writers are slowed for its sake, see [`crate::replication::model::flow`].
    fn is_guarded(&self, backlog: &Backlog, now: UnixMillis) -> bool {
        let took_lately = |at: UnixMillis| now - at < STANDS_STILL_MILLIS;
        backlog.catches_up(self.client) || self.took_at.is_some_and(took_lately)
    }

    fn log(&mut self, line: LogLine) {
        self.orders.push(LinkOrder::Log(line));
    }
}

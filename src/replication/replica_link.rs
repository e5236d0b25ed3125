//! One replica's link, on the master's side.
//!
//! Owns the replica's socket, its progress and its cursor in the backlog. Started by the
//! ReplicationManager when a client has sent PSYNC. Receives the snapshot's chunks from the
//! snapshot thread and `FeedAdvanced` from the manager; reads the backlog itself, block by block,
//! as the socket takes it. A slow replica is a cursor that lags, up to its output limit. Sends
//! `ReplicaProgressed`, and `ReplicaLost` when it ends: the socket closed, a timeout, the output
//! limit, or CLIENT KILL.

use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};

use super::credit::Credit;
use super::manager::{SharedBacklog, log_line};
use super::messages::*;
use super::model::backlog::Backlog;
use super::model::lines;
use super::model::output_limit::OutputWatch;
use super::model::progress::{Progress, Stage};
use super::model::standstill::Standstill;
use super::model::status::ReplicaStatus;
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::keyspace::messages::{ReplicaAtFault, ReplicaFault};
use crate::net::messages::ToConnection;
use crate::net::output::OutputQueue;
use crate::net::stream::Stream;
use crate::resp::limits::Limits;
use crate::resp::parser::Parser;
use crate::resp::request::{Args, Batch, OwnedCommand};

/// How often a link looks at its clock: newlines, timeouts, limits, progress.
const TICK: Duration = Duration::from_secs(1);
/// Bytes of the backlog given to the socket at a time.
const STREAM_BYTES_PER_WRITE: usize = 256 * 1024;
/// Room made for one read, in bytes: replicas only acknowledge.
const READ_BYTES: usize = 1024;
/// What a replica may send without a line's end.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// What a link begins with.
pub struct LinkStart {
    pub client: ClientKey,
    pub stream: Stream,
    /// Read from the socket before the link was there.
    pub unread: BytesMut,
    pub progress: Progress,
    /// `+CONTINUE ...`; empty for one that waits for a snapshot.
    pub reply: Bytes,
    /// `ip:port` for the log.
    pub name: String,
    pub status: ReplicaStatus,
    pub is_rdb_only: bool,
    pub backlog: SharedBacklog,
    pub manager_progress: Recipient<ReplicaProgressed>,
    pub manager_lost: Recipient<ReplicaLost>,
    pub at_fault: Recipient<ReplicaAtFault>,
    pub settings: ReplicationSettings,
    pub now: fn() -> UnixMillis,
}

pub struct ReplicaLink {
    start: LinkStart,
    output: OutputQueue,
    /// The stream is in the output queue up to here.
    queued_to: i64,
    /// Chunks that came and were not paid back.
    unpaid_chunks: usize,
    /// The snapshot thread has sent all.
    is_transfer_encoded: bool,
    credit: Option<Arc<Credit>>,
    parser: Parser,
    batch: Batch,
    watch: OutputWatch,
    standstill: Standstill,
    written_bytes: u64,
    is_closing: bool,
}

impl ReplicaLink {
    pub fn new(mut start: LinkStart) -> ReplicaLink {
        let queued_to = start.progress.sent();
        let standstill = Standstill::new((start.now)());
        let mut output = OutputQueue::default();
        output.push(std::mem::take(&mut start.reply));
        ReplicaLink {
            start,
            output,
            queued_to,
            unpaid_chunks: 0,
            is_transfer_encoded: false,
            credit: None,
            parser: Parser::default(),
            batch: Batch::default(),
            watch: OutputWatch::default(),
            standstill,
            written_bytes: 0,
            is_closing: false,
        }
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.start.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One round: read acknowledgements, write what there is. `Ready` when the link is to end.
    fn poll_socket(&mut self, task: &mut Task<'_>) -> Poll<()> {
        if self.is_closing || self.read(task).is_err() {
            return Poll::Ready(());
        }
        loop {
            if self.output.is_empty() && !self.queue_stream() {
                return Poll::Pending;
            }
            match self.write(task) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(())) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Puts the next stretch of the backlog into the output queue. `false`: there is none.
    fn queue_stream(&mut self) -> bool {
        if !self.start.progress.may_stream() || self.start.is_rdb_only {
            return false;
        }
        let mut blocks = Vec::new();
        let read = self.backlog().read(self.queued_to, STREAM_BYTES_PER_WRITE, &mut blocks);
        let Some(bytes) = read else {
            // The cursor is attached, so this cannot be; a full sync puts it right.
            self.is_closing = true;
            return false;
        };
        self.queued_to += bytes as i64;
        for block in blocks {
            self.output.push(block);
        }
        bytes > 0
    }

    fn write(&mut self, task: &mut Task<'_>) -> Poll<Result<(), ()>> {
        let before = self.output.bytes();
        let flushed = self.output.poll_flush(&mut self.start.stream, task, &mut self.written_bytes);
        if self.output.bytes() < before {
            self.wrote_some();
        }
        flushed.map_err(drop)
    }

    /// Moves the cursor, or notes that a transfer makes progress.
    fn wrote_some(&mut self) {
        match self.start.progress.stage() {
            Stage::Streaming if !self.start.is_rdb_only => {
                let sent = self.queued_to - self.output.bytes() as i64;
                if sent > self.start.progress.sent() {
                    self.start.progress.sent_to(sent);
                    self.backlog().advance(self.start.client.id, sent);
                }
            }
            _ => {
                self.start.progress.transferred_some((self.start.now)());
                self.pay_back();
                if self.output.is_empty() && std::mem::take(&mut self.is_transfer_encoded) {
                    self.finish_transfer();
                }
            }
        }
    }

    /// Gives the snapshot thread credit for the chunks that are written.
    fn pay_back(&mut self) {
        let Some(credit) = &self.credit else { return };
        let written = self.unpaid_chunks.saturating_sub(self.output.buffers());
        if written > 0 {
            self.unpaid_chunks -= written;
            credit.give(written);
        }
    }

    /// Reads what the replica sends. `Err`: the link ends.
    fn read(&mut self, task: &mut Task<'_>) -> Result<(), ()> {
        loop {
            self.run_commands()?;
            let unread = &mut self.start.unread;
            unread.reserve(READ_BYTES);
            match self.start.stream.poll_read(task, unread) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => return Err(()),
                Poll::Ready(Ok(_)) if unread.len() > UNREAD_BYTES_MAX => return Err(()),
                Poll::Ready(Ok(_)) => {}
            }
        }
    }

    fn run_commands(&mut self) -> Result<(), ()> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        let parsed = self.parser.parse(&mut self.start.unread, &mut batch, &Limits::default());
        if batch.empty_lines() > 0 {
            self.start.progress.heard((self.start.now)());
        }
        for i in 0..batch.len() {
            self.run(batch.command(i))?;
        }
        self.batch = batch;
        parsed.map_err(drop)
    }

    /// `REPLCONF ACK <offset> [FACK <offset>]` is all that a replica has to say; a command that
    /// wants an answer would garble the stream, so it ends the link, as in Redis; which passes over
    /// another PSYNC.
    fn run(&mut self, args: Args<'_>) -> Result<(), ()> {
        let is = |i: usize, word: &[u8]| args.len() > i && args.get(i).eq_ignore_ascii_case(word);
        if is(0, b"replconf") && is(1, b"ack") && args.len() >= 3 {
            if let Some(offset) = parse_i64(args.get(2)) {
                self.acknowledge(offset);
            }
            return Ok(());
        }
        if is(0, b"psync") || is(0, b"sync") {
            return Ok(());
        }
        self.confess(ReplicaFault::Spoke(OwnedCommand::from_args(args)));
        Err(())
    }

    fn confess(&self, fault: ReplicaFault) {
        let client = self.start.client;
        self.start.at_fault.do_send(ReplicaAtFault { client, fault });
    }

    fn acknowledge(&mut self, offset: i64) {
        let now = (self.start.now)();
        self.start.progress.acknowledge(offset, now);
        self.report();
    }

    /// Tells the manager how far the replica is.
    fn report(&mut self) {
        let now = (self.start.now)();
        let start = &self.start;
        let status =
            ReplicaStatus::new(start.status.ip.clone(), start.status.port, &start.progress, now);
        start.manager_progress.do_send(ReplicaProgressed {
            client: start.client.id,
            status,
            written_bytes: std::mem::take(&mut self.written_bytes),
        });
    }

    fn snapshot_taken(&mut self, message: SnapshotTaken) {
        self.start.progress.begin_transfer(message.offset, message.framing, (self.start.now)());
        self.queued_to = message.offset;
        self.credit = Some(message.credit);
        self.output.push(message.reply);
        self.report();
    }

    fn snapshot_end(&mut self, is_complete: bool) {
        if !is_complete {
            self.is_closing = true;
        } else if self.output.is_empty() {
            self.finish_transfer();
        } else {
            self.is_transfer_encoded = true;
        }
    }

    /// The last byte of the snapshot is in the socket.
    fn finish_transfer(&mut self) {
        self.start.progress.finish_transfer((self.start.now)());
        self.credit = None;
        let name = &self.start.name;
        if self.start.progress.stage() == Stage::AwaitingAck {
            log_line(&lines::master::streamed_waiting_for_ack(name));
        }
        log_line(&match self.start.is_rdb_only {
            true => lines::master::rdb_only_completed(name),
            false => lines::master::synchronization_succeeded(name),
        });
        self.report();
    }

    /// Once a second: signs of life, and limits.
    fn tick(&mut self) {
        let now = (self.start.now)();
        if self.start.progress.wants_newlines() && self.output.is_empty() {
            self.output.push(Bytes::from_static(b"\n"));
        }
        if self.output.is_empty() {
            // It took all there was: another replica of the transfer keeps it waiting.
            self.start.progress.transferred_some(now);
        }
        let timeout = self.start.settings.timeout_seconds;
        if self.standstill.tick(now)
            && let Some(line) = self.start.progress.timed_out(timeout, now, &self.start.name)
        {
            log_line(&line);
            self.is_closing = true;
        }
        self.check_limit(now);
        self.report();
    }

    fn check_limit(&mut self, now: UnixMillis) {
        if self.is_closing {
            return;
        }
        let (lag, size) = {
            let backlog = self.backlog();
            (backlog.lag_bytes(self.start.client.id), backlog.size_bytes())
        };
        let limit = self.start.settings.output_limit.for_replica(size as u64);
        if lag.is_some_and(|lag| self.watch.overcome(limit, lag as u64, now)) {
            self.confess(ReplicaFault::OverOutputLimit);
            self.is_closing = true;
        }
    }
}

impl Actor for ReplicaLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.start.stream.set_nodelay(!self.start.settings.disable_tcp_nodelay);
        ctx.run_interval(TICK, |link, _| link.tick());
        ctx.spawn(SocketLoop);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if let Some(credit) = &self.credit {
            credit.close();
        }
        self.start.manager_lost.do_send(ReplicaLost { client: self.start.client });
    }
}

impl Handler<FeedAdvanced> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, _: FeedAdvanced, _: &mut Self::Context) {
        // The socket loop runs after each round of messages and finds the new bytes. A hard limit
        // must not wait for the clock: neither for one that does not read, nor for one that has yet
        // to acknowledge its snapshot.
        if !self.output.is_empty() || !self.start.progress.may_stream() {
            self.check_limit((self.start.now)());
        }
    }
}

impl Handler<SnapshotTaken> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: SnapshotTaken, _: &mut Self::Context) {
        self.snapshot_taken(message);
    }
}

impl Handler<SnapshotChunk> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: SnapshotChunk, _: &mut Self::Context) {
        if self.start.progress.begin_sending((self.start.now)()) {
            self.report();
        }
        self.output.push(message.bytes);
        self.unpaid_chunks += 1;
    }
}

impl Handler<SnapshotEnd> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: SnapshotEnd, _: &mut Self::Context) {
        self.snapshot_end(message.is_complete);
    }
}

impl Handler<ToConnection> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: ToConnection, _: &mut Self::Context) {
        // Replies and pushes have no place in the stream.
        if let ToConnection::Close = message {
            self.is_closing = true;
        }
    }
}

impl Handler<ReplicationSettings> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: ReplicationSettings, _: &mut Self::Context) {
        self.start.settings = message;
        self.start.stream.set_nodelay(!self.start.settings.disable_tcp_nodelay);
    }
}

/// The future that owns the socket's readiness.
struct SocketLoop;

impl ActorFuture<ReplicaLink> for SocketLoop {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        link: &mut ReplicaLink,
        ctx: &mut Context<ReplicaLink>,
        task: &mut Task<'_>,
    ) -> Poll<()> {
        let polled = link.poll_socket(task);
        if polled.is_ready() {
            ctx.stop();
        }
        polled
    }
}

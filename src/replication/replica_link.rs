//! One replica's link, on the master's side: drives [`Link`], which decides, and owns the socket.
//!
//! Started by the ReplicationManager when a client that sent PSYNC has handed over its socket.
//! Receives the snapshot's chunks from the snapshot thread and [`LinkNews`] from the manager; reads
//! the backlog itself, block by block, as the socket takes it, and has the `StoredReader` read what
//! has left the memory. Sends `ReplicaProgressed`, and
//! `ReplicaLost` when it ends: the socket closed, a timeout, the output limit, or told to.

use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;

use super::credit::Credit;
use super::messages::*;
use super::model::backlog::storey::StoredPlace;
use super::model::hub::{AlsoAcknowledged, Link, LinkOrder, LinkStart, Unwritten};
use super::model::journal::Cause;
use super::model::lines::log_line;
use super::model::stream_sums::Check;
use super::shared_backlog::SharedBacklog;
use super::stored_reader::{ReadJob, StoredReader};
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, Gauges};
use crate::keyspace::messages::{ReplicaAtFault, ReplicaFault};
use crate::net::messages::ToConnection;
use crate::net::output::OutputQueue;
use crate::net::socket_loop::{SocketLoop, SocketOwner};
use crate::net::stream::Stream;
use crate::resp::limits::Limits;
use crate::resp::parser::Parser;
use crate::resp::request::{Args, Batch, OwnedCommand};

/// How often a link looks at its clock: newlines, timeouts, limits, progress.
const TICK: Duration = Duration::from_secs(1);
/// Room made for one read, in bytes: replicas only acknowledge.
const READ_BYTES: usize = 1024;
/// What a replica may send without a line's end.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// What a link has beside its beginning.
pub struct LinkParts {
    pub client: ClientKey,
    pub stream: Stream,
    /// Read from the socket before the link was there.
    pub unread: BytesMut,
    /// What its client takes.
    pub gauges: Arc<Gauges>,
    pub backlog: SharedBacklog,
    pub reader: Option<StoredReader>,
    pub progressed: Recipient<ReplicaProgressed>,
    pub distrusted: Recipient<ReplicaDistrusted>,
    pub lost: Recipient<ReplicaLost>,
    pub at_fault: Recipient<ReplicaAtFault>,
    pub settings: ReplicationSettings,
    pub now: fn() -> UnixMillis,
}

pub struct ReplicaLink {
    link: Link,
    parts: LinkParts,
    output: OutputQueue,
    /// Of the transfer that it reads.
    credit: Option<Arc<Credit>>,
    parser: Parser,
    batch: Batch,
    written_bytes: u64,
    /// What is read for it from the disk comes here.
    stretches: Option<Recipient<StretchRead>>,
    /// The keyspace wants it closed.
    is_closing: bool,
    /// What the replica said is not what one may say.
    has_erred: bool,
}

impl ReplicaLink {
    pub fn new(start: LinkStart, parts: LinkParts) -> ReplicaLink {
        let link = Link::new(start, parts.settings.links, (parts.now)());
        let mut this = ReplicaLink {
            link,
            parts,
            output: OutputQueue::default(),
            credit: None,
            parser: Parser::default(),
            batch: Batch::default(),
            written_bytes: 0,
            stretches: None,
            is_closing: false,
            has_erred: false,
        };
        this.carry_out();
        this
    }

    fn now(&self) -> UnixMillis {
        (self.parts.now)()
    }

    fn unwritten(&self) -> Unwritten {
        Unwritten { bytes: self.output.bytes(), buffers: self.output.buffers() }
    }

    /// Does what the link wants done after an event.
    fn carry_out(&mut self) {
        for order in self.link.take_orders() {
            match order {
                LinkOrder::Log(line) => log_line(&line),
                LinkOrder::Write(bytes) => self.output.push(bytes),
                LinkOrder::GiveCredit(chunks) => {
                    if let Some(credit) = &self.credit {
                        credit.give(chunks);
                    }
                }
                LinkOrder::Read(place) => self.read_stored(place),
                LinkOrder::Report => self.report(),
                LinkOrder::Distrust => {
                    let client = self.parts.client.id;
                    self.parts.distrusted.do_send(ReplicaDistrusted { client });
                }
                LinkOrder::BlameForLag => self.blame(ReplicaFault::OverOutputLimit),
            }
        }
    }

    fn read_stored(&mut self, place: StoredPlace) {
        match (&self.parts.reader, &self.stretches) {
            (Some(reader), Some(to)) => reader.give(ReadJob { place, to: to.clone() }),
            _ => {
                let error = Err("no thread".to_owned());
                self.link.stretch_read(error, &self.parts.backlog.lock());
            }
        }
    }

    /// Tells the manager how far the replica is.
    fn report(&mut self) {
        let (status, acks) = self.link.status(self.now());
        self.parts.progressed.do_send(ReplicaProgressed {
            client: self.parts.client.id,
            status,
            written_bytes: std::mem::take(&mut self.written_bytes),
            acks,
        });
    }

    /// Shows what the replica takes: in a transfer, what is given to the socket; and always what it
    /// has still to take of the backlog, which is there anyhow.
    fn publish(&self) {
        let gauges = &self.parts.gauges;
        let lag = self.parts.backlog.lock().kept_bytes(self.parts.client.id);
        let own = if self.link.progress().may_stream() { 0 } else { self.output.memory_bytes() };
        Gauges::set(&gauges.output, own + lag);
        Gauges::set(&gauges.shared_output, lag);
        Gauges::set(&gauges.output_buffers, self.output.buffers());
        let unread = &self.parts.unread;
        Gauges::set(&gauges.input, unread.len());
        Gauges::set(&gauges.input_free, unread.capacity() - unread.len());
        Gauges::set(&gauges.input_places, self.parser.memory_bytes());
        gauges.batch.set(Some(&self.batch));
    }

    fn blame(&self, fault: ReplicaFault) {
        let client = self.parts.client;
        self.parts.at_fault.do_send(ReplicaAtFault { client, fault });
    }

    /// Why it ends; `None`: the hub has told it to.
    fn cause(&self) -> Option<Cause> {
        match self.link.end_cause() {
            Some(cause) => Some(cause),
            None if self.has_erred => Some(Cause::ProtocolError),
            None if self.is_closing => Some(Cause::Killed),
            None if self.link.is_ending() => None,
            None => Some(Cause::ClosedByPeer),
        }
    }

    fn is_ending(&self) -> bool {
        self.is_closing || self.link.is_ending()
    }

    /// Puts the next stretch of the backlog into the output queue. `false`: there is none.
    fn queue_stream(&mut self) -> bool {
        let mut blocks = Vec::new();
        let bytes = self.link.next_stretch(&self.parts.backlog.lock(), &mut blocks);
        for block in blocks {
            self.output.push(block);
        }
        self.carry_out();
        bytes > 0
    }

    fn write(&mut self, task: &mut Task<'_>) -> Poll<Result<(), ()>> {
        let before = self.output.bytes();
        let flushed = self.output.poll_flush(&mut self.parts.stream, task, &mut self.written_bytes);
        if self.output.bytes() < before {
            let (left, now) = (self.unwritten(), self.now());
            self.link.wrote(left, &mut self.parts.backlog.lock(), now);
            self.carry_out();
            self.publish();
        }
        flushed.map_err(drop)
    }

    /// Reads what the replica sends. `Err`: the link ends.
    fn read(&mut self, task: &mut Task<'_>) -> Result<(), ()> {
        loop {
            self.run_commands()?;
            let unread = &mut self.parts.unread;
            unread.reserve(READ_BYTES);
            match self.parts.stream.poll_read(task, unread) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => return Err(()),
                Poll::Ready(Ok(_)) if unread.len() > UNREAD_BYTES_MAX => {
                    self.has_erred = true;
                    return Err(());
                }
                Poll::Ready(Ok(_)) => {}
            }
        }
    }

    fn run_commands(&mut self) -> Result<(), ()> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        let parsed = self.parser.parse(&mut self.parts.unread, &mut batch, &Limits::default());
        if batch.empty_lines() > 0 {
            self.link.heard(self.now());
        }
        for i in 0..batch.len() {
            self.run(batch.command(i))?;
        }
        self.batch = batch;
        self.has_erred |= parsed.is_err();
        parsed.map_err(drop)
    }

    /// `REPLCONF ACK <offset> [FACK <offset>] [RECEIVED <offset>]` is all that a replica has to say,
    /// and one of ours `REPLCONF check <from> <to> <sum>` (see [`Check`]); a command that
    /// wants an answer would garble the stream, so it ends the link, as in Redis; which passes over
    /// another PSYNC.
    fn run(&mut self, args: Args<'_>) -> Result<(), ()> {
        let is = |i: usize, word: &[u8]| args.len() > i && args.get(i).eq_ignore_ascii_case(word);
        if is(0, b"replconf") && is(1, b"ack") && args.len() >= 3 {
            let mut also = AlsoAcknowledged::default();
            for i in (3..args.len().saturating_sub(1)).step_by(2) {
                match () {
                    () if is(i, b"fack") => also.fsynced = parse_i64(args.get(i + 1)),
                    () if is(i, b"received") => also.received = parse_i64(args.get(i + 1)),
                    () => {}
                }
            }
            self.link.acknowledged(parse_i64(args.get(2)), also, self.now());
            self.carry_out();
            return Ok(());
        }
        if is(0, b"replconf") && is(1, b"check") && args.len() == 5 {
            let check = Check::parse(args.get(2), args.get(3), args.get(4)).ok_or(())?;
            self.link.checked(check, &self.parts.backlog.lock());
            self.carry_out();
            return Ok(());
        }
        if is(0, b"psync") || is(0, b"sync") {
            return Ok(());
        }
        self.has_erred = true;
        self.blame(ReplicaFault::Spoke(OwnedCommand::from_args(args)));
        Err(())
    }

    fn tick(&mut self) {
        let (left, now) = (self.unwritten(), self.now());
        self.link.tick(left, &self.parts.backlog.lock(), now);
        self.carry_out();
        self.publish();
    }
}

impl SocketOwner for ReplicaLink {
    /// One round: read acknowledgements, write what there is. `Ready` when the link is to end.
    fn poll_socket(&mut self, _: &mut Context<Self>, task: &mut Task<'_>) -> Poll<()> {
        if self.is_ending() || self.read(task).is_err() {
            return Poll::Ready(());
        }
        loop {
            if self.output.is_empty() && !self.queue_stream() {
                return if self.is_ending() { Poll::Ready(()) } else { Poll::Pending };
            }
            match self.write(task) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(())) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Actor for ReplicaLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.parts.stream.set_nodelay(!self.parts.settings.disable_tcp_nodelay);
        self.stretches = Some(ctx.address().recipient());
        ctx.run_interval(TICK, |link, _| link.tick());
        ctx.spawn(SocketLoop);
    }

    /// The hub closes the credit of whoever is lost: it knows of one, too, that never came here.
    fn stopped(&mut self, _: &mut Self::Context) {
        let (client, cause) = (self.parts.client, self.cause());
        self.parts.lost.do_send(ReplicaLost { client, cause });
    }
}

impl Handler<LinkNews> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: LinkNews, _: &mut Self::Context) {
        if message.credit.is_some() {
            self.credit = message.credit;
        }
        // The socket loop runs after each round of messages and finds what there is to write.
        let (left, now) = (self.unwritten(), self.now());
        self.link.told(message.what, left, &self.parts.backlog.lock(), now);
        self.carry_out();
    }
}

impl Handler<SnapshotChunk> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: SnapshotChunk, _: &mut Self::Context) {
        self.link.chunk_came(message.bytes, message.size, self.now());
        self.carry_out();
        self.publish();
    }
}

impl Handler<StretchRead> for ReplicaLink {
    type Result = ();
    fn handle(&mut self, message: StretchRead, _: &mut Self::Context) {
        // The socket loop runs after each round of messages, and writes it.
        self.link.stretch_read(message.result, &self.parts.backlog.lock());
        self.carry_out();
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
        self.parts.settings = message;
        self.link.set(message.links);
        self.parts.stream.set_nodelay(!message.disable_tcp_nodelay);
    }
}

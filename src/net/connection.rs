//! One client's connection.
//!
//! Owns the socket, the parser and what was not written yet. Started by the listener's factory in
//! `server.rs`; announces itself with `Connect`, then sends each read's whole pipeline as one
//! `Execute` and writes what comes back. One batch is in flight at most: that is the credit which
//! bounds the work a client can queue. Reading goes on while the batch is away, up to a limit, so
//! that a closed peer is seen. Ends when the peer closes, at a limit, or when told to, with
//! `Disconnected`; or by giving the socket away to the replication manager.
//!
//! The socket belongs to one future, which actix polls after each round of messages.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Bytes, BytesMut};

use super::messages::{AdoptSocket, After, ConnectionLimits, ToConnection};
use super::output::OutputQueue;
use super::stream::Stream;
use crate::clients::{ClientKey, Gauges};
use crate::keyspace::messages::{Connect, Disconnected, Execute, LimitKind, PeerClosed, PeerInfo};
use crate::resp::exchange::Exchange;
use crate::resp::limits::ProtocolError;
use crate::resp::parser::Parser;

/// Room made for one read, in bytes.
const READ_BYTES: usize = 16 * 1024;
/// Input kept while a batch is away, in bytes; then the socket's own buffer has to do.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// A buffer that grew beyond this is given back at once when it is empty.
const KEEP_BUFFER_BYTES: usize = 1 << 20;
/// A buffer is too big for a batch of less than this part of it.
const BUFFER_USED_PART: usize = 8;

/// The keyspace as a connection sees it.
#[derive(Clone)]
pub struct KeyspaceLink {
    pub connect: Recipient<Connect>,
    pub execute: Recipient<Execute>,
    pub peer_closed: Recipient<PeerClosed>,
    pub disconnected: Recipient<Disconnected>,
}

/// How far the end is.
enum Phase {
    Open,
    /// Reads nothing more; closes when all is written.
    Closing,
    /// The peer closed its side; what it asked for is still answered.
    PeerClosed,
    /// Gives the socket away when all is written.
    HandingOver(Recipient<AdoptSocket>),
    Gone,
}

pub struct Connection {
    /// Present until it is given away.
    stream: Option<Stream>,
    peer: PeerInfo,
    keyspace: KeyspaceLink,
    client: Option<ClientKey>,
    phase: Phase,
    parser: Parser,
    input: BytesMut,
    /// Here when no batch is away.
    exchange: Option<Box<Exchange>>,
    output: OutputQueue,
    limits: Option<ConnectionLimits>,
    /// Since when the output is above the soft limit.
    above_soft_since: Option<Instant>,
    over_limit: Option<LimitKind>,
    closed_by_peer: bool,
    gauges: Arc<Gauges>,
    read_bytes: u64,
    written_bytes: u64,
}

impl Connection {
    pub fn new(stream: Stream, peer: PeerInfo, keyspace: KeyspaceLink) -> Connection {
        Connection {
            stream: Some(stream),
            peer,
            keyspace,
            client: None,
            phase: Phase::Open,
            parser: Parser::default(),
            input: BytesMut::new(),
            exchange: Some(Box::default()),
            output: OutputQueue::default(),
            limits: None,
            above_soft_since: None,
            over_limit: None,
            closed_by_peer: false,
            gauges: Arc::default(),
            read_bytes: 0,
            written_bytes: 0,
        }
    }

    /// One round: send on what is there, write, read. `Ready` when the connection is to end.
    fn poll_socket(&mut self, task: &mut Task<'_>) -> Poll<()> {
        loop {
            self.submit();
            if matches!(self.phase, Phase::Gone) || self.write(task).is_err() {
                return Poll::Ready(());
            }
            if self.is_finished() {
                self.hand_over();
                return Poll::Ready(());
            }
            match self.read(task) {
                Ok(true) => continue,
                Ok(false) => return Poll::Pending,
                Err(()) => return Poll::Ready(()),
            }
        }
    }

    /// Writes the output queue. `Err`: the socket is gone or the client is over its limit.
    fn write(&mut self, task: &mut Task<'_>) -> Result<(), ()> {
        let Some(stream) = &mut self.stream else { return Err(()) };
        if self.output.is_empty() {
            return Ok(());
        }
        let written_before = self.written_bytes;
        let flushed = self.output.poll_flush(stream, task, &mut self.written_bytes);
        Gauges::add(&self.gauges.moved, (self.written_bytes - written_before) as usize);
        self.publish_output();
        match flushed {
            Poll::Ready(Ok(())) => {
                self.above_soft_since = None;
                Ok(())
            }
            Poll::Ready(Err(_)) => Err(()),
            Poll::Pending => self.check_output_limit(),
        }
    }

    fn publish_output(&self) {
        Gauges::set(&self.gauges.output, self.output.bytes());
        Gauges::set(&self.gauges.output_buffers, self.output.buffers());
    }

    fn check_output_limit(&mut self) -> Result<(), ()> {
        let Some(limits) = self.limits else { return Ok(()) };
        let bytes = self.output.bytes() as u64;
        let over_hard = limits.output_hard_bytes > 0 && bytes >= limits.output_hard_bytes;
        let above_soft = limits.output_soft_bytes > 0 && bytes >= limits.output_soft_bytes;
        let over_soft = if above_soft {
            let since = *self.above_soft_since.get_or_insert_with(Instant::now);
            since.elapsed() > Duration::from_secs(limits.output_soft_seconds)
        } else {
            self.above_soft_since = None;
            false
        };
        if over_hard || over_soft {
            self.over_limit = Some(LimitKind::Output);
            return Err(());
        }
        Ok(())
    }

    /// Whether all is done and written, so that the connection may end.
    fn is_finished(&self) -> bool {
        let answered = match self.phase {
            Phase::Open => false,
            Phase::Closing | Phase::Gone => true,
            Phase::HandingOver(_) => self.exchange.is_some(),
            Phase::PeerClosed => self.exchange.as_ref().is_some_and(|e| e.is_done()),
        };
        answered && self.output.is_empty()
    }

    /// At the end of a hand-over, gives the socket with what was read to its new owner.
    fn hand_over(&mut self) {
        let Phase::HandingOver(to) = std::mem::replace(&mut self.phase, Phase::Gone) else {
            return;
        };
        if let (Some(stream), Some(client)) = (self.stream.take(), self.client.take()) {
            to.do_send(AdoptSocket { client, stream, unread: self.unread() });
        }
    }

    /// What the client sent after the command that made it a replica.
    fn unread(&mut self) -> BytesMut {
        let mut unread = BytesMut::new();
        if let Some(exchange) = &self.exchange
            && let Some(last_run) = exchange.next.checked_sub(1)
            && !exchange.is_done()
        {
            unread.extend_from_slice(&exchange.batch.input[exchange.batch.end_offset(last_run)..]);
        }
        unread.extend_from_slice(&self.input);
        unread
    }

    /// Sends the next batch to the keyspace when none is away: what is left of the last one, or
    /// what can be parsed from the input.
    fn submit(&mut self) {
        let (Some(client), Some(limits)) = (self.client, &self.limits) else { return };
        if !matches!(self.phase, Phase::Open | Phase::PeerClosed) {
            return;
        }
        let Some(mut exchange) = self.exchange.take() else { return };
        if exchange.is_done() {
            exchange.clear();
            let parsed = self.parser.parse(&mut self.input, &mut exchange.batch, &limits.request);
            if exchange.batch.is_empty() {
                self.exchange = Some(exchange);
                self.publish_input(0);
                if let Err(error) = parsed {
                    self.refuse_input(error);
                }
                return;
            }
        }
        self.publish_input(exchange.batch.input.len());
        self.keyspace.execute.do_send(Execute {
            client,
            exchange,
            read_bytes: std::mem::take(&mut self.read_bytes),
            written_bytes: std::mem::take(&mut self.written_bytes),
        });
        if matches!(self.phase, Phase::PeerClosed) {
            self.give_up_waiting();
        }
    }

    /// The peer has closed while a batch is away: a command of it that waits is given up; one that
    /// runs is answered first.
    fn give_up_waiting(&self) {
        if let (Some(client), None) = (self.client, &self.exchange) {
            self.keyspace.peer_closed.do_send(PeerClosed { client });
        }
    }

    /// `batch_bytes`: of the commands that go to the keyspace.
    fn publish_input(&self, batch_bytes: usize) {
        Gauges::set(&self.gauges.query_buffer, batch_bytes + self.input.len());
        let free = self.input.capacity() - self.input.len();
        Gauges::set(&self.gauges.query_buffer_free, free);
    }

    /// Gives back the room for input while none comes.
    fn rest(&mut self) {
        let Some(exchange) = &mut self.exchange else { return };
        if self.input.is_empty() && exchange.is_done() {
            self.input = BytesMut::new();
            self.parser = Parser::default();
            **exchange = Exchange::default();
            self.publish_input(0);
        }
    }

    /// What the peer sent cannot be read on: says so and closes.
    fn refuse_input(&mut self, error: ProtocolError) {
        match error.reply() {
            Some(reply) => {
                log::debug!("Protocol error ({error}) from client: addr={}", self.peer.peer);
                self.output.push(Bytes::from(reply));
                self.phase = Phase::Closing;
            }
            None => {
                log::warn!(
                    "Closing client that reached max query buffer length: addr={}",
                    self.peer.peer
                );
                self.over_limit = Some(LimitKind::QueryBuffer);
                self.phase = Phase::Gone;
            }
        }
    }

    /// Reads once. `Ok(true)`: something came that can be worked on. `Ok(false)`: nothing to do
    /// until the socket is ready or a message comes. `Err`: the connection ends.
    fn read(&mut self, task: &mut Task<'_>) -> Result<bool, ()> {
        if self.client.is_none() || !matches!(self.phase, Phase::Open) {
            return Ok(false);
        }
        if self.exchange.is_none() && self.input.len() >= READ_AHEAD_BYTES {
            return Ok(false);
        }
        let Some(stream) = &mut self.stream else { return Err(()) };
        if self.input.capacity() == 0 && stream.poll_readable(task).is_pending() {
            return Ok(false);
        }
        if self.input.capacity() - self.input.len() < READ_BYTES / 2 {
            self.input.reserve(READ_BYTES.max(self.parser.wanted_bytes()));
        }
        match stream.poll_read(task, &mut self.input) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(0)) => {
                self.closed_by_peer = true;
                self.phase = Phase::PeerClosed;
                self.give_up_waiting();
                Ok(self.exchange.is_some())
            }
            Poll::Ready(Ok(count)) => {
                self.read_bytes += count as u64;
                Gauges::add(&self.gauges.moved, count);
                Ok(true)
            }
            Poll::Ready(Err(_)) => Err(()),
        }
    }

    /// A batch is back: its replies go out, its buffers are used again.
    fn take_back(&mut self, mut exchange: Box<Exchange>, then: After) {
        if !exchange.output.is_empty() {
            self.output.push(exchange.output.split().freeze());
        }
        if exchange.is_done() && self.input.is_empty() {
            self.reuse_input(&mut exchange.batch.input);
        }
        self.exchange = Some(exchange);
        if then == After::Close {
            self.phase = Phase::Closing;
        }
    }

    /// Takes a batch's buffer for the reads to come, unless it has grown too big for them.
    fn reuse_input(&mut self, emptied: &mut BytesMut) {
        let is_outgrown = emptied.capacity() > 2 * READ_BYTES
            && emptied.len() < emptied.capacity() / BUFFER_USED_PART;
        if is_outgrown || emptied.capacity() > KEEP_BUFFER_BYTES {
            *emptied = BytesMut::with_capacity(READ_BYTES);
        }
        emptied.clear();
        std::mem::swap(&mut self.input, emptied);
    }

    fn receive(&mut self, message: ToConnection) {
        match message {
            ToConnection::Welcome { client, limits } => {
                self.client = Some(client);
                self.limits = Some(limits);
            }
            ToConnection::Refuse { error } => {
                self.output.push(error);
                self.phase = Phase::Closing;
            }
            ToConnection::Replies { exchange, then } => self.take_back(exchange, then),
            ToConnection::Push { bytes } => self.output.push(bytes),
            ToConnection::Close => self.phase = Phase::Gone,
            ToConnection::Tend { rest: true } => self.rest(),
            // The round after this message writes and looks at the limits.
            ToConnection::Tend { rest: false } => {}
            ToConnection::SetLimits { limits } => self.limits = Some(limits),
            ToConnection::HandOver { to } => self.phase = Phase::HandingOver(to),
        }
    }
}

impl Actor for Connection {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.keyspace.connect.do_send(Connect {
            peer: self.peer.clone(),
            gauges: self.gauges.clone(),
            replies: ctx.address().recipient(),
        });
        ctx.spawn(SocketLoop);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if let Some(client) = self.client {
            let over_limit = self.over_limit;
            let (read_bytes, written_bytes) = (self.read_bytes, self.written_bytes);
            let by_peer = self.closed_by_peer;
            let news = Disconnected { client, over_limit, by_peer, read_bytes, written_bytes };
            self.keyspace.disconnected.do_send(news);
        }
    }
}

impl Handler<ToConnection> for Connection {
    type Result = ();

    fn handle(&mut self, message: ToConnection, _: &mut Self::Context) {
        self.receive(message);
    }
}

/// The future that owns the socket's readiness.
struct SocketLoop;

impl ActorFuture<Connection> for SocketLoop {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        connection: &mut Connection,
        ctx: &mut Context<Connection>,
        task: &mut Task<'_>,
    ) -> Poll<()> {
        let polled = connection.poll_socket(task);
        if polled.is_ready() {
            ctx.stop();
        }
        polled
    }
}

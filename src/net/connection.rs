//! One client's connection.
//!
//! Owns the socket, the parser and what was not written yet. Started by the listener's factory in
//! `server.rs`; announces itself with `Connect`, then sends each read's whole pipeline as one
//! `Execute` and writes what comes back. One batch is in flight at most: that is the credit which
//! bounds the work a client can queue. Reading goes on while the batch is away, up to a limit, so
//! that a closed peer is seen. Ends when the peer closes, at a limit, or when told to, with
//! `Disconnected`; or by giving the socket away to the replication manager.
//!
//! Room to read into and the exchange are lent by the [`Pool`]: between two requests a connection
//! holds no buffer, but for the beginning of a command whose rest has not come, and for replies
//! that its client does not take.
//!
//! The socket belongs to one future, which actix polls after each round of messages.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Bytes, BytesMut};

use super::messages::{AdoptSocket, After, ConnectionLimits, ToConnection};
use super::output::OutputQueue;
use super::pool::{Pool, ROOM_BYTES};
use super::stream::Stream;
use crate::clients::{ClientKey, Gauges};
use crate::keyspace::messages::{Connect, Disconnected, Execute, LimitKind, PeerClosed, PeerInfo};
use crate::resp::exchange::Exchange;
use crate::resp::limits::ProtocolError;
use crate::resp::parser::Parser;
use crate::resp::request::Batch;

/// Room made for one read into a connection's own buffer, in bytes.
const READ_BYTES: usize = 16 * 1024;
/// Input kept while a batch is away, in bytes; then the socket's own buffer has to do.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// The beginning of a command up to this length is copied into a room, so that one read brings it
/// and what follows; a longer one is read on where it is.
const COPIED_INPUT_BYTES: usize = 4 * 1024;
/// A buffer is too big for input that fills less than this part of it.
const INPUT_USED_PART: usize = 8;
/// A buffer for replies that grew beyond this is given back as soon as they are written.
const REPLIES_KEPT_BYTES: usize = 64 * 1024;

/// The keyspace as a connection sees it.
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

/// The memory of a batch that is away, in bytes.
#[derive(Clone, Copy, Default)]
struct BatchSize {
    used: usize,
    free: usize,
    places: usize,
}

pub struct Connection {
    /// Present until it is given away.
    stream: Option<Stream>,
    /// What the keyspace is told at first.
    peer: Option<Box<PeerInfo>>,
    keyspace: Rc<KeyspaceLink>,
    pool: Rc<Pool>,
    client: Option<ClientKey>,
    phase: Phase,
    parser: Parser,
    input: BytesMut,
    /// What there is of the batch that the keyspace has, if it has one.
    away: Option<BatchSize>,
    /// Here when it came back with replies to write or commands left over.
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

impl BatchSize {
    fn of(batch: &Batch) -> BatchSize {
        let used = batch.input.len();
        BatchSize { used, free: batch.input.capacity() - used, places: batch.places_bytes() }
    }
}

impl Connection {
    pub fn new(
        stream: Stream,
        peer: PeerInfo,
        keyspace: Rc<KeyspaceLink>,
        pool: Rc<Pool>,
    ) -> Connection {
        Connection {
            stream: Some(stream),
            peer: Some(Box::new(peer)),
            keyspace,
            pool,
            client: None,
            phase: Phase::Open,
            parser: Parser::default(),
            input: BytesMut::new(),
            away: None,
            exchange: None,
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

    /// One round: write, send on what is there, read. `Ready` when the connection is to end.
    fn poll_socket(&mut self, task: &mut Task<'_>) -> Poll<()> {
        loop {
            if self.write(task).is_err() {
                return Poll::Ready(());
            }
            if let Err(error) = self.submit() {
                self.refuse_input(error);
                continue;
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

    /// Writes the output queue and the replies that came. `Err`: the socket is gone or the client
    /// is over its limit.
    fn write(&mut self, task: &mut Task<'_>) -> Result<(), ()> {
        let Some(stream) = &mut self.stream else { return Err(()) };
        if matches!(self.phase, Phase::Gone) {
            return Err(());
        }
        let mut none = BytesMut::new();
        let replies = self.exchange.as_mut().map_or(&mut none, |exchange| &mut exchange.output);
        let mut flushed = Poll::Ready(Ok(()));
        if !(replies.is_empty() && self.output.is_empty()) {
            let written_before = self.written_bytes;
            flushed = self.output.poll_flush_with(replies, stream, task, &mut self.written_bytes);
            if replies.capacity() > REPLIES_KEPT_BYTES {
                *replies = BytesMut::new();
            }
            Gauges::add(&self.gauges.moved, (self.written_bytes - written_before) as usize);
            self.publish_output();
        }
        if self.exchange.as_ref().is_some_and(|exchange| exchange.is_done())
            && let Some(exchange) = self.exchange.take()
        {
            self.pool.give_exchange(exchange);
        }
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
        let waiting_memory = if self.output.is_empty() { 0 } else { self.output.memory_bytes() };
        Gauges::set(&self.gauges.output, waiting_memory);
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
            Phase::HandingOver(_) => self.away.is_none(),
            Phase::PeerClosed => self.away.is_none() && self.exchange.is_none(),
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
    /// what can be parsed from the input. `Err`: the input cannot be read on.
    fn submit(&mut self) -> Result<(), ProtocolError> {
        let (Some(client), Some(limits)) = (self.client, &self.limits) else { return Ok(()) };
        if self.away.is_some() || !matches!(self.phase, Phase::Open | Phase::PeerClosed) {
            return Ok(());
        }
        let exchange = match self.exchange.take() {
            Some(exchange) => exchange,
            None if self.input.is_empty() => return Ok(()),
            None => {
                let mut exchange = self.pool.exchange();
                let parsed =
                    self.parser.parse(&mut self.input, &mut exchange.batch, &limits.request);
                self.settle_input();
                if exchange.batch.is_empty() {
                    self.pool.give_exchange(exchange);
                    self.publish_input();
                    return parsed;
                }
                exchange
            }
        };
        self.away = Some(BatchSize::of(&exchange.batch));
        self.publish_input();
        self.keyspace.execute.do_send(Execute {
            client,
            exchange,
            read_bytes: std::mem::take(&mut self.read_bytes),
            written_bytes: std::mem::take(&mut self.written_bytes),
        });
        if matches!(self.phase, Phase::PeerClosed) {
            self.give_up_waiting();
        }
        Ok(())
    }

    /// Gives a room back that holds nothing more, or too little to keep it for.
    fn settle_input(&mut self) {
        if self.input.capacity() > 0
            && self.input.len() < self.input.capacity() / INPUT_USED_PART
            && self.parser.wanted_bytes() <= COPIED_INPUT_BYTES
        {
            let kept = BytesMut::from(&*self.input);
            self.pool.give_room(std::mem::replace(&mut self.input, kept));
        }
    }

    /// The peer has closed while a batch is away: a command of it that waits is given up; one that
    /// runs is answered first.
    fn give_up_waiting(&self) {
        if let (Some(client), true) = (self.client, self.away.is_some()) {
            self.keyspace.peer_closed.do_send(PeerClosed { client });
        }
    }

    fn publish_input(&self) {
        let away = self.away.unwrap_or_default();
        let free = self.input.capacity() - self.input.len();
        Gauges::set(&self.gauges.query_buffer, self.input.len() + away.used);
        Gauges::set(&self.gauges.query_buffer_free, free + away.free);
        Gauges::set(&self.gauges.argument_places, self.parser.memory_bytes() + away.places);
    }

    /// Gives back the room for input while none comes.
    fn rest(&mut self) {
        if self.away.is_none() {
            self.input = BytesMut::from(&*self.input);
            self.publish_input();
        }
    }

    /// What the peer sent cannot be read on: says so and closes.
    fn refuse_input(&mut self, error: ProtocolError) {
        match error.reply() {
            Some(reply) => {
                log::debug!("Protocol error ({error}) from client: addr={}", self.peer_name());
                self.output.push(Bytes::from(reply));
                self.phase = Phase::Closing;
            }
            None => {
                log::warn!(
                    "Closing client that reached max query buffer length: addr={}",
                    self.peer_name()
                );
                self.over_limit = Some(LimitKind::QueryBuffer);
                self.phase = Phase::Gone;
            }
        }
    }

    fn peer_name(&self) -> String {
        self.stream.as_ref().map(Stream::peer_name).unwrap_or_default()
    }

    /// Reads once. `Ok(true)`: something came that can be worked on. `Ok(false)`: nothing to do
    /// until the socket is ready or a message comes. `Err`: the connection ends.
    fn read(&mut self, task: &mut Task<'_>) -> Result<bool, ()> {
        if self.client.is_none() || !matches!(self.phase, Phase::Open) {
            return Ok(false);
        }
        if self.away.is_some() && self.input.len() >= READ_AHEAD_BYTES {
            return Ok(false);
        }
        let Some(stream) = &mut self.stream else { return Err(()) };
        if stream.poll_readable(task).is_pending() {
            if !self.input.is_empty() {
                self.settle_input();
                self.publish_input();
            }
            return Ok(false);
        }
        make_room(&mut self.input, &self.pool, self.parser.wanted_bytes());
        match stream.poll_read(task, &mut self.input) {
            Poll::Pending => {
                self.settle_input();
                Ok(false)
            }
            Poll::Ready(Ok(0)) => {
                self.settle_input();
                self.closed_by_peer = true;
                self.phase = Phase::PeerClosed;
                self.give_up_waiting();
                Ok(self.away.is_none())
            }
            Poll::Ready(Ok(count)) => {
                self.read_bytes += count as u64;
                Gauges::add(&self.gauges.moved, count);
                Ok(true)
            }
            Poll::Ready(Err(_)) => Err(()),
        }
    }

    /// A batch is back: its replies are written in this round.
    fn take_back(&mut self, exchange: Box<Exchange>, then: After) {
        self.away = None;
        self.exchange = Some(exchange);
        self.publish_input();
        if then == After::Close {
            self.phase = Phase::Closing;
        }
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

/// Makes room in `input` for a read of at least `wanted` bytes.
fn make_room(input: &mut BytesMut, pool: &Pool, wanted: usize) {
    if input.len() <= COPIED_INPUT_BYTES && wanted <= ROOM_BYTES / 2 {
        if input.capacity() < ROOM_BYTES {
            let mut room = pool.room();
            room.extend_from_slice(input);
            *input = room;
        }
    } else if input.capacity() - input.len() < READ_BYTES / 2 {
        input.reserve(READ_BYTES.max(wanted));
    }
}

impl Actor for Connection {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(peer) = self.peer.take() {
            let (gauges, replies) = (self.gauges.clone(), ctx.address().recipient());
            self.keyspace.connect.do_send(Connect { peer: *peer, gauges, replies });
        }
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

//! The way in: room, reading, and each read's whole pipeline on its way to the keyspace.

use std::task::{Context as Task, Poll};

use bytes::{Bytes, BytesMut};

use super::{Connection, Phase};
use crate::clients::Gauges;
use crate::keyspace::messages::{Execute, LimitKind};
use crate::net::pool::{Pool, ROOM_BYTES};
use crate::resp::limits::{Limits, ProtocolError};
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

impl Connection {
    /// Reads once. `Ok(true)`: something came that can be worked on. `Ok(false)`: nothing to do
    /// until the socket is ready or a message comes. `Err`: the connection ends.
    pub(super) fn read(&mut self, task: &mut Task<'_>) -> Result<bool, ()> {
        if self.client.is_none() || !matches!(self.phase, Phase::Open) {
            return Ok(false);
        }
        if self.is_away && self.input.len() >= READ_AHEAD_BYTES {
            return Ok(false);
        }
        let wanted = self.wanted();
        let Some(stream) = &mut self.stream else { return Err(()) };
        if stream.poll_readable(task).is_pending() {
            if !self.input.is_empty() {
                self.settle_input();
                self.publish_input();
            }
            return Ok(false);
        }
        make_room(&mut self.input, &self.pool, wanted);
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
                Ok(!self.is_away)
            }
            Poll::Ready(Ok(count)) => {
                self.read_bytes += count as u64;
                Gauges::add(&self.gauges.moved, count);
                Ok(true)
            }
            Poll::Ready(Err(_)) => Err(()),
        }
    }

    /// Sends the next batch to the keyspace when none is away: what is left of the last one, or
    /// what can be parsed from the input. Whether one went. `Err`: the input cannot be read on.
    pub(super) fn submit(&mut self) -> Result<bool, ProtocolError> {
        let (Some(client), Some(limits)) = (self.client, &self.limits) else { return Ok(false) };
        if self.is_away || !matches!(self.phase, Phase::Open | Phase::PeerClosed) {
            return Ok(false);
        }
        let exchange = match self.exchange.take() {
            Some(exchange) => exchange,
            None if self.input.is_empty() => return Ok(false),
            None => {
                let mut exchange = self.pool.exchange();
                let parsed =
                    parse(&mut self.parser, &mut self.input, &mut exchange.batch, &limits.request);
                self.settle_input();
                if exchange.batch.is_empty() {
                    self.pool.give_exchange(exchange);
                    self.publish_input();
                    return parsed.map(|()| false);
                }
                exchange
            }
        };
        self.is_away = true;
        self.gauges.batch.set(Some(&exchange.batch));
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
        Ok(true)
    }

    /// What the peer sent cannot be read on: says so and closes.
    pub(super) fn refuse_input(&mut self, error: ProtocolError) {
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

    /// What the client sent after the command that made it a replica.
    pub(super) fn unread(&mut self) -> BytesMut {
        let mut unread = BytesMut::new();
        if let Some(exchange) = &self.exchange
            && let Some(last_run) = exchange.next.checked_sub(1)
            && !exchange.is_done()
        {
            unread.extend_from_slice(exchange.batch.input_after(last_run));
        }
        unread.extend_from_slice(&self.input);
        unread
    }

    /// Gives a room back that holds nothing more, or too little to keep it for.
    fn settle_input(&mut self) {
        if self.input.capacity() > 0
            && self.input.len() < self.input.capacity() / INPUT_USED_PART
            && self.wanted().bytes <= COPIED_INPUT_BYTES
        {
            let kept = BytesMut::from(&*self.input);
            self.pool.give_room(std::mem::replace(&mut self.input, kept));
        }
    }

    pub(super) fn publish_input(&self) {
        let (len, capacity) = (self.input.len(), self.input.capacity());
        let (known, announced, parser) = self.parser.as_ref().map_or((0, 0, 0), |parser| {
            let bytes = size_of::<Parser>() + parser.memory_bytes();
            (parser.known_bytes().min(len), parser.announced_bytes(), bytes)
        });
        Gauges::set(&self.gauges.input, len - known);
        Gauges::set(&self.gauges.input_free, capacity - len);
        Gauges::set(&self.gauges.input_announced, announced.saturating_sub(capacity));
        Gauges::set(&self.gauges.input_known, known);
        Gauges::set(&self.gauges.input_places, parser);
    }

    /// What the command that has begun to come wants of the next read.
    fn wanted(&self) -> Wanted {
        self.parser.as_ref().map_or(Wanted::default(), |parser| {
            let announced = parser.announced_bytes();
            let is_most = parser.known_bytes() <= announced / 2;
            Wanted { bytes: parser.wanted_bytes(), whole: if is_most { announced } else { 0 } }
        })
    }

    /// Gives back the room for input while none comes.
    pub(super) fn rest(&mut self) {
        if !self.is_away {
            self.input = BytesMut::from(&*self.input);
            self.publish_input();
        }
    }
}

/// Takes what is complete out of `input`. A parser outlives the call inside a command only.
fn parse(
    kept: &mut Option<Box<Parser>>,
    input: &mut BytesMut,
    batch: &mut Batch,
    limits: &Limits,
) -> Result<(), ProtocolError> {
    if let Some(parser) = kept {
        let parsed = parser.parse(input, batch, limits);
        if parser.is_at_rest() {
            *kept = None;
        }
        return parsed;
    }
    let mut parser = Parser::default();
    let parsed = parser.parse(input, batch, limits);
    if !parser.is_at_rest() {
        *kept = Some(Box::new(parser));
    }
    parsed
}

/// What the command that has begun to come asks for; nothing without one.
#[derive(Clone, Copy, Default)]
struct Wanted {
    /// See [`Parser::wanted_bytes`].
    bytes: usize,
    /// How long the input is to be, when a long argument is most of it; else 0.
    whole: usize,
}

/// Makes room in `input` for a read. For a long argument it is no more than is wanted, where a
/// buffer that grows by itself would double; but never so little that the bytes are moved often.
fn make_room(input: &mut BytesMut, pool: &Pool, wanted: Wanted) {
    let (len, free) = (input.len(), input.capacity() - input.len());
    if len <= COPIED_INPUT_BYTES && wanted.bytes <= ROOM_BYTES / 2 {
        if input.capacity() < ROOM_BYTES {
            let mut room = pool.room();
            room.extend_from_slice(input);
            *input = room;
        }
    } else if wanted.whole > len {
        let missing = wanted.whole - len;
        if free < missing.min(READ_BYTES / 2) {
            let more = if missing <= 2 * wanted.bytes { missing } else { wanted.bytes };
            let mut longer = BytesMut::with_capacity(len + more);
            longer.extend_from_slice(input);
            *input = longer;
        }
    } else if free < READ_BYTES / 2 {
        input.reserve(READ_BYTES.max(wanted.bytes));
    }
}

//! One client's connection.
//!
//! Owns the socket, the parser and what was not written yet. Started by the listener's factory in
//! `server.rs`; announces itself with `Connect`, then sends each read's whole pipeline as one
//! `Execute` and writes what comes back. One batch is in flight at most: that is the credit which
//! bounds the work a client can queue. While the batch runs, the socket is left alone; when a
//! command of it waits, which a message tells, reading goes on, up to a limit, so that a closed
//! peer is seen. Ends when the peer closes, at a limit, or when told to, with `Disconnected`; or by
//! giving the socket away to the replication manager.
//!
//! Room to read into and the exchange are lent by the [`Pool`]: between two requests a connection
//! holds no buffer, but for the beginning of a command whose rest has not come, with the parser
//! that is inside it, and for replies that its client does not take.
//!
//! The socket belongs to one future, which actix polls after each round of messages.

mod incoming;
mod outgoing;

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Instant;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};

use super::messages::{AdoptSocket, After, ConnectionLimits, ToConnection};
use super::output::OutputQueue;
use super::pool::Pool;
use super::socket_loop::{SocketLoop, SocketOwner};
use super::stream::Stream;
use crate::clients::{ClientKey, Gauges};
use crate::keyspace::messages::{Connect, Disconnected, Execute, LimitKind, PeerClosed, PeerInfo};
use crate::resp::exchange::Exchange;
use crate::resp::parser::Parser;

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

pub struct Connection {
    /// Present until it is given away.
    stream: Option<Stream>,
    /// What the keyspace is told at first.
    peer: Option<Box<PeerInfo>>,
    keyspace: Rc<KeyspaceLink>,
    pool: Rc<Pool>,
    client: Option<ClientKey>,
    phase: Phase,
    /// Here while it is inside a command.
    parser: Option<Box<Parser>>,
    input: BytesMut,
    /// The keyspace has a batch.
    is_away: bool,
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
            parser: None,
            input: BytesMut::new(),
            is_away: false,
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

    /// Whether all is done and written, so that the connection may end.
    fn is_finished(&self) -> bool {
        let answered = match self.phase {
            Phase::Open => false,
            Phase::Closing | Phase::Gone => true,
            Phase::HandingOver(_) => !self.is_away,
            Phase::PeerClosed => !self.is_away && self.exchange.is_none(),
        };
        answered && self.output.is_empty()
    }

    /// At the end of a hand-over, gives the socket with what was read to its new owner.
    fn hand_over(&mut self) {
        let Phase::HandingOver(to) = std::mem::replace(&mut self.phase, Phase::Gone) else {
            return;
        };
        if let (Some(stream), Some(client)) = (self.stream.take(), self.client.take()) {
            let (unread, gauges) = (self.unread(), self.gauges.clone());
            to.do_send(AdoptSocket { client, stream, unread, gauges });
        }
    }

    /// The peer has closed while a batch is away: a command of it that waits is given up; one that
    /// runs is answered first.
    fn give_up_waiting(&self) {
        if let (Some(client), true) = (self.client, self.is_away) {
            self.keyspace.peer_closed.do_send(PeerClosed { client });
        }
    }

    fn peer_name(&self) -> String {
        self.stream.as_ref().map(Stream::peer_name).unwrap_or_default()
    }

    /// A batch is back: its replies are written in this round.
    fn take_back(&mut self, exchange: Box<Exchange>, then: After) {
        self.is_away = false;
        self.exchange = Some(exchange);
        self.gauges.batch.set(None);
        self.publish_input();
        if then == After::Close {
            self.phase = Phase::Closing;
        }
    }

    /// Replies that came before it in this round are written before it.
    fn take_push(&mut self, bytes: Bytes) {
        if let Some(exchange) = &mut self.exchange {
            self.output.push_replies(&mut exchange.output);
        }
        self.output.push(bytes);
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
            ToConnection::Push { bytes } => self.take_push(bytes),
            ToConnection::Close => self.phase = Phase::Gone,
            ToConnection::Tend { rest: true } => self.rest(),
            // The round after this message writes and looks at the limits.
            ToConnection::Tend { rest: false } => {}
            ToConnection::SetLimits { limits } => self.limits = Some(limits),
            ToConnection::HandOver { to } => self.phase = Phase::HandingOver(to),
        }
    }
}

impl SocketOwner for Connection {
    /// One round: write, send on what is there, read. `Ready` when the connection is to end.
    fn poll_socket(&mut self, _: &mut Context<Self>, task: &mut Task<'_>) -> Poll<()> {
        loop {
            if self.write(task).is_err() {
                return Poll::Ready(());
            }
            match self.submit() {
                // The next message says what became of it.
                Ok(true) => return Poll::Pending,
                Ok(false) => {}
                Err(error) => {
                    self.refuse_input(error);
                    continue;
                }
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

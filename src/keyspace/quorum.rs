//! `repl-ack-quorum`: replies to writes are held until so many replicas have acknowledged them, or
//! become errors. A batch waits once, for all its writes; what it has still to run runs after it.

use bytes::{Bytes, BytesMut};

use super::actor::Keyspace;
use super::execute::Executor;
use crate::clients::{ClientKey, ClientSlot, Gauges};
use crate::commands::command::Flag;
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::net::messages::{After, ToConnection};
use crate::replication::model::status::Acks;
use crate::resp::exchange::Exchange;
use crate::resp::reply::Reply;
use crate::resp::request::Args;

/// How long the replies of a client are held that has closed its side of the connection.
const HALF_CLOSED_MILLIS: i64 = 5000;

impl Executor {
    /// Whether a command may wait for long, so that what was answered before it goes out first.
    pub(super) fn may_wait(&self, args: Args<'_>) -> bool {
        let resolved = self.registry.resolve(args);
        resolved.is_ok_and(|row| {
            let row = self.registry.row(row);
            row.has(Flag::Blocking) || row.has(Flag::AnsweredLater)
        })
    }

    /// Puts errors in the place of replies whose writes too few replicas have.
    fn refuse_held(&mut self, exchange: &mut Exchange, error: &CommandError) {
        let message = error.message();
        let mut line = BytesMut::new();
        Reply::new(&mut line, Default::default()).error(&message);
        let server = &mut self.state.server;
        let replication = &server.replication;
        let is_safe = |quorum, offset| {
            !replication.is_replica() && replication.acknowledged(Acks::Applied, offset) >= quorum
        };
        let refused = exchange.held.refuse(&mut exchange.output, &line, is_safe);
        (0..refused).for_each(|_| server.stats.count_error(&message));
    }
}

impl Keyspace {
    /// A batch has had its turn: it goes back to its connection, at once or when what it wrote is
    /// safe.
    pub(super) fn give_replies(
        &mut self,
        client: ClientKey,
        mut exchange: Box<Exchange>,
        then: After,
    ) {
        if let Some((replicas, offset)) = exchange.held.wanted() {
            let server = &self.executor.state.server;
            // A replica's stream is not its own: what is written there is safe nowhere.
            let never = server.replication.is_replica();
            if !never && server.replication.acknowledged(Acks::Applied, offset) < replicas {
                return self.hold(client, exchange, (replicas, offset));
            }
            self.executor.refuse_held(&mut exchange, &CommandError::NoQuorum);
        }
        self.send(client.slot, ToConnection::Replies { exchange, then });
    }

    fn hold(&mut self, client: ClientKey, exchange: Box<Exchange>, wanted: (usize, i64)) {
        let (replicas, offset) = wanted;
        let exchange = exchange.into_held();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        let deadline = now.saturating_add_unsigned(server.config.replication.repl_ack_timeout);
        let session = server.clients.at_mut(client.slot);
        session.is_blocked = true;
        session.may_be_unblocked = true;
        session.gauges.batch.set(Some(&exchange.batch));
        note_held(&session.gauges, Some(&exchange));
        // Nothing to write: the connection looks after its peer from now on.
        self.send(client.slot, ToConnection::Push { bytes: Bytes::new() });
        let block = Block::Quorum { replicas, offset, deadline };
        self.waiting.suspend(client, Some(exchange), block, None, now);
        self.wants_acks = true;
    }

    /// The peer of a client whose replies are held has closed its side. It may read yet, as one that
    /// has sent all it had to send; but nothing shows that it has not gone, and it is not waited for
    /// as long as others are.
    pub(super) fn hurry_held(&mut self, slot: ClientSlot) {
        let now = self.executor.now();
        self.waiting.limit_held(slot, now.saturating_add(HALF_CLOSED_MILLIS));
    }

    /// Gives what was held; with an error in the place of what is not safe.
    pub(super) fn give_held(&mut self, slot: ClientSlot, error: &CommandError) {
        let Some(mut exchange) = self.waiting.take_held(slot) else { return };
        self.executor.refuse_held(&mut exchange, error);
        self.hand_back(slot, exchange);
    }

    /// A batch of which something was kept goes back to its connection, which gives what is there and
    /// sends the rest again, unless its client has gone.
    pub(super) fn hand_back(&mut self, slot: ClientSlot, mut exchange: Box<Exchange>) {
        let now = self.executor.now();
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = false;
        session.may_be_unblocked = false;
        session.last_active_at = now;
        note_held(&session.gauges, None);
        let mut then = After::Continue;
        if session.is_closing {
            then = After::Close;
            exchange.next = exchange.batch.len();
        }
        self.send(slot, ToConnection::Replies { exchange, then });
    }

    /// Bytes for a client beside its replies: behind those that it has still to get.
    pub(super) fn push_to(&mut self, slot: ClientSlot, bytes: Bytes) {
        let Some(exchange) = self.waiting.held_by(slot) else {
            return self.send(slot, ToConnection::Push { bytes });
        };
        exchange.output.extend_from_slice(&bytes);
        let held_bytes = exchange.output.len() as u64;
        note_held(&self.executor.state.server.clients.at(slot).gauges, Some(exchange));
        let hard_bytes = self.limits_of(slot).output_hard_bytes;
        if hard_bytes > 0 && held_bytes >= hard_bytes {
            self.close_over_limit(self.executor.state.server.clients.at(slot).key.id);
        }
    }
}

fn note_held(gauges: &Gauges, exchange: Option<&Exchange>) {
    let bytes = |exchange: &Exchange| exchange.output.capacity() + exchange.held.memory_bytes();
    Gauges::set(&gauges.held, exchange.map_or(0, bytes));
}

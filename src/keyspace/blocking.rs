//! Clients whose reply comes later.

use bytes::Bytes;

use super::actor::Keyspace;
use super::messages::Exchange;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::effect::Block;
use crate::net::messages::ToConnection;
use crate::resp::reply::Reply;

/// A batch that stays in the keyspace while one of its commands waits.
pub struct Suspended {
    client: ClientKey,
    exchange: Box<Exchange>,
    block: Block,
}

impl Keyspace {
    /// Keeps a batch until its command is answered. The replies before it go out now.
    pub(super) fn suspend(&mut self, client: ClientKey, mut exchange: Box<Exchange>, block: Block) {
        if matches!(block, Block::Paused) {
            // The command did not run: it is run again, from its admission on.
            exchange.next -= 1;
        }
        let slot = client.slot;
        if !exchange.output.is_empty() {
            let bytes = exchange.output.split().freeze();
            self.send(slot, ToConnection::Push { bytes });
        }
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = true;
        session.may_be_unblocked = matches!(block, Block::Wait { .. });
        self.suspended.insert(slot, Suspended { client, exchange, block });
        self.answer_waiting(slot);
    }

    /// Answers one client's command with `write` and goes on with its batch.
    pub(super) fn resume(&mut self, slot: ClientSlot, write: impl FnOnce(&mut Reply<'_>)) {
        let Some(mut suspended) = self.suspended.remove(&slot) else { return };
        if let Some(session) = self.executor.state.server.clients.find(suspended.client) {
            session.is_blocked = false;
            session.may_be_unblocked = false;
            // What a pause held back has not run yet.
            if !matches!(suspended.block, Block::Paused) {
                self.executor.answer(slot, &mut suspended.exchange.output, write);
                self.executor.step_reply_mode(slot);
                let now = self.executor.now();
                self.executor.state.server.clients.at_mut(slot).last_active_at = now;
            }
            self.execute(suspended.client, suspended.exchange);
        }
    }

    /// Whether the client, and not a later one in its slot, waits.
    pub(super) fn is_suspended(&self, client: ClientKey) -> bool {
        self.suspended.get(&client.slot).is_some_and(|suspended| suspended.client == client)
    }

    /// The slots of clients that wait for something `of_interest`.
    pub(super) fn waiting(&self, of_interest: impl Fn(&Block) -> bool) -> Vec<ClientSlot> {
        let waiting = self.suspended.iter().filter(|(_, s)| of_interest(&s.block));
        let mut slots: Vec<_> = waiting.map(|(&slot, s)| (s.client.id, slot)).collect();
        // First come, first served.
        slots.sort_unstable();
        slots.into_iter().map(|(_, slot)| slot).collect()
    }

    /// WAIT: answers a client whose replicas have come far enough, or whose time is over.
    pub(super) fn answer_waiting(&mut self, slot: ClientSlot) {
        let Some(Suspended { block: Block::Wait { replicas, offset, deadline }, .. }) =
            self.suspended.get(&slot)
        else {
            return;
        };
        let (replicas, offset, deadline) = (*replicas, *offset, *deadline);
        let reached = self.executor.state.server.replication.acknowledged(offset);
        let is_late = deadline.is_some_and(|deadline| deadline <= self.executor.now());
        if reached >= replicas || is_late {
            self.resume(slot, |reply| reply.int(reached as i64));
        }
    }

    /// After an acknowledgement, and on the clock.
    pub(super) fn answer_all_waiting(&mut self) {
        for slot in self.waiting(|block| matches!(block, Block::Wait { .. })) {
            self.answer_waiting(slot);
        }
    }

    /// CLIENT PAUSE is over: what it held back runs.
    pub(super) fn end_pause(&mut self) {
        for slot in self.waiting(|block| matches!(block, Block::Paused)) {
            self.resume(slot, |_| {});
        }
    }

    /// CLIENT UNBLOCK: ends a wait as if its time were over, or with an error. Whether it waited.
    pub(super) fn unblock(&mut self, slot: ClientSlot, with_error: bool) -> bool {
        let Some(Suspended { block: Block::Wait { offset, .. }, .. }) = self.suspended.get(&slot)
        else {
            return false;
        };
        let reached = self.executor.state.server.replication.acknowledged(*offset);
        self.resume(slot, |reply| {
            if with_error {
                reply.error(b"UNBLOCKED client unblocked via CLIENT UNBLOCK");
            } else {
                reply.int(reached as i64);
            }
        });
        true
    }

    /// Bytes for a client beside its replies.
    pub(super) fn push_to(&self, slot: ClientSlot, bytes: Bytes) {
        self.send(slot, ToConnection::Push { bytes });
    }
}

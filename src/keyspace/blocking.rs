//! What suspends a client's batch, and what lets it go on. Who is woken is not run on the spot, in
//! the middle of somebody else's command, but stands in a queue that is served after the batch.

use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::Bytes;

use super::actor::{Keyspace, TIME_YIELD};
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::net::messages::ToConnection;
use crate::resp::exchange::Exchange;
use crate::resp::reply::Reply;

impl Keyspace {
    /// Keeps a batch until its command is answered. The replies before it go out now.
    pub(super) fn suspend(&mut self, client: ClientKey, mut exchange: Exchange, block: Block) {
        if matches!(block, Block::Paused) {
            // The command did not run: it is run again, from its admission on.
            exchange.next -= 1;
        }
        let slot = client.slot;
        if !exchange.output.is_empty() {
            let bytes = exchange.output.split().freeze();
            self.send(slot, ToConnection::Push { bytes });
        }
        let paused = self.executor.state.server.pauses.at(self.executor.now());
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = true;
        session.may_be_unblocked = matches!(block, Block::Wait { .. });
        let rest = exchange.into_rest();
        session.gauges.batch.set(rest.as_ref().map(|rest| &rest.batch));
        self.waiting.suspend(client, rest, block, paused);
    }

    /// Answers one client's command with `write`; it goes on with its batch in its turn.
    pub(super) fn wake(&mut self, slot: ClientSlot, write: impl FnOnce(&mut Reply<'_>)) {
        let Keyspace { waiting, executor, .. } = self;
        let Some(suspended) = waiting.find(slot) else { return };
        let is_answered = !matches!(suspended.block, Block::Paused);
        let now = executor.now();
        waiting.wake(slot, |exchange| {
            // What a pause held back has not run yet.
            if is_answered {
                executor.answer(slot, &mut exchange.output, write);
                executor.step_reply_mode(slot);
            }
        });
        let session = executor.state.server.clients.at_mut(slot);
        session.is_blocked = false;
        session.may_be_unblocked = false;
        if is_answered {
            session.last_active_at = now;
        }
    }

    /// Lets those go on who were woken, for one turn; the others have theirs before it goes on.
    pub(super) fn serve_ready(&mut self, ctx: &mut Context<Self>) {
        if !self.waiting.has_ready() {
            return;
        }
        let began = Instant::now();
        while let Some((client, exchange)) = self.waiting.pop_ready() {
            self.execute(client, exchange);
            if began.elapsed() >= TIME_YIELD {
                break;
            }
        }
        if self.waiting.has_ready() && !std::mem::replace(&mut self.serves_later, true) {
            Self::after_others(ctx, |keyspace, ctx| {
                keyspace.serves_later = false;
                keyspace.finish_round(ctx);
            });
        }
    }

    /// Whether the client, and not a later one in its slot, waits.
    pub(super) fn is_suspended(&self, client: ClientKey) -> bool {
        self.waiting.find(client.slot).is_some_and(|suspended| suspended.client == client)
    }

    /// WAIT: answers with how many replicas have come far enough.
    fn answer_wait(&mut self, slot: ClientSlot) {
        let suspended = self.waiting.find(slot);
        if let Some(Block::Wait { offset, .. }) = suspended.map(|suspended| &suspended.block) {
            let reached = self.executor.state.server.replication.acknowledged(*offset);
            self.wake(slot, |reply| reply.int(reached as i64));
        }
    }

    /// After acknowledgements: answers those in WAIT whose replicas have come far enough.
    pub(super) fn answer_reached(&mut self) {
        let replicas = &self.executor.state.server.replication.replicas;
        let online = replicas.values().filter(|replica| replica.is_online());
        let mut acknowledged: Vec<i64> = online.map(|replica| replica.offset).collect();
        acknowledged.sort_unstable_by(|a, b| b.cmp(a));
        for slot in self.waiting.reached(&acknowledged) {
            self.answer_wait(slot);
        }
    }

    /// A pause has ended, or part of it: those whom it held back try again.
    pub(super) fn release_paused(&mut self) {
        let paused = self.executor.state.server.pauses.at(self.executor.now());
        for slot in self.waiting.released(paused) {
            self.wake(slot, |_| {});
        }
    }

    /// Wakes those whose time is over.
    pub(super) fn wake_due(&mut self) {
        let now = self.executor.now();
        while let Some(slot) = self.waiting.overdue(now) {
            self.answer_wait(slot);
        }
        if self.waiting.has_paused() {
            self.release_paused();
        }
    }

    /// When somebody has to be woken by the clock.
    fn next_wake(&self) -> Option<UnixMillis> {
        let pauses = &self.executor.state.server.pauses;
        let eases_at = match self.waiting.has_paused() {
            true => pauses.eases_at(self.executor.now()).filter(|&at| at < UnixMillis::MAX),
            false => None,
        };
        [self.waiting.next_deadline(), eases_at].into_iter().flatten().min()
    }

    /// Sets the timer to the next deadline. One that is set too early finds nothing due and sets
    /// itself anew.
    pub(super) fn set_alarm(&mut self, ctx: &mut Context<Self>) {
        let Some(at) = self.next_wake() else { return };
        match self.alarm {
            Some((set_to, _)) if set_to <= at => return,
            Some((_, timer)) => {
                ctx.cancel_future(timer);
            }
            None => {}
        }
        let millis = u64::try_from(at - self.executor.now()).unwrap_or(0);
        let timer = ctx.run_later(Duration::from_millis(millis), |keyspace, ctx| {
            keyspace.alarm = None;
            keyspace.executor.read_clock();
            keyspace.finish_round(ctx);
        });
        self.alarm = Some((at, timer));
    }

    /// CLIENT UNBLOCK: ends a wait as if its time were over, or with an error.
    pub(super) fn unblock(&mut self, slot: ClientSlot, with_error: bool) {
        let suspended = self.waiting.find(slot);
        let Some(Block::Wait { .. }) = suspended.map(|suspended| &suspended.block) else { return };
        match with_error {
            true => self.wake(slot, |reply| reply.error(&CommandError::Unblocked.message())),
            false => self.answer_wait(slot),
        }
    }

    /// Clients in WAIT wait for replicas that a replica's clients cannot wait for: they are told
    /// and closed, and what they sent after it does not run.
    pub(super) fn unblock_for_role_change(&mut self) {
        for slot in self.waiting.all(|block| matches!(block, Block::Wait { .. })) {
            self.wake(slot, |reply| reply.error(&CommandError::RoleChanged.message()));
            self.executor.state.server.clients.at_mut(slot).is_closing = true;
        }
    }

    /// Bytes for a client beside its replies.
    pub(super) fn push_to(&self, slot: ClientSlot, bytes: Bytes) {
        self.send(slot, ToConnection::Push { bytes });
    }
}

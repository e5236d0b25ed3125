//! What suspends a client's batch, and what lets it go on. Who is woken is not run on the spot, in
//! the middle of somebody else's command, but stands in a queue that is served after the batch.

use std::time::{Duration, Instant};

use actix::prelude::*;

use super::actor::{Keyspace, TIME_YIELD};
use super::execute::Executor;
use super::waiting::Suspended;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::commands::replication::wait::answer;
use crate::net::messages::ToConnection;
use crate::replication::model::status::Acks;
use crate::resp::exchange::Exchange;
use crate::resp::reply::Reply;
use crate::store::waiters::Turn;

impl Keyspace {
    /// Keeps a batch until its command is answered. The replies before it go out now.
    pub(super) fn suspend(&mut self, client: ClientKey, mut exchange: Exchange, block: Block) {
        if is_run_again(&block) {
            exchange.next -= 1;
        }
        let slot = client.slot;
        // Even without replies: the connection looks after its peer from now on.
        let bytes = exchange.output.split().freeze();
        self.send(slot, ToConnection::Push { bytes });
        let now = self.executor.now();
        let paused = self.executor.state.server.pauses.at(now);
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = true;
        session.may_be_unblocked = is_of_a_role(&block);
        let rest = exchange.into_rest();
        session.gauges.batch.set(rest.as_ref().map(|rest| &rest.batch));
        let turn = self.waiting.suspend(client, rest, block, paused, now);
        self.note_line();
        let suspended = self.waiting.find(slot);
        if let Some(Block::Keys(awaited)) = suspended.map(|suspended| &suspended.block) {
            let waiters = &mut self.executor.state.waiters;
            for key in &awaited.keys {
                waiters.add((awaited.db, key), awaited.wanted, (turn, slot));
            }
        }
    }

    /// Somebody waits no more, for what and since when.
    pub(super) fn stop_awaiting(&mut self, waited: Option<(Block, Turn)>) {
        let Some((Block::Keys(awaited), turn)) = waited else { return };
        let waiters = &mut self.executor.state.waiters;
        awaited.keys.iter().for_each(|key| waiters.remove((awaited.db, key), turn));
    }

    /// Answers one client's command with `write`; it goes on with its batch in its turn.
    pub(super) fn wake(&mut self, slot: ClientSlot, write: impl FnOnce(&mut Reply<'_>)) {
        self.release(slot, |executor, exchange| {
            executor.answer(slot, &mut exchange.output, write);
            executor.step_reply_mode(slot);
        });
    }

    /// Answers one client's command with an error, which is counted, and as a failed call of the
    /// command if it waits for keys.
    pub(super) fn fail(&mut self, slot: ClientSlot, error: &CommandError) {
        if self.waiting.held_by(slot).is_some() {
            return self.give_held(slot, error);
        }
        let Keyspace { waiting, executor, .. } = self;
        // One that is not to be run again is not kept.
        let is_kept = |suspended: &&Suspended| is_run_again(&suspended.block);
        let command = waiting.find(slot).filter(is_kept).and_then(Suspended::command);
        if let Some(row) = command.and_then(|args| executor.registry.resolve(args).ok()) {
            executor.state.server.stats.calls[row].failed += 1;
        }
        let message = error.message();
        executor.state.server.stats.count_error(&message);
        self.wake(slot, |reply| reply.error(&message));
    }

    /// Ends one client's wait; `answer` writes the reply, but what a pause held back has not run
    /// yet and gets none. It goes on with its batch in its turn.
    pub(super) fn release(
        &mut self,
        slot: ClientSlot,
        answer: impl FnOnce(&mut Executor, &mut Exchange),
    ) {
        let Keyspace { waiting, executor, .. } = self;
        let Some(suspended) = waiting.find(slot) else { return };
        let is_answered = !suspended.block.is_before_running();
        let is_kept = is_answered && is_run_again(&suspended.block);
        let now = executor.now();
        let waited = waiting.wake(slot, |exchange| {
            exchange.next += usize::from(is_kept);
            if is_answered {
                answer(executor, exchange);
            }
        });
        let session = executor.state.server.clients.at_mut(slot);
        session.is_blocked = false;
        session.may_be_unblocked = false;
        if is_answered {
            session.last_active_at = now;
        }
        self.stop_awaiting(waited);
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

    /// WAIT, WAITAOF: answers with how many replicas have come far enough.
    fn answer_wait(&mut self, slot: ClientSlot) {
        let suspended = self.waiting.find(slot);
        if let Some(Block::Wait { what, offset, .. }) = suspended.map(|suspended| &suspended.block)
        {
            let what = *what;
            let server = &self.executor.state.server;
            if what == Acks::FsyncedHere && !server.persistence.log.is_enabled() {
                // It was turned off meanwhile.
                return self.fail(slot, &CommandError::WaitaofWithoutLog);
            }
            let reached = server.replication.acknowledged(what, *offset);
            let is_safe = server.persistence.log.is_safe(*offset);
            self.wake(slot, |reply| answer(reply, what, reached, is_safe));
        }
    }

    /// There is no log any more: who waits for it, in WAITAOF, waits in vain, however many replicas
    /// are still to come as far.
    pub(super) fn answer_waits_for_log(&mut self) {
        let waits = |block: &Block| matches!(block, Block::Wait { what: Acks::FsyncedHere, .. });
        self.waiting.all(waits).into_iter().for_each(|slot| self.answer_wait(slot));
    }

    /// A wait is over by the clock, or by CLIENT UNBLOCK as if it were.
    fn answer_timeout(&mut self, slot: ClientSlot) {
        match self.waiting.find(slot).map(|suspended| &suspended.block) {
            Some(Block::Keys(_)) => self.wake(slot, |reply| reply.null_array()),
            Some(Block::Quorum { .. }) => self.give_held(slot, &CommandError::NoQuorum),
            Some(Block::AwaitingMaster { .. }) => self.wake(slot, |_| {}),
            Some(Block::Forwarded { .. }) => self.give_up_forwarded(slot),
            Some(Block::CatchingUp { .. }) => self.go_on_behind(slot),
            _ => self.answer_wait(slot),
        }
    }

    /// After acknowledgements: answers those in WAIT whose replicas have come far enough.
    pub(super) fn answer_reached(&mut self) {
        for what in [Acks::Applied, Acks::Fsynced, Acks::FsyncedHere] {
            let replicas = &self.executor.state.server.replication.replicas;
            let online = replicas.values().filter(|replica| replica.is_online());
            let mut acknowledged: Vec<i64> =
                online.map(|replica| replica.acknowledged(what)).collect();
            acknowledged.sort_unstable_by(|a, b| b.cmp(a));
            for slot in self.waiting.reached(what, &acknowledged) {
                if what == Acks::FsyncedHere && !self.may_answer_here(slot) {
                    continue;
                }
                match self.waiting.held_by(slot) {
                    Some(_) => self.give_held(slot, &CommandError::NoQuorum),
                    None => self.answer_wait(slot),
                }
            }
        }
    }

    /// Whether our own log has what a client in WAITAOF waits for.
    fn may_answer_here(&self, slot: ClientSlot) -> bool {
        let log = &self.executor.state.server.persistence.log;
        match self.waiting.find(slot).map(|suspended| &suspended.block) {
            Some(Block::Wait { offset, .. }) => log.is_safe(*offset),
            _ => false,
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
            self.answer_timeout(slot);
        }
        if self.waiting.has_paused() {
            self.release_paused();
        }
        self.release_throttled();
    }

    /// When somebody has to be woken by the clock.
    fn next_wake(&self) -> Option<UnixMillis> {
        let state = &self.executor.state;
        let pauses = &state.server.pauses;
        let is_awaited =
            self.waiting.has_paused() || state.waiters.has_ready() || self.migrations.has_arrived();
        let eases_at = match is_awaited {
            true => pauses.eases_at(self.executor.now()).filter(|&at| at < UnixMillis::MAX),
            false => None,
        };
        let opens_at = self.throttle_opens_at();
        [self.waiting.next_deadline(), eases_at, opens_at].into_iter().flatten().min()
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
        if !suspended.is_some_and(|suspended| is_of_a_role(&suspended.block)) {
            return;
        }
        match with_error {
            true => self.fail(slot, &CommandError::Unblocked),
            false => self.answer_timeout(slot),
        }
    }

    /// Whether who waits for keys may wait for them at the master that we follow now.
    fn goes_to_the_master(&self, slot: ClientSlot) -> bool {
        let suspended = self.waiting.find(slot);
        let waits = suspended.filter(|waits| matches!(waits.block, Block::Keys(_)));
        self.executor.forwards(slot)
            && waits.and_then(Suspended::command).is_some_and(|args| self.executor.writes(args))
    }

    /// Ends a wait without a reply: the command runs anew in its turn.
    fn run_again(&mut self, slot: ClientSlot) {
        let waited = self.waiting.wake(slot, |_| {});
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = false;
        session.may_be_unblocked = false;
        self.stop_awaiting(waited);
    }

    /// Clients wait for replicas, or for keys to be written, that a replica's clients cannot wait
    /// for: they are told and closed, and what they sent after it does not run.
    pub(super) fn unblock_for_role_change(&mut self) {
        for slot in self.waiting.all(is_of_a_role) {
            if self.goes_to_the_master(slot) {
                self.run_again(slot);
                continue;
            }
            self.executor.state.server.clients.at_mut(slot).is_closing = true;
            self.fail(slot, &CommandError::RoleChanged);
        }
    }
}

/// Whether the command stays at hand while it waits: it did not run, and runs from its admission on,
/// or it is looked at again.
fn is_run_again(block: &Block) -> bool {
    matches!(block, Block::Keys(_)) || block.is_before_running()
}

/// Whether a client may wait for it until its time is over or its server becomes a replica.
fn is_of_a_role(block: &Block) -> bool {
    matches!(block, Block::Wait { .. } | Block::Quorum { .. } | Block::Keys(_))
}

//! What comes back of an errand, and what becomes of its commands.

use crate::base::time::UnixMillis;
use crate::clients::{ClientSlot, Gauges};
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::keyspace::actor::Keyspace;
use crate::keyspace::execute::Executor;
use crate::keyspace::messages::{ForwardError, Forwarded};
use crate::replication::model::forward::{Answer, NO_ANSWER, NO_MASTER, TURNS_MAX};
use crate::resp::exchange::Exchange;

impl Keyspace {
    /// Our master has not answered, or whoever was it: it may have run there.
    pub(in crate::keyspace) fn give_up_forwarded(&mut self, slot: ClientSlot) {
        let suspended = self.waiting.find(slot);
        let Some(&Block::Forwarded { count, epoch, .. }) = suspended.map(|waits| &waits.block)
        else {
            return;
        };
        self.end_forwarder(slot);
        let reason = match epoch == self.executor.state.server.replication.epoch {
            true => NO_ANSWER.to_owned(),
            false => format!("it is the master no more, and {NO_ANSWER}"),
        };
        let now = self.executor.now();
        self.answer_forwarded(slot, count, Err(ForwardError::Lost(Answer::default(), reason)), now);
    }

    fn forwarded(&mut self, message: Forwarded) {
        let Forwarded { client, outcome } = message;
        let suspended = self.waiting.find(client.slot).filter(|waits| waits.client == client);
        let Some(&Block::Forwarded { count, epoch, .. }) = suspended.map(|waits| &waits.block)
        else {
            return;
        };
        // The offset of a master that we do not follow any more says nothing of what comes here.
        let is_of_past = epoch != self.executor.state.server.replication.epoch;
        let without_offset = |answer: Answer| match is_of_past {
            true => Answer { offset: None, ..answer },
            false => answer,
        };
        let outcome = match outcome {
            Ok(answer) => Ok(without_offset(answer)),
            Err(ForwardError::Lost(answer, reason)) => {
                Err(ForwardError::Lost(without_offset(answer), reason))
            }
            Err(not_sent) => Err(not_sent),
        };
        self.executor.read_clock();
        let now = self.executor.now();
        let sent_at = self.forwarders.note_return(client.slot, now);
        if !self.executor.state.server.replication.is_replica() {
            self.end_forwarder(client.slot);
        }
        self.answer_forwarded(client.slot, count, outcome, sent_at);
    }

    /// What came back becomes the replies of `count` commands, as far as those ran; the others begin
    /// anew if we have become the master, or if it may be another matter in a moment.
    pub(super) fn answer_forwarded(
        &mut self,
        slot: ClientSlot,
        count: usize,
        outcome: Result<Answer, ForwardError>,
        sent_at: UnixMillis,
    ) {
        let Verdict { answer, sets_out_again, failure } = self.judge(slot, outcome, sent_at);
        let run = match answer.refused {
            Some(refused) if sets_out_again => refused,
            _ => answer.ends.len().min(count),
        };
        let Some(mut exchange) = self.waiting.take_out(slot) else { return };
        let executor = &mut self.executor;
        let now = executor.now();
        if !executor.is_silenced(slot) {
            exchange.output.extend_from_slice(answer.first(run));
        }
        (0..run).for_each(|_| executor.step_reply_mode(slot));
        exchange.next += run;
        if !sets_out_again {
            let forwarding = &mut executor.state.server.replication.forwarding;
            forwarding.note_sent(count);
            if let Some((reason, _)) = &failure {
                let refused = answer.refused.unwrap_or(run).min(run);
                forwarding.note_failed(count - refused, reason, now);
            }
            let error = failure.and_then(|(_, error)| Some(error?.message().into_owned()));
            for _ in run..count {
                if let Some(message) = &error {
                    executor.state.server.stats.count_error(message);
                    executor.answer(slot, &mut exchange.output, |reply| reply.error(message));
                }
                executor.step_reply_mode(slot);
                exchange.next += 1;
            }
            // The transaction is over, however it went.
            executor.discard_forwarded(slot);
            executor.state.server.clients.at_mut(slot).forward_turns = 0;
        }
        executor.state.server.clients.at_mut(slot).last_active_at = now;
        self.catch_up(slot, exchange, answer.offset);
    }

    /// What an outcome means: whose commands ran, and what becomes of the others.
    fn judge(
        &mut self,
        slot: ClientSlot,
        outcome: Result<Answer, ForwardError>,
        sent_at: UnixMillis,
    ) -> Verdict {
        let now = self.executor.now();
        let is_master = !self.executor.state.server.replication.is_replica();
        let (answer, lost) = match outcome {
            Ok(answer) => (answer, None),
            Err(ForwardError::Lost(answer, reason)) => (answer, Some(reason)),
            Err(ForwardError::NotSent { reason, may_pass }) => {
                let reach = &mut self.forwarders.reach;
                if is_master || may_pass && reach.failed(&reason, sent_at, now) {
                    log::debug!("A forwarded write sets out again: {reason}");
                    let answer = Answer { refused: Some(0), ..Answer::default() };
                    return Verdict { answer, sets_out_again: true, failure: None };
                }
                let error = CommandError::NotForwarded(reason.clone());
                let (answer, failure) = (Answer::default(), Some((reason, Some(error))));
                return Verdict { answer, sets_out_again: false, failure };
            }
        };
        let sets_out_again = answer.refused.is_some()
            && (is_master
                || (answer.came_back && self.may_set_out_again(slot))
                || (!answer.came_back
                    && !answer.is_settled
                    && lost.is_none()
                    && self.forwarders.reach.failed(NO_MASTER, sent_at, now)));
        let failure = match lost {
            Some(reason) => {
                let error = CommandError::ForwardLost(reason.clone());
                Some((reason, Some(error)))
            }
            None => answer.refused.map(|_| (NO_MASTER.to_owned(), None)),
        };
        if failure.is_none() {
            self.forwarders.reach.clear();
        }
        Verdict { answer, sets_out_again, failure }
    }

    /// A command of our own client has come back to us: who is the master has changed while it was
    /// on its way. But in a circle it comes back each time.
    fn may_set_out_again(&mut self, slot: ClientSlot) -> bool {
        let session = self.executor.state.server.clients.at_mut(slot);
        session.forward_turns += 1;
        session.forwarded_by.is_empty() && session.forward_turns <= TURNS_MAX
    }

    /// The client goes on when its writes are applied here, so that it reads them.
    fn catch_up(&mut self, slot: ClientSlot, exchange: Box<Exchange>, offset: Option<i64>) {
        let client = self.executor.state.server.clients.at(slot).key;
        let offset = offset.filter(|_| self.is_catching_up()).unwrap_or(i64::MIN);
        let session = self.executor.state.server.clients.at(slot);
        Gauges::set(&session.gauges.held, exchange.output.capacity());
        let now = self.executor.now();
        let timeout = self.executor.state.server.config.replication.repl_timeout;
        let deadline = now.saturating_add_unsigned(timeout.saturating_mul(1000));
        let block = Block::CatchingUp { offset, deadline };
        self.waiting.suspend(client, Some(exchange), block, None, now);
        self.release_caught_up();
    }

    /// Whether what the master has written is on its way here.
    fn is_catching_up(&self) -> bool {
        let master = self.executor.state.server.replication.master.as_ref();
        master.is_some_and(|master| master.link.is_up())
    }

    /// Those go on whose writes have come back to us, and everybody when nothing comes any more.
    pub(in crate::keyspace) fn release_caught_up(&mut self) {
        let end = match self.is_catching_up() {
            true => self.executor.state.server.replication.stream.offset(),
            false => i64::MAX,
        };
        while let Some(slot) = self.waiting.caught_up(end) {
            self.go_on_behind(slot);
        }
    }

    /// Gives the replies of what was forwarded.
    pub(in crate::keyspace) fn go_on_behind(&mut self, slot: ClientSlot) {
        // Its connection knows whether there is anybody to send the rest.
        if let Some(exchange) = self.waiting.take_out(slot) {
            self.hand_back(slot, exchange);
        }
    }
}

/// What became of an errand.
struct Verdict {
    answer: Answer,
    /// What did not run.
    sets_out_again: bool,
    /// Else: why, and the error for the client where the master has given it no answer.
    failure: Option<(String, Option<CommandError>)>,
}

impl Executor {
    fn discard_forwarded(&mut self, slot: ClientSlot) {
        if self.state.server.clients.at(slot).transaction.is_some() {
            self.discard_transaction(slot);
        }
    }
}

impl actix::Handler<Forwarded> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Forwarded, _: &mut Self::Context) {
        self.forwarded(message);
    }
}

//! `replica-forward-writes`: what clients write here goes to our master, each client's over a
//! connection of its own, and is answered when we have it too.
//!
//! ```text
//!  a write ──► Block::Forwarded ──Forwarded──► Block::CatchingUp ──► the rest of the batch
//!    ▲               │             replies          until what was written is applied here
//!    │               ├─ nothing of it ran, and we are the master now: it runs here
//!    └─ Block::AwaitingMaster ◄─┘ nothing of it ran, and it may be another matter in a moment
//! ```
//!
//! Commands that follow one another in a pipeline go together, a transaction as one when it is
//! whole.

use actix::Recipient;
use bytes::BytesMut;

use super::actor::Keyspace;
use super::admission::{admit, admit_elsewhere};
use super::client_limits::connection_limits;
use super::execute::Executor;
use super::following::master_link_settings;
use super::messages::{ForwardError, Forwarded};
use super::waiting::Waiting;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot, Gauges, ReplyMode, Transaction};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::net::messages::ToConnection;
use crate::replication::messages::{ForwarderStart, ToForwarder};
use crate::replication::model::feed::encode_command;
use crate::replication::model::forward::{
    Answer, Errand, HOPS_MAX, NO_MASTER, Standing, TURNS_MAX,
};
use crate::replication::model::forward_reach::Advice;
use crate::resp::exchange::Exchange;
use crate::resp::request::{Args, Batch};

/// Bytes after which no further command joins an errand.
const ERRAND_BYTES: usize = 64 * 1024;
/// Commands of an errand, at most.
const ERRAND_COMMANDS: usize = 1024;
/// What the replies to one may take, where the client's output limit does not say less.
const REPLY_BYTES_MAX: usize = 1 << 30;
/// How long what is away may take yet when whoever has it is our master no more.
const LAST_ANSWER_MILLIS: i64 = 5000;

impl Executor {
    /// Whether a write that we refuse as a replica is sent to our master instead.
    pub(super) fn forwards(&self, client: ClientSlot) -> bool {
        let server = &self.state.server;
        let path = &server.clients.at(client).forwarded_by;
        server.config.replication.replica_forward_writes
            && server.replication.is_replica()
            && path.len() < HOPS_MAX
    }

    /// Why an EXEC that writes cannot be sent on; `Ok(false)`: it runs here, and fails.
    pub(super) fn transaction_may_go(&self, client: ClientSlot) -> Result<bool, CommandError> {
        let session = self.state.server.clients.at(client);
        match session.transaction.as_deref() {
            Some(transaction) if transaction.broken => Ok(false),
            Some(transaction) if transaction.acts_on_server => Err(CommandError::NotToBeForwarded),
            _ if self.state.watches.count(client) > 0 => Err(CommandError::WatchedWhileForwarding),
            _ => Ok(true),
        }
    }

    /// Whether a command goes with the one before it.
    fn may_follow(&self, client: ClientSlot, args: Args<'_>) -> bool {
        let Ok(row) = self.registry.resolve(args) else { return false };
        let admission = self.admission(client, row, args, Origin::Client);
        let is_simple = admission.row.has(Flag::Write) && !admission.row.has(Flag::Blocking);
        is_simple
            && matches!(admit(&admission), Err(CommandError::ReadOnlyReplica))
            && admit_elsewhere(&admission).is_ok()
    }

    pub(super) fn writes(&self, args: Args<'_>) -> bool {
        self.registry.resolve(args).is_ok_and(|row| self.registry.row(row).has(Flag::Write))
    }

    fn may_block(&self, args: Args<'_>) -> bool {
        self.registry.resolve(args).is_ok_and(|row| self.registry.row(row).has(Flag::Blocking))
    }

    /// What is sent of a batch, from its next command on, and how many commands that is.
    fn errand(&self, client: ClientSlot, batch: &Batch, next: usize) -> (Errand, usize) {
        let session = self.state.server.clients.at(client);
        let standing =
            Standing { db: session.db, protocol: session.protocol, quorum: session.quorum };
        let limits = connection_limits(&self.state.server.config, session.kind, true);
        let most_reply_bytes = limits.unwritten_bytes().unwrap_or(REPLY_BYTES_MAX);
        let mut errand = Errand { standing, most_reply_bytes, ..Errand::default() };
        if let Some(transaction) = session.transaction.as_deref() {
            put_transaction(&mut errand, transaction);
            return (errand, 1);
        }
        put(&mut errand, batch, next);
        errand.may_wait = self.may_block(batch.command(next));
        // CLIENT REPLY SKIP looks at each by itself.
        let is_alone =
            errand.may_wait || matches!(session.reply_mode, ReplyMode::Skip | ReplyMode::SkipNext);
        let most = if is_alone { 1 } else { ERRAND_COMMANDS };
        let mut count = 1;
        while count < most
            && errand.bytes.len() < ERRAND_BYTES
            && next + count < batch.len()
            && self.may_follow(client, batch.command(next + count))
        {
            put(&mut errand, batch, next + count);
            count += 1;
        }
        (errand, count)
    }
}

fn put(errand: &mut Errand, batch: &Batch, i: usize) {
    match batch.raw(i) {
        Some(raw) => errand.bytes.extend_from_slice(raw),
        None => encode_args(&mut errand.bytes, batch.command(i)),
    }
    errand.replies += 1;
}

fn put_transaction(errand: &mut Errand, transaction: &Transaction) {
    for queued in &transaction.queue {
        encode_args(&mut errand.bytes, queued.command.args());
    }
    encode_command(&mut errand.bytes, &[b"EXEC"]);
    errand.replies = transaction.queue.len() + 1;
    errand.is_unit = true;
}

fn encode_args(bytes: &mut BytesMut, args: Args<'_>) {
    encode_command(bytes, &args.iter().collect::<Vec<_>>());
}

impl Keyspace {
    /// Sends on the command before the batch's next one, with those behind it that may go with it, as
    /// far as our master can be reached.
    pub(super) fn forward(&mut self, client: ClientKey, mut exchange: Exchange) {
        let now = self.executor.now();
        let advice = self.forwarders.reach.ask(self.is_linked(), now);
        if let Advice::Wait { until } = advice {
            return self.suspend(client, exchange, Block::AwaitingMaster { until });
        }
        let slot = client.slot;
        exchange.next -= 1;
        let (errand, count) = self.executor.errand(slot, &exchange.batch, exchange.next);
        let bytes = exchange.output.split().freeze();
        self.send(slot, ToConnection::Push { bytes });
        let rest = exchange.into_rest();
        let server = &mut self.executor.state.server;
        let session = server.clients.at_mut(slot);
        session.is_blocked = true;
        session.gauges.batch.set(rest.as_ref().map(|rest| &rest.batch));
        let epoch = server.replication.epoch;
        let block = Block::Forwarded { count, may_wait: errand.may_wait, epoch, deadline: None };
        self.waiting.suspend(client, rest, block, None, now);
        if let Advice::GiveUp(reason) = advice {
            let refused = ForwardError::NotSent { reason, may_pass: false };
            return self.answer_forwarded(slot, count, Err(refused), now);
        }
        self.send_errand(client, errand);
    }

    /// Whether our own link to the master says that it is there.
    fn is_linked(&self) -> bool {
        let master = self.executor.state.server.replication.master.as_ref();
        master.is_some_and(|master| master.link.is_up() || master.link.sync_in_progress())
    }

    fn send_errand(&mut self, client: ClientKey, errand: Errand) {
        let now = self.executor.now();
        let server = &self.executor.state.server;
        let Some(master) = &server.replication.master else { return };
        let place = (master.host.clone(), master.port);
        let (to, ended) = self.forwarders.of(client, place, now, |(host, port)| {
            let mut path = server.clients.at(client.slot).forwarded_by.to_vec();
            path.push(server.identity.run_id);
            let settings = master_link_settings(&server.config);
            let start = ForwarderStart { client, host: host.clone(), port: *port, settings, path };
            (self.recipients.start_forwarder)(start)
        });
        to.do_send(ToForwarder::Forward(Box::new(errand)));
        end_all(ended);
    }

    /// Our master is another one, or we are it: those forwarders end that have nothing to do, and the
    /// others soon; and who waits for a master to be reached need not wait.
    pub(super) fn change_forwarders(&mut self) {
        self.end_idle_forwarders();
        let now = self.executor.now();
        self.waiting.limit_forwarded(now.saturating_add(LAST_ANSWER_MILLIS));
        self.forwarders.reach.clear();
        for slot in self.waiting.all(|block| matches!(block, Block::AwaitingMaster { .. })) {
            self.wake(slot, |_| {});
        }
    }

    /// What they say to the master is another thing now.
    pub(super) fn renew_forwarders(&mut self) {
        self.end_idle_forwarders();
        self.forwarders.outdate_all();
        self.forwarders.reach.clear();
    }

    fn end_idle_forwarders(&mut self) {
        let Keyspace { waiting, forwarders, .. } = self;
        end_all(forwarders.end_all(|slot| is_forwarded(waiting, slot)));
    }

    /// Once a second: no connection is kept for who does not write any more.
    pub(super) fn end_unused_forwarders(&mut self) {
        let now = self.executor.now();
        let Keyspace { waiting, forwarders, .. } = self;
        end_all(forwarders.end_unused(now, |slot| is_forwarded(waiting, slot)));
    }

    pub(super) fn end_forwarder(&mut self, slot: ClientSlot) {
        end_all(self.forwarders.end(slot));
    }

    /// Whoever was our master has not answered: it may have run there, and its data is not ours.
    pub(super) fn give_up_forwarded(&mut self, slot: ClientSlot) {
        let suspended = self.waiting.find(slot);
        let Some(&Block::Forwarded { count, .. }) = suspended.map(|waits| &waits.block) else {
            return;
        };
        self.end_forwarder(slot);
        let reason = "it is the master no more, and does not answer".to_owned();
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
    fn answer_forwarded(
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
        self.waiting.suspend(client, Some(exchange), Block::CatchingUp { offset }, None, now);
        self.release_caught_up();
    }

    /// Whether what the master has written is on its way here.
    fn is_catching_up(&self) -> bool {
        let master = self.executor.state.server.replication.master.as_ref();
        master.is_some_and(|master| master.link.is_up())
    }

    /// Those go on whose writes have come back to us, and everybody when nothing comes any more.
    pub(super) fn release_caught_up(&mut self) {
        let end = match self.is_catching_up() {
            true => self.executor.state.server.replication.stream.offset(),
            false => i64::MAX,
        };
        while let Some(slot) = self.waiting.caught_up(end) {
            // Its connection knows whether there is anybody to send the rest.
            if let Some(exchange) = self.waiting.take_out(slot) {
                self.hand_back(slot, exchange);
            }
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

fn is_forwarded(waiting: &Waiting, slot: ClientSlot) -> bool {
    let block = waiting.find(slot).map(|suspended| &suspended.block);
    matches!(block, Some(Block::Forwarded { .. }))
}

fn end_all(ended: impl IntoIterator<Item = Recipient<ToForwarder>>) {
    ended.into_iter().for_each(|forwarder| forwarder.do_send(ToForwarder::End));
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

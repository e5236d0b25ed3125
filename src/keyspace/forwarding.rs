//! `replica-forward-writes`: what clients write here goes to our master, each client's over a
//! connection of its own, and is answered when we have it too.
//!
//! ```text
//!  a write ──► Block::Forwarded ──Forwarded──► Block::CatchingUp ──► the rest of the batch
//!                    │             replies          until what was written is applied here
//!                    └─ nothing of it ran, and we are the master now: it runs here
//! ```
//!
//! Commands that follow one another in a pipeline go together, a transaction as one when it is
//! whole.

use bytes::BytesMut;

use super::actor::Keyspace;
use super::admission::{admit, admit_elsewhere};
use super::execute::Executor;
use super::following::master_link_settings;
use super::messages::{ForwardError, Forwarded};
use crate::clients::{ClientKey, ClientSlot, Gauges, ReplyMode, Transaction};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::net::messages::ToConnection;
use crate::replication::messages::{ForwarderStart, ToForwarder};
use crate::replication::model::feed::encode_command;
use crate::replication::model::forward::{Answer, Errand, HOPS_MAX, Standing, TURNS_MAX};
use crate::resp::exchange::Exchange;
use crate::resp::request::{Args, Batch};

/// Bytes after which no further command joins an errand.
const ERRAND_BYTES: usize = 64 * 1024;
/// Commands of an errand, at most.
const ERRAND_COMMANDS: usize = 1024;

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
        let mut errand = Errand { standing, ..Errand::default() };
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
    encode_command(&mut errand.bytes, &[b"MULTI"]);
    for queued in &transaction.queue {
        encode_args(&mut errand.bytes, queued.command.args());
    }
    encode_command(&mut errand.bytes, &[b"EXEC"]);
    errand.replies = transaction.queue.len() + 2;
    errand.is_unit = true;
}

fn encode_args(bytes: &mut BytesMut, args: Args<'_>) {
    encode_command(bytes, &args.iter().collect::<Vec<_>>());
}

impl Keyspace {
    /// Sends on the command before the batch's next one, with those behind it that may go with it.
    pub(super) fn forward(&mut self, client: ClientKey, mut exchange: Exchange) {
        let slot = client.slot;
        exchange.next -= 1;
        let (errand, count) = self.executor.errand(slot, &exchange.batch, exchange.next);
        let may_wait = errand.may_wait;
        let bytes = exchange.output.split().freeze();
        self.send(slot, ToConnection::Push { bytes });
        let rest = exchange.into_rest();
        let session = self.executor.state.server.clients.at_mut(slot);
        session.is_blocked = true;
        session.gauges.batch.set(rest.as_ref().map(|rest| &rest.batch));
        let now = self.executor.now();
        let epoch = self.executor.state.server.replication.epoch;
        let block = Block::Forwarded { count, may_wait, epoch };
        self.waiting.suspend(client, rest, block, None, now);
        self.send_errand(client, errand);
    }

    fn send_errand(&mut self, client: ClientKey, errand: Errand) {
        let server = &self.executor.state.server;
        let Some(master) = &server.replication.master else { return };
        let start = |(host, port): &(String, u16)| {
            let mut path = server.clients.at(client.slot).forwarded_by.to_vec();
            path.push(server.identity.run_id);
            let settings = master_link_settings(&server.config);
            let start = ForwarderStart { client, host: host.clone(), port: *port, settings, path };
            (self.recipients.start_forwarder)(start)
        };
        let forwarder = self.forwarders.of(client, (master.host.clone(), master.port), start);
        forwarder.to.do_send(ToForwarder::Forward(Box::new(errand)));
    }

    /// Our master is another one, or we are it: those forwarders end that have nothing to do.
    pub(super) fn end_idle_forwarders(&mut self) {
        let waiting = &self.waiting;
        self.forwarders.end_all(|slot| {
            let block = waiting.find(slot).map(|suspended| &suspended.block);
            !matches!(block, Some(Block::Forwarded { .. }))
        });
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
        if !self.executor.state.server.replication.is_replica() {
            self.forwarders.end(client.slot);
        }
        self.answer_forwarded(client.slot, count, outcome);
    }

    /// What came back becomes the replies of `count` commands, as far as those ran; the others begin
    /// anew if we have become the master.
    fn answer_forwarded(
        &mut self,
        slot: ClientSlot,
        count: usize,
        outcome: Result<Answer, ForwardError>,
    ) {
        let is_master = !self.executor.state.server.replication.is_replica();
        let (answer, error) = match outcome {
            Ok(answer) => (answer, None),
            Err(ForwardError::NotSent(reason)) if is_master => {
                log::debug!("A forwarded write runs here: {reason}");
                (Answer { refused: Some(0), ..Answer::default() }, None)
            }
            Err(ForwardError::NotSent(reason)) => {
                (Answer::default(), Some(CommandError::NotForwarded(reason)))
            }
            Err(ForwardError::Lost(answer, reason)) => {
                (answer, Some(CommandError::ForwardLost(reason)))
            }
        };
        let sets_out_again = answer.refused.is_some()
            && (is_master || answer.came_back && self.may_set_out_again(slot));
        let run = match answer.refused {
            Some(refused) if sets_out_again => refused,
            _ => answer.ends.len().min(count),
        };
        let Some(mut exchange) = self.waiting.take_out(slot) else { return };
        let executor = &mut self.executor;
        if !executor.is_silenced(slot) {
            exchange.output.extend_from_slice(answer.first(run));
        }
        (0..run).for_each(|_| executor.step_reply_mode(slot));
        exchange.next += run;
        if !sets_out_again {
            let error = error.map(|error| error.message().into_owned());
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
        let now = executor.now();
        executor.state.server.clients.at_mut(slot).last_active_at = now;
        self.catch_up(slot, exchange, answer.offset);
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
            Gauges::set(&self.executor.state.server.clients.at(slot).gauges.held, 0);
            self.release(slot, |_, _| {});
        }
    }
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

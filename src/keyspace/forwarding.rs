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
//! whole. `errand` chooses them, `answer` is for what comes back.

mod answer;
mod errand;

use actix::Recipient;

use super::actor::Keyspace;
use super::following::master_link_settings;
use super::messages::ForwardError;
use super::waiting::Waiting;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::effect::Block;
use crate::net::messages::ToConnection;
use crate::replication::messages::{ForwarderStart, ToForwarder};
use crate::replication::model::forward::Errand;
use crate::replication::model::forward_reach::Advice;
use crate::resp::exchange::Exchange;

/// How long what is away may take yet when its own time is over, and when whoever has it is our
/// master no more, or is silent.
const LAST_ANSWER_MILLIS: i64 = 5000;

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
        let deadline = errand.may_wait.then(|| exchange.batch.command(exchange.next));
        let deadline = deadline.and_then(|args| self.executor.answered_by(args));
        let bytes = exchange.output.split().freeze();
        self.send(slot, ToConnection::Push { bytes });
        let rest = exchange.into_rest();
        let server = &mut self.executor.state.server;
        let session = server.clients.at_mut(slot);
        session.is_blocked = true;
        session.gauges.batch.set(rest.as_ref().map(|rest| &rest.batch));
        let epoch = server.replication.epoch;
        let block = Block::Forwarded { count, may_wait: errand.may_wait, epoch, deadline };
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

    /// Nothing has come from our master for so long that the link was given up: whoever waits there
    /// is not left to wait for ever, as where its process stands still and its host does not.
    pub(super) fn limit_forwarded_to_silence(&mut self) {
        let now = self.executor.now();
        self.waiting.limit_forwarded(now.saturating_add(LAST_ANSWER_MILLIS));
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
}

fn is_forwarded(waiting: &Waiting, slot: ClientSlot) -> bool {
    let block = waiting.find(slot).map(|suspended| &suspended.block);
    matches!(block, Some(Block::Forwarded { .. }))
}

fn end_all(ended: impl IntoIterator<Item = Recipient<ToForwarder>>) {
    ended.into_iter().for_each(|forwarder| forwarder.do_send(ToForwarder::End));
}

//! What commands have for others than the reply: work for the actors, and what the client itself is
//! told beside its reply.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};

use crate::base::ids::ClientId;
use crate::clients::ClientSlot;
use crate::commands::effect::Action;

/// Room for own pushes that is kept for the next command.
const KEPT_BYTES: usize = 64 * 1024;

/// Of a client that gets no more.
const CLOSED: u64 = u64::MAX;

/// Everything is looked at once, when it is put in: a transaction may gather very much here.
#[derive(Default)]
pub struct Outbox {
    /// By the client that caused it, in the order it came about.
    actions: Vec<(ClientSlot, Action)>,
    /// For the client whose command runs; it follows the whole of the reply.
    own: BytesMut,
    /// What the transaction that runs has pushed to each client, in bytes; [`CLOSED`]: too much.
    pushed_bytes: HashMap<ClientId, u64>,
    /// How many of `actions` are in that count.
    counted: usize,
    #[cfg(test)]
    looked_at: usize,
}

impl Outbox {
    /// `from`: the client whose command caused the action, and its ID.
    pub(super) fn add(&mut self, (from, own_id): (ClientSlot, ClientId), action: Action) {
        #[cfg(test)]
        {
            self.looked_at += 1;
        }
        match action {
            Action::Push { client, bytes } if client == own_id => self.add_own(&bytes),
            action => self.actions.push((from, action)),
        }
    }

    /// Bytes for the client whose command runs.
    pub(super) fn add_own(&mut self, bytes: &[u8]) {
        self.own.extend_from_slice(bytes);
    }

    /// Bytes for a client that nobody's command caused.
    pub(super) fn push_to(&mut self, slot: ClientSlot, client: ClientId, bytes: Bytes) {
        self.actions.push((slot, Action::Push { client, bytes }));
    }

    /// The reply is whole: what its client is told beside it goes behind it.
    #[inline]
    pub(super) fn flush_own(&mut self, output: &mut BytesMut) {
        if self.own.is_empty() {
            return;
        }
        output.extend_from_slice(&self.own);
        self.own.clear();
        if self.own.capacity() > KEPT_BYTES {
            self.own = BytesMut::new();
        }
    }

    /// Whether there is nothing for the actors.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Whether there is nothing for anybody.
    #[inline]
    pub(super) fn has_nothing(&self) -> bool {
        self.actions.is_empty() && self.own.is_empty()
    }

    /// A transaction begins: what was gathered before is none of its.
    pub(super) fn begin_count(&mut self) {
        self.pushed_bytes.clear();
        self.counted = self.actions.len();
    }

    /// After each command of a transaction, since nothing is carried out before its end: a client
    /// to which it pushed as much as that client may leave unread is closed when there is still more.
    /// So one message alone is judged as outside of transactions, by what its client takes of it.
    /// `limit`: those bytes, if there is a limit.
    pub(super) fn bound_pushes(&mut self, limit: impl Fn(ClientId) -> Option<u64>) {
        for (from, action) in self.actions.split_off(self.counted.min(self.actions.len())) {
            let Action::Push { client, bytes } = &action else {
                self.actions.push((from, action));
                continue;
            };
            let pushed = self.pushed_bytes.entry(*client).or_default();
            if *pushed == CLOSED {
                continue;
            }
            if limit(*client).is_some_and(|limit| *pushed >= limit) {
                *pushed = CLOSED;
                self.actions.push((from, Action::CloseOverLimit(*client)));
                continue;
            }
            *pushed += bytes.len() as u64;
            self.actions.push((from, action));
        }
        self.counted = self.actions.len();
    }

    /// What there is for the actors.
    pub fn take(&mut self) -> Vec<(ClientSlot, Action)> {
        std::mem::take(&mut self.actions)
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::effect::Action;
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    /// What a transaction publishes waits for its end: without a bound, many small commands would
    /// fill the memory for one subscriber.
    #[test]
    fn a_subscriber_to_whom_a_transaction_pushes_more_than_its_limit_gets_no_more_and_is_closed() {
        let mut server = TestServer::with(Config::with(|config| {
            config.network.client_output_buffer_limit.pubsub.hard_bytes = 1000;
        }));
        let writer = server.connect();
        server.check(&[("SUBSCRIBE news", "[\"subscribe\" \"news\" 1]")]);
        server.client = writer;
        server.actions();
        server.run("MULTI");
        for _ in 0..100 {
            server.run("PUBLISH news 0123456789");
        }
        server.run("EXEC");
        let actions = server.actions();
        let bytes: usize = actions
            .iter()
            .map(|action| match action {
                Action::Push { bytes, .. } => bytes.len(),
                _ => 0,
            })
            .sum();
        assert!((1000..1100).contains(&bytes), "{bytes} bytes");
        assert!(matches!(actions.last(), Some(Action::CloseOverLimit(_))), "{actions:?}");
        // Each transaction counts for itself.
        server.run("MULTI");
        server.run("PUBLISH news 0123456789");
        server.run("EXEC");
        assert!(matches!(server.actions()[..], [Action::Push { .. }]));
    }

    /// Looking at all that was gathered after each command made 40,000 of them take over a second.
    #[test]
    fn a_transaction_looks_once_at_what_each_command_has_for_others() {
        const COMMANDS: usize = 1000;
        let mut server = TestServer::new();
        let writer = server.connect();
        server.check(&[("PSUBSCRIBE *", "[\"psubscribe\" \"*\" 1]")]);
        server.client = writer;
        server.run("CONFIG SET notify-keyspace-events KEA");
        server.actions();
        server.run("MULTI");
        for i in 0..COMMANDS {
            server.run(&format!("SET key:{i} value"));
            server.run("PUBLISH news x");
        }
        server.run("EXEC");
        let looked_at = server.executor.outbox.looked_at;
        let gathered = server.actions().len();
        assert_eq!(gathered, COMMANDS * 3, "two events and a message each");
        assert!(looked_at <= gathered + 10, "{looked_at} for {gathered}");
    }
}

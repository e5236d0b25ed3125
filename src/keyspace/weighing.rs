//! What counts against `maxmemory`.
//!
//! ```text
//! counted       what the server took at its start
//!               keys and values, by the bytes that the databases keep; the nodes of their trees
//!               what clients take: arguments, replies, queued commands
//!               the backlog, up to its size
//! not counted   what replicas make the backlog keep beyond its size
//!               what snapshots and the garbage thread still hold of old entries
//! ```
//! The same as in Redis as far as a client can do anything about it. The allocator's total would
//! count the last two as well: refusing or evicting frees nothing of them, and a loop that evicts
//! until the total has fallen would empty the data set.

use std::time::Duration;

use super::clock::Moment;
use crate::clients::{ClientKind, Session};
use crate::state::State;
use crate::store::database::Database;

/// The data set is looked at no more often than this.
const PERIOD: Duration = Duration::from_millis(1);
/// So are the clients, of which there may be thousands.
const CLIENTS_PERIOD: Duration = Duration::from_millis(10);

/// When memory was weighed last.
#[derive(Default)]
pub(super) struct Scales {
    weighed: Option<Moment>,
    clients: Option<(Moment, usize)>,
}

impl Scales {
    /// Weighs again when it is time.
    pub(super) fn weigh(&mut self, state: &mut State, now: Moment) {
        if self.weighed.is_some_and(|last| now.since(last) < PERIOD) {
            return;
        }
        self.weighed = Some(now);
        let known = self.clients.filter(|(last, _)| now.since(*last) < CLIENTS_PERIOD);
        let (_, clients) =
            *self.clients.insert(known.unwrap_or_else(|| (now, clients_bytes(state))));
        let (_, backlog) = state.server.backlog_bytes();
        let databases: usize = state.dataset.iter().map(Database::logical_bytes).sum();
        let server = &mut state.server;
        server.used_memory_bytes = server.startup_memory_bytes + databases + clients + backlog;
    }
}

fn clients_bytes(state: &State) -> usize {
    let clients = state.server.clients.iter();
    clients.filter(|client| client.kind != ClientKind::Replica).map(Session::memory_bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    fn weighed(server: &mut TestServer) -> usize {
        Scales::default().weigh(&mut server.executor.state, Moment::now());
        server.server().used_memory_bytes
    }

    #[test]
    fn what_only_a_snapshot_holds_does_not_count() {
        let mut server = TestServer::new();
        let before = weighed(&mut server);
        server.check(&[("SETRANGE a 900000 x", "900001")]);
        let full = weighed(&mut server);
        assert!((900_000..1_000_000).contains(&(full - before)), "{}", full - before);
        let snapshot = server.executor.state.dataset.snapshot();
        server.check(&[("DEL a", "1")]);
        assert!(weighed(&mut server) < before + 1_000);
        drop(snapshot);
    }
}

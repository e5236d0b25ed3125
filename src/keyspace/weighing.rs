//! What counts against `maxmemory`.
//!
//! ```text
//! counted       what the server took at its start, and what else it takes for itself
//!               keys and values, by the bytes that the databases keep; the nodes of their trees
//!               what clients take: arguments, replies, queued commands
//!               the backlog, up to its size
//! not counted   what replicas make the backlog keep beyond its size
//!               buffers that connections share and nobody uses
//!               what snapshots and the garbage thread still hold of old entries
//! ```
//! The same as in Redis as far as a client can do anything about it. The allocator's total would
//! count the others as well: refusing or evicting frees nothing of them, and a loop that evicts
//! until the total has fallen would empty the data set. So of what the total has more than is counted
//! one by one only that is counted which the server seems to take for itself (`OwnMemory`).

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::clock::Moment;
use crate::base::ids::DbIndex;
use crate::clients::{ClientKind, Session};
use crate::info::replica_bytes;
use crate::state::State;
use crate::store::database::Database;

/// What changes beside the keys is weighed no more often than this.
const PERIOD: Duration = Duration::from_millis(1);
/// Nor more often than that it takes one part in so many of the time: there may be thousands of
/// clients.
const CLIENTS_SHARE: u32 = 32;

/// Of the buffers that are free at other times, as much is lent while a command runs.
const LENT_BYTES: usize = 96 * 1024;

/// What was found when it was weighed last, in bytes.
#[derive(Default)]
pub(super) struct Scales {
    weighed: Option<Moment>,
    /// All but the databases.
    beside: usize,
    /// A database, and what the others take.
    others: (DbIndex, usize),
    clients: usize,
    /// When the clients were weighed, and how long that took.
    clients_weighed: Option<(Moment, Duration)>,
}

impl Scales {
    /// Weighs again when it is time.
    pub(super) fn weigh(&mut self, state: &State, now: Moment) {
        if self.weighed.is_none_or(|last| now.since(last) >= PERIOD) {
            self.weigh_anew(state, now);
        }
    }

    /// What counts, as exactly as it is known.
    pub(super) fn weigh_anew(&mut self, state: &State, now: Moment) -> usize {
        self.weighed = Some(now);
        if self
            .clients_weighed
            .is_none_or(|(last, took)| now.since(last) >= PERIOD.max(took * CLIENTS_SHARE))
        {
            self.clients = clients_bytes(state);
            self.clients_weighed = Some((now, Moment::now().since(now)));
        }
        let backlog = state.server.counted_backlog_bytes();
        let server = &state.server;
        let own =
            server.startup_memory_bytes + server.own_memory.bytes() + server.stats.duration_bytes;
        self.beside = own + self.clients + backlog;
        let db = self.others.0;
        let databases: usize = state.dataset.iter().map(Database::logical_bytes).sum();
        self.others.1 = databases - state.dataset[db].logical_bytes();
        self.beside + databases
    }

    /// Of the bytes in use, those that nobody accounts for but, perhaps, the server itself.
    pub(super) fn unaccounted(&mut self, state: &State, used: usize) -> usize {
        let server = &state.server;
        let counted = self.weigh_anew(state, Moment::now()) - server.own_memory.bytes();
        let free = server.free_buffer_bytes.load(Ordering::Relaxed);
        let spare = free.saturating_sub(LENT_BYTES);
        let (_, kept) = server.backlog_bytes();
        let untrimmed = kept.saturating_sub(server.counted_backlog_bytes());
        used.saturating_sub(counted + replica_bytes(server) + untrimmed + spare)
    }

    /// What counts, after commands that have worked on this database.
    #[inline]
    pub(super) fn used_bytes(&mut self, state: &State, db: DbIndex) -> usize {
        if self.others.0 != db || self.weighed.is_none() {
            self.others.0 = db;
            return self.weigh_anew(state, Moment::now());
        }
        self.beside + self.others.1 + state.dataset[db].logical_bytes()
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
        Scales::default().weigh_anew(&server.executor.state, Moment::now())
    }

    #[test]
    fn what_only_a_snapshot_holds_does_not_count() {
        let mut server = TestServer::new();
        server.server().config.observation.latency_tracking = false;
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

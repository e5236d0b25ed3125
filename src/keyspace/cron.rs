//! What the keyspace does by the clock.

use std::time::{Duration, Instant};

use actix::prelude::*;

use super::actor::Keyspace;
use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::replication::model::status::ReplicaStatus;
use crate::telemetry::memory;

/// Longest time that removing expired keys takes of one turn.
const EXPIRY_SLICE: Duration = Duration::from_millis(1);
/// Keys removed between two looks at that time.
const EXPIRY_KEYS_PER_CHECK: usize = 32;

impl Keyspace {
    /// Housekeeping, ten times a second, also under full load.
    pub(super) fn cron(&mut self, _ctx: &mut Context<Self>) {
        if self.executor.state.server.cron_is_paused {
            return;
        }
        self.sample_rates();
        self.tend_clients();
        self.evict_clients();
        self.replication_cron();
        self.persistence_cron();
        self.log_cron();
        self.shutdown_cron();
    }

    fn sample_rates(&mut self) {
        let now = self.executor.now();
        let stats = &mut self.executor.state.server.stats;
        stats.ops_per_second.sample(stats.commands_processed, now);
        stats.input_per_second.sample(stats.net_input_bytes, now);
        stats.output_per_second.sample(stats.net_output_bytes, now);
        stats.repl_input_per_second.sample(stats.net_repl_input_bytes, now);
        stats.repl_output_per_second.sample(stats.net_repl_output_bytes, now);
        let used = memory::used_bytes();
        stats.peak_memory_bytes = stats.peak_memory_bytes.max(used);
        self.executor.look_at_own_memory(used);
    }

    /// Looks for expired keys, unless that is going on.
    pub(super) fn expire_on_time(&mut self, ctx: &mut Context<Self>) {
        if !self.expires_more {
            self.expire_slice(ctx);
        }
    }

    /// Removes keys whose deadline has passed, for a slice of time; goes on when others have had
    /// their turn if there are more.
    fn expire_slice(&mut self, ctx: &mut Context<Self>) {
        self.expires_more = false;
        let server = &self.executor.state.server;
        if !server.active_expire || server.cron_is_paused {
            return;
        }
        self.executor.read_clock();
        self.expires_more = self.executor.expire_due(EXPIRY_SLICE);
        if self.expires_more {
            Self::after_others(ctx, Self::expire_slice);
        }
        self.carry_out_actions();
    }
}

impl Keyspace {
    /// Goes on with what a command, or a lower `maxmemory`, has left to evict, for a slice of time.
    pub(super) fn evict_slice(&mut self, _: &mut Context<Self>) {
        self.evicts_later = false;
        if self.executor.evicts_more {
            self.executor.read_clock();
            self.executor.evict();
            self.carry_out_actions();
        }
    }
}

impl super::execute::Executor {
    /// Of the bytes in use, those that nobody accounts for are the server's own, unless a snapshot may
    /// hold some of them.
    fn look_at_own_memory(&mut self, used: usize) {
        let server = &self.state.server;
        let mut replicas = server.replication.replicas.values();
        let is_settled = server.loading.is_none()
            && !server.persistence.saving
            && replicas.all(ReplicaStatus::is_online);
        if is_settled && self.state.garbage.pending() == 0 {
            let unaccounted = self.scales.unaccounted(&self.state, used);
            self.state.server.own_memory.look(unaccounted);
        }
    }

    /// Removes expired keys of all databases until none is left or `limit` is over; a replica
    /// those alone that its own clients wrote. Whether some may be left.
    pub fn expire_due(&mut self, limit: Duration) -> bool {
        let now = self.now();
        let server = &self.state.server;
        if server.loading.is_some() || server.pauses.at(now).is_some() {
            return false;
        }
        let began = Instant::now();
        let mut is_over = false;
        if server.replication.is_replica() {
            while !is_over && self.expire_some_own(now) {
                is_over = began.elapsed() >= limit;
            }
        } else {
            self.state.own_keys.clear();
            for db in 0..self.state.dataset.database_count() {
                while !is_over && self.is_expiry_due(db, now) {
                    self.expire_some(db, now);
                    is_over = began.elapsed() >= limit;
                }
            }
        }
        let stats = &mut self.state.keyspace_stats;
        stats.expire_time_cap_reached += u64::from(is_over);
        stats.expire_cycle_micros += began.elapsed().as_micros() as u64;
        is_over
    }

    fn is_expiry_due(&self, db: DbIndex, now: UnixMillis) -> bool {
        self.state.dataset[db].next_deadline().is_some_and(|due| due < now)
    }

    fn expire_some(&mut self, db: DbIndex, now: UnixMillis) {
        self.effects.reset();
        for _ in 0..EXPIRY_KEYS_PER_CHECK {
            let Some(entry) = self.state.dataset[db].pop_expired(now) else { break };
            self.keys_of_server(db, now).after_expiry(db, entry);
            self.state.server.persistence.dirty += 1;
        }
        self.publish_key_events(None);
        let removals: Vec<_> = self.effects.rare().before.drain(..).collect();
        for removal in &removals {
            self.write_single(removal);
        }
    }

    /// Whether there may be more. Nothing goes to the stream, which is the master's.
    fn expire_some_own(&mut self, now: UnixMillis) -> bool {
        self.effects.reset();
        for _ in 0..EXPIRY_KEYS_PER_CHECK {
            let Some((db, key)) = self.state.own_keys.pop_due(now) else {
                return false;
            };
            self.keys_of_server(db, now).peek(&key);
            self.publish_key_events(None);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::call::Origin;
    use crate::keyspace::testing::TestServer;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn expire(server: &mut TestServer) {
        server.executor.set_time(server.now);
        assert!(!server.executor.expire_due(PATIENCE));
    }

    #[test]
    fn a_master_deletes_what_has_expired_in_every_database_and_tells_replicas() {
        let mut server = TestServer::new();
        server.check(&[("SET a 1 PX 5", "OK"), ("COPY a b DB 3", "1"), ("SET c 1", "OK")]);
        server.stream();
        server.now += 6;
        expire(&mut server);
        assert_eq!(server.executor.state.dataset.key_count(), 1);
        assert_eq!(server.stream(), ["DEL a", "SELECT 3", "DEL b"]);
        assert_eq!(server.executor.state.keyspace_stats.expired, 2);
    }

    #[test]
    fn a_replica_deletes_what_its_own_clients_wrote_and_nothing_else() {
        let mut server = TestServer::new();
        server.become_replica();
        server.server().config.replication.replica_read_only = false;
        server.origin = Origin::Master;
        server.check(&[("SET theirs 1 PX 5", "OK")]);
        server.origin = Origin::Client;
        server.check(&[("SET a 1 PX 5", "OK"), ("SET b 1 PX 5", "OK"), ("PERSIST b", "1")]);
        server.check(&[("SET c 1 PX 5", "OK"), ("EXPIRE c 100", "1")]);
        assert_eq!(server.executor.state.own_keys.len(), 2);
        server.now += 6;
        expire(&mut server);
        server.check(&[("DBSIZE", "3"), ("EXISTS a b c theirs", "2")]);
        assert!(server.stream().is_empty());
    }

    /// The two may not agree on the time: what the master has set, and what it has emptied, is no
    /// business of the replica's any more.
    #[test]
    fn a_replica_leaves_alone_what_its_master_has_changed_since() {
        let mut server = TestServer::new();
        server.become_replica();
        server.server().config.replication.replica_read_only = false;
        server.check(&[("MSET a 1 b 1 c 1", "OK"), ("PEXPIRE a 5", "1"), ("PEXPIRE b 5", "1")]);
        server.check(&[("PEXPIRE c 5", "1"), ("SELECT 1", "OK"), ("SET d 1 PX 5", "OK")]);
        server.session().db = 0;
        server.origin = Origin::Master;
        server.check(&[("SET a 2 PX 4", "OK"), ("APPEND b 2", "2"), ("SELECT 1", "OK")]);
        server.check(&[("FLUSHDB", "OK"), ("SET d 2 PX 4", "OK")]);
        assert_eq!(server.executor.state.own_keys.len(), 1, "c");
        server.now += 6;
        expire(&mut server);
        assert_eq!(server.executor.state.dataset.key_count(), 3);
        assert_eq!(server.executor.state.own_keys.len(), 0);
    }
}

//! What the server does with keys of itself: nobody asked for it by a command, and whoever watches
//! keys hears of it all the same.

use super::execute::Executor;
use super::standing::{expired_as, wanted_events};
use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::commands::keys::{ExpiryRule, KeyObservers, Keys, Uses};
use crate::state::State;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;

impl Executor {
    /// The keys as no client sees them.
    pub(super) fn keys_of_server(&mut self, db: DbIndex, now: UnixMillis) -> Keys<'_> {
        let State { dataset, watches, waiters, own_keys, keyspace_stats, garbage, server } =
            &mut self.state;
        Keys {
            dataset,
            db,
            now,
            rule: ExpiryRule::Delete,
            uses: Uses {
                clock: server.usage_clock(now),
                lfu_log_factor: server.config.memory.lfu_log_factor,
                touches: false,
            },
            observers: KeyObservers {
                watches,
                waiters,
                events: wanted_events(server),
                own_keys: Some(own_keys),
                notes_own: false,
                expired_as: expired_as(server),
                feeds: server.replication.feeds_own(),
            },
            stats: keyspace_stats,
            effects: &mut self.effects,
            garbage,
        }
    }

    /// Another data set takes the place of ours.
    pub(super) fn replace_dataset(&mut self, dataset: Dataset) {
        let now = self.now();
        self.keys_of_server(0, now).replace_all(dataset);
    }

    /// An entry of another data set comes among ours, in the place of one of the same key.
    pub(super) fn merge(&mut self, db: DbIndex, entry: Entry) {
        let now = self.now();
        self.keys_of_server(db, now).merge(entry);
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;
    use crate::store::dataset::Dataset;
    use crate::store::entry::Entry;
    use crate::store::value::NewValue;

    const DATABASES: usize = 16;

    fn entry(key: &str) -> Entry {
        Entry::new(key.as_bytes(), NewValue::Int(7), None)
    }

    /// A data set with one key in its first database.
    fn other(key: &str) -> Dataset {
        let mut dataset = Dataset::new(DATABASES, 1);
        dataset[0].insert(entry(key));
        dataset
    }

    #[test]
    fn another_data_set_spoils_who_watches_a_key_of_either_and_forgets_a_replicas_own_keys() {
        let mut server = TestServer::new();
        server.become_replica();
        server.server().config.replication.replica_read_only = false;
        let exec = |server: &mut TestServer, watched: &str, dataset: Dataset| {
            server.check(&[("FLUSHALL", "OK"), ("SET ours v PX 10", "OK")]);
            server.check(&[(&format!("WATCH {watched}")[..], "OK"), ("MULTI", "OK")]);
            server.executor.replace_dataset(dataset);
            server.run("EXEC")
        };
        assert_eq!(exec(&mut server, "ours", other("theirs")), "nil");
        assert_eq!(exec(&mut server, "theirs", other("theirs")), "nil");
        assert_eq!(exec(&mut server, "neither", other("theirs")), "[]");
        assert_eq!(server.executor.state.own_keys.len(), 0);
    }

    #[test]
    fn a_key_that_is_merged_in_spoils_who_watches_it() {
        let mut server = TestServer::new();
        server.check(&[("WATCH a", "OK"), ("MULTI", "OK")]);
        server.executor.merge(0, entry("b"));
        server.check(&[("EXEC", "[]"), ("WATCH a", "OK"), ("MULTI", "OK")]);
        server.executor.merge(0, entry("a"));
        server.check(&[("EXEC", "nil"), ("MGET a b", "[\"7\" \"7\"]")]);
    }
}

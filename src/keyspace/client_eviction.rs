//! `maxmemory-clients`: when clients take more than that together, those that take most are closed.
//!
//! Looked at before each batch and by the clock. Replicas and masters neither count nor go; who has
//! said `CLIENT NO-EVICT ON` counts and stays.

use std::time::Duration;

use super::actor::Keyspace;
use super::clock::Moment;
use crate::clients::ClientSlot;
use crate::config::Config;
use crate::state::{Server, State};

/// Looking at all clients takes at most one part in so many of the time,
const SHARE: u32 = 16;
/// when there are more than so many: fewer are looked at before each batch.
const FEW_CLIENTS: usize = 32;

/// A client that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Evictable {
    slot: ClientSlot,
    bytes: usize,
}

impl Keyspace {
    /// Closes the largest clients until the others are within the limit.
    #[inline]
    pub(super) fn evict_clients(&mut self) {
        if self.executor.state.server.config.memory.maxmemory_clients != 0 {
            self.evict_clients_beyond();
        }
    }

    #[cold]
    fn evict_clients_beyond(&mut self) {
        let began = Moment::now();
        let Server { config, clients, .. } = &self.executor.state.server;
        let are_many = clients.len() > FEW_CLIENTS;
        let is_early =
            |(last, took): (Moment, Duration)| are_many && began.since(last) < took * SHARE;
        let Some(limit) =
            limit_bytes(config).filter(|_| !self.clients_weighed.is_some_and(is_early))
        else {
            return;
        };
        let (total, evictable) = weigh(&self.executor.state);
        self.clients_weighed = Some((began, Moment::now().since(began)));
        if total <= limit {
            return;
        }
        let (chosen, left) = choose(evictable, total, limit);
        for client in chosen {
            self.evict_client(client);
        }
        if left > limit {
            log::warn!("Over client maxmemory after evicting all evictable clients");
        }
    }

    fn evict_client(&mut self, client: Evictable) {
        let server = &mut self.executor.state.server;
        server.stats.evicted_clients += 1;
        let key = server.clients.at(client.slot).key;
        if let Some(line) = self.list_line_of(key) {
            log::info!("Evicting client: {line}");
        }
        self.close_now(client.slot);
    }
}

/// What clients may take together; `None`: there is no limit. As in Redis it is never so low that
/// nobody could say anything.
fn limit_bytes(config: &Config) -> Option<usize> {
    const LEAST: u64 = 128 * 1024;
    let memory = &config.memory;
    let bytes = match memory.maxmemory_clients {
        0 => return None,
        percent @ ..0 => {
            let whole = Some(memory.maxmemory).filter(|bytes| *bytes > 0)?;
            (u128::from(whole) * u128::from(percent.unsigned_abs()) / 100) as u64
        }
        bytes => bytes.unsigned_abs(),
    };
    Some(bytes.max(LEAST) as usize)
}

/// What all clients take that count, and those that may go.
fn weigh(state: &State) -> (usize, Vec<Evictable>) {
    let mut total = 0;
    let mut evictable = Vec::new();
    for session in state.server.clients.iter().filter(|session| session.counts_for_eviction()) {
        let slot = session.key.slot;
        let bytes = session.memory_bytes() + state.table_bytes_of(slot);
        total += bytes;
        if session.is_evictable() {
            evictable.push(Evictable { slot, bytes });
        }
    }
    (total, evictable)
}

/// The largest, so many that the others are within the limit if they can be; and what is left.
fn choose(
    mut evictable: Vec<Evictable>,
    mut total: usize,
    limit: usize,
) -> (Vec<Evictable>, usize) {
    evictable.sort_unstable_by_key(|client| std::cmp::Reverse(client.bytes));
    let goes = |client: &Evictable| {
        let is_over = total > limit;
        total -= if is_over { client.bytes } else { 0 };
        is_over
    };
    let chosen = evictable.into_iter().take_while(goes).collect();
    (chosen, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::{ClientKind, Gauges};
    use crate::keyspace::testing::TestServer;

    fn chosen(sizes: &[usize], limit: usize) -> (Vec<ClientSlot>, usize) {
        let evictable = sizes.iter().enumerate();
        let evictable = evictable.map(|(slot, &bytes)| Evictable { slot, bytes }).collect();
        let (chosen, left) = choose(evictable, sizes.iter().sum(), limit);
        (chosen.into_iter().map(|client| client.slot).collect(), left)
    }

    #[test]
    fn the_largest_go_first_and_no_more_than_must() {
        assert_eq!(chosen(&[5, 30, 10, 20], 65), (vec![], 65));
        assert_eq!(chosen(&[5, 30, 10, 20], 64), (vec![1], 35));
        assert_eq!(chosen(&[5, 30, 10, 20], 15), (vec![1, 3], 15));
        assert_eq!(chosen(&[5, 30, 10, 20], 0), (vec![1, 3, 2, 0], 0));
    }

    #[test]
    fn the_limit_is_a_number_of_bytes_or_a_part_of_maxmemory() {
        let mut config = Config::default();
        let mut limit = |clients, maxmemory| {
            config.memory.maxmemory_clients = clients;
            config.memory.maxmemory = maxmemory;
            limit_bytes(&config)
        };
        assert_eq!(limit(0, 1 << 30), None);
        assert_eq!(limit(3_000_000, 0), Some(3_000_000));
        assert_eq!(limit(1, 0), Some(131_072));
        assert_eq!(limit(-50, 1_000_000), Some(500_000));
        assert_eq!(limit(-5, 0), None);
        assert_eq!(limit(-100, u64::MAX), Some(u64::MAX as usize));
    }

    #[test]
    fn replicas_do_not_count_and_who_is_not_to_be_evicted_stays() {
        let mut server = TestServer::new();
        let (first, second, third) = (server.client, server.connect(), server.connect());
        for (slot, bytes) in [(first, 1_000), (second, 20_000), (third, 300_000)] {
            Gauges::set(&server.server().clients.at(slot).gauges.output, bytes);
        }
        server.server().clients.at_mut(third).kind = ClientKind::Replica;
        server.check(&[("CLIENT NO-EVICT ON", "OK"), ("WATCH a", "OK")]);
        let (total, evictable) = weigh(&server.executor.state);
        assert!((21_000..25_000).contains(&total), "{total}");
        assert_eq!(evictable.iter().map(|client| client.slot).collect::<Vec<_>>(), [second]);
    }

    #[test]
    fn watched_keys_and_subscriptions_count() {
        let mut server = TestServer::new();
        let bytes = |server: &mut TestServer| weigh(&server.executor.state).0;
        let before = bytes(&mut server);
        server.run("WATCH a b c");
        let watching = bytes(&mut server);
        server.check(&[("UNWATCH", "OK")]);
        assert!(watching > before + 300 && bytes(&mut server) == before);
        server.run("SUBSCRIBE a b");
        server.run("PSUBSCRIBE c*");
        assert!(bytes(&mut server) > before + 450);
        server.run("UNSUBSCRIBE a b");
        server.run("PUNSUBSCRIBE");
        assert_eq!(bytes(&mut server), before);
    }
}

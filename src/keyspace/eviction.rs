//! Makes room when more is in use than `maxmemory`: keys go, those first that the policy says.
//!
//! ```text
//! before a command, when more is in use ──► evict ──► there is room: the command runs
//!                                             │  └──► the time is over: it runs, and the rest goes
//!                                             │       slice by slice, when others have had their turn
//!                                             └─────► nothing goes: what may need memory is refused
//! ```
//!
//! What is in use is weighed by the bytes that the databases keep (`weighing`), so each key that goes
//! counts at once, whoever holds its old memory: a snapshot or the garbage thread never makes more
//! keys go.

use std::time::Duration;

use super::clock::Moment;
use super::execute::Executor;
use crate::base::ids::DbIndex;
use crate::config::value::choice::MaxmemoryPolicy;
use crate::store::database::Database;
use crate::store::entry::Entry;

/// Keys evicted between two looks at the time.
const KEYS_PER_CHECK: usize = 16;

/// Keys looked at for each of `maxmemory-samples`: they lie side by side and are fetched from memory
/// together, so that twice as many take little longer than Redis's, which lie apart.
const SEEN_PER_SAMPLE: usize = 2;

/// What evicting came to.
enum Room {
    Enough,
    /// The time is over; more can go later.
    Later,
    Nothing,
}

/// The next key to go.
enum Next {
    Key(DbIndex, Box<[u8]>),
    /// None was found yet.
    SearchOn,
    Nothing,
}

impl Executor {
    /// Before a command: keys go if more is in use than `maxmemory`.
    #[inline]
    pub(super) fn heed_memory_limit(&mut self, db: DbIndex) {
        let limit = self.state.server.config.memory.maxmemory;
        if limit == 0 {
            return;
        }
        let used = self.scales.used_bytes(&self.state, db) as u64;
        if used > limit || self.state.server.pressure.was_over() {
            self.evict();
        }
    }

    /// Lets keys go until there is room, for as long as `maxmemory-eviction-tenacity` says.
    #[cold]
    pub(super) fn evict(&mut self) {
        let began = Moment::now();
        let room = self.make_room(began);
        self.evicts_more = matches!(room, Room::Later);
        let now_micros = self.clock.micros();
        let server = &mut self.state.server;
        let was_full = server.pressure.is_full;
        match room {
            Room::Enough => server.pressure.has_room(now_micros),
            Room::Later => server.pressure.is_over(now_micros, false),
            Room::Nothing => server.pressure.is_over(now_micros, true),
        }
        if server.pressure.is_full != was_full {
            self.standing.forget();
        }
    }

    fn make_room(&mut self, began: Moment) -> Room {
        let memory = &self.state.server.config.memory;
        let (limit, policy) = (memory.maxmemory, memory.maxmemory_policy);
        if limit == 0 || !self.may_evict() {
            return Room::Enough;
        }
        let used = self.scales.weigh_anew(&self.state, began) as u64;
        let Some(excess) = used.checked_sub(limit).filter(|excess| *excess > 0) else {
            return Room::Enough;
        };
        if policy == MaxmemoryPolicy::NoEviction {
            return Room::Nothing;
        }
        let time = time_limit(memory.maxmemory_eviction_tenacity);
        self.effects.reset();
        let room = self.evict_bytes(excess, policy, began, time);
        self.tell_of_evictions();
        self.scales.weigh_anew(&self.state, began);
        self.note_latency("eviction-cycle", Moment::now().since(began).as_millis() as u64);
        // The command that comes now has not taken this time.
        self.clock.advance();
        room
    }

    /// While a data set is loaded or clients are paused nothing goes; nor on a replica, whose data
    /// set is its master's, unless the settings say so.
    fn may_evict(&self) -> bool {
        let server = &self.state.server;
        let ignores =
            server.replication.is_replica() && server.config.replication.replica_ignore_maxmemory;
        !ignores && server.loading.is_none() && server.pauses.at(self.clock.now()).is_none()
    }

    fn evict_bytes(
        &mut self,
        mut excess: u64,
        policy: MaxmemoryPolicy,
        began: Moment,
        time: Option<Duration>,
    ) -> Room {
        let removal: &[u8] = match self.state.server.config.memory.lazyfree_lazy_eviction {
            true => b"UNLINK",
            false => b"DEL",
        };
        for round in 1.. {
            match self.choose(policy) {
                Next::Nothing => return Room::Nothing,
                Next::SearchOn => {}
                Next::Key(db, key) => {
                    let before = self.state.dataset[db].logical_bytes();
                    let now = self.clock.now();
                    self.keys_of_server(db, now).evict(&key, removal);
                    let freed = before.saturating_sub(self.state.dataset[db].logical_bytes());
                    excess = excess.saturating_sub(freed as u64);
                    if excess == 0 {
                        return Room::Enough;
                    }
                }
            }
            if round % KEYS_PER_CHECK == 0 {
                self.tell_of_evictions();
                if time.is_some_and(|time| Moment::now().since(began) > time) {
                    return Room::Later;
                }
            }
        }
        Room::Later
    }

    /// Replicas and who listens hear which keys went.
    fn tell_of_evictions(&mut self) {
        self.publish_key_events(None);
        let removals: Vec<_> = self.effects.rare().before.drain(..).collect();
        removals.iter().for_each(|removal| self.write_single(removal));
        self.effects.reset();
    }

    fn choose(&mut self, policy: MaxmemoryPolicy) -> Next {
        use MaxmemoryPolicy::*;
        let random = self.state.server.random.next_u64();
        let of_all = !matches!(policy, VolatileLru | VolatileLfu | VolatileRandom | VolatileTtl);
        let weight = if of_all { Database::len } else { Database::expires_len };
        let Some(db) = self.state.dataset.choose(random, weight) else { return Next::Nothing };
        let mut found = None;
        match policy {
            AllkeysRandom => {
                let random = self.state.server.random.next_u64();
                found = self.state.dataset[db].random(random).map(|entry| (db, entry.key().into()));
            }
            VolatileRandom => self.sample(db, of_all, 1, |db, entry| {
                found = Some((db, entry.key().into()));
            }),
            VolatileTtl => found = self.first_due(),
            _ => return self.best_candidate(policy, db, of_all),
        }
        found.map_or(Next::SearchOn, |(db, key)| Next::Key(db, key))
    }

    /// The key with the first deadline of all.
    fn first_due(&self) -> Option<(DbIndex, Box<[u8]>)> {
        let databases = self.state.dataset.iter().enumerate();
        let due = databases.filter_map(|(db, database)| Some((db, database.first_due()?)));
        let (db, entry) = due.min_by_key(|(_, entry)| entry.expires_at())?;
        Some((db, entry.key().into()))
    }

    fn sample(
        &mut self,
        db: DbIndex,
        of_all: bool,
        count: usize,
        mut seen: impl FnMut(DbIndex, &Entry),
    ) {
        let random = self.state.server.random.next_u64();
        let database = &self.state.dataset[db];
        match of_all {
            true => database.sample(random, count, |entry| seen(db, entry)),
            false => database.sample_expiring(random, count, |entry| seen(db, entry)),
        }
    }

    /// Looks at some more keys, and takes the best of all that were seen and are still as they were.
    fn best_candidate(&mut self, policy: MaxmemoryPolicy, db: DbIndex, of_all: bool) -> Next {
        let mut chooser = std::mem::take(&mut self.chooser);
        let clock = self.state.server.usage_clock(self.clock.now());
        let wanted = self.state.server.config.memory.maxmemory_samples as usize;
        let samples = wanted.saturating_mul(SEEN_PER_SAMPLE);
        let candidates = chooser.under(policy);
        self.sample(db, of_all, samples, |db, entry| {
            candidates.offer(clock.eviction_score(entry.lru()), db, entry.key(), entry.lru());
        });
        let mut best = std::iter::from_fn(|| candidates.take_best());
        let next = best.find(|best| {
            let entry = self.state.dataset[best.db].get(&best.key);
            let as_it_was = |entry: &Entry| entry.lru() == best.lru;
            let may_go = |entry: &Entry| of_all || entry.expires_at().is_some();
            entry.is_some_and(|entry| as_it_was(entry) && may_go(entry))
        });
        self.chooser = chooser;
        next.map_or(Next::SearchOn, |best| Next::Key(best.db, best.key))
    }
}

/// How long keys may go before one command; `None`: until there is room. As in Redis: up to half a
/// millisecond at a tenacity of 10, then 15 percent more for each.
fn time_limit(tenacity: u32) -> Option<Duration> {
    let micros = match tenacity {
        0..=10 => 50.0 * f64::from(tenacity),
        11..=99 => 500.0 * 1.15_f64.powi(tenacity as i32 - 10),
        _ => return None,
    };
    Some(Duration::from_micros(micros as u64))
}

#[cfg(test)]
mod tests;

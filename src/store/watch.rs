//! WATCH: which clients watch which keys, and whose transaction is spoilt.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::store::dataset::Dataset;

/// Place of a client in the table of clients.
pub type ClientSlot = usize;

type Place = (DbIndex, Box<[u8]>);

#[derive(Debug, Default)]
struct Watcher {
    /// Each with whether it was already past its deadline when WATCH named it: its removal is no
    /// change then. A map, since a client may watch any number of keys and each change of one looks
    /// it up here.
    keys: HashMap<Place, bool>,
    dirty: bool,
}

/// All watched keys. Empty on most servers, so the check on each change is one comparison.
#[derive(Debug, Default)]
pub struct Watches {
    /// Invariant: a client is listed for a key exactly when its `Watcher` lists that key.
    by_key: HashMap<Place, BTreeSet<ClientSlot>>,
    watchers: HashMap<ClientSlot, Watcher>,
}

impl Watches {
    /// Adds a key to those that `client` watches. Watching twice is once.
    pub fn watch(&mut self, client: ClientSlot, db: DbIndex, key: &[u8], expired: bool) {
        let watcher = self.watchers.entry(client).or_default();
        let place: Place = (db, key.into());
        if let Entry::Vacant(new) = watcher.keys.entry(place.clone()) {
            new.insert(expired);
            self.by_key.entry(place).or_default().insert(client);
        }
    }

    /// Forgets all that `client` watches, and that it was spoilt.
    pub fn unwatch(&mut self, client: ClientSlot) {
        let Some(watcher) = self.watchers.remove(&client) else { return };
        for place in watcher.keys.into_keys() {
            if let Some(clients) = self.by_key.get_mut(&place) {
                clients.remove(&client);
                if clients.is_empty() {
                    self.by_key.remove(&place);
                }
            }
        }
    }

    /// How many keys `client` watches.
    pub fn count(&self, client: ClientSlot) -> usize {
        self.watchers.get(&client).map_or(0, |w| w.keys.len())
    }

    /// Whether nothing is watched by anybody.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// A key changed: spoils the transactions of those who watch it.
    #[inline]
    pub fn touch(&mut self, db: DbIndex, key: &[u8]) {
        if !self.by_key.is_empty() {
            self.touch_watched(db, key);
        }
    }

    fn touch_watched(&mut self, db: DbIndex, key: &[u8]) {
        let place: Place = (db, key.into());
        let Some(clients) = self.by_key.get(&place) else { return };
        for client in clients {
            let Some(watcher) = self.watchers.get_mut(client) else { continue };
            // A key that was only logically gone is gone now: from here on it counts.
            if let Some(expired) = watcher.keys.get_mut(&place) {
                *expired = false;
            }
            watcher.dirty = true;
        }
    }

    /// An expired key was removed: for those who saw it expired already, nothing changed.
    pub fn touch_expired(&mut self, db: DbIndex, key: &[u8]) {
        if self.by_key.is_empty() {
            return;
        }
        let place: Place = (db, key.into());
        let Some(clients) = self.by_key.get(&place) else { return };
        for client in clients {
            let Some(watcher) = self.watchers.get_mut(client) else { continue };
            match watcher.keys.get_mut(&place) {
                Some(expired) if *expired => *expired = false,
                _ => watcher.dirty = true,
            }
        }
    }

    /// The keys of a database go away, or those of database `after` come in their place: spoils
    /// whoever watches a key that is there before or after. A key that had expired when it was
    /// watched and is gone or expired afterwards is no change.
    pub fn touch_database(
        &mut self,
        db: DbIndex,
        before: &Dataset,
        after: Option<DbIndex>,
        now: UnixMillis,
    ) {
        for (place, clients) in &self.by_key {
            let (watched_db, key) = place;
            let comes = after.and_then(|other| before[other].get(key));
            let was_there = before[db].get(key).is_some();
            if *watched_db != db || !(was_there || comes.is_some()) {
                continue;
            }
            let comes_expired = comes.is_some_and(|entry| entry.is_expired(now));
            for client in clients {
                let Some(watcher) = self.watchers.get_mut(client) else { continue };
                let Some(expired_at_watch) = watcher.keys.get_mut(place) else { continue };
                watcher.dirty |= match (*expired_at_watch, comes.is_some()) {
                    (true, false) => {
                        *expired_at_watch = false;
                        false
                    }
                    (true, true) => !comes_expired,
                    (false, _) if !was_there && comes_expired => {
                        *expired_at_watch = true;
                        false
                    }
                    (false, _) => true,
                };
            }
        }
    }

    /// The data set is about to be replaced by another: spoils whoever watches a key of a
    /// database that is there before or after.
    pub fn touch_swapped(&mut self, db: DbIndex, before: &Dataset, after: &Dataset) {
        for ((watched_db, key), clients) in &self.by_key {
            let is_there = |dataset: &Dataset| dataset[db].get(key).is_some();
            if *watched_db != db || !(is_there(before) || is_there(after)) {
                continue;
            }
            for client in clients {
                if let Some(watcher) = self.watchers.get_mut(client) {
                    watcher.dirty = true;
                }
            }
        }
    }

    /// Whether EXEC must answer null: a watched key changed, or has expired since.
    pub fn is_spoilt(&self, client: ClientSlot, dataset: &Dataset, now: UnixMillis) -> bool {
        let Some(watcher) = self.watchers.get(&client) else { return false };
        watcher.dirty
            || watcher.keys.iter().any(|((db, key), expired_at_watch)| {
                !expired_at_watch
                    && dataset[*db]
                        .get(key)
                        .and_then(|entry| entry.expires_at())
                        .is_some_and(|deadline| deadline < now)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looking through all of a client's keys at each change takes minutes here, and the test
    /// runner's patience is shorter.
    #[test]
    fn a_client_may_watch_very_many_keys() {
        const KEYS: u32 = 100_000;
        let mut watches = Watches::default();
        (0..KEYS).for_each(|i| watches.watch(1, 0, &i.to_be_bytes(), false));
        (0..KEYS).for_each(|i| watches.touch(0, &i.to_be_bytes()));
        (0..KEYS).for_each(|i| watches.touch_expired(0, &i.to_be_bytes()));
        assert_eq!(watches.count(1), KEYS as usize);
        watches.unwatch(1);
        assert!(watches.is_empty() && watches.watchers.is_empty());
    }

    /// A set of clients by key: whoever leaves is found in it, and a look at all of them by each
    /// would take minutes here.
    #[test]
    fn a_key_may_be_watched_by_very_many_clients() {
        const CLIENTS: usize = 200_000;
        let mut watches = Watches::default();
        (0..CLIENTS).for_each(|client| watches.watch(client, 0, b"k", false));
        (0..CLIENTS).for_each(|client| watches.unwatch(client));
        assert!(watches.is_empty() && watches.watchers.is_empty());
    }
}

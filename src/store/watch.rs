//! WATCH: which clients watch which keys, and whose transaction is spoilt.

use std::collections::{BTreeMap, HashMap};

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::store::dataset::Dataset;

/// Place of a client in the table of clients.
pub type ClientSlot = usize;

type Place = (DbIndex, Box<[u8]>);

/// Who watches a key, each with whether it was already past its deadline when WATCH named it: its
/// removal is no change then.
type KeyWatchers = BTreeMap<ClientSlot, bool>;

#[derive(Debug, Default)]
struct Watcher {
    /// None any more once its transaction is spoilt: nothing can spoil it more.
    keys: Vec<Place>,
    /// What these take, about.
    bytes: usize,
    is_spoilt: bool,
}

/// What a watched key takes beside two copies of its name, about.
const KEY_OVERHEAD_BYTES: usize = 128;

/// All watched keys. Empty on most servers, so the check on each change is one comparison.
#[derive(Debug, Default)]
pub struct Watches {
    /// Invariant: a client is listed for a key exactly when its `Watcher` lists that key; no list
    /// and no database is empty.
    by_db: BTreeMap<DbIndex, HashMap<Box<[u8]>, KeyWatchers>>,
    watchers: HashMap<ClientSlot, Watcher>,
}

impl Watches {
    /// Adds a key to those that `client` watches. Watching twice is once.
    pub fn watch(&mut self, client: ClientSlot, db: DbIndex, key: &[u8], expired: bool) {
        let watcher = self.watchers.entry(client).or_default();
        if watcher.is_spoilt {
            return;
        }
        let watchers = self.by_db.entry(db).or_default().entry(key.into()).or_default();
        watchers.entry(client).or_insert_with(|| {
            watcher.keys.push((db, key.into()));
            watcher.bytes += KEY_OVERHEAD_BYTES + 2 * key.len();
            expired
        });
    }

    /// Forgets all that `client` watches, and that it was spoilt.
    pub fn unwatch(&mut self, client: ClientSlot) {
        if let Some(watcher) = self.watchers.remove(&client) {
            self.leave(client, watcher.keys);
        }
    }

    /// Takes a client off the lists of these keys.
    fn leave(&mut self, client: ClientSlot, places: Vec<Place>) {
        for (db, key) in places {
            let Some(keys) = self.by_db.get_mut(&db) else { continue };
            let Some(watchers) = keys.get_mut(&key) else { continue };
            watchers.remove(&client);
            if watchers.is_empty() {
                keys.remove(&key);
            }
            if keys.is_empty() {
                self.by_db.remove(&db);
            }
        }
    }

    /// The transactions of these come to nothing. From here on they watch nothing, so that a key
    /// that changes often is no burden to whoever changes it.
    fn spoil(&mut self, clients: impl IntoIterator<Item = ClientSlot>) {
        for client in clients {
            let Some(watcher) = self.watchers.get_mut(&client) else { continue };
            watcher.is_spoilt = true;
            let keys = std::mem::take(&mut watcher.keys);
            watcher.bytes = 0;
            self.leave(client, keys);
        }
    }

    /// How many keys `client` watches.
    pub fn count(&self, client: ClientSlot) -> usize {
        self.watchers.get(&client).map_or(0, |w| w.keys.len())
    }

    /// What the keys take that `client` watches, in bytes.
    pub fn memory_bytes(&self, client: ClientSlot) -> usize {
        self.watchers.get(&client).map_or(0, |w| w.bytes)
    }

    /// Whether nothing is watched by anybody.
    pub fn is_empty(&self) -> bool {
        self.by_db.is_empty()
    }

    /// A key changed: spoils the transactions of those who watch it.
    #[inline]
    pub fn touch(&mut self, db: DbIndex, key: &[u8]) {
        if !self.by_db.is_empty() {
            self.touch_watched(db, key);
        }
    }

    fn touch_watched(&mut self, db: DbIndex, key: &[u8]) {
        if let Some(watchers) = self.by_db.get(&db).and_then(|keys| keys.get(key)) {
            let clients: Vec<ClientSlot> = watchers.keys().copied().collect();
            self.spoil(clients);
        }
    }

    /// An expired key was removed: for those who saw it expired already, nothing changed. It is gone
    /// now, and what becomes of it from here on counts.
    pub fn touch_expired(&mut self, db: DbIndex, key: &[u8]) {
        let keys = self.by_db.get_mut(&db);
        let Some(watchers) = keys.and_then(|keys| keys.get_mut(key)) else { return };
        let saw_it = |(&client, expired): (&ClientSlot, &mut bool)| {
            (!std::mem::take(expired)).then_some(client)
        };
        let spoilt: Vec<ClientSlot> = watchers.iter_mut().filter_map(saw_it).collect();
        self.spoil(spoilt);
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
        let mut spoilt = Vec::new();
        for (key, watchers) in self.by_db.get_mut(&db).into_iter().flatten() {
            let comes = after.and_then(|other| before[other].get(key));
            let was_there = before[db].get(key).is_some();
            if !was_there && comes.is_none() {
                continue;
            }
            let comes_expired = comes.is_some_and(|entry| entry.is_expired(now));
            for (&client, expired_at_watch) in watchers {
                let is_change = match (*expired_at_watch, comes.is_some()) {
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
                spoilt.extend(is_change.then_some(client));
            }
        }
        self.spoil(spoilt);
    }

    /// The data set is about to be replaced by another: spoils whoever watches a key of a
    /// database that is there before or after.
    pub fn touch_swapped(&mut self, db: DbIndex, before: &Dataset, after: &Dataset) {
        let mut spoilt = Vec::new();
        for (key, watchers) in self.by_db.get(&db).into_iter().flatten() {
            if [before, after].iter().any(|dataset| dataset[db].get(key).is_some()) {
                spoilt.extend(watchers.keys());
            }
        }
        self.spoil(spoilt);
    }

    /// Whether a watched key has changed.
    pub fn has_change(&self, client: ClientSlot) -> bool {
        self.watchers.get(&client).is_some_and(|watcher| watcher.is_spoilt)
    }

    /// Whether EXEC must answer null: a watched key changed, or has expired since.
    pub fn is_spoilt(&self, client: ClientSlot, dataset: &Dataset, now: UnixMillis) -> bool {
        let Some(watcher) = self.watchers.get(&client) else { return false };
        let has_expired_since = |(db, key): &Place| {
            let watchers = self.by_db.get(db).and_then(|keys| keys.get(key));
            let was_expired = watchers.and_then(|watchers| watchers.get(&client)) == Some(&true);
            let deadline = dataset[*db].get(key).and_then(|entry| entry.expires_at());
            !was_expired && deadline.is_some_and(|deadline| deadline < now)
        };
        watcher.is_spoilt || watcher.keys.iter().any(has_expired_since)
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
        (0..KEYS).for_each(|i| watches.watch(1, 0, &i.to_be_bytes(), true));
        (0..KEYS).for_each(|i| watches.touch_expired(0, &i.to_be_bytes()));
        assert_eq!(watches.count(1), KEYS as usize);
        (0..KEYS).for_each(|i| watches.touch(0, &i.to_be_bytes()));
        assert!(watches.has_change(1) && watches.is_empty());
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

    /// Looking at all of them for each database takes minutes here.
    #[test]
    fn keys_of_other_databases_are_not_looked_at_when_one_is_emptied() {
        const DATABASES: usize = 10_000;
        let dataset = Dataset::new(DATABASES, 1);
        let mut watches = Watches::default();
        (0..100_000u32).for_each(|i| watches.watch(1, 1, &i.to_be_bytes(), false));
        for db in (0..DATABASES).filter(|&db| db != 1) {
            watches.touch_database(db, &dataset, None, 0);
            watches.touch_swapped(db, &dataset, &dataset);
        }
        assert_eq!(watches.count(1), 100_000);
    }

    /// And asking each of them at every change.
    #[test]
    fn who_is_spoilt_is_not_asked_again_and_watches_nothing_more() {
        const CLIENTS: usize = 20_000;
        let mut watches = Watches::default();
        (0..CLIENTS).for_each(|client| watches.watch(client, 0, b"hot", false));
        watches.watch(1, 0, b"cold", false);
        (0..CLIENTS).for_each(|_| watches.touch(0, b"hot"));
        watches.watch(1, 0, b"new", false);
        assert!(watches.is_empty() && (0..CLIENTS).all(|client| watches.has_change(client)));
    }
}

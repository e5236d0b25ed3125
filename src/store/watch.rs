//! WATCH: which clients watch which keys, and whose transaction is spoilt.

use std::collections::HashMap;

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::store::dataset::Dataset;

/// Place of a client in the table of clients.
pub type ClientSlot = usize;

#[derive(Debug)]
struct WatchedKey {
    db: DbIndex,
    key: Box<[u8]>,
    /// Already past its deadline when WATCH named it: its removal is no change.
    expired_at_watch: bool,
}

#[derive(Debug, Default)]
struct Watcher {
    keys: Vec<WatchedKey>,
    dirty: bool,
}

/// All watched keys. Empty on most servers, so the check on each change is one comparison.
#[derive(Debug, Default)]
pub struct Watches {
    /// Invariant: a client is listed for a key exactly when its `Watcher` lists that key.
    by_key: HashMap<(DbIndex, Box<[u8]>), Vec<ClientSlot>>,
    watchers: HashMap<ClientSlot, Watcher>,
}

impl Watches {
    /// Adds a key to those that `client` watches. Watching twice is once.
    pub fn watch(&mut self, client: ClientSlot, db: DbIndex, key: &[u8], expired: bool) {
        let watcher = self.watchers.entry(client).or_default();
        if watcher.keys.iter().any(|w| w.db == db && &*w.key == key) {
            return;
        }
        watcher.keys.push(WatchedKey { db, key: key.into(), expired_at_watch: expired });
        self.by_key.entry((db, key.into())).or_default().push(client);
    }

    /// Forgets all that `client` watches, and that it was spoilt.
    pub fn unwatch(&mut self, client: ClientSlot) {
        let Some(watcher) = self.watchers.remove(&client) else { return };
        for watched in watcher.keys {
            let place = (watched.db, watched.key);
            if let Some(clients) = self.by_key.get_mut(&place) {
                clients.retain(|&c| c != client);
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
        let place = (db, key.into());
        let Some(clients) = self.by_key.get(&place) else { return };
        for client in clients {
            let Some(watcher) = self.watchers.get_mut(client) else { continue };
            for watched in &mut watcher.keys {
                if watched.db == db && &*watched.key == key && watched.expired_at_watch {
                    // The key that was only logically gone is gone now: from here on it counts.
                    watched.expired_at_watch = false;
                }
            }
            watcher.dirty = true;
        }
    }

    /// An expired key was removed: for those who saw it expired already, nothing changed.
    pub fn touch_expired(&mut self, db: DbIndex, key: &[u8]) {
        if self.by_key.is_empty() {
            return;
        }
        let place = (db, key.into());
        let Some(clients) = self.by_key.get(&place) else { return };
        for client in clients {
            let Some(watcher) = self.watchers.get_mut(client) else { continue };
            let seen = watcher
                .keys
                .iter_mut()
                .find(|w| w.db == db && &*w.key == key && w.expired_at_watch);
            match seen {
                Some(watched) => watched.expired_at_watch = false,
                None => watcher.dirty = true,
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
        for ((watched_db, key), clients) in &self.by_key {
            let comes = after.and_then(|other| before[other].get(key));
            let was_there = before[db].get(key).is_some();
            if *watched_db != db || !(was_there || comes.is_some()) {
                continue;
            }
            let comes_expired = comes.is_some_and(|entry| entry.is_expired(now));
            for client in clients {
                let Some(watcher) = self.watchers.get_mut(client) else { continue };
                let watched = watcher.keys.iter_mut().find(|w| w.db == db && w.key == *key);
                let Some(watched) = watched else { continue };
                watcher.dirty |= match (watched.expired_at_watch, comes.is_some()) {
                    (true, false) => {
                        watched.expired_at_watch = false;
                        false
                    }
                    (true, true) => !comes_expired,
                    (false, _) if !was_there && comes_expired => {
                        watched.expired_at_watch = true;
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
            || watcher.keys.iter().any(|w| {
                !w.expired_at_watch
                    && dataset[w.db]
                        .get(&w.key)
                        .and_then(|entry| entry.expires_at())
                        .is_some_and(|deadline| deadline < now)
            })
    }
}

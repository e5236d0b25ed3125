//! Whole databases, and keys that are deleted unseen.

use crate::base::ids::DbIndex;
use crate::store::database::Database;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;

use super::expiry::ExpiryRule;
use super::observers::KeyChange;
use super::view::Keys;
use crate::store::event::EventClass;

impl Keys<'_> {
    /// Deletes a key of any type; announces it. `false` when it is not there.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        if self.rule == ExpiryRule::Hide && self.peek(key).is_none() {
            return false;
        }
        let Some(entry) = self.dataset[self.db].remove(key) else { return false };
        if self.is_gone(&entry) {
            self.after_expiry(self.db, entry);
            return false;
        }
        self.announce_deletion(key, entry);
        true
    }

    /// Deletes the key that a command would have set, had its result not been empty; announces it.
    /// As in Redis, one whose deadline has passed is deleted like any other. `false` when it is
    /// not there.
    pub fn delete_destination(&mut self, key: &[u8]) -> bool {
        let Some(entry) = self.dataset[self.db].remove(key) else { return false };
        self.announce_deletion(key, entry);
        true
    }

    /// Evicts a key; announces it, as an event and no change. `removal`: what the stream calls it.
    pub fn evict(&mut self, key: &[u8], removal: &'static [u8]) {
        let Some(entry) = self.dataset[self.db].remove(key) else { return };
        self.stats.evicted += 1;
        let place = (self.db, key);
        let event = Some((EventClass::Evicted, "evicted"));
        self.observers.changed(self.effects, &KeyChange::removal(place, 0, event));
        self.observers.removed(self.effects, place, removal);
        self.garbage.discard(entry);
    }

    fn announce_deletion(&mut self, key: &[u8], entry: Entry) {
        let event = Some((EventClass::Generic, "del"));
        self.observers.changed(self.effects, &KeyChange::removal((self.db, key), 1, event));
        self.garbage.discard(entry);
    }

    /// Empties a database; announces it, as a change of each key. What was in it is given back, to
    /// be dropped where that may take its time.
    #[must_use]
    pub fn flush(&mut self, db: DbIndex) -> Database {
        self.observers.database_changes((self.dataset, db), None, self.now);
        let old = self.dataset[db].clear();
        self.effects.dirty += old.len() as u64;
        old
    }

    /// Puts another data set in the place of all databases; announces it. Nothing is counted as
    /// changed: what is there came from where it is written already.
    pub fn replace_all(&mut self, dataset: Dataset) {
        self.observers.dataset_replaced(self.dataset, &dataset);
        let old = std::mem::replace(self.dataset, dataset);
        let keys = old.key_count();
        self.garbage.drop_later(old, keys);
    }

    /// Puts an entry of another data set in its place among ours; announces it, and counts nothing
    /// either.
    pub fn merge(&mut self, entry: Entry) {
        self.observers.merged((self.db, entry.key()), entry.value().value_type());
        self.dataset[self.db].insert(entry);
    }

    /// Exchanges two databases; announces it, as one change.
    pub fn swap(&mut self, one: DbIndex, other: DbIndex) {
        if one != other {
            self.observers.database_changes((self.dataset, one), Some(other), self.now);
            self.observers.database_changes((self.dataset, other), Some(one), self.now);
            self.dataset.swap(one, other);
            self.observers.databases_swapped(one, other);
        }
        self.effects.dirty += 1;
    }
}

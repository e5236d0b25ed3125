//! The keys of the data set as a command sees them: expiry applied, changes counted and
//! watched, what was found expired sent to the stream.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::resp::request::OwnedCommand;
use crate::store::database::Database;
use crate::store::dataset::Dataset;
use crate::store::entry::{Entry, EntryMut};
use crate::store::garbage::Garbage;
use crate::store::value::ValueRef;
use crate::store::watch::Watches;
use crate::telemetry::stats::KeyspaceStats;

use super::effect::{Effects, StreamCommand};

/// What to do with a key whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryRule {
    /// The master: delete it, and tell the replicas.
    Delete,
    /// A replica towards its clients: it is not there, but only the master deletes it.
    Hide,
    /// A replica towards its master, and while loading: it is there.
    Ignore,
}

/// Classes of keyspace events, as `notify-keyspace-events` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    Generic,
    String,
    Expired,
    Evicted,
    New,
}

/// The data set in the hands of one command.
pub struct Keys<'a> {
    pub dataset: &'a mut Dataset,
    /// The client's selected database.
    pub db: DbIndex,
    pub now: UnixMillis,
    pub rule: ExpiryRule,
    /// What a read stamps on an entry; `None` for CLIENT NO-TOUCH.
    pub lru_clock: Option<u32>,
    /// Remove expired keys by UNLINK rather than DEL.
    pub lazy_expire: bool,
    pub stats: &'a mut KeyspaceStats,
    pub watches: &'a mut Watches,
    pub effects: &'a mut Effects,
    pub garbage: &'a Garbage,
}

impl Keys<'_> {
    pub fn database(&self) -> &Database {
        &self.dataset[self.db]
    }

    /// Looks a key up to read it: counts hit or miss, stamps the access time.
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Option<&Entry> {
        if self.drop_if_expired(key) {
            self.stats.misses += 1;
            return None;
        }
        let found = self.dataset[self.db].get(key);
        match found {
            Some(entry) => {
                self.stats.hits += 1;
                if let Some(clock) = self.lru_clock {
                    entry.set_lru(clock);
                }
            }
            None => self.stats.misses += 1,
        }
        found
    }

    /// Looks a key up without counting or stamping: EXISTS-like checks before a write, TYPE, TTL,
    /// OBJECT.
    #[inline]
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        if self.drop_if_expired(key) {
            return None;
        }
        self.dataset[self.db].get(key)
    }

    /// Whether the key is there for this command.
    pub fn exists(&mut self, key: &[u8]) -> bool {
        self.peek(key).is_some()
    }

    /// Puts an entry in the place of what was there, if anything. The caller says what changed
    /// with [`Keys::changed`].
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        self.dataset[self.db].insert(entry)
    }

    /// Takes a key out. The caller says what changed.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        self.dataset[self.db].remove(key)
    }

    /// Changes a value where it is; `None` when the key is not there. Expiry was looked at
    /// before, by [`Keys::peek`] or [`Keys::read`].
    pub fn update<R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut EntryMut<'_>) -> R,
    ) -> Option<R> {
        self.dataset[self.db].update(key, change)
    }

    /// Sets or takes away the deadline. `false` when the key is not there.
    pub fn set_expiry(&mut self, key: &[u8], deadline: Option<UnixMillis>) -> bool {
        self.dataset[self.db].set_expiry(key, deadline)
    }

    /// One change to a key of the selected database: counted, seen by WATCH and by event
    /// listeners.
    #[inline]
    pub fn changed(&mut self, key: &[u8], class: EventClass, event: &'static str) {
        self.changed_in(self.db, key, class, event);
    }

    /// [`Keys::changed`] for another database.
    #[inline]
    pub fn changed_in(&mut self, db: DbIndex, key: &[u8], class: EventClass, event: &'static str) {
        self.effects.dirty += 1;
        self.watches.touch(db, key);
        self.notify(db, key, class, event);
    }

    /// Tells event listeners; the one place for keyspace notifications.
    #[inline]
    pub fn notify(&mut self, _db: DbIndex, _key: &[u8], _class: EventClass, _event: &'static str) {}

    /// Removes the key when its deadline has passed (as the rule has it). `true`: the command
    /// must take it as absent.
    #[inline]
    pub fn drop_if_expired(&mut self, key: &[u8]) -> bool {
        self.drop_if_expired_in(self.db, key)
    }

    /// [`Keys::drop_if_expired`] for another database.
    pub fn drop_if_expired_in(&mut self, db: DbIndex, key: &[u8]) -> bool {
        let database = &self.dataset[db];
        if database.expires_len() == 0 || self.rule == ExpiryRule::Ignore {
            return false;
        }
        let deadline = database.get(key).and_then(Entry::expires_at);
        if deadline.is_none_or(|deadline| deadline >= self.now) {
            return false;
        }
        if self.rule == ExpiryRule::Delete {
            self.expire(db, key);
        }
        true
    }

    /// Deletes a key that has expired and tells the replicas.
    pub fn expire(&mut self, db: DbIndex, key: &[u8]) {
        if let Some(entry) = self.dataset[db].remove(key) {
            self.after_expiry(db, entry);
        }
    }

    /// What follows when an expired entry was taken out: counted, watched, told to the replicas.
    pub fn after_expiry(&mut self, db: DbIndex, entry: Entry) {
        let key = entry.key();
        self.stats.expired += 1;
        self.watches.touch_expired(db, key);
        self.notify(db, key, EventClass::Expired, "expired");
        let name: &[u8] = if self.lazy_expire { b"UNLINK" } else { b"DEL" };
        let command = OwnedCommand::from_slices(&[name, key]);
        self.effects.before.push(StreamCommand { db, command });
        self.discard(entry);
    }

    /// Drops an entry that was taken out: here when that is quick, else on the garbage thread.
    #[inline]
    pub fn discard(&self, entry: Entry) {
        if let ValueRef::Object(_) = entry.value() {
            self.garbage.drop_later(entry, 1);
        }
    }
}

//! The keys of the data set as a command sees them: expiry applied, changes counted and
//! watched, what was found expired sent to the stream.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::config::value::keyspace_events::KeyspaceEvents;
use crate::rdb::usage::UsageClock;
use crate::resp::request::OwnedCommand;
use crate::store::database::Database;
use crate::store::dataset::Dataset;
use crate::store::entry::{Entry, EntryMut};
use crate::store::garbage::Garbage;
use crate::store::tree::SetExpiry;
use crate::store::value::NewValue;
use crate::store::watch::Watches;
use crate::telemetry::stats::KeyspaceStats;

use super::effect::{Effects, KeyEvent, StreamCommand};
use super::error::CommandError;

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
    /// A key that was not there is.
    New,
    /// A key that was looked up is not there.
    KeyMiss,
}

impl EventClass {
    /// Its place in the setting.
    const fn flag(self) -> KeyspaceEvents {
        match self {
            EventClass::Generic => KeyspaceEvents::GENERIC,
            EventClass::String => KeyspaceEvents::STRING,
            EventClass::Expired => KeyspaceEvents::EXPIRED,
            EventClass::Evicted => KeyspaceEvents::EVICTED,
            EventClass::New => KeyspaceEvents::NEW,
            EventClass::KeyMiss => KeyspaceEvents::KEY_MISS,
        }
    }
}

/// The data set in the hands of one command.
pub struct Keys<'a> {
    pub dataset: &'a mut Dataset,
    /// The client's selected database.
    pub db: DbIndex,
    pub now: UnixMillis,
    pub rule: ExpiryRule,
    /// What entries note of their use.
    pub usage: UsageClock,
    /// `lfu-log-factor`.
    pub lfu_log_factor: u32,
    /// Looking a key up counts as a use: not for CLIENT NO-TOUCH.
    pub touches: bool,
    /// A replica's client writes: what expires of it is this server's own to delete.
    pub notes_own: bool,
    /// Remove expired keys by UNLINK rather than DEL.
    pub lazy_expire: bool,
    /// What happens to keys and is published.
    pub events: KeyspaceEvents,
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
            miss(self.stats, self.effects, self.events, (self.db, key));
            return None;
        }
        let found = self.dataset[self.db].get(key);
        match found {
            Some(entry) => {
                self.stats.hits += 1;
                if self.touches {
                    stamp(entry, self.usage, self.lfu_log_factor, self.stats.hits);
                }
            }
            None => miss(self.stats, self.effects, self.events, (self.db, key)),
        }
        found
    }

    /// Looks a key up to tell something about it: counts hit or miss, leaves the access time.
    /// TYPE, TTL, EXISTS.
    pub fn look(&mut self, key: &[u8]) -> Option<&Entry> {
        let events = self.events;
        self.look_and_tell(key, events)
    }

    /// [`Keys::look`] of which no listener hears. OBJECT.
    pub fn inspect(&mut self, key: &[u8]) -> Option<&Entry> {
        self.look_and_tell(key, KeyspaceEvents::NONE)
    }

    fn look_and_tell(&mut self, key: &[u8], events: KeyspaceEvents) -> Option<&Entry> {
        if self.drop_if_expired(key) {
            miss(self.stats, self.effects, events, (self.db, key));
            return None;
        }
        let found = self.dataset[self.db].get(key);
        match found {
            Some(_) => self.stats.hits += 1,
            None => miss(self.stats, self.effects, events, (self.db, key)),
        }
        found
    }

    /// Looks a key up without counting or stamping, before a write.
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

    /// [`Keys::exists`] for another database.
    pub fn exists_in(&mut self, db: DbIndex, key: &[u8]) -> bool {
        !self.drop_if_expired_in(db, key) && self.dataset[db].contains(key)
    }

    /// Puts an entry in the place of what was there, if anything; listeners hear of a new key, as
    /// Redis deletes the old one first. The caller says what changed with [`Keys::changed`].
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        self.insert_in(self.db, entry)
    }

    /// [`Keys::insert`] for another database.
    pub fn insert_in(&mut self, db: DbIndex, entry: Entry) -> Option<Entry> {
        self.notify(db, entry.key(), EventClass::New, "new");
        self.dataset[db].insert(entry)
    }

    /// Sets a key to a string, whatever it was. The caller says what changed.
    #[inline]
    pub fn set(&mut self, key: &[u8], value: NewValue<'_>, expiry: SetExpiry) {
        // Only the expiry of a key that is still there is kept.
        let expiry = match expiry {
            SetExpiry::Keep if self.drop_if_expired(key) => SetExpiry::To(None),
            expiry => expiry,
        };
        let lru = self.usage_after_set(key);
        let replaced = self.dataset[self.db].set(key, value, expiry, lru);
        if let Some(garbage) = replaced.garbage {
            self.discard(garbage);
        }
        let has_expired = replaced.expiry.flatten().is_some_and(|deadline| deadline < self.now)
            && self.rule == ExpiryRule::Delete;
        if has_expired {
            self.tell_expired(self.db, key);
        }
        if has_expired || replaced.expiry.is_none() {
            self.notify(self.db, key, EventClass::New, "new");
        }
    }

    /// The 24 bits of a key that is about to be set: a counter goes on from where it was.
    fn usage_after_set(&self, key: &[u8]) -> u32 {
        let usage = self.usage;
        let old = match usage {
            UsageClock::Lru { .. } => None,
            UsageClock::Lfu { .. } => self.dataset[self.db].get(key).map(Entry::lru),
        };
        old.map_or(usage.fresh(), |old| {
            usage.used(old, self.lfu_log_factor, mixed(self.stats.hits))
        })
    }

    /// Changes the value of a key where it is; `None` when it is not there, be it because it has
    /// expired. The caller says what changed.
    ///
    /// # Errors
    /// That of `change`, which then must have changed nothing.
    #[inline]
    pub fn modify<R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut EntryMut<'_>) -> Result<R, CommandError>,
    ) -> Result<Option<R>, CommandError> {
        let (now, usage, log_factor) = (self.now, self.usage, self.lfu_log_factor);
        let (touches, count) = (self.touches, self.effects.dirty);
        let expires = self.rule != ExpiryRule::Ignore;
        let changed = self.dataset[self.db].update(key, |entry| {
            if expires && entry.is_expired(now) {
                return None;
            }
            if touches {
                stamp(entry, usage, log_factor, count ^ now as u64);
            }
            Some(change(entry))
        });
        match changed {
            None => Ok(None),
            Some(None) => {
                self.drop_if_expired(key);
                Ok(None)
            }
            Some(Some(result)) => result.map(Some),
        }
    }

    /// Takes a key out and drops it. `false` when it is not there. The caller says what changed.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        if self.drop_if_expired(key) {
            return false;
        }
        let removed = self.remove(key);
        let was_there = removed.is_some();
        removed.into_iter().for_each(|entry| self.discard(entry));
        was_there
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

    /// Takes the deadline of a key away. `false` when it has none, or is not there.
    pub fn persist(&mut self, key: &[u8]) -> bool {
        let has_deadline = self.peek(key).is_some_and(|entry| entry.expires_at().is_some());
        has_deadline && self.set_expiry(key, None)
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
        if self.notes_own {
            let deadline = self.dataset[db].get(key).and_then(Entry::expires_at);
            self.dataset.own_keys_mut().note(db, key, deadline);
        }
        self.notify(db, key, class, event);
    }

    /// A key of the selected database is not what it was, by a change that is counted elsewhere.
    pub fn touch(&mut self, key: &[u8]) {
        self.watches.touch(self.db, key);
    }

    /// Tells event listeners; the one place for keyspace notifications.
    #[inline]
    pub fn notify(&mut self, db: DbIndex, key: &[u8], class: EventClass, event: &'static str) {
        if self.events.contains(class.flag()) {
            self.effects.key_events.push(KeyEvent { db, key: key.to_vec(), event });
        }
    }

    /// Whether the command must take an entry that it met as absent.
    pub fn is_gone(&self, entry: &Entry) -> bool {
        self.rule != ExpiryRule::Ignore && entry.is_expired(self.now)
    }

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
        self.tell_expired(db, entry.key());
        self.discard(entry);
    }

    fn tell_expired(&mut self, db: DbIndex, key: &[u8]) {
        self.stats.expired += 1;
        self.watches.touch_expired(db, key);
        self.notify(db, key, EventClass::Expired, "expired");
        let command = OwnedCommand::from_slices(&[self.expired_as(), key]);
        self.effects.before.push(StreamCommand { db, command });
    }

    /// The command by which replicas are told that a key has expired.
    pub fn expired_as(&self) -> &'static [u8] {
        if self.lazy_expire { b"UNLINK" } else { b"DEL" }
    }

    /// Drops an entry that was taken out: here when that is quick, else on the garbage thread.
    #[inline]
    pub fn discard(&self, entry: Entry) {
        if entry.is_slow_to_drop() {
            self.garbage.drop_later(entry, 1);
        }
    }
}

/// A key was looked up that is not there. Not a method, for who holds an entry.
#[inline]
fn miss(
    stats: &mut KeyspaceStats,
    effects: &mut Effects,
    events: KeyspaceEvents,
    (db, key): (DbIndex, &[u8]),
) {
    stats.misses += 1;
    if events.contains(EventClass::KeyMiss.flag()) {
        effects.key_events.push(KeyEvent { db, key: key.to_vec(), event: "keymiss" });
    }
}

/// Notes in an entry that it was used.
#[inline]
fn stamp(entry: &Entry, usage: UsageClock, lfu_log_factor: u32, count: u64) {
    let field = match usage {
        UsageClock::Lru { seconds } => seconds,
        UsageClock::Lfu { .. } => usage.used(entry.lru(), lfu_log_factor, mixed(count)),
    };
    entry.set_lru(field);
}

/// Chance enough for a counter that is an estimate: the bits of a count, mixed.
fn mixed(count: u64) -> u64 {
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

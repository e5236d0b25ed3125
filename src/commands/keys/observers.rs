//! Who is told that a key has changed. A new consumer is a field here and a line in
//! [`KeyObservers::changed`], and in [`KeyObservers::expired`], [`KeyObservers::database_changes`],
//! [`KeyObservers::dataset_replaced`] and [`KeyObservers::merged`] if these mean something to it.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::config::value::keyspace_events::KeyspaceEvents;
use crate::resp::request::OwnedCommand;
use crate::store::dataset::Dataset;
use crate::store::event::EventClass;
use crate::store::own_keys::OwnKeys;
use crate::store::value::Type;
use crate::store::waiters::KeyWaiters;
use crate::store::watch::Watches;

use crate::commands::effect::{Effects, KeyEvent, StreamCommand};

/// All who want to know what happens to keys. The bytes of the data set are none of them: the
/// database counts them itself.
pub struct KeyObservers<'a> {
    /// WATCH.
    pub watches: &'a mut Watches,
    /// Commands that wait for keys: BLPOP and its like.
    pub waiters: &'a mut KeyWaiters,
    /// The keyspace events that somebody listens to.
    pub events: KeyspaceEvents,
    /// Keys with a deadline that clients of a writable replica wrote; `None` on a master.
    pub own_keys: Option<&'a mut OwnKeys>,
    /// What is changed now is such a client's: else it is no own key any more.
    pub notes_own: bool,
    /// What the stream calls the removal of an expired key: DEL or UNLINK.
    pub expired_as: &'static [u8],
    /// Whether anybody reads the stream.
    pub feeds: bool,
}

/// A change of one key that is to be announced.
pub(super) struct KeyChange<'a> {
    pub place: (DbIndex, &'a [u8]),
    /// How many changes it counts for.
    pub count: u64,
    pub event: Option<(EventClass, &'static str)>,
    /// The key's deadline now.
    pub deadline: Option<UnixMillis>,
    /// The type of what is there now; asked only by who waits for keys.
    pub value_type: Option<Type>,
    pub heard: Heard,
}

impl<'a> KeyChange<'a> {
    /// The key is gone.
    pub(super) fn removal(
        place: (DbIndex, &'a [u8]),
        count: u64,
        event: Option<(EventClass, &'static str)>,
    ) -> KeyChange<'a> {
        KeyChange { place, count, event, deadline: None, value_type: None, heard: Heard::BY_ALL }
    }
}

/// Who hears of a change beside those who listen to its event.
#[derive(Clone, Copy)]
pub(super) struct Heard {
    /// WATCH.
    pub by_watches: bool,
    /// Commands that wait for the key.
    pub by_waiters: bool,
}

impl Heard {
    pub(super) const BY_ALL: Heard = Heard { by_watches: true, by_waiters: true };
}

impl KeyObservers<'_> {
    /// The same observers, for a shorter while.
    #[inline]
    pub(super) fn reborrow(&mut self) -> KeyObservers<'_> {
        KeyObservers {
            watches: self.watches,
            waiters: self.waiters,
            events: self.events,
            own_keys: self.own_keys.as_deref_mut(),
            notes_own: self.notes_own,
            expired_as: self.expired_as,
            feeds: self.feeds,
        }
    }

    /// A command has changed a key.
    #[inline]
    pub(super) fn changed(&mut self, effects: &mut Effects, change: &KeyChange<'_>) {
        let (db, key) = change.place;
        effects.dirty += change.count;
        if change.heard.by_watches {
            self.watches.touch(db, key);
        }
        if change.heard.by_waiters {
            self.waiters.touch(db, key, change.value_type);
        }
        if let Some(own_keys) = &mut self.own_keys {
            own_keys.note(db, key, change.deadline);
        }
        if let Some((class, event)) = change.event {
            self.notify(effects, change.place, class, event);
        }
    }

    /// A key was removed since its deadline had passed.
    pub(super) fn expired(&mut self, effects: &mut Effects, place: (DbIndex, &[u8])) {
        let (db, key) = place;
        self.watches.touch_expired(db, key);
        self.waiters.touch(db, key, None);
        self.notify(effects, place, EventClass::Expired, "expired");
        self.removed(effects, place, self.expired_as);
    }

    /// The server has removed a key of itself: the stream carries that as `removal`.
    pub(super) fn removed(
        &self,
        effects: &mut Effects,
        (db, key): (DbIndex, &[u8]),
        removal: &'static [u8],
    ) {
        if self.feeds {
            let command = OwnedCommand::from_slices(&[removal, key]);
            effects.rare().before.push(StreamCommand { db, command });
        }
    }

    /// The keys of a database are about to go away, or those of database `after` come in their
    /// place.
    pub(super) fn database_changes(
        &mut self,
        (before, db): (&Dataset, DbIndex),
        after: Option<DbIndex>,
        now: UnixMillis,
    ) {
        self.watches.touch_database(db, before, after, now);
        let value_type = |key: &[u8]| Some(before[after?].get(key)?.value().value_type());
        self.waiters.touch_database(db, value_type);
        if after.is_none()
            && let Some(own_keys) = &mut self.own_keys
        {
            own_keys.forget_database(db);
        }
    }

    /// Two databases have changed places.
    pub(super) fn databases_swapped(&mut self, one: DbIndex, other: DbIndex) {
        if let Some(own_keys) = &mut self.own_keys {
            own_keys.swap_databases(one, other);
        }
    }

    /// Another data set is about to take the place of ours.
    pub(super) fn dataset_replaced(&mut self, before: &Dataset, after: &Dataset) {
        for db in 0..before.database_count() {
            self.watches.touch_swapped(db, before, after);
            let value_type = |key: &[u8]| Some(after[db].get(key)?.value().value_type());
            self.waiters.touch_database(db, value_type);
        }
        if let Some(own_keys) = &mut self.own_keys {
            own_keys.clear();
        }
    }

    /// A key of another data set is about to come among ours.
    pub(super) fn merged(&mut self, (db, key): (DbIndex, &[u8]), value_type: Type) {
        self.watches.touch(db, key);
        self.waiters.touch(db, key, Some(value_type));
    }

    /// A key was looked up that is not there.
    #[inline]
    pub(super) fn missed(&mut self, effects: &mut Effects, place: (DbIndex, &[u8])) {
        self.notify(effects, place, EventClass::KeyMiss, "keymiss");
    }

    /// Tells event listeners; the one place for keyspace notifications.
    #[inline]
    pub(super) fn notify(
        &mut self,
        effects: &mut Effects,
        (db, key): (DbIndex, &[u8]),
        class: EventClass,
        event: &'static str,
    ) {
        if self.events.contains(flag(class)) {
            effects.rare().key_events.push(KeyEvent { db, key: key.to_vec(), event });
        }
    }
}

/// The place of a class in `notify-keyspace-events`.
const fn flag(class: EventClass) -> KeyspaceEvents {
    match class {
        EventClass::Generic => KeyspaceEvents::GENERIC,
        EventClass::String => KeyspaceEvents::STRING,
        EventClass::List => KeyspaceEvents::LIST,
        EventClass::Set => KeyspaceEvents::SET,
        EventClass::Hash => KeyspaceEvents::HASH,
        EventClass::SortedSet => KeyspaceEvents::ZSET,
        EventClass::Stream => KeyspaceEvents::STREAM,
        EventClass::Module => KeyspaceEvents::MODULE,
        EventClass::Expired => KeyspaceEvents::EXPIRED,
        EventClass::Evicted => KeyspaceEvents::EVICTED,
        EventClass::New => KeyspaceEvents::NEW,
        EventClass::KeyMiss => KeyspaceEvents::KEY_MISS,
    }
}

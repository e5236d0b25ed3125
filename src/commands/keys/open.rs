//! The door to change by: one key's place, held while a command works on it.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::commands::effect::Effects;
use crate::commands::error::CommandError;
use crate::store::entry::{Entry, EntryMut};
use crate::store::event::EventClass;
use crate::store::garbage::Garbage;
use crate::store::table::Slot;
use crate::store::value::{Collection, InTable, NewValue, Object};

use super::expiry::{Aftermath, ExpiryRule};
use super::key_type::{Any, KeyType, Str};
use super::observers::{Heard, KeyChange, KeyObservers};
use super::uses::Uses;
use super::view::Keys;

/// A key that is open, whether it is there or not. It borrows the keys but not the reply.
///
/// What is changed is announced once, by the method that closes it: [`Open::changed`] and its
/// like. One that is dropped has announced nothing, and must have changed nothing but a draft.
#[must_use]
pub struct Open<'a, T: KeyType> {
    slot: Slot<'a>,
    db: DbIndex,
    /// The slot has an entry, and not one that is taken as absent.
    is_there: bool,
    uses: Uses,
    effects: &'a mut Effects,
    observers: KeyObservers<'a>,
    garbage: &'a Garbage,
    /// What is being made of a key that is not there. A command that fails leaves it here.
    draft: Option<T::Draft>,
}

/// How a key is met that is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Met {
    /// As a use, not as a hit or miss.
    Used,
    /// As a hit or miss too.
    Counted,
    /// Not at all: it is there also when its deadline has passed.
    Unseen,
}

impl<'k> Keys<'k> {
    /// Opens a key to change what is there. Counts as a use, not as a hit or miss.
    ///
    /// # Errors
    /// WRONGTYPE.
    #[inline]
    pub fn open<'a, T: KeyType>(&'a mut self, key: &'a [u8]) -> Result<Open<'a, T>, CommandError> {
        self.place(self.db, key, Met::Used).checked()
    }

    /// [`Keys::open`] for a command that answers with what is there: counts hit or miss.
    ///
    /// # Errors
    /// WRONGTYPE.
    #[inline]
    pub fn read_and_open<'a, T: KeyType>(
        &'a mut self,
        key: &'a [u8],
    ) -> Result<Open<'a, T>, CommandError> {
        self.place(self.db, key, Met::Counted).checked()
    }

    /// [`Keys::open`], of whatever is there.
    #[inline]
    pub fn open_any<'a>(&'a mut self, key: &'a [u8]) -> Open<'a, Any> {
        self.place(self.db, key, Met::Used)
    }

    /// [`Keys::open_any`] in another database.
    pub fn open_in<'a>(&'a mut self, db: DbIndex, key: &'a [u8]) -> Open<'a, Any> {
        self.place(db, key, Met::Used)
    }

    /// [`Keys::open_any`] of a key that is replaced unseen: as in Redis, one whose deadline has
    /// passed is replaced like any other.
    pub fn open_unseen<'a>(&'a mut self, key: &'a [u8]) -> Open<'a, Any> {
        self.place(self.db, key, Met::Unseen)
    }

    #[inline]
    fn place<'a, T: KeyType>(&'a mut self, db: DbIndex, key: &'a [u8], met: Met) -> Open<'a, T> {
        let Keys { dataset, stats, observers, effects, garbage, uses, .. } = self;
        let mut slot = dataset[db].slot(key);
        let mut is_there = false;
        if let Some(entry) = slot.entry() {
            if met == Met::Unseen || !self.rule.hides(entry, self.now) {
                uses.stamp(entry, effects.dirty ^ self.now as u64);
                is_there = true;
            } else if self.rule == ExpiryRule::Delete
                && let Some(gone) = slot.remove()
            {
                Aftermath { stats, observers, effects, garbage }.of(db, gone);
            }
        }
        if met == Met::Counted && is_there {
            stats.hits += 1;
        } else if met == Met::Counted {
            stats.misses += 1;
            observers.missed(effects, (db, key));
        }
        Open {
            slot,
            db,
            is_there,
            uses: *uses,
            effects,
            observers: observers.reborrow(),
            garbage,
            draft: None,
        }
    }
}

impl<'a, T: KeyType> Open<'a, T> {
    /// # Errors
    /// What is there is of another type.
    #[inline]
    fn checked(self) -> Result<Open<'a, T>, CommandError> {
        match self.entry() {
            Some(entry) if T::read(entry).is_none() => Err(CommandError::WrongType),
            _ => Ok(self),
        }
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> Option<T::Ref<'_>> {
        self.entry().and_then(T::read)
    }
}

impl<T: KeyType> Open<'_, T> {
    #[inline]
    fn entry(&self) -> Option<&Entry> {
        self.slot.entry().filter(|_| self.is_there)
    }

    /// Whether there is a value.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// The key's deadline; `None` if it has none, or is not there.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.entry().and_then(Entry::expires_at)
    }

    /// Sets the deadline of a key that is there, or takes it away.
    pub fn set_expiry(&mut self, deadline: Option<UnixMillis>) {
        if self.is_there
            && let Some(mut entry) = self.slot.entry_mut()
        {
            entry.set_expires_at(deadline);
        }
    }

    /// Puts a value in the place of whatever is there.
    #[inline]
    fn store(&mut self, value: NewValue<'_>, deadline: Option<UnixMillis>) {
        let lru = self.uses.after_set(self.entry());
        let replaced = self.slot.set(value, deadline, lru);
        self.now_there(replaced);
    }

    /// There is a value, in the place of another that takes long to drop.
    #[inline]
    fn now_there(&mut self, replaced: Option<Entry>) {
        if let Some(replaced) = replaced {
            self.garbage.discard(replaced);
        }
        if !self.is_there {
            self.is_there = true;
            let place = (self.db, self.slot.key());
            self.observers.notify(self.effects, place, EventClass::New, "new");
        }
    }

    /// Takes out what is there.
    fn remove(&mut self) -> Option<Entry> {
        if !self.is_there {
            return None;
        }
        self.is_there = false;
        self.slot.remove()
    }

    /// Closes the key: an event of its type, as one change.
    #[inline]
    pub fn changed(self, event: &'static str) {
        self.changed_by(1, event);
    }

    /// Closes the key: an event of its type, as so many changes. What has become empty goes.
    #[inline]
    pub fn changed_by(self, count: u64, event: &'static str) {
        self.close(count, Some(event), Heard::BY_ALL);
    }

    /// [`Open::changed_by`] of a change that leaves nothing to be had for who waits for the key.
    pub fn lessened_by(self, count: u64, event: &'static str) {
        self.close(count, Some(event), Heard { by_waiters: false, ..Heard::BY_ALL });
    }

    /// Closes the key: so many changes beside its contents, of which neither WATCH hears nor who
    /// waits for the key; perhaps an event of its type.
    pub fn altered_by(self, count: u64, event: Option<&'static str>) {
        self.close(count, event, Heard { by_watches: false, by_waiters: false });
    }

    /// [`Open::altered_by`], as one change, of which those hear who wait for the key.
    pub fn altered_for_waiters(self, event: &'static str) {
        self.close(1, Some(event), Heard { by_watches: false, by_waiters: true });
    }

    #[inline]
    fn close(mut self, count: u64, event: Option<&'static str>, heard: Heard) {
        if let Some(value) = self.draft.take().and_then(T::finish) {
            self.store(value, None);
        }
        let spent = if self.entry().is_some_and(T::is_spent) { self.remove() } else { None };
        self.end(count, event, heard, spent);
    }

    /// Closes the key and deletes it: an event of its type, as so many changes, comes before.
    pub fn delete_after(mut self, count: u64, event: &'static str) {
        let spent = self.remove();
        self.end(count, Some(event), Heard::BY_ALL, spent);
    }

    /// Announces so many changes, after which nothing is left if the key's entry was `spent`.
    #[inline]
    fn end(&mut self, count: u64, event: Option<&'static str>, heard: Heard, spent: Option<Entry>) {
        self.announce_to(heard, count, event.map(|event| (T::EVENTS, event)));
        if let Some(spent) = spent {
            let place = (self.db, self.slot.key());
            self.observers.notify(self.effects, place, EventClass::Generic, "del");
            self.garbage.discard(spent);
        }
    }

    /// Announces so many changes.
    #[inline]
    fn announce(&mut self, count: u64, event: Option<(EventClass, &'static str)>) {
        self.announce_to(Heard::BY_ALL, count, event);
    }

    #[inline]
    fn announce_to(&mut self, heard: Heard, count: u64, event: Option<(EventClass, &'static str)>) {
        // Only who notes the keys of a replica's clients asks for it.
        let deadline = if self.observers.notes_own { self.expires_at() } else { None };
        let is_awaited = !self.observers.waiters.is_empty();
        let entry = if is_awaited { self.entry() } else { None };
        let value_type = entry.map(|entry| entry.value().value_type());
        let place = (self.db, self.slot.key());
        let change = KeyChange { place, count, event, deadline, value_type, heard };
        self.observers.changed(self.effects, &change);
    }

    /// Closes the key: one change, of which no event tells.
    pub fn changed_unheard(mut self) {
        self.announce(1, None);
    }

    /// Closes the key: an event of a class of its own, as one change.
    #[inline]
    pub fn changed_as(mut self, class: EventClass, event: &'static str) {
        self.announce(1, Some((class, event)));
    }

    /// Closes the key and gives it a deadline, or deletes it if that has passed already.
    pub fn expire(mut self, deadline: UnixMillis, is_gone: bool) {
        if is_gone {
            return self.delete();
        }
        self.set_expiry(Some(deadline));
        self.changed_as(EventClass::Generic, "expire");
    }

    /// Closes the key and takes its deadline away. `false` if it has none, or is not there.
    pub fn persist(mut self) -> bool {
        let has_deadline = self.expires_at().is_some();
        if has_deadline {
            self.set_expiry(None);
            self.changed_as(EventClass::Generic, "persist");
        }
        has_deadline
    }

    /// Closes the key and deletes it.
    pub fn delete(mut self) {
        if let Some(entry) = self.remove() {
            self.announce(1, Some((EventClass::Generic, "del")));
            self.garbage.discard(entry);
        }
    }
}

impl<T: Collection + InTable + Into<Object>> Open<'_, T> {
    /// The collection, to change where it is; `None` when the key is not there.
    ///
    /// It may be left empty: then closing the key deletes it.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        if !self.is_there {
            return self.draft.as_mut();
        }
        self.slot.entry_mut()?.into_object_mut()
    }

    /// The collection, to change where it is; an empty one, which comes to be when the key is
    /// closed, if it is not there.
    pub fn get_or_create(&mut self) -> &mut T {
        let there = match self.is_there {
            true => self.slot.entry_mut().and_then(EntryMut::into_object_mut),
            false => None,
        };
        match there {
            Some(value) => value,
            None => self.draft.get_or_insert_default(),
        }
    }
}

impl Open<'_, Any> {
    /// Sets the key to a value and a deadline, whatever it was.
    #[inline]
    pub fn set(&mut self, value: NewValue<'_>, deadline: Option<UnixMillis>) {
        self.store(value, deadline);
    }

    /// Puts an entry of the key in the place of what is there. To who listens it is a new key
    /// either way, as in Redis.
    pub fn put(&mut self, entry: Entry) {
        let replaced = self.slot.insert(entry);
        self.is_there = false;
        self.now_there(replaced);
    }

    /// Closes the key and takes its entry away, to another place: the change is counted there, and
    /// the event told by [`Open::put_from`].
    pub fn take_away(mut self) -> Option<Entry> {
        let entry = self.remove()?;
        self.announce(0, None);
        Some(entry)
    }

    /// [`Open::put`] of what was taken away from another key, and the event of that.
    pub fn put_from(&mut self, entry: Entry, from: (DbIndex, &[u8]), event: &'static str) {
        self.put(entry);
        self.observers.notify(self.effects, from, EventClass::Generic, event);
    }

    /// Closes the key: a change that is not counted and no event. DEBUG POPULATE.
    pub fn changed_silently(mut self) {
        self.announce(0, None);
    }
}

impl Open<'_, Str> {
    /// Sets the string; the deadline stays.
    #[inline]
    pub fn set(&mut self, value: NewValue<'_>) {
        match self.slot.entry_mut() {
            Some(mut entry) if self.is_there => entry.set_value(value),
            _ => self.store(value, None),
        }
    }

    /// Its length in bytes; 0 if it is not there.
    pub fn str_len(&self) -> usize {
        self.get().and_then(|value| value.str_len()).unwrap_or(0)
    }

    /// Its byte at `index`, if there is one.
    #[inline]
    pub fn byte(&self, index: usize) -> Option<u8> {
        let mut digits = itoa::Buffer::new();
        self.get()?.as_str(&mut digits)?.byte(index)
    }

    /// Copies its bytes from `start` on into `to`, as far as both go.
    pub fn copy_to(&self, start: usize, to: &mut [u8]) {
        let mut digits = itoa::Buffer::new();
        if let Some(string) = self.get().and_then(|value| value.as_str(&mut digits)) {
            string.copy_to(start, to);
        }
    }

    /// Appends to the string; gives its new length in bytes.
    pub fn append(&mut self, tail: &[u8]) -> usize {
        let appended = match self.slot.entry_mut() {
            Some(mut entry) if self.is_there => entry.append(tail),
            _ => None,
        };
        appended.unwrap_or_else(|| {
            self.store(NewValue::Str(tail), None);
            tail.len()
        })
    }

    /// Writes into the string from `offset` on, with zeros before it where nothing was; gives its
    /// length in bytes.
    pub fn write_at(&mut self, offset: usize, part: &[u8]) -> usize {
        if !self.is_there {
            self.store(NewValue::RawStr(b""), None);
        }
        let written = self.slot.entry_mut().and_then(|mut entry| entry.write_at(offset, part));
        written.unwrap_or(0)
    }

    /// Makes the string that is there `raw`, which is no change of what it says.
    pub fn make_raw(&mut self) {
        if self.is_there
            && let Some(mut entry) = self.slot.entry_mut()
        {
            entry.make_raw();
        }
    }

    /// The bytes of a string that is there and lies in one piece, to change in place; it is `raw`
    /// from then on.
    pub fn whole_mut(&mut self) -> Option<&mut [u8]> {
        if !self.is_there {
            return None;
        }
        self.slot.entry_mut()?.into_whole_str_mut()
    }
}

//! The place of a key in a table: what is changed there is indexed and counted.

use crate::base::time::UnixMillis;
use crate::store::entry::{Entry, EntryMut};
use crate::store::expire::Deadlines;
use crate::store::tree_slot::TreeSlot;
use crate::store::value::NewValue;

/// A key's place, whether there is an entry or not. When it is dropped, what is known of deadlines and
/// the sum of bytes are equal to the entry again.
pub struct Slot<'a> {
    place: TreeSlot<'a>,
    deadlines: &'a mut Deadlines,
    entry_bytes: &'a mut usize,
    /// What is noted of an entry that was lent to be changed.
    lent: Option<Noted>,
}

/// What the table notes of an entry.
#[derive(Clone, Copy)]
struct Noted {
    bytes: usize,
    expires_at: Option<UnixMillis>,
}

impl Noted {
    #[inline]
    fn of(entry: &Entry) -> Noted {
        Noted { bytes: entry.memory_bytes(), expires_at: entry.expires_at() }
    }
}

impl<'a> Slot<'a> {
    #[inline]
    pub(super) fn new(
        place: TreeSlot<'a>,
        deadlines: &'a mut Deadlines,
        entry_bytes: &'a mut usize,
    ) -> Slot<'a> {
        Slot { place, deadlines, entry_bytes, lent: None }
    }

    pub fn key(&self) -> &[u8] {
        self.place.key()
    }

    /// The entry, expired or not.
    #[inline]
    pub fn entry(&self) -> Option<&Entry> {
        self.place.entry()
    }

    /// The entry, to be changed.
    #[inline]
    pub fn entry_mut(&mut self) -> Option<EntryMut<'_>> {
        let entry = self.place.entry_mut()?;
        if self.lent.is_none() {
            self.lent = Some(Noted::of(&entry));
        }
        Some(entry)
    }

    /// Gives the key a value and a deadline, in place if its entry has the room. What was there is
    /// given back if it takes long to drop.
    #[inline]
    pub fn set(
        &mut self,
        value: NewValue<'_>,
        expires_at: Option<UnixMillis>,
        lru: u32,
    ) -> Option<Entry> {
        if let Some(mut entry) = self.place.entry_mut()
            && entry.replace_alike(&value, expires_at)
        {
            entry.set_lru(lru);
            return None;
        }
        let Some(mut entry) = self.entry_mut() else {
            let entry = Entry::new(self.place.key(), value, expires_at);
            entry.set_lru(lru);
            return self.insert(entry);
        };
        // What has another holder is not overwritten but left to it.
        let garbage = entry.is_slow_to_drop().then(|| entry.clone());
        entry.replace(value, expires_at);
        entry.set_lru(lru);
        garbage
    }

    /// As [`Slot::set`], of an element of a collection.
    pub fn set_element(
        &mut self,
        value: NewValue<'_>,
        expires_at: Option<UnixMillis>,
    ) -> Option<Entry> {
        if let Some(mut entry) = self.place.entry_mut()
            && entry.replace_alike(&value, expires_at)
        {
            return None;
        }
        let Some(mut entry) = self.entry_mut() else {
            return self.insert(Entry::element(self.place.key(), value, expires_at));
        };
        let garbage = entry.is_slow_to_drop().then(|| entry.clone());
        entry.replace(value, expires_at);
        garbage
    }

    /// Puts the key in as an element without a value; `false` if it is there already.
    pub fn add_member(&mut self) -> bool {
        let is_new = self.entry().is_none();
        if is_new {
            self.insert(Entry::member(self.place.key()));
        }
        is_new
    }

    /// Puts an entry of the key in; gives back the one that was there.
    #[inline]
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        self.settle();
        let new = Noted::of(&entry);
        let replaced = self.place.insert(entry);
        self.note(replaced.as_ref().map(Noted::of), Some(new));
        replaced
    }

    /// Takes the entry out.
    pub fn remove(&mut self) -> Option<Entry> {
        self.settle();
        let removed = self.place.remove();
        self.note(removed.as_ref().map(Noted::of), None);
        removed
    }

    /// Notes what became of a lent entry.
    #[inline]
    fn settle(&mut self) {
        if let Some(old) = self.lent.take() {
            let new = self.place.entry().map(Noted::of);
            if let Some(at) = new.and_then(|new| new.expires_at)
                && old.expires_at.is_none_or(|old| at < old)
            {
                self.place.lower(at);
            }
            self.note(Some(old), new);
        }
    }

    #[inline]
    fn note(&mut self, old: Option<Noted>, new: Option<Noted>) {
        *self.entry_bytes += new.map_or(0, |new| new.bytes);
        *self.entry_bytes -= old.map_or(0, |old| old.bytes);
        let old = old.and_then(|old| old.expires_at);
        let new = new.and_then(|new| new.expires_at);
        self.deadlines.change(old, new);
    }
}

impl Drop for Slot<'_> {
    #[inline]
    fn drop(&mut self) {
        self.settle();
    }
}

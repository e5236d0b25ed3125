//! The place of a key in a tree: found by one descent, then read, changed, filled or emptied.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::entry::{Entry, EntryMut};
use super::tree::Tree;
use crate::base::time::UnixMillis;

/// A key's place in a tree, whether there is an entry or not. The path to it is the tree's own.
///
/// While the slot lives nobody else reaches the tree, so the entry stays where it was found until
/// the slot itself moves it.
pub struct TreeSlot<'t> {
    tree: NonNull<Tree>,
    hash: u64,
    key: &'t [u8],
    place: Place,
    /// The borrow of the tree that the pointers stand for.
    owner: PhantomData<&'t mut Tree>,
}

enum Place {
    /// Here is the entry.
    Found(NonNull<Entry>),
    /// There is no entry.
    Vacant,
    /// The tree was reached since the descent and there is an entry; it is looked for again by
    /// whoever asks.
    Filled,
}

impl<'t> TreeSlot<'t> {
    /// The place of a key, to change what is there.
    #[inline]
    pub fn find(tree: &'t mut Tree, key: &'t [u8]) -> TreeSlot<'t> {
        let hash = tree.hash(key);
        let tree = NonNull::from(tree);
        let mut slot = TreeSlot { tree, hash, key, place: Place::Filled, owner: PhantomData };
        slot.find_again();
        slot
    }
}

impl TreeSlot<'_> {
    pub fn key(&self) -> &[u8] {
        self.key
    }

    /// The entry of the key.
    #[inline]
    pub fn entry(&self) -> Option<&Entry> {
        match self.place {
            // SAFETY: the entry lies in a node that is the tree's own, and nothing has changed the
            // tree since: see `TreeSlot`.
            Place::Found(entry) => Some(unsafe { entry.as_ref() }),
            Place::Vacant => None,
            // SAFETY: the slot has the only borrow of the tree.
            Place::Filled => unsafe { self.tree.as_ref() }.get(self.key),
        }
    }

    /// The entry of the key, to be changed there.
    #[inline]
    pub fn entry_mut(&mut self) -> Option<EntryMut<'_>> {
        if let Place::Filled = self.place {
            self.find_again();
        }
        match &mut self.place {
            // SAFETY: as for `entry`, and the slot is borrowed mutably.
            Place::Found(entry) => Some(EntryMut::new(unsafe { entry.as_mut() })),
            Place::Vacant | Place::Filled => None,
        }
    }

    #[inline]
    fn find_again(&mut self) {
        let (hash, key) = (self.hash, self.key);
        self.place = match self.tree().place_of(hash, key) {
            Some(entry) => Place::Found(NonNull::from(entry)),
            None => Place::Vacant,
        };
    }

    /// Puts an entry of the key in, and gives back the one that it replaces.
    #[inline]
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        debug_assert_eq!(entry.key(), self.key, "an entry goes to its own place");
        let at = entry.expires_at();
        if let Some(place) = self.entry_mut() {
            let replaced = place.put(entry);
            at.inspect(|at| self.lower(*at));
            return Some(replaced);
        }
        let hash = self.hash;
        self.tree().add(hash, entry);
        self.place = Place::Filled;
        None
    }

    /// Takes the entry out.
    pub fn remove(&mut self) -> Option<Entry> {
        if let Place::Vacant = self.place {
            return None;
        }
        self.place = Place::Vacant;
        let (hash, key) = (self.hash, self.key);
        self.tree().remove_hashed(hash, key)
    }

    /// The entry, which is there, was lent and has got this deadline.
    pub fn lower(&mut self, at: UnixMillis) {
        let (hash, key) = (self.hash, self.key);
        // On the way down entries may be read, this one among them, and then what was found is not
        // to be written through any more.
        self.place = Place::Filled;
        self.tree().lower(hash, key, at);
    }

    /// The tree; what was found in it is not used until this borrow ends.
    fn tree(&mut self) -> &mut Tree {
        // SAFETY: the slot has the only borrow of the tree, and is borrowed mutably.
        unsafe { self.tree.as_mut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::value::NewValue;

    fn entry(key: &[u8], number: i64) -> Entry {
        Entry::new(key, NewValue::Int(number), None)
    }

    #[test]
    fn a_slot_is_filled_changed_and_emptied_again() {
        let mut tree = Tree::new(1);
        (0..1_000_u32).for_each(|n| drop(tree.insert(entry(&n.to_be_bytes(), 0))));
        let mut slot = TreeSlot::find(&mut tree, b"key");
        assert!(slot.entry().is_none() && slot.entry_mut().is_none() && slot.remove().is_none());
        assert!(slot.insert(entry(b"key", 1)).is_none());
        assert_eq!(slot.entry().unwrap().key(), b"key");
        slot.entry_mut().unwrap().set_value(NewValue::Text(b"a text that is longer than a number"));
        let replaced = slot.insert(entry(b"key", 2)).unwrap();
        assert_eq!(replaced.value().str_len(), Some(35));
        assert_eq!(slot.remove().unwrap().value().str_len(), Some(1));
        assert!(slot.entry().is_none());
        assert_eq!(tree.len(), 1_000);
    }

    #[test]
    fn a_change_through_a_slot_leaves_a_snapshot_as_it_was() {
        let mut tree = Tree::new(1);
        tree.insert(entry(b"key", 1));
        let snapshot = tree.snapshot();
        TreeSlot::find(&mut tree, b"key")
            .entry_mut()
            .unwrap()
            .set_value(NewValue::Text(b"changed"));
        assert_eq!(snapshot.get(b"key").unwrap().value().str_len(), Some(1));
        TreeSlot::find(&mut tree, b"key").remove();
        assert_eq!((tree.len(), snapshot.len()), (0, 1));
    }
}

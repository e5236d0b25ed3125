//! Leaves in change: adding and taking entries, in a block that is as large as they need.

use std::marker::PhantomData;
use std::mem;

use super::bucket::Bucket;
use super::leaf::{HEAD_PLACES, Head, LEAF_MAX_ENTRIES, Leaf, Position, buckets_for, max_len};
use super::pointer::Node;
use super::soonest::NEVER;
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

impl Node {
    /// The leaf, to change it: copied if others hold it. Entries stay at their places. Panics if
    /// this is none.
    #[inline]
    pub(in super::super) fn leaf_mut(&mut self) -> LeafMut<'_> {
        assert!(self.is_leaf(), "not a leaf");
        if self.is_empty() {
            *self = Node::leaf(1);
        }
        self.unshare();
        LeafMut { node: self }
    }

    /// Gives all entries with their tags to `taker`: moved out if nobody else holds the leaf.
    /// Panics if this is not a leaf.
    pub(in super::super) fn into_entries(mut self, mut taker: impl FnMut(u16, Entry)) {
        assert!(self.is_leaf(), "not a leaf");
        let Some(leaf) = self.as_leaf().filter(|leaf| !leaf.is_empty()) else { return };
        if !self.is_unique() {
            leaf.tagged().for_each(|(tag, entry)| taker(tag, entry.clone()));
            return;
        }
        let leaf = LeafMut { node: &mut self };
        for bucket in leaf.as_ref().buckets() {
            // SAFETY: this is the only holder. What was taken is no longer marked as used when
            // the node is dropped.
            unsafe {
                while bucket.used() != 0 {
                    let place = bucket.used().trailing_zeros() as usize;
                    taker(bucket.tag(place), bucket.take(place));
                }
            }
        }
    }
}

/// The only holder of a leaf, borrowed mutably. There is a block.
pub(in super::super) struct LeafMut<'a> {
    pub(super) node: &'a mut Node,
}

impl<'a> LeafMut<'a> {
    #[inline]
    fn as_ref(&self) -> Leaf<'_> {
        Leaf { pointer: self.node.0, node: PhantomData }
    }

    pub(in super::super) fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// # Safety
    /// That many places are used.
    unsafe fn set_len(&mut self, len: usize) {
        // SAFETY: the block begins with its head, and this is the only holder.
        unsafe { (*self.as_ref().start().cast::<Head>()).len = len as u32 };
    }

    /// The entry at a position that was found in this leaf.
    #[inline]
    pub(in super::super) fn into_entry_mut(self, position: Position) -> &'a mut Entry {
        let line = self.checked_bucket(position);
        // SAFETY: there is an entry, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *line.entry(position.place) }
    }

    /// The bucket of a position; panics if there is no entry.
    #[inline]
    fn checked_bucket(&self, position: Position) -> Bucket {
        assert!(position.bucket < self.as_ref().bucket_count());
        let line = self.as_ref().bucket(position.bucket);
        // SAFETY: the bucket is one of this leaf.
        assert!(unsafe { line.used() } & (1 << position.place) != 0, "no entry at the position");
        line
    }

    /// The entries have, or will have, this deadline among them.
    #[inline]
    pub(in super::super) fn lower(&mut self, at: UnixMillis) {
        if at != NEVER
            && let Some(soonest) = self.as_ref().soonest()
        {
            soonest.lower(at);
        }
    }

    /// Adds an entry, in a larger block if need be; its deadline is told by `lower`.
    pub(in super::super) fn push(&mut self, tag: u16, entry: Entry) {
        let len = self.len();
        if len >= max_len(self.as_ref().bucket_count()) {
            self.rebuild(len + 1);
        }
        let leaf = self.as_ref();
        let mut bucket = leaf.home_of(tag);
        // SAFETY: this is the only holder. There is a free place, since a leaf is never quite full.
        unsafe {
            loop {
                let head_places = if bucket == 0 { HEAD_PLACES } else { 0 };
                let line = leaf.bucket(bucket);
                if let Some(place) = line.free_place(head_places) {
                    line.put(place, tag, entry);
                    break;
                }
                line.count_passing();
                bucket = leaf.after(bucket);
            }
            self.set_len(len + 1);
        }
    }

    /// Takes the entry at a position that was found in this leaf.
    pub(in super::super) fn take(&mut self, position: Position) -> Entry {
        let line = self.checked_bucket(position);
        let leaf = self.as_ref();
        // SAFETY: this is the only holder. The buckets from where the entry belongs to where it is
        // were passed when it was put there.
        unsafe {
            let mut passed = leaf.home_of(line.tag(position.place));
            while passed != position.bucket {
                leaf.bucket(passed).uncount_passing();
                passed = leaf.after(passed);
            }
            let entry = line.take(position.place);
            self.set_len(self.len() - 1);
            entry
        }
    }

    /// Moves to a smaller block if much of this one is unused.
    pub(in super::super) fn shrink(&mut self) {
        let len = self.len();
        if buckets_for((len + len / 8 + 1).min(LEAF_MAX_ENTRIES)) < self.as_ref().bucket_count() {
            self.rebuild(len);
        }
    }

    /// Moves to a block with room for `room` entries.
    fn rebuild(&mut self, room: usize) {
        let old = mem::replace(self.node, Node::leaf(room));
        self.lower(old.soonest());
        old.into_entries(|tag, entry| self.push(tag, entry));
    }
}

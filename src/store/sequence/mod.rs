//! A sequence: items in an order, in a counted B+tree whose clone shares everything.
//!
//! ```text
//!                 root                     a branch has 2 to 32 children, and of each: how many
//!         /         |        \             items are below it, what they weigh, what all that
//!     branch     branch     branch         takes in bytes, and the mark of the first one
//!     / | \      / | \      / | \
//!    leaves     leaves     leaves          a leaf has 1 to 64 items
//! ```
//!
//! Three kinds of collection stand on it. A list has blocks of elements, found by place: an item
//! weighs as much as the elements in it. A sorted set has a member with its score in each item,
//! found by both, by rank, and asked for its rank. A stream has blocks of entries, found by the
//! first ID of each. What an item weighs and by what it is found says [`Item`]; how a place is
//! named, [`Index`], [`Weight`], [`Last`], [`Front`] and [`Back`].
//!
//! Nodes are counted. One that only this sequence holds is changed in place; one that a clone holds
//! too is copied first, and so are the branches above it: a write after a clone copies a leaf and a
//! branch of each level, however long the sequence is. A clone may be read and dropped on any
//! thread.
//!
//! Every node but those on the left and right edge is at least half full. Those on the edges are
//! filled and emptied to the end, so that what is appended stands in full leaves and a queue costs
//! the same at both ends. The rows in the nodes are allocated in the allocator's size classes, so
//! that a leaf that is half full does not take twice the memory.

mod build;
mod cursor;
mod descent;
mod find;
mod insert;
mod item;
mod join;
mod modify;
mod node;
mod remove;
mod row;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::ops::Range;

pub use self::build::Builder;
pub use self::cursor::{Cursor, Iter};
pub use self::find::{Back, Find, Front, Gap, Index, Last, Weight};
pub use self::item::{Item, Place};
use self::tree::Tree;

/// A longer sequence is dropped faster by handing it to the garbage thread.
const QUICK_DROP_MAX_ITEMS: u64 = 256;

/// Items in an order. A clone costs the same whatever the length and shares all nodes.
#[derive(Clone)]
pub struct Sequence<T: Item> {
    tree: Option<Tree<T>>,
}

impl<T: Item> Sequence<T> {
    /// No items; allocates nothing.
    pub const fn new() -> Self {
        Sequence { tree: None }
    }

    /// The number of items.
    pub fn len(&self) -> u64 {
        self.tree.as_ref().map_or(0, |tree| tree.top.sums.items)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tree.is_none()
    }

    /// What all items weigh together.
    pub fn weight(&self) -> u64 {
        self.tree.as_ref().map_or(0, |tree| tree.top.sums.weight)
    }

    /// The bytes allocated for all nodes, rounded as the allocator does, also those that clones
    /// share, and what the items say of themselves. Known without a look at them.
    pub fn memory_bytes(&self) -> usize {
        self.tree.as_ref().map_or(0, |tree| tree.top.sums.bytes as usize)
    }

    /// Whether dropping it takes longer than handing it to the garbage thread.
    pub fn is_slow_to_drop(&self) -> bool {
        self.len() > QUICK_DROP_MAX_ITEMS
    }

    /// The item at a place.
    pub fn get(&self, place: impl Find<T>) -> Option<&T> {
        self.tree.as_ref()?.get(place)
    }

    /// The first item.
    pub fn first(&self) -> Option<&T> {
        self.get(Front)
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.get(Back)
    }

    /// The items that stand together in a node, those of the leaf at a place.
    pub fn neighbours(&self, place: impl Gap<T>) -> &[T] {
        self.tree.as_ref().map_or(&[], |tree| tree.leaf(place))
    }

    /// A cursor in the gap at a place, from which to read on in either direction. It knows how
    /// many items are before it and what they weigh.
    pub fn cursor(&self, gap: impl Gap<T>) -> Cursor<'_, T> {
        Cursor::new(self.tree.as_ref().map(|tree| &tree.top), gap)
    }

    /// How many items there are for whose marks `is_before` holds, and what they weigh. It holds
    /// for those that stand first, and for none behind the first for which it does not.
    pub fn partition_point(&self, is_before: impl FnMut(&T::Mark) -> bool) -> Place {
        self.cursor(Last(is_before)).place()
    }

    /// All items in their order.
    pub fn iter(&self) -> Iter<'_, T> {
        self.range(0..self.len())
    }

    /// The items with these indexes, as far as they are there.
    pub fn range(&self, indexes: Range<u64>) -> Iter<'_, T> {
        Iter::new(self.tree.as_ref().map(|tree| &tree.top), indexes)
    }

    /// Puts an item into the gap at a place.
    pub fn insert(&mut self, gap: impl Gap<T>, item: T) {
        match &mut self.tree {
            Some(tree) => tree.insert(gap, item),
            None => self.tree = Some(Tree::of_one(item)),
        }
    }

    /// Puts an item before all others.
    pub fn push_front(&mut self, item: T) {
        self.insert(Front, item);
    }

    /// Puts an item behind all others.
    pub fn push_back(&mut self, item: T) {
        self.insert(Back, item);
    }

    /// Takes the item at a place out.
    pub fn remove(&mut self, place: impl Find<T>) -> Option<T> {
        let tree = self.tree.as_mut()?;
        let removed = tree.remove(place)?;
        if tree.is_empty() {
            self.tree = None;
        }
        Some(removed)
    }

    /// Takes the first item out.
    pub fn pop_front(&mut self) -> Option<T> {
        self.remove(Front)
    }

    /// Takes the last item out.
    pub fn pop_back(&mut self) -> Option<T> {
        self.remove(Back)
    }

    /// Lets `change` change the item at a place; gives what it gives, or `None` if there is no such
    /// item. The item may come to weigh more or less, and stays in its place in the order.
    pub fn modify<R>(
        &mut self,
        place: impl Find<T>,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.tree.as_mut()?.modify(place, change)
    }

    /// Puts an item in another's place; gives that one, or `None` if there is none in that place.
    pub fn replace(&mut self, place: impl Find<T>, item: T) -> Option<T> {
        self.modify(place, |old| std::mem::replace(old, item))
    }

    /// Takes out the items from that index on, in a time that grows with the height only.
    pub fn split_off(&mut self, index: u64) -> Self {
        let Some(tree) = self.tree.take() else { return Sequence::new() };
        let (left, right) = join::split(tree, Index(index));
        self.tree = left;
        Sequence { tree: right }
    }

    /// Puts all items of another behind these, in a time that grows with the heights only.
    pub fn append(&mut self, other: Self) {
        self.tree = join::append(self.tree.take(), other.tree);
    }

    /// Takes the items with these indexes out, as far as they are there. The time grows with the
    /// height only; to drop what it gives takes longer.
    pub fn remove_range(&mut self, indexes: Range<u64>) -> Self {
        let end = indexes.end.min(self.len());
        if indexes.start >= end {
            return Sequence::new();
        }
        let behind = self.split_off(end);
        let removed = self.split_off(indexes.start);
        self.append(behind);
        removed
    }
}

impl<T: Item> Default for Sequence<T> {
    fn default() -> Self {
        Sequence::new()
    }
}

impl<T: Item> FromIterator<T> for Sequence<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut builder = Builder::new();
        items.into_iter().for_each(|item| builder.push(item));
        builder.into()
    }
}

impl<T: Item> From<Builder<T>> for Sequence<T> {
    fn from(builder: Builder<T>) -> Self {
        Sequence { tree: builder.finish() }
    }
}

impl<T: Item> Extend<T> for Sequence<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.append(items.into_iter().collect());
    }
}

impl<T: Item> fmt::Debug for Sequence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, weight) = (self.len(), self.weight());
        f.debug_struct("Sequence")
            .field("len", &len)
            .field("weight", &weight)
            .finish_non_exhaustive()
    }
}

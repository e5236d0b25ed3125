//! Reading on from a place, in either direction.

use std::iter::FusedIterator;
use std::ops::Range;

use super::descent::Descent;
use super::find::{Gap, Index};
use super::item::{Item, Place, Sums};
use super::node::{Child, Node};
use crate::store::memory::prefetch;
use crate::store::shared::Shared;

/// A gap between two items, which may be moved. It holds on to one leaf, and goes down from the root
/// again for the next.
pub struct Cursor<'a, T: Item> {
    top: Option<&'a Child<T>>,
    /// The items of the leaf in which the gap is, and how many of them are before it.
    items: &'a [T],
    at: usize,
    /// What is before the leaf.
    before: Place,
}

impl<'a, T: Item> Cursor<'a, T> {
    pub(super) fn new(top: Option<&'a Child<T>>, gap: impl Gap<T>) -> Self {
        let mut cursor = Cursor { top, items: &[], at: 0, before: Place::default() };
        cursor.seek(gap);
        cursor
    }

    /// A cursor in the gap before an index that there is, or in the last one. It goes down to a leaf
    /// when it is moved, and until then does not know what is before it but the index.
    fn before(top: Option<&'a Child<T>>, index: u64) -> Self {
        Cursor { top, items: &[], at: 0, before: Place { index, weight: 0 } }
    }

    fn seek(&mut self, gap: impl Gap<T>) {
        let Some(top) = self.top else { return };
        let mut gap = Descent::new(top, gap);
        self.before = Place::default();
        let mut node = &top.node;
        while let Node::Branch(children) = &**node {
            let at = gap.child(children);
            for child in &children[..at] {
                self.before.index += child.sums.items;
                self.before.weight += child.sums.weight;
            }
            // Reading on comes to the next leaf soon.
            if let Some(next) = children.get(at + 1) {
                prefetch(Shared::as_ptr(&next.node));
            }
            node = &children[at].node;
        }
        if let Node::Leaf(items) = &**node {
            self.items = items;
            self.at = gap.gap(items);
        }
    }

    /// What is before the gap.
    pub fn place(&self) -> Place {
        let Place { index, weight } = self.before;
        let passed = &self.items[..self.at];
        let passed: Sums = passed.iter().map(Sums::of_item).collect();
        Place { index: index + passed.items, weight: weight + passed.weight }
    }

    /// The index of the item behind the gap.
    pub fn index(&self) -> u64 {
        self.before.index + self.at as u64
    }

    /// Passes over the item behind the gap and gives it.
    #[expect(clippy::should_implement_trait, reason = "it moves in both directions")]
    #[inline]
    pub fn next(&mut self) -> Option<&'a T> {
        if self.at == self.items.len() {
            self.enter_next()?;
        }
        let item = self.items.get(self.at);
        self.at += 1;
        item
    }

    /// Passes back over the item before the gap and gives it.
    #[inline]
    pub fn prev(&mut self) -> Option<&'a T> {
        if self.at == 0 {
            self.enter_last()?;
        }
        self.at -= 1;
        self.items.get(self.at)
    }

    /// Goes to the same gap in the leaf of the item behind it.
    #[inline(never)]
    fn enter_next(&mut self) -> Option<()> {
        let index = self.index();
        let is_there = index < self.top?.sums.items;
        is_there.then(|| self.seek(Index(index)))
    }

    /// Goes to the same gap in the leaf of the item before it.
    #[inline(never)]
    fn enter_last(&mut self) -> Option<()> {
        let last = self.before.index.checked_sub(1)?;
        self.seek(Index(last));
        self.at += 1;
        Some(())
    }

    /// Some of the items behind the gap, at least one if there is one: what `next` gives without
    /// going further in memory. For who wants to fetch what they point to together.
    pub fn upcoming(&mut self) -> &'a [T] {
        if self.next().is_none() {
            return &[];
        }
        self.at -= 1;
        &self.items[self.at..]
    }
}

impl<T: Item> Clone for Cursor<'_, T> {
    fn clone(&self) -> Self {
        Cursor { ..*self }
    }
}

/// Some items of a sequence in their order, from both ends.
pub struct Iter<'a, T: Item> {
    /// Where those begin and end that were not given yet.
    front: Cursor<'a, T>,
    back: Cursor<'a, T>,
    /// How many these are.
    left: u64,
}

impl<'a, T: Item> Iter<'a, T> {
    pub(super) fn new(top: Option<&'a Child<T>>, indexes: Range<u64>) -> Self {
        let end = indexes.end.min(top.map_or(0, |top| top.sums.items));
        let left = end.saturating_sub(indexes.start);
        Iter { front: Cursor::before(top, indexes.start), back: Cursor::before(top, end), left }
    }
}

impl<'a, T: Item> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        self.left = self.left.checked_sub(1)?;
        self.front.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left);
        (left.unwrap_or(usize::MAX), left.ok())
    }
}

impl<T: Item> DoubleEndedIterator for Iter<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.back.prev()
    }
}

impl<T: Item> ExactSizeIterator for Iter<'_, T> {}

impl<T: Item> FusedIterator for Iter<'_, T> {}

impl<T: Item> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Iter { front: self.front.clone(), back: self.back.clone(), left: self.left }
    }
}

//! Reading on from a place, in either direction.

use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use super::find::{Gap, Index};
use super::item::{Item, Place, Sums};
use super::node::{Child, Node};
use crate::store::memory::prefetch;

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

    fn seek(&mut self, mut gap: impl Gap<T>) {
        let Some(top) = self.top else { return };
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
                prefetch(Arc::as_ptr(&next.node));
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
    pub fn next(&mut self) -> Option<&'a T> {
        if self.at == self.items.len() {
            let index = self.index();
            if index == self.top?.sums.items {
                return None;
            }
            self.seek(Index(index));
        }
        let item = &self.items[self.at];
        self.at += 1;
        Some(item)
    }

    /// Passes back over the item before the gap and gives it.
    pub fn prev(&mut self) -> Option<&'a T> {
        if self.at == 0 {
            self.seek(Index(self.before.index.checked_sub(1)?));
            self.at += 1;
        }
        self.at -= 1;
        Some(&self.items[self.at])
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
    top: Option<&'a Child<T>>,
    /// Those that were not given yet.
    indexes: Range<u64>,
    /// Where these begin and end, once it was gone there.
    front: Option<Cursor<'a, T>>,
    back: Option<Cursor<'a, T>>,
}

impl<'a, T: Item> Iter<'a, T> {
    pub(super) fn new(top: Option<&'a Child<T>>, indexes: Range<u64>) -> Self {
        let end = indexes.end.min(top.map_or(0, |top| top.sums.items));
        Iter { top, indexes: indexes.start..end, front: None, back: None }
    }
}

impl<'a, T: Item> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let index = self.indexes.next()?;
        self.front.get_or_insert_with(|| Cursor::new(self.top, Index(index))).next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indexes.size_hint()
    }
}

impl<T: Item> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let index = self.indexes.next_back()?;
        self.back.get_or_insert_with(|| Cursor::new(self.top, Index(index + 1))).prev()
    }
}

impl<T: Item> ExactSizeIterator for Iter<'_, T> {}

impl<T: Item> FusedIterator for Iter<'_, T> {}

impl<T: Item> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        let Iter { top, indexes, front, back } = self;
        Iter { top: *top, indexes: indexes.clone(), front: front.clone(), back: back.clone() }
    }
}

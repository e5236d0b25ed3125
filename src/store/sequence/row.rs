//! The rows of which nodes are made: vectors that grow and shrink in the allocator's size classes.

use std::ops::{Deref, DerefMut};

use crate::store::memory::size_class;

/// Up to this length a row that grows takes half as much again: only a row on an edge is that
/// short, and it will go on growing.
const QUICK_GROWTH_MAX: usize = 16;

/// An end of a row, or an edge of the tree.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Some items or children of a node.
pub(super) struct Row<X>(Vec<X>);

impl<X> Row<X> {
    /// A row without anything, with the room for `len`.
    pub(super) fn with_room(len: usize) -> Row<X> {
        Row(Vec::with_capacity(Self::room_for(len)))
    }

    /// How many have room in the size class of `len`.
    const fn room_for(len: usize) -> usize {
        match size_of::<X>() {
            0 => len,
            _ if len == 0 => 0,
            bytes => size_class(len * bytes) / bytes,
        }
    }

    pub(super) fn insert(&mut self, at: usize, new: X) {
        self.reserve_one();
        self.0.insert(at, new);
    }

    /// As `insert`, in a row of at most `max`. If it is full already it is split, and its right part
    /// given: in the middle, or, if it is to grow on that side, so that it keeps or gives all but
    /// what is needed to make `least`.
    pub(super) fn insert_or_split(
        &mut self,
        at: usize,
        new: X,
        (least, max): (usize, usize),
        grows: Option<Side>,
    ) -> Option<Row<X>> {
        if self.len() < max {
            self.insert(at, new);
            return None;
        }
        let kept = match grows {
            Some(Side::Left) => least - 1,
            Some(Side::Right) => max + 1 - least,
            None => max / 2,
        };
        let mut right = self.split_off(kept);
        if at > kept || grows == Some(Side::Right) {
            right.insert(at - kept, new);
        } else {
            self.insert(at, new);
        }
        Some(right)
    }

    pub(super) fn push(&mut self, new: X) {
        self.reserve_one();
        self.0.push(new);
    }

    fn reserve_one(&mut self) {
        let len = self.len();
        if len == self.0.capacity() {
            let more = if len < QUICK_GROWTH_MAX { len / 2 } else { 0 };
            self.0.reserve_exact(Self::room_for(len + 1 + more) - len);
        }
    }

    pub(super) fn remove(&mut self, at: usize) -> X {
        let removed = self.0.remove(at);
        self.fit();
        removed
    }

    pub(super) fn pop(&mut self) -> Option<X> {
        let removed = self.0.pop();
        self.fit();
        removed
    }

    /// Gives back memory when a good part of it is not used.
    pub(super) fn fit(&mut self) {
        if self.0.capacity() > Self::most_room(self.len()) {
            self.0.shrink_to(Self::room_for(self.len()));
        }
    }

    /// The most room that a row of `len` has.
    pub(super) fn most_room(len: usize) -> usize {
        Self::room_for(len + len / 4 + 4)
    }

    /// Takes out all from a place on.
    pub(super) fn split_off(&mut self, at: usize) -> Row<X> {
        let mut tail = Row::with_room(self.len() - at);
        tail.0.extend(self.0.drain(at..));
        self.fit();
        tail
    }

    /// Evens this row and the one behind it out; takes all of that if it makes no more than `max`.
    pub(super) fn even_out(&mut self, right: &mut Row<X>, max: usize) {
        let total = self.len() + right.len();
        let own = if total <= max { total } else { total.div_ceil(2) };
        if self.len() < own {
            self.0.reserve_exact(Self::room_for(own).saturating_sub(self.len()));
            let missing = own - self.len();
            self.0.extend(right.0.drain(..missing));
        } else {
            right.0.reserve_exact(Self::room_for(total - own).saturating_sub(right.len()));
            right.0.splice(..0, self.0.drain(own..));
        }
        self.fit();
        right.fit();
    }

    /// The bytes allocated, rounded as the allocator does.
    pub(super) fn bytes(&self) -> usize {
        match self.0.capacity() * size_of::<X>() {
            0 => 0,
            bytes => size_class(bytes),
        }
    }

    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.0.capacity()
    }
}

impl<X> Deref for Row<X> {
    type Target = [X];

    fn deref(&self) -> &[X] {
        &self.0
    }
}

impl<X> DerefMut for Row<X> {
    fn deref_mut(&mut self) -> &mut [X] {
        &mut self.0
    }
}

impl<X: Clone> Clone for Row<X> {
    /// A copy is made to be changed: it has the room for one more.
    fn clone(&self) -> Self {
        let mut copy = Row::with_room(self.len() + 1);
        copy.0.extend_from_slice(&self.0);
        copy
    }
}

impl<X> IntoIterator for Row<X> {
    type Item = X;
    type IntoIter = std::vec::IntoIter<X>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<X> FromIterator<X> for Row<X> {
    fn from_iter<I: IntoIterator<Item = X>>(items: I) -> Self {
        let items = items.into_iter();
        let mut row = Row::with_room(items.size_hint().0);
        items.for_each(|item| row.push(item));
        row
    }
}

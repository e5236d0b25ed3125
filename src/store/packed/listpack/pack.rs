//! The pack itself, as it is read.

use std::fmt;

use super::entry::Entry;
use super::head::{HEAD_BYTES, Head, Layout};
use super::iter::{Entries, Iter, Position};
use crate::store::packed::element::Element;
use crate::store::packed::limits::MAX_BYTES;
use crate::store::packed::thin::Thin;

/// A listpack.
#[derive(Clone)]
#[repr(transparent)]
pub struct Listpack(pub(super) Thin<Layout>);

impl Listpack {
    /// One without elements, which takes no memory.
    pub fn new() -> Self {
        Listpack(Thin::empty())
    }

    /// A pack of some entries with the end behind them.
    pub(super) fn of_entries(entries_and_end: &[u8], count: usize) -> Self {
        let total = HEAD_BYTES + entries_and_end.len();
        let head = Head::bytes(total, count);
        Listpack(Thin::build(total, &head, |pack| pack.put(entries_and_end)))
    }

    /// The bytes, as they stand in an RDB.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Their number: what Redis compares with the limits in bytes that directives set.
    #[inline]
    pub fn total_bytes(&self) -> usize {
        self.0.total()
    }

    /// The bytes allocated.
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }

    /// The bytes that an element would take in a pack.
    pub fn entry_bytes<'a>(element: impl Into<Element<'a>>) -> usize {
        Entry::of(element.into()).len()
    }

    /// Whether as many bytes of entries more would still be a pack.
    pub fn has_room(&self, entry_bytes: usize) -> bool {
        self.total_bytes().saturating_add(entry_bytes) <= MAX_BYTES
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entry_area().is_empty()
    }

    /// The number of elements. From 65,535 on they are counted one by one.
    pub fn len(&self) -> usize {
        self.head().count.unwrap_or_else(|| self.entries().count())
    }

    pub(super) fn head(&self) -> Head {
        // A pack begins with as many bytes.
        self.as_bytes().first_chunk().map_or(Head { total: 0, count: None }, |head| Head::of(*head))
    }

    /// All entries.
    #[inline]
    pub(super) fn entry_area(&self) -> &[u8] {
        let bytes = self.as_bytes();
        &bytes[HEAD_BYTES..bytes.len() - 1]
    }

    /// The position of the first element.
    #[inline]
    pub fn first(&self) -> Option<Position> {
        (!self.is_empty()).then_some(Position::at(HEAD_BYTES))
    }

    /// The position of the last element.
    #[inline]
    pub fn last(&self) -> Option<Position> {
        Some(self.entries().next_back()?.0)
    }

    /// The position behind another.
    #[inline]
    pub fn after(&self, position: Position) -> Option<Position> {
        let mut entries = self.entries_from(position);
        entries.skip_entries(1);
        entries.position()
    }

    /// The position before another.
    #[inline]
    pub fn before(&self, position: Position) -> Option<Position> {
        Some(self.entries_before(position).next_back()?.0)
    }

    /// The position of an element by its index from the first, which is 0; walks from the nearer
    /// end.
    pub fn seek(&self, index: usize) -> Option<Position> {
        match self.head().count {
            Some(count) if index >= count => None,
            Some(count) if index > count / 2 => self.walk_back(count - 1 - index),
            _ => self.walk(index),
        }
    }

    /// As [`Listpack::seek`] by the index from the last, which is 0.
    pub fn seek_from_end(&self, index: usize) -> Option<Position> {
        match self.head().count {
            Some(count) => self.seek(count.checked_sub(1)?.checked_sub(index)?),
            None => self.walk_back(index),
        }
    }

    fn walk(&self, index: usize) -> Option<Position> {
        let mut entries = self.entries();
        entries.skip_entries(index);
        entries.position()
    }

    fn walk_back(&self, index: usize) -> Option<Position> {
        Some(self.entries().rev().nth(index)?.0)
    }

    /// The element at a position.
    #[inline]
    #[expect(clippy::expect_used, reason = "whoever gives a position got it from this pack")]
    pub fn get(&self, position: Position) -> Element<'_> {
        let element = self.entries_from(position).next();
        element.expect("a position of this pack, unchanged since").1
    }

    /// All elements.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries())
    }

    /// All elements with their positions.
    #[inline]
    pub fn entries(&self) -> Entries<'_> {
        Entries::of(self.entry_area(), HEAD_BYTES)
    }

    /// The elements from a position on.
    #[inline]
    pub fn entries_from(&self, position: Position) -> Entries<'_> {
        let bytes = self.as_bytes();
        let area = position.offset()..bytes.len() - 1;
        Entries::of(bytes.get(area).unwrap_or_default(), position.offset())
    }

    /// The elements before a position; `.rev()` walks back from it.
    #[inline]
    pub fn entries_before(&self, position: Position) -> Entries<'_> {
        let area = HEAD_BYTES..position.offset();
        Entries::of(self.as_bytes().get(area).unwrap_or_default(), HEAD_BYTES)
    }
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack::new()
    }
}

impl PartialEq for Listpack {
    /// Equal elements in one order are equal bytes.
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Listpack {}

impl<'a> IntoIterator for &'a Listpack {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Listpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

//! Changing a pack in place.

use std::ops::Range;

use super::entry::Entry;
use super::head::{HEAD_BYTES, Head};
use super::iter::Position;
use super::pack::Listpack;
use crate::store::packed::element::Element;
use crate::store::packed::limits::{Full, MAX_BYTES};
use crate::store::packed::thin::{Filler, Thin};

impl Listpack {
    /// Puts an element behind the last.
    pub fn push_back<'a>(&mut self, element: impl Into<Element<'a>>) -> Result<(), Full> {
        self.insert_all(None, &[element.into()])
    }

    /// Puts an element before the first.
    pub fn push_front<'a>(&mut self, element: impl Into<Element<'a>>) -> Result<(), Full> {
        self.insert_all(self.first(), &[element.into()])
    }

    /// Puts an element before a position, where it stands then itself.
    pub fn insert_before<'a>(
        &mut self,
        position: Position,
        element: impl Into<Element<'a>>,
    ) -> Result<(), Full> {
        self.insert_all(Some(position), &[element.into()])
    }

    /// Puts an element behind a position.
    pub fn insert_after<'a>(
        &mut self,
        position: Position,
        element: impl Into<Element<'a>>,
    ) -> Result<(), Full> {
        self.insert_all(self.after(position), &[element.into()])
    }

    /// Puts elements before a position, or at the end. All are put or none.
    pub fn insert_all(
        &mut self,
        before: Option<Position>,
        elements: &[Element<'_>],
    ) -> Result<(), Full> {
        self.splice(before, 0, elements)
    }

    /// Puts another element at a position.
    pub fn replace<'a>(
        &mut self,
        position: Position,
        element: impl Into<Element<'a>>,
    ) -> Result<(), Full> {
        self.splice(Some(position), 1, &[element.into()])
    }

    /// Removes the element at a position, where the next one stands then.
    pub fn remove(&mut self, position: Position) {
        self.remove_entries(position, 1);
    }

    /// Removes an element and those behind it, as many as are said or there are.
    pub fn remove_entries(&mut self, position: Position, count: usize) {
        let (range, count) = self.range_of(Some(position), count);
        self.remove_bytes(range, count);
    }

    /// Removes elements by index, as many as are said or there are.
    pub fn remove_range(&mut self, index: usize, count: usize) {
        if let Some(position) = self.seek(index) {
            self.remove_entries(position, count);
        }
    }

    /// Removes groups of `stride` elements, each by the position of its first one, in one pass. The
    /// positions ascend.
    pub fn remove_groups(&mut self, positions: &[Position], stride: usize) {
        if positions.is_empty() {
            return;
        }
        let ranges: Vec<_> =
            positions.iter().map(|&position| self.range_of(Some(position), stride)).collect();
        let (removed_bytes, removed) =
            ranges.iter().fold((0, 0), |(bytes, entries), (range, count)| {
                (bytes + range.len(), entries + count)
            });
        let (total, count) = (self.total_bytes() - removed_bytes, self.len() - removed);
        let old = self.as_bytes();
        let kept = Thin::build(total, &Head::bytes(total, count), |pack| {
            let mut from = HEAD_BYTES;
            for (range, _) in &ranges {
                pack.put(&old[from..range.start]);
                from = range.end;
            }
            pack.put(&old[from..]);
        });
        *self = Listpack(kept);
    }

    /// Removes `removed` elements from a position on, or as many as there are, and puts others in
    /// their place; without a position at the end.
    pub fn splice(
        &mut self,
        at: Option<Position>,
        removed: usize,
        elements: &[Element<'_>],
    ) -> Result<(), Full> {
        match elements {
            // An entry is made up once where there is but one.
            [element] => {
                let entry = Entry::of(*element);
                self.splice_entries(at, removed, (entry.len(), 1), |pack| put(pack, &entry))
            }
            _ => {
                let len = |len: usize, &element| len.saturating_add(Entry::of(element).len());
                let inserted = (elements.iter().fold(0, len), elements.len());
                self.splice_entries(at, removed, inserted, |pack| {
                    elements.iter().for_each(|&element| put(pack, &Entry::of(element)));
                })
            }
        }
    }

    /// As [`Listpack::splice`], of entries: bytes, number, and who writes them.
    fn splice_entries(
        &mut self,
        at: Option<Position>,
        removed: usize,
        (inserted_bytes, inserted): (usize, usize),
        fill: impl FnOnce(&mut Filler<'_>),
    ) -> Result<(), Full> {
        let (range, removed) = self.range_of(at, removed);
        let kept_bytes = self.total_bytes() - range.len();
        if inserted_bytes > MAX_BYTES - kept_bytes {
            return Err(Full);
        }
        let head = Head::bytes(kept_bytes + inserted_bytes, self.count_after(removed, inserted));
        self.0.splice(range, inserted_bytes, &head, fill);
        Ok(())
    }

    fn remove_bytes(&mut self, range: Range<usize>, removed: usize) {
        let head = Head::bytes(self.total_bytes() - range.len(), self.count_after(removed, 0));
        self.0.splice(range, 0, &head, |_| {});
    }

    /// The number of entries after a change, as far as the head can tell: above that, they are
    /// counted only when some go.
    fn count_after(&self, removed: usize, inserted: usize) -> usize {
        match self.head().count {
            None if removed == 0 => usize::MAX,
            Some(count) => count - removed + inserted,
            None => self.len() - removed + inserted,
        }
    }

    /// The bytes of some entries, and how many entries they are; none without a position, at the
    /// end.
    fn range_of(&self, position: Option<Position>, count: usize) -> (Range<usize>, usize) {
        let Some(position) = position else {
            let end = self.total_bytes() - 1;
            return (end..end, 0);
        };
        let mut entries = self.entries_from(position);
        let found = (0..count).take_while(|_| entries.skip_entries(1)).count();
        let end = self.total_bytes() - 1 - entries.bytes().len();
        (position.offset()..end, found)
    }

    /// Puts all elements of another pack behind the last.
    pub fn append(&mut self, other: &Listpack) -> Result<(), Full> {
        self.insert_pack(None, other)
    }

    /// Puts all elements of another pack before the first.
    pub fn prepend(&mut self, other: &Listpack) -> Result<(), Full> {
        self.insert_pack(self.first(), other)
    }

    fn insert_pack(&mut self, before: Option<Position>, other: &Listpack) -> Result<(), Full> {
        let area = other.entry_area();
        self.splice_entries(before, 0, (area.len(), other.len()), |pack| pack.put(area))
    }

    /// Takes the elements from a position on out into a pack of their own.
    pub fn split_off(&mut self, position: Position) -> Listpack {
        let (range, count) = self.range_of(Some(position), usize::MAX);
        let taken = Listpack::of_entries(&self.as_bytes()[range.start..], count);
        self.remove_bytes(range, count);
        taken
    }

    /// Removes all elements.
    pub fn clear(&mut self) {
        *self = Listpack::new();
    }
}

fn put(pack: &mut Filler<'_>, entry: &Entry<'_>) {
    entry.parts().iter().for_each(|part| pack.put(part));
}

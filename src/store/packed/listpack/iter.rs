//! Walking over entries, from either end.

use super::entry::{Link, decode, last_whole_len, whole_len};
use super::needle::Needle;
use crate::store::packed::element::Element;

/// Where an entry of a pack begins, in bytes from its start.
///
/// It holds while nothing changes in the pack at this entry or before it. Asked with one that holds
/// no more, a pack gives another entry or panics; it never reads beyond itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub(super) u32);

impl Position {
    #[inline]
    pub(super) fn at(offset: usize) -> Self {
        // A pack has at most 1 GiB.
        Position(offset as u32)
    }

    #[inline]
    pub(super) fn offset(self) -> usize {
        self.0 as usize
    }
}

/// Elements with their positions, in order, from both ends.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// Whole entries.
    rest: &'a [u8],
    /// Where they begin in the pack.
    offset: usize,
}

impl<'a> Entries<'a> {
    #[inline]
    pub(super) fn of(rest: &'a [u8], offset: usize) -> Self {
        Entries { rest, offset }
    }

    /// Passes over some entries, `false` at the end.
    #[inline]
    pub fn skip_entries(&mut self, count: usize) -> bool {
        for _ in 0..count {
            let Some(len) = whole_len(self.rest) else { return false };
            self.pass(len);
        }
        true
    }

    /// Passes over entries up to the first that is sought, and over that; at most `most` of them.
    /// How many it passed over before it found one, or altogether if it found none.
    #[inline]
    pub fn next_match(&mut self, needle: &Needle<'_>, most: usize) -> Result<usize, usize> {
        for passed in 0..most {
            let bytes = self.rest;
            if !self.skip_entries(1) {
                return Err(passed);
            }
            if needle.begins(bytes) {
                return Ok(passed);
            }
        }
        Err(most)
    }

    /// As [`Entries::next_match`], from the end.
    pub fn next_back_match(&mut self, needle: &Needle<'_>, most: usize) -> Result<usize, usize> {
        for passed in 0..most {
            let Some(len) = last_whole_len(self.rest) else { return Err(passed) };
            let Some((before, last)) =
                self.rest.len().checked_sub(len).and_then(|at| self.rest.split_at_checked(at))
            else {
                return Err(passed);
            };
            self.rest = before;
            if needle.begins(last) {
                return Ok(passed);
            }
        }
        Err(most)
    }

    /// Where the next entry begins.
    #[inline]
    pub(super) fn position(&self) -> Option<Position> {
        (!self.rest.is_empty()).then_some(Position::at(self.offset))
    }

    /// The entries that are left.
    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn pass(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
        self.offset += len;
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Position, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (element, len) = decode(self.rest)?;
        let position = Position::at(self.offset);
        self.pass(len + Link::width(len));
        Some((position, element))
    }
}

impl DoubleEndedIterator for Entries<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let at = self.rest.len().checked_sub(last_whole_len(self.rest)?)?;
        let (before, last) = self.rest.split_at(at);
        self.rest = before;
        Some((Position::at(self.offset + at), decode(last)?.0))
    }
}

/// Elements in order, from both ends.
#[derive(Clone, Debug)]
pub struct Iter<'a>(pub(super) Entries<'a>);

impl<'a> Iter<'a> {
    /// Two by two, as hashes and sorted sets keep them.
    pub fn pairs(self) -> Pairs<'a> {
        Pairs(self)
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        self.0.next().map(|(_, element)| element)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(_, element)| element)
    }
}

/// Elements two by two, from both ends: the pairs come in reverse from the end, each with its first
/// element first.
#[derive(Clone, Debug)]
pub struct Pairs<'a>(Iter<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Element<'a>, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let second = self.0.next_back()?;
        Some((self.0.next_back()?, second))
    }
}

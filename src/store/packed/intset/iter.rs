//! The numbers as they lie, and walking over them.

use super::layout::{Width, read};

/// The numbers of a set, by their width.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers<'a> {
    Two(&'a [[u8; 2]]),
    Four(&'a [[u8; 4]]),
    Eight(&'a [[u8; 8]]),
}

impl<'a> Numbers<'a> {
    #[inline]
    pub(super) fn of(width: Width, bytes: &'a [u8]) -> Self {
        match width {
            Width::Two => Numbers::Two(bytes.as_chunks().0),
            Width::Four => Numbers::Four(bytes.as_chunks().0),
            Width::Eight => Numbers::Eight(bytes.as_chunks().0),
        }
    }

    #[inline]
    pub(super) fn get(self, index: usize) -> Option<i64> {
        match self {
            Numbers::Two(numbers) => numbers.get(index).map(read),
            Numbers::Four(numbers) => numbers.get(index).map(read),
            Numbers::Eight(numbers) => numbers.get(index).map(read),
        }
    }

    /// The index of a number, or that at which it would stand.
    #[inline]
    pub(super) fn search(self, number: i64) -> Result<usize, usize> {
        fn search<const WIDTH: usize>(
            numbers: &[[u8; WIDTH]],
            number: i64,
        ) -> Result<usize, usize> {
            numbers.binary_search_by(|bytes| read(bytes).cmp(&number))
        }
        match self {
            Numbers::Two(numbers) => search(numbers, number),
            Numbers::Four(numbers) => search(numbers, number),
            Numbers::Eight(numbers) => search(numbers, number),
        }
    }
}

/// The numbers in ascending order, from both ends.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    numbers: Numbers<'a>,
    from: usize,
    to: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn of(numbers: Numbers<'a>, count: usize) -> Self {
        Iter { numbers, from: 0, to: count }
    }
}

impl Iterator for Iter<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        if self.from == self.to {
            return None;
        }
        let number = self.numbers.get(self.from);
        self.from += 1;
        number
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.to - self.from;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<i64> {
        if self.from == self.to {
            return None;
        }
        self.to -= 1;
        self.numbers.get(self.to)
    }
}

impl ExactSizeIterator for Iter<'_> {}

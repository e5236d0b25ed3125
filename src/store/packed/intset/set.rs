//! The set itself, as it is read.

use std::fmt;

use super::check::check;
use super::iter::{Iter, Numbers};
use super::layout::{HEAD_BYTES, Head, Layout, Width};
use crate::base::random::Random;
use crate::store::packed::limits::MAX_BYTES;
use crate::store::packed::malformed::Malformed;
use crate::store::packed::thin::Thin;

/// A set of numbers.
#[derive(Clone)]
#[repr(transparent)]
pub struct Intset(pub(super) Thin<Layout>);

impl Intset {
    /// One without numbers, which takes no memory.
    pub fn new() -> Self {
        Intset(Thin::empty())
    }

    /// A copy of what a file or a peer sent, after a check of every number.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        check(bytes)?;
        let (head, area) = bytes.split_at(HEAD_BYTES);
        Ok(Intset(Thin::build(bytes.len(), head, |set| set.put(area))))
    }

    /// The bytes, as they stand in an RDB.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Their number.
    pub fn total_bytes(&self) -> usize {
        self.0.total()
    }

    /// The bytes allocated.
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }

    /// Whether one number more, whatever it is, would still be a set.
    pub fn has_room(&self) -> bool {
        HEAD_BYTES + Width::Eight.bytes() * (self.len() + 1) <= MAX_BYTES
    }

    /// How many numbers there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.head().1
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a number is in the set.
    #[inline]
    pub fn contains(&self, number: i64) -> bool {
        self.index_of(number).is_ok()
    }

    /// The index of a number in ascending order, or that at which it would stand.
    #[inline]
    pub fn index_of(&self, number: i64) -> Result<usize, usize> {
        self.numbers().search(number)
    }

    /// The number of an index, in ascending order.
    #[inline]
    pub fn get(&self, index: usize) -> Option<i64> {
        self.numbers().get(index)
    }

    /// A number by chance, each as likely as any other.
    pub fn random(&self, random: &mut Random) -> Option<i64> {
        if self.is_empty() {
            return None;
        }
        self.get(random.below(self.len() as u64) as usize)
    }

    /// `count` different numbers by chance, or all; in ascending order.
    pub fn sample<'a>(
        &'a self,
        count: usize,
        random: &'a mut Random,
    ) -> impl Iterator<Item = i64> + 'a {
        let chosen = random.choose(count as u64, self.len() as u64);
        chosen.filter_map(|index| self.get(index as usize))
    }

    /// All numbers, in ascending order.
    pub fn iter(&self) -> Iter<'_> {
        Iter::of(self.numbers(), self.len())
    }

    /// The width and number of the numbers.
    #[inline]
    pub(super) fn head(&self) -> (Width, usize) {
        let head = self.as_bytes().first_chunk().map(|head| Head::of(*head));
        // What is checked, or made here, has a head with one of the widths.
        head.map_or((Width::Two, 0), |head| (head.width.unwrap_or(Width::Two), head.count))
    }

    #[inline]
    fn numbers(&self) -> Numbers<'_> {
        Numbers::of(self.head().0, &self.as_bytes()[HEAD_BYTES..])
    }
}

impl Default for Intset {
    fn default() -> Self {
        Intset::new()
    }
}

impl PartialEq for Intset {
    /// Equal numbers, whatever their width.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Intset {}

impl<'a> IntoIterator for &'a Intset {
    type Item = i64;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Intset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

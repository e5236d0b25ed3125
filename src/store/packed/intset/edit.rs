//! Making and changing a set.

use super::layout::{HEAD_BYTES, Head, Width};
use super::set::Intset;
use crate::store::packed::limits::{Full, MAX_BYTES};
use crate::store::packed::thin::Thin;

impl Intset {
    /// A set of numbers, in any order and with repeats.
    pub fn from_values(values: impl IntoIterator<Item = i64>) -> Result<Intset, Full> {
        let mut values: Vec<i64> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        let ends = [values.first(), values.last()];
        let width = ends.into_iter().flatten().map(|&end| Width::of(end)).max();
        of_ascending(width.unwrap_or(Width::Two), values.len(), values.iter().copied())
    }

    /// Puts a number into the set; `false` if it is there already.
    pub fn insert(&mut self, number: i64) -> Result<bool, Full> {
        let (width, count) = self.head();
        if Width::of(number) > width {
            self.widen_for(number)?;
            return Ok(true);
        }
        let Err(index) = self.index_of(number) else { return Ok(false) };
        if width.bytes() > MAX_BYTES - self.total_bytes() {
            return Err(Full);
        }
        let at = HEAD_BYTES + index * width.bytes();
        let head = Head::bytes(width, count + 1);
        let bytes = number.to_le_bytes();
        self.0.splice(at..at, width.bytes(), &head, |set| set.put(&bytes[..width.bytes()]));
        Ok(true)
    }

    /// Puts a number into the set that is wider than all in it, and so below or above all.
    fn widen_for(&mut self, number: i64) -> Result<(), Full> {
        let (below, above) = if number < 0 { (Some(number), None) } else { (None, Some(number)) };
        let numbers = below.into_iter().chain(self.iter()).chain(above);
        *self = of_ascending(Width::of(number), self.len() + 1, numbers)?;
        Ok(())
    }

    /// Takes a number out of the set; `false` if it is not there.
    pub fn remove(&mut self, number: i64) -> bool {
        let index = self.index_of(number);
        index.is_ok_and(|index| self.remove_at(index).is_some())
    }

    /// Takes the number of an index out of the set.
    pub fn remove_at(&mut self, index: usize) -> Option<i64> {
        let number = self.get(index)?;
        let (width, count) = self.head();
        let at = HEAD_BYTES + index * width.bytes();
        self.0.splice(at..at + width.bytes(), 0, &Head::bytes(width, count - 1), |_| {});
        Some(number)
    }

    /// Takes out, in one pass, the numbers that `keep` says no to.
    pub fn retain(&mut self, mut keep: impl FnMut(i64) -> bool) {
        let (width, count) = self.head();
        let kept: Vec<i64> = self.iter().filter(|&number| keep(number)).collect();
        if kept.len() < count
            && let Ok(kept) = of_ascending(width, kept.len(), kept.iter().copied())
        {
            *self = kept;
        }
    }
}

/// A set of `count` numbers that ascend.
fn of_ascending(
    width: Width,
    count: usize,
    numbers: impl Iterator<Item = i64>,
) -> Result<Intset, Full> {
    if count > (MAX_BYTES - HEAD_BYTES) / width.bytes() {
        return Err(Full);
    }
    let total = HEAD_BYTES + count * width.bytes();
    let set = Thin::build(total, &Head::bytes(width, count), |set| {
        numbers.for_each(|number| set.put(&number.to_le_bytes()[..width.bytes()]));
    });
    Ok(Intset(set))
}

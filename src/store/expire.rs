//! The expiry index: which keys go when, in order of time.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::time::UnixMillis;

/// The deadlines of a database's keys, each with the hash under which the tree finds the key.
///
/// Exact: what has expired is at the front. An item takes 16 bytes and its share of a node.
#[derive(Debug, Default)]
pub struct ExpiryIndex {
    items: BTreeSet<Item>,
    /// How many more keys there are of the same item: keys whose hashes collide in all 64 bits and
    /// that expire in the same millisecond. Empty, but for a miracle.
    repeated: BTreeMap<Item, usize>,
    repeats: usize,
    /// The sum of all deadlines, for the average.
    deadline_sum: i128,
}

/// A deadline, and the full hash of a key that has it.
type Item = (UnixMillis, u64);

impl ExpiryIndex {
    /// The number of keys that expire.
    pub fn len(&self) -> usize {
        self.items.len() + self.repeats
    }

    /// Whether no key expires.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The earliest deadline, and the hash of a key that has it.
    pub fn first(&self) -> Option<(UnixMillis, u64)> {
        self.items.first().copied()
    }

    /// The mean of all deadlines.
    pub fn mean_deadline(&self) -> Option<UnixMillis> {
        let count = i128::try_from(self.len()).ok().filter(|count| *count > 0)?;
        UnixMillis::try_from(self.deadline_sum / count).ok()
    }

    /// About the bytes allocated: nodes of up to 11 items are two thirds full on the whole.
    pub fn memory_bytes(&self) -> usize {
        self.items.len() * size_of::<Item>() * 5 / 3
    }

    /// Notes a key's deadline.
    pub(super) fn insert(&mut self, deadline: UnixMillis, hash: u64) {
        self.deadline_sum += i128::from(deadline);
        if !self.items.insert((deadline, hash)) {
            *self.repeated.entry((deadline, hash)).or_default() += 1;
            self.repeats += 1;
        }
    }

    /// Forgets a key's deadline, which was noted.
    pub(super) fn remove(&mut self, deadline: UnixMillis, hash: u64) {
        self.deadline_sum -= i128::from(deadline);
        if self.repeats > 0 && self.remove_repeated((deadline, hash)) {
            return;
        }
        let noted = self.items.remove(&(deadline, hash));
        debug_assert!(noted, "the deadline {deadline} was never noted");
    }

    #[cold]
    fn remove_repeated(&mut self, item: Item) -> bool {
        let Some(count) = self.repeated.get_mut(&item) else { return false };
        *count -= 1;
        if *count == 0 {
            self.repeated.remove(&item);
        }
        self.repeats -= 1;
        true
    }

    /// Replaces what is noted of a key.
    pub(super) fn change(&mut self, hash: u64, old: Option<UnixMillis>, new: Option<UnixMillis>) {
        if old == new {
            return;
        }
        if let Some(deadline) = old {
            self.remove(deadline, hash);
        }
        if let Some(deadline) = new {
            self.insert(deadline, hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_order() {
        let mut index = ExpiryIndex::default();
        for (deadline, hash) in [(30, 1), (-10, 2), (20, 3), (20, 1)] {
            index.insert(deadline, hash);
        }
        assert_eq!(index.mean_deadline(), Some(15));
        let mut order = Vec::new();
        while let Some((deadline, hash)) = index.first() {
            order.push((deadline, hash));
            index.remove(deadline, hash);
        }
        assert_eq!(order, [(-10, 2), (20, 1), (20, 3), (30, 1)]);
        assert_eq!((index.len(), index.mean_deadline()), (0, None));
    }

    #[test]
    fn colliding_keys_with_one_deadline_are_counted() {
        let mut index = ExpiryIndex::default();
        (0..3).for_each(|_| index.insert(5, 77));
        assert_eq!(index.len(), 3);
        index.change(77, Some(5), Some(6));
        index.change(77, Some(5), None);
        assert_eq!((index.len(), index.first()), (2, Some((5, 77))));
        index.remove(5, 77);
        assert_eq!((index.len(), index.first()), (1, Some((6, 77))));
        assert!(index.repeated.is_empty());
    }

    #[test]
    fn the_mean_of_extreme_deadlines_does_not_overflow() {
        let mut index = ExpiryIndex::default();
        (0..1_000).for_each(|hash| index.insert(UnixMillis::MAX, hash));
        assert_eq!(index.mean_deadline(), Some(UnixMillis::MAX));
    }
}

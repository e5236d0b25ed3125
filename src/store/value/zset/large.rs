//! A large sorted set: its members by name, and all elements in order.
//!
//! ```text
//! scores   table: an element each, its key the member, its value the score
//! order    sequence: score and the same element
//! ```
//! Both hold the same entries, so that a member's bytes are there once. The score stands in the
//! sequence too, which is searched by it without a look at the entries but where scores are equal.

use std::cmp::Ordering;
use std::ops::Range;

use super::score;
use crate::store::entry::Entry;
use crate::store::sequence::{Back, Front, Index, Item, Iter, Last, Sequence};
use crate::store::shared::Shared;
use crate::store::table::Table;

/// The elements of smaller sorted sets are in the processor's caches more often than not.
const WARM_MAX_ELEMENTS: usize = 1 << 14;
/// How many elements ahead of the next one an entry is fetched.
const FETCHED_AHEAD: usize = 4;

/// An element in the order.
#[derive(Clone)]
pub struct Scored {
    pub(super) score: f64,
    pub(super) entry: Entry,
}

impl Scored {
    pub(super) fn new(member: &[u8], score: f64) -> Scored {
        Scored { score, entry: score::entry(member, score) }
    }

    pub(super) fn of_entry(entry: &Entry) -> Scored {
        Scored { score: score::of_entry(entry), entry: entry.clone() }
    }

    #[inline]
    pub(super) fn cmp_to(&self, score: f64, member: &[u8]) -> Ordering {
        score::order((self.score, score), || (self.entry.key(), member))
    }

    pub(super) fn cmp(&self, other: &Scored) -> Ordering {
        self.cmp_to(other.score, other.entry.key())
    }
}

/// Its own mark; the entry's bytes are counted by the table.
impl Item for Scored {
    type Mark = Scored;

    #[inline]
    fn mark(&self) -> &Scored {
        self
    }
}

#[derive(Clone)]
pub struct Large {
    scores: Table,
    order: Sequence<Scored>,
}

impl Large {
    pub(super) fn new() -> Large {
        Large { scores: Table::of_elements(), order: Sequence::new() }
    }

    /// Of elements that stand in order; `scores` holds the same.
    pub(super) fn of_sorted(scores: Table, elements: impl Iterator<Item = Scored>) -> Large {
        Large { scores, order: elements.collect() }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether it is so large that the processor has little of it at hand.
    pub(super) fn is_cold(&self) -> bool {
        self.len() > WARM_MAX_ELEMENTS
    }

    pub fn table(&self) -> &Table {
        &self.scores
    }

    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).map(score::of_entry)
    }

    /// How many elements are before that one.
    fn place(&self, score: f64, member: &[u8]) -> usize {
        self.count_first(|element| element.cmp_to(score, member).is_lt())
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.place(score, member), score))
    }

    /// How many elements stand first for which this holds.
    pub(super) fn count_first(&self, holds: impl FnMut(&Scored) -> bool) -> usize {
        self.order.partition_point(holds).index as usize
    }

    /// Gives a member the score that `decide` makes of the one it has, if it makes one.
    pub(super) fn update(
        &mut self,
        member: &[u8],
        decide: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> (Option<f64>, Option<f64>) {
        let mut slot = self.scores.slot(member);
        let old = slot.entry().map(score::of_entry);
        let new = decide(old);
        let Some(score) = new.filter(|_| new != old) else { return (old, new) };
        let element = Scored::new(member, score);
        slot.insert(element.entry.clone());
        drop(slot);
        if let Some(old) = old {
            self.order.remove(Last(|other: &Scored| other.cmp_to(old, member).is_le()));
        }
        self.order.insert(Last(|other: &Scored| other.cmp(&element).is_lt()), element.clone());
        (old, new)
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let Some(entry) = self.scores.remove(member) else { return false };
        let score = score::of_entry(&entry);
        self.order.remove(Last(|other: &Scored| other.cmp_to(score, member).is_le()));
        true
    }

    /// Takes out the elements at these places.
    pub(super) fn remove_range(&mut self, places: Range<usize>) {
        let removed = self.order.remove_range(places.start as u64..places.end as u64);
        for element in removed.iter() {
            self.scores.remove(element.entry.key());
        }
    }

    /// Takes the element at one end out; gives its entry, whose key is the member, and its score.
    pub(super) fn pop(&mut self, is_last: bool) -> Option<(Entry, f64)> {
        let popped = if is_last { self.order.pop_back() } else { self.order.pop_front() };
        let Scored { score, entry } = popped?;
        self.scores.remove(entry.key());
        self.fetch_next(is_last);
        Some((entry, score))
    }

    /// Who takes one element out will take the next one soon. What stands side by side in the order
    /// is scattered in memory, and is fetched while other work is done: a few entries ahead, and the
    /// place in the table of one whose entry has come.
    fn fetch_next(&self, is_last: bool) {
        if !self.is_cold() {
            return;
        }
        let (next, ahead) = match is_last {
            true => {
                let items = self.order.neighbours(Back);
                let from_end = |i: usize| items.len().checked_sub(i).and_then(|i| items.get(i));
                (from_end(2), from_end(FETCHED_AHEAD + 1))
            }
            false => {
                let items = self.order.neighbours(Front);
                (items.get(1), items.get(FETCHED_AHEAD))
            }
        };
        ahead.inspect(|ahead| ahead.entry.prefetch());
        next.inspect(|next| self.scores.prefetch_removal(next.entry.key()));
    }

    pub(super) fn nth(&self, place: usize) -> Option<&Scored> {
        self.order.get(Index(place as u64))
    }

    pub(super) fn range(&self, places: Range<usize>) -> Iter<'_, Scored> {
        self.order.range(places.start as u64..places.end as u64)
    }

    pub(super) fn is_slow_to_drop(&self) -> bool {
        self.scores.is_slow_to_drop()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        Shared::<Large>::BYTES + self.scores.logical_bytes() + self.order.memory_bytes()
    }
}

//! A register: many elements of a set or a hash, found by their names, in few bytes each.
//!
//! ```text
//! blocks   sequence of blocks in the order of the hashes: up to 64 elements in one allocation
//! rest     table: long elements, and those that share their hash with a whole block
//! ```
//! An element of a block takes its text and two to three bytes, and its part of what the allocator
//! rounds up. One that has come to the table stays there until it goes, whatever value it gets. A
//! clone shares everything; a change copies one block and the path to it.
//!
//! Blocks go by as many bits of the hash as the table's tree branches by, so that a walk goes on in
//! both by one cursor.

mod block;
mod iter;
mod record;
mod scan;
#[cfg(test)]
mod tests;

use self::block::{Block, Found, Parts, RECORD_MAX_BYTES};
pub use self::iter::Iter;
use self::record::{key_of, value_of};
use super::entry::Entry;
use super::sequence::{Index, Item, Last, Sequence, Weight};
use super::table::Table;
use super::value::{NewValue, ValueRef};
use crate::store::packed::Element;

/// As many names as are looked up in step.
const PREFETCHED_NAMES: usize = 16;
/// What a processor may have at hand, in bytes.
const WARM_MAX_BYTES: usize = 1 << 18;

/// Elements without values.
pub type Members = Register<false>;
/// Elements with values.
pub type Fields = Register<true>;

/// Elements by their names; with a value each, if they are `PAIRS`.
#[derive(Clone)]
pub struct Register<const PAIRS: bool> {
    blocks: Sequence<Block>,
    rest: Table,
}

/// What became of an element that was given a value.
#[must_use]
pub struct Outcome {
    /// It was not there.
    pub is_new: bool,
    /// What was there, if it takes long to drop.
    pub garbage: Option<Entry>,
}

impl Outcome {
    pub const NEW: Outcome = Outcome { is_new: true, garbage: None };
    pub const REPLACED: Outcome = Outcome { is_new: false, garbage: None };
}

/// An element's place in the order of the hashes, and its tag.
#[derive(Clone, Copy)]
struct Spot {
    place: u64,
    tag: u8,
}

impl<const PAIRS: bool> Default for Register<PAIRS> {
    fn default() -> Self {
        Register { blocks: Sequence::new(), rest: Table::of_elements() }
    }
}

impl<const PAIRS: bool> Register<PAIRS> {
    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.blocks.weight() as usize + self.rest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn spot(&self, key: &[u8]) -> Spot {
        let (place, tag) = self.rest.place_and_tag(key);
        Spot { place, tag }
    }

    /// Where a name is in the blocks.
    #[inline]
    fn find(&self, spot: Spot, key: &[u8]) -> Option<(&Block, Found)> {
        let block = self.blocks.get(Last(|first: &u64| *first <= spot.place))?;
        block.prefetch();
        Some((block, block.find(spot.tag, key, key_of::<PAIRS>)?))
    }

    /// Fetches from memory what looking these names up will read, all at the same time.
    pub fn prefetch(&self, names: &[&[u8]]) {
        let mut found = [None; PREFETCHED_NAMES];
        for (found, name) in found.iter_mut().zip(names) {
            let spot = self.spot(name);
            let block = self.blocks.get(Last(|first: &u64| *first <= spot.place));
            *found = block.map(|block| (block, spot.tag));
            block.inspect(|block| block.prefetch());
        }
        found.iter().flatten().for_each(|(block, tag)| block.prefetch_record(*tag));
    }

    /// Whether it is so large that the processor has little of it at hand.
    pub fn is_cold(&self) -> bool {
        self.blocks.memory_bytes() > WARM_MAX_BYTES
    }

    /// Changes the block where an element is or belongs.
    fn modify<R>(&mut self, spot: Spot, change: impl FnOnce(&mut Block) -> R) -> Option<R> {
        self.blocks.modify(Last(|first: &u64| *first <= spot.place), change)
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.find(self.spot(key), key).is_some()
            || (!self.rest.is_empty() && self.rest.contains(key))
    }

    /// The value of an element: a string.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<ValueRef<'_>> {
        match self.find(self.spot(key), key) {
            Some((block, found)) => Some(ValueRef::Str(value_of::<PAIRS>(block.record(found)))),
            None if self.rest.is_empty() => None,
            None => self.rest.get(key).map(Entry::value),
        }
    }

    /// The record of a name that is in the blocks.
    #[cfg(test)]
    pub(in crate::store) fn record(&self, key: &[u8]) -> Option<&[u8]> {
        self.find(self.spot(key), key).map(|(block, found)| block.record(found))
    }

    /// Puts a record of a name that is not there into the blocks; `false` if it does not go there.
    fn put(&mut self, spot: Spot, parts: &Parts<'_>) -> bool {
        if parts.iter().map(|part| part.len()).sum::<usize>() > RECORD_MAX_BYTES {
            return false;
        }
        if self.blocks.is_empty() {
            self.blocks.push_back(Block::empty(0));
        }
        while self.modify(spot, |block| block.insert(spot.tag, parts)) == Some(false) {
            if self.make_room(spot).is_none() {
                return false;
            }
        }
        true
    }

    /// Divides the full block of a place; `None` if all that is in it is at one place.
    #[cold]
    fn make_room(&mut self, spot: Spot) -> Option<()> {
        let full = self.blocks.get(Last(|first: &u64| *first <= spot.place))?;
        let place_of = |record: &[u8]| self.spot(key_of::<PAIRS>(record)).place;
        let is_last = self.blocks.last().is_some_and(|last| last.mark() == full.mark());
        // What comes in order, block after block as from a file, leaves blocks behind that are quite
        // full.
        if is_last && full.iter().all(|(_, record)| place_of(record) < spot.place) {
            self.blocks.push_back(Block::empty(spot.place));
            return Some(());
        }
        let (lower, upper) = full.split(if is_last { 6 } else { 4 }, place_of)?;
        let border = *upper.mark();
        self.modify(spot, |block| *block = lower);
        self.blocks.insert(Last(|first: &u64| *first < border), upper);
        Some(())
    }

    /// Takes out of the blocks what was found there.
    fn take(&mut self, spot: Spot, found: Found) {
        let is_small = self.modify(spot, |block| {
            block.remove(found);
            block.is_small()
        });
        if is_small == Some(true) {
            self.tidy(spot);
        }
    }

    /// Joins a small block with a neighbour that is small too, and drops an empty one.
    #[cold]
    fn tidy(&mut self, spot: Spot) {
        let place = self.blocks.partition_point(|first| *first <= spot.place);
        let index = place.index.saturating_sub(1);
        for left in [Some(index), index.checked_sub(1)].into_iter().flatten() {
            let pair = (self.blocks.get(Index(left)), self.blocks.get(Index(left + 1)));
            let (Some(one), Some(next)) = pair else { continue };
            if let Some(joined) = one.joined(next) {
                self.blocks.remove(Index(left + 1));
                self.blocks.replace(Index(left), joined);
                return;
            }
        }
        if self.blocks.get(Index(index)).is_none_or(|block| block.count() > 0) {
            return;
        }
        drop(self.blocks.remove(Index(index)));
        // The first block begins at 0 whatever is in it.
        if index == 0 {
            self.blocks.modify(Index(0), |first| *first = first.clone().begun_at(0));
        }
    }

    /// Takes an element out; `None` if it is not there, else what takes long to drop of it.
    pub fn remove(&mut self, key: &[u8]) -> Option<Option<Entry>> {
        let spot = self.spot(key);
        if let Some((_, found)) = self.find(spot, key) {
            self.take(spot, found);
            return Some(None);
        }
        if self.rest.is_empty() {
            return None;
        }
        let removed = self.rest.slot(key).remove()?;
        Some(Some(removed).filter(Entry::is_slow_to_drop))
    }

    /// The element at a place of the order that [`Register::iter`] has, with its value.
    pub fn nth(&self, place: usize) -> Option<(&[u8], ValueRef<'_>)> {
        let in_blocks = self.blocks.weight() as usize;
        if place >= in_blocks {
            let entry = self.rest.nth(place - in_blocks)?;
            return Some((entry.key(), entry.value()));
        }
        let mut cursor = self.blocks.cursor(Weight(place as u64));
        let before = cursor.place().weight as usize;
        let block = cursor.next()?;
        let record = block.record(block.nth(place - before)?);
        Some((key_of::<PAIRS>(record), ValueRef::Str(value_of::<PAIRS>(record))))
    }

    /// All elements: the blocks in the order of the hashes, then the table.
    pub fn iter(&self) -> Iter<'_, PAIRS> {
        Iter::new(self.blocks.iter(), self.rest.iter())
    }

    /// What is allocated for it, also what others share.
    pub fn logical_bytes(&self) -> usize {
        self.blocks.memory_bytes() + self.rest.logical_bytes()
    }

    /// Whether dropping it takes longer than handing it to the garbage thread.
    pub fn is_slow_to_drop(&self) -> bool {
        self.blocks.is_slow_to_drop() || self.rest.is_slow_to_drop()
    }
}

impl Register<false> {
    /// Puts a member in; `false` if it is there already.
    pub fn add(&mut self, member: &[u8]) -> bool {
        let spot = self.spot(member);
        if self.find(spot, member).is_some() {
            return false;
        }
        if !self.rest.is_empty() && self.rest.contains(member) {
            return false;
        }
        self.put(spot, &[member]) || self.rest.slot(member).add_member()
    }
}

impl Register<true> {
    /// Gives a field a value.
    pub fn set(&mut self, field: &[u8], value: Element<'_>) -> Outcome {
        let mut digits = itoa::Buffer::new();
        let text = value.text(&mut digits);
        let spot = self.spot(field);
        let name_len = [field.len() as u8];
        let parts: [&[u8]; 3] = [&name_len, field, text];
        if let Some((block, found)) = self.find(spot, field) {
            if value_of::<true>(block.record(found)) == text {
                return Outcome::REPLACED;
            }
            if self.modify(spot, |block| block.overwrite(found, &parts)) == Some(false) {
                // What goes into the same block again need not be joined with others before.
                self.modify(spot, |block| block.remove(found));
                if !self.put(spot, &parts) {
                    self.put_aside(field, value);
                    self.tidy(spot);
                }
            }
            return Outcome::REPLACED;
        }
        if !self.rest.is_empty() && self.rest.contains(field) {
            return Outcome { is_new: false, garbage: self.put_aside(field, value) };
        }
        if !self.put(spot, &parts) {
            self.put_aside(field, value);
        }
        Outcome::NEW
    }

    /// Into the table.
    fn put_aside(&mut self, field: &[u8], value: Element<'_>) -> Option<Entry> {
        let value = match value {
            Element::Int(number) => NewValue::Int(number),
            Element::Str(text) => NewValue::Str(text),
        };
        self.rest.slot(field).set_element(value, None)
    }
}

//! A block of a register: some elements, one behind the other in one allocation.
//!
//! ```text
//! | count u8 | room u8 | used u16 | tags: room x u8 | lengths: room x u8 | records ... | unused |
//! 0          1         2          4                                      used bytes    size class
//! ```
//! A tag is eight bits of the hash; where a record begins follows from the lengths before it. The
//! record of a member is its text; that of a field is the length of its name in a byte, its name
//! and its value. They stand in no order.

use std::iter::repeat_n;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};

use crate::store::memory::{prefetch, same_key, size_class};
use crate::store::sequence::Item;

/// The most bytes of a record.
pub(super) const RECORD_MAX_BYTES: usize = u8::MAX as usize;
/// The most elements of a block.
const MAX_COUNT: usize = 64;
/// The most bytes that a block takes: what a change under a snapshot copies.
const MAX_BYTES: usize = 4096;
/// Two neighbours of no more than this together become one.
const JOIN_MAX_COUNT: usize = MAX_COUNT / 2;
const JOIN_MAX_BYTES: usize = MAX_BYTES / 2;

const HEAD_BYTES: usize = 4;
/// What an `Arc` counts in.
const COUNTS_BYTES: usize = 2 * size_of::<usize>();
/// For so many more elements is there room for tags and lengths when a block grows.
const ROOM_STEP: usize = 8;

/// Some elements, shared until one of them changes.
#[derive(Clone)]
pub struct Block {
    /// Where it begins in the order of the hashes: that of the first block is 0, all hashes of a block
    /// are from there on and below that of the next one.
    first: u64,
    bytes: Arc<[u8]>,
}

/// Where an element is in its block.
#[derive(Clone, Copy)]
pub(super) struct Found {
    index: usize,
    offset: usize,
    len: usize,
}

/// What is to become a record: the bytes one behind the other.
pub(super) type Parts<'a> = [&'a [u8]];

impl Item for Block {
    type Mark = u64;

    #[inline]
    fn mark(&self) -> &u64 {
        &self.first
    }

    #[inline]
    fn weight(&self) -> u64 {
        self.count() as u64
    }

    #[inline]
    fn bytes(&self) -> usize {
        size_class(COUNTS_BYTES + self.bytes.len())
    }
}

impl Block {
    /// One without elements, with room for so many records of so many bytes in all.
    fn with_room(first: u64, count: usize, record_bytes: usize) -> Block {
        let room = count.next_multiple_of(ROOM_STEP).min(MAX_COUNT);
        let len = len_for(HEAD_BYTES + 2 * room + record_bytes);
        let mut bytes: Arc<[u8]> = repeat_n(0, len).collect();
        if let Some(bytes) = Arc::get_mut(&mut bytes) {
            bytes[1] = room as u8;
        }
        Block { first, bytes }
    }

    /// One that is to get its first element, from a place on.
    pub(super) fn empty(first: u64) -> Block {
        Block::with_room(first, ROOM_STEP, 0)
    }

    /// The same elements from another place on.
    pub(super) fn begun_at(self, first: u64) -> Block {
        Block { first, ..self }
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        usize::from(self.bytes[0])
    }

    #[inline]
    fn room(&self) -> usize {
        usize::from(self.bytes[1])
    }

    #[inline]
    fn used(&self) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[2], self.bytes[3]]))
    }

    #[inline]
    fn tags(&self) -> &[u8] {
        &self.bytes[HEAD_BYTES..][..self.count()]
    }

    #[inline]
    fn lens(&self) -> &[u8] {
        &self.bytes[HEAD_BYTES + self.room()..][..self.count()]
    }

    #[inline]
    fn records_at(&self) -> usize {
        HEAD_BYTES + 2 * self.room()
    }

    /// The record of an element.
    #[inline]
    pub(super) fn record(&self, found: Found) -> &[u8] {
        &self.bytes[self.records_at() + found.offset..][..found.len]
    }

    /// All elements.
    pub(super) fn iter(&self) -> Records<'_> {
        Records { tags: self.tags(), lens: self.lens(), rest: &self.bytes[self.records_at()..] }
    }

    /// The element at a place of the order that [`Block::iter`] has.
    pub(super) fn nth(&self, index: usize) -> Option<Found> {
        let len = usize::from(*self.lens().get(index)?);
        Some(Found { index, offset: sum(&self.lens()[..index]), len })
    }

    /// Lets the processor fetch together what [`Block::find`] reads one after the other: the tags and
    /// the lengths.
    #[inline]
    pub(super) fn prefetch(&self) {
        const LINE_BYTES: usize = 64;
        let start = self.bytes.as_ptr();
        (0..3).for_each(|line| prefetch(start.wrapping_add(line * LINE_BYTES)));
    }

    /// Fetches the record that [`Block::find`] reads first, once tags and lengths are there.
    pub(super) fn prefetch_record(&self, tag: u8) {
        if let Some(index) = memchr(tag, self.tags()) {
            let offset = self.records_at() + sum(&self.lens()[..index]);
            prefetch(self.bytes.as_ptr().wrapping_add(offset));
        }
    }

    /// The element of this tag whose record has this key.
    #[inline]
    pub(super) fn find<'a>(
        &'a self,
        tag: u8,
        key: &[u8],
        key_of: impl Fn(&'a [u8]) -> &'a [u8],
    ) -> Option<Found> {
        let (lens, records) = (self.lens(), &self.bytes[self.records_at()..]);
        let (mut offset, mut passed) = (0, 0);
        for index in memchr_iter(tag, self.tags()) {
            offset += sum(&lens[passed..index]);
            passed = index;
            let len = usize::from(lens[index]);
            if same_key(key_of(&records[offset..][..len]), key) {
                return Some(Found { index, offset, len });
            }
        }
        None
    }

    /// Puts an element in; `false` if there is no room.
    pub(super) fn insert(&mut self, tag: u8, parts: &Parts<'_>) -> bool {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let (count, used) = (self.count(), self.used());
        if count == self.room() || self.records_at() + used + len > self.bytes.len() {
            let room = (count + 1).next_multiple_of(ROOM_STEP);
            let bytes = COUNTS_BYTES + HEAD_BYTES + 2 * room + used + len;
            if count == MAX_COUNT || bytes > MAX_BYTES {
                return false;
            }
            self.rebuild(count + 1, used + len);
        }
        let (room, records_at) = (self.room(), self.records_at());
        let bytes = Arc::make_mut(&mut self.bytes);
        bytes[HEAD_BYTES + count] = tag;
        bytes[HEAD_BYTES + room + count] = len as u8;
        let mut at = records_at + used;
        for part in parts {
            bytes[at..][..part.len()].copy_from_slice(part);
            at += part.len();
        }
        set_counts(bytes, count + 1, used + len);
        true
    }

    /// Puts another record in an element's place, if it is as long.
    pub(super) fn overwrite(&mut self, found: Found, parts: &Parts<'_>) -> bool {
        let is_as_long = parts.iter().map(|part| part.len()).sum::<usize>() == found.len;
        if is_as_long {
            let mut at = self.records_at() + found.offset;
            let bytes = Arc::make_mut(&mut self.bytes);
            for part in parts {
                bytes[at..][..part.len()].copy_from_slice(part);
                at += part.len();
            }
        }
        is_as_long
    }

    /// Takes an element out.
    pub(super) fn remove(&mut self, found: Found) {
        let (count, used, room) = (self.count(), self.used(), self.room());
        let records_at = self.records_at();
        let bytes = Arc::make_mut(&mut self.bytes);
        for at in [HEAD_BYTES, HEAD_BYTES + room] {
            bytes.copy_within(at + found.index + 1..at + count, at + found.index);
        }
        let from = records_at + found.offset;
        bytes.copy_within(from + found.len..records_at + used, from);
        let (count, used) = (count - 1, used - found.len);
        set_counts(bytes, count, used);
        // Memory is given back when a good part of it is not used.
        let wanted = len_for(HEAD_BYTES + 2 * (count + ROOM_STEP) + used + used / 4);
        if count > 0 && wanted < bytes.len() {
            self.rebuild(count, used);
        }
    }

    /// Moves to an allocation for so many elements and bytes of records.
    fn rebuild(&mut self, count: usize, record_bytes: usize) {
        let mut new = Block::with_room(self.first, count, record_bytes);
        let (own_count, used) = (self.count(), self.used());
        let (room, records_at) = (new.room(), new.records_at());
        if let Some(bytes) = Arc::get_mut(&mut new.bytes) {
            bytes[HEAD_BYTES..][..own_count].copy_from_slice(self.tags());
            bytes[HEAD_BYTES + room..][..own_count].copy_from_slice(self.lens());
            bytes[records_at..][..used].copy_from_slice(&self.bytes[self.records_at()..][..used]);
            set_counts(bytes, own_count, used);
        }
        *self = new;
    }

    /// The elements in two blocks, divided in the order of the hashes, about so many eighths of them in
    /// the first one; `None` if all are at one place of it.
    pub(super) fn split(
        &self,
        eighths: usize,
        place_of: impl Fn(&[u8]) -> u64,
    ) -> Option<(Block, Block)> {
        let mut all: Vec<(u64, u8, &[u8])> =
            self.iter().map(|(tag, record)| (place_of(record), tag, record)).collect();
        all.sort_unstable_by_key(|(place, ..)| *place);
        let wanted = all.len() * eighths / 8;
        let is_border = |&at: &usize| all[at - 1].0 < all[at].0;
        let border = (1..all.len()).filter(is_border).min_by_key(|at| at.abs_diff(wanted))?;
        let (lower, upper) = all.split_at(border);
        Some((Block::of(self.first, lower), Block::of(all[border].0, upper)))
    }

    fn of(first: u64, elements: &[(u64, u8, &[u8])]) -> Block {
        let bytes = elements.iter().map(|(.., record)| record.len()).sum();
        let mut block = Block::with_room(first, elements.len(), bytes);
        for (_, tag, record) in elements {
            block.insert(*tag, &[record]);
        }
        block
    }

    /// This and the next one as one, if that is small.
    pub(super) fn joined(&self, next: &Block) -> Option<Block> {
        let (count, used) = (self.count() + next.count(), self.used() + next.used());
        if count > JOIN_MAX_COUNT || used > JOIN_MAX_BYTES {
            return None;
        }
        let mut joined = self.clone();
        joined.rebuild(count, used);
        for (tag, record) in next.iter() {
            joined.insert(tag, &[record]);
        }
        Some(joined)
    }

    /// Whether it may have become small enough to be joined with another.
    pub(super) fn is_small(&self) -> bool {
        self.count() <= JOIN_MAX_COUNT / 2 && self.used() <= JOIN_MAX_BYTES / 2
    }
}

/// The bytes behind an `Arc` that fill the size class of as many.
fn len_for(bytes: usize) -> usize {
    size_class(COUNTS_BYTES + bytes) - COUNTS_BYTES
}

fn set_counts(bytes: &mut [u8], count: usize, used: usize) {
    bytes[0] = count as u8;
    bytes[2..4].copy_from_slice(&(used as u16).to_le_bytes());
}

#[inline]
fn sum(lens: &[u8]) -> usize {
    lens.iter().map(|len| usize::from(*len)).sum()
}

/// The elements of a block: tag and record.
#[derive(Clone)]
pub(super) struct Records<'a> {
    tags: &'a [u8],
    lens: &'a [u8],
    rest: &'a [u8],
}

impl Records<'_> {
    pub(super) const NONE: Records<'static> = Records { tags: &[], lens: &[], rest: &[] };
}

impl<'a> Iterator for Records<'a> {
    type Item = (u8, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, tags) = self.tags.split_first()?;
        let (&len, lens) = self.lens.split_first()?;
        let (record, rest) = self.rest.split_at_checked(usize::from(len))?;
        (self.tags, self.lens, self.rest) = (tags, lens, rest);
        Some((tag, record))
    }
}

//! Entries between two IDs, in either direction.

use super::block::Block;
use super::id::StreamId;
use super::walk::{StreamEntry, Walk};
use crate::store::sequence::{Cursor, Last, Sequence};

pub struct Range<'a> {
    blocks: Cursor<'a, Block>,
    /// What is left of a block.
    walk: Option<Walk<'a>>,
    from: StreamId,
    to: StreamId,
    is_back: bool,
}

impl<'a> Range<'a> {
    pub(super) fn forward(blocks: &'a Sequence<Block>, from: StreamId, to: StreamId) -> Range<'a> {
        let mut blocks = blocks.cursor(Last(|first: &StreamId| *first <= from));
        // The block before the gap may have entries from there on.
        blocks.prev();
        Range { blocks, walk: None, from, to, is_back: false }
    }

    pub(super) fn back(blocks: &'a Sequence<Block>, from: StreamId, to: StreamId) -> Range<'a> {
        let blocks = blocks.cursor(Last(|first: &StreamId| *first <= to));
        Range { blocks, walk: None, from, to, is_back: true }
    }

    fn next_block(&mut self) -> Option<&'a Block> {
        match self.is_back {
            true => self.blocks.prev(),
            false => self.blocks.next().filter(|block| block.id() <= self.to),
        }
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = StreamEntry<'a>;

    fn next(&mut self) -> Option<StreamEntry<'a>> {
        loop {
            let Some(walk) = &mut self.walk else {
                self.walk = Some(self.next_block()?.walk());
                continue;
            };
            let slot = if self.is_back { walk.next_back() } else { walk.next() };
            let Some(slot) = slot else {
                self.walk = None;
                continue;
            };
            let id = slot.entry.id;
            if if self.is_back { id < self.from } else { id > self.to } {
                return None;
            }
            if !slot.is_deleted && (self.from..=self.to).contains(&id) {
                return Some(slot.entry);
            }
        }
    }
}

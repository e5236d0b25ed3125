//! Walking over a register in steps, while it changes.
//!
//! The cursor is that of the table's tree: the place in the order of the hashes up to which everything
//! was seen, with its bits reversed. A step ends where both the blocks and the table have been seen
//! up to: at the border of a block, or of what the tree saw in one step.

use super::Register;
use super::record::{key_of, value_of};
use crate::store::sequence::{Item, Last};
use crate::store::table::Table;
use crate::store::value::ValueRef;

impl<const PAIRS: bool> Register<PAIRS> {
    /// Calls `seen` for the next elements, about `count` of them, and gives the cursor to go on
    /// from: 0 to begin with, 0 at the end. An element that is there from the first call to the last
    /// is seen exactly once.
    pub fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut seen: impl FnMut(&[u8], ValueRef<'_>),
    ) -> u64 {
        let from = cursor.reverse_bits();
        let mut end = self.end_of_blocks(from, count);
        if !self.rest.is_empty() {
            let end_of_rest = self.rest.scan(cursor, count, |_| {}).reverse_bits();
            // 0 is behind all.
            end =
                if end == 0 || (end_of_rest != 0 && end_of_rest < end) { end_of_rest } else { end };
        }
        let is_meant = |place: u64| place >= from && (end == 0 || place < end);
        // Among elements at one place of the blocks' order a step ends only by the table's.
        let is_whole = from == Table::branch_place(from) && end == Table::branch_place(end);
        let mut blocks = self.blocks.cursor(Last(|first: &u64| *first <= from));
        blocks.prev();
        while let Some(block) = blocks.next().filter(|block| end == 0 || *block.mark() < end) {
            for (_, record) in block.iter() {
                let key = key_of::<PAIRS>(record);
                let place = if is_whole { self.spot(key).place } else { self.rest.scan_place(key) };
                if is_meant(place) {
                    seen(key, ValueRef::Str(value_of::<PAIRS>(record)));
                }
            }
        }
        if !self.rest.is_empty() {
            self.rest.scan(cursor, count, |entry| {
                if is_meant(self.rest.scan_place(entry.key())) {
                    seen(entry.key(), entry.value());
                }
            });
        }
        end.reverse_bits()
    }

    /// The border behind the blocks from a place on that have as many elements; 0 if they are the
    /// last ones.
    fn end_of_blocks(&self, from: u64, count: usize) -> u64 {
        let mut blocks = self.blocks.cursor(Last(|first: &u64| *first <= from));
        blocks.prev();
        let mut elements = 0;
        while let Some(block) = blocks.next() {
            if elements >= count.max(1) {
                return *block.mark();
            }
            elements += block.count();
        }
        0
    }
}

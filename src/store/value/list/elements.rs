//! Elements of a list, one after the other.

use std::ops::Range;

use super::block::{Block, BlockElements};
use super::blocks::Blocks;
use crate::store::packed::listpack::Needle;
use crate::store::packed::{Element, Listpack};
use crate::store::sequence::Iter;

/// Some elements, from the first to the last or the other way.
pub struct Elements<'a> {
    current: BlockElements<'a>,
    blocks: Option<Iter<'a, Block>>,
    left: usize,
    is_backward: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn of_pack(pack: &'a Listpack, range: Range<usize>) -> Elements<'a> {
        let current = BlockElements::of_pack(pack, range.start);
        Elements { current, blocks: None, left: range.len(), is_backward: false }
    }

    pub(super) fn of_blocks(blocks: &'a Blocks, range: Range<usize>) -> Elements<'a> {
        let (block, offset) = blocks.locate(range.start).unwrap_or((blocks.count() as u64, 0));
        let mut iter = blocks.iter_from(block);
        let current = iter.next().map_or(BlockElements::NONE, |block| block.elements(offset));
        Elements { current, blocks: Some(iter), left: range.len(), is_backward: false }
    }

    /// So many elements from the last one on, backward.
    pub(super) fn of_pack_back(pack: &'a Listpack, most: usize) -> Elements<'a> {
        let current = BlockElements::of_pack(pack, 0);
        Elements { current, blocks: None, left: most, is_backward: true }
    }

    /// The same of a large list.
    pub(super) fn of_blocks_back(blocks: &'a Blocks, most: usize) -> Elements<'a> {
        let (current, iter) = (BlockElements::NONE, Some(blocks.iter_from(0)));
        Elements { current, blocks: iter, left: most, is_backward: true }
    }
}

impl Elements<'_> {
    /// Passes over elements up to the first that is sought, and over that: how many it passed over
    /// before, `None` if there is none.
    pub fn next_match(&mut self, needle: &Needle<'_>) -> Option<usize> {
        let mut before = 0;
        loop {
            let current = &mut self.current;
            let found = match self.is_backward {
                true => current.next_back_match(needle, self.left),
                false => current.next_match(needle, self.left),
            };
            match found {
                Ok(passed) => {
                    self.left -= passed + 1;
                    return Some(before + passed);
                }
                Err(passed) => {
                    self.left -= passed;
                    before += passed;
                }
            }
            if self.left == 0 {
                return None;
            }
            self.current = self.next_block()?;
        }
    }
}

impl<'a> Elements<'a> {
    fn next_block(&mut self) -> Option<BlockElements<'a>> {
        let blocks = self.blocks.as_mut()?;
        let block = if self.is_backward { blocks.next_back() } else { blocks.next() };
        Some(block?.elements(0))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let current = &mut self.current;
            let next = if self.is_backward { current.next_back() } else { current.next() };
            if next.is_some() {
                return next;
            }
            self.current = self.next_block()?;
        }
    }
}

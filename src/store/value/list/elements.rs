//! Elements of a list, one after the other.

use std::ops::Range;

use super::block::{Block, BlockElements};
use super::blocks::Blocks;
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

    /// All elements, the last one first.
    pub(super) fn of_pack_back(pack: &'a Listpack) -> Elements<'a> {
        let current = BlockElements::of_pack(pack, 0);
        Elements { current, blocks: None, left: usize::MAX, is_backward: true }
    }

    /// The same of a large list.
    pub(super) fn of_blocks_back(blocks: &'a Blocks) -> Elements<'a> {
        let (current, iter) = (BlockElements::NONE, Some(blocks.iter_from(0)));
        Elements { current, blocks: iter, left: usize::MAX, is_backward: true }
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
            let blocks = self.blocks.as_mut()?;
            let block = if self.is_backward { blocks.next_back() } else { blocks.next() };
            self.current = block?.elements(0);
        }
    }
}

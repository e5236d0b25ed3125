//! Elements of a list, one after the other.

use std::ops::Range;

use super::blocks::Blocks;
use crate::store::pack::Element;
use crate::store::pack::Listpack;
use crate::store::pack::listpack::Iter as PackIter;
use crate::store::sequence::Iter as BlockIter;

/// Some elements, from the first to the last or the other way.
pub struct Elements<'a> {
    current: PackIter<'a>,
    blocks: Option<BlockIter<'a, Listpack>>,
    left: usize,
    is_backward: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn of_pack(pack: &'a Listpack, range: Range<usize>) -> Elements<'a> {
        let current = pack.iter_from(pack.place(range.start));
        Elements { current, blocks: None, left: range.len(), is_backward: false }
    }

    pub(super) fn of_pack_back(pack: &'a Listpack) -> Elements<'a> {
        Elements { current: pack.iter(), blocks: None, left: usize::MAX, is_backward: true }
    }

    pub(super) fn of_blocks(blocks: &'a Blocks, range: Range<usize>) -> Elements<'a> {
        let (block, offset) = blocks.locate(range.start).unwrap_or((blocks.count() as u64, 0));
        let mut iter = blocks.iter_from(block);
        let current = match iter.next() {
            Some(block) => block.iter_from(block.place(offset)),
            None => PackIter::nothing(),
        };
        Elements { current, blocks: Some(iter), left: range.len(), is_backward: false }
    }

    pub(super) fn of_blocks_back(blocks: &'a Blocks) -> Elements<'a> {
        let (current, iter) = (PackIter::nothing(), Some(blocks.iter()));
        Elements { current, blocks: iter, left: usize::MAX, is_backward: true }
    }

    fn step(&mut self) -> Option<Element<'a>> {
        if self.is_backward { self.current.next_back() } else { self.current.next() }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(element) = self.step() {
                return Some(element);
            }
            let blocks = self.blocks.as_mut()?;
            let block = if self.is_backward { blocks.next_back() } else { blocks.next() };
            self.current = block?.iter();
        }
    }
}

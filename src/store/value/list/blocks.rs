//! The blocks of a large list.

use std::ops::Range;

use super::block::Block;
use super::limit::ListLimit;
use super::side::Side;
use crate::store::packed::listpack::Needle;
use crate::store::packed::{Element, Listpack};
use crate::store::sequence::{Back, Front, Index, Iter, Sequence, Weight};
use crate::store::shared::Shared;

/// What was taken out of a large list, to be dropped where that may take its time.
pub type Removed = Sequence<Block>;

/// Blocks none of which is empty.
#[derive(Clone)]
pub struct Blocks {
    blocks: Sequence<Block>,
    /// Of who pushed last.
    pub limit: ListLimit,
}

impl Blocks {
    pub fn new(blocks: Sequence<Block>, limit: ListLimit) -> Blocks {
        Blocks { blocks, limit }
    }

    pub fn len(&self) -> usize {
        self.blocks.weight() as usize
    }

    /// The number of blocks.
    pub fn count(&self) -> usize {
        self.blocks.len() as usize
    }

    /// The blocks from one on.
    pub fn iter_from(&self, block: u64) -> Iter<'_, Block> {
        self.blocks.range(block..self.blocks.len())
    }

    pub fn block(&self, block: u64) -> Option<&Block> {
        self.blocks.get(Index(block))
    }

    pub fn end(&self, side: Side) -> Option<&Block> {
        match side {
            Side::Left => self.blocks.first(),
            Side::Right => self.blocks.last(),
        }
    }

    /// The block in which an element is, and which of its elements it is.
    pub fn locate(&self, index: usize) -> Option<(u64, usize)> {
        let index = index as u64;
        if index >= self.blocks.weight() {
            return None;
        }
        let place = self.blocks.cursor(Weight(index)).place();
        Some((place.index, (index - place.weight) as usize))
    }

    pub fn memory_bytes(&self) -> usize {
        Shared::<Blocks>::BYTES + self.blocks.memory_bytes()
    }

    pub fn is_slow_to_drop(&self) -> bool {
        self.blocks.is_slow_to_drop()
    }

    /// Changes a pack; `None` if the block is none, or what `change` says.
    fn change<R>(&mut self, block: u64, change: impl FnOnce(&mut Listpack) -> R) -> Option<R> {
        self.blocks.modify(Index(block), |block| block.pack_mut().map(change)).flatten()
    }

    /// Lets `change` change the block at an end.
    fn change_end<R>(&mut self, side: Side, change: impl FnOnce(&mut Block) -> R) -> Option<R> {
        match side {
            Side::Left => self.blocks.modify(Front, change),
            Side::Right => self.blocks.modify(Back, change),
        }
    }

    pub fn push(&mut self, side: Side, text: &[u8]) {
        let limit = self.limit;
        let put = |block: &mut Block| block.has_room(text, limit) && block.push(side, text);
        if self.change_end(side, put).unwrap_or(false) {
            return;
        }
        let block = Block::of(text, limit);
        match side {
            Side::Left => self.blocks.push_front(block),
            Side::Right => self.blocks.push_back(block),
        }
    }

    /// Takes the element at an end out, once `taker` has had it.
    pub fn pop<R>(&mut self, side: Side, taker: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let (taken, is_over) = self.change_end(side, |block| match block {
            Block::Pack(pack) if pack.len() > 1 => {
                (pop_end(Shared::make_mut(pack), side, taker), false)
            }
            last => (last.get(0).map(taker), true),
        })?;
        if is_over {
            match side {
                Side::Left => self.blocks.pop_front(),
                Side::Right => self.blocks.pop_back(),
            };
        }
        taken
    }

    pub fn insert(&mut self, index: usize, text: &[u8]) {
        let Some((block, offset)) = self.locate(index) else {
            return self.push(Side::Right, text);
        };
        let limit = self.limit;
        let has_room = self.block(block).is_some_and(|block| block.has_room(text, limit));
        let is_put = |pack: &mut Listpack| {
            pack.seek(offset).is_some_and(|at| pack.insert_before(at, text).is_ok())
        };
        if !(has_room && self.change(block, is_put).unwrap_or(false)) {
            self.split(block, (offset, 0), text);
        }
    }

    pub fn set(&mut self, index: usize, text: &[u8]) {
        let Some((block, offset)) = self.locate(index) else { return };
        let limit = self.limit;
        let has_room = self.block(block).and_then(Block::pack).is_some_and(|pack| {
            let replaced = pack.seek(offset).map_or(0, |at| Listpack::entry_bytes(pack.get(at)));
            let bytes = pack.total_bytes() - replaced + Listpack::entry_bytes(text);
            limit.fits(bytes, pack.len())
        });
        let is_set = |pack: &mut Listpack| {
            pack.seek(offset).is_some_and(|at| pack.replace(at, text).is_ok())
        };
        if !(has_room && self.change(block, is_set).unwrap_or(false)) {
            self.split(block, (offset, 1), text);
        }
    }

    /// Cuts a block in two at an element, takes so many out there, and puts a new one in between:
    /// where it has room, else in a block of its own.
    fn split(&mut self, block: u64, (offset, removed): (usize, usize), text: &[u8]) {
        let (left, right) = match self.blocks.remove(Index(block)) {
            Some(Block::Pack(pack)) => {
                let mut left = Listpack::clone(&pack);
                let mut right = left.seek(offset).map(|at| left.split_off(at)).unwrap_or_default();
                right.remove_range(0, removed);
                (Some(Block::from(left)), Some(Block::from(right)))
            }
            plain => (None, plain.filter(|_| removed == 0)),
        };
        let pieces = [left, Some(Block::of(text, self.limit)), right].into_iter().flatten();
        let pieces: Vec<Block> = pieces.filter(|piece| !piece.is_empty()).collect();
        for piece in pieces.into_iter().rev() {
            self.blocks.insert(Index(block), piece);
            self.join_with_next(block, self.limit);
        }
    }

    pub fn remove_equal(&mut self, needle: &Needle<'_>, side: Side, most: usize) -> usize {
        let mut removed = 0;
        let mut left = self.blocks.len();
        let mut block = match side {
            Side::Left => 0,
            Side::Right => left.wrapping_sub(1),
        };
        while left > 0 && removed < most {
            left -= 1;
            let before = self.blocks.len();
            removed += self.remove_from(block, needle, side, most - removed);
            // What is left of it goes to its neighbour that was looked at, if both are small.
            let half = self.limit.half();
            block = match side {
                Side::Left => {
                    let is_gone = self.blocks.len() < before;
                    if let Some(before) = block.checked_sub(1).filter(|_| !is_gone) {
                        self.join_with_next(before, half);
                    }
                    block + 1 - (before - self.blocks.len())
                }
                Side::Right => {
                    self.join_with_next(block, half);
                    block.wrapping_sub(1)
                }
            };
        }
        removed
    }

    /// Takes elements out of one block, and the block if nothing is left of it.
    fn remove_from(&mut self, block: u64, needle: &Needle<'_>, side: Side, most: usize) -> usize {
        let Some(old) = self.block(block) else { return 0 };
        let mut elements = old.elements(0);
        let mut is_left = || elements.next_match(needle, usize::MAX).is_ok();
        let matching = (0..most).take_while(|_| is_left()).count();
        if matching == 0 {
            return 0;
        }
        if matching == old.len() {
            self.blocks.remove(Index(block));
            return matching;
        }
        self.change(block, |pack| remove_equal(pack, needle, side, most)).unwrap_or(0)
    }

    /// Puts the elements of the next block into this one, if both together are within a limit.
    fn join_with_next(&mut self, block: u64, limit: ListLimit) {
        let pack = |block: u64| self.block(block).and_then(Block::pack);
        let (Some(one), Some(other)) = (pack(block), pack(block + 1)) else { return };
        let (bytes, count) = (one.total_bytes() + other.total_bytes(), one.len() + other.len());
        if !limit.fits(bytes, count) {
            return;
        }
        let other = other.clone();
        if self.change(block, |pack| pack.append(&other).is_ok()).unwrap_or(false) {
            self.blocks.remove(Index(block + 1));
        }
    }

    pub fn keep(&mut self, range: Range<usize>) -> Removed {
        let behind = match self.locate(range.end) {
            Some((block, 0)) => self.blocks.split_off(block),
            Some((block, offset)) => {
                let behind = self.blocks.split_off(block + 1);
                self.change(block, |pack| pack.remove_range(offset, usize::MAX));
                behind
            }
            None => Removed::new(),
        };
        let (block, offset) = self.locate(range.start).unwrap_or((self.blocks.len(), 0));
        let kept = self.blocks.split_off(block);
        let mut removed = std::mem::replace(&mut self.blocks, kept);
        if offset > 0 {
            self.change(0, |pack| pack.remove_range(0, offset));
        }
        removed.append(behind);
        removed
    }
}

/// Takes the element at an end of a pack out, once `taker` has had it.
pub fn pop_end<R>(
    pack: &mut Listpack,
    side: Side,
    taker: impl FnOnce(Element<'_>) -> R,
) -> Option<R> {
    let mut entries = pack.entries();
    let (position, element) = match side {
        Side::Left => entries.next(),
        Side::Right => entries.next_back(),
    }?;
    let taken = taker(element);
    pack.remove(position);
    Some(taken)
}

/// Takes out the first `most` elements from one end on that are sought.
pub fn remove_equal(pack: &mut Listpack, needle: &Needle<'_>, side: Side, most: usize) -> usize {
    let positions: Vec<_> = pack.matches(needle).collect();
    let taken = positions.len().min(most);
    let taken = match side {
        Side::Left => &positions[..taken],
        Side::Right => &positions[positions.len() - taken..],
    };
    pack.remove_groups(taken, 1);
    taken.len()
}

//! The blocks of a large list.

use std::ops::Range;

use super::limit::ListLimit;
use super::side::Side;
use crate::store::memory::size_class;
use crate::store::pack::{Listpack, Sought, element_bytes};
use crate::store::sequence::{Index, Item, Iter, Sequence, Weight};

impl Item for Listpack {
    type Mark = ();

    fn mark(&self) -> &() {
        &()
    }

    fn weight(&self) -> u64 {
        self.len() as u64
    }

    fn bytes(&self) -> usize {
        self.memory_bytes()
    }
}

/// What was taken out of a large list, to be dropped where that may take its time.
pub type Removed = Sequence<Listpack>;

/// Blocks none of which is empty. One that is larger than the limit has one element.
#[derive(Clone)]
pub struct Blocks {
    blocks: Sequence<Listpack>,
    /// Of who pushed last.
    pub limit: ListLimit,
}

impl Blocks {
    pub fn new(blocks: Sequence<Listpack>, limit: ListLimit) -> Blocks {
        Blocks { blocks, limit }
    }

    pub fn len(&self) -> usize {
        self.blocks.weight() as usize
    }

    /// The number of blocks.
    pub fn count(&self) -> usize {
        self.blocks.len() as usize
    }

    pub fn iter(&self) -> Iter<'_, Listpack> {
        self.blocks.iter()
    }

    /// The blocks from one on.
    pub fn iter_from(&self, block: u64) -> Iter<'_, Listpack> {
        self.blocks.range(block..self.blocks.len())
    }

    pub fn block(&self, block: u64) -> Option<&Listpack> {
        self.blocks.get(Index(block))
    }

    pub fn end(&self, side: Side) -> Option<&Listpack> {
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
        size_class(2 * size_of::<usize>() + size_of::<Blocks>()) + self.blocks.memory_bytes()
    }

    pub fn is_slow_to_drop(&self) -> bool {
        self.blocks.is_slow_to_drop()
    }

    fn fits(&self, block: &Listpack, bytes: &[u8]) -> bool {
        self.limit.fits(block.bytes().len() + element_bytes(bytes), block.len() + 1)
    }

    pub fn push(&mut self, side: Side, bytes: &[u8]) {
        let has_room = self.end(side).is_some_and(|block| self.fits(block, bytes));
        let last = self.blocks.len().saturating_sub(1);
        match (side, has_room) {
            (Side::Left, true) => {
                self.blocks.modify(Index(0), |block| block.push_front(bytes));
            }
            (Side::Right, true) => {
                self.blocks.modify(Index(last), |block| block.push_back(bytes));
            }
            (Side::Left, false) => self.blocks.push_front(Listpack::of([bytes])),
            (Side::Right, false) => self.blocks.push_back(Listpack::of([bytes])),
        }
    }

    pub fn pop(&mut self, side: Side) {
        let block = match side {
            Side::Left => 0,
            Side::Right => self.blocks.len().saturating_sub(1),
        };
        self.blocks.modify(Index(block), |block| {
            let place = match side {
                Side::Left => block.first(),
                Side::Right => block.before(block.end()).unwrap_or(block.first()),
            };
            block.remove(place, 1);
        });
        self.drop_if_empty(block);
    }

    fn drop_if_empty(&mut self, block: u64) {
        if self.block(block).is_some_and(Listpack::is_empty) {
            self.blocks.remove(Index(block));
        }
    }

    pub fn insert(&mut self, index: usize, bytes: &[u8]) {
        let Some((block, offset)) = self.locate(index) else {
            return self.push(Side::Right, bytes);
        };
        let Some(old) = self.block(block) else { return };
        if self.fits(old, bytes) {
            self.blocks.modify(Index(block), |block| block.insert(block.place(offset), bytes));
            return;
        }
        self.split(block, (offset, 0), bytes);
    }

    pub fn set(&mut self, index: usize, bytes: &[u8]) {
        let Some((block, offset)) = self.locate(index) else { return };
        let Some(old) = self.block(block) else { return };
        let replaced = old
            .get(offset)
            .map_or(0, |element| element_bytes(element.as_bytes(&mut itoa::Buffer::new())));
        let size = old.bytes().len() - replaced + element_bytes(bytes);
        if old.len() == 1 || self.limit.fits(size, old.len()) {
            self.blocks.modify(Index(block), |block| block.replace(block.place(offset), bytes));
            return;
        }
        self.split(block, (offset, 1), bytes);
    }

    /// Cuts a block in two at an element, takes so many out there, and puts a new one in between:
    /// where it has room, else in a block of its own.
    fn split(&mut self, block: u64, (offset, removed): (usize, usize), bytes: &[u8]) {
        let Some(old) = self.block(block) else { return };
        let mut left = old.clone();
        let mut right = left.split_off(left.place(offset), offset);
        right.remove(right.first(), removed);
        let mut between = None;
        if self.fits(&left, bytes) {
            left.push_back(bytes);
        } else if self.fits(&right, bytes) {
            right.push_front(bytes);
        } else {
            between = Some(Listpack::of([bytes]));
        }
        let pieces = [Some(left), between, Some(right)].into_iter().flatten();
        let pieces = pieces.filter(|piece| !piece.is_empty());
        for (at, piece) in (block..).zip(pieces) {
            if at == block {
                self.blocks.replace(Index(block), piece);
            } else {
                self.blocks.insert(Index(at), piece);
            }
        }
    }

    pub fn remove_equal(&mut self, sought: &Sought<'_>, side: Side, most: usize) -> usize {
        let mut removed = 0;
        let mut left = self.blocks.len();
        let mut block = match side {
            Side::Left => 0,
            Side::Right => left.wrapping_sub(1),
        };
        while left > 0 && removed < most {
            left -= 1;
            let has_some = self.block(block).is_some_and(|block| block.find(sought, 1).is_some());
            if has_some {
                let taken = self.blocks.modify(Index(block), |block| {
                    remove_equal(block, sought, side, most - removed)
                });
                removed += taken.unwrap_or(0);
            }
            let count = self.blocks.len();
            if has_some {
                self.drop_if_empty(block);
                self.join_with_next(block);
                // Going back, what is behind may have come into this block; it was looked at.
            }
            let gone = count - self.blocks.len();
            block = match side {
                Side::Left => block + 1 - gone.min(1),
                Side::Right => block.wrapping_sub(1),
            };
        }
        removed
    }

    /// Puts the elements of the next block into this one, if both together are small.
    fn join_with_next(&mut self, block: u64) {
        let (Some(one), Some(other)) = (self.block(block), self.block(block + 1)) else { return };
        let (bytes, count) = (one.bytes().len() + other.bytes().len(), one.len() + other.len());
        if self.limit.half().fits(bytes, count) {
            let next = self.blocks.remove(Index(block + 1));
            self.blocks.modify(Index(block), |block| {
                next.iter().for_each(|next| block.append(next));
            });
        }
    }

    pub fn keep(&mut self, range: Range<usize>) -> Removed {
        let end = self.locate(range.end);
        let mut removed = match end {
            Some((block, 0)) => self.blocks.split_off(block),
            Some((block, offset)) => {
                let removed = self.blocks.split_off(block + 1);
                self.blocks.modify(Index(block), |block| {
                    block.keep((block.first(), block.place(offset)), offset);
                });
                removed
            }
            None => Removed::new(),
        };
        let Some((block, offset)) = self.locate(range.start) else {
            // Nothing is kept.
            let mut all = std::mem::take(&mut self.blocks);
            all.append(removed);
            return all;
        };
        let kept = self.blocks.split_off(block);
        let mut before = std::mem::replace(&mut self.blocks, kept);
        if offset > 0 {
            self.blocks.modify(Index(0), |block| {
                let rest = block.len() - offset;
                block.keep((block.place(offset), block.end()), rest);
            });
        }
        before.append(std::mem::take(&mut removed));
        before
    }
}

/// Takes out the first `most` elements from one end on that are sought.
pub fn remove_equal(pack: &mut Listpack, sought: &Sought<'_>, side: Side, most: usize) -> usize {
    let matching = pack.iter().filter(|&element| sought.is(element)).count();
    let taken = matching.min(most);
    // Of those that match, the ones that stay are the last ones from that end on.
    let stays = match side {
        Side::Left => taken..matching,
        Side::Right => 0..matching - taken,
    };
    let mut seen = 0;
    pack.retain(|element| {
        if !sought.is(element) {
            return true;
        }
        seen += 1;
        stays.contains(&(seen - 1))
    });
    taken
}

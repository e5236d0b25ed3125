//! A hash on its way down the levels.
//!
//! ```text
//! | 6 bits | 6 bits | ... six levels ... | 28 bits |
//!   slot in  slot in
//!   the root its child
//! ```
//!
//! At each level the hash is shifted so that the bits to read come first: the upper 6 are the slot,
//! the upper 16 the tag. So a leaf's tags tell in which half of its slots an entry belongs, and a
//! leaf is split without looking at its entries.

pub(in super::super) const SLOT_BITS: u32 = 6;
pub(in super::super) const TAG_BITS: u32 = 16;

/// The deepest level that has branches. Its slots divide the hash order into 2^36 parts, more than
/// there will be keys; where a part gets crowded all the same, keys were chosen to collide.
pub(in super::super) const DEEPEST: u32 = 5;

/// The bits of the hash that choose slots.
pub(in super::super) const BRANCH_BITS: u32 = SLOT_BITS * (DEEPEST + 1);

/// A hash on its way down: the bits of the levels above are shifted out.
#[derive(Clone, Copy)]
pub(in super::super) struct Place {
    rest: u64,
    pub(in super::super) depth: u32,
}

impl Place {
    #[inline]
    pub(in super::super) fn at_root(hash: u64) -> Self {
        Place { rest: hash, depth: 0 }
    }

    /// The place of a hash at that depth.
    #[inline]
    pub(in super::super) fn at_depth(hash: u64, depth: u32) -> Self {
        Place { rest: hash << (SLOT_BITS * depth), depth }
    }

    #[inline]
    pub(in super::super) fn slot(self) -> u32 {
        (self.rest >> (u64::BITS - SLOT_BITS)) as u32
    }

    /// Which of `1 << cell_bits` cells.
    #[inline]
    pub(super) fn cell(self, cell_bits: u32) -> usize {
        ((self.rest >> 1) >> (u64::BITS - 1 - cell_bits)) as usize
    }

    #[inline]
    pub(in super::super) fn tag(self) -> u16 {
        (self.rest >> (u64::BITS - TAG_BITS)) as u16
    }

    #[inline]
    pub(in super::super) fn below(self) -> Self {
        Place { rest: self.rest << SLOT_BITS, depth: self.depth + 1 }
    }
}

/// The slot in which a tag lies.
#[inline]
pub(in super::super) fn slot_of_tag(tag: u16) -> u32 {
    u32::from(tag >> (TAG_BITS - SLOT_BITS))
}

/// The tag one level up, of an entry below that slot: no key has to be hashed to collapse a branch.
pub(in super::super) fn tag_above(slot: u32, tag: u16) -> u16 {
    ((slot as u16) << (TAG_BITS - SLOT_BITS)) | (tag >> SLOT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_above_is_what_the_hash_gives_there() {
        let hash = 0x0123_4567_89ab_cdef;
        for depth in 0..DEEPEST {
            let above = Place::at_depth(hash, depth);
            assert_eq!(tag_above(above.slot(), above.below().tag()), above.tag());
            assert_eq!(slot_of_tag(above.tag()), above.slot());
        }
    }
}

//! The keyed hash, and how the tree reads it.
//!
//! ```text
//! | 6 bits | 6 bits | ... nine levels ... | 10 bits |
//!   slot in  slot in
//!   the root its child
//! ```
//!
//! At each level the hash is shifted so that the bits to read come first: the upper 6 are the slot,
//! the upper 16 the tag. So a leaf's tags tell in which half of its slots an entry belongs, and a
//! leaf is split without looking at its entries.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

use crate::base::random::Random;

pub(super) const SLOT_BITS: u32 = 6;
pub(super) const TAG_BITS: u32 = 16;

/// The deepest level: its tags are the last bits of the hash.
pub(super) const MAX_DEPTH: u32 = (u64::BITS - TAG_BITS) / SLOT_BITS;

/// Hashes keys to 64 bits under a secret seed, so that nobody can make keys collide on purpose.
#[derive(Clone)]
pub(super) struct KeyHasher {
    state: RandomState,
    /// All ones, but for tests that need collisions.
    kept_bits: u64,
}

impl KeyHasher {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::from_seed(seed);
        let mut next = || random.next_u64();
        let state = RandomState::with_seeds(next(), next(), next(), next());
        KeyHasher { state, kept_bits: u64::MAX }
    }

    /// A poor hash, of which only some bits differ between keys.
    #[cfg(test)]
    pub(super) fn with_kept_bits(seed: u64, kept_bits: u64) -> Self {
        KeyHasher { kept_bits, ..KeyHasher::new(seed) }
    }

    #[inline]
    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(key);
        hasher.finish() & self.kept_bits
    }
}

/// A hash on its way down: the bits of the levels above are shifted out.
#[derive(Clone, Copy)]
pub(super) struct Place {
    rest: u64,
    pub(super) depth: u32,
}

impl Place {
    #[inline]
    pub(super) fn at_root(hash: u64) -> Self {
        Place { rest: hash, depth: 0 }
    }

    /// The place of a hash at that depth.
    #[inline]
    pub(super) fn at_depth(hash: u64, depth: u32) -> Self {
        Place { rest: hash << (SLOT_BITS * depth), depth }
    }

    #[inline]
    pub(super) fn slot(self) -> u32 {
        (self.rest >> (u64::BITS - SLOT_BITS)) as u32
    }

    /// Which of `1 << cell_bits` cells.
    #[inline]
    pub(super) fn cell(self, cell_bits: u32) -> usize {
        ((self.rest >> 1) >> (u64::BITS - 1 - cell_bits)) as usize
    }

    #[inline]
    pub(super) fn tag(self) -> u16 {
        (self.rest >> (u64::BITS - TAG_BITS)) as u16
    }

    #[inline]
    pub(super) fn below(self) -> Self {
        Place { rest: self.rest << SLOT_BITS, depth: self.depth + 1 }
    }
}

/// The slot in which a tag lies.
#[inline]
pub(super) fn slot_of_tag(tag: u16) -> u32 {
    u32::from(tag >> (TAG_BITS - SLOT_BITS))
}

/// The tag one level up, of an entry below that slot: no key has to be hashed to collapse a branch.
pub(super) fn tag_above(slot: u32, tag: u16) -> u16 {
    ((slot as u16) << (TAG_BITS - SLOT_BITS)) | (tag >> SLOT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_tag_is_the_end_of_the_hash() {
        let hash = 0x0123_4567_89ab_cdef;
        assert_eq!(Place::at_depth(hash, MAX_DEPTH).tag(), 0xcdef);
    }

    #[test]
    fn a_tag_above_is_what_the_hash_gives_there() {
        let hash = KeyHasher::new(7).hash(b"some key");
        for depth in 0..MAX_DEPTH {
            let above = Place::at_depth(hash, depth);
            assert_eq!(tag_above(above.slot(), above.below().tag()), above.tag());
            assert_eq!(slot_of_tag(above.tag()), above.slot());
        }
    }

    #[test]
    fn hashes_depend_on_the_seed() {
        assert_ne!(KeyHasher::new(1).hash(b"key"), KeyHasher::new(2).hash(b"key"));
    }
}

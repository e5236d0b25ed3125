//! What an element tells: the register that it belongs to, and how rare its hash is.

use super::layout::INDEX_BITS;

/// The seed that Redis hashes elements with.
const SEED: u64 = 0xadc8_3b19;

/// A register, and what it is to be raised to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Below [`REGISTERS`](super::REGISTERS).
    pub index: usize,
    /// 1 to 51, or 63 at the most from a file that Redis did not write.
    pub count: u8,
}

impl Observation {
    #[inline]
    pub fn of(element: &[u8]) -> Observation {
        let hash = murmur64a(element, SEED);
        let index = hash & ((1 << INDEX_BITS) - 1);
        // A bit beyond the hash ends the longest run.
        let rest = hash >> INDEX_BITS | 1 << (64 - INDEX_BITS);
        Observation { index: index as usize, count: rest.trailing_zeros() as u8 + 1 }
    }
}

/// MurmurHash64A of Austin Appleby, which is in the public domain, for little-endian words.
pub fn murmur64a(bytes: &[u8], seed: u64) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    const SHIFT: u32 = 47;
    let mixed = |word: u64| {
        let word = word.wrapping_mul(FACTOR);
        (word ^ word >> SHIFT).wrapping_mul(FACTOR)
    };
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash ^ mixed(u64::from_le_bytes(*word))).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    }
    hash = (hash ^ hash >> SHIFT).wrapping_mul(FACTOR);
    hash ^ hash >> SHIFT
}

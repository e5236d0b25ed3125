//! The keyed hashes that say where a key stands.

use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use ahash::RandomState;

use super::node::BRANCH_BITS;
use crate::base::random::Random;

/// Hashes keys under a secret seed, so that nobody can make keys collide on purpose; should somebody
/// do so all the same, the tree keeps them in order ([`super::node::Ordered`]).
#[derive(Clone)]
pub(super) struct KeyHasher {
    state: RandomState,
    /// All ones, but for those that need collisions: of the hash and of the order.
    #[cfg(test)]
    kept_bits: [u64; 2],
}

impl KeyHasher {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::from_seed(seed);
        let mut next = || random.next_u64();
        let state = RandomState::with_seeds(next(), next(), next(), next());
        KeyHasher {
            state,
            #[cfg(test)]
            kept_bits: [u64::MAX; 2],
        }
    }

    /// Poor hashes, of which only some bits differ between keys.
    #[cfg(test)]
    pub(super) fn with_kept_bits(seed: u64, hash_bits: u64, order_bits: u64) -> Self {
        KeyHasher { kept_bits: [hash_bits, order_bits], ..KeyHasher::new(seed) }
    }

    /// Where the trie keeps the key.
    #[inline]
    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(key);
        let hash = hasher.finish();
        #[cfg(test)]
        let hash = hash & self.kept_bits[0];
        hash
    }

    /// How keys of one hash are ordered, before their bytes: another hash under other secrets, so
    /// that keys that collide in the first lie spread in this one. The secrets are this process's
    /// alone: unlike the seed, they stand in no file and are told to nobody.
    pub(super) fn order(&self, key: &[u8]) -> u64 {
        let order = siphash(process_secret(), key);
        #[cfg(test)]
        let order = order & self.kept_bits[1];
        order
    }

    /// Where SCAN meets the key: the bits of the hash by which the trie branches, then the upper
    /// bits of the order.
    pub(super) fn position(&self, key: &[u8]) -> u64 {
        let below_branches = u64::MAX >> BRANCH_BITS;
        (self.hash(key) & !below_branches) | (self.order(key) >> BRANCH_BITS)
    }
}

/// SipHash-2-4, slow and strong, of which the standard library has no other door.
#[expect(deprecated)]
fn siphash([first, second]: [u64; 2], key: &[u8]) -> u64 {
    let mut hasher = std::hash::SipHasher::new_with_keys(first, second);
    hasher.write(key);
    hasher.finish()
}

fn process_secret() -> [u64; 2] {
    static SECRET: OnceLock<[u64; 2]> = OnceLock::new();
    *SECRET.get_or_init(|| {
        let mut random = Random::from_entropy();
        [random.next_u64(), random.next_u64()]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_depend_on_the_seed() {
        let (one, other) = (KeyHasher::new(1), KeyHasher::new(2));
        assert_ne!(one.hash(b"key"), other.hash(b"key"));
        assert_ne!(one.order(b"key"), one.hash(b"key"));
    }

    #[test]
    fn the_order_is_none_that_the_seed_tells() {
        let told = {
            let mut random = Random::from_seed(1);
            [(); 6].map(|()| random.next_u64())
        };
        assert!(!process_secret().iter().any(|key| told.contains(key)));
        assert_eq!(KeyHasher::new(1).order(b"key"), KeyHasher::new(2).order(b"key"));
    }

    /// The published first vector of SipHash-2-4: the tree's order must not depend on a toolchain.
    #[test]
    fn the_order_is_siphash_2_4() {
        let keys = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        assert_eq!(siphash(keys, b""), 0x726f_db47_dd0e_0e31);
    }
}

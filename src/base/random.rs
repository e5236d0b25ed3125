//! Pseudo-random numbers: fast, seeded, and not for secrets.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// A xoshiro256++ generator: 2^256 - 1 numbers before it repeats.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator whose numbers follow from the seed.
    pub fn from_seed(seed: u64) -> Self {
        let mut seed = seed;
        Random { state: std::array::from_fn(|_| splitmix(&mut seed)) }
    }

    /// A generator that differs in every process and every call, seeded from the keys that the
    /// standard library draws from the system for its hash tables.
    pub fn from_entropy() -> Self {
        let word = |i| {
            let mut mixed = RandomState::new().hash_one(i);
            splitmix(&mut mixed)
        };
        Random { state: std::array::from_fn(word) }
    }

    /// All 64 bits are uniform.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A uniform number below `n`, which must not be 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "no number is below 0");
        // The high half of the product is uniform once the low halves that come once too often
        // are thrown away.
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let surplus = n.wrapping_neg() % n;
            while (product as u64) < surplus {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// `count` different numbers below `n`, or all of them, ascending. It draws once for each number
    /// up to the last one chosen.
    pub fn choose(&mut self, count: u64, n: u64) -> Choice<'_> {
        Choice { random: self, next: 0, end: n, wanted: count.min(n) }
    }

    /// `count` different numbers below `n`, or all of them, in no order that tells anything; each
    /// choice is as likely as any other. Draws about as often as numbers are wanted.
    pub fn different(&mut self, count: u64, n: u64) -> Vec<u64> {
        if count > n / 3 {
            return self.choose(count, n).collect();
        }
        // Two of three draws at least give one that is new.
        let mut seen = HashSet::with_capacity(count as usize);
        let mut chosen = Vec::with_capacity(count as usize);
        while (chosen.len() as u64) < count {
            let number = self.below(n);
            if seen.insert(number) {
                chosen.push(number);
            }
        }
        chosen
    }

    /// A uniform number from 0 to 1, 1 excluded.
    #[inline]
    pub fn unit_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Fills the bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next_u64().to_le_bytes();
            chunk.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}

/// Different numbers by chance, ascending: see [`Random::choose`].
#[derive(Debug)]
pub struct Choice<'a> {
    random: &'a mut Random,
    /// The numbers from here to `end` are left, and `wanted` of them, at most all, to be chosen.
    next: u64,
    end: u64,
    wanted: u64,
}

impl Iterator for Choice<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.wanted > 0 {
            // With this probability every choice of as many is equally likely, whatever was
            // before.
            let is_chosen = self.random.below(self.end - self.next) < self.wanted;
            self.next += 1;
            if is_chosen {
                self.wanted -= 1;
                return Some(self.next - 1);
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let wanted = usize::try_from(self.wanted).ok();
        (wanted.unwrap_or(usize::MAX), wanted)
    }
}

/// The next word of a splitmix64 sequence, which spreads any seed over all bits.
fn splitmix(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_of_the_reference_implementation() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..4).map(|_| random.next_u64()).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn two_generators_of_entropy_differ() {
        assert_ne!(Random::from_entropy().next_u64(), Random::from_entropy().next_u64());
    }

    #[test]
    fn numbers_below_n_are_spread_evenly() {
        let mut random = Random::from_seed(7);
        let mut counts = [0u32; 10];
        for _ in 0..100_000 {
            counts[random.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(random.below(1), 0);
        assert!((0..100).all(|_| random.below(u64::MAX) < u64::MAX));
        assert!((0..100).all(|_| (0.0..1.0).contains(&random.unit_f64())));
    }

    #[test]
    fn every_choice_of_numbers_is_equally_likely() {
        let mut random = Random::from_seed(7);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..10_000 {
            let chosen: Vec<u64> = random.choose(2, 5).collect();
            *counts.entry(chosen).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 10, "{counts:?}");
        let fits = |(chosen, count): (&Vec<u64>, &u32)| {
            chosen.is_sorted_by(|one, other| one < other) && (850..1150).contains(count)
        };
        assert!(counts.iter().all(fits), "{counts:?}");
        assert!(random.choose(9, 3).eq(0..3));
        assert_eq!(random.choose(0, 3).next(), None);
        assert_eq!(random.choose(3, 0).next(), None);
    }

    #[test]
    fn numbers_differ_and_each_is_chosen_as_often() {
        let mut random = Random::from_seed(7);
        for (count, n) in [(1, 10), (3, 10), (4, 10), (9, 10), (2, 30)] {
            let mut counts = vec![0u64; n as usize];
            for _ in 0..20_000 {
                let mut chosen = random.different(count, n);
                chosen.iter().for_each(|&number| counts[number as usize] += 1);
                chosen.sort_unstable();
                chosen.dedup();
                assert_eq!(chosen.len() as u64, count);
            }
            let expected = 20_000 * count / n;
            let fits = |seen: &u64| seen.abs_diff(expected) < expected / 5;
            assert!(counts.iter().all(fits), "{count} of {n}: {counts:?}");
        }
        assert_eq!(random.different(5, 3), [0, 1, 2]);
        assert!(random.different(5, 0).is_empty() && random.different(0, 5).is_empty());
    }

    #[test]
    fn every_byte_is_filled() {
        let mut random = Random::from_seed(7);
        for len in 0..20 {
            let mut seen = vec![0u8; len];
            for _ in 0..10 {
                let mut bytes = vec![0; len];
                random.fill(&mut bytes);
                seen.iter_mut().zip(bytes).for_each(|(seen, byte)| *seen |= byte);
            }
            assert!(seen.iter().all(|&byte| byte != 0), "{len} bytes");
        }
    }
}

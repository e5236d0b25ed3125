//! Keys that were seen by chance and are good ones to evict: the best of many small samples.
//!
//! What a sample finds is kept as long as it is better than what is there already, so that a few keys
//! looked at for each eviction come close to the best of all.

use crate::base::ids::DbIndex;

/// So many are kept, as in Redis.
pub const CANDIDATES_MAX: usize = 16;

/// A key as it was when it was seen.
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The greater, the sooner it goes.
    pub score: u64,
    pub db: DbIndex,
    pub key: Box<[u8]>,
    /// What its entry noted of its use: another now, and it was used since.
    pub lru: u32,
}

/// The best that were seen, the best of them last.
#[derive(Debug, Default)]
pub struct Candidates(Vec<Candidate>);

impl Candidates {
    /// Takes note of a key, if it is better than one of those that are there; of two that are as
    /// good, the one that came first goes first.
    pub fn offer(&mut self, score: u64, db: DbIndex, key: &[u8], lru: u32) {
        let place = self.0.partition_point(|other| other.score < score);
        let is_full = self.0.len() == CANDIDATES_MAX;
        if is_full && place == 0 {
            return;
        }
        let as_good = self.0[place..].iter().take_while(|other| other.score == score);
        if as_good.into_iter().any(|other| other.db == db && *other.key == *key) {
            return;
        }
        self.0.insert(place, Candidate { score, db, key: key.into(), lru });
        if is_full {
            self.0.remove(0);
        }
    }

    /// Takes the best one out.
    pub fn take_best(&mut self) -> Option<Candidate> {
        self.0.pop()
    }

    /// Forgets all: scores mean something else from now on.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tree::tests::{random, seeds};

    fn taken(candidates: &mut Candidates) -> Vec<(u64, Vec<u8>)> {
        let next = || candidates.take_best().map(|best| (best.score, best.key.to_vec()));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn the_best_come_first_and_of_equals_the_first_that_came() {
        let mut candidates = Candidates::default();
        for (score, key) in [(3, "a"), (9, "b"), (3, "c"), (7, "d")] {
            candidates.offer(score, 0, key.as_bytes(), 0);
        }
        let keys: Vec<_> = taken(&mut candidates).into_iter().map(|(_, key)| key).collect();
        assert_eq!(keys, [b"b", b"d", b"a", b"c"]);
    }

    #[test]
    fn a_key_that_is_seen_again_stands_there_once() {
        let mut candidates = Candidates::default();
        for (score, db) in [(3, 0), (3, 0), (3, 1), (4, 0)] {
            candidates.offer(score, db, b"k", 0);
        }
        assert_eq!(taken(&mut candidates).len(), 3);
        candidates.offer(1, 0, b"k", 0);
        candidates.clear();
        assert!(taken(&mut candidates).is_empty());
    }

    #[test]
    fn of_any_number_of_keys_the_best_sixteen_stay() {
        for seed in seeds() {
            let mut rng = random(seed);
            let mut candidates = Candidates::default();
            let mut all: Vec<u64> = (0..500).map(|_| rng.below(1_000)).collect();
            for (number, score) in all.iter().enumerate() {
                candidates.offer(*score, 0, number.to_string().as_bytes(), 0);
            }
            all.sort_unstable_by(|a, b| b.cmp(a));
            let scores: Vec<_> =
                taken(&mut candidates).into_iter().map(|(score, _)| score).collect();
            assert_eq!(scores, all[..CANDIDATES_MAX]);
        }
    }
}

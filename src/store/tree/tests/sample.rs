//! Samples by chance: of all, and of what has a deadline.

use std::collections::{HashMap, HashSet};

use super::*;

/// Keys of which every `one_in`th has a deadline, its number.
fn tree_with_deadlines(seed: u64, keys: u64, one_in: u64) -> Tree {
    let mut tree = Tree::new(seed);
    for number in 0..keys {
        let at = (number % one_in == 0).then_some(number as i64);
        tree.insert(Entry::new(&key(number), NewValue::Int(1), at));
    }
    tree
}

fn sampled(tree: &Tree, random: u64, count: usize) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    tree.sample(random, count, |entry| keys.push(entry.key().to_vec()));
    keys
}

fn sampled_expiring(tree: &Tree, random: u64, count: usize) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    tree.sample_expiring(random, count, |entry| {
        assert!(entry.expires_at().is_some());
        keys.push(entry.key().to_vec());
    });
    keys
}

#[test]
fn samples_are_different_keys_and_each_comes_as_often_as_any_other() {
    let seed = 11;
    let mut rng = random(seed);
    let tree = tree_with_deadlines(seed, 300, 3);
    let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
    const ROUNDS: u32 = 40_000;
    for _ in 0..ROUNDS {
        let keys = sampled(&tree, rng.next_u64(), 5);
        assert!(keys.len() == 5 && keys.iter().collect::<HashSet<_>>().len() == 5, "{keys:?}");
        keys.into_iter().for_each(|key| *seen.entry(key).or_default() += 1);
    }
    let expected = f64::from(ROUNDS) * 5.0 / 300.0;
    assert_eq!(seen.len(), 300);
    for (key, times) in seen {
        let off = (f64::from(times) - expected).abs() / expected;
        assert!(off < 0.25, "{key:?} came {times} times, not {expected}");
    }
}

#[test]
fn an_empty_tree_and_one_key_give_what_they_have() {
    assert!(sampled(&Tree::new(1), 7, 5).is_empty());
    let tree = tree_with_deadlines(1, 1, 1);
    assert_eq!(sampled(&tree, u64::MAX, 5), [key(0)]);
    assert_eq!(sampled_expiring(&tree, u64::MAX, 5), [key(0)]);
    assert!(sampled_expiring(&Tree::new(1), 7, 5).is_empty());
}

#[test]
fn what_has_a_deadline_is_found_however_rare_it_is() {
    for seed in seeds() {
        let mut rng = random(seed);
        let tree = tree_with_deadlines(seed, 20_000, 5_000);
        // The halves of a leaf that was split may both know of a deadline that one of them has.
        let (mut vain, mut tries) = (0, 0);
        let mut seen = HashSet::new();
        // One that stands close behind another is met by one in 64 and fewer.
        while tries < 400 || (seen.len() < 4 && tries < 40_000) {
            let keys = sampled_expiring(&tree, rng.next_u64(), 1);
            vain += usize::from(keys.is_empty());
            seen.extend(keys);
            tries += 1;
        }
        assert!(vain < tries / 20, "{vain} of {tries}");
        assert_eq!(seen, [0, 5_000, 10_000, 15_000].map(key).into(), "seed {seed}");
    }
}

/// A node may still know of a deadline that was taken away: it is looked at once.
#[test]
fn deadlines_that_were_taken_away_are_searched_for_once() {
    for seed in seeds() {
        let mut rng = random(seed);
        let mut tree = tree_with_deadlines(seed, 10_000, 1);
        (0..10_000).for_each(|number| drop(tree.insert(entry(number, 2))));
        assert!(tree.soonest().is_some());
        let mut searches = 0;
        while tree.soonest().is_some() {
            assert!(sampled_expiring(&tree, rng.next_u64(), 5).is_empty());
            searches += 1;
        }
        assert!((2..400).contains(&searches), "{searches}");
    }
}

#[test]
fn the_first_deadline_is_found_also_when_earlier_ones_were_taken_away() {
    for seed in seeds() {
        let mut tree = tree_with_deadlines(seed, 3_000, 7);
        for number in (0..1_400).step_by(7) {
            assert_eq!(tree.first_due().unwrap().key(), key(number));
            tree.remove(&key(number));
        }
        (1_400..2_800).for_each(|number| drop(tree.insert(entry(number, 2))));
        let mut searches = 0;
        let found = loop {
            searches += 1;
            if let Some(found) = tree.first_due() {
                break found.key().to_vec();
            }
        };
        assert_eq!(found, key(2_800));
        assert!(searches < 1_400 / 10, "{searches}");
    }
}

#[test]
fn keys_that_collide_are_sampled_too() {
    let mut tree = Tree::with_kept_hash_bits(1, 0, u64::MAX);
    for number in 0..1_000 {
        let at = (number % 100 == 0).then_some(number as i64);
        tree.insert(Entry::new(&key(number), NewValue::Int(1), at));
    }
    let mut rng = random(3);
    let any: HashSet<_> = (0..5_000).flat_map(|_| sampled(&tree, rng.next_u64(), 3)).collect();
    assert_eq!(any.len(), 1_000);
    let expiring: HashSet<_> =
        (0..2_000).flat_map(|_| sampled_expiring(&tree, rng.next_u64(), 1)).collect();
    assert!((2..=10).contains(&expiring.len()), "{}", expiring.len());
    assert_eq!(tree.first_due().unwrap().key(), key(0));
}

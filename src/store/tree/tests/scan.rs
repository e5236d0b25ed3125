//! What SCAN and RANDOMKEY promise.

use std::collections::{HashMap, HashSet};

use super::*;

/// Keys for the big tests: a million where the build is fast.
const MANY: u64 = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };

#[test]
fn a_scan_sees_every_key_once_for_any_count() {
    for bits in HASH_BITS {
        let mut tree = Tree::with_kept_hash_bits(3, bits.0, bits.1);
        (0..3_000).for_each(|number| drop(tree.insert(entry(number, 0))));
        for count in [0, 1, 10, 1_000, usize::MAX] {
            let mut seen = HashMap::new();
            let mut cursor = 0;
            loop {
                cursor = tree.scan(cursor, count, |entry| {
                    *seen.entry(entry.key().to_vec()).or_insert(0) += 1;
                });
                if cursor == 0 {
                    break;
                }
            }
            assert_eq!(seen.len(), tree.len(), "hash bits {bits:#x?}, count {count}");
            assert!(seen.values().all(|times| *times == 1));
        }
    }
}

#[test]
fn a_scan_under_writes_sees_once_what_is_there_throughout() {
    for seed in seeds() {
        let mut rng = random(seed);
        let mut tree = Tree::new(seed);
        (0..MANY).for_each(|number| drop(tree.insert(entry(number, 0))));
        let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
        let (mut cursor, mut touched) = (0, HashSet::new());
        loop {
            cursor = tree.scan(cursor, 100, |entry| {
                *seen.entry(entry.key().to_vec()).or_default() += 1;
            });
            if cursor == 0 {
                break;
            }
            churn(&mut rng, &mut tree, &mut touched);
        }
        check(&tree);
        for number in (0..MANY).filter(|number| !touched.contains(number)) {
            assert_eq!(seen.get(&key(number)), Some(&1), "key {number} of seed {seed:#x}");
        }
        assert!(touched.len() as u64 > MANY / 20);
    }
}

/// Removes and adds keys in bursts, so that leaves join and split under the cursor.
fn churn(rng: &mut Random, tree: &mut Tree, touched: &mut HashSet<u64>) {
    let growing = rng.below(2) == 0;
    for _ in 0..rng.below(200) {
        // Numbers from MANY on come and go; a few of the others leave for good.
        let number = match rng.below(4) {
            0 => rng.below(MANY),
            _ => MANY + rng.below(4 * MANY),
        };
        touched.insert(number);
        if growing && number >= MANY {
            tree.insert(entry(number, 1));
        } else {
            tree.remove(&key(number));
        }
    }
}

#[test]
fn a_scan_goes_on_from_any_number_a_client_may_send() {
    let mut tree = Tree::new(5);
    (0..10_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let mut rng = random(5);
    for _ in 0..1_000 {
        let cursor = rng.next_u64() >> rng.below(64);
        let mut seen = 0;
        let next = tree.scan(cursor, 10, |_| seen += 1);
        assert!(seen >= 10 || next == 0);
    }
    assert_eq!(Tree::new(1).scan(77, 10, |_| panic!("an entry of an empty tree")), 0);
}

#[test]
fn cursors_are_short_numbers() {
    let mut tree = Tree::new(5);
    (0..100_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let mut cursor = tree.scan(0, 10, |_| {});
    while cursor != 0 {
        assert!(cursor < 1 << 18, "{cursor}");
        cursor = tree.scan(cursor, 10, |_| {});
    }
}

#[test]
fn random_keys_are_uniform() {
    let mut tree = Tree::new(9);
    // Uneven on purpose: a crowded part of the hash order beside empty ones.
    (0..20_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let crowded: Vec<Vec<u8>> = tree
        .iter()
        .map(|entry| entry.key().to_vec())
        .filter(|key| tree.hash(key) >> 60 != 3 && tree.hash(key) >> 56 != 0x81)
        .collect();
    crowded.iter().for_each(|key| drop(tree.remove(key)));
    let keys = tree.len();
    let mut times: HashMap<Vec<u8>, u64> = HashMap::new();
    let (mut rng, rounds) = (random(9), 200 * keys as u64);
    for _ in 0..rounds {
        *times.entry(tree.random(rng.next_u64()).unwrap().key().to_vec()).or_default() += 1;
    }
    assert_eq!(times.len(), keys);
    // 200 expected each, standard deviation 14: six of them either way.
    assert!(times.values().all(|times| (115..285).contains(times)));
    assert!(Tree::new(9).random(5).is_none());
}

#[test]
fn each_place_has_one_entry_in_the_order_of_a_walk() {
    for bits in HASH_BITS {
        let mut tree = Tree::with_kept_hash_bits(3, bits.0, bits.1);
        assert!(tree.nth(0).is_none());
        (0..500).for_each(|number| drop(tree.insert(entry(number, 0))));
        for (index, walked) in tree.iter().enumerate() {
            assert!(tree.nth(index).is_some_and(|entry| std::ptr::eq(entry, walked)));
        }
        assert!(tree.nth(500).is_none() && tree.nth(usize::MAX).is_none());
    }
}

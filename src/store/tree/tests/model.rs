//! Random operations against a `HashMap`.

use std::collections::HashMap;

use super::*;
use crate::store::tree::TreeSnapshot;
use crate::store::tree_slot::TreeSlot;
use crate::store::value::ValueRef;

type Model = HashMap<Vec<u8>, (i64, Option<i64>)>;

#[test]
fn random_operations_agree_with_a_map_and_snapshots_stay_as_they_were() {
    for seed in seeds() {
        for bits in HASH_BITS {
            let rounds = if bits.0 == u64::MAX { 20_000 } else { 4_000 };
            run(seed, bits, rounds);
        }
    }
}

fn run(seed: u64, bits: (u64, u64), rounds: u64) {
    println!("hash bits {bits:#x?}");
    let mut rng = random(seed);
    let mut tree = Tree::with_kept_hash_bits(seed, bits.0, bits.1);
    let mut model = Model::new();
    let mut kept: Vec<(TreeSnapshot, Model)> = Vec::new();
    for round in 0..rounds {
        // The number of keys in play goes up and down, so that leaves split and join.
        let keys = 1 + (rounds / 8) * (1 + (round / (rounds / 6)) % 3) / 2;
        let removing = (round / (rounds / 6)) % 2 == 1;
        operate(&mut rng, &mut tree, &mut model, keys, removing);
        if rng.below(rounds / 10) == 0 {
            kept.push((tree.snapshot(), model.clone()));
        }
        if kept.len() > 4 {
            let (snapshot, model) = kept.swap_remove(rng.below(4) as usize);
            compare(&snapshot, &model);
        }
        if rng.below(rounds / 20) == 0 {
            check(&tree);
        }
    }
    check(&tree);
    kept.push((tree.snapshot(), model));
    for (snapshot, model) in kept {
        compare(&snapshot, &model);
    }
    let keys: Vec<Vec<u8>> = tree.iter().map(|entry| entry.key().to_vec()).collect();
    for key in keys {
        assert!(tree.remove(&key).is_some());
    }
    assert!(tree.is_empty());
    check(&tree);
}

fn operate(rng: &mut Random, tree: &mut Tree, model: &mut Model, keys: u64, removing: bool) {
    let key = key(rng.below(keys));
    let value = rng.next_u64() as i64 >> rng.below(64);
    let expiry = (rng.below(2) == 0).then_some(value);
    let choice = rng.below(11);
    match choice {
        0..=4 if removing => {
            let removed = tree.remove(&key).map(|entry| plain(&entry));
            assert_eq!(removed, model.remove(&key));
        }
        0..=2 => {
            let replaced = tree.insert(Entry::new(&key, NewValue::Int(value), expiry));
            let old = model.insert(key, (value, expiry));
            assert_eq!(replaced.map(|entry| plain(&entry)), old);
        }
        3..=5 => {
            let replaced =
                TreeSlot::find(tree, &key).insert(Entry::new(&key, NewValue::Int(value), expiry));
            let old = model.insert(key, (value, expiry));
            assert_eq!(replaced.map(|entry| plain(&entry)), old);
        }
        6 => {
            let removed = TreeSlot::find(tree, &key).remove().map(|entry| plain(&entry));
            assert_eq!(removed, model.remove(&key));
        }
        7 => {
            let mut slot = TreeSlot::find(tree, &key);
            let updated = slot.entry_mut().map(|mut entry| {
                entry.set_value(NewValue::Int(value));
                entry.set_expires_at(expiry);
            });
            updated.and(expiry).inspect(|at| slot.lower(*at));
            let old = model.get_mut(&key).map(|old| *old = (value, expiry));
            assert_eq!(updated, old);
        }
        8 => {
            let now = rng.next_u64() as i64 >> rng.below(64);
            let is_due = |at: &Option<i64>| at.is_some_and(|at| at < now);
            let found = loop {
                let found = tree.pop_due(&mut rng.next_u64(), now);
                if found.is_some() || tree.soonest().is_none_or(|at| at >= now) {
                    break found;
                }
            };
            assert_eq!(found.is_some(), model.values().any(|(_, at)| is_due(at)));
            if let Some(entry) = found {
                assert!(is_due(&entry.expires_at()));
                assert_eq!(model.remove(entry.key()), Some(plain(&entry)));
            }
        }
        _ => {
            tree.prefetch((0..rng.below(40)).map(|_| &key[..]));
            assert_eq!(tree.get(&key).map(plain), model.get(&key).copied());
            let index = rng.next_u64();
            let random = tree.random(index).map(|entry| entry.key().to_vec());
            assert_eq!(random.is_some(), !model.is_empty());
            assert!(random.is_none_or(|key| model.contains_key(&key)));
        }
    }
    assert_eq!(tree.len(), model.len());
}

fn plain(entry: &Entry) -> (i64, Option<i64>) {
    match entry.value() {
        ValueRef::Int(number) => (number, entry.expires_at()),
        other => panic!("{other:?} was not stored"),
    }
}

fn compare(snapshot: &TreeSnapshot, model: &Model) {
    assert_eq!(snapshot.len(), model.len());
    assert_eq!(snapshot.iter().len(), model.len());
    let seen: Model = snapshot.iter().map(|entry| (entry.key().to_vec(), plain(entry))).collect();
    assert_eq!(seen, *model);
    for (key, value) in model.iter().take(100) {
        assert_eq!(snapshot.get(key).map(plain), Some(*value));
    }
}

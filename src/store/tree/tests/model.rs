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
            let rounds = if bits == u64::MAX { 20_000 } else { 4_000 };
            run(seed, bits, rounds);
        }
    }
}

fn run(seed: u64, bits: u64, rounds: u64) {
    println!("hash bits {bits:#x}");
    let mut rng = random(seed);
    let mut tree = Tree::with_kept_hash_bits(seed, bits);
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
    let choice = rng.below(10);
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
            let updated = TreeSlot::find(tree, &key).entry_mut().map(|mut entry| {
                entry.set_value(NewValue::Int(value));
                entry.set_expires_at(expiry);
            });
            let old = model.get_mut(&key).map(|old| *old = (value, expiry));
            assert_eq!(updated, old);
        }
        _ => {
            tree.prefetch((0..rng.below(40)).map(|_| &key[..]));
            assert_eq!(tree.get(&key).map(plain), model.get(&key).copied());
            let mut found = 0;
            tree.find_hash(tree.hash(&key), |entry| found += u32::from(entry.key() == key));
            assert_eq!(found, u32::from(model.contains_key(&key)));
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

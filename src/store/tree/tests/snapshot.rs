//! What a snapshot shares, and with whom.

use crate::store::tree_slot::TreeSlot;
use std::thread;

use super::*;
use crate::store::value::ValueRef;

#[test]
fn a_snapshot_is_read_and_dropped_on_another_thread_while_writes_go_on() {
    const KEYS: u64 = if cfg!(debug_assertions) { 20_000 } else { 300_000 };
    for seed in seeds() {
        let mut rng = random(seed);
        let mut tree = Tree::new(seed);
        (0..KEYS).for_each(|number| drop(tree.insert(entry(number, 0))));
        for generation in 0..4 {
            let snapshot = tree.snapshot();
            let reader = thread::spawn(move || {
                let older = |entry: &Entry| {
                    assert!(matches!(entry.value(), ValueRef::Int(value) if value <= generation));
                };
                snapshot.iter().inspect(|entry| older(entry)).count()
            });
            let expected = tree.len();
            while !reader.is_finished() {
                write_some(&mut rng, &mut tree, KEYS, generation + 1);
            }
            assert_eq!(reader.join().unwrap(), expected);
            check(&tree);
        }
    }
}

fn write_some(rng: &mut Random, tree: &mut Tree, keys: u64, generation: i64) {
    for _ in 0..100 {
        let number = rng.below(keys);
        match rng.below(4) {
            0 => drop(tree.remove(&key(number))),
            1 => drop(tree.insert(entry(number, generation))),
            2 => tree.iter().next().unwrap().set_lru(5),
            _ => {
                let key = key(number);
                let mut slot = TreeSlot::find(tree, &key);
                slot.entry_mut()
                    .into_iter()
                    .for_each(|mut e| e.set_value(NewValue::Int(generation)));
            }
        }
    }
}

#[test]
fn a_write_copies_one_leaf_and_its_path_and_the_next_one_nothing() {
    let mut tree = Tree::new(4);
    (0..100_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let snapshot = tree.snapshot();
    assert!(snapshot.same(&tree.snapshot()));
    tree.insert(entry(5, 1));
    assert!(!snapshot.same(&tree.snapshot()));
    let copied = nodes_apart(&snapshot.root, &tree.root);
    assert!(copied <= 4, "{copied} nodes");
    tree.insert(entry(5, 2));
    assert_eq!(nodes_apart(&snapshot.root, &tree.root), copied);
}

#[test]
fn looking_for_what_is_not_there_copies_no_leaf() {
    let mut tree = Tree::new(4);
    (0..10_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let snapshot = tree.snapshot();
    for number in 10_000..20_000 {
        assert!(tree.remove(&key(number)).is_none());
        assert!(TreeSlot::find(&mut tree, &key(number)).entry_mut().is_none());
    }
    let leaves_apart = |node: &Node| nodes_apart(&snapshot.root, node) as u64;
    assert!(leaves_apart(&tree.root) < tree.len() as u64 / LEAF_MAX_ENTRIES as u64);
    assert_eq!(tree.iter().zip(snapshot.iter()).filter(|(a, b)| !std::ptr::eq(*a, *b)).count(), 0);
}

/// How many nodes of the second tree the first does not hold.
fn nodes_apart(one: &Node, other: &Node) -> usize {
    if one.same(other) {
        return 0;
    }
    match (one.view(), other.view()) {
        (View::Branch(one), View::Branch(other)) => {
            let pairs = one.children().zip(other.children());
            1 + pairs.map(|(one, other)| nodes_apart(one, other)).sum::<usize>()
        }
        _ => 1,
    }
}

#[test]
fn a_taken_tree_leaves_an_empty_one_with_the_same_hash() {
    let mut tree = Tree::new(4);
    (0..1_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    let hash = tree.hash(b"key");
    let taken = tree.take();
    assert!(tree.is_empty() && taken.len() == 1_000);
    assert_eq!(tree.hash(b"key"), hash);
    thread::spawn(move || drop(taken)).join().unwrap();
    tree.insert(entry(1, 1));
    assert_eq!(tree.len(), 1);
}

#[test]
fn the_parts_of_a_snapshot_are_the_whole_and_one_that_was_let_go_is_written_in_place() {
    for keys in [0, 1, 100, 100_000] {
        let mut tree = Tree::new(4);
        (0..keys).for_each(|number| drop(tree.insert(entry(number, 0))));
        let all: Vec<Vec<u8>> = tree.iter().map(|entry| entry.key().to_vec()).collect();
        let whole = tree.snapshot();
        let mut seen = Vec::new();
        for part in tree.snapshot().into_parts() {
            seen.extend(part.iter().map(|entry| entry.key().to_vec()));
        }
        assert_eq!(seen, all);
        drop(whole);
        let mut parts = tree.snapshot().into_parts();
        let Some(first) = parts.next().filter(|_| keys > 1000) else { continue };
        // Beside one another, so in one leaf.
        let neighbours: Vec<Vec<u8>> =
            first.iter().take(2).map(|entry| entry.key().to_vec()).collect();
        let place = |tree: &Tree| std::ptr::from_ref(tree.get(&neighbours[0]).unwrap());
        let write =
            |tree: &mut Tree| drop(tree.insert(Entry::new(&neighbours[1], NewValue::Int(1), None)));
        let before = place(&tree);
        write(&mut tree);
        assert_ne!(place(&tree), before, "it is held");
        let before = place(&tree);
        drop(first);
        write(&mut tree);
        assert_eq!(place(&tree), before);
        let left: usize = parts.map(|part| part.iter().count()).sum();
        assert!(left > keys as usize / 2 && left < keys as usize);
        check(&tree);
    }
}

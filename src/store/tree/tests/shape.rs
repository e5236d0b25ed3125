//! The shape that a tree takes as it grows and shrinks, and what it costs.

use super::*;
use crate::store::database::NODE_BYTES_PER_KEY;
use crate::store::table::Table;

#[test]
fn nodes_take_little_memory_at_every_size() {
    let mut tree = Tree::new(6);
    for number in 0..300_000u64 {
        tree.insert(entry(number, 0));
        if number > 1_000 && number % 7_919 == 0 {
            let bytes_per_key = tree.node_bytes() as f64 / tree.len() as f64;
            let estimate = NODE_BYTES_PER_KEY as f64;
            let near = (bytes_per_key / estimate - 1.0).abs() < 0.15;
            assert!(near, "{bytes_per_key} bytes a key at {number}");
        }
    }
    check(&tree);
}

/// What a collection of any size costs besides its elements' blocks, which are told apart below.
#[test]
fn an_element_costs_little_in_a_collection_of_any_size() {
    for (elements, most) in
        [(100, 14.5), (200, 14.0), (1_000, 13.8), (10_000, 13.8), (100_000, 13.8)]
    {
        let mut table = Table::new(7);
        for number in 0..elements {
            assert!(table.slot(format!("{number:010}").as_bytes()).add_member());
        }
        let own = size_of::<Table>() + table.node_bytes();
        let overhead = own as f64 / f64::from(elements);
        println!(
            "{elements} members of 10 bytes: {overhead:.1} bytes each for the tree, {} for the block",
            table.entry_bytes() as f64 / f64::from(elements)
        );
        assert!(overhead < most, "{overhead} bytes an element of {elements}");
        assert_eq!(table.entry_bytes(), 16 * elements as usize);
    }
}

#[test]
fn a_tree_gives_memory_back_as_it_shrinks() {
    let mut tree = Tree::new(6);
    (0..100_000).for_each(|number| drop(tree.insert(entry(number, 0))));
    for number in 0..100_000 {
        tree.remove(&key(number));
        if number % 9_973 == 0 {
            check(&tree);
            let bytes_per_key = tree.node_bytes() as f64 / tree.len() as f64;
            assert!(bytes_per_key < 30.0, "{bytes_per_key} bytes a key with {}", tree.len());
        }
    }
    assert_eq!((tree.len(), tree.node_bytes()), (0, 0));
}

#[test]
fn keys_that_collide_in_every_bit_are_all_kept() {
    let mut tree = Tree::with_kept_hash_bits(6, 0, 0);
    (0..2_000).for_each(|number| drop(tree.insert(entry(number, number as i64))));
    check(&tree);
    assert!((0..2_000).all(|number| tree.get(&key(number)).is_some()));
    (0..1_990).for_each(|number| drop(tree.remove(&key(number))));
    check(&tree);
    assert_eq!(tree.len(), 10);
}

//! What holds for every sequence between two operations.

use std::collections::HashSet;
use std::fmt::Debug;

use super::*;
use crate::store::sequence::item::Sums;
use crate::store::sequence::node::Edges;
use crate::store::shared::Shared;

/// Asserts all of it.
pub(super) fn check<T: Item>(sequence: &Sequence<T>)
where
    T::Mark: PartialEq + Debug,
{
    let Some(tree) = &sequence.tree else { return };
    check_node(&tree.top, tree.height, Edges::ROOT);
}

fn check_node<T: Item>(top: &Child<T>, height: u32, edges: Edges)
where
    T::Mark: PartialEq + Debug,
{
    let node = &*top.node;
    assert_eq!(top.sums, node.sums());
    assert_eq!(top.mark, *node.mark());
    assert!(!node.is_short(edges), "{} below, {} wide", top.sums.items, node.width());
    match node {
        Node::Leaf(items) => {
            assert_eq!(height, 0, "a leaf that is higher than others");
            assert!(items.len() <= LEAF_MAX);
            assert!(items.room() <= super::super::row::Row::<T>::most_room(items.len()));
        }
        Node::Branch(children) => {
            assert!(height > 0, "a branch that is lower than leaves");
            assert!(children.len() <= BRANCH_MAX);
            for (at, child) in children.iter().enumerate() {
                check_node(child, height - 1, edges.of_child(at, children.len()));
            }
        }
    }
}

/// Asserts that the sums are those of these items.
pub(super) fn check_sums(sequence: &Sequence<Thing>, model: &[Thing]) {
    let mut sums: Sums = model.iter().map(Sums::of_item).collect();
    sums.bytes += nodes(sequence).iter().map(|(_, bytes)| *bytes as u64).sum::<u64>();
    assert_eq!(sequence.len(), sums.items);
    assert_eq!(sequence.weight(), sums.weight);
    assert_eq!(sequence.memory_bytes() as u64, sums.bytes);
}

/// Each node: where it is and what it takes.
pub(super) fn nodes<T: Item>(sequence: &Sequence<T>) -> HashSet<(usize, usize)> {
    let mut found = HashSet::new();
    let mut left: Vec<&Child<T>> = sequence.tree.iter().map(|tree| &tree.top).collect();
    while let Some(top) = left.pop() {
        found.insert((Shared::as_ptr(&top.node) as usize, top.node.own_bytes()));
        if let Node::Branch(children) = &*top.node {
            left.extend(children.iter());
        }
    }
    found
}

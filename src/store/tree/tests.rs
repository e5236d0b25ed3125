//! The tree against simple models, under seeds that a failure prints.

mod model;
mod sample;
mod scan;
mod shape;
mod snapshot;

use super::node::{BRANCH_BITS, Branch, DEEPEST, LEAF_MAX_ENTRIES, Node, Place, SLOTS, View};
use super::{Tree, remove::JOIN_MAX_ENTRIES};
use crate::base::random::Random;
use crate::store::entry::Entry;
use crate::store::value::NewValue;

/// A generator whose seed is printed when a test fails.
pub(crate) fn random(seed: u64) -> Random {
    println!("seed {seed:#x}");
    Random::from_seed(seed)
}

/// Seeds that differ from run to run, beside fixed ones.
pub(crate) fn seeds() -> impl Iterator<Item = u64> {
    [1, 2, Random::from_entropy().next_u64()].into_iter()
}

fn key(number: u64) -> Vec<u8> {
    format!("key:{number:012}").into_bytes()
}

fn entry(number: u64, value: i64) -> Entry {
    Entry::new(&key(number), NewValue::Int(value), None)
}

/// Which bits differ of the hash and of the order: what a good hash never gives at this size.
const HASH_BITS: [(u64, u64); 9] = [
    (u64::MAX, u64::MAX),
    (0xff00_0000_0000_0000, u64::MAX),
    (0x0000_0000_0000_0007, u64::MAX),
    (0xc000_0000_0000_0fff, 7),
    (0x0000_ffff_0000_0000, u64::MAX),
    (0x0000_0000_f000_0000, 0xf000_0000_0000_000f),
    (0, u64::MAX),
    (0, 0xfff0_0000_0000_0000),
    (0, 0),
];

/// Asserts what holds for every tree between two operations.
fn check(tree: &Tree) {
    match tree.root.view() {
        View::Leaf(_) => assert!(tree.root.is_empty(), "the root is a branch or empty"),
        View::Branch(root) => check_branch(tree, root, 0, 0),
        View::Ordered(_) => panic!("the root is a branch or empty"),
    }
    assert_eq!(tree.iter().count(), tree.len());
    assert_eq!(tree.node_bytes(), bytes_below(&tree.root));
}

/// The bytes of a node and of all below it.
fn bytes_below(node: &Node) -> usize {
    node.block_bytes() + node.children().map(bytes_below).sum::<usize>()
}

fn check_branch(tree: &Tree, branch: Branch<'_>, prefix: u64, depth: u32) {
    assert!(depth == 0 || branch.entry_count() as usize > JOIN_MAX_ENTRIES, "a branch to collapse");
    assert_eq!(branch.entry_count(), branch.children().map(Node::entry_count).sum());
    assert!(branch.children().all(|child| branch.soonest().get() <= child.soonest()));
    let mut slot = 0;
    while slot < SLOTS {
        let (child, first, slots) = branch.child_at_slot(slot);
        assert!(first == slot && slots.is_power_of_two() && first % slots == 0);
        check_child(tree, child, (first, slots), prefix, depth);
        slot += slots;
    }
}

fn check_child(tree: &Tree, child: &Node, extent: (u32, u32), prefix: u64, depth: u32) {
    let (first, slots) = extent;
    let slot_prefix = prefix | u64::from(first) << (64 - 6 * (depth + 1));
    match child.view() {
        View::Branch(branch) => {
            assert_eq!(slots, 1);
            check_branch(tree, branch, slot_prefix, depth + 1);
        }
        View::Leaf(leaf) => {
            assert!(leaf.len() <= LEAF_MAX_ENTRIES);
            assert_eq!(leaf.len(), leaf.entries().count());
            assert_eq!(child.is_empty(), leaf.entries().next().is_none());
            for (tag, entry) in leaf.tagged() {
                let place = Place::at_depth(tree.hash(entry.key()), depth);
                assert_eq!(tag, place.tag());
                assert!((first..first + slots).contains(&place.slot()));
                assert!(depth == 0 || (tree.hash(entry.key()) ^ prefix) >> (64 - 6 * depth) == 0);
                assert!(entry.expires_at().is_none_or(|at| child.soonest() <= at));
            }
        }
        View::Ordered(ordered) => {
            assert_eq!((depth, slots), (DEEPEST, 1));
            assert!(ordered.len() > JOIN_MAX_ENTRIES as u64);
            for (order, entry) in ordered.iter_from(0) {
                assert_eq!(order, tree.hasher.order(entry.key()));
                assert_eq!((tree.hash(entry.key()) ^ slot_prefix) >> (64 - BRANCH_BITS), 0);
            }
            ordered.check();
        }
    }
}

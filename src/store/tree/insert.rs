//! Adding an entry, and splitting what is full.

use super::hash::{KeyHasher, MAX_DEPTH, Place, SLOT_BITS, slot_of_tag};
use super::node::{BranchMut, LEAF_MAX_ENTRIES, Node, SLOTS, View};
use crate::store::entry::Entry;

/// Adds an entry, whose key is not there yet, below a branch.
pub(super) fn add(root: &mut Node, hash: u64, hasher: &KeyHasher, entry: Entry) {
    let (mut node, mut place) = (root, Place::at_root(hash));
    loop {
        let mut branch = node.branch_mut();
        *branch.entry_count_mut() += 1;
        while let View::Leaf(leaf) = branch.as_ref().child(place.slot()).view() {
            if leaf.len() < LEAF_MAX_ENTRIES || !split(&mut branch, place, hasher) {
                branch.child_mut(place.slot()).leaf_mut(1).push(place.tag(), entry);
                return;
            }
        }
        (node, place) = (branch.into_child_mut(place.slot()), place.below());
    }
}

/// Splits the leaf at that place in two, by the next bit of the hash. `false` if the hash has no
/// more: a leaf of colliding keys grows instead.
#[cold]
fn split(branch: &mut BranchMut<'_>, place: Place, hasher: &KeyHasher) -> bool {
    let (first, slots) = branch.as_ref().extent_of(place.slot());
    if slots == 1 {
        return place.depth < MAX_DEPTH && push_down(branch.child_mut(first), place, hasher);
    }
    let middle = first + slots / 2;
    let mut old = std::mem::replace(branch.child_mut(first), Node::EMPTY);
    let entries = old.entry_count() as usize;
    let (mut left, mut right) = (Node::EMPTY, Node::EMPTY);
    let mut leaf = old.leaf_mut(0);
    while let Some((tag, entry)) = leaf.pop() {
        let half = if slot_of_tag(tag) < middle { &mut left } else { &mut right };
        // Most often the halves are equal; a leaf grows by itself if they are not.
        let room = if half.is_empty() { entries / 2 } else { 1 };
        half.leaf_mut(room).push(tag, entry);
    }
    *branch.child_mut(first) = left;
    branch.split_at(middle, right);
    true
}

/// Puts a branch in the place of a leaf of one slot: the leaf becomes its only child, under the
/// tags of the next level, for which the keys are hashed again.
fn push_down(child: &mut Node, place: Place, hasher: &KeyHasher) -> bool {
    let mut old = std::mem::replace(child, Node::EMPTY);
    let entries = old.entry_count();
    let mut new = Node::leaf(entries as usize);
    let mut new_leaf = new.leaf_mut(0);
    let mut old_leaf = old.leaf_mut(0);
    while let Some((_, entry)) = old_leaf.pop() {
        let below = Place::at_depth(hasher.hash(entry.key()), place.depth + 1);
        new_leaf.push(below.tag(), entry);
    }
    *child = Node::branch(new, entries);
    true
}

const _: () = assert!(SLOTS == 1 << SLOT_BITS);

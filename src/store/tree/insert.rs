//! Adding an entry, and splitting what is full.

use super::hash::{KeyHasher, MAX_DEPTH, Place, slot_of_tag};
use super::node::{BranchMut, LEAF_MAX_ENTRIES, Node, View};
use crate::store::entry::Entry;

/// Adds an entry, whose key is not there yet, below a branch.
pub(super) fn add(root: &mut Node, hash: u64, hasher: &KeyHasher, entry: Entry) {
    let (mut node, mut place) = (root, Place::at_root(hash));
    loop {
        let mut branch = node.branch_mut();
        *branch.entry_count_mut() += 1;
        while let View::Leaf(leaf) = branch.as_ref().child(place).view() {
            if leaf.len() < LEAF_MAX_ENTRIES || !split(&mut branch, place, hasher) {
                branch.child_mut(place).leaf_mut().push(place.tag(), entry);
                return;
            }
        }
        (node, place) = (branch.into_branch_child_mut(place), place.below());
    }
}

/// Splits the leaf at that place in two, by the next bit of the hash. `false` if the hash has no
/// more: a leaf of colliding keys grows instead.
#[cold]
fn split(branch: &mut BranchMut<'_>, place: Place, hasher: &KeyHasher) -> bool {
    if branch.cells_of(place).len() == 1 && !branch.double() {
        return place.depth < MAX_DEPTH && push_down(&mut branch.child_mut(place), place, hasher);
    }
    let cells = branch.cells_of(place);
    let middle = cells.start + cells.len() / 2;
    let middle_slot = branch.first_slot_of(middle);
    let is_left = |tag: u16| (slot_of_tag(tag) as usize) < middle_slot;
    let old = branch.take(cells.clone());
    let View::Leaf(leaf) = old.view() else { unreachable!("branches are not split") };
    let lefts = leaf.tagged().filter(|(tag, _)| is_left(*tag)).count();
    let (mut left, mut right) = (Node::leaf(lefts), Node::leaf(leaf.len() - lefts));
    let (mut left_leaf, mut right_leaf) = (left.leaf_mut(), right.leaf_mut());
    old.into_entries(|tag, entry| match is_left(tag) {
        true => left_leaf.push(tag, entry),
        false => right_leaf.push(tag, entry),
    });
    for (half, cells) in [(left, cells.start..middle), (right, middle..cells.end)] {
        if half.entry_count() > 0 {
            branch.set(cells, half);
        }
    }
    true
}

/// Puts a branch in the place of a leaf of one slot: the leaf becomes its only child, under the
/// tags of the next level, for which the keys are hashed again.
fn push_down(child: &mut Node, place: Place, hasher: &KeyHasher) -> bool {
    let old = std::mem::replace(child, Node::EMPTY);
    let entries = old.entry_count();
    let mut new = Node::leaf(entries as usize);
    let mut leaf = new.leaf_mut();
    old.into_entries(|_, entry| {
        let below = Place::at_depth(hasher.hash(entry.key()), place.depth + 1);
        leaf.push(below.tag(), entry);
    });
    *child = Node::branch(new, entries);
    true
}

//! Adding an entry, and splitting what is full.

use super::hash::KeyHasher;
use super::node::{
    BranchMut, DEEPEST, LEAF_MAX_ENTRIES, NEVER, Node, Ordered, Place, View, slot_of_tag,
};
use crate::store::entry::Entry;

/// Adds an entry, whose key is not there yet, below a branch. `bytes` is what all nodes take, and
/// follows.
pub(super) fn add(root: &mut Node, hash: u64, hasher: &KeyHasher, entry: Entry, bytes: &mut usize) {
    let (mut node, mut place) = (root, Place::at_root(hash));
    let at = entry.expires_at().unwrap_or(NEVER);
    loop {
        let mut branch = node.branch_mut();
        *branch.entry_count_mut() += 1;
        branch.as_ref().soonest().lower(at);
        while let View::Leaf(leaf) = branch.as_ref().child(place).view() {
            if leaf.len() < LEAF_MAX_ENTRIES {
                let mut child = branch.child_mut(place);
                let before = child.block_bytes();
                let mut leaf = child.leaf_mut();
                leaf.push(place.tag(), entry);
                leaf.lower(at);
                *bytes += child.block_bytes() - before;
                return;
            }
            split(&mut branch, place, hasher, bytes);
        }
        (node, place) = (branch.into_single_child_mut(place), place.below());
        if let View::Ordered(_) = node.view() {
            let before = node.block_bytes();
            node.ordered_mut().insert(hasher.order(entry.key()), entry);
            *bytes += node.block_bytes() - before;
            return;
        }
    }
}

/// Splits the full leaf at that place in two, by the next bit of the hash; a leaf of one slot
/// becomes a branch, or where the branches end an ordered node.
#[cold]
fn split(branch: &mut BranchMut<'_>, place: Place, hasher: &KeyHasher, bytes: &mut usize) {
    let before = branch.block_bytes();
    if branch.cells_of(place).len() > 1 || branch.double() {
        *bytes += branch.block_bytes() - before;
        return split_cells(branch, place, bytes);
    }
    let mut child = branch.child_mut(place);
    *bytes -= child.block_bytes();
    let old = std::mem::replace(&mut *child, Node::EMPTY);
    *child = if place.depth < DEEPEST {
        push_down(old, place, hasher)
    } else {
        let mut ordered = Ordered::new();
        old.into_entries(|_, entry| ordered.insert(hasher.order(entry.key()), entry));
        Node::ordered(ordered)
    };
    *bytes += child.block_bytes() + child.children().map(Node::block_bytes).sum::<usize>();
}

fn split_cells(branch: &mut BranchMut<'_>, place: Place, bytes: &mut usize) {
    let cells = branch.cells_of(place);
    let middle = cells.start + cells.len() / 2;
    let middle_slot = branch.first_slot_of(middle);
    let is_left = |tag: u16| (slot_of_tag(tag) as usize) < middle_slot;
    let old = branch.take(cells.clone());
    *bytes -= old.block_bytes();
    let View::Leaf(leaf) = old.view() else { unreachable!("only leaves are split") };
    let lefts = leaf.tagged().filter(|(tag, _)| is_left(*tag)).count();
    let (mut left, mut right) = (Node::leaf(lefts), Node::leaf(leaf.len() - lefts));
    let (mut left_leaf, mut right_leaf) = (left.leaf_mut(), right.leaf_mut());
    // Which half has the soonest deadline is not worth reading all entries for.
    left_leaf.lower(old.soonest());
    right_leaf.lower(old.soonest());
    old.into_entries(|tag, entry| match is_left(tag) {
        true => left_leaf.push(tag, entry),
        false => right_leaf.push(tag, entry),
    });
    for (half, cells) in [(left, cells.start..middle), (right, middle..cells.end)] {
        if half.entry_count() > 0 {
            *bytes += half.block_bytes();
            branch.set(cells, half);
        }
    }
}

/// A branch in the place of a leaf of one slot: the leaf becomes its only child, under the tags of
/// the next level, for which the keys are hashed again.
fn push_down(old: Node, place: Place, hasher: &KeyHasher) -> Node {
    let entries = old.entry_count();
    let mut new = Node::leaf(entries as usize);
    let mut leaf = new.leaf_mut();
    leaf.lower(old.soonest());
    old.into_entries(|_, entry| {
        let below = Place::at_depth(hasher.hash(entry.key()), place.depth + 1);
        leaf.push(below.tag(), entry);
    });
    Node::branch(new, entries)
}

//! Removing an entry, joining leaves that have become small and collapsing branches.

use super::hash::{Place, tag_above};
use super::node::{BranchMut, Node, SLOTS, View};
use crate::store::entry::Entry;

/// What is joined or collapsed has at most this many entries: half a leaf, so that it takes as
/// many inserts again until it is split.
pub(super) const JOIN_MAX_ENTRIES: usize = super::node::LEAF_MAX_ENTRIES / 2;

/// Removes the first entry with the place's tag that `wanted` accepts, from below a branch.
pub(super) fn remove(
    node: &mut Node,
    place: Place,
    wanted: &mut impl FnMut(&Entry) -> bool,
) -> Option<Entry> {
    let mut branch = node.branch_mut();
    let child = branch.child_mut(place.slot());
    let removed = match child.view() {
        View::Branch(_) => {
            let removed = remove(child, place.below(), wanted)?;
            if child.entry_count() as usize <= JOIN_MAX_ENTRIES {
                *child = collapse(child, place.slot());
            }
            removed
        }
        View::Leaf(leaf) => {
            let index = leaf.find(place.tag(), wanted)?;
            take_from_leaf(child, index)
        }
    };
    *branch.entry_count_mut() -= 1;
    join_neighbours(&mut branch, place.slot());
    Some(removed)
}

fn take_from_leaf(node: &mut Node, index: usize) -> Entry {
    let mut leaf = node.leaf_mut(0);
    let removed = leaf.swap_remove(index);
    if leaf.len() == 0 {
        *node = Node::EMPTY;
    } else {
        leaf.shrink();
    }
    removed
}

/// A leaf of one slot with all entries of the branch that was there. Its children are leaves: a
/// branch among them would have collapsed before.
fn collapse(node: &mut Node, slot: u32) -> Node {
    let mut collapsed = Node::leaf(node.entry_count() as usize);
    let mut branch = node.branch_mut();
    let mut child_slot = 0;
    while child_slot < SLOTS {
        let (first, slots) = branch.as_ref().extent_of(child_slot);
        move_entries(branch.child_mut(first), &mut collapsed, |tag| tag_above(slot, tag));
        child_slot = first + slots;
    }
    collapsed
}

/// Moves the entries of one leaf, which keeps them where others hold it, to another.
fn move_entries(from: &mut Node, to: &mut Node, tag_of: impl Fn(u16) -> u16) {
    if from.is_empty() {
        return;
    }
    let mut to = to.leaf_mut(from.entry_count() as usize);
    let mut from = from.leaf_mut(0);
    while let Some((tag, entry)) = from.pop() {
        to.push(tag_of(tag), entry);
    }
}

/// Joins the leaf that covers a slot with its twin, the other half of what was split, and so on
/// upwards, as long as both are leaves and small.
fn join_neighbours(branch: &mut BranchMut<'_>, slot: u32) {
    loop {
        let (first, slots) = branch.as_ref().extent_of(slot);
        if slots == SLOTS {
            return;
        }
        let twin = first ^ slots;
        if branch.as_ref().extent_of(twin) != (twin, slots) {
            return;
        }
        let (one, other) = (branch.as_ref().child(first), branch.as_ref().child(twin));
        let entries = one.entry_count() + other.entry_count();
        if one.is_branch() || other.is_branch() || entries as usize > JOIN_MAX_ENTRIES {
            return;
        }
        let (left, right) = (first.min(twin), first.max(twin));
        let mut right = branch.join_at(right);
        move_entries(&mut right, branch.child_mut(left), |tag| tag);
    }
}

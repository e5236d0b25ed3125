//! Removing an entry, joining leaves that have become small and collapsing branches.

use super::hash::{Place, tag_above};
use super::node::{BranchMut, LEAF_MAX_ENTRIES, Node, View};
use crate::store::entry::Entry;

/// What is joined or collapsed has at most this many entries: half a leaf, so that it takes as
/// many inserts again until it is split.
pub(super) const JOIN_MAX_ENTRIES: usize = LEAF_MAX_ENTRIES / 2;

/// Removes the first entry with the place's tag that `wanted` accepts, from below a branch.
pub(super) fn remove(
    node: &mut Node,
    place: Place,
    wanted: &mut impl FnMut(&Entry) -> bool,
) -> Option<Entry> {
    let mut branch = node.branch_mut();
    let removed = match branch.as_ref().child(place).view() {
        View::Branch(_) => {
            let mut child = branch.child_mut(place);
            let removed = remove(&mut child, place.below(), wanted)?;
            if child.entry_count() as usize <= JOIN_MAX_ENTRIES {
                *child = collapse(&child, place.slot());
            }
            removed
        }
        View::Leaf(leaf) => {
            let (position, _) = leaf.find(place.tag(), wanted)?;
            let mut child = branch.child_mut(place);
            let mut leaf = child.leaf_mut();
            let removed = leaf.take(position);
            if leaf.len() == 0 {
                *child = Node::EMPTY;
            } else {
                leaf.shrink();
            }
            removed
        }
    };
    *branch.entry_count_mut() -= 1;
    if branch.as_ref().child(place).entry_count() as usize <= JOIN_MAX_ENTRIES {
        join_twins(&mut branch, place);
    }
    Some(removed)
}

/// A leaf of one slot with all entries of the branch that is there. Its children are leaves: a
/// branch among them would have collapsed before.
fn collapse(node: &Node, slot: u32) -> Node {
    let mut collapsed = Node::leaf(node.entry_count() as usize);
    let mut leaf = collapsed.leaf_mut();
    let View::Branch(branch) = node.view() else { unreachable!("asked of branches only") };
    for child in branch.children() {
        child.clone().into_entries(|tag, entry| leaf.push(tag_above(slot, tag), entry));
    }
    collapsed
}

/// Joins the leaf that covers a place with its twin, the other half of what was split, and so on
/// upwards, as long as both are leaves and small.
fn join_twins(branch: &mut BranchMut<'_>, place: Place) {
    loop {
        let cells = branch.cells_of(place);
        let Some(twin_cells) = branch.twin_of(&cells) else { break };
        let (one, twin) = (branch.child_in(cells.start), branch.child_in(twin_cells.start));
        let entries = (one.entry_count() + twin.entry_count()) as usize;
        if one.is_branch() || twin.is_branch() || entries > JOIN_MAX_ENTRIES {
            break;
        }
        let (one, twin) = (branch.take(cells.clone()), branch.take(twin_cells.clone()));
        let all_cells = cells.start.min(twin_cells.start)..cells.end.max(twin_cells.end);
        branch.set(all_cells, join(one, twin));
    }
    branch.halve();
}

/// One leaf of the entries of two.
fn join(one: Node, other: Node) -> Node {
    match (one.entry_count(), other.entry_count()) {
        (0, _) => other,
        (_, 0) => one,
        (entries, more) => {
            let mut joined = Node::leaf((entries + more) as usize);
            let mut leaf = joined.leaf_mut();
            one.into_entries(|tag, entry| leaf.push(tag, entry));
            other.into_entries(|tag, entry| leaf.push(tag, entry));
            joined
        }
    }
}

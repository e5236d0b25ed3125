//! Removing an entry, joining leaves that have become small and collapsing branches.

use super::find::Sought;
use super::hash::KeyHasher;
use super::node::{BranchMut, DEEPEST, LEAF_MAX_ENTRIES, Node, Ordered, Place, View, tag_above};
use crate::store::entry::Entry;

/// What is joined or collapsed has at most this many entries: half a leaf, so that it takes as
/// many inserts again until it is split.
pub(super) const JOIN_MAX_ENTRIES: usize = LEAF_MAX_ENTRIES / 2;

/// Removes the entry of a key from below a branch. `bytes` is what all nodes take, and follows.
pub(super) fn remove(
    node: &mut Node,
    place: Place,
    sought: &Sought<'_>,
    bytes: &mut usize,
) -> Option<Entry> {
    let mut branch = node.branch_mut();
    let removed = match branch.as_ref().child(place).view() {
        View::Branch(_) => {
            let mut child = branch.child_mut(place);
            let removed = remove(&mut child, place.below(), sought, bytes)?;
            if child.entry_count() as usize <= JOIN_MAX_ENTRIES {
                *bytes -= child.block_bytes();
                *bytes -= child.children().map(Node::block_bytes).sum::<usize>();
                *child = collapse(&child, place.slot());
                *bytes += child.block_bytes();
            }
            removed
        }
        View::Ordered(ordered) => {
            let order = sought.order();
            ordered.get(order, sought.key)?;
            let mut child = branch.child_mut(place);
            *bytes -= child.block_bytes();
            let removed = child.ordered_mut().remove(order, sought.key)?;
            if child.entry_count() as usize <= JOIN_MAX_ENTRIES {
                *child = scatter(child.ordered_mut(), sought.hasher);
            }
            *bytes += child.block_bytes();
            removed
        }
        View::Leaf(leaf) => {
            let (position, _) = leaf.find(place.tag(), |entry| sought.is(entry))?;
            let mut child = branch.child_mut(place);
            *bytes -= child.block_bytes();
            let mut leaf = child.leaf_mut();
            let removed = leaf.take(position);
            if leaf.len() == 0 {
                *child = Node::EMPTY;
            } else {
                leaf.shrink();
            }
            *bytes += child.block_bytes();
            removed
        }
    };
    *branch.entry_count_mut() -= 1;
    if branch.as_ref().child(place).entry_count() as usize <= JOIN_MAX_ENTRIES {
        join_twins(&mut branch, place, bytes);
    }
    Some(removed)
}

/// A leaf of the entries of an ordered node.
fn scatter(ordered: &Ordered, hasher: &KeyHasher) -> Node {
    let mut node = Node::leaf(ordered.len() as usize);
    let mut leaf = node.leaf_mut();
    leaf.lower(ordered.soonest());
    for (_, entry) in ordered.iter_from(0) {
        let place = Place::at_depth(hasher.hash(entry.key()), DEEPEST);
        leaf.push(place.tag(), entry.clone());
    }
    node
}

/// A leaf of one slot with all entries of the branch that is there. Its children are leaves: what
/// else was among them has collapsed before.
fn collapse(node: &Node, slot: u32) -> Node {
    let mut collapsed = Node::leaf(node.entry_count() as usize);
    let mut leaf = collapsed.leaf_mut();
    leaf.lower(node.soonest());
    let View::Branch(branch) = node.view() else { unreachable!("asked of branches only") };
    for child in branch.children() {
        child.clone().into_entries(|tag, entry| leaf.push(tag_above(slot, tag), entry));
    }
    collapsed
}

/// Joins the leaf that covers a place with its twin, the other half of what was split, and so on
/// upwards, as long as both are leaves and small.
fn join_twins(branch: &mut BranchMut<'_>, place: Place, bytes: &mut usize) {
    loop {
        let cells = branch.cells_of(place);
        let Some(twin_cells) = branch.twin_of(&cells) else { break };
        let (one, twin) = (branch.child_in(cells.start), branch.child_in(twin_cells.start));
        let entries = (one.entry_count() + twin.entry_count()) as usize;
        if !one.is_leaf() || !twin.is_leaf() || entries > JOIN_MAX_ENTRIES {
            break;
        }
        let (one, twin) = (branch.take(cells.clone()), branch.take(twin_cells.clone()));
        let all_cells = cells.start.min(twin_cells.start)..cells.end.max(twin_cells.end);
        *bytes -= one.block_bytes() + twin.block_bytes();
        let joined = join(one, twin);
        *bytes += joined.block_bytes();
        branch.set(all_cells, joined);
    }
    *bytes -= branch.block_bytes();
    branch.halve();
    *bytes += branch.block_bytes();
}

/// One leaf of the entries of two.
fn join(one: Node, other: Node) -> Node {
    match (one.entry_count(), other.entry_count()) {
        (0, _) => other,
        (_, 0) => one,
        (entries, more) => {
            let mut joined = Node::leaf((entries + more) as usize);
            let mut leaf = joined.leaf_mut();
            leaf.lower(one.soonest().min(other.soonest()));
            one.into_entries(|tag, entry| leaf.push(tag, entry));
            other.into_entries(|tag, entry| leaf.push(tag, entry));
            joined
        }
    }
}

//! Finding the entry of a key.

use super::hash::KeyHasher;
use super::node::{NEVER, Node, Place, View};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;
use crate::store::memory::same_key;

/// A key that is looked for, and how the tree's hashes place it.
pub(super) struct Sought<'a> {
    pub(super) key: &'a [u8],
    pub(super) hash: u64,
    pub(super) hasher: &'a KeyHasher,
}

impl<'a> Sought<'a> {
    #[inline]
    pub(super) fn new(hasher: &'a KeyHasher, key: &'a [u8]) -> Self {
        Sought { key, hash: hasher.hash(key), hasher }
    }

    #[inline]
    pub(super) fn is(&self, entry: &Entry) -> bool {
        same_key(entry.key(), self.key)
    }

    /// The second hash of the key.
    #[cold]
    pub(super) fn order(&self) -> u64 {
        self.hasher.order(self.key)
    }
}

/// The entry of a key.
#[inline]
pub(super) fn get<'a>(root: &'a Node, sought: &Sought<'_>) -> Option<&'a Entry> {
    let (mut node, mut place) = (root, Place::at_root(sought.hash));
    while let View::Branch(branch) = node.view() {
        let child = branch.child(place);
        if let View::Leaf(leaf) = child.view() {
            return leaf.find(place.tag(), |entry| sought.is(entry)).map(|(_, entry)| entry);
        }
        (node, place) = (child, place.below());
    }
    match node.view() {
        View::Ordered(ordered) => ordered.get(sought.order(), sought.key),
        // An empty tree has no branch at its root.
        _ => None,
    }
}

/// As `get`, with the path to the entry made this tree's own. The entry's deadline may become `at`.
#[inline]
pub(super) fn get_mut<'a>(
    root: &'a mut Node,
    sought: &Sought<'_>,
    at: UnixMillis,
) -> Option<&'a mut Entry> {
    let (mut node, mut place) = (root, Place::at_root(sought.hash));
    while node.is_branch() {
        let branch = node.branch_mut();
        if at != NEVER {
            branch.as_ref().soonest().lower(at);
        }
        if let View::Leaf(leaf) = branch.as_ref().child(place).view() {
            let (position, _) = leaf.find(place.tag(), |entry| sought.is(entry))?;
            return Some(branch.into_entry_mut(place, position, at));
        }
        (node, place) = (branch.into_single_child_mut(place), place.below());
    }
    match node.view() {
        View::Ordered(ordered) => {
            let order = sought.order();
            ordered.get(order, sought.key)?;
            node.ordered_mut().get_mut(order, sought.key, at)
        }
        _ => None,
    }
}

/// Tells the nodes above a key, which is there, that it has got this deadline.
pub(super) fn lower(root: &Node, sought: &Sought<'_>, at: UnixMillis) {
    let (mut node, mut place) = (root, Place::at_root(sought.hash));
    loop {
        match node.view() {
            View::Branch(branch) => {
                branch.soonest().lower(at);
                (node, place) = (branch.child(place), place.below());
            }
            View::Leaf(leaf) => {
                leaf.soonest().inspect(|soonest| soonest.lower(at));
                return;
            }
            View::Ordered(ordered) => return ordered.lower(sought.order(), sought.key, at),
        }
    }
}

/// The entry at that place of all below a node.
pub(super) fn nth(node: &Node, mut index: u64) -> Option<&Entry> {
    match node.view() {
        View::Leaf(leaf) => leaf.entries().nth(index as usize),
        View::Ordered(ordered) => ordered.nth(index),
        View::Branch(branch) => {
            for child in branch.children() {
                let count = child.entry_count();
                if index < count {
                    return nth(child, index);
                }
                index -= count;
            }
            None
        }
    }
}

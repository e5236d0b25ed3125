//! Walking in the order of the hash, from any point on.
//!
//! The cursor is the place in the hash order up to which everything was seen, with its bits
//! reversed: since it lies on the border of a leaf, its lower bits are zero, and reversed it is a
//! small number. Splits, joins and collapses move borders but not the order, so a key that is there
//! throughout is seen exactly once.
//!
//! Inside of an ordered node the place goes on with the upper bits of the second hash
//! ([`KeyHasher::position`]), so that such a node need not be seen whole at a time.

use super::hash::KeyHasher;
use super::node::{BRANCH_BITS, Branch, Leaf, Node, Ordered, SLOT_BITS, SLOTS, View};
use crate::store::entry::Entry;

/// Calls `seen` for all entries from `cursor` on, leaf by leaf, until it was called `count` times or
/// more; gives the cursor to go on from, 0 at the end.
pub(super) fn scan(
    root: &Node,
    hasher: &KeyHasher,
    cursor: u64,
    count: usize,
    seen: &mut dyn FnMut(&Entry),
) -> u64 {
    let View::Branch(branch) = root.view() else { return 0 };
    let mut walk = Walk { hasher, from: cursor.reverse_bits(), wanted: count.max(1), seen };
    walk.branch(branch, 0, 0).reverse_bits()
}

struct Walk<'a> {
    hasher: &'a KeyHasher,
    /// The first position that was not seen yet.
    from: u64,
    /// How many entries are still to be seen.
    wanted: usize,
    seen: &'a mut dyn FnMut(&Entry),
}

impl Walk<'_> {
    /// Walks a branch whose part of the hash order begins at `begin`; gives the end of what was
    /// seen, which is 0 at the end of the order.
    fn branch(&mut self, branch: Branch<'_>, begin: u64, depth: u32) -> u64 {
        let slot_shift = u64::BITS - SLOT_BITS * (depth + 1);
        let mut slot = (self.from.saturating_sub(begin) >> slot_shift) as u32;
        loop {
            let (child, first, slots) = branch.child_at_slot(slot);
            let child_begin = begin | u64::from(first) << slot_shift;
            slot = first + slots;
            let mut end = begin.wrapping_add(shift_past_end(slot, slot_shift));
            match child.view() {
                View::Branch(child) => end = self.branch(child, child_begin, depth + 1),
                View::Leaf(leaf) => self.leaf(leaf, child_begin),
                View::Ordered(ordered) => {
                    if let Some(place) = self.ordered(ordered, child_begin) {
                        return place;
                    }
                }
            }
            if self.wanted == 0 || slot == SLOTS {
                return end;
            }
        }
    }

    fn leaf(&mut self, leaf: Leaf<'_>, begin: u64) {
        for entry in leaf.entries() {
            if self.from <= begin || self.hasher.position(entry.key()) >= self.from {
                (self.seen)(entry);
                self.wanted = self.wanted.saturating_sub(1);
            }
        }
    }

    /// Walks an ordered node; gives the place to go on from if there is more of it than was wanted.
    fn ordered(&mut self, ordered: &Ordered, begin: u64) -> Option<u64> {
        let from = self.from.saturating_sub(begin) << BRANCH_BITS;
        let mut last = None;
        for (order, entry) in ordered.iter_from(from) {
            let place = begin | order >> BRANCH_BITS;
            if self.wanted == 0 && last != Some(place) {
                return Some(place);
            }
            (self.seen)(entry);
            self.wanted = self.wanted.saturating_sub(1);
            last = Some(place);
        }
        None
    }
}

/// `slot << shift`, where the slot may be the one past the last.
fn shift_past_end(slot: u32, shift: u32) -> u64 {
    (u128::from(slot) << shift) as u64
}

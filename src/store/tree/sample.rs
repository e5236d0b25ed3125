//! Some entries by chance, beside one another: one descent finds them all.
//!
//! Where an entry stands the hash decides, so that its neighbours are as good a choice as any; and to
//! begin at a place by chance and to go round its leaf gives every entry the same chance. Among those
//! that have a deadline the way leads past everything that has none, by what each node knows
//! (`node::soonest`): what stands alone has a somewhat greater chance then.

use super::node::{Branch, Leaf, NEVER, Node, Ordered, SLOT_BITS, SLOTS, View};
use crate::store::entry::Entry;

/// How many leaves a search for deadlines reads in vain before it gives up for now.
const LOOKS: u32 = 32;

/// Calls `seen` for up to `count` entries; fewer if the leaf has no more. `random` is uniform.
pub(super) fn any(root: &Node, random: u64, count: usize, seen: &mut dyn FnMut(&Entry)) {
    let index = (u128::from(random) * u128::from(root.entry_count())) >> u64::BITS;
    let (mut node, mut index) = (root, index as u64);
    while let View::Branch(branch) = node.view() {
        let child = branch.children().find(|child| {
            let is_in = index < child.entry_count();
            index -= if is_in { 0 } else { child.entry_count() };
            is_in
        });
        let Some(child) = child else { return };
        node = child;
    }
    let index = index as usize;
    match node.view() {
        View::Branch(_) => {}
        View::Leaf(leaf) => {
            let from = || leaf.entries().skip(index).chain(leaf.entries().take(index)).take(count);
            from().for_each(Entry::prefetch);
            from().for_each(seen);
        }
        View::Ordered(ordered) => around(ordered, index as u64, count).for_each(seen),
    }
}

/// Entries of an ordered node from `index` on, round its end.
fn around(ordered: &Ordered, index: u64, count: usize) -> impl Iterator<Item = &Entry> {
    let count = ordered.len().min(count as u64);
    (0..count).filter_map(move |i| ordered.nth((index + i) % ordered.len()))
}

/// As [`any`] of the entries that have a deadline. If `seen` was never called, there is none, or the
/// search takes longer: until the root knows of no deadline.
pub(super) fn expiring(root: &Node, random: u64, count: usize, seen: &mut dyn FnMut(&Entry)) {
    let View::Branch(branch) = root.view() else { return };
    let mut search = Search { from: random, random, wanted: count, looks: LOOKS, seen };
    search.branch(branch, 0, 0);
    if search.wanted == count && search.looks > 0 {
        // Round to what is before the beginning.
        search.from = 0;
        search.branch(branch, 0, 0);
    }
}

struct Search<'s> {
    /// Where in the order of the hash the search begins.
    from: u64,
    /// Where in the first leaf: the lower bits.
    random: u64,
    wanted: usize,
    looks: u32,
    seen: &'s mut dyn FnMut(&Entry),
}

impl Search<'_> {
    /// Searches a branch whose part of the hash order begins at `begin`, until something is found.
    fn branch(&mut self, branch: Branch<'_>, begin: u64, depth: u32) -> bool {
        let slot_shift = u64::BITS - SLOT_BITS * (depth + 1);
        let mut slot = (self.from.saturating_sub(begin) >> slot_shift) as u32;
        while slot < SLOTS {
            let (child, first, slots) = branch.child_at_slot(slot);
            if child.soonest() != NEVER {
                let is_over = match child.view() {
                    View::Branch(below) => {
                        self.branch(below, begin | u64::from(first) << slot_shift, depth + 1)
                    }
                    View::Leaf(leaf) => self.leaf(leaf),
                    View::Ordered(ordered) => self.ordered(ordered),
                };
                if is_over {
                    return true;
                }
            }
            slot = first + slots;
        }
        branch.soonest().set(branch.children().map(Node::soonest).min().unwrap_or(NEVER));
        false
    }

    /// Whether the search is over.
    fn leaf(&mut self, leaf: Leaf<'_>) -> bool {
        leaf.entries().for_each(Entry::prefetch);
        let start = self.random as usize % leaf.len().max(1);
        let from = leaf.entries().skip(start).chain(leaf.entries().take(start));
        let found = self.take(from);
        if !found {
            leaf.soonest().inspect(|noted| noted.set(NEVER));
        }
        found || self.looks == 0
    }

    fn ordered(&mut self, ordered: &Ordered) -> bool {
        let mut looks = self.looks;
        // It notes where nothing has a deadline.
        let found = match ordered.find_due(NEVER, &mut looks) {
            None => false,
            Some(first) => {
                let start = self.random % ordered.len().max(1);
                let count = self.wanted.saturating_mul(8);
                self.take(around(ordered, start, count)) || self.take(std::iter::once(first))
            }
        };
        self.looks = looks;
        found || self.looks == 0
    }

    /// Whether any of them has a deadline.
    fn take<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) -> bool {
        let before = self.wanted;
        for entry in entries.filter(|entry| entry.expires_at().is_some()).take(before) {
            self.wanted -= 1;
            (self.seen)(entry);
        }
        self.looks = self.looks.saturating_sub(1);
        self.wanted < before
    }
}

//! Finding what has expired.
//!
//! Every node knows a time at or before all deadlines below it (`node::soonest`), so the way down to
//! what is due passes over everything else. Where that time has come and nothing is due, because the
//! key with that deadline has changed since, the node's entries are read and it is noted what their
//! soonest deadline is.
//!
//! The search goes round in the order of the hash and begins where the last one ended, so that no
//! part of the tree is favoured and the next of many due entries is beside the last.

use super::node::{Branch, Leaf, NEVER, Node, SLOT_BITS, SLOTS, View};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

/// How many leaves a search reads in vain before it gives up for now.
const LOOKS: u32 = 32;

/// Searches for an entry whose deadline is before `now` from the place `from` on, which moves to
/// where it is. `None` may also mean that the search takes longer: until the root's time is not
/// past.
pub(super) fn find<'a>(root: &'a Node, from: &mut u64, now: UnixMillis) -> Option<&'a Entry> {
    let View::Branch(branch) = root.view() else { return None };
    let mut search = Search { now, from: *from, looks: LOOKS };
    let mut found = search.branch(branch, 0, 0);
    if found.is_none() && search.looks > 0 {
        // Round to what is before the beginning.
        search.from = 0;
        found = search.branch(branch, 0, 0);
    }
    *from = search.from;
    found
}

/// How often the search for the first deadline begins anew, since the one that its nodes knew of was
/// taken away.
const FIRST_TRIES: u32 = 16;

/// The entry whose deadline comes first. `None` may also mean that the search takes longer: until the
/// root knows of no deadline.
pub(super) fn first(root: &Node) -> Option<&Entry> {
    // Each try that finds nothing has the root know of a later one.
    let soonest = || Some(root.soonest()).filter(|at| *at != NEVER);
    (0..FIRST_TRIES).find_map(|_| find(root, &mut 0, soonest()?.saturating_add(1)))
}

struct Search {
    now: UnixMillis,
    /// Where the search has come to.
    from: u64,
    /// How many leaves it may still read in vain.
    looks: u32,
}

impl Search {
    /// Searches a branch whose part of the hash order begins at `begin`.
    fn branch<'a>(&mut self, branch: Branch<'a>, begin: u64, depth: u32) -> Option<&'a Entry> {
        let slot_shift = u64::BITS - SLOT_BITS * (depth + 1);
        let mut slot = (self.from.saturating_sub(begin) >> slot_shift) as u32;
        while slot < SLOTS && self.looks > 0 {
            let (child, first, slots) = branch.child_at_slot(slot);
            if child.soonest() < self.now {
                let child_begin = begin | u64::from(first) << slot_shift;
                self.from = self.from.max(child_begin);
                let found = match child.view() {
                    View::Branch(child) => self.branch(child, child_begin, depth + 1),
                    View::Leaf(leaf) => self.leaf(leaf),
                    View::Ordered(ordered) => ordered.find_due(self.now, &mut self.looks),
                };
                if found.is_some() || self.looks == 0 {
                    return found;
                }
            }
            slot = first + slots;
        }
        branch.soonest().set(branch.children().map(Node::soonest).min().unwrap_or(NEVER));
        None
    }

    fn leaf<'a>(&mut self, leaf: Leaf<'a>) -> Option<&'a Entry> {
        leaf.entries().for_each(Entry::prefetch);
        let mut soonest = NEVER;
        for entry in leaf.entries() {
            let at = entry.expires_at().unwrap_or(NEVER);
            if at < self.now {
                return Some(entry);
            }
            soonest = soonest.min(at);
        }
        self.looks -= 1;
        leaf.soonest().inspect(|noted| noted.set(soonest));
        None
    }
}

//! Ordered nodes: where more keys share all of the hash's branch bits than a leaf takes.
//!
//! A good hash never gives that; somebody who knows the seed can. The entries stand in a B+tree, by
//! the second hash of their keys and then by the keys' bytes, so that finding, adding and removing
//! stay logarithmic whatever the keys are, and SCAN can go on inside the node.
//!
//! The parts are counted and copied before they change while others hold them, as the nodes of the
//! trie are.

mod iter;
mod part;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(in super::super) use self::iter::Items;
use self::part::{Content, Item, Part, covering, find, roomy};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

/// Entries in the order of the second hash and the key. A clone shares all parts.
#[derive(Clone)]
pub(in super::super) struct Ordered {
    root: Arc<Part>,
    /// The bytes that all parts take.
    bytes: usize,
}

impl Ordered {
    /// No entries yet.
    pub(in super::super) fn new() -> Self {
        let part = Part::of(Content::Items(roomy([])));
        Ordered { bytes: part.own_bytes(), root: Arc::new(part) }
    }

    pub(in super::super) fn len(&self) -> u64 {
        self.root.len
    }

    /// See [`Soonest`].
    pub(in super::super) fn soonest(&self) -> UnixMillis {
        self.root.soonest.get()
    }

    /// The entry of a key, whose second hash is given.
    pub(in super::super) fn get(&self, order: u64, key: &[u8]) -> Option<&Entry> {
        let mut part = &*self.root;
        loop {
            match &part.content {
                Content::Parts(parts) => part = &parts[covering(parts, (order, key))],
                Content::Items(items) => {
                    let at = find(items, (order, key)).ok()?;
                    return Some(&items[at].entry);
                }
            }
        }
    }

    /// The entry of a key that is there, to be changed in its place, which becomes this node's own;
    /// its deadline may become `at`.
    pub(in super::super) fn get_mut(
        &mut self,
        order: u64,
        key: &[u8],
        at: UnixMillis,
    ) -> Option<&mut Entry> {
        self.get(order, key)?;
        let mut part = Arc::make_mut(&mut self.root);
        loop {
            part.soonest.lower(at);
            match &mut part.content {
                Content::Parts(parts) => {
                    let covering = covering(parts, (order, key));
                    part = Arc::make_mut(&mut parts[covering]);
                }
                Content::Items(items) => {
                    let at = find(items, (order, key)).ok()?;
                    return Some(&mut items[at].entry);
                }
            }
        }
    }

    /// A key that is there has got this deadline.
    pub(in super::super) fn lower(&self, order: u64, key: &[u8], at: UnixMillis) {
        let mut part = &*self.root;
        loop {
            part.soonest.lower(at);
            match &part.content {
                Content::Parts(parts) => part = &parts[covering(parts, (order, key))],
                Content::Items(_) => return,
            }
        }
    }

    /// Adds an entry, whose key is not there yet.
    pub(in super::super) fn insert(&mut self, order: u64, entry: Entry) {
        let root = Arc::make_mut(&mut self.root);
        let Some(right) = root.insert(Item { order, entry }, &mut self.bytes) else { return };
        let parts = roomy([self.root.clone(), Arc::new(right)]);
        let root = Part::of(Content::Parts(parts));
        self.bytes += root.own_bytes();
        self.root = Arc::new(root);
    }

    /// Takes the entry of a key out.
    pub(in super::super) fn remove(&mut self, order: u64, key: &[u8]) -> Option<Entry> {
        self.get(order, key)?;
        let removed = Arc::make_mut(&mut self.root).remove((order, key), &mut self.bytes);
        while let Content::Parts(parts) = &self.root.content
            && let [only] = &parts[..]
        {
            self.bytes -= self.root.own_bytes();
            self.root = only.clone();
        }
        removed
    }

    /// The entry at that place in the order.
    pub(in super::super) fn nth(&self, mut index: u64) -> Option<&Entry> {
        let mut part = &*self.root;
        loop {
            match &part.content {
                Content::Items(items) => {
                    return items.get(usize::try_from(index).ok()?).map(|item| &item.entry);
                }
                Content::Parts(parts) => {
                    part = parts.iter().find(|part| {
                        let is_in = index < part.len;
                        index -= if is_in { 0 } else { part.len };
                        is_in
                    })?;
                }
            }
        }
    }

    /// All entries, each with the second hash of its key, from that hash on.
    pub(in super::super) fn iter_from(&self, order: u64) -> Items<'_> {
        Items::new(&self.root, order)
    }

    /// An entry whose deadline is before `now`. Where there is none, that is noted, in no more than
    /// `looks` parts, which are counted down.
    pub(in super::super) fn find_due(&self, now: UnixMillis, looks: &mut u32) -> Option<&Entry> {
        self.root.find_due(now, looks)
    }

    /// The bytes allocated for the parts, without the entries.
    pub(in super::super) fn part_bytes(&self) -> usize {
        self.bytes
    }
}

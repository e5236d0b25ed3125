//! The tree: all keys of a database, as a hash trie whose snapshot is a clone of its root.
//!
//! ```text
//!            root                 a branch divides its part of the hash order into 64 slots,
//!       /    |       \            6 bits a level; a child covers one slot or several
//!   leaf  branch     leaf
//!         /  |  \                 a leaf holds up to 54 entries, each with a 16-bit tag of its hash
//!     leaf leaf  branch ...
//! ```
//!
//! A full leaf is split in two by the next bit of the hash; a leaf of one slot becomes a branch.
//! Small twins join and small branches collapse. Nothing is ever rehashed as a whole, so no write
//! takes long.
//!
//! Nodes and entries are counted. A node that only this tree holds is changed in place; one that a
//! snapshot holds too is copied first, and then so are the branches above it. A snapshot may be read
//! and dropped on any thread; the tree goes on checking counts and sees when it is gone.
//!
//! `node` and `entry::block` hold all unsafe code; `insert`, `remove`, `scan` and `iter` are made
//! of their safe interface. To change a key is the work of `tree_slot`.

mod hash;
mod insert;
mod iter;
#[expect(clippy::expect_used, reason = "nodes have at most as many places as a leaf or branch")]
mod node;
mod prefetch;
mod remove;
mod scan;
#[cfg(test)]
pub(super) mod tests;

use std::fmt;

use self::hash::{KeyHasher, Place};
pub use self::iter::Iter;
use self::node::{Node, View};
use super::entry::Entry;
use super::memory::same_key;

/// The owner of a tree, through which it is changed.
pub struct Tree {
    /// Empty, or a branch.
    root: Node,
    hasher: KeyHasher,
}

impl Tree {
    /// An empty tree, whose hash is keyed by the seed.
    pub fn new(seed: u64) -> Self {
        Tree { root: Node::EMPTY, hasher: KeyHasher::new(seed) }
    }

    #[cfg(test)]
    fn with_kept_hash_bits(seed: u64, kept_bits: u64) -> Self {
        Tree { root: Node::EMPTY, hasher: KeyHasher::with_kept_bits(seed, kept_bits) }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.root.entry_count() as usize
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The hash of a key in this tree.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        get(&self.root, self.hash(key), |entry| same_key(entry.key(), key))
    }

    /// Fetches from memory what the lookups of these keys will read, so that they wait for it
    /// together and not one after the other. For a pipeline about to be executed.
    pub fn prefetch<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) {
        prefetch::prefetch_all(&self.root, &self.hasher, keys);
    }

    /// Puts an entry in, and gives back the one of the same key that it replaces.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let hash = self.hash(entry.key());
        match self.place_of(hash, entry.key()) {
            Some(place) => Some(std::mem::replace(place, entry)),
            None => {
                self.add(hash, entry);
                None
            }
        }
    }

    /// Where the entry of a key is, to be changed there: the path to it is made this tree's own.
    #[inline]
    pub(super) fn place_of(&mut self, hash: u64, key: &[u8]) -> Option<&mut Entry> {
        get_mut(&mut self.root, hash, |entry| same_key(entry.key(), key))
    }

    pub(super) fn add(&mut self, hash: u64, entry: Entry) {
        if self.root.is_empty() {
            self.root = Node::branch(Node::EMPTY, 0);
        }
        insert::add(&mut self.root, hash, &self.hasher, entry);
    }

    /// Takes the entry of a key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        self.remove_at(self.hash(key), |entry| same_key(entry.key(), key))
    }

    /// Takes out the first entry with that full hash that `wanted` accepts.
    pub fn remove_hash(
        &mut self,
        hash: u64,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Option<Entry> {
        let hasher = self.hasher.clone();
        self.remove_at(hash, |entry| wanted(entry) && hasher.hash(entry.key()) == hash)
    }

    /// Takes out the first entry that `wanted` accepts of those that may have that hash.
    pub(super) fn remove_at(
        &mut self,
        hash: u64,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Option<Entry> {
        if self.root.is_empty() {
            return None;
        }
        let removed = remove::remove(&mut self.root, Place::at_root(hash), &mut wanted)?;
        if self.root.entry_count() == 0 {
            self.root = Node::EMPTY;
        }
        Some(removed)
    }

    /// Calls `found` for every entry with that full hash.
    pub fn find_hash(&self, hash: u64, mut found: impl FnMut(&Entry)) {
        get(&self.root, hash, |entry| {
            if self.hash(entry.key()) == hash {
                found(entry);
            }
            false
        });
    }

    /// The tree as it is now, for as long as the snapshot is kept. Takes the same short time
    /// whatever the size.
    pub fn snapshot(&self) -> TreeSnapshot {
        TreeSnapshot { root: self.root.clone(), hasher: self.hasher.clone() }
    }

    /// Calls `seen` for the next entries in the order of the hash, about `count` of them (whole
    /// leaves), and gives the cursor to go on from: 0 to begin with, 0 at the end. An entry that is
    /// there from the first call to the last is seen exactly once.
    pub fn scan(&self, cursor: u64, count: usize, mut seen: impl FnMut(&Entry)) -> u64 {
        scan::scan(&self.root, &self.hasher, cursor, count, &mut seen)
    }

    /// One of all entries, each with the same chance if `random` is uniform.
    pub fn random(&self, random: u64) -> Option<&Entry> {
        let index = (u128::from(random) * u128::from(self.root.entry_count())) >> u64::BITS;
        nth(&self.root, index as u64)
    }

    /// All entries, in no order that matters.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.root)
    }

    /// The bytes allocated for nodes, without the entries. Visits every node.
    pub fn memory_bytes(&self) -> usize {
        memory_bytes(&self.root)
    }

    /// Empties the tree at once and gives what was in it, to be dropped on another thread.
    pub fn take(&mut self) -> Tree {
        let root = std::mem::replace(&mut self.root, Node::EMPTY);
        Tree { root, hasher: self.hasher.clone() }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A tree as it was when the snapshot was taken. Reading touches no count.
pub struct TreeSnapshot {
    root: Node,
    hasher: KeyHasher,
}

impl TreeSnapshot {
    /// The number of keys.
    pub fn len(&self) -> usize {
        self.root.entry_count() as usize
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// The entry of a key.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        get(&self.root, self.hasher.hash(key), |entry| same_key(entry.key(), key))
    }

    /// All entries, in no order that matters.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.root)
    }

    /// Whether nothing was changed between the two.
    pub fn same(&self, other: &TreeSnapshot) -> bool {
        self.root.same(&other.root)
    }
}

impl fmt::Debug for TreeSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeSnapshot").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The first entry under a hash that `wanted` accepts; entries of other hashes may be offered too.
#[inline]
fn get(root: &Node, hash: u64, wanted: impl FnMut(&Entry) -> bool) -> Option<&Entry> {
    let (mut node, mut place) = (root, Place::at_root(hash));
    while let View::Branch(branch) = node.view() {
        let child = branch.child(place);
        if let View::Leaf(leaf) = child.view() {
            return leaf.find(place.tag(), wanted).map(|(_, entry)| entry);
        }
        (node, place) = (child, place.below());
    }
    // Only the root of an empty tree is not a branch.
    None
}

/// As `get`, with the path to the entry made this tree's own.
#[inline]
fn get_mut(root: &mut Node, hash: u64, wanted: impl FnMut(&Entry) -> bool) -> Option<&mut Entry> {
    let (mut node, mut place) = (root, Place::at_root(hash));
    while node.is_branch() {
        let branch = node.branch_mut();
        if let View::Leaf(leaf) = branch.as_ref().child(place).view() {
            let (position, _) = leaf.find(place.tag(), wanted)?;
            return Some(branch.into_entry_mut(place, position));
        }
        (node, place) = (branch.into_branch_child_mut(place), place.below());
    }
    None
}

/// The entry at that place of all below a node.
fn nth(node: &Node, mut index: u64) -> Option<&Entry> {
    match node.view() {
        View::Leaf(leaf) => leaf.entries().nth(index as usize),
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

fn memory_bytes(node: &Node) -> usize {
    let below = match node.view() {
        View::Leaf(_) => 0,
        View::Branch(branch) => branch.children().map(memory_bytes).sum(),
    };
    node.block_bytes() + below
}

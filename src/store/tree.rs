//! The tree: all keys of a database, as a hash trie whose snapshot is a clone of its root.
//!
//! ```text
//!            root                 a branch divides its part of the hash order into 64 slots,
//!       /    |       \            6 bits a level; a child covers one slot or several
//!   leaf  branch     leaf
//!         /  |  \                 a leaf holds up to 54 entries, each with a 16-bit tag of its hash
//!     leaf leaf  branch ...
//!                   ...
//!                  ordered       below the last branches, where keys were chosen to collide
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
//! `node` holds all unsafe code; `find`, `insert`, `remove`, `scan`, `sample`, `due` and `iter` are made
//! of its safe interface. To change a key is the work of `tree_slot`.

mod due;
mod find;
mod hash;
mod insert;
mod iter;
mod node;
mod prefetch;
mod remove;
mod sample;
mod scan;
#[cfg(test)]
pub(super) mod tests;

use std::fmt;

use self::find::{Sought, get, get_mut, lower, nth};
use self::hash::KeyHasher;
pub use self::iter::Iter;
use self::node::{BRANCH_BITS, NEVER, Node, Place};
use super::entry::Entry;
use crate::base::time::UnixMillis;

/// The owner of a tree, through which it is changed. A clone shares all nodes.
#[derive(Clone)]
pub struct Tree {
    /// Empty, or a branch.
    root: Node,
    /// The bytes allocated for all nodes, without the entries.
    node_bytes: usize,
    hasher: KeyHasher,
}

impl Tree {
    /// An empty tree, whose hash is keyed by the seed.
    pub fn new(seed: u64) -> Self {
        Tree { root: Node::EMPTY, node_bytes: 0, hasher: KeyHasher::new(seed) }
    }

    #[cfg(test)]
    pub(super) fn with_kept_hash_bits(seed: u64, hash_bits: u64, order_bits: u64) -> Self {
        Tree { hasher: KeyHasher::with_kept_bits(seed, hash_bits, order_bits), ..Tree::new(seed) }
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

    /// The bits of a key's hash by which the tree branches, where they lie, and its lowest eight.
    #[inline]
    pub(super) fn place_and_tag(&self, key: &[u8]) -> (u64, u8) {
        let hash = self.hash(key);
        (Tree::branch_place(hash), hash as u8)
    }

    /// The bits by which the tree branches, where they lie.
    #[inline]
    pub(super) fn branch_place(hash: u64) -> u64 {
        hash & !(u64::MAX >> BRANCH_BITS)
    }

    /// Where a scan meets a key.
    pub(super) fn scan_place(&self, key: &[u8]) -> u64 {
        self.hasher.position(key)
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        get(&self.root, &self.sought(key))
    }

    fn sought<'a>(&'a self, key: &'a [u8]) -> Sought<'a> {
        Sought::new(&self.hasher, key)
    }

    /// Fetches from memory what the lookups of these keys will read, so that they wait for it
    /// together and not one after the other. For a pipeline about to be executed.
    pub fn prefetch<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) {
        prefetch::prefetch_all(&self.root, &self.hasher, keys);
    }

    /// Fetches from memory what taking the entry of a key out will change, but not the entry.
    pub fn prefetch_removal(&self, key: &[u8]) {
        prefetch::prefetch_removal(&self.root, &self.hasher, key);
    }

    /// Puts an entry in, and gives back the one of the same key that it replaces.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let sought = Sought::new(&self.hasher, entry.key());
        let hash = sought.hash;
        let place = get_mut(&mut self.root, &sought, entry.expires_at().unwrap_or(NEVER));
        match place {
            Some(place) => Some(std::mem::replace(place, entry)),
            None => {
                self.add(hash, entry);
                None
            }
        }
    }

    /// Where the entry of a key is, to be changed there: the path to it is made this tree's own.
    /// A new deadline is told by `lower`.
    #[inline]
    pub(super) fn place_of(&mut self, hash: u64, key: &[u8]) -> Option<&mut Entry> {
        get_mut(&mut self.root, &Sought { key, hash, hasher: &self.hasher }, NEVER)
    }

    /// The entry of a key, which is there, has got this deadline.
    pub(super) fn lower(&self, hash: u64, key: &[u8], at: UnixMillis) {
        lower(&self.root, &Sought { key, hash, hasher: &self.hasher }, at);
    }

    pub(super) fn add(&mut self, hash: u64, entry: Entry) {
        if self.root.is_empty() {
            self.root = Node::branch(Node::EMPTY, 0);
            self.node_bytes = self.root.block_bytes();
        }
        insert::add(&mut self.root, hash, &self.hasher, entry, &mut self.node_bytes);
    }

    /// Takes the entry of a key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        self.remove_hashed(self.hash(key), key)
    }

    /// As `remove`, of a key whose hash is known.
    pub(super) fn remove_hashed(&mut self, hash: u64, key: &[u8]) -> Option<Entry> {
        if self.root.is_empty() {
            return None;
        }
        let sought = Sought { key, hash, hasher: &self.hasher };
        let place = Place::at_root(sought.hash);
        let removed = remove::remove(&mut self.root, place, &sought, &mut self.node_bytes)?;
        if self.root.entry_count() == 0 {
            self.root = Node::EMPTY;
            self.node_bytes = 0;
        }
        Some(removed)
    }

    /// A time at or before the deadline of every entry; `None` if no entry has one.
    pub fn soonest(&self) -> Option<UnixMillis> {
        Some(self.root.soonest()).filter(|at| *at != NEVER)
    }

    /// Takes out an entry whose deadline is before `now`, if there is one that is found soon:
    /// see `due`.
    pub fn pop_due(&mut self, from: &mut u64, now: UnixMillis) -> Option<Entry> {
        // The key is copied, since what is found is a part of what then changes.
        let key: Box<[u8]> = due::find(&self.root, from, now)?.key().into();
        self.remove(&key)
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

    /// Calls `seen` for up to `count` entries beside one another, of which each has the same chance if
    /// `random` is uniform.
    pub fn sample(&self, random: u64, count: usize, mut seen: impl FnMut(&Entry)) {
        sample::any(&self.root, random, count, &mut seen);
    }

    /// As `sample`, of those that have a deadline. When it has seen none, there is none, or they take
    /// longer to find: until `soonest` is `None`.
    pub fn sample_expiring(&self, random: u64, count: usize, mut seen: impl FnMut(&Entry)) {
        sample::expiring(&self.root, random, count, &mut seen);
    }

    /// The entry whose deadline comes first. `None`: there is none, or it takes longer to find: until
    /// `soonest` is `None`.
    pub fn first_due(&self) -> Option<&Entry> {
        due::first(&self.root)
    }

    /// The entry at that place in the order of `iter`.
    pub fn nth(&self, index: usize) -> Option<&Entry> {
        nth(&self.root, index as u64)
    }

    /// All entries, leaf by leaf in the order of the hash, as `scan` sees them.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.root)
    }

    /// The bytes allocated for nodes, also those that snapshots share, without the entries.
    pub fn node_bytes(&self) -> usize {
        self.node_bytes
    }

    /// Empties the tree at once and gives what was in it, to be dropped on another thread.
    pub fn take(&mut self) -> Tree {
        let empty = Tree { root: Node::EMPTY, node_bytes: 0, hasher: self.hasher.clone() };
        std::mem::replace(self, empty)
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
        get(&self.root, &Sought::new(&self.hasher, key))
    }

    /// All entries, in no order that matters.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.root)
    }

    /// The same in parts, in the order of `iter`: who lets one go when it was read spares the tree the
    /// copies of what is written there from then on.
    pub fn into_parts(self) -> impl Iterator<Item = SnapshotPart> {
        let children: Vec<Node> = self.root.children().cloned().collect();
        children.into_iter().map(SnapshotPart)
    }

    /// Whether nothing was changed between the two.
    pub fn same(&self, other: &TreeSnapshot) -> bool {
        self.root.same(&other.root)
    }
}

/// What stands below one child of a snapshot's root, and holds nothing else.
pub struct SnapshotPart(Node);

impl SnapshotPart {
    /// Its entries.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.0)
    }
}

impl fmt::Debug for TreeSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeSnapshot").field("len", &self.len()).finish_non_exhaustive()
    }
}

//! A database: its keys and, kept equal to them by every change, the index of their expiry and the
//! sum of their bytes.
//!
//! What has expired is still there until somebody takes it out: the caller asks
//! [`Entry::is_expired`] with its own clock, since a replica must wait for its master's DEL.

mod slot;
#[cfg(test)]
mod tests;

pub use self::slot::Slot;
use super::entry::Entry;
use super::expire::ExpiryIndex;
use super::tree::{Iter, Tree, TreeSnapshot};
use super::tree_slot::TreeSlot;
use crate::base::time::UnixMillis;

/// One of the databases that `SELECT` chooses from.
#[derive(Debug)]
pub struct Database {
    tree: Tree,
    /// One item for every entry of the tree that has an expiry.
    expires: ExpiryIndex,
    /// The sum of [`Entry::memory_bytes`] of all entries of the tree.
    entry_bytes: usize,
}

impl Database {
    /// An empty database, whose hash is keyed by the seed.
    pub fn new(seed: u64) -> Self {
        Database { tree: Tree::new(seed), expires: ExpiryIndex::default(), entry_bytes: 0 }
    }

    /// The number of keys, expired ones included.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The number of keys that have an expiry.
    pub fn expires_len(&self) -> usize {
        self.expires.len()
    }

    /// The entry of a key, expired or not.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.tree.get(key)
    }

    /// Fetches from memory what the lookups of these keys will read: see [`Tree::prefetch`].
    pub fn prefetch<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) {
        self.tree.prefetch(keys);
    }

    /// Whether the key is there, expired or not.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// The place of a key, by one descent of the tree. All changes go through it.
    #[inline]
    pub fn slot<'a>(&'a mut self, key: &'a [u8]) -> Slot<'a> {
        Slot::new(TreeSlot::find(&mut self.tree, key), &mut self.expires, &mut self.entry_bytes)
    }

    /// Puts an entry in, and gives back the one of the same key that it replaces.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let (bytes, new_expiry) = (entry.memory_bytes(), entry.expires_at());
        if new_expiry.is_none() && self.expires.is_empty() {
            let replaced = self.tree.insert(entry);
            self.count(replaced.as_ref(), bytes);
            return replaced;
        }
        let hash = self.tree.hash(entry.key());
        let replaced = self.tree.insert(entry);
        self.count(replaced.as_ref(), bytes);
        self.expires.change(hash, replaced.as_ref().and_then(Entry::expires_at), new_expiry);
        replaced
    }

    /// Takes the entry of a key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let removed = self.tree.remove(key)?;
        self.count(Some(&removed), 0);
        if let Some(deadline) = removed.expires_at() {
            self.expires.remove(deadline, self.tree.hash(key));
        }
        Some(removed)
    }

    /// An entry went, and another of so many bytes came.
    fn count(&mut self, old: Option<&Entry>, new_bytes: usize) {
        self.entry_bytes += new_bytes;
        self.entry_bytes -= old.map_or(0, Entry::memory_bytes);
    }

    /// The bytes of all keys and values: what their blocks take, also those that snapshots share,
    /// and nothing of what only snapshots hold.
    pub fn entry_bytes(&self) -> usize {
        self.entry_bytes
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.expires.first().map(|(deadline, _)| deadline)
    }

    /// Takes out the key that expired first, if one has. Call it again until `None`, or until the
    /// time slice is over.
    pub fn pop_expired(&mut self, now: UnixMillis) -> Option<Entry> {
        let (deadline, hash) = self.expires.first().filter(|(deadline, _)| *deadline < now)?;
        let removed = self.tree.remove_hash(hash, |entry| entry.expires_at() == Some(deadline));
        debug_assert!(removed.is_some(), "the index names a key that is not there");
        self.expires.remove(deadline, hash);
        self.count(removed.as_ref(), 0);
        removed
    }

    /// The mean time to live of the keys that have an expiry, in milliseconds; 0 if there is none.
    pub fn average_ttl(&self, now: UnixMillis) -> i64 {
        let mean = self.expires.mean_deadline().unwrap_or(now);
        mean.saturating_sub(now).max(0)
    }

    /// The database as it is now.
    pub fn snapshot(&self) -> DatabaseSnapshot {
        DatabaseSnapshot { tree: self.tree.snapshot(), expires_len: self.expires.len() }
    }

    /// Calls `seen` for the next entries, about `count` of them, and gives the cursor to go on
    /// from: 0 to begin with, 0 at the end. See [`Tree::scan`].
    pub fn scan(&self, cursor: u64, count: usize, seen: impl FnMut(&Entry)) -> u64 {
        self.tree.scan(cursor, count, seen)
    }

    /// One of all entries, each with the same chance if `random` is uniform.
    pub fn random(&self, random: u64) -> Option<&Entry> {
        self.tree.random(random)
    }

    /// All entries, in no order that matters.
    pub fn iter(&self) -> Iter<'_> {
        self.tree.iter()
    }

    /// The keys alone, without their index.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Empties the database at once, and gives what was in it, to be dropped on another thread.
    #[must_use = "dropping a big database takes long: hand it to the garbage thread"]
    pub fn clear(&mut self) -> Database {
        Database {
            tree: self.tree.take(),
            expires: std::mem::take(&mut self.expires),
            entry_bytes: std::mem::take(&mut self.entry_bytes),
        }
    }

    /// About the bytes of the tree's nodes and of the expiry index, at once: what INFO shows.
    pub fn estimated_overhead(&self) -> Overhead {
        Overhead {
            tree_bytes: self.len() * NODE_BYTES_PER_KEY,
            expiry_bytes: self.expires.memory_bytes(),
        }
    }

    /// What the database takes, at once: its entries, and about what its nodes and index take.
    pub fn logical_bytes(&self) -> usize {
        let Overhead { tree_bytes, expiry_bytes } = self.estimated_overhead();
        self.entry_bytes + tree_bytes + expiry_bytes
    }

    /// The bytes allocated for the tree's nodes and the expiry index, without the entries. Visits
    /// every node.
    pub fn overhead_bytes(&self) -> usize {
        self.tree.memory_bytes() + self.expires.memory_bytes()
    }
}

/// What a key takes of the tree's nodes: 13.1 to 13.4 bytes measured between 100 and 3,000,000
/// keys.
pub const NODE_BYTES_PER_KEY: usize = 13;

/// What a database takes besides its entries, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    pub tree_bytes: usize,
    pub expiry_bytes: usize,
}

/// A database as it was when the snapshot was taken.
#[derive(Debug)]
pub struct DatabaseSnapshot {
    tree: TreeSnapshot,
    expires_len: usize,
}

impl DatabaseSnapshot {
    /// The number of keys.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The number of keys that have an expiry.
    pub fn expires_len(&self) -> usize {
        self.expires_len
    }

    /// The entry of a key.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.tree.get(key)
    }

    /// All entries, in no order that matters.
    pub fn iter(&self) -> Iter<'_> {
        self.tree.iter()
    }

    /// The keys alone.
    pub fn tree(&self) -> &TreeSnapshot {
        &self.tree
    }
}

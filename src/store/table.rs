//! A table: entries by their keys and, kept equal to them by every change, what is known of their
//! expiry and the sum of their bytes. A database is one of keys; a big sorted set has one of
//! its members, and a `register` one of what it does not keep in its blocks.
//!
//! What has expired is still there until somebody takes it out: the caller asks
//! [`Entry::is_expired`] with its own clock, since a replica must wait for its master's DEL.

mod slot;
#[cfg(test)]
mod tests;

pub use self::slot::Slot;
use super::entry::Entry;
use super::expire::Deadlines;
use super::tree::{Iter, SnapshotPart, Tree, TreeSnapshot};
use super::tree_slot::TreeSlot;
use crate::base::time::UnixMillis;

/// Entries by their keys. A clone shares everything, takes the same short time whatever the size, and
/// may be changed, read and dropped on another thread.
#[derive(Clone, Debug)]
pub struct Table {
    tree: Tree,
    /// Of all entries of the tree that have an expiry.
    deadlines: Deadlines,
    /// The sum of [`Entry::memory_bytes`] of all entries of the tree.
    entry_bytes: usize,
}

/// Dropping more than this takes longer than handing it to the garbage thread.
const QUICK_DROP_MAX_ENTRIES: usize = 64;
const QUICK_DROP_MAX_BYTES: usize = 256 * 1024;
const ELEMENTS_SEED: u64 = 0;

impl Table {
    /// An empty table, whose hash is keyed by the seed.
    pub fn new(seed: u64) -> Self {
        Table { tree: Tree::new(seed), deadlines: Deadlines::default(), entry_bytes: 0 }
    }

    /// An empty table of a collection's elements.
    ///
    /// All have one seed, so that they come from a file or another collection in the order in which
    /// they stand here, one beside the other. Elements that somebody makes collide by it stand in
    /// order, as keys do.
    pub fn of_elements() -> Self {
        Table::new(ELEMENTS_SEED)
    }

    /// One whose keys collide: see [`Tree::with_kept_hash_bits`].
    #[cfg(test)]
    pub(in crate::store) fn with_kept_hash_bits(hash_bits: u64, order_bits: u64) -> Self {
        Table { tree: Tree::with_kept_hash_bits(1, hash_bits, order_bits), ..Table::new(1) }
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
        self.deadlines.count()
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

    /// Fetches from memory what [`Table::remove`] of a key will change, but not the entry.
    pub fn prefetch_removal(&self, key: &[u8]) {
        self.tree.prefetch_removal(key);
    }

    /// Whether the key is there, expired or not.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// The place of a key, by one descent of the tree. All changes go through it.
    #[inline]
    pub fn slot<'a>(&'a mut self, key: &'a [u8]) -> Slot<'a> {
        Slot::new(TreeSlot::find(&mut self.tree, key), &mut self.deadlines, &mut self.entry_bytes)
    }

    /// Where the tree branches to for a key, as a place of its order, and eight other bits of the hash.
    #[inline]
    pub(in crate::store) fn place_and_tag(&self, key: &[u8]) -> (u64, u8) {
        self.tree.place_and_tag(key)
    }

    /// Of a place of its order, as much as the tree branches by.
    pub(in crate::store) fn branch_place(place: u64) -> u64 {
        Tree::branch_place(place)
    }

    /// Where a scan meets a key.
    pub(in crate::store) fn scan_place(&self, key: &[u8]) -> u64 {
        self.tree.scan_place(key)
    }

    /// Puts an entry in, and gives back the one of the same key that it replaces.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let (bytes, new) = (entry.memory_bytes(), entry.expires_at());
        let replaced = self.tree.insert(entry);
        self.count(replaced.as_ref(), bytes);
        self.deadlines.change(replaced.as_ref().and_then(Entry::expires_at), new);
        replaced
    }

    /// Takes the entry of a key out.
    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let removed = self.tree.remove(key)?;
        self.count(Some(&removed), 0);
        self.deadlines.change(removed.expires_at(), None);
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

    /// A time at or before every deadline: until it has passed, nothing is due.
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.tree.soonest()
    }

    /// Takes out a key that has expired, if one has. Call it again until `next_deadline` is not
    /// past, or until the time slice is over: `None` before that says that what is due takes longer
    /// to find.
    ///
    /// Keys that are due at the same call come in the order of the tree; round it, so that each has
    /// its turn before a key that has become due meanwhile has a second one.
    pub fn pop_expired(&mut self, now: UnixMillis) -> Option<Entry> {
        let removed = self.tree.pop_due(&mut self.deadlines.searched_to, now)?;
        self.deadlines.change(removed.expires_at(), None);
        self.count(Some(&removed), 0);
        Some(removed)
    }

    /// The mean time to live of the keys that have an expiry, in milliseconds; 0 if there is none.
    pub fn average_ttl(&self, now: UnixMillis) -> i64 {
        let mean = self.deadlines.mean().unwrap_or(now);
        mean.saturating_sub(now).max(0)
    }

    /// The table as it is now.
    pub fn snapshot(&self) -> TableSnapshot {
        TableSnapshot { tree: self.tree.snapshot(), expires_len: self.deadlines.count() }
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

    /// Calls `seen` for some entries by chance: see [`Tree::sample`].
    pub fn sample(&self, random: u64, count: usize, seen: impl FnMut(&Entry)) {
        self.tree.sample(random, count, seen);
    }

    /// Of those that have a deadline: see [`Tree::sample_expiring`].
    pub fn sample_expiring(&self, random: u64, count: usize, seen: impl FnMut(&Entry)) {
        self.tree.sample_expiring(random, count, seen);
    }

    /// The entry whose deadline comes first: see [`Tree::first_due`].
    pub fn first_due(&self) -> Option<&Entry> {
        self.tree.first_due()
    }

    /// The entry at that place, from 0 on, in the order that `iter` and `scan` have: to choose several
    /// different ones.
    pub fn nth(&self, index: usize) -> Option<&Entry> {
        self.tree.nth(index)
    }

    /// All entries, in the order of the hash.
    pub fn iter(&self) -> Iter<'_> {
        self.tree.iter()
    }

    /// The keys alone, without their index.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Empties the table at once, and gives what was in it, to be dropped on another thread.
    #[must_use = "dropping a big table takes long: hand it to the garbage thread"]
    pub fn clear(&mut self) -> Table {
        Table {
            tree: self.tree.take(),
            deadlines: std::mem::take(&mut self.deadlines),
            entry_bytes: std::mem::take(&mut self.entry_bytes),
        }
    }

    /// The bytes allocated for the tree's nodes, also those that snapshots share.
    pub fn node_bytes(&self) -> usize {
        self.tree.node_bytes()
    }

    /// What is allocated for the table: its entries and its nodes, also those that others share.
    pub fn logical_bytes(&self) -> usize {
        self.entry_bytes + self.node_bytes()
    }

    /// Whether dropping it takes longer than handing it to the garbage thread.
    pub fn is_slow_to_drop(&self) -> bool {
        self.len() > QUICK_DROP_MAX_ENTRIES || self.entry_bytes > QUICK_DROP_MAX_BYTES
    }
}

/// A table as it was when the snapshot was taken.
#[derive(Debug)]
pub struct TableSnapshot {
    tree: TreeSnapshot,
    expires_len: usize,
}

impl TableSnapshot {
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

    /// The keys in parts: see [`TreeSnapshot::into_parts`].
    pub fn into_parts(self) -> impl Iterator<Item = SnapshotPart> {
        self.tree.into_parts()
    }

    /// The keys alone.
    pub fn tree(&self) -> &TreeSnapshot {
        &self.tree
    }
}

//! All databases: what a master sends, a file holds, and a replica swaps in as one.

use super::database::{Database, DatabaseSnapshot};
use super::digest::Digest;
use crate::base::ids::DbIndex;

/// The databases by index. Can be built on one thread and handed to another.
#[derive(Debug)]
pub struct Dataset {
    databases: Vec<Database>,
    /// What the hash of every database is keyed by.
    hash_seed: u64,
}

impl Dataset {
    /// That many empty databases, their hash keyed by the seed.
    pub fn new(databases: usize, hash_seed: u64) -> Self {
        let databases = (0..databases).map(|_| Database::new(hash_seed)).collect();
        Dataset { databases, hash_seed }
    }

    /// The seed of the hash. Two data sets of one seed have their keys in the same order.
    pub fn hash_seed(&self) -> u64 {
        self.hash_seed
    }

    /// The number of databases.
    pub fn database_count(&self) -> usize {
        self.databases.len()
    }

    /// A database; `None` if the index is out of range.
    pub fn get(&self, index: DbIndex) -> Option<&Database> {
        self.databases.get(index)
    }

    /// A database to change; `None` if the index is out of range.
    pub fn get_mut(&mut self, index: DbIndex) -> Option<&mut Database> {
        self.databases.get_mut(index)
    }

    /// Two different databases to change; `None` if they are one, or an index is out of range.
    pub fn pair_mut(
        &mut self,
        one: DbIndex,
        other: DbIndex,
    ) -> Option<(&mut Database, &mut Database)> {
        let [one, other] = self.databases.get_disjoint_mut([one, other]).ok()?;
        Some((one, other))
    }

    /// The databases in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Database> {
        self.databases.iter()
    }

    /// The databases in order, to change.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Database> {
        self.databases.iter_mut()
    }

    /// Exchanges the contents of two databases. `false` if an index is out of range.
    pub fn swap(&mut self, one: DbIndex, other: DbIndex) -> bool {
        let in_range = one.max(other) < self.databases.len();
        if in_range {
            self.databases.swap(one, other);
        }
        in_range
    }

    /// The number of keys in all databases.
    pub fn key_count(&self) -> usize {
        self.databases.iter().map(Database::len).sum()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.databases.iter().all(Database::is_empty)
    }

    /// Empties all databases at once, and gives what was in them, to be dropped on another thread.
    #[must_use = "dropping a big data set takes long: hand it to the garbage thread"]
    pub fn clear(&mut self) -> Dataset {
        let databases = self.databases.iter_mut().map(Database::clear).collect();
        Dataset { databases, hash_seed: self.hash_seed }
    }

    /// One number for all keys, values and expiry of all databases: `DEBUG DIGEST`. Visits
    /// everything: seconds for millions of keys.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        for (index, database) in self.iter().enumerate() {
            if database.is_empty() {
                continue;
            }
            digest.mix(&(index as u32).to_be_bytes());
            database.iter().for_each(|entry| digest.add_digest(&entry.digest()));
        }
        digest
    }

    /// The bytes of all keys and values: see [`Database::entry_bytes`].
    pub fn entry_bytes(&self) -> usize {
        self.databases.iter().map(Database::entry_bytes).sum()
    }

    /// One of the databases, each with a chance by its weight if `random` is uniform; `None` if all
    /// weigh nothing.
    pub fn choose(&self, random: u64, weight: impl Fn(&Database) -> usize) -> Option<DbIndex> {
        let total: usize = self.databases.iter().map(&weight).sum();
        let mut place = ((u128::from(random) * total as u128) >> u64::BITS) as usize;
        self.databases.iter().position(|database| {
            let weight = weight(database);
            let is_it = place < weight;
            place = place.saturating_sub(weight);
            is_it
        })
    }

    /// All databases as they are now. Takes the same short time whatever their size.
    pub fn snapshot(&self) -> DatasetSnapshot {
        let databases = self.databases.iter().map(Database::snapshot).collect();
        DatasetSnapshot { databases, hash_seed: self.hash_seed }
    }
}

impl std::ops::Index<DbIndex> for Dataset {
    type Output = Database;

    /// Panics out of range: for an index that `SELECT` has checked.
    fn index(&self, index: DbIndex) -> &Database {
        &self.databases[index]
    }
}

impl std::ops::IndexMut<DbIndex> for Dataset {
    fn index_mut(&mut self, index: DbIndex) -> &mut Database {
        &mut self.databases[index]
    }
}

/// All databases as they were when the snapshot was taken.
#[derive(Debug)]
pub struct DatasetSnapshot {
    databases: Vec<DatabaseSnapshot>,
    hash_seed: u64,
}

impl DatasetSnapshot {
    /// The databases in order, empty ones included.
    pub fn databases(&self) -> &[DatabaseSnapshot] {
        &self.databases
    }

    /// The databases in order, to be let go one after the other.
    pub fn into_databases(self) -> Vec<DatabaseSnapshot> {
        self.databases
    }

    /// The seed of the hash: see [`Dataset::hash_seed`].
    pub fn hash_seed(&self) -> u64 {
        self.hash_seed
    }

    /// The number of keys in all databases.
    pub fn key_count(&self) -> usize {
        self.databases.iter().map(DatabaseSnapshot::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entry::Entry;
    use crate::store::value::NewValue;

    fn dataset() -> Dataset {
        let mut dataset = Dataset::new(3, 1);
        for (index, key) in [(0, b"a"), (0, b"b"), (2, b"c")] {
            dataset[index].insert(Entry::new(key, NewValue::Int(1), Some(5)));
        }
        dataset
    }

    #[test]
    fn swapped_databases_keep_their_keys_and_expiry() {
        let mut dataset = dataset();
        assert!(dataset.swap(0, 2) && !dataset.swap(0, 3));
        assert!(dataset[2].contains(b"a") && dataset[0].contains(b"c"));
        assert_eq!((dataset[2].expires_len(), dataset[0].expires_len()), (2, 1));
        assert_eq!(dataset[0].pop_expired(6).unwrap().key(), b"c");
    }

    #[test]
    fn a_cleared_data_set_is_empty_and_what_was_in_it_is_whole() {
        let mut dataset = dataset();
        let snapshot = dataset.snapshot();
        let old = dataset.clear();
        assert!(dataset.is_empty() && dataset.database_count() == 3);
        assert_eq!((old.key_count(), snapshot.key_count()), (3, 3));
        assert_eq!(snapshot.databases()[0].expires_len(), 2);
    }

    #[test]
    fn a_database_is_chosen_by_its_weight() {
        let dataset = dataset();
        let chosen: Vec<_> =
            (0..3u64).map(|i| dataset.choose(u64::MAX / 3 * i + 9, Database::len)).collect();
        let mut keys = dataset.iter().enumerate().flat_map(|(db, table)| vec![db; table.len()]);
        assert!(chosen.into_iter().all(|db| db == keys.next()));
        assert_eq!(dataset.choose(7, |_| 0), None);
    }

    #[test]
    fn a_pair_is_two_different_databases_in_range() {
        let mut dataset = dataset();
        let (one, other) = dataset.pair_mut(2, 0).unwrap();
        assert_eq!((one.len(), other.len()), (1, 2));
        assert!(dataset.pair_mut(1, 1).is_none() && dataset.pair_mut(0, 3).is_none());
    }

    #[test]
    fn a_data_set_and_its_snapshot_may_change_threads() {
        fn sent<T: Send + 'static>(_: &T) {}
        let dataset = dataset();
        sent(&dataset);
        sent(&dataset.snapshot());
    }
}

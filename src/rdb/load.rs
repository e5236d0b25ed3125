//! An RDB into a data set.

use std::io::Read;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::base::ids::DbIndex;
use crate::base::number::parse_u64;
use crate::base::time::UnixMillis;
use crate::store::dataset::Dataset;
use crate::store::entry::{Entry, KEY_BYTES_MAX};
use crate::store::value::Limits;

use super::error::{RdbError, RdbErrorKind};
use super::opcode;
use super::reader::{Item, Reader, Record};
use super::report::Fact;
pub use super::report::LoadReport;
use super::usage::UsageClock;

/// Bytes between two reports of progress.
const PROGRESS_BYTES: u64 = 256 * 1024;

/// Of so many keys without elements an observer is told, as Redis logs as many.
const EMPTY_KEYS_TOLD: u64 = 10;

/// How a file is loaded.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// What counts as expired.
    pub now: UnixMillis,
    /// A master leaves out what has expired; a replica keeps it until its master deletes it.
    pub drop_expired: bool,
    /// Whether a key that is there already is replaced (`DEBUG RELOAD NOFLUSH`), else an error.
    pub replace_duplicates: bool,
    /// Whether the checksum is compared (`rdbchecksum`).
    pub verify_checksum: bool,
    /// In which form collections are made.
    pub limits: Limits,
    /// For the LRU clocks or LFU counters of the keys.
    pub usage: UsageClock,
}

/// How far a load has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file decoded.
    pub bytes: u64,
    /// Keys put into the data set.
    pub keys: u64,
}

/// Is told of a load while it runs.
pub trait LoadObserver {
    /// Every 256 KiB or so; `Break` stops the load with [`RdbErrorKind::Stopped`].
    fn progress(&mut self, _progress: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// What the file says of its making, before its keys.
    fn fact(&mut self, _fact: &Fact) {}

    /// A key was left out since its value had no elements; told of the first ten.
    fn dropped_empty(&mut self, _key: &[u8]) {}

    /// A key was left out since it had expired.
    fn dropped_expired(&mut self, _database: DbIndex, _key: &[u8]) {}
}

/// Nobody watches.
impl LoadObserver for () {}

/// Where the keys of an RDB go.
pub trait Target {
    /// How many entries it takes at a time.
    const ENTRIES_TOGETHER: usize;

    fn database_count(&self) -> usize;

    fn is_empty(&self) -> bool;

    /// The keys will come in the order of that hash seed: what is empty takes it over.
    fn adopt_hash_seed(&mut self, seed: u64);

    /// Takes all the entries into a database, which there is. `ordered`: each belongs beside the one
    /// before. `replaces`: also one whose key is there.
    ///
    /// # Errors
    /// A key is there.
    fn put(
        &mut self,
        database: DbIndex,
        entries: &mut Vec<Entry>,
        ordered: bool,
        replaces: bool,
    ) -> Result<(), RdbErrorKind>;
}

impl Target for Dataset {
    const ENTRIES_TOGETHER: usize = 64;

    fn database_count(&self) -> usize {
        Dataset::database_count(self)
    }

    fn is_empty(&self) -> bool {
        Dataset::is_empty(self)
    }

    fn adopt_hash_seed(&mut self, seed: u64) {
        *self = Dataset::new(Dataset::database_count(self), seed);
    }

    fn put(
        &mut self,
        database: DbIndex,
        entries: &mut Vec<Entry>,
        ordered: bool,
        replaces: bool,
    ) -> Result<(), RdbErrorKind> {
        let target = &mut self[database];
        if !ordered {
            // They lie anywhere: the waits for memory overlap.
            target.prefetch(entries.iter().map(Entry::key));
        }
        for entry in entries.drain(..) {
            let old = target.insert(entry);
            if let Some(old) = old.filter(|_| !replaces) {
                return Err(RdbErrorKind::DuplicateKey { key: old.key().to_vec(), database });
            }
        }
        Ok(())
    }
}

/// Loads the RDB that `source` gives, which ends where the RDB does or goes on with something
/// that the caller does not want.
///
/// An empty `dataset` takes over the hash seed of a file of ours, whose keys come in its order.
/// After an error `dataset` holds a part of the data and is to be thrown away.
pub fn load_into<R: Read>(
    dataset: &mut Dataset,
    source: R,
    options: LoadOptions,
    observer: &mut impl LoadObserver,
) -> Result<LoadReport, RdbError> {
    let mut reader = Reader::new(source, options.verify_checksum)?;
    load_items(dataset, &mut reader, options, observer)
}

/// As [`load_into`], of a reader that is asked for the rest of its source afterwards.
pub fn load_items<R: Read, T: Target>(
    target: &mut T,
    reader: &mut Reader<R>,
    options: LoadOptions,
    observer: &mut impl LoadObserver,
) -> Result<LoadReport, RdbError> {
    reader.make_in(options.limits);
    let mut load = Load {
        target,
        observer,
        options,
        database: 0,
        ordered: false,
        waiting: Vec::with_capacity(T::ENTRIES_TOGETHER),
        report: LoadReport { version: reader.version(), ..LoadReport::default() },
    };
    let mut next_progress = 0;
    loop {
        let step = match reader.next() {
            Err(RdbError { kind: RdbErrorKind::EmptyKey, .. }) => {
                load.report.empty_keys += 1;
                if load.report.empty_keys <= EMPTY_KEYS_TOLD {
                    load.observer.dropped_empty(reader.key());
                }
                continue;
            }
            item => load.take(item?),
        };
        match step {
            Ok(Step::Next) => {}
            Ok(Step::End) => break,
            Err(kind) => return Err(reader.error(kind)),
        }
        if reader.offset() >= next_progress {
            next_progress = reader.offset() + PROGRESS_BYTES;
            load.tell_progress(reader.offset()).map_err(|kind| reader.error(kind))?;
        }
    }
    load.report.bytes = reader.offset();
    load.tell_progress(reader.offset()).map_err(|kind| reader.error(kind))?;
    Ok(load.report)
}

enum Step {
    Next,
    End,
}

struct Load<'a, T, O> {
    target: &'a mut T,
    observer: &'a mut O,
    options: LoadOptions,
    /// In range: 0, or selected.
    database: DbIndex,
    /// Whether each key belongs beside the one before.
    ordered: bool,
    /// Decoded for `database`, fewer than the target takes at a time.
    waiting: Vec<Entry>,
    report: LoadReport,
}

impl<T: Target, O: LoadObserver> Load<'_, T, O> {
    #[inline]
    fn take(&mut self, item: Item<'_>) -> Result<Step, RdbErrorKind> {
        match item {
            Item::Record(record) => self.take_record(record)?,
            Item::End { checked } => {
                self.insert_waiting()?;
                self.report.checksum_verified = checked;
                return Ok(Step::End);
            }
            Item::SelectDb(database) => self.select(database)?,
            Item::ResizeDb { .. } => {}
            Item::Aux { name, value } => {
                if let Some(fact) = self.report.note_aux(name, value, self.options.now) {
                    self.observer.fact(&fact);
                }
                if name == opcode::AUX_HASH_SEED.as_bytes() {
                    self.adopt_hash_seed(value);
                }
            }
            Item::Function(code) => self.report.functions.push(Bytes::copy_from_slice(code)),
            Item::ModuleAux { module } => return Err(RdbErrorKind::ModuleAux { module }),
        }
        Ok(Step::Next)
    }

    #[inline]
    fn take_record(&mut self, record: Record<'_>) -> Result<(), RdbErrorKind> {
        if self.options.drop_expired && record.is_expired(self.options.now) {
            self.report.keys_expired += 1;
            self.observer.dropped_expired(self.database, record.key);
            return Ok(());
        }
        if record.key.len() > KEY_BYTES_MAX {
            return Err(RdbErrorKind::KeyTooLong(record.key.len()));
        }
        let field = self.options.usage.field(&record);
        let entry = Entry::new(record.key, record.value, record.expires_at);
        entry.set_lru(field);
        self.waiting.push(entry);
        if self.waiting.len() == T::ENTRIES_TOGETHER { self.insert_waiting() } else { Ok(()) }
    }

    /// Puts the waiting entries in.
    fn insert_waiting(&mut self) -> Result<(), RdbErrorKind> {
        let keys = self.waiting.len() as u64;
        let replaces = self.options.replace_duplicates;
        self.target.put(self.database, &mut self.waiting, self.ordered, replaces)?;
        self.report.keys_loaded += keys;
        Ok(())
    }

    /// Takes over the order in which the keys will come, which an empty data set still can.
    fn adopt_hash_seed(&mut self, seed: &[u8]) {
        if let Some(seed) = parse_u64(seed)
            && self.target.is_empty()
        {
            self.target.adopt_hash_seed(seed);
            self.ordered = true;
        }
    }

    fn select(&mut self, database: u64) -> Result<(), RdbErrorKind> {
        self.insert_waiting()?;
        let databases = self.target.database_count();
        match usize::try_from(database) {
            Ok(index) if index < databases => self.database = index,
            _ => return Err(RdbErrorKind::NoSuchDatabase { database, databases }),
        }
        Ok(())
    }

    fn tell_progress(&mut self, bytes: u64) -> Result<(), RdbErrorKind> {
        match self.observer.progress(Progress { bytes, keys: self.report.keys_loaded }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RdbErrorKind::Stopped),
        }
    }
}

#[cfg(test)]
mod tests;

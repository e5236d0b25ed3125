//! An RDB into a data set.

use std::io::Read;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::base::ids::{DbIndex, ReplId};
use crate::base::number::{parse_i64, parse_u64};
use crate::base::time::UnixMillis;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;

use super::error::{RdbError, RdbErrorKind};
use super::opcode;
use super::reader::{Item, Reader, Record};
use super::usage::UsageClock;

/// Bytes between two reports of progress.
const PROGRESS_BYTES: u64 = 256 * 1024;

/// How many entries are put into the data set at a time.
const ENTRIES_TOGETHER: usize = 64;

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

    /// A fact about the file.
    fn aux(&mut self, _name: &[u8], _value: &[u8]) {}

    /// A key was left out since it had expired.
    fn dropped_expired(&mut self, _database: DbIndex, _key: &[u8]) {}
}

/// Nobody watches.
impl LoadObserver for () {}

/// What a file said beside its keys, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The version of the format.
    pub version: u16,
    /// `redis-ver`: who wrote the file.
    pub server_version: Option<String>,
    /// `ctime`: when the file was written, in seconds since 1970.
    pub created_unix_seconds: Option<i64>,
    /// `used-mem`: what the writer's memory was.
    pub used_memory_bytes: Option<i64>,
    /// `repl-id`: the history that the data is a point of.
    pub repl_id: Option<ReplId>,
    /// `repl-offset`: the point.
    pub repl_offset: Option<i64>,
    /// `repl-stream-db`: the database that the stream had selected there.
    pub repl_stream_db: Option<i64>,
    /// `aof-base`: whether the file is the base of an append-only log.
    pub aof_base: bool,
    /// Libraries of functions, to be written back when they cannot be run.
    pub functions: Vec<Bytes>,
    /// Keys put into the data set.
    pub keys_loaded: u64,
    /// Keys left out since they had expired.
    pub keys_expired: u64,
    /// The length of the RDB in bytes.
    pub bytes: u64,
    /// Whether a checksum was compared; if not, the file was saved without one.
    pub checksum_verified: bool,
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
pub fn load_items<R: Read>(
    dataset: &mut Dataset,
    reader: &mut Reader<R>,
    options: LoadOptions,
    observer: &mut impl LoadObserver,
) -> Result<LoadReport, RdbError> {
    let mut load = Load {
        dataset,
        observer,
        options,
        database: 0,
        ordered: false,
        waiting: Vec::with_capacity(ENTRIES_TOGETHER),
        report: LoadReport { version: reader.version(), ..LoadReport::default() },
    };
    let mut next_progress = 0;
    loop {
        let step = load.take(reader.next()?);
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

struct Load<'a, O> {
    dataset: &'a mut Dataset,
    observer: &'a mut O,
    options: LoadOptions,
    /// In range: 0, or selected.
    database: DbIndex,
    /// Whether each key belongs beside the one before; else the places of several, which lie
    /// anywhere, are fetched together.
    ordered: bool,
    /// Decoded for `database`, fewer than [`ENTRIES_TOGETHER`].
    waiting: Vec<Entry>,
    report: LoadReport,
}

impl<O: LoadObserver> Load<'_, O> {
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
                self.report.note_aux(name, value);
                if name == opcode::AUX_HASH_SEED.as_bytes() {
                    self.adopt_hash_seed(value);
                }
                self.observer.aux(name, value);
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
        let field = self.options.usage.field(&record);
        let entry = Entry::new(record.key, record.value, record.expires_at);
        entry.set_lru(field);
        self.waiting.push(entry);
        if self.waiting.len() == ENTRIES_TOGETHER { self.insert_waiting() } else { Ok(()) }
    }

    /// Puts the waiting entries in.
    fn insert_waiting(&mut self) -> Result<(), RdbErrorKind> {
        let database = &mut self.dataset[self.database];
        if !self.ordered {
            database.prefetch(self.waiting.iter().map(Entry::key));
        }
        for entry in self.waiting.drain(..) {
            let old = database.insert(entry);
            if let Some(old) = old.filter(|_| !self.options.replace_duplicates) {
                let (key, database) = (old.key().to_vec(), self.database);
                return Err(RdbErrorKind::DuplicateKey { key, database });
            }
            self.report.keys_loaded += 1;
        }
        Ok(())
    }

    /// Takes over the order in which the keys will come, which an empty data set still can.
    fn adopt_hash_seed(&mut self, seed: &[u8]) {
        if let Some(seed) = parse_u64(seed)
            && self.dataset.is_empty()
        {
            *self.dataset = Dataset::new(self.dataset.database_count(), seed);
            self.ordered = true;
        }
    }

    fn select(&mut self, database: u64) -> Result<(), RdbErrorKind> {
        self.insert_waiting()?;
        let databases = self.dataset.database_count();
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

impl LoadReport {
    /// What redis-server logs of a file that it has loaded with these options.
    pub fn log_lines(&self, options: &LoadOptions) -> Vec<(log::Level, String)> {
        let mut lines: Vec<_> =
            self.facts(options.now).into_iter().map(|line| (log::Level::Info, line)).collect();
        let should_have_checksum =
            options.verify_checksum && self.version >= opcode::VERSION_WITH_CHECKSUM;
        if should_have_checksum && !self.checksum_verified {
            let line = "RDB file was saved with checksum disabled: no check performed.";
            lines.push((log::Level::Warn, line.to_owned()));
        }
        let done = format!(
            "Done loading RDB, keys loaded: {}, keys expired: {}.",
            self.keys_loaded, self.keys_expired
        );
        lines.push((log::Level::Info, done));
        lines
    }

    /// What the file says of its making.
    fn facts(&self, now: UnixMillis) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(version) = &self.server_version {
            lines.push(format!("Loading RDB produced by version {version}"));
        }
        if let Some(created) = self.created_unix_seconds {
            let age = (now / 1000).saturating_sub(created).max(0);
            lines.push(format!("RDB age {age} seconds"));
        }
        if let Some(bytes) = self.used_memory_bytes {
            let megabytes = bytes as f64 / (1024.0 * 1024.0);
            lines.push(format!("RDB memory usage when created {megabytes:.2} Mb"));
        }
        if self.aof_base {
            lines.push("RDB is base AOF".to_owned());
        }
        lines
    }

    /// Keeps the facts that it has a place for; what does not parse counts as not stated.
    fn note_aux(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"redis-ver" => {
                self.server_version = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"ctime" => self.created_unix_seconds = parse_i64(value),
            b"used-mem" => self.used_memory_bytes = parse_i64(value),
            b"repl-id" => self.repl_id = ReplId::from_bytes(value),
            b"repl-offset" => self.repl_offset = parse_i64(value),
            b"repl-stream-db" => self.repl_stream_db = parse_i64(value),
            b"aof-base" => self.aof_base = parse_i64(value) == Some(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;

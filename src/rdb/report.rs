//! What an RDB says of itself, and what became of its keys.

use bytes::Bytes;

use super::opcode;
use crate::base::ids::{DbIndex, ReplId};
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;

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
    /// Keys left out since their values had no elements.
    pub empty_keys: u64,
    /// Keys left out since they had expired.
    pub keys_expired: u64,
    /// The length of the RDB in bytes.
    pub bytes: u64,
    /// Whether a checksum was compared; if not, the file was saved without one.
    pub checksum_verified: bool,
}

impl LoadReport {
    /// The database that the stream goes on in: the first if nothing is said. `None`: one that is
    /// not among so many.
    pub fn stream_db(&self, databases: usize) -> Option<DbIndex> {
        match self.repl_stream_db {
            None | Some(-1) => Some(0),
            Some(db) => usize::try_from(db).ok().filter(|&db| db < databases),
        }
    }
}

/// What a file says of its making, worth a line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The server that wrote it.
    Version(String),
    /// How long ago.
    Age { seconds: i64 },
    /// The memory that the writer had in use.
    UsedMemory { bytes: i64 },
    /// It is the base of an append-only log.
    AofBase,
}

impl Fact {
    /// The line that redis-server logs.
    pub fn log_line(&self) -> String {
        match self {
            Fact::Version(version) => format!("Loading RDB produced by version {version}"),
            Fact::Age { seconds } => format!("RDB age {seconds} seconds"),
            Fact::UsedMemory { bytes } => {
                let megabytes = *bytes as f64 / (1024.0 * 1024.0);
                format!("RDB memory usage when created {megabytes:.2} Mb")
            }
            Fact::AofBase => "RDB is base AOF".to_owned(),
        }
    }
}

impl LoadReport {
    /// What redis-server logs at the end of a load.
    pub fn log_lines(&self, verify_checksum: bool) -> Vec<(log::Level, String)> {
        let mut lines = Vec::new();
        let should_have_checksum = verify_checksum && self.version >= opcode::VERSION_WITH_CHECKSUM;
        if should_have_checksum && !self.checksum_verified {
            let line = "RDB file was saved with checksum disabled: no check performed.";
            lines.push((log::Level::Warn, line.to_owned()));
        }
        let done = format!(
            "Done loading RDB, keys loaded: {}, keys expired: {}.",
            self.keys_loaded, self.keys_expired
        );
        match self.empty_keys {
            0 => lines.push((log::Level::Info, done)),
            empty => {
                let done = done.trim_end_matches('.');
                lines.push((log::Level::Warn, format!("{done}, empty keys skipped: {empty}.")));
            }
        }
        lines
    }

    /// Keeps what it has a place for; what does not parse counts as not stated. Gives what is worth
    /// a line of the log.
    pub(super) fn note_aux(&mut self, name: &[u8], value: &[u8], now: UnixMillis) -> Option<Fact> {
        match name {
            b"redis-ver" | b"valkey-ver" => {
                let version = String::from_utf8_lossy(value).into_owned();
                self.server_version = Some(version.clone());
                return Some(Fact::Version(version));
            }
            b"ctime" => {
                let created = parse_i64(value)?;
                self.created_unix_seconds = Some(created);
                return Some(Fact::Age { seconds: (now / 1000).saturating_sub(created).max(0) });
            }
            b"used-mem" => {
                let bytes = parse_i64(value)?;
                self.used_memory_bytes = Some(bytes);
                return Some(Fact::UsedMemory { bytes });
            }
            b"repl-id" => self.repl_id = ReplId::from_bytes(value),
            b"repl-offset" => self.repl_offset = parse_i64(value),
            b"repl-stream-db" => self.repl_stream_db = parse_i64(value),
            b"aof-base" => {
                self.aof_base = parse_i64(value) == Some(1);
                return self.aof_base.then_some(Fact::AofBase);
            }
            _ => {}
        }
        None
    }
}

//! A snapshot into an RDB.

use std::io;

use bytes::Bytes;

use crate::base::ids::{DbIndex, ReplId};
use crate::store::database::DatabaseSnapshot;
use crate::store::dataset::DatasetSnapshot;
use crate::store::walk::each_entry;

use super::dialect::Dialect;
use super::opcode;
use super::output::ChunkSink;
use super::usage::UsageClock;
use super::writer::{Layout, Writer, Written};

/// What a file says beside its keys, and how it is laid out.
#[derive(Debug, Clone)]
pub struct SaveInfo {
    /// `redis-ver`: the Redis whose behaviour this server has.
    pub server_version: String,
    /// `ctime`: now, in seconds since 1970.
    pub created_unix_seconds: i64,
    /// `used-mem`.
    pub used_memory_bytes: u64,
    /// The point in the history at which the snapshot was taken; a file for a replica and one
    /// for a restart have it.
    pub replication: Option<ReplicationPoint>,
    /// Whether the file is the base of an append-only log.
    pub aof_base: bool,
    /// Libraries of functions. A file that holds one is written as version 10.
    pub functions: Vec<Bytes>,
    /// Which layouts its reader knows.
    pub dialect: Dialect,
    /// Whether strings are compressed (`rdbcompression`).
    pub compress: bool,
    /// Whether a checksum is written (`rdbchecksum`).
    pub checksum: bool,
    /// What the entries' usage bits mean, when the eviction policy goes by them; else they are
    /// not written.
    pub usage: Option<UsageClock>,
}

/// A point in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicationPoint {
    pub id: ReplId,
    /// The offset of the last byte of the stream that the snapshot contains.
    pub offset: i64,
    /// The database that the stream has selected there; -1 when the next command selects anew.
    pub stream_db: i64,
}

impl SaveInfo {
    /// Of a data set without history and functions; compressed and with a checksum.
    pub fn new(server_version: &str, created_unix_seconds: i64) -> SaveInfo {
        SaveInfo {
            server_version: server_version.to_owned(),
            created_unix_seconds,
            used_memory_bytes: 0,
            replication: None,
            aof_base: false,
            functions: Vec::new(),
            dialect: Dialect::default(),
            compress: true,
            checksum: true,
            usage: None,
        }
    }

    /// The layout with the oldest version that can hold what is to be written.
    fn layout(&self) -> Layout {
        let version = match self.functions.is_empty() {
            true => opcode::VERSION_OLDEST_WRITTEN,
            false => opcode::VERSION_WITH_FUNCTIONS,
        };
        Layout { version, dialect: self.dialect, compress: self.compress, checksum: self.checksum }
    }
}

/// Writes a whole RDB; gives the sink back. An error is the sink's: to abort, let it fail.
pub fn save<S: ChunkSink>(
    snapshot: DatasetSnapshot,
    info: &SaveInfo,
    sink: S,
) -> io::Result<(S, Written)> {
    let mut writer = begin(sink, info)?;
    let seed = snapshot.hash_seed();
    writer.aux(opcode::AUX_HASH_SEED, itoa::Buffer::new().format(seed).as_bytes())?;
    for code in &info.functions {
        writer.function(code)?;
    }
    for (index, database) in snapshot.into_databases().into_iter().enumerate() {
        save_database(&mut writer, index, database, info.usage)?;
    }
    writer.finish()
}

/// Writes an RDB with everything but the keys: for `rdb-filter-only functions`.
pub fn save_without_keys<S: ChunkSink>(info: &SaveInfo, sink: S) -> io::Result<(S, Written)> {
    begin(sink, info)?.finish()
}

/// Writes the header and the facts that Redis writes, in its order.
pub(super) fn begin<S: ChunkSink>(sink: S, info: &SaveInfo) -> io::Result<Writer<S>> {
    let mut writer = Writer::new(sink, info.layout())?;
    let mut number = itoa::Buffer::new();
    writer.aux("redis-ver", info.server_version.as_bytes())?;
    writer.aux("redis-bits", if cfg!(target_pointer_width = "64") { b"64" } else { b"32" })?;
    writer.aux("ctime", number.format(info.created_unix_seconds).as_bytes())?;
    writer.aux("used-mem", number.format(info.used_memory_bytes).as_bytes())?;
    if let Some(point) = &info.replication {
        writer.aux("repl-stream-db", number.format(point.stream_db).as_bytes())?;
        writer.aux("repl-id", point.id.as_bytes())?;
        writer.aux("repl-offset", number.format(point.offset).as_bytes())?;
    }
    writer.aux("aof-base", if info.aof_base { b"1" } else { b"0" })?;
    Ok(writer)
}

/// Writes a database; nothing for an empty one.
fn save_database<S: ChunkSink>(
    writer: &mut Writer<S>,
    index: DbIndex,
    database: DatabaseSnapshot,
    usage: Option<UsageClock>,
) -> io::Result<()> {
    if database.is_empty() {
        return Ok(());
    }
    writer.database(index, database.len() as u64, database.expires_len() as u64)?;
    each_entry(database, |entry| writer.entry(entry, usage.map(|clock| clock.usage(entry.lru()))))
}

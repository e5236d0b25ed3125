//! A snapshot as commands.
//!
//! ```text
//! #TS:seconds                      with `aof-timestamp-enabled`
//! FUNCTION LOAD code               each library
//! SELECT index                     each database that has keys
//!   SET | RPUSH | SADD | ...       each key: see `value`
//!   PEXPIREAT key millis           if it expires
//! ```
//! Byte for byte what redis-server 7.0 writes of the same data, where it has an order: keys of a
//! database and elements of a large hash, set or sorted set come in the order of their hashes there.

use std::io;

use bytes::Bytes;

use super::annotation::Timestamp;
use super::value;
use super::writer::Writer;
use crate::base::ids::DbIndex;
use crate::rdb::output::ChunkSink;
use crate::rdb::writer::Written;
use crate::store::database::DatabaseSnapshot;
use crate::store::dataset::DatasetSnapshot;
use crate::store::entry::Entry;
use crate::store::walk::each_entry;

/// What a file of commands says beside its keys.
#[derive(Debug, Clone, Default)]
pub struct CommandsInfo {
    /// Now, if the file is to say so (`aof-timestamp-enabled`).
    pub timestamp: Option<Timestamp>,
    /// The code of the libraries of functions.
    pub functions: Vec<Bytes>,
}

/// Writes all commands; gives the sink back. An error is the sink's: to abort, let it fail.
pub fn save_commands<S: ChunkSink>(
    snapshot: DatasetSnapshot,
    info: &CommandsInfo,
    sink: S,
) -> io::Result<(S, Written)> {
    let mut writer = Writer::new(sink);
    if let Some(timestamp) = info.timestamp {
        writer.timestamp(timestamp)?;
    }
    for code in &info.functions {
        writer.command(&[b"FUNCTION", b"LOAD", code])?;
    }
    for (index, database) in snapshot.into_databases().into_iter().enumerate() {
        write_database(index, database, &mut writer)?;
    }
    writer.finish()
}

/// Writes a database; nothing for an empty one.
fn write_database<S: ChunkSink>(
    index: DbIndex,
    database: DatabaseSnapshot,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    if database.is_empty() {
        return Ok(());
    }
    writer.begin(2, b"SELECT")?;
    writer.number(index as i64)?;
    each_entry(database, |entry| write_entry(entry, writer))
}

fn write_entry<S: ChunkSink>(entry: &Entry, writer: &mut Writer<S>) -> io::Result<()> {
    let key = entry.key();
    value::write(key, &entry.value(), writer)?;
    if let Some(at) = entry.expires_at() {
        writer.begin(3, b"PEXPIREAT")?;
        writer.text(key)?;
        writer.number(at)?;
    }
    writer.end_key();
    Ok(())
}

#[cfg(test)]
mod tests;

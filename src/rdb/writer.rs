//! The records of an RDB in their order, as chunks.

use std::io;

use crate::base::ids::DbIndex;
use crate::store::entry::Entry;

use super::dialect::Dialect;
use super::lzf::Compressor;
use super::opcode;
use super::output::{ChunkSink, Output};
use super::{length, value};

/// How often the sink is told of the number of keys.
pub const KEYS_BETWEEN_NEWS: u64 = 1024;

/// How a file is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The version in the header.
    pub version: u16,
    /// Whether strings are compressed (`rdbcompression`).
    pub compress: bool,
    /// Which layouts its reader knows.
    pub dialect: Dialect,
    /// Whether the file ends with its checksum (`rdbchecksum`), else with 0.
    pub checksum: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            version: opcode::VERSION_OLDEST_WRITTEN,
            dialect: Dialect::default(),
            compress: true,
            checksum: true,
        }
    }
}

/// What is told of the use of a key, for eviction after a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Seconds since it was used.
    IdleSeconds(u64),
    /// Its LFU counter.
    Frequency(u8),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Keys of all databases.
    pub keys: u64,
    /// Bytes from the signature to the checksum.
    pub bytes: u64,
}

/// Writes one RDB. An error is the sink's, after which the writer is of no more use: to abort,
/// let the sink fail.
pub struct Writer<S> {
    out: Output<S>,
    keys: u64,
}

impl<S: ChunkSink> Writer<S> {
    /// Begins with signature and version.
    pub fn new(sink: S, layout: Layout) -> io::Result<Self> {
        let mut out = Output::new(sink).speak(layout.dialect);
        if layout.checksum {
            out = out.sum();
        }
        if layout.compress {
            out = out.compress(Compressor::new());
        }
        out.put(format!("REDIS{:04}", layout.version).as_bytes())?;
        Ok(Writer { out, keys: 0 })
    }

    /// Writes a fact about the file.
    pub fn aux(&mut self, name: &str, text: &[u8]) -> io::Result<()> {
        self.out.chunk().push(opcode::AUX);
        value::string::encode(name.as_bytes(), &mut self.out)?;
        value::string::encode(text, &mut self.out)
    }

    /// Writes a library of functions. The layout's version must know them.
    pub fn function(&mut self, code: &[u8]) -> io::Result<()> {
        self.out.chunk().push(opcode::FUNCTION2);
        value::string::encode(code, &mut self.out)
    }

    /// Begins a database of so many keys, of which so many have an expiry.
    pub fn database(&mut self, index: DbIndex, keys: u64, expires: u64) -> io::Result<()> {
        let chunk = self.out.chunk();
        chunk.push(opcode::SELECTDB);
        length::put(index as u64, chunk);
        chunk.push(opcode::RESIZEDB);
        length::put(keys, chunk);
        length::put(expires, chunk);
        self.out.pass()
    }

    /// Writes a key of the database begun last.
    #[inline]
    pub fn entry(&mut self, entry: &Entry, usage: Option<Usage>) -> io::Result<()> {
        let value = entry.value();
        if let Some((name, text)) = value::note(&value) {
            self.aux(name, &text)?;
        }
        let chunk = self.out.chunk();
        if let Some(at) = entry.expires_at() {
            chunk.push(opcode::EXPIRETIME_MS);
            chunk.extend_from_slice(&at.to_le_bytes());
        }
        match usage {
            None => {}
            Some(Usage::IdleSeconds(seconds)) => {
                chunk.push(opcode::IDLE);
                length::put(seconds, chunk);
            }
            Some(Usage::Frequency(counter)) => {
                chunk.extend_from_slice(&[opcode::FREQ, counter]);
            }
        }
        let code = value::type_code(&value, self.out.dialect());
        self.out.chunk().push(code);
        value::string::encode(entry.key(), &mut self.out)?;
        value::encode(&value, &mut self.out)?;
        self.keys += 1;
        if self.keys.is_multiple_of(KEYS_BETWEEN_NEWS) {
            self.out.sink().keys_encoded(self.keys);
        }
        self.out.pass()
    }

    /// Ends with the checksum; gives the sink back.
    pub fn finish(mut self) -> io::Result<(S, Written)> {
        self.out.chunk().push(opcode::EOF);
        let checksum = self.out.checksum().to_le_bytes();
        self.out.chunk().extend_from_slice(&checksum);
        self.out.sink().keys_encoded(self.keys);
        let written = Written { keys: self.keys, bytes: self.out.offset() };
        Ok((self.out.finish()?, written))
    }
}

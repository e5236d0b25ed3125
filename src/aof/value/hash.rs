//! Hashes: `HMSET key field value ...`.

use std::io;

use super::rebuild::{Elements, Rebuild};
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::hash::Hash;

impl Rebuild for Hash {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        let commands = Elements { command: b"HMSET", key, arguments_each: 2 };
        commands.write(self.len(), self.iter(), writer, |(field, value), writer| {
            writer.element(field)?;
            writer.string(&value)
        })
    }
}

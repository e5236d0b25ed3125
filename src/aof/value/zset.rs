//! Sorted sets: `ZADD key score member ...`, in order.

use std::io;

use super::rebuild::{Elements, Rebuild};
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::zset::SortedSet;

impl Rebuild for SortedSet {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        let commands = Elements { command: b"ZADD", key, arguments_each: 2 };
        commands.write(self.len(), self.iter(), writer, |(member, score), writer| {
            writer.score(score)?;
            writer.element(member)
        })
    }
}

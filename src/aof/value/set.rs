//! Sets: `SADD key member ...`.

use std::io;

use super::rebuild::{Elements, Rebuild};
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::set::Set;

impl Rebuild for Set {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        let commands = Elements { command: b"SADD", key, arguments_each: 1 };
        commands.write(self.len(), self.iter(), writer, |member, writer| writer.element(member))
    }
}

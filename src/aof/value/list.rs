//! Lists: `RPUSH key element ...`, from the left on.

use std::io;

use super::rebuild::{Elements, Rebuild};
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::list::List;

impl Rebuild for List {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        let commands = Elements { command: b"RPUSH", key, arguments_each: 1 };
        commands.write(self.len(), self.iter(), writer, |element, writer| writer.element(element))
    }
}

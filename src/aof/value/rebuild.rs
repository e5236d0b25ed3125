//! What a type answers to, to be made anew by commands.

use std::cmp::min;
use std::io;

use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::Value;

/// No command has more elements, as in Redis.
const ELEMENTS_MAX: usize = 64;

/// A type whose values are made by commands.
pub trait Rebuild: Value {
    /// Writes the commands that give `key`, which is not there, this value.
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()>;
}

/// The commands of one collection, and what is still to come of its elements.
pub(super) struct Elements<'a> {
    pub command: &'a [u8],
    pub key: &'a [u8],
    /// Of each element: two for a field and its value.
    pub arguments_each: usize,
}

impl Elements<'_> {
    /// Writes the elements, `len` of them, 64 to a command; `write` writes the arguments of one.
    pub fn write<T, S: ChunkSink>(
        &self,
        len: usize,
        elements: impl Iterator<Item = T>,
        writer: &mut Writer<S>,
        mut write: impl FnMut(T, &mut Writer<S>) -> io::Result<()>,
    ) -> io::Result<()> {
        for (index, element) in elements.enumerate() {
            if index.is_multiple_of(ELEMENTS_MAX) {
                let count = min(len.saturating_sub(index), ELEMENTS_MAX);
                writer.begin(2 + count * self.arguments_each, self.command)?;
                writer.text(self.key)?;
            }
            write(element, writer)?;
        }
        Ok(())
    }
}

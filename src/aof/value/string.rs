//! Strings: `SET key value`.

use std::io;

use super::rebuild::Rebuild;
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::big_string::BigString;
use crate::store::value::{ObjectRef, ValueRef};

/// Of a string in any form.
pub(super) fn write<S: ChunkSink>(
    key: &[u8],
    value: &ValueRef<'_>,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    writer.begin(3, b"SET")?;
    writer.text(key)?;
    writer.string(value)
}

impl Rebuild for BigString {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        write(key, &ValueRef::Object(ObjectRef::String(self)), writer)
    }
}

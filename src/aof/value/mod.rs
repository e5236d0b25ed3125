//! Values: one file for each type, which says by which commands a value is made.

mod hash;
mod list;
mod rebuild;
mod set;
mod stream;
mod string;
mod zset;

use std::io;

use super::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::{ObjectRef, ValueRef, with_types};
use rebuild::Rebuild;

macro_rules! dispatch {
    ($($(#[$attribute:meta])* $name:ident($type:ty) = $kind:literal,)*) => {
        fn write_object<S: ChunkSink>(
            key: &[u8],
            object: ObjectRef<'_>,
            writer: &mut Writer<S>,
        ) -> io::Result<()> {
            match object {
                $($(#[$attribute])* ObjectRef::$name(value) => Rebuild::write(value, key, writer),)*
            }
        }
    };
}
with_types!(dispatch);

/// Writes the commands that give a key, which is not there, this value.
pub fn write<S: ChunkSink>(
    key: &[u8],
    value: &ValueRef<'_>,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    match *value {
        ValueRef::Object(object) => write_object(key, object, writer),
        ValueRef::Int(_) | ValueRef::Str(_) => string::write(key, value, writer),
    }
}

//! Values: one file for each type, its encoder and decoder side by side.
//!
//! A new type adds its file and names it here, and nothing else: reader, writer, load, save, `DUMP`
//! and `RESTORE` go through these three functions.

pub mod coded;
mod hash;
mod list;
mod pairs;
mod set;
mod stream;
pub mod string;
#[cfg(test)]
pub mod testing;
mod zset;

use std::io::{self, Read};

use crate::store::value::stream::Stream;
use crate::store::value::{NewValue, ObjectRef, ValueRef, with_types};

use super::dialect::Dialect;
use super::error::{RdbError, RdbErrorKind};
use super::input::Input;
use super::opcode;
use super::output::{ChunkSink, Output};
pub use coded::{Coded, Scratch};

macro_rules! dispatch {
    ($($(#[$attribute:meta])* $name:ident($type:ty) = $kind:literal,)*) => {
        fn object_code(object: ObjectRef<'_>, dialect: Dialect) -> u8 {
            match object {
                $($(#[$attribute])* ObjectRef::$name(value) => Coded::type_code(value, dialect),)*
            }
        }

        fn encode_object<S: ChunkSink>(
            object: ObjectRef<'_>,
            out: &mut Output<S>,
        ) -> io::Result<()> {
            match object {
                $($(#[$attribute])* ObjectRef::$name(value) => Coded::encode(value, out),)*
            }
        }

        /// Whether values with that type byte are read.
        pub fn is_known(code: u8) -> bool {
            false $($(#[$attribute])* || <$type as Coded>::CODES.contains(&code))*
        }

        /// Reads the value that follows the type byte `code`; `key` names it in an error.
        #[inline]
        pub fn decode<'a, R: Read>(
            code: u8,
            key: &[u8],
            input: &'a mut Input<R>,
            scratch: &'a mut Scratch,
        ) -> Result<NewValue<'a>, RdbError> {
            match code {
                $($(#[$attribute])* code if <$type as Coded>::CODES.contains(&code) => {
                    <$type as Coded>::decode(code, input, scratch)
                })*
                _ => Err(refuse(code, key, input)),
            }
        }
    };
}
with_types!(dispatch);

/// The type byte under which [`encode`] writes a value.
#[inline]
pub fn type_code(value: &ValueRef<'_>, dialect: Dialect) -> u8 {
    match *value {
        ValueRef::Int(_) | ValueRef::Str(_) => opcode::STRING,
        ValueRef::Object(object) => object_code(object, dialect),
    }
}

/// What is told before the key of a value that its layout leaves out, and under which name.
#[inline]
pub fn note(value: &ValueRef<'_>) -> Option<(&'static str, Vec<u8>)> {
    match *value {
        ValueRef::Object(ObjectRef::Stream(stream)) => {
            Some((opcode::AUX_STREAM, stream::note::of(stream)?))
        }
        _ => None,
    }
}

/// Whether a note may stand before a key with that type byte.
pub fn takes_note(code: u8) -> bool {
    <Stream as Coded>::CODES.contains(&code)
}

/// Writes a value without its type byte.
#[inline]
pub fn encode<S: ChunkSink>(value: &ValueRef<'_>, out: &mut Output<S>) -> io::Result<()> {
    match *value {
        ValueRef::Int(number) => string::encode_int(number, out),
        ValueRef::Str(text) => string::encode(text, out),
        ValueRef::Object(object) => encode_object(object, out),
    }
}

#[cold]
fn refuse<R: Read>(code: u8, key: &[u8], input: &Input<R>) -> RdbError {
    input.error(match opcode::value_type(code) {
        Some(value_type) => RdbErrorKind::UnsupportedType { key: key.to_vec(), value_type },
        None => RdbErrorKind::UnknownType(code),
    })
}

//! Values: one file for each type, its encoder and decoder side by side.
//!
//! A new type adds its file, one arm in each function here, and nothing else: reader, writer,
//! load, save, `DUMP` and `RESTORE` go through these three.

pub mod string;

use std::io::{self, Read};

use crate::store::value::{NewValue, Object, ValueRef};

use super::error::{RdbError, RdbErrorKind};
use super::input::Input;
use super::opcode;
use super::output::{ChunkSink, Output};

/// The memory that decoding one value after the other uses again.
#[derive(Default)]
pub struct Scratch {
    /// A string as it stood in the file, when that is longer than the input's buffer.
    packed: Vec<u8>,
    /// A string after unpacking.
    text: Vec<u8>,
}

/// The type byte under which [`encode`] writes a value: the oldest that can hold it.
#[inline]
pub fn type_code(value: &ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Int(_) | ValueRef::Str(_) | ValueRef::Object(Object::String(_)) => opcode::STRING,
    }
}

/// Writes a value without its type byte.
#[inline]
pub fn encode<S: ChunkSink>(value: &ValueRef<'_>, out: &mut Output<S>) -> io::Result<()> {
    match value {
        ValueRef::Int(number) => string::encode_int(*number, out),
        ValueRef::Str(text) => string::encode(text, out),
        ValueRef::Object(Object::String(text)) => string::encode_str(text.as_str(), out),
    }
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
        opcode::STRING => string::decode(input, scratch),
        _ => Err(refuse(code, key, input)),
    }
}

#[cold]
fn refuse<R: Read>(code: u8, key: &[u8], input: &Input<R>) -> RdbError {
    input.error(match opcode::value_type(code) {
        Some(value_type) => RdbErrorKind::UnsupportedType { key: key.to_vec(), value_type },
        None => RdbErrorKind::UnknownType(code),
    })
}

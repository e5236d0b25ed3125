//! What a type answers to, to stand in an RDB.

use std::io::{self, Read};

use crate::rdb::dialect::Dialect;
use crate::rdb::error::RdbError;
use crate::rdb::input::Input;
use crate::rdb::output::{ChunkSink, Output};
use crate::store::value::{Limits, NewValue, Value};

/// The memory that decoding one value after the other uses again.
#[derive(Default)]
pub struct Scratch {
    /// A string as it stood in the file, when that is longer than the input's buffer.
    pub(super) packed: Vec<u8>,
    /// A string after unpacking.
    pub(super) text: Vec<u8>,
    /// What was told before the key of the next stream; see [`opcode::AUX_STREAM`].
    ///
    /// [`opcode::AUX_STREAM`]: crate::rdb::opcode::AUX_STREAM
    pub note: Option<Vec<u8>>,
    /// In which form collections are made.
    pub limits: Limits,
}

/// A type that is written and read.
pub trait Coded: Value {
    /// The type bytes that it is read from.
    const CODES: &'static [u8];

    /// The type byte that [`Coded::encode`] writes for in a dialect.
    fn type_code(&self, dialect: Dialect) -> u8;

    /// Writes the value without its type byte.
    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()>;

    /// Reads the value that follows the type byte `code`, one of [`Coded::CODES`].
    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError>;
}

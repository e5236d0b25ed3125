//! RDB: the file format of snapshots, full syncs and `DUMP`.
//!
//! Down the page as bytes flow out: [`save`] walks a snapshot, [`writer`] puts the records in
//! order, [`value`] encodes one value (a file for each type, its decoder beside it), [`output`]
//! gathers chunks and hands them to a [`output::ChunkSink`]. And in: [`input`] buffers and sums
//! what an `io::Read` gives, [`reader`] yields one item after the other, [`load`] puts the entries
//! into a data set and [`report`] what the file said. [`dump`] does the same for one value as `DUMP` and `RESTORE` carry it.
//!
//! Nothing here opens files or sockets, starts threads or reads a clock.

#![deny(clippy::indexing_slicing)]

pub mod dialect;
pub mod dump;
pub mod error;
pub mod input;
pub mod key_delay;
pub mod length;
pub mod load;
pub mod lzf;
pub mod opcode;
pub mod output;
pub mod reader;
pub mod report;
pub mod save;
pub mod usage;
pub mod value;
pub mod writer;

pub use error::{RdbError, RdbErrorKind};

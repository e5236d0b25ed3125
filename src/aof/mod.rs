//! The append-only log's form of a data set: commands that make it anew.
//!
//! A base file is an RDB or, with `aof-use-rdb-preamble no`, commands. [`commands`] walks a snapshot
//! as `rdb::save` does, [`value`] says with which commands each type is made (a file for each),
//! [`writer`] lays them out, and [`annotation`] is the line that says when. Both forms go through the same sink, in chunks of the same size.
//!
//! Nothing here opens files, starts threads or reads a clock.

#![deny(clippy::indexing_slicing)]

pub mod annotation;
pub mod commands;
pub mod value;
pub mod writer;

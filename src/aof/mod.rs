//! The form of the append-only file, as Redis 7 has it: a folder with a manifest, a base and files
//! that go on from it. What is in these files is the replication stream, byte for byte, between
//! annotations that every reader skips.
//!
//! ```text
//! appendonlydir/
//!   appendonly.aof.manifest        file appendonly.aof.2.base.rdb seq 2 type b
//!                                  file appendonly.aof.5.incr.aof seq 5 type i
//!   appendonly.aof.2.base.rdb      a snapshot
//!   appendonly.aof.5.incr.aof      SELECT 0
//!                                  #STREAM:<replid>:<offset>:<second>:<until>
//!                                  the stream from that offset on
//! ```
//! [`manifest`] says which files there are, [`records`] takes one apart, [`mark`] is the annotation
//! by which a file knows whose stream it holds, and from where, [`annotation`] the one that says when.
//!
//! A base is an RDB or, with `aof-use-rdb-preamble no`, commands that make the data set anew:
//! [`commands`] walks a snapshot as `rdb::save` does, [`value`] says with which commands each type is
//! made (a file for each), [`writer`] lays them out. Both forms go through the same sink, in chunks of
//! the same size.
//!
//! Nothing here opens files, starts threads or reads a clock.

#![deny(clippy::indexing_slicing)]

pub mod annotation;
pub mod commands;
pub mod manifest;
pub mod mark;
pub mod records;
pub mod value;
pub mod writer;

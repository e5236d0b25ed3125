//! Snapshots to files and back.
//!
//! [`save`] writes a snapshot, [`load`] reads a file into a data set of its own. Both are plain
//! functions that block, with a thread around each that tells the Keyspace of the end; neither
//! touches what the Keyspace owns. [`error`] has what can go wrong on the way, in Redis's words.

mod builder;
pub mod error;
pub mod load;
pub mod loaded;
pub mod log;
pub mod save;

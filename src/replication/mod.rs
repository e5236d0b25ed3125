//! Replication: the master's side, the replica's side, and the pure model of both.

#![deny(clippy::indexing_slicing)]

pub mod credit;
pub mod forwarder;
pub mod loader;
pub mod manager;
pub mod master_link;
pub mod messages;
pub mod migrator;
pub mod model;
mod open;
pub mod replica_link;
pub mod shared_backlog;
mod stored_reader;
pub mod transfer;

//! What commands mean. A family is a folder with a table of rows; an operation is a file with
//! its row, its handler and its tests.

#![deny(clippy::indexing_slicing)]

pub mod args;
#[allow(clippy::indexing_slicing, reason = "parts are cut at places reckoned from checked offsets")]
pub mod bitmap;
pub mod call;
pub mod catalog;
pub mod channel_spec;
pub mod choice;
pub mod cluster;
pub mod command;
pub mod config;
pub mod connection;
pub mod destination;
pub mod docs;
pub mod effect;
pub mod elements;
pub mod error;
pub mod facts;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod introspection;
pub mod key_spec;
pub mod keys;
pub mod list;
pub mod multi_pop;
pub mod persistence;
pub mod pubsub;
pub mod range;
pub mod registry;
pub mod replication;
pub mod server;
pub mod set;
#[allow(clippy::indexing_slicing, reason = "a table of fixed size, indexed by its own mask")]
mod short_name;
pub mod stream;
pub mod string;
pub mod transactions;
pub mod waiting;
pub mod zset;

#[cfg(test)]
mod tests;

use command::Command;

/// Every family.
pub const FAMILIES: &[&[Command]] = &[
    bitmap::COMMANDS,
    cluster::COMMANDS,
    config::COMMANDS,
    connection::COMMANDS,
    generic::COMMANDS,
    geo::COMMANDS,
    hash::COMMANDS,
    hyperloglog::COMMANDS,
    introspection::COMMANDS,
    list::COMMANDS,
    persistence::COMMANDS,
    stream::COMMANDS,
    string::COMMANDS,
    transactions::COMMANDS,
    replication::COMMANDS,
    server::COMMANDS,
    set::COMMANDS,
    zset::COMMANDS,
    pubsub::COMMANDS,
];

//! Understudy: a Redis-compatible in-memory server whose heart is replication.
//!
//! The modules are layers; imports go downwards only (`tests/layering.rs`).
//!
//! 1. facts: [`base`], [`resp`]
//! 2. state: [`config`], [`store`], [`rdb`], [`clients`], [`pubsub`], [`telemetry`],
//!    [`replication::model`], [`state`], [`info`]
//! 3. meaning: [`commands`]
//! 4. actors: [`keyspace`], [`replication`], [`persistence`], [`net`]
//! 5. edges: [`cli`], [`process`]; [`server`] puts all together.

pub mod base;
pub mod cli;
pub mod clients;
pub mod commands;
pub mod config;
pub mod info;
pub mod keyspace;
pub mod net;
pub mod persistence;
pub mod process;
pub mod pubsub;
pub mod rdb;
pub mod replication;
pub mod resp;
pub mod server;
pub mod state;
pub mod store;
pub mod telemetry;

/// Redis uses jemalloc too; its statistics are what INFO memory prints.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

//! Understudy: a Redis-compatible in-memory server whose heart is replication.
//!
//! The modules are layers; imports go downwards only (`tests/layering`).
//!
//! 1. facts: [`base`], [`resp`], [`background`]
//! 2. state: [`config`], [`store`], [`rdb`], [`aof`], [`clients`], [`pubsub`], [`telemetry`],
//!    [`replication::model`], [`state`], [`info`]
//! 3. meaning: [`commands`]
//! 4. actors: [`keyspace`], [`replication`], [`persistence`], [`net`]
//! 5. edges: [`cli`], [`process`]; [`server`] puts all together.
//!
//! # The way of a SET
//!
//! ```text
//! net/connection.rs     reads the socket; resp/parser.rs takes every complete command out of the
//!    │                  buffer, and the whole pipeline goes on as one message
//!    │ Execute
//!    ▼
//! keyspace/actor.rs     fetches the keys of the next commands from memory, then runs one by one
//! keyspace/execute.rs   finds the row in commands/registry.rs, asks the gates of
//!    │                  keyspace/admission.rs, calls the handler
//!    ▼
//! commands/string/set.rs   parses everything, then acts through commands/keys/
//! store/database.rs        puts the entry into store/tree.rs: in place, or into copies of the
//!    │                     nodes that a snapshot holds too
//!    ▼
//! keyspace/propagate.rs ─► replication/model/feed.rs: the command's bytes, and the offset
//!    │ Replies                     │ Appended, when the mailbox has run dry
//!    ▼                             ▼
//! net/connection.rs            replication/manager.rs ─► model/backlog.rs ─► replica_link.rs × N
//! ```
//!
//! `docs/architecture.md` walks the same way in words, and that of a sync.

// A function fits a screen, and nothing that a peer or a file says may end the process: what cannot
// happen says why where it stands.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::too_many_lines)]

pub mod aof;
pub mod background;
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
#[cfg(not(feature = "system-allocator"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

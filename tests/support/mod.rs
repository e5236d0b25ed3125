//! What the integration tests stand on: servers as processes, a small client, links that fail
//! on command, and waiting for conditions.
//!
//! Each folder of `tests/` is one test binary and takes this module in with
//! `#[path = "../support/mod.rs"] mod support;`.
//!
//! "Ours" is the binary of this package, or the one that `UNDERSTUDY_BIN` names. With
//! `UNDERSTUDY_BIN=/usr/bin/redis-server` redis-server plays our part, which is how a test
//! proves that it asks for what Redis does; [`played_by_redis`] tells, for the few tests that
//! ask for more.

// No binary uses all of it.
#![allow(dead_code, unused_imports)]

mod client;
mod collections;
mod data;
mod fake_master;
mod faults;
mod info;
mod load;
mod peers;
mod proxy;
mod raw_replica;
mod server;
mod streams;
mod wait;

pub use client::{Client, Value, encode};
pub use collections::{fill_collections, write_collections};
pub use data::{Random, digest, fill, fill_db, wait_equal_digests};
pub use fake_master::{FakeLink, FakeMaster};
pub use faults::Faults;
pub use info::{Info, info, info_field, info_names, wait_info};
pub use load::{Load, LoadReport};
pub use peers::{find_peer, peer_folder, peer_program};
pub use proxy::{Direction, FaultProxy};
pub use raw_replica::{Grant, RawReplica};
pub use server::{
    Kind, Server, TempHome, free_port, ours, played_by_redis, program, replica_of, run_to_exit,
};
pub use wait::{PATIENCE, comes_true, wait_for, wait_until};

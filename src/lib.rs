//! Understudy: a Redis-compatible in-memory server whose heart is replication.
//!
//! The modules are layers; imports go downwards only (`tests/layering.rs`).

pub mod base;
pub mod cli;
pub mod config;
pub mod rdb;
pub mod replication;
pub mod resp;
pub mod store;

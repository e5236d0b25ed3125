//! Our settings against those of redis-server 7.0.15: names, defaults, values and messages.
//!
//! The library is asked, not our server: what CONFIG does over the wire is a matter of the
//! replication and interop tests.

#[path = "../support/mod.rs"]
mod support;

mod ineffective;
mod lines;
mod operators;
mod rewrite;
mod values;
mod world;

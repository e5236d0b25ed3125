//! One server by itself: its wire, its limits, its start and its files.

#[path = "../support/mod.rs"]
mod support;

mod blocking;
mod buffers;
mod client_eviction;
mod commands;
mod connections;
mod expiry;
mod info;
mod listening;
mod migrate;
mod monitor;
mod persistence;
mod process;
mod protocol;
mod scan;
mod sessions;
mod start;
mod stream_blocking;
mod waiting;

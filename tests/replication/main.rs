//! How a master and its replicas behave, each ours.

#[path = "../support/mod.rs"]
mod support;

mod acks;
mod auth;
mod backlog;
mod bad_masters;
mod bad_payloads;
mod basics;
mod benchmark;
mod changed_streams;
mod churn;
mod collisions;
mod eviction;
mod expiry;
mod failover;
mod forwarding;
mod gates;
mod history;
mod info;
mod lag;
mod last_words;
mod load_modes;
mod log_lines;
mod many_replicas;
mod masters_stream;
mod public_reports;
mod quorum;
mod role_changes;
mod served_from_disk;
mod short_lives;
mod slow_links;
mod slow_replicas;
mod stream;
mod stream_of_anything;
mod timeouts;
mod transfers;
mod waitaof;
mod wipes;

use support::{Server, ours, replica_of};

/// A master of ours and its replica of ours, both with these arguments, the link up.
fn pair(args: &[&str]) -> (Server, Server) {
    let master = ours(args);
    let replica = replica_of(master.port, args);
    (master, replica)
}

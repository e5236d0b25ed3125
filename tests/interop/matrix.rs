//! 100,000 keys before the sync, a stream of every kind of write during it, equal digests after.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// Each server follows the one before it; the first takes the writes.
fn a_chain_ends_with_equal_data(kinds: &[Kind], args: &[&str]) {
    let master = Server::start(kinds[0], args);
    fill(&master, 100_000);
    fill_db(&master, 9, 1_000);
    fill_collections(&master, 500);
    let load = Load::start(&master);
    load.wait_more(1_000);
    let mut chain = vec![master];
    for &kind in &kinds[1..] {
        let above = chain.last().expect("a master").port;
        chain.push(Server::start_replica(kind, above, args));
    }
    for replica in &chain[1..] {
        replica.wait_link_up();
    }
    load.wait_more(3_000);
    load.stop();
    let all: Vec<&Server> = chain.iter().collect();
    wait_equal_digests(&all);
    for pair in all.windows(2) {
        let replids = [pair[0], pair[1]].map(|s| info_field(s, "replication", "master_replid"));
        assert_eq!(replids[0], replids[1]);
        assert_eq!(info_field(pair[0], "stats", "sync_partial_err"), "0");
    }
}

#[test]
fn real_master_feeds_our_replica() {
    a_chain_ends_with_equal_data(&[RealRedis, Understudy], &[]);
}

#[test]
fn our_master_feeds_a_real_replica() {
    a_chain_ends_with_equal_data(&[Understudy, RealRedis], &[]);
}

#[test]
fn our_master_feeds_our_replica() {
    a_chain_ends_with_equal_data(&[Understudy, Understudy], &[]);
}

#[test]
fn our_replica_in_the_middle_of_a_chain_passes_the_stream_on() {
    a_chain_ends_with_equal_data(&[RealRedis, Understudy, RealRedis], &[]);
}

#[test]
fn real_replica_in_the_middle_of_a_chain_passes_our_stream_on() {
    a_chain_ends_with_equal_data(&[Understudy, RealRedis, Understudy], &[]);
}

#[test]
fn a_real_master_that_syncs_through_its_disk_feeds_our_replica() {
    a_chain_ends_with_equal_data(&[RealRedis, Understudy], &["--repl-diskless-sync", "no"]);
}

/// A master that refuses PSYNC is asked with SYNC, and feeds the stream all the same.
#[test]
fn a_real_master_without_psync_feeds_our_replica() {
    for diskless in ["yes", "no"] {
        let args = ["--repl-diskless-sync", diskless, "--rename-command", "PSYNC", ""];
        let master = Server::start(RealRedis, &args);
        master.ok("set before 1");
        let replica = replica_of(master.port, &[]);
        replica.wait_for_log("Retrying with SYNC...");
        master.ok("set after 1");
        wait_equal_digests(&[&master, &replica]);
    }
}

#[test]
fn our_master_without_diskless_sync_feeds_a_real_replica() {
    a_chain_ends_with_equal_data(&[Understudy, RealRedis], &["--repl-diskless-sync", "no"]);
}

#[test]
fn a_real_replica_that_loads_from_the_socket_reads_our_snapshot() {
    let args = ["--repl-diskless-load", "swapdb"];
    a_chain_ends_with_equal_data(&[Understudy, RealRedis], &args);
}

#[test]
fn data_without_compression_and_checksum_arrives_equal_both_ways() {
    let args = ["--rdbcompression", "no", "--rdbchecksum", "no"];
    a_chain_ends_with_equal_data(&[Understudy, RealRedis, Understudy], &args);
}

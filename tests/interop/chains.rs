//! A master, its replica, and the replica's replica, each ours or redis-server: one stream, one name,
//! and promotions in each place.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// PINGs are part of the stream: without them offsets stand still between writes.
const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

/// Makes a test of a function over the kinds of a chain, from the top down, for each mixed chain.
macro_rules! for_each_chain {
    ($name:ident) => {
        mod $name {
            use super::*;

            #[test]
            fn of_real_ours_real() {
                super::$name([RealRedis, Understudy, RealRedis]);
            }
            #[test]
            fn of_ours_real_ours() {
                super::$name([Understudy, RealRedis, Understudy]);
            }
            #[test]
            fn of_real_ours_ours() {
                super::$name([RealRedis, Understudy, Understudy]);
            }
            #[test]
            fn of_ours_ours_real() {
                super::$name([Understudy, Understudy, RealRedis]);
            }
            #[test]
            fn of_ours_ours_ours() {
                super::$name([Understudy; 3]);
            }
        }
    };
}

/// A chain that is up, with data in it.
fn chain(kinds: [Kind; 3]) -> [Server; 3] {
    let [top, middle, last] = kinds;
    let top = Server::start(top, &QUIET);
    fill(&top, 2_000);
    let middle = Server::start_replica(middle, top.port, &QUIET);
    middle.wait_link_up();
    let last = Server::start_replica(last, middle.port, &QUIET);
    last.wait_link_up();
    top.ok("set first 1");
    wait_same([&top, &middle, &last]);
    [top, middle, last]
}

fn replication(server: &Server, field: &str) -> String {
    info_field(server, "replication", field)
}

/// All have one name, one offset, and the same data.
#[track_caller]
fn wait_same<const N: usize>(servers: [&Server; N]) {
    let named = |server: &Server| {
        (replication(server, "master_replid"), replication(server, "master_repl_offset"))
    };
    wait_for(PATIENCE, "one name and offset", || {
        let all = servers.map(named);
        if all.iter().all(|one| *one == all[0]) { Ok(()) } else { Err(format!("{all:?}")) }
    });
    wait_equal_digests(&servers);
}

/// So many of the bytes behind `offset`, as a replica gets them that continues there.
fn stream_of(server: &Server, replid: &str, offset: i64, bytes: usize) -> Vec<u8> {
    let mut replica = RawReplica::connect(server);
    let sync = replica.psync(replid, offset + 1);
    assert!(matches!(sync, Grant::Continue { .. }), "{sync:?}");
    replica.link.recv(bytes)
}

fn every_server_passes_the_same_bytes_on(kinds: [Kind; 3]) {
    let servers = chain(kinds);
    let [top, middle, last] = &servers;
    let replid = replication(top, "master_replid");
    let from: i64 = replication(top, "master_repl_offset").parse().expect("a number");
    let mut client = top.client();
    for line in [
        "set a 1 px 100000",
        "incrbyfloat a 0.5",
        "multi",
        "lpush l 1 2 3",
        "spop s",
        "sadd s 1 2 3",
        "spop s",
        "exec",
        "select 3",
        "zadd z 1 a 2 b",
        "publish channel message",
        "getdel nothing",
        "set gone 1 px 1",
        "xadd x * f v",
    ] {
        assert!(!client.run(line).is_error(), "{line}");
    }
    // Whoever finds it expired tells those below.
    wait_until(PATIENCE, "the expiry", || client.run("exists gone") == 0);
    wait_same([top, middle, last]);
    let end: i64 = replication(last, "master_repl_offset").parse().expect("a number");
    let bytes = (end - from) as usize;
    let wanted = stream_of(top, &replid, from, bytes);
    for server in [middle, last] {
        let got = stream_of(server, &replid, from, bytes);
        assert!(got == wanted, "{}\n{}", got.escape_ascii(), wanted.escape_ascii());
    }
}
for_each_chain!(every_server_passes_the_same_bytes_on);

/// Nobody needs a data set: the promoted one's own replica, its old master and a sibling continue
/// with the name that was.
fn a_promotion_in_the_middle_keeps_all_others_by_partial_resync(kinds: [Kind; 3]) {
    let [top, middle, last] = chain(kinds);
    let sibling = Server::start_replica(Understudy, top.port, &QUIET);
    sibling.wait_link_up();
    top.ok("set second 1");
    wait_same([&top, &middle, &last, &sibling]);
    let old = replication(&top, "master_replid");
    let offset: i64 = replication(&top, "master_repl_offset").parse().expect("a number");
    let full_before = info_field(&top, "stats", "sync_full");

    assert_eq!(middle.run("replicaof no one"), "OK");
    middle.ok("set promoted 1");
    assert_eq!(replication(&middle, "master_replid2"), old);
    assert_eq!(replication(&middle, "second_repl_offset"), (offset + 1).to_string());
    last.wait_link_up();
    wait_same([&middle, &last]);
    top.replicaof(middle.port);
    sibling.replicaof(last.port);
    top.wait_link_up();
    sibling.wait_link_up();
    middle.ok("set all 1");
    wait_same([&middle, &last, &top, &sibling]);
    assert_eq!(info_field(&middle, "stats", "sync_full"), "1", "that of its replica at the start");
    assert_eq!(info_field(&last, "stats", "sync_full"), "0");
    assert_eq!(info_field(&top, "stats", "sync_full"), full_before);
}
for_each_chain!(a_promotion_in_the_middle_keeps_all_others_by_partial_resync);

/// The chain stands on its head: each follows the one that followed it.
fn a_promotion_at_the_end_turns_the_chain_around_by_partial_resync(kinds: [Kind; 3]) {
    let [top, middle, last] = chain(kinds);
    let full = [&top, &middle, &last].map(|server| info_field(server, "stats", "sync_full"));
    assert_eq!(last.run("replicaof no one"), "OK");
    middle.replicaof(last.port);
    middle.wait_link_up();
    last.ok("set turned 1");
    wait_same([&middle, &last]);
    top.replicaof(middle.port);
    top.wait_link_up();
    last.ok("set all 1");
    wait_same([&last, &middle, &top]);
    // And the top, which is the end now, takes its place back.
    assert_eq!(top.run("replicaof no one"), "OK");
    middle.replicaof(top.port);
    middle.wait_link_up();
    last.replicaof(middle.port);
    last.wait_link_up();
    top.ok("set back 1");
    wait_same([&top, &middle, &last]);
    let after = [&top, &middle, &last].map(|server| info_field(server, "stats", "sync_full"));
    assert_eq!(after, full);
}
for_each_chain!(a_promotion_at_the_end_turns_the_chain_around_by_partial_resync);

/// What the promoted one never had cannot be continued.
fn a_server_ahead_of_the_promoted_one_takes_its_data_set(kinds: [Kind; 3]) {
    let [top, middle, last] = chain(kinds);
    assert_eq!(last.run("replicaof no one"), "OK");
    top.ok("set unseen 1");
    wait_same([&top, &middle]);
    last.ok("set other 1");
    middle.replicaof(last.port);
    middle.wait_link_up();
    top.replicaof(middle.port);
    top.wait_link_up();
    wait_same([&last, &middle, &top]);
    assert_eq!(top.run("exists unseen other"), 1);
    assert_eq!(info_field(&last, "stats", "sync_full"), "1");
}
for_each_chain!(a_server_ahead_of_the_promoted_one_takes_its_data_set);

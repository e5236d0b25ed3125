//! Masters and replicas that change places.

use crate::support::*;

/// PINGs are part of the stream: without them offsets stand still between writes.
const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

fn a_master_follows_its_promoted_replica_by_partial_resync(first: Kind, second: Kind) {
    let first = Server::start(first, &QUIET);
    fill(&first, 2_000);
    let second = Server::start_replica(second, first.port, &QUIET);
    second.wait_link_up();
    first.write_through("set before promotion", 1);
    let old_replid = info_field(&first, "replication", "master_replid");

    assert_eq!(second.run("replicaof no one"), "OK");
    assert_eq!(info_field(&second, "replication", "role"), "master");
    assert_eq!(info_field(&second, "replication", "master_replid2"), old_replid);
    assert_ne!(info_field(&second, "replication", "master_replid"), old_replid);
    second.ok("set after promotion");
    first.replicaof(second.port);
    first.wait_link_up();
    second.ok("set after return");

    assert_eq!(info_field(&second, "stats", "sync_partial_ok"), "1");
    assert_eq!(info_field(&second, "stats", "sync_full"), "0");
    wait_equal_digests(&[&first, &second]);
    let new_replid = info_field(&second, "replication", "master_replid");
    assert_eq!(info_field(&first, "replication", "master_replid"), new_replid);
    if !first.kind.is_valkey() {
        first.wait_for_log("Master replication ID changed to");
    }

    // And back again: the first is promoted, the second returns to it.
    second.write_through("set back again", 1);
    assert_eq!(first.run("replicaof no one"), "OK");
    second.replicaof(first.port);
    second.wait_link_up();
    first.ok("set third history");
    assert_eq!(info_field(&first, "stats", "sync_partial_ok"), "1");
    wait_equal_digests(&[&first, &second]);
}
for_each_pair!(a_master_follows_its_promoted_replica_by_partial_resync);

/// The write that only the old master has is lost, and the data is equal in the end.
fn a_master_with_writes_nobody_saw_takes_a_full_resync(first: Kind, second: Kind) {
    let first = Server::start(first, &QUIET);
    fill(&first, 2_000);
    let second = Server::start_replica(second, first.port, &QUIET);
    second.wait_link_up();
    assert_eq!(second.run("replicaof no one"), "OK");
    first.ok("set only here");
    second.ok("set only there");
    first.replicaof(second.port);
    first.wait_link_up();
    assert_eq!(info_field(&second, "stats", "sync_full"), "1");
    assert_eq!(first.run("exists only"), 1);
    wait_equal_digests(&[&first, &second]);
}
for_each_pair!(a_master_with_writes_nobody_saw_takes_a_full_resync);

/// Sub-replicas share their master's history, so that after a promotion in the middle they go
/// on, and a sibling can follow the promoted one.
fn siblings_follow_the_promoted_one_by_partial_resync(promoted: Kind, sibling: Kind) {
    // Of the other kind than ours: who is older than another cannot read its file.
    let kinds = [promoted, sibling, Kind::RealRedis];
    let master = kinds.into_iter().find(|kind| *kind != Kind::Understudy).expect("three kinds");
    let master = Server::start(master, &QUIET);
    fill(&master, 2_000);
    let promoted = Server::start_replica(promoted, master.port, &QUIET);
    let sibling = Server::start_replica(sibling, master.port, &QUIET);
    promoted.wait_link_up();
    sibling.wait_link_up();
    master.write_through("set before promotion", 2);
    assert_eq!(promoted.run("replicaof no one"), "OK");
    sibling.replicaof(promoted.port);
    sibling.wait_link_up();
    promoted.ok("set after promotion");
    wait_equal_digests(&[&promoted, &sibling]);
    assert_eq!(info_field(&promoted, "stats", "sync_partial_ok"), "1");
    assert_eq!(info_field(&promoted, "stats", "sync_full"), "0");
}
for_each_pair!(siblings_follow_the_promoted_one_by_partial_resync);

//! Streams that arrive changed, which nothing in the protocol of Redis notices.

use crate::support::*;

const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

/// A master and a replica behind a proxy.
fn behind_proxy() -> (Server, FaultProxy, Server) {
    let master = ours(&QUIET);
    let proxy = FaultProxy::start(master.port);
    let replica = replica_of(proxy.port, &QUIET);
    (master, proxy, replica)
}

fn full_syncs(master: &Server) -> String {
    info_field(master, "stats", "sync_full")
}

#[test]
fn a_replica_whose_value_is_not_the_masters_gets_everything_anew() {
    let (master, proxy, replica) = behind_proxy();
    let below = replica_of(replica.port, &QUIET);
    master.write_through("set before 1", 1);
    // Within the value, so that the command is one all the same.
    proxy.corrupt_in(Direction::ToClient, 100);
    master.ok(&format!("set key {}", "v".repeat(1000)));
    master.wait_for_log("The stream has arrived changed at replica");
    wait_until(PATIENCE, "equal data", || digest(&replica) == digest(&master));
    replica.wait_link_up();
    below.wait_link_up();
    wait_equal_digests(&[&master, &replica, &below]);
    assert_eq!(full_syncs(&master), "2");
    master.wait_for_log("the stream has arrived changed at replica 127.0.0.1:");
    // Then it is as good as any other.
    proxy.cut();
    master.write_through("set after 1", 1);
    wait_equal_digests(&[&master, &replica, &below]);
    assert_eq!(full_syncs(&master), "2");
}

#[test]
fn much_that_comes_at_once_is_looked_at_as_well() {
    let (master, proxy, replica) = behind_proxy();
    master.write_through("set before 1", 1);
    proxy.corrupt_in(Direction::ToClient, 3_000_000);
    let mut client = master.client();
    for i in 0..400 {
        client.ok(&format!("set key:{i} {}", "v".repeat(10_000)));
    }
    master.wait_for_log("The stream has arrived changed at replica");
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(full_syncs(&master), "2");
}

#[test]
fn what_arrives_as_it_was_sent_is_never_blamed() {
    let master = ours(&["--repl-backlog-size", "16kb"]);
    let proxy = FaultProxy::start(master.port);
    let replica = replica_of(proxy.port, &[]);
    let load = Load::start(&master);
    for _ in 0..5 {
        load.wait_more(300);
        proxy.cut();
        replica.wait_link_up();
        assert_eq!(replica.run("replicaof no one"), "OK");
        replica.replicaof(proxy.port);
        replica.wait_link_up();
    }
    load.stop();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(master.count_log("arrived changed"), 0, "{}", master.log());
}

#[test]
fn a_replica_that_tells_wrong_sums_is_given_everything_and_nonsense_ends_its_link() {
    let master = ours(&QUIET);
    master.ok("set key 1");
    let mut replica = RawReplica::connect(&master);
    assert_eq!(replica.link.run("replconf capa stream-sums"), "OK stream-sums");
    assert_eq!(replica.link.run("replconf capa stream-sums"), "OK");
    replica.link.ok("replconf listening-port 7");
    let Grant::Full { replid, offset, .. } = replica.psync("?", -1) else { panic!("no sync") };
    replica.ack(offset);
    master.wait_online(1);
    master.ok("set key 2");
    let end: i64 = info_field(&master, "replication", "master_repl_offset").parse().unwrap();
    replica.link.send_cmd(&["replconf", "check", &offset.to_string(), &end.to_string(), "12345"]);
    master.wait_for_log("The stream has arrived changed at replica 127.0.0.1:7");
    let mut again = RawReplica::connect(&master);
    again.link.ok("replconf listening-port 7");
    let Grant::Full { offset, .. } = again.psync(&replid, end + 1) else { panic!("a full sync") };
    again.ack(offset);
    master.wait_online(1);
    again.link.send_cmd(&["replconf", "check", "9", "8", "x"]);
    wait_until(PATIENCE, "the end of the link", || again.link.is_closed());
    // It has everything now.
    let mut third = RawReplica::connect(&master);
    third.link.ok("replconf listening-port 7");
    assert!(matches!(third.psync(&replid, end + 1), Grant::Continue { .. }));
}

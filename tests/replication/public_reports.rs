//! Faults that users of Redis and Valkey have reported in public, tried on ours. Each names its
//! report.

use crate::support::*;

const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

fn value_of(server: &Server, field: &str) -> i64 {
    info_field(server, "stats", field).parse().expect("a number")
}

/// redis/redis#11666: one key larger than the output limit, in one piece of the buffer, had the
/// replica dropped again after each partial resync.
#[test]
fn a_value_larger_than_the_output_limit_does_not_end_the_link_again_and_again() {
    let master = ours(&QUIET);
    let limit = ["config", "set", "client-output-buffer-limit", "replica 2mb 0 0"];
    assert_eq!(master.client().cmd(&limit), "OK");
    let replica = replica_of(master.port, &[]);
    let mut client = master.client();
    assert_eq!(client.cmd(&["set", "large", &"v".repeat(3_000_000)]), "OK");
    client.ok("set after 1");
    wait_until(PATIENCE, "what follows it", || replica.run("get after") == "1");
    client.ok("set later 1");
    assert_eq!(client.run("wait 1 20000"), 1);
    let syncs = value_of(&master, "sync_partial_ok") + value_of(&master, "sync_full");
    assert!(syncs <= 3, "{}", master.log());
    wait_equal_digests(&[&master, &replica]);
}

/// redis/redis#2694: below a replica that changed over to another master, one that came back later
/// went on in a stream that was of the old one.
#[test]
fn a_sub_replica_that_was_away_while_its_master_went_elsewhere_does_not_go_on_in_the_old_stream() {
    let (a, b) = (ours(&QUIET), ours(&QUIET));
    let c = replica_of(b.port, &[]);
    let d = replica_of(c.port, &[]);
    a.ok("set k 1");
    b.ok("set k 2");
    wait_until(PATIENCE, "the value below", || d.run("get k") == "2");
    d.pause();
    b.replicaof(a.port);
    b.wait_link_up();
    wait_until(PATIENCE, "the other value", || c.run("get k") == "1");
    d.resume();
    wait_until(PATIENCE, "the other value below", || d.run("get k") == "1");
    wait_equal_digests(&[&a, &b, &c, &d]);
}

/// redis/redis#4268: a failover, the old master as a replica, and a switch back: each was to be a
/// partial resync.
#[test]
fn a_failover_and_a_switch_back_take_no_full_sync() {
    let mut a = ours(&[&QUIET[..], &["--save", "3600 100000"]].concat());
    let b = replica_of(a.port, &QUIET);
    a.write_through("set k 1", 1);
    a.terminate();
    b.ok("replicaof no one");
    b.ok("set k 2");
    let port = b.port.to_string();
    a.set_args(&[&QUIET[..], &["--replicaof", "127.0.0.1", &port]].concat());
    a.restart();
    a.wait_link_up();
    assert_eq!((a.run("get k"), value_of(&b, "sync_full")), ("2".into(), 0));
    b.write_through("set k 3", 1);
    a.ok("replicaof no one");
    b.replicaof(a.port);
    b.wait_link_up();
    a.write_through("set k 4", 1);
    assert_eq!((b.run("get k"), value_of(&a, "sync_full")), ("4".into(), 0));
}

/// redis/redis#4607: a replica that had run for longer than `repl-backlog-ttl` lost its backlog as
/// soon as it was promoted.
#[test]
fn a_replica_that_is_promoted_keeps_its_backlog_for_those_who_follow() {
    let ttl = ["--repl-backlog-ttl", "2"];
    let master = ours(&QUIET);
    let replica = replica_of(master.port, &ttl);
    let other = replica_of(master.port, &[]);
    master.write_through("set k 1", 2);
    let began = info_field(&replica, "server", "uptime_in_seconds");
    wait_until(PATIENCE, "three seconds to pass", || {
        let uptime = |text: &str| text.parse::<u64>().expect("seconds");
        uptime(&info_field(&replica, "server", "uptime_in_seconds")) >= uptime(&began) + 3
    });
    replica.ok("replicaof no one");
    other.replicaof(replica.port);
    other.wait_link_up();
    let syncs = (value_of(&replica, "sync_full"), value_of(&replica, "sync_partial_ok"));
    assert_eq!(syncs, (0, 1), "{}", replica.log());
}

/// redis/redis#5015, #13089: RANDOMKEY looked for ever for a key that has not expired, on a replica
/// and under CLIENT PAUSE.
#[test]
fn randomkey_ends_where_every_key_has_expired_and_none_may_be_deleted() {
    let master = ours(&QUIET);
    let replica = replica_of(master.port, &[]);
    let mut client = master.client();
    for i in 0..50 {
        client.ok(&format!("set key:{i} 1 px 100"));
    }
    assert_eq!(client.run("wait 1 20000"), 1);
    client.ok("client pause 100000 write");
    for server in [&master, &replica] {
        wait_until(PATIENCE, "the keys to expire", || server.run("exists key:7 key:49") == 0);
        // Any key, or none; but an answer.
        assert!(!server.run("randomkey").is_error());
        assert_eq!(server.run("dbsize"), 50);
    }
    client.ok("client unpause");
    wait_until(PATIENCE, "the keys to go", || replica.run("dbsize") == 0);
}

/// redis/redis#6842: on a writable replica what had expired was read as if it had not.
#[test]
fn what_has_expired_is_not_read_by_the_writes_of_a_writable_replica() {
    let (master, replica) = crate::pair(&QUIET);
    master.ok("debug set-active-expire 0");
    let mut client = master.client();
    for line in ["sadd a x y", "sadd b z", "set n 100", "pexpire a 100", "pexpire n 100"] {
        client.ok(line);
    }
    assert_eq!(client.run("wait 1 20000"), 1);
    replica.ok("config set replica-read-only no");
    wait_until(PATIENCE, "them to expire", || replica.run("exists a n") == 0);
    assert_eq!(replica.run("sunionstore c a b"), 1);
    assert_eq!(replica.run("smembers c").texts(), ["z"]);
    assert_eq!(replica.run("incr n"), 1);
}

/// redis/redis#2972: a replica whose own link was down refused its sub-replica's PSYNC, which then
/// took a full sync.
#[test]
fn a_sub_replica_that_is_refused_for_a_while_continues_afterwards() {
    let master = ours(&QUIET);
    let proxy = FaultProxy::start(master.port);
    let middle = replica_of(proxy.port, &[]);
    let below = replica_of(middle.port, &[]);
    master.write_through("set k 1", 1);
    wait_until(PATIENCE, "the value below", || below.run("get k") == "1");
    let before = value_of(&middle, "sync_full");
    proxy.cut_and_refuse();
    wait_info(&middle, "replication", "master_link_status", "down");
    below.ok("client kill type master");
    below.wait_for_log("Trying a partial resynchronization");
    proxy.heal();
    master.ok("set k 2");
    wait_until(PATIENCE, "the next value below", || below.run("get k") == "2");
    assert_eq!(value_of(&middle, "sync_full"), before, "{}", below.log());
}

/// redis/redis#8762: a replica that stood still in its full sync kept all others from theirs.
#[test]
fn a_replica_that_stands_still_in_its_full_sync_holds_up_no_other() {
    let master = ours(&[&QUIET[..], &["--rdbcompression", "no"]].concat());
    fill(&master, 100);
    let mut large = master.client();
    for i in 0..40 {
        large.cmd(&["set", &format!("large:{i}"), &"v".repeat(1_000_000)]);
    }
    let proxy = FaultProxy::start(master.port);
    proxy.limit_rate(Direction::ToClient, 1_000_000);
    let stuck = Server::start_replica(Kind::Understudy, proxy.port, &[]);
    stuck.wait_for_log("MASTER <-> REPLICA sync: Loading DB in memory");
    proxy.stall(Direction::ToClient);
    let other = replica_of(master.port, &[]);
    wait_equal_digests(&[&master, &other]);
    assert_eq!(info_field(&stuck, "replication", "master_link_status"), "down");
}

/// redis/redis#1449: the master gave up a replica that was loading for longer than `repl-timeout`.
#[test]
fn a_replica_that_loads_for_longer_than_the_timeout_is_not_given_up() {
    let timeout = ["--repl-timeout", "2", "--repl-ping-replica-period", "1"];
    let master = ours(&timeout);
    let mut client = master.client();
    for i in 0..200 {
        client.ok(&format!("set key:{i} value"));
    }
    // 200 keys at 25 ms each are five seconds.
    let replica = replica_of(master.port, &[&timeout[..], &["--key-load-delay", "25000"]].concat());
    assert_eq!(value_of(&master, "sync_full"), 1, "{}", master.log());
    master.write_through("set after 1", 1);
    wait_equal_digests(&[&master, &replica]);
}

/// redis/redis#6718: PINGs that an old master goes on writing alone kept it from coming back with a
/// partial resync.
#[test]
fn a_master_that_was_left_alone_comes_back_without_a_full_sync() {
    let master = ours(&["--repl-ping-replica-period", "1"]);
    let replica = replica_of(master.port, &[]);
    master.write_through("set k 1", 1);
    replica.ok("replicaof no one");
    wait_info(&master, "replication", "connected_slaves", "0");
    let alone = info_field(&master, "replication", "master_repl_offset");
    let began = info_field(&master, "server", "uptime_in_seconds");
    wait_until(PATIENCE, "a few seconds to pass", || {
        let uptime = |text: &str| text.parse::<u64>().expect("seconds");
        uptime(&info_field(&master, "server", "uptime_in_seconds")) >= uptime(&began) + 3
    });
    assert_eq!(info_field(&master, "replication", "master_repl_offset"), alone);
    master.replicaof(replica.port);
    master.wait_link_up();
    let syncs = (value_of(&replica, "sync_full"), value_of(&replica, "sync_partial_ok"));
    assert_eq!(syncs, (0, 1), "{}", replica.log());
}

/// As #1449 had it, too: a link that was cut while the replica loaded what had come whole cost it
/// another full sync.
#[test]
fn a_link_that_ends_while_the_data_set_is_loaded_costs_no_second_sync() {
    let master = ours(&QUIET);
    fill(&master, 200);
    let slow = ["--key-load-delay", "10000"];
    let replica = Server::start_replica(Kind::Understudy, master.port, &slow);
    wait_until(PATIENCE, "all to have come", || {
        replica.run("info replication").text().contains("master_sync_phase:loading")
    });
    assert_eq!(master.run("client kill type replica"), 1);
    replica.wait_link_up();
    let syncs = (value_of(&master, "sync_full"), value_of(&master, "sync_partial_ok"));
    assert_eq!(syncs, (1, 1), "{}", replica.log());
    master.write_through("set after 1", 1);
    wait_equal_digests(&[&master, &replica]);
}

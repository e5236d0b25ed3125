//! Full syncs: who shares a snapshot, who joins late, and what the others see meanwhile.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::Kind::Understudy;
use crate::support::*;

fn stat(server: &Server, field: &str) -> i64 {
    info_field(server, "stats", field).parse().expect("a number")
}

/// 32 MB that do not compress: more than the sockets' buffers hold.
fn fill_with_noise(server: &Server) {
    let mut client = server.client();
    let mut random = Random::new(5);
    for i in 0..320 {
        let key = format!("noise:{i}").into_bytes();
        client.cmd(&[b"set".to_vec(), key, random.bytes(100_000)]);
    }
}

#[test]
fn replicas_that_come_within_the_delay_share_one_snapshot() {
    let master = ours(&["--repl-diskless-sync-delay", "2"]);
    fill(&master, 1_000);
    let replicas = [(); 3].map(|()| Server::start_replica(Understudy, master.port, &[]));
    replicas.iter().for_each(Server::wait_link_up);
    assert_eq!(stat(&master, "sync_full"), 3);
    assert_eq!(master.count_log("Starting BGSAVE for SYNC"), 1);
    assert!(master.count_log("Delay next BGSAVE for diskless SYNC") >= 1);
    let mut all: Vec<&Server> = replicas.iter().collect();
    all.push(&master);
    wait_equal_digests(&all);
}

#[test]
fn the_delay_ends_early_when_enough_replicas_wait() {
    let args = ["--repl-diskless-sync-delay", "600", "--repl-diskless-sync-max-replicas", "2"];
    let master = ours(&args);
    let first = Server::start_replica(Understudy, master.port, &[]);
    master.wait_for_log("Delay next BGSAVE for diskless SYNC");
    assert_eq!(master.count_log("Starting BGSAVE for SYNC"), 0);
    let second = Server::start_replica(Understudy, master.port, &[]);
    first.wait_link_up();
    second.wait_link_up();
    assert_eq!(master.count_log("Starting BGSAVE for SYNC"), 1);
}

/// The delay holds as it is set now, for those too who wait already.
#[test]
fn a_replica_that_waits_gets_its_snapshot_after_the_delay_as_it_was_changed() {
    let master = ours(&["--repl-diskless-sync-delay", "1"]);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    master.wait_for_log("Delay next BGSAVE for diskless SYNC");
    master.ok("config set repl-diskless-sync-delay 2");
    replica.wait_link_up();
    master.ok("config set repl-diskless-sync-delay 1000");
    let other = Server::start_replica(Understudy, master.port, &[]);
    wait_until(PATIENCE, "one that waits", || {
        let info = info(&master, "replication");
        info.get("slave1").is_some_and(|slave| slave.contains("state=wait_bgsave"))
    });
    master.ok("config set repl-diskless-sync-delay 0");
    other.wait_link_up();
}

#[test]
fn a_replica_that_waits_for_the_delay_is_kept_awake_by_newlines() {
    let master = ours(&["--repl-diskless-sync-delay", "3", "--repl-ping-replica-period", "1"]);
    let mut link = master.client();
    link.send(b"replconf capa eof capa psync2\r\n");
    assert_eq!(link.reply(), "OK");
    link.send(b"psync ? -1\r\n");
    let mut newlines = 0;
    let line = loop {
        let line = link.try_line().expect("a line");
        if !line.is_empty() {
            break String::from_utf8(line).expect("text");
        }
        newlines += 1;
    };
    assert!(line.starts_with("+FULLRESYNC "), "{line}");
    assert!(newlines >= 1, "nothing came while waiting");
}

#[test]
fn by_default_a_sync_starts_at_once() {
    if played_by_redis() {
        return;
    }
    let master = ours(&["--repl-diskless-sync-delay", "0"]);
    assert_eq!(master.run("config get repl-diskless-sync-delay").texts()[1], "0");
    Server::start_replica(Understudy, master.port, &[]).wait_link_up();
    assert_eq!(master.count_log("Delay next BGSAVE"), 0);
}

/// A snapshot costs nothing, so nobody waits for another's transfer to end. redis-server's late
/// joiner waits.
#[test]
fn a_late_joiner_is_served_while_another_transfer_stands_still() {
    let master = ours(&[]);
    fill_with_noise(&master);
    let proxy = FaultProxy::start(master.port);
    proxy.stall(Direction::ToClient);
    // The handshake passes byte by byte until the transfer has begun.
    proxy.heal();
    let stalled = Server::start_replica(Understudy, proxy.port, &[]);
    wait_until(PATIENCE, "the transfer to begin", || proxy.passed_to_client() > 100_000);
    proxy.stall(Direction::ToClient);
    let is_up = |server: &Server| info_field(server, "replication", "master_link_status") == "up";
    let stood_still = !is_up(&stalled);
    let late = Server::start_replica(Understudy, master.port, &[]);
    if !played_by_redis() && stood_still {
        late.wait_link_up();
        assert!(!is_up(&stalled), "the stalled transfer has ended");
    }
    master.ok("set during transfer");
    proxy.heal();
    stalled.wait_link_up();
    late.wait_link_up();
    wait_equal_digests(&[&master, &stalled, &late]);
}

#[test]
fn writes_made_during_a_transfer_arrive_after_it() {
    let master = ours(&[]);
    fill_with_noise(&master);
    let load = Load::start(&master);
    load.wait_more(100);
    let replicas = [(); 2].map(|()| Server::start_replica(Understudy, master.port, &[]));
    replicas.iter().for_each(Server::wait_link_up);
    load.stop();
    wait_equal_digests(&[&master, &replicas[0], &replicas[1]]);
}

/// The old data answers reads until the new is complete.
#[test]
fn a_replica_serves_its_old_data_during_a_transfer() {
    let master = ours(&[]);
    fill_with_noise(&master);
    master.ok("set name new");
    let proxy = FaultProxy::start(master.port);
    let replica = ours(&[]);
    replica.ok("set name old");
    replica.replicaof(proxy.port);
    wait_until(PATIENCE, "the transfer to begin", || proxy.passed_to_client() > 100_000);
    proxy.stall(Direction::ToClient);
    if info_field(&replica, "replication", "master_sync_in_progress") == "1" {
        assert_eq!(replica.run("get name"), "old");
    }
    proxy.heal();
    replica.wait_link_up();
    assert_eq!(replica.run("get name"), "new");
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn a_replica_that_dies_in_its_transfer_does_not_harm_the_others() {
    let master = ours(&["--repl-diskless-sync-delay", "1"]);
    fill_with_noise(&master);
    let mut raw = RawReplica::connect(&master);
    raw.link.send(b"psync ? -1\r\n");
    let replica = Server::start_replica(Understudy, master.port, &[]);
    raw.link.recv(10_000);
    drop(raw);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    wait_info(&master, "replication", "connected_slaves", "1");
}

#[test]
fn a_master_that_becomes_a_replica_during_a_transfer_ends_it() {
    let master = ours(&[]);
    fill_with_noise(&master);
    let top = ours(&[]);
    top.ok("set only this");
    let replica = Server::start_replica(Understudy, master.port, &[]);
    master.replicaof(top.port);
    master.wait_link_up();
    replica.wait_link_up();
    wait_equal_digests(&[&top, &master, &replica]);
    assert_eq!(replica.run("dbsize"), 1);
}

#[test]
fn flushall_on_the_master_empties_the_replicas_in_the_middle_of_everything() {
    let master = ours(&[]);
    fill(&master, 20_000);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    master.ok("flushall async");
    master.ok("set one key");
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("dbsize"), 1);
    master.ok("flushall");
    master.write_through("set last key", 1);
    assert_eq!(replica.run("dbsize"), 1);
}

/// Keys that take so long to save, if nobody stops it.
fn fill_slowly_saved(master: &Server, seconds: u32) {
    master.ok("debug populate 1000 key 3000");
    master.ok(&format!("config set rdb-key-save-delay {}", seconds * 1000));
    master.ok("config set rdbcompression no");
}

#[test]
fn a_file_that_takes_longer_to_write_than_the_timeout_is_waited_for() {
    let args = ["--repl-diskless-sync", "no", "--repl-timeout", "2"];
    let master = ours(&args);
    fill_slowly_saved(&master, 5);
    let replica = Server::start_replica(Understudy, master.port, &["--repl-timeout", "2"]);
    let line = "state=wait_bgsave";
    wait_until(PATIENCE, line, || master.run("info replication").text().contains(line));
    assert_eq!(info_field(&master, "persistence", "rdb_bgsave_in_progress"), "1");
    replica.wait_link_up();
    assert_eq!(stat(&master, "sync_full"), 1);
    assert_eq!(info_field(&master, "persistence", "rdb_bgsave_in_progress"), "0");
    master.wait_for_log("Background saving terminated with success");
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn a_file_that_nobody_waits_for_any_more_is_given_up() {
    let master = ours(&["--repl-diskless-sync", "no"]);
    fill_slowly_saved(&master, 600);
    let mut replica = Server::start_replica(Understudy, master.port, &[]);
    master.wait_for_log("Background saving started by pid ");
    replica.kill9();
    master.wait_for_log("Background saving error");
    assert_eq!(info_field(&master, "persistence", "rdb_bgsave_in_progress"), "0");
}

#[test]
fn a_load_is_shown_while_the_old_data_serves() {
    let master = ours(&[]);
    master.ok("debug populate 2000 key 3000");
    master.ok("config set rdbcompression no");
    let replica = ours(&["--key-load-delay", "2000"]);
    replica.ok("set old data");
    replica.replicaof(master.port);
    let field = |name: &str| info_field(&replica, "persistence", name);
    wait_until(PATIENCE, "the load", || field("async_loading") == "1");
    assert_eq!(field("loading"), "0");
    assert_eq!(replica.run("get old"), "data");
    assert!(replica.run("info persistence").text().contains("loading_loaded_bytes:"));
    // What the master had in use when it made the snapshot.
    let in_use = || field("loading_rdb_used_mem").parse::<u64>().expect("a number");
    wait_until(PATIENCE, "the master's memory", || in_use() > 6_000_000);
    replica.wait_link_up();
    assert_eq!(field("async_loading"), "0");
    assert!(!replica.run("info persistence").text().contains("loading_loaded_bytes:"));
    assert_eq!(replica.run("get old"), Value::Nil);
}

#[test]
fn a_transfer_says_how_many_got_it() {
    let master = ours(&[]);
    master.ok("debug populate 10");
    let mut replica = replica_of(master.port, &[]);
    master.wait_for_log("Diskless rdb transfer, done reading from pipe, 1 replicas still up.");
    master.ok("config set rdb-key-save-delay 2000000");
    let second = Server::start_replica(Understudy, master.port, &[]);
    wait_until(PATIENCE, "the transfer", || master.count_log("transfer started by pid") == 2);
    replica.kill9();
    drop(second);
    master.wait_for_log("Diskless rdb transfer, last replica dropped");
}

/// Each link looks at its clock once a second from when it began, and the seconds of a timeout are
/// whole ones: here the link of the other replica looks before that of the stopped one.
#[test]
fn a_replica_that_stops_in_its_transfer_does_not_time_the_others_out() {
    let wait_for_millisecond = |wanted: u32| {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a time of day");
        wait_until(PATIENCE, "that part of a second", || {
            (wanted..wanted + 100).contains(&now().subsec_millis())
        });
    };
    let args = ["--repl-diskless-sync-delay", "600", "--repl-diskless-sync-max-replicas", "2"];
    let master = ours(&args);
    fill_with_noise(&master);
    master.ok("config set repl-timeout 2");
    wait_for_millisecond(500);
    let stopped = Server::start_replica(Understudy, master.port, &[]);
    master.wait_for_log("Delay next BGSAVE for diskless SYNC");
    stopped.pause();
    wait_for_millisecond(0);
    let _other = replica_of(master.port, &[]);
    master.wait_for_log("Disconnecting timedout replica (full sync): ");
    master.wait_for_log("Diskless rdb transfer, done reading from pipe, 1 replicas still up.");
    assert_eq!(master.count_log("Disconnecting timedout replica"), 1);
    assert_eq!(master.count_log("Starting BGSAVE for SYNC"), 1);
    stopped.resume();
}

/// Also when the policy came after the link.
#[test]
fn a_sync_brings_how_often_keys_were_used() {
    let master = ours(&["--maxmemory-policy", "allkeys-lfu"]);
    let replica = replica_of(master.port, &[]);
    replica.ok("config set maxmemory-policy allkeys-lfu");
    let mut client = master.client();
    client.ok("set k v");
    let Value::Bulk(payload) = client.run("dump k") else { panic!("no payload") };
    let restore = [&b"restore"[..], b"used", b"0", &payload, b"freq", b"99"];
    assert_eq!(client.cmd(&restore), "OK");
    master.ok("debug change-repl-id");
    assert_eq!(master.run("client kill type replica"), 1);
    wait_until(PATIENCE, "another full sync", || stat(&master, "sync_full") == 2);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("object freq used"), 99);
}

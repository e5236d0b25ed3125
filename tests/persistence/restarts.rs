//! Masters and replicas that come back continue where they were.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

const SAVES: &[&str] = &["--save", "3600 1"];

fn partial_syncs(server: &Server) -> (String, String) {
    let info = info(server, "stats");
    let field = |name| info.get(name).unwrap_or_default().to_owned();
    (field("sync_partial_ok"), field("sync_full"))
}

fn a_restarted_replica_continues(master: Kind, replica: Kind) {
    let master = Server::start(master, SAVES);
    let mut replica = Server::start_replica(replica, master.port, SAVES);
    master.wait_online(1);
    fill(&master, 1_000);
    fill_db(&master, 3, 10);
    master.write_through("set before 1", 1);
    assert_eq!(replica.terminate().code(), Some(0));
    // In the database that the stream has selected last.
    let mut client = master.client();
    client.ok("set between 2");
    replica.restart();
    replica.wait_link_up();
    master.write_through("set after 3", 1);
    assert_eq!(partial_syncs(&master), ("1".to_owned(), "1".to_owned()));
    assert_eq!(digest(&replica), digest(&master));
}

#[test]
fn our_restarted_replica_continues() {
    a_restarted_replica_continues(Understudy, Understudy);
}

#[test]
fn our_restarted_replica_continues_with_redis() {
    a_restarted_replica_continues(RealRedis, Understudy);
}

#[test]
fn a_restarted_redis_replica_continues_with_us() {
    a_restarted_replica_continues(Understudy, RealRedis);
}

fn replicas_of_a_restarted_master_continue(master: Kind, replica: Kind) {
    let mut master = Server::start(master, SAVES);
    let replica = Server::start_replica(replica, master.port, SAVES);
    master.wait_online(1);
    fill(&master, 1_000);
    master.ok("set short-lived v px 1500");
    master.write_through("set before 1", 1);
    let id = info_field(&master, "replication", "master_replid");
    assert_eq!(master.terminate().code(), Some(0));
    wait_until(PATIENCE, "the key to expire", || replica.run("exists short-lived") == 0);
    master.restart();
    replica.wait_link_up();
    let info = info(&master, "replication");
    assert_eq!(info.get("master_replid2"), Some(id.as_str()));
    assert_eq!(partial_syncs(&master), ("1".to_owned(), "0".to_owned()));
    master.write_through("set after 2", 1);
    assert_eq!(digest(&replica), digest(&master));
    // The key that was not loaded is not there any more on the replica either.
    assert_eq!(replica.run("dbsize").int(), master.run("dbsize").int());
}

#[test]
fn replicas_of_our_restarted_master_continue() {
    replicas_of_a_restarted_master_continue(Understudy, Understudy);
}

#[test]
fn redis_replicas_of_our_restarted_master_continue() {
    replicas_of_a_restarted_master_continue(Understudy, RealRedis);
}

#[test]
fn our_replicas_of_a_restarted_redis_continue() {
    replicas_of_a_restarted_master_continue(RealRedis, Understudy);
}

#[test]
fn a_master_without_replicas_and_log_names_no_place_in_its_file() {
    let mut server = ours(&[SAVES, &["--repl-backlog-disk-size", "0"]].concat());
    server.ok("set k v");
    assert_eq!(server.terminate().code(), Some(0));
    server.restart();
    let info = info(&server, "replication");
    assert_eq!(info.get("master_replid2"), Some("0".repeat(40).as_str()));
    assert_eq!(info.get("repl_backlog_active"), Some("0"));
}

#[test]
fn a_master_that_lost_writes_makes_a_full_sync() {
    let mut master = ours(&[]);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    master.wait_online(1);
    master.write_through("set k 1", 1);
    assert_eq!(master.run("save"), "OK");
    master.write_through("set k 2", 1);
    master.kill9();
    master.restart();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("get k"), "1");
    assert_eq!(partial_syncs(&master).0, "0");
}

fn counters_of_use_survive(master: Kind, replica: Kind) {
    let lfu = "--maxmemory-policy allkeys-lfu --lfu-log-factor 0 --lfu-decay-time 0 --save";
    let args: Vec<_> = lfu.split(' ').chain(["3600 1"]).collect();
    let mut master = Server::start(master, &args);
    master.ok("set k v");
    for _ in 0..20 {
        master.ok("get k");
    }
    let counter = master.run("object freq k");
    assert_eq!(counter, 25);
    assert_eq!(master.terminate().code(), Some(0));
    master.restart();
    assert_eq!(master.run("object freq k"), counter);

    let replica = Server::start_replica(replica, master.port, &args);
    replica.wait_link_up();
    assert_eq!(replica.run("object freq k"), counter);
}

#[test]
fn counters_of_use_survive_a_restart_and_a_full_sync() {
    counters_of_use_survive(Understudy, RealRedis);
    counters_of_use_survive(RealRedis, Understudy);
}

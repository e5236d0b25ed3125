//! kill -9 of either side, and clean restarts.

use crate::support::*;

fn a_killed_replica_comes_back_with_equal_data(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    fill(&master, 5_000);
    let mut replica = Server::start_replica(replica, master.port, &[]);
    replica.wait_link_up();
    let load = Load::start_for(&master, replica.kind);
    for _ in 0..3 {
        load.wait_more(500);
        replica.kill9();
        wait_info(&master, "replication", "connected_slaves", "0");
        replica.restart();
        replica.wait_link_up();
    }
    load.stop();
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_killed_replica_comes_back_with_equal_data);

fn a_killed_master_comes_back_with_what_it_had_saved(master: Kind, replica: Kind) {
    let mut master = Server::start(master, &[]);
    fill(&master, 5_000);
    assert_eq!(master.run("save"), "OK");
    let saved = digest(&master);
    let replica = Server::start_replica(replica, master.port, &[]);
    replica.wait_link_up();
    let load = Load::start_for(&master, replica.kind);
    load.wait_more(1_000);
    master.kill9();
    load.stop_with_errors();
    wait_info(&replica, "replication", "master_link_status", "down");
    assert!(replica.run("dbsize").int() >= 5_000, "the replica keeps its data without a master");
    master.restart();
    assert_eq!(digest(&master), saved);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_killed_master_comes_back_with_what_it_had_saved);

/// The RDB written at shutdown names the history and the offset, so the replica continues.
fn a_master_restarted_cleanly_continues_with_its_replica(master: Kind, replica: Kind) {
    if master.is_redis_six() {
        return;
    }
    let args = ["--save", "3600 1"];
    let mut master = Server::start(master, &args);
    fill(&master, 2_000);
    let replica = Server::start_replica(replica, master.port, &args);
    replica.wait_link_up();
    master.write_through("set last write", 1);
    assert!(master.terminate().success());
    master.restart();
    replica.wait_link_up();
    assert_eq!(master.run("get last"), "write");
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "1");
    assert_eq!(info_field(&master, "stats", "sync_full"), "0");
    master.ok("set after restart");
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_master_restarted_cleanly_continues_with_its_replica);

/// A replica's RDB names its master's history, so that it continues as well.
fn a_replica_restarted_cleanly_continues_with_its_master(master: Kind, replica: Kind) {
    let args = ["--save", "3600 1"];
    let master = Server::start(master, &args);
    fill(&master, 2_000);
    let mut replica = Server::start_replica(replica, master.port, &args);
    replica.wait_link_up();
    master.write_through("set last write", 1);
    assert!(replica.terminate().success());
    master.ok("set while away");
    replica.restart();
    replica.wait_link_up();
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "1");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_replica_restarted_cleanly_continues_with_its_master);

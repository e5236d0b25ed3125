//! Peers that fall silent: both sides notice within repl-timeout.

use crate::pair;
use crate::support::Kind::Understudy;
use crate::support::*;

const SHORT: [&str; 4] = ["--repl-timeout", "2", "--repl-ping-replica-period", "1"];

#[test]
fn a_master_drops_a_replica_that_has_stopped_and_takes_it_back() {
    let (master, replica) = pair(&SHORT);
    master.wait_online(1);
    replica.pause();
    master.wait_for_log(&format!(
        "Disconnecting timedout replica (streaming sync): 127.0.0.1:{}",
        replica.port
    ));
    assert_eq!(info_field(&master, "replication", "connected_slaves"), "0");
    master.ok("set while stopped");
    replica.resume();
    wait_info(&master, "stats", "sync_partial_ok", "1");
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

/// What its replica said meanwhile waits in the master's socket.
#[test]
fn a_master_that_stood_still_does_not_blame_its_replica() {
    let master = ours(&["--repl-timeout", "1"]);
    let _replica = replica_of(master.port, &[]);
    master.ok("debug sleep 3");
    master.write_through("set k v", 1);
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "0");
    assert_eq!(master.count_log("Disconnecting timedout replica"), 0);
}

#[test]
fn a_replica_that_stood_still_does_not_blame_its_master() {
    let master = ours(&["--repl-ping-replica-period", "1"]);
    let replica = replica_of(master.port, &["--repl-timeout", "1"]);
    replica.ok("debug sleep 3");
    master.write_through("set k v", 1);
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "0");
    assert_eq!(replica.count_log("MASTER timeout"), 0);
}

#[test]
fn a_replica_gives_up_a_master_that_has_stopped_and_returns_to_it() {
    let (master, replica) = pair(&SHORT);
    master.write_through("set k v", 1);
    master.pause();
    replica.wait_for_log("MASTER timeout: no data nor PING received...");
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    assert_eq!(replica.run("get k"), "v");
    master.resume();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn an_idle_link_is_kept_alive_by_pings_and_acks() {
    let (master, replica) = pair(&SHORT);
    let offset = || -> i64 {
        info_field(&replica, "replication", "slave_repl_offset").parse().expect("a number")
    };
    let goal = offset() + 4 * 14;
    wait_until(PATIENCE, "four PINGs", || offset() >= goal);
    assert_eq!(info_field(&master, "replication", "connected_slaves"), "1");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "0");
    assert_eq!(replica.count_log("MASTER timeout"), 0);
}

#[test]
fn a_master_that_accepts_and_says_nothing_is_given_up_and_tried_again() {
    let silent = FakeMaster::start(|_, link| link.drain());
    let replica = Server::start_replica(Understudy, silent.port, &SHORT);
    replica.wait_for_log("Timeout connecting to the MASTER...");
    wait_until(PATIENCE, "a second try", || silent.connections() >= 2);
}

#[test]
fn a_transfer_that_stands_still_is_given_up() {
    let master = ours(&SHORT);
    let proxy = FaultProxy::start(master.port);
    let stalling = FakeMaster::start(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n$1000\r\nREDIS0009", "a".repeat(40)))?;
        link.drain()
    });
    let replica = Server::start_replica(Understudy, stalling.port, &SHORT);
    replica.wait_for_log("Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.");
    replica.replicaof(proxy.port);
    replica.wait_link_up();
}

/// Newlines before the bulk keep a replica waiting for a slow master.
#[test]
fn newlines_before_the_bulk_keep_the_replica_waiting() {
    let slow = FakeMaster::start(|_, link| {
        link.handshake()?;
        for _ in 0..40 {
            link.send("\n")?;
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        link.send("-ERR that is all\r\n")?;
        link.drain()
    });
    let replica = Server::start_replica(Understudy, slow.port, &SHORT);
    replica.wait_for_log("that is all");
    assert_eq!(replica.count_log("Timeout"), 0, "{}", replica.log());
}

#[test]
fn a_raw_replica_that_never_acknowledges_is_dropped() {
    let master = ours(&SHORT);
    let (mut replica, sync) = RawReplica::attach(&master);
    let Grant::Full { offset, .. } = sync else { panic!("{sync:?}") };
    master.wait_online(1);
    replica.ack(offset);
    wait_info(&master, "replication", "connected_slaves", "0");
    master.wait_for_log("Disconnecting timedout replica (streaming sync): 127.0.0.1:1234");
}

#[test]
fn a_refused_connection_is_tried_again_each_second() {
    let mut master = ours(&[]);
    let port = master.port;
    master.kill9();
    let replica = Server::start_replica(Understudy, port, &[]);
    replica.wait_for_log("Error condition on socket for SYNC: Connection refused");
    wait_until(PATIENCE, "more tries", || replica.count_log("Connection refused") >= 2);
    master.restart();
    replica.wait_link_up();
}

#[test]
fn a_master_without_an_address_is_told_from_one_that_refuses() {
    let replica = ours(&["--replicaof", "no..where", "6379"]);
    replica.wait_for_log("Unable to connect to MASTER: ");
    replica.replicaof(free_port());
    replica.wait_for_log("Error condition on socket for SYNC: Connection refused");
}

#[test]
fn a_replica_that_comes_at_once_hears_its_first_ping_a_period_after_the_start() {
    let master = ours(&[]);
    let _replica = replica_of(master.port, &[]);
    let uptime = || info_field(&master, "server", "uptime_in_seconds");
    wait_until(PATIENCE, "a second", || uptime() != "0");
    assert_eq!(info_field(&master, "replication", "master_repl_offset"), "0");
}

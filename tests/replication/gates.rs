//! What a server refuses because of the state of its links.

use crate::pair;
use crate::support::Kind::Understudy;
use crate::support::*;

const READONLY: &str = "READONLY You can't write against a read only replica.";
const MASTERDOWN: &str =
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
const NOREPLICAS: &str = "NOREPLICAS Not enough good replicas to write.";

#[test]
fn a_replica_refuses_writes_and_answers_reads() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v", 1);
    assert_eq!(replica.run("set k other").error(), READONLY);
    assert_eq!(replica.run("del k").error(), READONLY);
    assert_eq!(replica.run("flushall").error(), READONLY);
    assert_eq!(replica.run("get k"), "v");
    let mut client = replica.client();
    client.ok("multi");
    assert_eq!(client.run("set k other").error(), READONLY);
    assert!(client.run("exec").error().starts_with("EXECABORT"));
    assert_eq!(
        replica.run("wait 1 0").error(),
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated."
    );
}

#[test]
fn a_writable_replica_keeps_its_writes_to_itself() {
    let (master, replica) = pair(&[]);
    replica.ok("config set replica-read-only no");
    let before = info_field(&replica, "replication", "master_repl_offset");
    replica.ok("set local 1");
    assert_eq!(replica.run("get local"), "1");
    assert_eq!(info_field(&replica, "replication", "master_repl_offset"), before);
    master.write_through("set k v", 1);
    assert_eq!(master.run("exists local"), 0);
    assert_eq!(replica.run("get k"), "v");
}

#[test]
fn a_replica_that_may_not_serve_stale_data_says_masterdown() {
    let (master, replica) = pair(&["--replica-serve-stale-data", "no"]);
    master.write_through("set k v", 1);
    assert_eq!(replica.run("get k"), "v");
    drop(master);
    wait_info(&replica, "replication", "master_link_status", "down");
    assert_eq!(replica.run("get k").error(), MASTERDOWN);
    assert_eq!(replica.run("ping").error(), MASTERDOWN);
    assert_eq!(replica.run("set k v").error(), READONLY);
    for allowed in ["info", "config get port", "role", "select 0", "client list", "multi"] {
        assert!(!replica.run(allowed).is_error(), "{allowed}");
    }
    replica.ok("config set replica-serve-stale-data yes");
    assert_eq!(replica.run("get k"), "v");
    replica.ok("config set replica-serve-stale-data no");
    replica.ok("replicaof no one");
    assert_eq!(replica.run("get k"), "v");
}

#[test]
fn a_master_without_enough_replicas_refuses_writes() {
    let master = ours(&["--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"]);
    assert_eq!(master.run("set k v").error(), NOREPLICAS);
    assert_eq!(master.run("get k"), Value::Nil);
    let replica = replica_of(master.port, &[]);
    wait_until(PATIENCE, "a write to be taken", || master.run("set k v") == "OK");
    assert_eq!(info_field(&master, "replication", "min_slaves_good_slaves"), "1");
    // A replica that answers no more is no good replica once its lag is over the limit.
    replica.pause();
    wait_until(PATIENCE, "writes to be refused", || master.run("set k v").is_error());
    assert_eq!(master.run("set k v").error(), NOREPLICAS);
    replica.resume();
    wait_until(PATIENCE, "writes to be taken again", || master.run("set k v") == "OK");
}

#[test]
fn a_replica_applies_writes_though_its_own_minimum_is_not_met() {
    let args = ["--min-replicas-to-write", "0"];
    let (master, replica) = pair(&args);
    replica.ok("config set min-replicas-to-write 3");
    master.write_through("set k v", 1);
    assert_eq!(replica.run("get k"), "v");
}

#[test]
fn wait_counts_the_replicas_that_have_the_clients_write() {
    let master = ours(&[]);
    let mut client = master.client();
    client.ok("set k v");
    assert_eq!(client.run("wait 0 0"), 0);
    assert_eq!(client.run("wait 1 100"), 0);
    let replicas = [(); 2].map(|()| Server::start_replica(Understudy, master.port, &[]));
    replicas.iter().for_each(Server::wait_link_up);
    client.ok("set k v2");
    assert_eq!(client.run("wait 2 20000"), 2);
    assert_eq!(client.run("wait 1 0"), 2);
    replicas[0].pause();
    client.ok("set k v3");
    assert_eq!(client.run("wait 1 20000"), 1);
    assert_eq!(client.run("wait 2 100"), 1);
    // A client that wrote nothing waits for nothing.
    assert_eq!(master.run("wait 2 0"), 2);
    replicas[0].resume();
    assert_eq!(client.run("wait 2 20000"), 2);
    assert_eq!(client.run("wait x 0").error(), "ERR value is not an integer or out of range");
    assert_eq!(client.run("wait 1 -1").error(), "ERR timeout is negative");
}

/// Who has seen a write can wait until it is safe, though it was another's.
#[test]
fn wait_after_a_read_waits_for_what_the_client_has_seen() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v", 1);
    let mut reader = master.client();
    replica.pause();
    master.ok("set k v2");
    assert_eq!(reader.run("get k"), "v2");
    assert_eq!(reader.run("wait 1 100"), 0);
    replica.resume();
    assert_eq!(reader.run("wait 1 20000"), 1);
    assert_eq!(replica.run("get k"), "v2");
}

#[test]
fn a_client_blocked_in_wait_is_woken_by_acks_and_closed_by_replicaof() {
    let (master, replica) = pair(&[]);
    let mut client = master.client();
    client.ok("set k v");
    client.send(b"wait 2 0\r\n");
    wait_info(&master, "clients", "blocked_clients", "1");
    let second = Server::start_replica(Understudy, master.port, &[]);
    assert_eq!(client.reply(), 2);
    drop(second);
    client.ok("set k v2");
    client.send(b"wait 2 0\r\nset k v3\r\n");
    wait_info(&master, "clients", "blocked_clients", "1");
    replica.ok("replicaof no one");
    master.replicaof(replica.port);
    let woken = client.reply();
    assert!(woken.error().starts_with("UNBLOCKED force unblock from blocking operation"));
    // And closed, without what it sent after it, as redis-server does.
    assert_eq!(client.recv_to_end(), b"");
    assert_eq!(master.run("get k"), "v2");
}

/// As in redis-server, where who began to wait last is answered first.
#[test]
fn of_those_whom_one_acknowledgement_lets_go_on_the_last_comes_first() {
    let (master, replica) = pair(&["--repl-ping-replica-period", "3600"]);
    let mut clients = [(); 4].map(|()| master.client());
    master.write_through("set k v", 1);
    replica.pause();
    for (i, client) in clients.iter_mut().enumerate() {
        client.send(format!("set k {i}\r\nwait 1 0\r\nappend log {i}\r\n").as_bytes());
        assert_eq!(client.reply(), "OK");
        wait_until(PATIENCE, "it to be blocked", || {
            info_field(&master, "clients", "blocked_clients") == (i + 1).to_string()
        });
    }
    replica.resume();
    for client in &mut clients {
        assert_eq!(client.reply(), 1);
        client.reply();
    }
    assert_eq!(master.run("get log"), "3210");
}

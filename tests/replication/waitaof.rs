//! WAITAOF: replicas that say what is safe in their append-only logs.

use crate::support::*;

fn offset(server: &Server) -> i64 {
    info_field(server, "replication", "master_repl_offset").parse().expect("a number")
}

#[test]
fn a_client_waits_until_enough_replicas_have_it_in_their_logs() {
    let master = ours(&["--repl-ping-replica-period", "3600"]);
    let (mut replica, start) = RawReplica::streaming(&master);
    let mut client = master.client();
    client.ok("set k v");
    let written = offset(&master);
    client.send_cmd(&["waitaof", "0", "1", "0"]);
    wait_info(&master, "clients", "blocked_clients", "1");
    // It is asked how far it is, behind what the client wrote.
    wait_until(PATIENCE, "GETACK in the stream", || offset(&master) > written);
    let fack = |replica: &mut RawReplica, applied: i64, safe: i64| {
        let (applied, safe) = (applied.to_string(), safe.to_string());
        replica.link.send_cmd(&["replconf", "ack", &applied, "fack", &safe]);
        wait_until(PATIENCE, "the acknowledgement", || {
            master.run("info replication").text().contains(&format!("offset={applied},"))
        });
    };
    // Applied is not safe.
    fack(&mut replica, written, start);
    assert_eq!(client_blocked(&master), "1");
    fack(&mut replica, written + 1, written);
    assert_eq!(client.reply().items(), [Value::Int(0), Value::Int(1)]);
    assert_eq!(client.run("waitaof 0 2 20").items(), [Value::Int(0), Value::Int(1)]);
    // Whoever says WAIT is content with less.
    client.ok("set k w");
    let written = offset(&master);
    fack(&mut replica, written, written - 1);
    assert_eq!(client.run("wait 1 0"), 1);
    assert_eq!(client.run("waitaof 0 1 20").items(), [Value::Int(0), Value::Int(0)]);
}

fn client_blocked(master: &Server) -> String {
    info_field(master, "clients", "blocked_clients")
}

#[test]
fn a_replica_of_ours_says_what_is_safe_in_its_log() {
    let master = ours(&[]);
    let logged = replica_of(master.port, &["--appendonly", "yes"]);
    let _plain = replica_of(master.port, &[]);
    let mut client = master.client();
    for policy in ["everysec", "always"] {
        assert_eq!(logged.run(&format!("config set appendfsync {policy}")), "OK");
        client.ok("set k 1");
        assert_eq!(client.run("waitaof 0 1 0").items(), [Value::Int(0), Value::Int(1)]);
        assert_eq!(client.run("waitaof 0 2 20").items(), [Value::Int(0), Value::Int(1)]);
    }
    assert_eq!(master.run("config set appendonly yes"), "OK");
    wait_info(&master, "persistence", "aof_rewrite_in_progress", "0");
    client.ok("set k 2");
    assert_eq!(client.run("waitaof 1 1 0").items(), [Value::Int(1), Value::Int(1)]);
    // One that has none any more says nothing of it.
    assert_eq!(logged.run("config set appendonly no"), "OK");
    client.ok("set k 3");
    assert_eq!(client.run("wait 2 0"), 2);
    assert_eq!(client.run("waitaof 1 1 20").items()[1], 0);
}

/// The log of a replica that has taken everything anew is of another stream until its base is there.
#[test]
fn what_was_safe_of_another_stream_is_not_safe_in_this_one() {
    let (first, second) = (ours(&[]), ours(&[]));
    let replica = replica_of(first.port, &["--appendonly", "yes"]);
    let mut client = first.client();
    client.cmd(&["set", "k", &"v".repeat(100_000)]);
    assert_eq!(client.run("waitaof 0 1 0").items()[1], 1);
    fill(&second, 10);
    // So long for each key: the base is not there before the test is over.
    assert_eq!(replica.run("config set rdb-key-save-delay 10000000"), "OK");
    replica.replicaof(second.port);
    replica.wait_link_up();
    let mut client = second.client();
    client.ok("set k 2");
    assert_eq!(client.run("wait 1 0"), 1);
    assert_eq!(client.run("waitaof 0 1 20").items()[1], 0);
}

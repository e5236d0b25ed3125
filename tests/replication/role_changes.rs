//! Roles that change in the middle of something.

use crate::support::{Kind, PATIENCE, RawReplica, Server, digest, info_field, ours, wait_until};

fn offset(server: &Server) -> String {
    info_field(server, "replication", "master_repl_offset")
}

/// Waits for equal offsets, at which the data must be equal.
fn assert_equal(master: &Server, replica: &Server) {
    wait_until(PATIENCE, "equal offsets", || offset(master) == offset(replica));
    assert_eq!(digest(master), digest(replica));
}

/// A transaction whose middle command changes the role of the server.
fn exec(server: &Server, role: &str) {
    let mut client = server.client();
    for command in ["MULTI", "SET before 1", role, "SET after 1"] {
        client.run(command);
    }
    client.run("EXEC");
}

/// The stock servers leave `after` out of the stream, and their replicas without it.
#[test]
fn what_a_transaction_writes_around_replicaof_reaches_the_replicas() {
    let (master, replica) = super::pair(&[]);
    exec(&master, "REPLICAOF 127.0.0.1 1");
    assert_equal(&master, &replica);
    assert_eq!(replica.run("EXISTS before after"), 2);
}

/// And here `before`.
#[test]
fn what_a_transaction_writes_around_a_promotion_reaches_the_replicas() {
    let (master, middle) = super::pair(&[]);
    let last = Server::start_replica(Kind::Understudy, middle.port, &[]);
    last.wait_link_up();
    middle.run("CONFIG SET replica-read-only no");
    master.run("SET k v");
    assert_equal(&master, &last);
    exec(&middle, "REPLICAOF NO ONE");
    last.wait_link_up();
    assert_equal(&middle, &last);
    assert_eq!(last.run("EXISTS k before after"), 3);
    assert_eq!(info_field(&middle, "stats", "sync_full"), "1");
}

/// The answer to a PSYNC and a promotion in one round of the master: no replica may take bytes of
/// the new name for those of the old.
#[test]
fn a_promotion_in_the_same_round_as_a_psync_gives_no_replica_two_streams() {
    for _ in 0..5 {
        let master = ours(&[]);
        let mut middle = Server::start_replica(Kind::Understudy, master.port, &[]);
        middle.wait_link_up();
        master.run("SET k v");
        assert_equal(&master, &middle);
        let id = info_field(&middle, "replication", "master_replid");
        let from: i64 = offset(&middle).parse().expect("an offset");
        let mut asker = RawReplica::connect(&middle);
        let mut promoter = middle.client();
        asker.link.send_cmd(&["psync", &id, &(from + 1).to_string()]);
        promoter.run("REPLICAOF NO ONE");
        promoter.run("SET later 1");
        promoter.run("PING");
        middle.kill9();
        // It was continued under the new name, or under the old and cut off before the first new
        // byte.
        let heard = String::from_utf8_lossy(&asker.link.recv_to_end()).into_owned();
        let is_old = heard.contains(&format!("+CONTINUE {id}"));
        assert!(!(is_old && heard.contains("later")), "{heard:?}");
    }
}

/// Whom it names at last counts, and nobody before. A second name would be a history that no
/// replica knows the beginning of.
#[test]
fn a_transaction_that_names_a_master_and_then_nobody_is_promoted_once() {
    let (master, middle) = super::pair(&[]);
    let last = Server::start_replica(Kind::Understudy, middle.port, &[]);
    last.wait_link_up();
    master.run("SET k v");
    assert_equal(&master, &last);
    let id = info_field(&middle, "replication", "master_replid");
    let mut client = middle.client();
    for command in ["MULTI", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "EXEC"] {
        client.run(command);
    }
    assert_eq!(info_field(&middle, "replication", "master_replid2"), id);
    assert_eq!(middle.count_log("Setting secondary replication ID"), 1);
    last.wait_link_up();
    middle.run("SET later 1");
    assert_equal(&middle, &last);
    assert_eq!(info_field(&middle, "stats", "sync_full"), "1");
}

#[test]
fn a_transaction_of_a_master_that_names_another_and_then_nobody_changes_nothing() {
    let (master, replica) = super::pair(&[]);
    let id = info_field(&master, "replication", "master_replid");
    let mut client = master.client();
    for command in ["MULTI", "REPLICAOF 127.0.0.1 1", "SET k v", "SLAVEOF NO ONE", "EXEC"] {
        client.run(command);
    }
    assert_equal(&master, &replica);
    assert_eq!(info_field(&master, "replication", "role"), "master");
    assert_eq!(info_field(&master, "replication", "master_replid"), id);
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "0");
}

/// The reverse order, and several masters: the last one is followed, by one link.
#[test]
fn a_transaction_that_names_several_masters_follows_the_last() {
    let (master, replica) = super::pair(&[]);
    let other = ours(&[]);
    other.run("SET other 1");
    let mut client = replica.client();
    let roles = [
        "REPLICAOF NO ONE".to_owned(),
        format!("REPLICAOF 127.0.0.1 {}", master.port),
        format!("REPLICAOF 127.0.0.1 {}", other.port),
    ];
    client.run("MULTI");
    roles.iter().for_each(|role| drop(client.run(role)));
    client.run("EXEC");
    replica.wait_link_up();
    assert_equal(&other, &replica);
    assert_eq!(replica.count_log("Setting secondary replication ID"), 1);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(info_field(&other, "stats", "sync_full"), "1");
}

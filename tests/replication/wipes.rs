//! Replicas of a master that comes back without its data.

use crate::support::*;

const KEYS: u64 = 200;

/// A master that keeps no file and a replica that has got its keys.
fn pair_with_keys(more: &[&str]) -> (Server, Server) {
    let (master, replica) = super::pair(&[&["--save", ""], more].concat());
    fill(&master);
    master.write_through("set last 1", 1);
    (master, replica)
}

fn fill(master: &Server) {
    let keys: Vec<String> = (0..KEYS).map(|i| format!("key:{i} value:{i}")).collect();
    master.ok(&format!("mset {}", keys.join(" ")));
}

fn refused(replica: &Server) -> u64 {
    let section = replica.run("info replication").text();
    let field = section.lines().find_map(|line| line.strip_prefix("wipe_guard_refused_syncs:"));
    field.map_or(0, |count| count.trim().parse().expect("a number"))
}

fn restart_empty(master: &mut Server) {
    master.kill9();
    master.restart();
    assert_eq!(master.run("dbsize"), 0);
}

#[test]
fn a_replica_keeps_its_data_from_a_master_that_came_back_empty_and_serves_it() {
    let (mut master, replica) = pair_with_keys(&[]);
    let before = digest(&replica);
    let mut reader = replica.client();
    let mut blocked = replica.client();
    blocked.send(b"xread block 0 streams s $\r\n");
    wait_info(&replica, "clients", "blocked_clients", "1");
    restart_empty(&mut master);
    wait_until(PATIENCE, "two refusals", || refused(&replica) >= 2);
    assert_eq!(digest(&replica), before);
    assert_eq!(reader.run("get last"), "1");
    assert_eq!(info_field(&replica, "clients", "blocked_clients"), "1");
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    assert!(replica.log().contains("0 keys for 201 here"), "{}", replica.log());
    // What the empty master writes is not of this data set.
    master.ok("set of-another-history 1");
    let seen = refused(&replica);
    wait_until(PATIENCE, "one more", || refused(&replica) > seen);
    assert_eq!(digest(&replica), before);
    // It gets its data back: the replica comes by itself.
    fill(&master);
    replica.wait_link_up();
    assert_eq!(refused(&replica), 0);
    wait_until(PATIENCE, "equal data", || digest(&replica) == digest(&master));
}

#[test]
fn a_replica_that_kept_its_data_can_be_promoted_and_feeds_the_old_master() {
    let (mut master, replica) = pair_with_keys(&[]);
    let before = digest(&replica);
    restart_empty(&mut master);
    wait_until(PATIENCE, "a refusal", || refused(&replica) >= 1);
    replica.ok("replicaof no one");
    master.ok(&format!("replicaof 127.0.0.1 {}", replica.port));
    master.wait_link_up();
    assert_eq!(digest(&master), before);
}

#[test]
fn force_takes_an_empty_masters_data_and_only_once() {
    let (mut master, replica) = pair_with_keys(&[]);
    restart_empty(&mut master);
    wait_until(PATIENCE, "a refusal", || refused(&replica) >= 1);
    assert_eq!(
        replica.run(&format!("replicaof 127.0.0.1 {} please", master.port)).error(),
        "ERR wrong number of arguments for 'replicaof' command"
    );
    replica.ok(&format!("replicaof 127.0.0.1 {} FORCE", master.port));
    replica.wait_link_up();
    assert_eq!(replica.run("dbsize"), 0);
    fill(&master);
    master.write_through("set last 2", 1);
    restart_empty(&mut master);
    wait_until(PATIENCE, "a refusal", || refused(&replica) >= 1);
    assert_eq!(replica.run("get last"), "2");
}

#[test]
fn a_wipe_guard_that_is_switched_off_while_a_master_is_refused_lets_it_in() {
    let (mut master, replica) = pair_with_keys(&[]);
    restart_empty(&mut master);
    wait_until(PATIENCE, "a refusal", || refused(&replica) >= 1);
    assert!(replica.run("config set replica-wipe-guard 101").is_error());
    replica.ok("config set replica-wipe-guard 0");
    replica.wait_link_up();
    assert_eq!(replica.run("dbsize"), 0);
}

#[test]
fn what_a_master_deleted_itself_is_gone_on_its_replicas_also_by_a_full_sync() {
    // So small a backlog, that the replica cannot continue.
    let (master, replica) = pair_with_keys(&["--repl-backlog-size", "16kb"]);
    replica.pause();
    master.ok("flushall");
    // More than the sockets hold.
    let big = "x".repeat(1 << 20);
    (0..30).for_each(|_| drop(master.ok(&format!("set big {big}"))));
    assert_eq!(master.run("del big"), 1);
    assert_eq!(master.run("client kill type replica"), 1);
    replica.resume();
    wait_info(&master, "stats", "sync_full", "2");
    wait_until(PATIENCE, "an empty replica", || replica.run("dbsize") == 0);
}

/// It is told so by hand, and has nothing of a master.
#[test]
fn a_master_that_is_made_a_replica_takes_what_its_master_has() {
    let (master, other) = (ours(&[]), ours(&[]));
    other.ok("set k v");
    other.ok(&format!("replicaof 127.0.0.1 {}", master.port));
    other.wait_link_up();
    assert_eq!(other.run("dbsize"), 0);
}

/// Neither WAIT nor FAILOVER nor Sentinel may take it for a replica that has what its master has.
#[test]
fn a_data_set_that_is_refused_is_not_acknowledged() {
    let (_master, replica) = pair_with_keys(&[]);
    let mut empty = b"REDIS0009\xff".to_vec();
    empty.extend([0; 8]);
    let (heard, words) = std::sync::mpsc::channel();
    let fake = FakeMaster::start(move |number, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 1000\r\n${}\r\n", "a".repeat(40), empty.len()))?;
        link.send(&empty)?;
        loop {
            let _ = heard.send((number, link.command()?));
        }
    });
    replica.replicaof(fake.port);
    wait_until(PATIENCE, "two refusals", || refused(&replica) >= 2);
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    for (_, command) in words.try_iter() {
        assert_ne!(command[0], "replconf", "{command:?}");
    }
    // It does once it is taken.
    assert_eq!(replica.run("config set replica-wipe-guard 0"), "OK");
    let ack = ["replconf", "ACK", "1000"];
    wait_until(PATIENCE, "an ACK", || words.try_iter().any(|(_, command)| command == ack));
    assert_eq!(replica.run("dbsize"), 0);
}

#[test]
fn a_master_that_started_without_its_data_says_so_when_somebody_comes_who_knows_more() {
    let (mut master, replica) = pair_with_keys(&[]);
    let tells = |server: &Server| {
        let doctor = server.run("replication doctor").text();
        let info = server.run("info replication").text();
        assert_eq!(doctor.contains("found no data"), info.contains("started_without_data:1"));
        info.contains("started_without_data:1")
    };
    // It was empty at its first start too: nobody knew more.
    assert!(!tells(&master));
    restart_empty(&mut master);
    master
        .wait_for_log("This server found no data to load when it started, and replica 127.0.0.1:");
    wait_until(PATIENCE, "the field", || tells(&master));
    // It gets the data of those who kept it.
    replica.ok("replicaof no one");
    master.ok(&format!("replicaof 127.0.0.1 {}", replica.port));
    master.wait_link_up();
    assert!(!tells(&master));
    master.ok("replicaof no one");
    assert!(!tells(&master));
}

/// A server that had no history before it was told to follow knows nothing of ours.
#[test]
fn a_new_master_does_not_take_a_new_replica_for_one_that_knows_more() {
    let (master, replica) = (ours(&[]), ours(&[]));
    replica.ok("set own 1");
    replica.replicaof(master.port);
    replica.wait_link_up();
    assert!(!master.run("info replication").text().contains("started_without_data"));
    assert_eq!(master.count_log("found no data to load"), 0);
}

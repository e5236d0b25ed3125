//! Replicas that are here for a snapshot only, or not for long.

use std::io;

use crate::bad_payloads::{command, master_streaming};
use crate::support::{
    FakeMaster, Grant, Kind, PATIENCE, RawReplica, Server, info_field, ours, wait_until,
};

fn replicas(server: &Server) -> String {
    info_field(server, "replication", "connected_slaves")
}

/// As redis-cli --rdb and migration tools ask.
fn rdb_only(server: &Server) -> (RawReplica, Grant) {
    let mut replica = RawReplica::connect(server);
    replica.link.ok("replconf rdb-only 1");
    let grant = replica.psync("?", -1);
    (replica, grant)
}

#[test]
fn a_replica_that_asked_for_the_rdb_only_is_closed_after_it() {
    for diskless in ["yes", "no"] {
        let server = ours(&["--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0"]);
        server.run("set k v");
        let (mut replica, grant) = rdb_only(&server);
        assert!(matches!(grant, Grant::Full { .. }), "{grant:?}");
        let rest = replica.link.recv_to_end();
        assert!(rest.iter().all(|&byte| byte == b'\n'), "{}", rest.escape_ascii());
        wait_until(PATIENCE, "nobody to be there", || replicas(&server) == "0");
        server.wait_for_log("rdb only replica (127.0.0.1:1234) should be disconnected asap");
    }
}

/// It reads nothing of its snapshot, so that it stays: nobody may count on it, or wait for it.
#[test]
fn nobody_counts_on_a_replica_that_asked_for_the_rdb_only() {
    let mut server =
        ours(&["--rdb-key-save-delay", "1000000", "--save", "", "--repl-diskless-sync-delay", "0"]);
    server.run("debug populate 100");
    let mut replica = RawReplica::connect(&server);
    replica.link.ok("replconf rdb-only 1");
    replica.link.send_cmd(&["psync", "?", "-1"]);
    wait_until(PATIENCE, "its transfer", || {
        info_field(&server, "replication", "slave0").contains("state=wait_bgsave")
    });
    assert_eq!(server.run("wait 1 10"), 0);
    server.run("config set min-replicas-to-write 1");
    assert!(server.run("set k v").is_error());
    server.run("config set min-replicas-to-write 0");
    server.run("set k v");
    // The default timeout of a shutdown is ten seconds, for replicas that lag.
    let mut client = server.client();
    client.send_cmd(&["shutdown", "nosave"]);
    server.wait_exit();
    assert_eq!(server.count_log("Waiting for replicas before shutting down."), 0);
}

#[test]
fn a_killed_replica_is_named_in_the_log_and_comes_back_with_a_partial_resync() {
    let (master, replica) = super::pair(&[]);
    assert_eq!(master.run("client kill type replica"), 1);
    master.wait_for_log("Connection with replica 127.0.0.1:");
    replica.wait_for_log("Master accepted a Partial Resynchronization");
}

/// As redis-server shows it.
#[test]
fn acknowledgements_count_as_commands_and_keep_a_replica_from_idling() {
    let server = ours(&["--repl-diskless-sync-delay", "0"]);
    let (mut replica, offset) = RawReplica::streaming(&server);
    let calls = |server: &Server| {
        let line = info_field(server, "commandstats", "cmdstat_replconf");
        let calls = line.split(',').next().and_then(|field| field.strip_prefix("calls="));
        calls.and_then(|calls| calls.parse::<i64>().ok()).expect("a number of calls")
    };
    let before = calls(&server);
    (0..5).for_each(|_| replica.ack(offset));
    wait_until(PATIENCE, "five calls", || calls(&server) == before + 5);
    let list = server.run("client list type replica").text();
    assert!(list.contains("cmd=replconf"), "{list}");
}

/// When a line was logged, in milliseconds of its day: what tells of a pause without a clock of ours.
fn millis(line: &str) -> u64 {
    let time = line.split(' ').nth(4).expect("a time");
    let (rest, millis) = time.rsplit_once('.').expect("milliseconds");
    let seconds = rest.split(':').fold(0, |sum, part| sum * 60 + part.parse::<u64>().unwrap());
    seconds * 1000 + millis.parse::<u64>().unwrap()
}

/// A master whose link breaks right after each full sync: the first time it is asked again at once,
/// and then ever more rarely.
#[test]
fn full_syncs_that_lead_to_nothing_are_not_asked_for_without_a_pause() {
    let source = ours(&[]);
    let Grant::Full { rdb, .. } = RawReplica::attach(&source).1 else { panic!("no snapshot") };
    let fake = FakeMaster::start(move |_, link| -> io::Result<()> {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", "a".repeat(40), rdb.len()))?;
        link.send(&rdb)?;
        // The first acknowledgement: it is up.
        link.command().map(drop)
    });
    let replica = Server::start_replica(Kind::Understudy, fake.port, &[]);
    wait_until(PATIENCE, "some syncs", || fake.connections() >= 5);
    let tries = replica.count_log("MASTER <-> REPLICA sync started");
    let log = replica.log();
    let lost: Vec<&str> = log.lines().filter(|line| line.contains("master lost")).collect();
    assert!(tries >= 5 && lost.len() >= 4, "{log}");
    let pauses: Vec<u64> = lost.windows(2).map(|two| millis(two[1]) - millis(two[0])).collect();
    // 0, 50, 100, 200 ms and more, as they were waited for.
    assert!(pauses[2] >= 100, "{pauses:?}");
}

/// The end of the stream was away to be applied when the link was given up: its return is no reason
/// to be early.
#[test]
fn a_link_that_is_given_up_while_a_batch_is_away_is_tried_again_after_its_pause() {
    let master = master_streaming(|_, link| {
        link.send(command("SELECT 16"))?;
        link.drain()
    });
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    wait_until(PATIENCE, "some syncs", || master.connections() >= 3);
    let log = replica.log();
    let times = |part| log.lines().filter(move |line| line.contains(part)).map(millis);
    let left = times("The master's stream selects a database that is not here");
    let began = times("MASTER <-> REPLICA sync started").skip(1);
    let pauses: Vec<u64> = left.zip(began).map(|(left, began)| began - left).collect();
    assert!(pauses.len() >= 2 && pauses.iter().all(|&pause| pause >= 1000), "{pauses:?}");
}

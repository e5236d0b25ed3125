//! The walk of a sync in the logs: Redis's words, in order, in Redis's line format.

use crate::support::*;

/// `pid:role DD Mon YYYY HH:MM:SS.mmm level text` taken apart; panics on another form.
struct Line<'a> {
    pid: &'a str,
    role: &'a str,
    level: &'a str,
    text: &'a str,
}

#[track_caller]
fn parse(line: &str) -> Line<'_> {
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    let [origin, day, month, year, time, level, text] = fields[..] else {
        panic!("not a log line: {line:?}")
    };
    let (pid, role) = origin.split_once(':').expect("pid:role");
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    assert!(pid.parse::<u32>().is_ok(), "{line}");
    assert!(["X", "C", "S", "M"].contains(&role), "{line}");
    assert!(digits(day, 2) && digits(year, 4) && months.split(' ').any(|m| m == month), "{line}");
    let (clock, millis) = time.split_once('.').expect("HH:MM:SS.mmm");
    assert!(digits(millis, 3) && clock.split(':').all(|part| digits(part, 2)), "{line}");
    assert!([".", "-", "*", "#"].contains(&level), "{line}");
    Line { pid, role, level, text }
}

/// The signal handler cannot format a date, so Redis gives its one line another form.
fn is_regular(line: &&str) -> bool {
    !line.is_empty() && !line.contains(":signal-handler (")
}

/// Checks that the log has these texts (each the start of a line's) in this order, each from
/// the server's own process with this role letter and level.
#[track_caller]
fn assert_walk(server: &Server, role: &str, walk: &[&str]) {
    let log = server.log();
    let mut rest = log.lines().map(parse);
    for start in walk {
        let Some(line) = rest.find(|line| line.text.starts_with(start)) else {
            panic!("{start:?} is not in the log, or not after the one before:\n{log}")
        };
        assert_eq!(line.role, role, "{start}");
        assert_eq!(line.level, "*", "{start}");
        assert_eq!(line.pid, server.pid().to_string(), "{start}");
    }
}

#[test]
fn both_logs_show_the_walk_of_a_full_sync() {
    let master = ours(&["--repl-diskless-sync-delay", "1"]);
    let replica = replica_of(master.port, &[]);
    master.wait_online(1);
    let address = format!("127.0.0.1:{}", replica.port);
    master.wait_for_log("Synchronization with replica");
    let replid = info_field(&master, "replication", "master_replid");
    assert_walk(
        &master,
        "M",
        &[
            &format!("Replica {address} asks for synchronization"),
            &format!("Full resync requested by replica {address}"),
            &format!(
                "Replication backlog created, my new replication IDs are '{replid}' and '{}'",
                "0".repeat(40)
            ),
            "Delay next BGSAVE for diskless SYNC",
            "Starting BGSAVE for SYNC with target: replicas sockets",
            "Background RDB transfer started by pid ",
            "Background RDB transfer terminated with success",
            &format!(
                "Streamed RDB transfer with replica {address} succeeded (socket). Waiting for REPLCONF ACK from "
            ),
            &format!("Synchronization with replica {address} succeeded"),
        ],
    );
    replica.wait_for_log("MASTER <-> REPLICA sync: Finished with success");
    assert_walk(
        &replica,
        "S",
        &[
            &format!("Connecting to MASTER 127.0.0.1:{}", master.port),
            "MASTER <-> REPLICA sync started",
            "Non blocking connect for SYNC fired the event.",
            "Master replied to PING, replication can continue...",
            "Partial resynchronization not possible (no cached master)",
            &format!("Full resync from master: {replid}:"),
            "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to ",
            // Here redis-server says "Flushing old data", when it does not swap.
            "MASTER <-> REPLICA sync: Loading DB in memory",
            "MASTER <-> REPLICA sync: Finished with success",
        ],
    );
}

#[test]
fn both_logs_show_the_walk_of_a_partial_resync() {
    let master = ours(&[]);
    let proxy = FaultProxy::start(master.port);
    let replica = replica_of(proxy.port, &[]);
    master.wait_online(1);
    proxy.cut();
    let address = format!("127.0.0.1:{}", replica.port);
    master.wait_for_log("Partial resynchronization request from");
    replica.wait_for_log("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
    let lost = replica.wait_for_log("Connection with master lost.");
    assert_eq!(parse(&lost).text, "Connection with master lost.");
    master.wait_for_log(&format!("Connection with replica {address} lost."));
    assert_walk(
        &master,
        "M",
        &[
            &format!("Replica {address} asks for synchronization"),
            &format!("Partial resynchronization request from {address} accepted. Sending "),
        ],
    );
    let replid = info_field(&master, "replication", "master_replid");
    assert_walk(
        &replica,
        "S",
        &[
            "Caching the disconnected master state.",
            "Reconnecting to MASTER 127.0.0.1:",
            "MASTER <-> REPLICA sync started",
            "Non blocking connect for SYNC fired the event.",
            "Master replied to PING, replication can continue...",
            &format!("Trying a partial resynchronization (request {replid}:"),
            "Successful partial resynchronization with master.",
            "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.",
        ],
    );
}

#[test]
fn the_logs_name_who_changed_a_role() {
    let master = ours(&[]);
    let other = ours(&[]);
    other.replicaof(master.port);
    other.wait_link_up();
    other.ok("replicaof no one");
    let enabled = other
        .wait_for_log(&format!("REPLICAOF 127.0.0.1:{} enabled (user request from '", master.port));
    assert!(
        enabled.contains("addr=127.0.0.1:") && enabled.contains(" cmd=replicaof "),
        "{enabled}"
    );
    assert_eq!(parse(&enabled).role, "S");
    let back = other.wait_for_log("MASTER MODE enabled (user request from '");
    assert_eq!(parse(&back).role, "M");
    other.wait_for_log("Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.");
    other.wait_for_log("Setting secondary replication ID to ");
}

#[test]
fn every_line_of_a_start_and_a_stop_has_the_format() {
    let mut server = ours(&["--save", "3600 1"]);
    server.ok("set k v");
    assert!(server.terminate().success());
    let log = server.log();
    let lines: Vec<Line> = log.lines().filter(is_regular).map(parse).collect();
    for part in [
        "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "Ready to accept connections",
        "User requested shutdown...",
        "Saving the final RDB snapshot before exiting.",
        "DB saved on disk",
        "Redis is now ready to exit, bye bye...",
    ] {
        assert!(lines.iter().any(|line| line.text.contains(part)), "{part:?} in\n{log}");
    }
}

/// What is kept on disk is begun at the start; the backlog is told of when the first replica comes.
#[test]
fn the_backlog_is_told_of_with_the_first_replica() {
    for save in ["", "3600 1"] {
        let master = ours(&["--save", save]);
        master.ok("set k v");
        assert_eq!(master.count_log("Replication backlog created"), 0);
        let first = RawReplica::attach(&master);
        let line = master.wait_for_log("Replication backlog created, my new replication IDs are '");
        assert!(line.contains(&format!("and '{}'", "0".repeat(40))), "{line}");
        let second = RawReplica::attach(&master);
        assert_eq!(master.count_log("Replication backlog created"), 1);
        drop((first, second));
    }
}

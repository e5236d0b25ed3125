//! What a master can continue from, and when it must send all.

use crate::pair;
use crate::support::Kind::Understudy;
use crate::support::*;

fn replication(server: &Server, field: &str) -> i64 {
    info_field(server, "replication", field).parse().expect("a number")
}

/// A master whose backlog exists and holds some writes.
fn master_with_backlog(args: &[&str]) -> (Server, String, i64) {
    let master = ours(args);
    let (mut first, sync) = RawReplica::attach(&master);
    let Grant::Full { replid, offset, .. } = sync else { panic!("{sync:?}") };
    first.ack(offset);
    for i in 0..10 {
        master.ok(&format!("set k:{i} {i}"));
    }
    (master, replid, offset)
}

#[test]
fn a_known_offset_continues_with_exactly_the_bytes_behind_it() {
    let (master, replid, offset) = master_with_backlog(&[]);
    let mut replica = RawReplica::connect(&master);
    let sync = replica.psync(&replid, offset + 1);
    assert_eq!(sync, Grant::Continue { replid: replid.clone() });
    assert_eq!(replica.next_line(), "SELECT 0");
    for i in 0..10 {
        assert_eq!(replica.next_line(), format!("set k:{i} {i}"));
    }
    let end = offset + replica.stream_bytes;
    assert!(end <= replication(&master, "master_repl_offset"));
    // From the end nothing is sent again, and what follows comes.
    let mut at_end = RawReplica::connect(&master);
    assert_eq!(at_end.psync(&replid, end + 1), Grant::Continue { replid });
    master.ok("set next one");
    assert_eq!(at_end.next_line(), "set next one");
    master.wait_for_log(&format!(
        "Partial resynchronization request from 127.0.0.1:1234 accepted. Sending {} bytes of \
         backlog starting from offset {}.",
        end - offset,
        offset + 1
    ));
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "2");
}

#[test]
fn an_unknown_history_takes_a_full_resync() {
    let (master, replid, offset) = master_with_backlog(&[]);
    let other = "0123456789".repeat(4);
    let sync = RawReplica::connect(&master).psync(&other, offset + 1);
    assert!(matches!(sync, Grant::Full { .. }), "{sync:?}");
    let zeros = "0".repeat(40);
    master.wait_for_log(&format!(
        "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for \
         '{other}', my replication IDs are '{replid}' and '{zeros}')"
    ));
    assert_eq!(info_field(&master, "stats", "sync_partial_err"), "1");
}

#[test]
fn an_offset_outside_the_backlog_takes_a_full_resync() {
    let (master, replid, _) = master_with_backlog(&[]);
    for asked in [0, 1_000_000] {
        let sync = RawReplica::connect(&master).psync(&replid, asked);
        assert!(matches!(sync, Grant::Full { .. }), "{asked}: {sync:?}");
        master.wait_for_log(&format!(
            "Unable to partial resync with replica 127.0.0.1:1234 for lack of backlog (Replica \
             request was: {asked})."
        ));
    }
    assert_eq!(info_field(&master, "stats", "sync_partial_err"), "2");
}

#[test]
fn nonsense_in_psync_is_refused_or_synced_in_full_and_never_crashes() {
    let (master, replid, _) = master_with_backlog(&[]);
    for (id, offset) in [("?", "nonsense"), (replid.as_str(), "-5"), ("x", "9223372036854775807")] {
        let mut client = master.client();
        client.send_cmd(&["psync", id, offset]);
        let line = String::from_utf8(client.try_line().expect("a line")).expect("text");
        assert!(line.starts_with("-ERR") || line.starts_with("+FULLRESYNC"), "{line}");
    }
    for line in
        ["psync", "psync ?", "replconf ack", "replconf nonsense 1", "replconf listening-port x"]
    {
        assert!(master.run(line).is_error(), "{line}");
    }
    assert_eq!(master.run("ping"), "PONG");
}

#[test]
fn a_replica_that_missed_more_than_the_backlog_takes_a_full_resync() {
    let master = ours(&["--repl-backlog-size", "16kb", "--repl-backlog-disk-size", "0"]);
    let proxy = FaultProxy::start(master.port);
    let replica = replica_of(proxy.port, &[]);
    proxy.cut_and_refuse();
    fill(&master, 20_000);
    proxy.heal();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "2");
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "0");
    assert_eq!(info_field(&master, "stats", "sync_partial_err"), "1");
    master.wait_for_log("for lack of backlog (Replica request was:");
}

#[test]
fn a_changed_replid_takes_a_full_resync() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v", 1);
    let before = info_field(&master, "replication", "master_replid");
    master.ok("debug change-repl-id");
    let after = info_field(&master, "replication", "master_replid");
    assert_ne!(before, after);
    master.ok("client kill type replica");
    wait_info(&master, "stats", "sync_full", "2");
    replica.wait_link_up();
    assert_eq!(info_field(&replica, "replication", "master_replid"), after);
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn the_backlog_is_bounded_and_says_what_it_holds() {
    let (master, replica) = pair(&["--repl-backlog-size", "64kb"]);
    let mut client = master.client();
    let value = "x".repeat(1000);
    let histlen = || {
        let info = info(&master, "replication");
        let [histlen, first, offset] =
            ["repl_backlog_histlen", "repl_backlog_first_byte_offset", "master_repl_offset"]
                .map(|field| info.get(field).expect(field).parse::<i64>().expect("a number"));
        assert_eq!(first + histlen, offset + 1);
        histlen
    };
    for round in 0..10 {
        for i in 0..500 {
            client.cmd(&["set", &format!("k:{}", i % 10), &value]);
        }
        // What a replica has yet to read may stay longer, and Redis trims in blocks.
        wait_for(PATIENCE, "the backlog to be trimmed", || match histlen() {
            kept if (32 * 1024..96 * 1024).contains(&kept) => Ok(()),
            kept => Err(format!("{kept} bytes in round {round}")),
        });
    }
    assert_eq!(replication(&master, "repl_backlog_size"), 64 * 1024);
    client.ok("config set repl-backlog-size 128kb");
    assert_eq!(replication(&master, "repl_backlog_size"), 128 * 1024);
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn a_backlog_nobody_follows_is_freed_and_the_history_ends_with_it() {
    let (master, replica) = pair(&["--repl-backlog-ttl", "1"]);
    master.write_through("set k v", 1);
    assert_ne!(info_field(&master, "memory", "mem_replication_backlog"), "0");
    let before = info_field(&master, "replication", "master_replid");
    drop(replica);
    wait_info(&master, "replication", "repl_backlog_active", "0");
    master.wait_for_log("Replication backlog freed after 1 seconds without connected replicas.");
    assert_ne!(info_field(&master, "replication", "master_replid"), before);
    assert_eq!(info_field(&master, "replication", "master_replid2"), "0".repeat(40));
    assert_eq!(info_field(&master, "replication", "repl_backlog_histlen"), "0");
    assert_eq!(info_field(&master, "memory", "mem_replication_backlog"), "0");
}

/// The lines speak of what was before the backlog was made for the replica, as with redis-server.
#[test]
fn a_master_without_a_backlog_refuses_by_the_history_that_it_had() {
    for is_known in [true, false] {
        let master = ours(&[]);
        let id = info_field(&master, "replication", "master_replid");
        let asked = if is_known { id.clone() } else { "a".repeat(40) };
        let grant = RawReplica::connect(&master).psync(&asked, 1);
        assert!(matches!(grant, Grant::Full { .. }), "{grant:?}");
        master.wait_for_log(&match is_known {
            true => "for lack of backlog (Replica request was: 1).".to_owned(),
            false => format!("my replication IDs are '{id}' and '000"),
        });
        assert_ne!(info_field(&master, "replication", "master_replid"), id);
    }
}

#[test]
fn debug_replicate_adds_nothing_to_a_replicas_stream() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v", 1);
    replica.ok("debug replicate set k other");
    assert_eq!(
        replication(&replica, "master_repl_offset"),
        replication(&master, "master_repl_offset")
    );
    master.write_through("set k v2", 1);
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn the_longest_time_to_live_of_a_backlog_is_for_ever() {
    let (master, replica) = pair(&["--repl-backlog-ttl", &i64::MAX.to_string()]);
    drop(replica);
    wait_info(&master, "replication", "connected_slaves", "0");
    let uptime = || info(&master, "server").get("uptime_in_seconds").map(|up| up.parse::<u64>());
    let Some(Ok(then)) = uptime() else { panic!("no uptime") };
    wait_until(PATIENCE, "two seconds", || matches!(uptime(), Some(Ok(now)) if now > then + 1));
    assert_eq!(info_field(&master, "replication", "repl_backlog_active"), "1");
}

#[test]
fn a_replica_without_link_has_no_history_to_give() {
    let master = ours(&[]);
    let middle = replica_of(master.port, &[]);
    drop(master);
    wait_info(&middle, "replication", "master_link_status", "down");
    let sync = RawReplica::connect(&middle).psync("?", -1);
    let refusal = "-NOMASTERLINK Can't SYNC while not connected with my master".to_owned();
    assert_eq!(sync, Grant::Refused(refusal));
    // A replica of it keeps trying.
    let last = Server::start_replica(Understudy, middle.port, &[]);
    last.wait_for_log(
        "Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK",
    );
    middle.ok("replicaof no one");
    last.wait_link_up();
}

#[test]
fn sub_replicas_go_on_when_the_top_master_is_replaced_by_the_middle() {
    let args = ["--repl-ping-replica-period", "3600"];
    let (master, middle) = pair(&args);
    let last = replica_of(middle.port, &args);
    master.write_through("set k v", 1);
    middle.ok("replicaof no one");
    middle.ok("set after promotion");
    last.wait_link_up();
    wait_equal_digests(&[&middle, &last]);
    assert_eq!(info_field(&middle, "stats", "sync_full"), "1");
    assert_eq!(
        info_field(&middle, "replication", "master_replid"),
        info_field(&last, "replication", "master_replid")
    );
}

/// It was given back by the clock, and until then a master showed memory for nobody.
#[test]
fn what_a_replica_kept_of_the_stream_goes_when_the_replica_goes() {
    let small = ["--repl-backlog-size", "16384", "--repl-backlog-disk-size", "0"];
    let master = ours(&[&small[..], &["--repl-ping-replica-period", "3600"]].concat());
    let mut replica = replica_of(master.port, &[]);
    replica.pause();
    let mut writer = master.client();
    let value = vec![b'v'; 1 << 20];
    // More than the sockets of both sides take.
    for _ in 0..12 {
        writer.cmd(&[b"set".as_slice(), b"k", &value]);
    }
    let kept = || -> u64 {
        info_field(&master, "memory", "mem_total_replication_buffers").parse().expect("a number")
    };
    let before = kept();
    assert!(before > 2 << 20, "the replica keeps what it has not read: {before}");
    replica.kill9();
    wait_info(&master, "replication", "connected_slaves", "0");
    let after = kept();
    let goes_at_once = (before - (256 << 10)).min(4 << 20);
    assert!(before - after >= goes_at_once, "{before} {after}");
}

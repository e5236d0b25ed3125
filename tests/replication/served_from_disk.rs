//! Replicas whose offset has left the memory, and is on disk.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// A small backlog, and the stream on disk in each of its three forms.
const SMALL: [&str; 2] = ["--repl-backlog-size", "16kb"];
const FORMS: [&[&str]; 3] = [
    &["--appendonly", "yes"],
    &["--appendonly", "no", "--save", "3600 1"],
    &["--appendonly", "no"],
];

fn replication(server: &Server, field: &str) -> i64 {
    info_field(server, "replication", field).parse().expect("a number")
}

fn full_syncs(server: &Server) -> String {
    info_field(server, "stats", "sync_full")
}

/// Until what is written goes to disk, which begins soon after the first replica has come.
fn wait_stored(master: &Server) {
    wait_until(PATIENCE, "the stream to be on disk", || {
        master.ok("set stored yes");
        info(master, "replication").get("repl_backlog_disk_histlen").is_some_and(|len| len != "0")
    });
}

#[test]
fn a_replica_that_was_away_for_longer_than_the_memory_reaches_continues() {
    for form in FORMS {
        for kind in [Understudy, RealRedis] {
            let master = ours(&[&SMALL[..], form].concat());
            let proxy = FaultProxy::start(master.port);
            let replica = Server::start_replica(kind, proxy.port, &[]);
            master.wait_online(1);
            wait_stored(&master);
            master.write_through("set has it", 1);
            proxy.cut_and_refuse();
            fill(&master, 20_000);
            fill_db(&master, 3, 100);
            let missed = replication(&master, "repl_backlog_first_byte_offset");
            assert!(missed > 500_000, "{form:?}: the memory reaches back to {missed}");
            proxy.heal();
            replica.wait_link_up();
            wait_equal_digests(&[&master, &replica]);
            assert_eq!(full_syncs(&master), "1", "{form:?} {kind:?}:\n{}", master.log());
            // It is back in the memory, and gets what comes.
            master.write_through("set more yes", 1);
            wait_equal_digests(&[&master, &replica]);
        }
    }
}

/// The one file in which the stream is, where it has a name.
fn file_of_stream(master: &Server) -> Option<std::path::PathBuf> {
    ["appendonlydir/appendonly.aof.1.incr.aof", "replbacklogdir/stream.1.aof"]
        .map(|name| master.dir().join(name))
        .into_iter()
        .find(|path| path.exists())
}

/// What such a file has of the stream, without annotations, and where that begins.
fn stream_of(file: &[u8]) -> (i64, Vec<u8>) {
    let line_end = |at: usize| at + file[at..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let number = |at: usize| -> usize {
        let line = std::str::from_utf8(&file[at + 1..line_end(at) - 2]).expect("digits");
        line.parse().expect("a number")
    };
    let (mut at, mut began_at, mut stream) = (0, None, Vec::new());
    while at < file.len() {
        let start = at;
        if file[at] == b'#' {
            at = line_end(at);
            let line = std::str::from_utf8(&file[start..at]).expect("text");
            if let Some(mark) = line.strip_prefix("#STREAM:") {
                let offset = mark.split(':').nth(1).expect("an offset").parse().expect("a number");
                began_at.get_or_insert(offset);
            }
            continue;
        }
        let args = number(at);
        at = line_end(at);
        for _ in 0..args {
            let length = number(at);
            at = line_end(at) + length + 2;
        }
        // The first SELECT is the file's own.
        if began_at.is_some() {
            stream.extend_from_slice(&file[start..at]);
        }
    }
    (began_at.expect("a mark"), stream)
}

/// Byte for byte what it would have had from the memory, and what the file has.
#[test]
fn what_comes_from_disk_is_what_a_replica_got_when_it_was_written() {
    for form in FORMS {
        let master = ours(&[&SMALL[..], form].concat());
        let (mut live, offset) = RawReplica::streaming(&master);
        wait_stored(&master);
        let replid = info_field(&master, "replication", "master_replid");
        let mut random = Random::from_environment("served from disk");
        let mut client = master.client();
        for i in 0..2000_u64 {
            let bytes = random.below(200) as usize;
            client.cmd(&[b"set".to_vec(), format!("k:{i}").into_bytes(), random.bytes(bytes)]);
            if i % 100 == 0 {
                client.ok("multi");
                client.ok("incr n");
                client.ok("select 3");
                client.ok("rpush l a b");
                client.ok("select 0");
                client.ok("exec");
            }
        }
        write_collections(&master, 1500, false);
        let end = replication(&master, "master_repl_offset");
        let live_bytes = live.link.recv((end - offset) as usize);
        if let Some(path) = file_of_stream(&master) {
            let (began_at, stored) = stream_of(&std::fs::read(path).expect("a file"));
            let stored = &stored[(offset - began_at).max(0) as usize..];
            let live = &live_bytes[(began_at - offset).max(0) as usize..];
            assert!(stored[..live.len()] == *live, "{form:?}: other bytes in the file");
        }
        // From where it is on disk on.
        let from = replication(&master, "repl_backlog_disk_first_byte_offset");
        assert!(from < replication(&master, "repl_backlog_first_byte_offset") - 50_000);
        let from = from.max(offset + 1);
        let mut late = RawReplica::connect(&master);
        assert!(matches!(late.psync(&replid, from), Grant::Continue { .. }), "{form:?}");
        let late_bytes = late.link.recv((end - from + 1) as usize);
        let expected = &live_bytes[(from - offset - 1) as usize..];
        assert!(late_bytes == expected, "{form:?}: other bytes");
        // One byte before what is there is too early.
        let first = replication(&master, "repl_backlog_disk_first_byte_offset");
        let early = RawReplica::connect(&master).psync(&replid, first - 1);
        assert!(matches!(early, Grant::Full { .. }), "{form:?}: {early:?}");
    }
}

/// What it has yet to take leaves the memory, and no writer waits for it.
#[test]
fn a_replica_that_stands_still_costs_no_memory_and_goes_on() {
    let master = ours(&["--repl-backlog-size", "1mb", "--repl-backlog-disk-size", "2gb"]);
    let replica = replica_of(master.port, &[]);
    master.wait_online(1);
    wait_stored(&master);
    replica.pause();
    let before = master.resident_bytes();
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    for i in 0..300 {
        client.cmd(&["set", &format!("k:{}", i % 3), &value]);
    }
    let grown = master.resident_bytes().saturating_sub(before);
    assert!(grown < 128 << 20, "the master has grown by {grown} bytes");
    assert_eq!(replication(&master, "connected_slaves"), 1, "{}", master.log());
    assert!(info(&master, "replication").get("throttled_writes").is_none());
    replica.resume();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(full_syncs(&master), "1");
}

/// No more than was asked for stays on disk; who comes later than that begins anew.
#[test]
fn what_is_kept_on_disk_is_as_much_as_was_asked_for() {
    for form in &FORMS[1..] {
        let sizes = ["--repl-backlog-disk-size", "4mb"];
        let master = ours(&[&SMALL[..], &sizes, form].concat());
        let proxy = FaultProxy::start(master.port);
        let replica = replica_of(proxy.port, &[]);
        master.wait_online(1);
        wait_stored(&master);
        proxy.cut_and_refuse();
        let mut client = master.client();
        let value = "x".repeat(100 << 10);
        for i in 0..200 {
            client.cmd(&["set", &format!("k:{}", i % 3), &value]);
        }
        wait_until(PATIENCE, "old segments to go", || {
            // What is kept is looked at when the next segment begins.
            client.cmd(&["set", "k", &value]);
            replication(&master, "repl_backlog_disk_histlen") < 8 << 20
        });
        assert!(replication(&master, "repl_backlog_disk_histlen") > 2 << 20);
        proxy.heal();
        replica.wait_link_up();
        wait_equal_digests(&[&master, &replica]);
        assert_eq!(full_syncs(&master), "2", "{form:?}");
    }
}

/// Nobody was promised what is not read.
#[test]
fn without_room_on_disk_an_offset_that_has_left_the_memory_takes_a_full_resync() {
    let none = ["--appendonly", "yes", "--repl-backlog-disk-size", "0"];
    let master = ours(&[&SMALL[..], &none].concat());
    let replid = info_field(&master, "replication", "master_replid");
    fill(&master, 20_000);
    let sync = RawReplica::connect(&master).psync(&replid, 1);
    assert!(matches!(sync, Grant::Full { .. }), "{sync:?}");
    assert!(info(&master, "replication").get("repl_backlog_disk_histlen").is_none());
    assert_eq!(master.run("ping"), "PONG");
}

#[test]
fn the_disk_is_given_up_and_taken_again_at_run_time() {
    let master = ours(&SMALL);
    let replica = replica_of(master.port, &[]);
    master.wait_online(1);
    wait_stored(&master);
    let gone = |master: &Server| {
        wait_until(PATIENCE, "nothing to be on disk", || {
            info(master, "replication").get("repl_backlog_disk_histlen").is_none()
        });
    };
    master.ok("config set repl-backlog-disk-size 0");
    gone(&master);
    master.ok("config set repl-backlog-disk-size 100mb");
    wait_stored(&master);
    master.ok("config set appendonly yes");
    master.wait_for_log("Background AOF rewrite finished successfully");
    wait_stored(&master);
    master.ok("config set appendonly no");
    wait_stored(&master);
    master.write_through("set k v", 1);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(full_syncs(&master), "1");
}

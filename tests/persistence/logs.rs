//! The append-only log: what it holds after a kill -9, and who can read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

pub const LOGS: &[&str] = &["--appendonly", "yes", "--save", ""];

pub fn log_dir(server: &Server) -> PathBuf {
    server.dir().join("appendonlydir")
}

/// The files of the log that are there, by name.
pub fn log_files(server: &Server) -> Vec<String> {
    let entries = fs::read_dir(log_dir(server)).expect("the folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// redis-check-aof has nothing to say.
pub fn check_log(server: &Server) {
    let manifest = manifest_path(server);
    let output = Command::new("redis-check-aof").arg(&manifest).output().expect("run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.contains("All AOF files and manifest are valid"),
        "{text}"
    );
}

/// Writes of every family in several databases, a transaction across two, and a key that expires.
pub fn write_all_kinds(server: &Server) {
    fill(server, 500);
    fill_db(server, 3, 10);
    let mut client = server.client();
    for line in [
        "select 2",
        "multi",
        "set a 1",
        "incr n",
        "select 5",
        "rpush l 1 2 3",
        "exec",
        "select 0",
        "xadd s * f v",
        "hset h f v",
        "zadd z 1 a 2 b",
        "sadd members a b c",
        "spop members",
        "set gone v px 1",
        "set later v ex 1000",
        "incrbyfloat f 3.1",
        "del key:1",
    ] {
        client.ok(line);
    }
    wait_until(PATIENCE, "the key to expire", || client.run("exists gone") == 0);
}

/// Whether a rewrite is on its way, or is to come.
pub fn is_rewriting(server: &Server) -> bool {
    let info = info(server, "persistence");
    let fields = ["aof_rewrite_in_progress", "aof_rewrite_scheduled"];
    fields.iter().any(|field| info.get(field) != Some("0"))
}

pub fn wait_rewritten(server: &Server, rewrites: usize) {
    wait_until(PATIENCE, "the log to be rewritten", || {
        server.count_log("Background AOF rewrite finished successfully") >= rewrites
            && !is_rewriting(server)
    });
}

/// What is in the files that go on from the base.
pub fn log_bytes(server: &Server) -> u64 {
    let size =
        |name: &String| fs::metadata(log_dir(server).join(name)).map_or(0, |file| file.len());
    log_files(server).iter().filter(|name| name.ends_with(".incr.aof")).map(size).sum()
}

pub fn manifest_path(server: &Server) -> PathBuf {
    log_dir(server).join("appendonly.aof.manifest")
}

#[test]
fn a_killed_server_comes_back_with_everything_that_was_answered() {
    for fsync in ["everysec", "always", "no"] {
        let mut server = ours(&[LOGS, &["--appendfsync", fsync]].concat());
        write_all_kinds(&server);
        let before = digest(&server);
        server.kill9();
        server.restart();
        assert_eq!(digest(&server), before, "{fsync}");
        check_log(&server);
        // And goes on in the same file.
        server.ok("set more 1");
        let before = digest(&server);
        server.kill9();
        server.restart();
        assert_eq!(digest(&server), before, "{fsync}");
        check_log(&server);
    }
}

#[test]
fn redis_reads_our_log_and_we_read_that_of_redis() {
    for (first, second) in [(Understudy, RealRedis), (RealRedis, Understudy)] {
        let mut writer = Server::start(first, LOGS);
        write_all_kinds(&writer);
        assert_eq!(writer.run("bgrewriteaof"), "Background append only file rewriting started");
        wait_rewritten(&writer, 1);
        write_all_kinds(&writer);
        let before = digest(&writer);
        assert_eq!(writer.terminate().code(), Some(0));
        let dir = writer.dir().display().to_string();
        let mut reader = Server::start(second, &[LOGS, &["--dir", &dir]].concat());
        assert_eq!(digest(&reader), before, "{first:?}");
        // It goes on in the same files, and the first one reads that.
        reader.ok("set more 1");
        let before = digest(&reader);
        assert_eq!(reader.terminate().code(), Some(0));
        writer.restart();
        assert_eq!(digest(&writer), before, "{first:?}");
    }
}

fn replicas_of_a_killed_master_continue(replica: Kind) {
    let mut master = Server::start(Understudy, LOGS);
    let replica = Server::start_replica(replica, master.port, &[]);
    master.wait_online(1);
    write_all_kinds(&master);
    master.write_through("set before 1", 1);
    let id = info_field(&master, "replication", "master_replid");
    master.kill9();
    master.restart();
    replica.wait_link_up();
    master.write_through("set after 1", 1);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "replication", "master_replid2"), id);
    let counts = ["sync_full", "sync_partial_ok"].map(|name| info_field(&master, "stats", name));
    assert_eq!(counts, ["0", "1"]);
}

#[test]
fn replicas_of_a_killed_master_continue_with_its_log() {
    replicas_of_a_killed_master_continue(Understudy);
    replicas_of_a_killed_master_continue(RealRedis);
}

/// It had yet to get what the log has: that is in the backlog again.
#[test]
fn a_replica_that_was_behind_gets_the_rest_from_the_log() {
    let mut master = ours(LOGS);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    master.wait_online(1);
    master.write_through("set before 1", 1);
    replica.pause();
    let mut client = master.client();
    for i in 0..1000 {
        client.ok(&format!("set k{i} {i}"));
    }
    master.kill9();
    replica.resume();
    master.restart();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    let counts = ["sync_full", "sync_partial_ok"].map(|name| info_field(&master, "stats", name));
    assert_eq!(counts, ["0", "1"]);
}

#[test]
fn a_killed_replica_continues_from_its_log() {
    for master in [Understudy, RealRedis] {
        let master = Server::start(master, &[]);
        let mut replica = Server::start_replica(Understudy, master.port, LOGS);
        master.wait_online(1);
        write_all_kinds(&master);
        master.write_through("set before 1", 1);
        // Its log is not that of the full sync before it is rewritten.
        wait_rewritten(&replica, 1);
        let mut client = master.client();
        for line in ["select 7", "set other 1", "multi", "incr a", "incr b", "exec"] {
            client.ok(line);
        }
        master.write_through("set at-last 1", 1);
        replica.kill9();
        client.ok("set between 1");
        replica.restart();
        replica.wait_link_up();
        master.write_through("set after 1", 1);
        assert_eq!(digest(&replica), digest(&master));
        let counts =
            ["sync_full", "sync_partial_ok"].map(|name| info_field(&master, "stats", name));
        assert_eq!(counts, ["1", "1"]);
        check_log(&replica);
    }
}

#[test]
fn a_rewrite_under_load_loses_nothing_and_leaves_two_files() {
    let mut server = ours(LOGS);
    // What expires meanwhile, expires on both.
    let replica = Server::start_replica(Understudy, server.port, &[]);
    replica.wait_link_up();
    let load = Load::start(&server);
    for round in 1..=3 {
        load.wait_more(2000);
        assert_eq!(server.run("bgrewriteaof"), "Background append only file rewriting started");
        wait_rewritten(&server, round);
    }
    load.wait_more(500);
    load.stop();
    server.kill9();
    server.restart();
    replica.wait_link_up();
    wait_equal_digests(&[&server, &replica]);
    assert_eq!(info_field(&server, "stats", "sync_full"), "0");
    check_log(&server);
    assert_eq!(
        log_files(&server),
        ["appendonly.aof.4.base.rdb", "appendonly.aof.4.incr.aof", "appendonly.aof.manifest"]
    );
}

#[test]
fn the_log_begins_and_ends_at_run_time() {
    let mut server = ours(&["--save", ""]);
    server.ok("set before 1");
    server.ok("config set appendonly yes");
    server.ok("set between 1");
    wait_rewritten(&server, 1);
    server.ok("set after 1");
    let before = digest(&server);
    server.set_args(LOGS);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
    server.ok("config set appendonly no");
    server.ok("set lost 1");
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
}

/// A base of commands, and lines that say when.
#[test]
fn a_log_without_rdb_and_with_times_is_read_by_both() {
    let args = ["--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes"];
    let args = [LOGS, &args].concat();
    let mut server = ours(&args);
    write_all_kinds(&server);
    server.ok("bgrewriteaof");
    wait_rewritten(&server, 1);
    write_all_kinds(&server);
    let before = digest(&server);
    server.kill9();
    check_log(&server);
    let base = fs::read(log_dir(&server).join("appendonly.aof.2.base.aof"));
    assert!(base.expect("read").starts_with(b"#TS:"));
    let dir = server.dir().display().to_string();
    let reader = Server::start(RealRedis, &[&args[..], &["--dir", &dir]].concat());
    assert_eq!(digest(&reader), before);
    drop(reader);
    server.restart();
    assert_eq!(digest(&server), before);
}

fn last_file(server: &Server) -> PathBuf {
    log_dir(server).join("appendonly.aof.1.incr.aof")
}

fn append(path: &Path, bytes: &[u8]) {
    let mut log = fs::read(path).expect("read");
    log.extend_from_slice(bytes);
    fs::write(path, log).expect("write");
}

#[test]
fn what_a_log_ends_within_is_cut_off_where_that_is_allowed() {
    for (tail, line) in [
        (&b"*3\r\n$3\r\nset\r\n$1\r\nx\r\n$10\r\nabc"[..], "!!! Warning: short read"),
        (
            b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nset\r\n$1\r\nx\r\n$1\r\n1\r\n",
            "Revert incomplete MULTI",
        ),
    ] {
        let mut server = ours(LOGS);
        server.ok("set k v");
        let before = digest(&server);
        server.kill9();
        let whole = fs::read(last_file(&server)).expect("read").len();
        append(&last_file(&server), tail);
        server.set_args(&[LOGS, &["--aof-load-truncated", "no"]].concat());
        assert_eq!(server.restart_to_exit().code(), Some(1));
        assert_eq!(server.count_log("Unexpected end of file reading the append only file"), 1);
        let place = format!("appendonly.aof.1.incr.aof is good up to byte {whole}");
        assert_eq!(server.count_log(&place), 1);
        server.set_args(LOGS);
        server.restart();
        server.wait_for_log(line);
        server.wait_for_log(&format!("at offset {whole} !!!"));
        assert_eq!(digest(&server), before);
        server.ok("set k2 v");
        server.kill9();
        server.restart();
        assert_eq!(server.run("get k2"), "v");
        check_log(&server);
    }
}

#[test]
fn a_log_that_is_corrupt_stops_the_start_and_stays_as_it_is() {
    for (tail, line) in [
        (&b"!!!"[..], "Bad file format reading the append only file appendonly.aof.1.incr.aof"),
        (b"*1\r\n$4\r\nwhat\r\n", "Unknown command 'what' reading the append only file"),
    ] {
        let mut server = ours(LOGS);
        server.ok("set k v");
        server.kill9();
        let whole = fs::read(last_file(&server)).expect("read").len();
        append(&last_file(&server), tail);
        let before = fs::read(last_file(&server)).expect("read");
        assert_eq!(server.restart_to_exit().code(), Some(1));
        assert_eq!(server.count_log(line), 1);
        if tail == b"!!!" {
            server.wait_for_log(&format!("at byte {whole} of appendonly.aof.1.incr.aof"));
        }
        assert_eq!(fs::read(last_file(&server)).expect("read"), before);
    }
}

#[test]
fn a_missing_file_and_a_bad_manifest_stop_the_start() {
    let mut server = ours(LOGS);
    server.ok("set k v");
    server.kill9();
    let hidden = server.dir().join("hidden");
    fs::rename(last_file(&server), &hidden).expect("move");
    assert_eq!(server.restart_to_exit().code(), Some(1));
    let line = "Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: No such file";
    assert_eq!(server.count_log(line), 1);
    fs::rename(&hidden, last_file(&server)).expect("move");
    let manifest = manifest_path(&server);
    let good = fs::read(&manifest).expect("read");
    append(&manifest, b"file x seq 1 type y\n");
    assert_eq!(server.restart_to_exit().code(), Some(1));
    assert_eq!(server.count_log("Unknown AOF file type"), 1);
    fs::write(&manifest, good).expect("write");
    server.restart();
    assert_eq!(server.run("get k"), "v");
}

#[test]
fn a_first_start_with_a_log_begins_with_the_snapshot_that_is_there() {
    let mut server = ours(&["--save", "3600 1"]);
    server.ok("set k v");
    assert_eq!(server.run("save"), "OK");
    server.set_args(LOGS);
    assert_eq!(server.terminate().code(), Some(0));
    server.restart();
    assert_eq!(server.run("get k"), "v");
    server.ok("set k2 v");
    server.kill9();
    server.restart();
    assert_eq!((server.run("get k"), server.run("get k2")), ("v".into(), "v".into()));
}

#[test]
fn an_append_only_file_of_old_is_taken_in() {
    let mut server = ours(LOGS);
    server.ok("set k v");
    server.kill9();
    let whole = fs::read(last_file(&server)).expect("read");
    fs::remove_dir_all(log_dir(&server)).expect("remove");
    fs::write(server.dir().join("appendonly.aof"), whole).expect("write");
    server.restart();
    assert_eq!(server.run("get k"), "v");
    server.wait_for_log("Successfully migrated an old-style AOF file (appendonly.aof)");
    server.ok("set k2 v");
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 2);
}

#[test]
fn debug_loadaof_gives_the_data_set_of_the_log() {
    let server = ours(LOGS);
    write_all_kinds(&server);
    let before = digest(&server);
    server.ok("debug loadaof");
    assert_eq!(digest(&server), before);
    server.ok("bgrewriteaof");
    wait_rewritten(&server, 1);
    server.ok("debug loadaof");
    assert_eq!(digest(&server), before);
}

fn numbers(numbers: &[i64]) -> Value {
    Value::Array(numbers.iter().map(|&number| Value::Int(number)).collect())
}

#[test]
fn waitaof_waits_until_the_log_is_safe() {
    for fsync in ["always", "everysec"] {
        let server = ours(&[LOGS, &["--appendfsync", fsync]].concat());
        let mut client = server.client();
        client.ok("set k v");
        assert_eq!(client.run("waitaof 1 0 0"), numbers(&[1, 0]));
    }
    let server = ours(&[LOGS, &["--appendfsync", "no"]].concat());
    let mut client = server.client();
    client.ok("set k v");
    assert_eq!(client.run("waitaof 1 0 1"), numbers(&[0, 0]));
    // What is set later counts at once.
    server.ok("config set appendfsync always");
    assert_eq!(client.run("waitaof 1 0 0"), numbers(&[1, 0]));
}

/// What a replica's own clients wrote is no part of its master's stream, and comes back as little as
/// it does from its master.
#[test]
fn a_full_sync_begins_the_log_anew() {
    let master = ours(&[]);
    fill(&master, 100);
    let mut replica = ours(LOGS);
    replica.ok("set own 1");
    replica.replicaof(master.port);
    replica.wait_link_up();
    wait_rewritten(&replica, 1);
    master.write_through("set k v", 1);
    let before = digest(&master);
    replica.kill9();
    replica.restart();
    assert_eq!(digest(&replica), before);
}

#[test]
fn a_log_goes_on_when_no_replica_has_been_there_for_long() {
    let args = ["--repl-backlog-ttl", "1"];
    let mut server = ours(&[LOGS, &args].concat());
    // The backlog of one that has none goes meanwhile.
    let other = ours(&args);
    let replica = Server::start_replica(Understudy, other.port, &[]);
    replica.wait_link_up();
    drop(replica);
    wait_info(&other, "replication", "repl_backlog_active", "0");
    assert_eq!(info_field(&server, "replication", "repl_backlog_active"), "1");
    server.ok("set k v");
    server.kill9();
    server.restart();
    assert_eq!(server.run("get k"), "v");
}

/// It was written for a base that was never placed.
#[test]
fn a_file_that_no_manifest_names_is_not_taken_into_the_log() {
    let mut server = ours(&["--save", ""]);
    server.kill9();
    fs::create_dir(log_dir(&server)).expect("a folder");
    fs::write(last_file(&server), b"*2\r\n$4\r\nincr\r\n$1\r\nn\r\n").expect("write");
    server.set_args(LOGS);
    server.restart();
    server.ok("set k v");
    server.kill9();
    server.restart();
    assert_eq!((server.run("get k"), server.run("get n")), ("v".into(), Value::Nil));
}

#[test]
fn a_hole_between_two_files_stops_the_start() {
    let mut server = ours(&[LOGS, &["--rdb-key-save-delay", "10000000"]].concat());
    server.ok("set a 1");
    server.ok("set b 2");
    server.ok("bgrewriteaof");
    server.wait_for_log("Creating AOF incr file appendonly.aof.2.incr.aof");
    server.ok("set c 3");
    server.kill9();
    let whole = fs::read(last_file(&server)).expect("read");
    let end = whole.len() - b"*3\r\n$3\r\nset\r\n$1\r\nb\r\n$1\r\n2\r\n".len();
    fs::write(last_file(&server), &whole[..end]).expect("write");
    assert_eq!(server.restart_to_exit().code(), Some(1));
    assert_eq!(server.count_log("does not begin where the one before it ends"), 1);
    fs::write(last_file(&server), whole).expect("write");
    server.restart();
    assert_eq!(server.run("dbsize"), 3);
}

#[test]
fn a_database_that_is_not_here_stops_the_start() {
    let mut server = ours(LOGS);
    let mut client = server.client();
    client.ok("select 9");
    client.ok("set k v");
    server.kill9();
    server.set_args(&[LOGS, &["--databases", "4"]].concat());
    assert_eq!(server.restart_to_exit().code(), Some(1));
    assert_eq!(server.count_log("selects a database that is not here"), 1);
}

#[test]
fn a_log_that_begins_with_a_shorter_history_is_synced_too() {
    let master = ours(&[]);
    let replica = ours(&[LOGS, &["--appendfsync", "always"]].concat());
    fill(&replica, 1000);
    replica.replicaof(master.port);
    replica.wait_link_up();
    wait_rewritten(&replica, 1);
    replica.ok("replicaof no one");
    let mut client = replica.client();
    client.ok("set k v");
    assert_eq!(client.run("waitaof 1 0 0"), numbers(&[1, 0]));
}

#[test]
fn waitaof_is_answered_when_the_first_base_is_there() {
    let server = ours(&["--save", "", "--appendfsync", "always"]);
    server.ok("config set appendonly yes");
    let mut client = server.client();
    client.ok("set k v");
    assert_eq!(client.run("waitaof 1 0 0"), numbers(&[1, 0]));
}

//! RDB files: written whole or not at all, read whole or not at all.

use std::fs;

use crate::support::*;

#[test]
fn what_was_saved_is_there_after_a_kill() {
    let mut server = ours(&[]);
    fill(&server, 10_000);
    fill_db(&server, 7, 50);
    let saved = digest(&server);
    assert_eq!(server.run("save"), "OK");
    server.ok("set lost write");
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), saved);
    server.wait_for_log("DB loaded from disk:");
    assert_eq!(server.run("exists lost"), 0);
}

#[test]
fn bgsave_saves_beside_the_clients_and_says_when_it_is_done() {
    let mut server = ours(&[]);
    fill(&server, 10_000);
    let saved = digest(&server);
    let before = server.run("lastsave").int();
    assert_eq!(server.run("bgsave"), "Background saving started");
    wait_info(&server, "persistence", "rdb_bgsave_in_progress", "0");
    assert_eq!(info_field(&server, "persistence", "rdb_last_bgsave_status"), "ok");
    assert_eq!(info_field(&server, "persistence", "rdb_changes_since_last_save"), "0");
    assert!(server.run("lastsave").int() >= before);
    server.wait_for_log("Background saving terminated with success");
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), saved);
}

/// The snapshot is of the moment of BGSAVE, however long it takes.
#[test]
fn bgsave_saves_the_moment_it_was_asked_in() {
    let mut server = ours(&["--rdb-key-save-delay", "500"]);
    fill(&server, 1_000);
    let asked = digest(&server);
    server.ok("bgsave");
    server.ok("set key:1 changed");
    server.ok("set after 1");
    server.ok("del key:2 key:3");
    server.ok("swapdb 0 1");
    server.ok("config set rdb-key-save-delay 0");
    assert_eq!(server.run("bgsave").error(), "ERR Background save already in progress");
    wait_info(&server, "persistence", "rdb_bgsave_in_progress", "0");
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), asked);
}

/// Of hashes and sets too, of which a change copies only a part.
#[test]
fn bgsave_saves_the_elements_of_the_moment_it_was_asked_in() {
    let mut server = ours(&["--rdb-key-save-delay", "50000"]);
    let mut client = server.client();
    for (fields, members) in [(3, 3), (2_000, 2_000)] {
        for i in 0..fields {
            client.ok(&format!("hset h:{fields} field:{i} {i}"));
        }
        for i in 0..members {
            client.ok(&format!("sadd ints:{members} {i}"));
            client.ok(&format!("sadd texts:{members} member:{i}"));
        }
    }
    let asked = digest(&server);
    client.ok("bgsave");
    for size in [3, 2_000] {
        for line in [
            format!("hset h:{size} field:1 changed new 1"),
            format!("hincrby h:{size} field:2 5"),
            format!("hdel h:{size} field:0"),
            format!("sadd ints:{size} x 70000"),
            format!("srem ints:{size} 1"),
            format!("smove texts:{size} ints:{size} member:2"),
            format!("sunionstore texts:{size} texts:{size} ints:{size}"),
            format!("spop texts:{size} 2"),
        ] {
            client.ok(&line);
        }
    }
    assert_eq!(info_field(&server, "persistence", "rdb_bgsave_in_progress"), "1");
    let changed = digest(&server);
    server.ok("config set rdb-key-save-delay 0");
    wait_info(&server, "persistence", "rdb_bgsave_in_progress", "0");
    assert_eq!(digest(&server), changed);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), asked);
}

#[test]
fn a_kill_during_bgsave_leaves_the_old_file_whole() {
    let mut server = ours(&["--rdb-key-save-delay", "0"]);
    fill(&server, 500);
    assert_eq!(server.run("save"), "OK");
    let saved = digest(&server);
    server.ok("config set rdb-key-save-delay 20000");
    server.ok("set newer data");
    server.ok("bgsave");
    assert_eq!(info_field(&server, "persistence", "rdb_bgsave_in_progress"), "1");
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), saved);
}

#[test]
fn a_save_point_saves_by_itself() {
    let mut server = ours(&["--save", "1 5"]);
    let mut client = server.client();
    for i in 0..5 {
        client.ok(&format!("set k:{i} v"));
    }
    let line = server.wait_for_log("changes in 1 seconds. Saving...");
    assert!(line.contains(" 5 changes in 1 seconds. Saving..."), "{line}");
    server.wait_for_log("Background saving terminated with success");
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 5);
}

#[test]
fn sigterm_saves_when_there_are_save_points_and_only_then() {
    let mut server = ours(&["--save", "3600 1"]);
    server.ok("set k v");
    assert_eq!(server.terminate().code(), Some(0));
    server.restart();
    assert_eq!(server.run("get k"), "v");
    server.wait_for_log("Received SIGTERM scheduling shutdown...");
    server.wait_for_log("bye bye...");

    let mut server = ours(&["--save", ""]);
    server.ok("set k v");
    assert_eq!(server.terminate().code(), Some(0));
    assert!(!server.dir().join("dump.rdb").exists());
}

#[test]
fn shutdown_saves_as_it_is_told() {
    for (how, points, saves) in
        [("shutdown", "", false), ("shutdown save", "", true), ("shutdown nosave", "3600 1", false)]
    {
        let mut server = ours(&["--save", points]);
        server.ok("set k v");
        let ended = server.client().try_run(how);
        assert!(ended.is_err(), "{how}: {ended:?}");
        assert_eq!(server.wait_exit().code(), Some(0), "{how}");
        assert_eq!(server.dir().join("dump.rdb").exists(), saves, "{how}");
    }
}

#[test]
fn debug_reload_brings_everything_back() {
    let server = ours(&[]);
    fill(&server, 5_000);
    fill_db(&server, 2, 10);
    let before = digest(&server);
    assert_eq!(server.run("debug reload"), "OK");
    assert_eq!(digest(&server), before);
}

#[test]
fn keys_that_expired_while_the_server_was_down_are_not_loaded() {
    let mut server = ours(&[]);
    server.ok("set dead v px 1000");
    server.ok("set alive v ex 1000");
    let expires_at = server.run("pexpiretime alive").int();
    assert_eq!(server.run("save"), "OK");
    wait_until(PATIENCE, "the key to expire", || server.run("exists dead") == 0);
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 1);
    assert_eq!(server.run("pexpiretime alive"), expires_at);
}

/// Starts with this file and expects a refusal; returns the log.
fn refused_with(file: &[u8]) -> String {
    let mut server = Server::prepare(Kind::Understudy, &[]);
    let path = server.dir().join("dump.rdb");
    fs::write(&path, file).expect("write");
    let status = server.restart_to_exit();
    assert_eq!(status.code(), Some(1), "{}", server.log());
    assert_eq!(fs::read(&path).expect("read"), file, "the file has been touched");
    server.log()
}

#[test]
fn a_broken_file_ends_the_start_and_is_left_alone() {
    let source = ours(&[]);
    fill(&source, 300);
    assert_eq!(source.run("save"), "OK");
    let good = fs::read(source.dir().join("dump.rdb")).expect("read");
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let log = refused_with(&flipped);
    assert!(log.contains("Wrong RDB checksum expected:"), "{log}");
    let log = refused_with(&good[..good.len() / 2]);
    assert!(log.contains("Unexpected EOF reading RDB file"), "{log}");
    let log = refused_with(b"REDIS0009\xfe\0\0\x01k\xc4");
    let fault = "Internal error in RDB reading offset 15 -> Unknown RDB string encoding type 4";
    assert!(log.contains(fault) || played_by_redis(), "{log}");
    let log = refused_with(b"this is not an RDB file");
    assert!(log.contains("Wrong signature trying to load DB from file"), "{log}");
    let log = refused_with(b"REDIS9999\xff\0\0\0\0\0\0\0\0");
    assert!(log.contains("Can't handle RDB format version 9999"), "{log}");
}

#[test]
fn without_a_name_for_the_file_nothing_is_loaded_and_nothing_saved() {
    let server = ours(&["--dbfilename", ""]);
    server.ok("set k v");
    assert!(server.run("save").is_error());
    assert_eq!(server.run("get k"), "v");
    assert_eq!(server.count_log("Error moving temp DB file"), 1);
}

#[test]
fn a_file_without_a_checksum_is_loaded_and_the_log_says_so() {
    let said = "# RDB file was saved with checksum disabled: no check performed.";
    let mut server = ours(&["--rdbchecksum", "no"]);
    server.ok("set k v");
    assert_eq!(server.run("save"), "OK");
    for (setting, times) in [("no", 0), ("yes", 1)] {
        server.kill9();
        server.set_args(&["--rdbchecksum", setting]);
        server.restart();
        assert_eq!(server.run("get k"), "v");
        assert_eq!(server.count_log(said), times);
    }
}

/// What this server does not hold is refused with key and type named, never half loaded.
#[test]
fn a_file_with_field_ttls_is_refused_by_key_and_type() {
    if played_by_redis() {
        return;
    }
    let log = refused_with(b"REDIS0012\xfe\0\x18\x06my:key\0\0\0\0\0\0\0\0\x01\0\x01f\x01v");
    let line = log.lines().find(|line| line.contains("my:key")).expect("a line with the key");
    assert!(line.contains("hash table with field expiry"), "{line}");
}

#[test]
fn a_save_that_fails_says_so_and_stops_writes() {
    let server = ours(&["--save", "3600 1", "--enable-protected-configs", "yes"]);
    let folder = server.dir().join("soon-gone");
    fs::create_dir(&folder).expect("create");
    server.ok(&format!("config set dir {}", folder.display()));
    fs::remove_dir(&folder).expect("remove");
    server.ok("set k v");
    let _ = server.run("bgsave");
    wait_info(&server, "persistence", "rdb_last_bgsave_status", "err");
    let refused = server.run("set k w");
    assert!(refused.error().starts_with("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."), "{refused:?}");
    assert_eq!(server.run("get k"), "v");
    assert!(server.run("save").is_error());
    server.ok(&format!("config set dir {}", server.dir().display()));
    assert_eq!(server.run("save"), "OK");
    assert_eq!(server.run("set k w"), "OK");
}

#[test]
fn a_server_under_load_saves_what_it_had() {
    let mut server = ours(&[]);
    fill(&server, 5_000);
    let load = Load::start(&server);
    for _ in 0..5 {
        load.wait_more(300);
        server.ok("bgsave");
        wait_info(&server, "persistence", "rdb_bgsave_in_progress", "0");
        assert_eq!(info_field(&server, "persistence", "rdb_last_bgsave_status"), "ok");
    }
    load.stop();
    assert_eq!(server.run("save"), "OK");
    let saved = digest(&server);
    server.kill9();
    server.restart();
    wait_until(PATIENCE, "the same data", || {
        digest(&server) == saved || server.run("dbsize").int() > 0
    });
}

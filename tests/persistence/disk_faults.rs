//! Disks that fail below the server: errors of writes, syncs and names, and writes that come short.

use std::fs;

use nix::errno::Errno;

use crate::logs::{LOGS, is_rewriting, log_bytes, log_dir, log_files};
use crate::support::*;

const INCR: &str = ".incr.aof";

fn logs(fsync: &str) -> Vec<&str> {
    [LOGS, &["--appendfsync", fsync]].concat()
}

fn wait_field(server: &Server, field: &str, wanted: &str) {
    wait_info(server, "persistence", field, wanted);
}

/// Everything that was there is there after a kill.
fn check_restart(server: &mut Server) {
    let before = digest(server);
    server.kill9();
    server.restart();
    assert_eq!(digest(server), before);
}

#[test]
fn with_always_no_write_is_answered_whose_sync_fails() {
    let (mut server, faults) = Faults::ours(&logs("always"));
    server.ok("set before 1");
    faults.fail("sync", INCR, Errno::EIO);
    let reply = server.try_run("set k v");
    assert!(reply.is_err(), "{reply:?}");
    assert_eq!(server.wait_exit().code(), Some(1));
    server.wait_for_log("Can't persist AOF for fsync error when the AOF fsync policy is 'always'");
    faults.lift();
    server.restart();
    assert_eq!(server.run("get before"), "1");
    assert_eq!(server.run("set k v"), "OK");
    check_restart(&mut server);
}

#[test]
fn with_always_no_write_is_answered_that_does_not_reach_the_file() {
    let (mut server, faults) = Faults::ours(&logs("always"));
    server.ok("set before 1");
    let before = digest(&server);
    faults.fail_after("write", INCR, Errno::ENOSPC, 7);
    let reply = server.try_run("set k v");
    assert!(reply.is_err(), "{reply:?}");
    assert_eq!(server.wait_exit().code(), Some(1));
    server.wait_for_log("Can't recover from AOF write error");
    faults.lift();
    server.restart();
    assert_eq!(digest(&server), before);
    assert_eq!(server.count_log("short read"), 0, "what was written of it was taken back");
}

#[test]
fn with_everysec_a_sync_that_fails_stops_writes_until_one_comes_about() {
    let (mut server, faults) = Faults::ours(&logs("everysec"));
    let mut client = server.client();
    client.ok("set before 1");
    faults.fail("sync", INCR, Errno::EIO);
    client.ok("set k v");
    wait_field(&server, "aof_last_write_status", "err");
    assert_eq!(
        client.run("set refused 1").error(),
        "MISCONF Errors writing to the AOF file: Input/output error"
    );
    assert_eq!(client.run("get k"), "v");
    assert_eq!(client.run("waitaof 1 0 50").items()[0], 0, "it is not safe");
    faults.lift();
    wait_until(PATIENCE, "writes to be taken", || client.run("set after 1") == "OK");
    assert_eq!(client.run("waitaof 1 0 0").items()[0], 1);
    check_restart(&mut server);
}

#[test]
fn writes_that_come_short_are_gone_on_with() {
    for fsync in ["always", "everysec"] {
        let (mut server, faults) = Faults::ours(&logs(fsync));
        faults.shorten_writes("appendonlydir", 100);
        fill(&server, 300);
        let mut client = server.client();
        for line in ["multi", "set a 1", "set b 1", "exec", "bgrewriteaof"] {
            client.ok(line);
        }
        server.wait_for_log("Background AOF rewrite finished successfully");
        client.ok("set c 1");
        check_restart(&mut server);
    }
}

#[test]
fn a_write_that_breaks_off_is_taken_back_and_made_later() {
    for truncates in [true, false] {
        let (mut server, faults) = Faults::ours(&logs("everysec"));
        let mut client = server.client();
        client.ok("set before 1");
        let mut rules = format!("write {INCR} {} 40\n", Errno::EIO as i32);
        if !truncates {
            rules += &format!("truncate {INCR} {}\n", Errno::EIO as i32);
        }
        faults.set(&rules);
        for line in ["multi", "set a 1", "set b 1", "exec"] {
            client.ok(line);
        }
        wait_field(&server, "aof_last_write_status", "err");
        assert!(client.run("set refused 1").error().starts_with("MISCONF Errors writing"));
        faults.lift();
        wait_until(PATIENCE, "writes to be taken", || client.run("set after 1") == "OK");
        check_restart(&mut server);
        assert_eq!(server.run("get b"), "1");
    }
}

/// The process is gone before what is left of it could be taken back.
#[test]
fn a_transaction_that_breaks_off_in_the_file_is_no_part_of_the_data_set() {
    let (mut server, faults) = Faults::ours(&logs("everysec"));
    let mut client = server.client();
    client.ok("set before 1");
    let eio = Errno::EIO as i32;
    faults.set(&format!("write {INCR} {eio} 60\ntruncate {INCR} {eio}\n"));
    let bytes = log_bytes(&server);
    for line in ["multi", "set a 1", "set b 1", "exec"] {
        client.ok(line);
    }
    wait_field(&server, "aof_last_write_status", "err");
    assert_eq!(log_bytes(&server), bytes + 60);
    server.kill9();
    faults.lift();
    server.restart();
    assert_eq!(server.run("dbsize"), 1);
    server.wait_for_log("Revert incomplete MULTI/EXEC transaction");
    server.ok("set after 1");
    check_restart(&mut server);
}

/// Each step of a rewrite fails; the log goes on, and the next rewrite leaves nothing behind.
#[test]
fn a_rewrite_that_fails_at_any_step_changes_nothing() {
    for (call, path) in [
        ("write", "temp-rewriteaof"),
        ("sync", "temp-rewriteaof"),
        ("rename", ".base.rdb"),
        ("open", "appendonly.aof.2.incr.aof"),
        ("write", "temp-appendonly.aof.manifest"),
        ("rename", "appendonly.aof.manifest"),
    ] {
        for errno in [Errno::ENOSPC, Errno::EROFS] {
            let (mut server, faults) = Faults::ours(&logs("everysec"));
            fill(&server, 100);
            faults.fail(call, path, errno);
            server.ok("bgrewriteaof");
            wait_field(&server, "aof_last_bgrewrite_status", "err");
            wait_field(&server, "aof_rewrite_in_progress", "0");
            assert_eq!(server.run("set k v"), "OK", "{call} {path}");
            check_restart(&mut server);
            faults.lift();
            server.ok("bgrewriteaof");
            server.wait_for_log("Background AOF rewrite finished successfully");
            wait_field(&server, "aof_rewrite_in_progress", "0");
            assert_eq!(server.run("set l v"), "OK");
            wait_until(PATIENCE, "one base and one file behind it to be left", || {
                log_files(&server).len() == 3
            });
            check_restart(&mut server);
        }
    }
}

/// The manifest that would name the new base is not placed.
#[test]
fn a_base_that_no_manifest_comes_to_name_goes_away() {
    let (mut server, faults) = Faults::ours(&logs("everysec"));
    server.ok("set k v");
    // The first manifest names the next file, the second one the base.
    faults.fail_after("rename", "appendonly.aof.manifest", Errno::EIO, 1);
    server.ok("bgrewriteaof");
    wait_field(&server, "aof_last_bgrewrite_status", "err");
    wait_until(PATIENCE, "the base to go", || {
        let files = log_files(&server);
        files.iter().all(|name| !name.starts_with("appendonly.aof.2.base"))
    });
    server.ok("set l v");
    check_restart(&mut server);
}

#[test]
fn a_folder_that_cannot_be_written_stops_the_start_and_no_writes_later() {
    let mut server = Server::prepare(Kind::Understudy, LOGS);
    let faults = Faults::prepare(&mut server);
    faults.fail("open", "appendonlydir", Errno::EROFS);
    assert_eq!(server.restart_to_exit().code(), Some(1));
    server
        .wait_for_log("Can't open or create append-only dir appendonlydir: Read-only file system");
    faults.lift();
    server.restart();
    server.ok("set k v");
    faults.fail("open", "appendonlydir", Errno::EROFS);
    server.ok("bgrewriteaof");
    wait_field(&server, "aof_last_bgrewrite_status", "err");
    assert_eq!(server.run("set l v"), "OK");
    // The file that is there can be gone on with.
    server.ok("config set appendonly no");
    server.ok("config set appendonly yes");
    assert_eq!(server.run("set m v"), "OK");
    faults.lift();
    wait_until(PATIENCE, "the log to begin", || !is_rewriting(&server));
    check_restart(&mut server);
    assert_eq!(server.run("dbsize"), 3);
}

#[test]
fn a_save_that_the_disk_fails_stops_writes_until_one_comes_about() {
    for (call, path, errno) in [
        ("write", "temp-", Errno::ENOSPC),
        ("sync", "temp-", Errno::EIO),
        ("open", "temp-", Errno::EACCES),
        ("rename", "dump.rdb", Errno::EROFS),
    ] {
        let (mut server, faults) = Faults::ours(&["--save", "3600 1000"]);
        server.ok("set k v");
        assert_eq!(server.run("save"), "OK");
        let old = fs::read(server.dir().join("dump.rdb")).expect("read");
        server.ok("set l v");
        faults.fail(call, path, errno);
        server.ok("bgsave");
        wait_field(&server, "rdb_last_bgsave_status", "err");
        assert!(server.run("set m v").error().starts_with("MISCONF "), "{call}");
        assert_eq!(fs::read(server.dir().join("dump.rdb")).expect("read"), old, "{call}");
        let temps = fs::read_dir(server.dir()).expect("read").filter(|entry| {
            let name = entry.as_ref().expect("an entry").file_name();
            name.to_string_lossy().starts_with("temp-")
        });
        assert_eq!(temps.count(), 0, "{call}");
        faults.lift();
        server.ok("bgsave");
        wait_field(&server, "rdb_last_bgsave_status", "ok");
        assert_eq!(server.run("set m v"), "OK");
        assert_eq!(server.run("save"), "OK");
        check_restart(&mut server);
    }
}

/// Cut at any place, the file is good up to the last whole command before it; and what says so
/// says where.
#[test]
fn a_log_that_ends_anywhere_is_good_up_to_there() {
    let mut server = ours(LOGS);
    let mut client = server.client();
    for line in ["set a 1", "multi", "set b 1", "set c 1", "exec", "set d 1"] {
        client.ok(line);
    }
    server.kill9();
    let path = log_dir(&server).join("appendonly.aof.1.incr.aof");
    let whole = fs::read(&path).expect("read");
    let start_of = |part: &str| {
        let at = whole.windows(part.len()).position(|bytes| bytes == part.as_bytes());
        at.expect("a part of it")
    };
    let transaction = start_of("*1\r\n$5\r\nMULTI");
    let behind = start_of("*1\r\n$4\r\nEXEC") + "*1\r\n$4\r\nEXEC\r\n".len();
    let mut random = Random::from_environment("cuts");
    for _ in 0..6 {
        let end = transaction + random.below((whole.len() - transaction) as u64) as usize;
        fs::write(&path, &whole[..end]).expect("write");
        server.restart();
        let keys = if end < behind { 1 } else { 3 };
        assert_eq!(server.run("dbsize"), keys, "cut at {end}");
        server.kill9();
        let good = fs::metadata(&path).expect("a length").len() as usize;
        let kept = if end < behind { transaction } else { behind };
        assert!(good >= kept, "cut at {end}, {good} are left");
    }
}

/// What was refused was refused for the sake of a log that is not there any more.
#[test]
fn a_log_that_cannot_begin_refuses_no_writes() {
    let (mut server, faults) = Faults::ours(&logs("everysec"));
    server.ok("set k 1");
    faults.fail("write", INCR, Errno::ENOSPC);
    server.run("set k 2");
    wait_until(PATIENCE, "writes to be refused", || server.run("set k 3").is_error());
    faults.set("write .incr.aof 28 0\nwrite temp-rewriteaof 28 0");
    server.ok("config set appendonly no");
    server.ok("config set appendonly yes");
    wait_field(&server, "aof_last_bgrewrite_status", "err");
    wait_until(PATIENCE, "writes to be taken", || server.run("set k 4") == "OK");
    faults.lift();
    server.ok("bgrewriteaof");
    wait_until(PATIENCE, "the log to begin", || !is_rewriting(&server));
    check_restart(&mut server);
}

/// The segments of a server with save points: what was written before stays until there is another
/// file to go on from.
#[test]
fn segments_that_cannot_be_written_keep_what_they_have() {
    let args = ["--save", "3600 1000000"];
    let (mut server, faults) = Faults::ours(&args);
    server.ok("set a 1");
    faults.fail("write", "replbacklogdir", Errno::ENOSPC);
    server.ok("set b 1");
    server.wait_for_log("The replication stream cannot be kept on disk: No space left on device");
    server.kill9();
    server.restart();
    assert_eq!(server.run("get a"), "1", "{}", server.log());
    assert_eq!(server.run("dbsize"), 1);
    server.kill9();
    faults.lift();
    server.restart();
    assert_eq!(server.run("get a"), "1");
    server.ok("set c 1");
    check_restart(&mut server);
}

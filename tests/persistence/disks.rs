//! Disks that are full, folders that are gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::*;

/// A small file system of its own, while it lasts.
struct SmallDisk {
    at: TempHome,
}

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn mount(size: &str) -> Option<SmallDisk> {
        let at = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: a file system cannot be mounted here");
        }
        mounted.then_some(SmallDisk { at })
    }

    fn path(&self) -> &Path {
        self.at.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.at.path()).status();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("read the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "replbacklogdir")
        .collect();
    names.sort_unstable();
    names
}

fn wait_for_status(server: &Server, status: &str) {
    wait_until(PATIENCE, "the status of the last save", || {
        info_field(server, "persistence", "rdb_last_bgsave_status") == status
    });
}

#[test]
fn a_full_disk_keeps_the_old_file_and_stops_writes_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("1m") else { return };
    let folder = disk.path().display().to_string();
    let server = ours(&["--dir", &folder, "--save", "3600 1", "--rdbcompression", "no"]);
    server.ok("set small 1");
    assert_eq!(server.run("save"), "OK");
    let old = fs::read(disk.path().join("dump.rdb")).expect("read");
    let big = "x".repeat(3 << 20);
    assert_eq!(server.client().cmd(&["set", "big", &big]), "OK");

    assert_eq!(server.run("save").error(), "ERR");
    server.wait_for_log("Write error saving DB on disk(rdbSaveRio): No space left on device");
    assert_eq!(server.run("set still possible"), "OK", "only a failed BGSAVE stops writes");
    server.ok("bgsave");
    server.wait_for_log("Background saving error");
    wait_for_status(&server, "err");
    assert_eq!(names(disk.path()), ["dump.rdb"]);
    assert_eq!(fs::read(disk.path().join("dump.rdb")).expect("read"), old);
    assert!(server.run("set k v").error().starts_with("MISCONF "));
    assert!(server.run("ping").error().starts_with("MISCONF "));
    assert_eq!(server.run("get small"), "1");

    server.ok("config set stop-writes-on-bgsave-error no");
    assert_eq!(server.run("del big"), 1);
    server.ok("config set stop-writes-on-bgsave-error yes");
    server.ok("bgsave");
    wait_for_status(&server, "ok");
    assert_eq!(server.run("set k v"), "OK");
    assert_eq!(names(disk.path()), ["dump.rdb"]);
}

#[test]
fn a_failed_save_is_tried_again_by_itself_after_a_while() {
    let server = ours(&["--save", "1 1"]);
    let blocker: PathBuf = server.dir().join("dump.rdb");
    fs::create_dir(&blocker).expect("a folder in the place of the file");
    server.ok("set k v");
    server.wait_for_log("Error moving temp DB file temp-");
    wait_for_status(&server, "err");
    fs::remove_dir(&blocker).expect("remove");
    wait_for_status(&server, "ok");
    assert!(blocker.is_file());
    assert_eq!(server.count_log("Saving..."), 2, "it did not wait between the two");
}

/// By `replica-ignore-disk-write-errors`, which is set at run time; a PING ends nobody.
#[test]
fn a_replica_that_cannot_save_ends_at_its_masters_next_write_or_goes_on_as_told() {
    const MISCONF: &str = "MISCONF Redis is configured to save RDB snapshots";
    for ignores in ["yes", "no"] {
        let master = ours(&["--repl-ping-replica-period", "1"]);
        let mut replica = replica_of(master.port, &["--save", "3600 1000"]);
        master.write_through("set k v", 1);
        fs::create_dir(replica.dir().join("dump.rdb")).expect("a folder in the file's place");
        replica.ok(&format!("config set replica-ignore-disk-write-errors {ignores}"));
        replica.ok("bgsave");
        wait_for_status(&replica, "err");
        for refused in ["ping", "set k w"] {
            assert!(replica.run(refused).error().starts_with(MISCONF), "{refused}");
        }
        let applies = "Replica is applying a command even though it is unable to write to disk.";
        replica.wait_for_log(applies);
        let mut client = master.client();
        for line in ["multi", "set k w", "set l w", "exec"] {
            client.ok(line);
        }
        if ignores == "yes" {
            wait_until(PATIENCE, "the write to arrive", || replica.run("get l") == "w");
            assert_eq!(replica.run("get k"), "w");
            assert_eq!(replica.count_log(applies), 1, "once in ten seconds is enough");
        } else {
            assert!(!replica.wait_exit().success());
            replica.wait_for_log("Replica was unable to write command to disk.");
        }
    }
}

#[test]
fn a_shutdown_that_cannot_save_does_not_happen() {
    let mut server = ours(&["--save", "3600 1"]);
    fs::create_dir(server.dir().join("dump.rdb")).expect("a folder in the place of the file");
    server.ok("set k v");
    let refused = server.run("shutdown");
    assert_eq!(refused.error(), "ERR Errors trying to SHUTDOWN. Check logs.");
    server.wait_for_log("Error trying to save the DB, can't exit.");
    assert_eq!(server.run("set k w"), "OK");
    let gone = server.try_run("shutdown force");
    assert!(gone.is_err(), "{gone:?}");
    assert_eq!(server.wait_exit().code(), Some(0));
    server.wait_for_log("Error trying to save the DB. Exit anyway.");
}

#[test]
fn a_log_on_a_full_disk_stops_writes_until_there_is_room_and_loses_none() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let folder = disk.path().display().to_string();
    let mut server = ours(&["--dir", &folder, "--save", "", "--appendonly", "yes"]);
    server.ok("set before 1");
    let filler = disk.path().join("filler");
    let _ = fs::write(&filler, vec![0; 4 << 20]);
    let mut client = server.client();
    let value = "x".repeat(10_000);
    let mut answered = 0;
    let refused = loop {
        match client.cmd(&["set", &format!("k{answered}"), &value]) {
            reply if reply == "OK" => answered += 1,
            reply => break reply.error().to_owned(),
        }
        assert!(answered < 400, "the disk takes everything");
    };
    assert_eq!(refused, "MISCONF Errors writing to the AOF file: No space left on device");
    assert_eq!(info_field(&server, "persistence", "aof_last_write_status"), "err");
    // A rewrite that cannot come about changes nothing of that.
    client.run("bgrewriteaof");
    wait_until(PATIENCE, "the rewrite to fail", || {
        info_field(&server, "persistence", "aof_last_bgrewrite_status") == "err"
    });
    assert!(client.run("set refused 1").error().starts_with("MISCONF "));
    fs::remove_file(&filler).expect("remove");
    wait_until(PATIENCE, "writes to be taken", || client.run("set after 1") == "OK");
    let before = server.run("debug digest");
    server.kill9();
    server.restart();
    assert_eq!(server.run("debug digest"), before);
    assert_eq!(server.run("dbsize"), answered + 2);
}

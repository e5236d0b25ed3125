//! Save points and no append-only log: what follows the snapshot file is on disk as well.

use std::fs;

use crate::logs::write_all_kinds;
use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

const SAVES: [&str; 2] = ["--save", "3600 1000000"];

fn log_dir(server: &Server) -> std::path::PathBuf {
    server.dir().join("replbacklogdir")
}

fn write_some(server: &Server, round: usize) {
    write_all_kinds(server);
    server.ok(&format!("set round {round}"));
}

#[test]
fn a_killed_server_has_all_that_was_answered() {
    let mut server = ours(&SAVES);
    for round in 0..6 {
        write_some(&server, round);
        match round {
            // From nothing, from a file, from what was run again.
            1 => drop(server.ok("save")),
            3 => {
                server.ok("bgsave");
                wait_info(&server, "persistence", "rdb_bgsave_in_progress", "0");
            }
            _ => {}
        }
        server.ok(&format!("rpush rounds {round}"));
        let before = digest(&server);
        server.kill9();
        server.restart();
        assert_eq!(digest(&server), before, "round {round}:\n{}", server.log());
    }
    assert_eq!(server.run("llen rounds"), 6);
    // A clean end saves; nothing is run twice.
    let before = digest(&server);
    server.terminate();
    server.restart();
    assert_eq!(digest(&server), before);
    assert_eq!(server.run("llen rounds"), 6);
}

#[test]
fn replicas_continue_when_a_killed_master_comes_back() {
    for kind in [Understudy, RealRedis] {
        let mut master = ours(&SAVES);
        let replica = Server::start_replica(kind, master.port, &[]);
        master.wait_online(1);
        for round in 0..3 {
            write_some(&master, round);
            if round == 1 {
                master.ok("save");
            }
            master.kill9();
            master.restart();
            replica.wait_link_up();
            master.write_through(&format!("set after {round}"), 1);
            wait_equal_digests(&[&master, &replica]);
            assert_eq!(info_field(&master, "stats", "sync_full"), "0", "{}", master.log());
        }
    }
}

#[test]
fn a_killed_replica_continues_where_its_log_ends() {
    for kind in [Understudy, RealRedis] {
        let master = Server::start(kind, &[]);
        let mut replica = Server::start_replica(Understudy, master.port, &SAVES);
        // Its first file comes by itself.
        replica.wait_for_log("There is no file that the log goes on from. Saving...");
        replica.wait_for_log("DB saved on disk");
        for round in 0..3 {
            write_some(&master, round);
            wait_equal_digests(&[&master, &replica]);
            replica.kill9();
            master.ok("set missed yes");
            replica.restart();
            replica.wait_link_up();
            wait_equal_digests(&[&master, &replica]);
            assert_eq!(info_field(&master, "stats", "sync_full"), "1", "{}", replica.log());
        }
    }
}

/// Somebody who puts a file there wants what is in it.
#[test]
fn another_file_is_taken_as_it_is() {
    let mut server = ours(&SAVES);
    server.ok("set k old");
    server.ok("save");
    let old = fs::read(server.dir().join("dump.rdb")).expect("a file");
    server.ok("set k new");
    server.ok("save");
    server.ok("set k newest");
    server.kill9();
    fs::write(server.dir().join("dump.rdb"), &old).expect("write");
    server.restart();
    assert_eq!(server.run("get k"), "old");
    server.wait_for_log("does not go on from the file that is here: it is not used");
    // From here on it goes on from that file.
    server.ok("set l 1");
    server.kill9();
    server.restart();
    assert_eq!((server.run("get k"), server.run("get l")), ("old".into(), "1".into()));
    // No file at all is the empty set.
    server.kill9();
    fs::remove_file(server.dir().join("dump.rdb")).expect("remove");
    server.restart();
    assert_eq!(server.run("dbsize"), 0);
}

#[test]
fn shutdown_nosave_leaves_what_was_saved() {
    let mut server = ours(&SAVES);
    server.ok("set k saved");
    server.ok("save");
    server.ok("set k not");
    let _ = server.try_run("shutdown nosave");
    server.wait_exit();
    server.restart();
    assert_eq!(server.run("get k"), "saved");
}

#[test]
fn without_save_points_nothing_is_left_behind() {
    let mut server = ours(&[]);
    let replica = replica_of(server.port, &[]);
    server.wait_online(1);
    server.write_through("set k v", 1);
    wait_until(PATIENCE, "the stream to be on disk", || {
        server.ok("set k v");
        info(&server, "replication").get("repl_backlog_disk_histlen").is_some_and(|len| len != "0")
    });
    let files = |server: &Server| {
        let names = fs::read_dir(server.dir()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("aof") || name.contains("backlog")).collect::<Vec<_>>()
    };
    assert!(files(&server).is_empty(), "{:?}", files(&server));
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 0);
    drop(replica);
}

/// What is torn, garbled or of another place ends the log, and not the server.
#[test]
fn a_damaged_segment_is_good_up_to_the_damage() {
    for damage in ["torn", "garbled", "gap", "empty"] {
        let mut server = ours(&SAVES);
        server.ok("set k 1");
        server.ok("set l 1");
        server.kill9();
        let segments = || -> Vec<_> {
            let names = fs::read_dir(log_dir(&server)).unwrap().map(|entry| entry.unwrap().path());
            let mut paths: Vec<_> = names.filter(|p| p.extension().is_some()).collect();
            paths.sort();
            paths
        };
        let path = segments().pop().expect("a segment");
        let mut bytes = fs::read(&path).unwrap();
        let expected = match damage {
            "torn" => {
                bytes.truncate(bytes.len() - 3);
                1
            }
            "garbled" => {
                let at = bytes.len() - 25;
                bytes[at..].fill(0);
                1
            }
            "gap" => {
                let next = path.with_file_name("stream.9.aof");
                let head = format!(
                    "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n#STREAM:{}:7000:{}:-1\r\n",
                    "a".repeat(40),
                    "0".repeat(40)
                );
                let set = "*3\r\n$3\r\nSET\r\n$1\r\nm\r\n$1\r\n1\r\n";
                fs::write(next, head + set).unwrap();
                2
            }
            _ => {
                bytes.clear();
                0
            }
        };
        fs::write(&path, &bytes).unwrap();
        server.restart();
        assert_eq!(server.run("dbsize"), expected, "{damage}:\n{}", server.log());
        server.ok("set more yes");
        server.kill9();
        server.restart();
        assert_eq!(server.run("dbsize"), expected + 1, "{damage}, again:\n{}", server.log());
    }
}

/// The log reaches back to the file, whatever was written: another file is saved in time.
#[test]
fn a_long_log_has_itself_saved() {
    let mut server = ours(&[&SAVES[..], &["--repl-backlog-disk-size", "16mb"]].concat());
    let value = "x".repeat(100 << 10);
    let mut client = server.client();
    for i in 0..300 {
        client.cmd(&["set", &format!("k:{}", i % 5), &value]);
        if i % 50 == 0 {
            client.ok(&format!("rpush rounds {i}"));
        }
    }
    server.wait_for_log("The log has become long since the last save. Saving...");
    wait_until(PATIENCE, "a save", || server.count_log("DB saved on disk") > 0);
    wait_until(PATIENCE, "the log to go on from it", || {
        info_field(&server, "persistence", "rdb_bgsave_in_progress") == "0"
    });
    let before = digest(&server);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before, "{}", server.log());
}

/// Its stream is in the database in which the file stands, though nothing follows the file.
#[test]
fn a_replica_that_ended_cleanly_goes_on_in_the_database_of_its_masters_stream() {
    for kind in [Understudy, RealRedis] {
        let master = Server::start(kind, &[]);
        let mut replica = Server::start_replica(Understudy, master.port, &SAVES);
        master.wait_online(1);
        let mut client = master.client();
        client.ok("select 5");
        client.ok("set a 1");
        wait_equal_digests(&[&master, &replica]);
        for round in 0..2 {
            assert_eq!(replica.terminate().code(), Some(0));
            replica.restart();
            replica.wait_link_up();
            client.ok(&format!("set b {round}"));
            wait_equal_digests(&[&master, &replica]);
        }
        assert_eq!(info_field(&master, "stats", "sync_full"), "1", "{}", replica.log());
    }
}

/// The file has it yet, and what is run behind the file must not find it.
#[test]
fn what_had_expired_when_the_file_was_loaded_stays_gone() {
    for disk_size in ["0", "100mb"] {
        let mut server = ours(&[&SAVES[..], &["--repl-backlog-disk-size", disk_size]].concat());
        server.ok("set k 5 px 100");
        server.ok("set later 5 px 100");
        server.ok("save");
        let saved = std::time::Instant::now();
        server.kill9();
        wait_until(PATIENCE, "the keys to be of the past", || saved.elapsed().as_millis() > 150);
        server.set_args(&SAVES);
        server.restart();
        assert_eq!(server.run("incr k"), 1);
        server.kill9();
        server.restart();
        assert_eq!(server.run("get k"), "1");
        wait_until(PATIENCE, "the other to be gone", || server.run("dbsize") == 1);
    }
}

#[test]
fn two_servers_in_one_folder_leave_each_others_log_alone() {
    let mut first = ours(&SAVES);
    first.ok("set of first");
    let dir = first.dir().display().to_string();
    let args = [&["--dir", &dir, "--dbfilename", "other.rdb"], &SAVES[..]].concat();
    let mut second = ours(&args);
    second.wait_for_log(": another server uses it");
    second.ok("set of second");
    first.ok("set more 1");
    second.kill9();
    second.restart();
    first.ok("set most 1");
    // It is said once, not each time that it is asked.
    assert_eq!(second.count_log(": another server uses it"), 2, "once for each start");
    first.kill9();
    first.restart();
    assert_eq!(first.run("get of"), "first");
    assert_eq!(first.run("dbsize"), 3);
    drop(second);
}

/// A backup under another name is not what the next start reads.
#[test]
fn a_save_under_another_name_is_no_file_to_go_on_from() {
    let mut server = ours(&[&SAVES[..], &["--enable-protected-configs", "yes"]].concat());
    server.ok("set k 1");
    server.ok("save");
    server.ok("config set dbfilename backup.rdb");
    server.ok("save");
    server.ok("config set dbfilename dump.rdb");
    server.ok("set l 1");
    wait_until(PATIENCE, "another save", || server.count_log("DB saved on disk") > 2);
    server.ok("set m 1");
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 3, "{}", server.log());
}

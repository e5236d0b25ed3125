//! The append-only log where something changes under it: another data set, other files, a rewrite on
//! its way, clients that wait for it.

use std::fs;

use crate::logs::{LOGS, check_log, log_bytes, log_dir, log_files, manifest_path, wait_rewritten};
use crate::support::Kind::Understudy;
use crate::support::*;

const ALWAYS: &[&str] = &["--appendonly", "yes", "--save", "", "--appendfsync", "always"];
/// A rewrite with a few keys goes on until it is stopped.
const SLOW_SAVES: &[&str] = &["--rdb-key-save-delay", "10000000"];

#[test]
fn a_replica_knows_its_database_behind_a_file_that_was_never_written() {
    let master = ours(&[]);
    let mut replica = Server::start_replica(Understudy, master.port, LOGS);
    master.wait_online(1);
    wait_rewritten(&replica, 1);
    let mut client = master.client();
    client.ok("select 7");
    client.ok("set a 1");
    client.run("wait 1 20000");
    replica.kill9();
    // It was made and named, and then the process ended.
    let manifest = manifest_path(&replica);
    let mut text = fs::read_to_string(&manifest).expect("read");
    text += "file appendonly.aof.9.incr.aof seq 9 type i\n";
    fs::write(&manifest, text).expect("write");
    fs::write(log_dir(&replica).join("appendonly.aof.9.incr.aof"), "").expect("write");
    for _ in 0..2 {
        replica.restart();
        replica.wait_link_up();
        client.ok("incr n");
        client.run("wait 1 20000");
        assert_eq!(digest(&replica), digest(&master));
        replica.kill9();
    }
    replica.restart();
    assert_eq!(digest(&replica), digest(&master));
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn an_emptied_data_set_is_empty_after_a_kill() {
    let mut server = ours(LOGS);
    fill(&server, 100);
    fill_db(&server, 2, 10);
    server.ok("flushall");
    server.ok("set k v");
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 1);
    server.ok("flushall");
    server.kill9();
    server.restart();
    assert_eq!(server.run("info keyspace").text().trim(), "# Keyspace");
}

/// What it emptied itself for has not come yet: the log is what it was.
#[test]
fn a_replica_that_made_room_for_a_sync_that_fails_has_its_log_still() {
    let args = [LOGS, &["--repl-diskless-load", "flush-before-load"]].concat();
    let master = ours(&["--rdb-key-save-delay", "100000"]);
    fill(&master, 1000);
    let mut replica = ours(&args);
    fill_db(&replica, 1, 50);
    let before = digest(&replica);
    replica.replicaof(master.port);
    wait_info(&replica, "persistence", "loading", "1");
    drop(master);
    wait_info(&replica, "persistence", "loading", "0");
    replica.kill9();
    replica.set_args(LOGS);
    replica.restart();
    assert_eq!(digest(&replica), before);
}

/// Nothing is answered before it is safe, and then everything in its order; what was published to
/// the client itself too.
#[test]
fn replies_and_pushes_wait_for_the_sync_and_keep_their_order() {
    let (mut server, faults) = Faults::ours(ALWAYS);
    let mut client = server.client().hello3();
    client.ok("subscribe news");
    let mut other = server.client();
    other.ok("ping");
    let bytes = log_bytes(&server);
    faults.hold("sync", ".incr.aof");
    for words in [&["set", "k", "1"][..], &["incr", "k"], &["publish", "news", "x"], &["get", "k"]]
    {
        client.send_cmd(words);
    }
    other.send_cmd(&["get", "k"]);
    wait_until(PATIENCE, "the write to be in the file", || log_bytes(&server) > bytes);
    faults.lift();
    let push = Value::Push(["message", "news", "x"].map(Value::from).to_vec());
    let mut replies: Vec<Value> = (0..5).map(|_| client.reply()).collect();
    let pushed = replies.iter().position(|reply| *reply == push).expect("the push");
    replies.remove(pushed);
    assert!(replies[0] == "OK" && replies[1] == 2 && replies[2] == 1 && replies[3] == "2");
    assert!(pushed >= 2, "it came before the reply to what was written before it");
    assert!(!other.reply().is_error(), "a read is answered too");

    let bytes = log_bytes(&server);
    faults.hold("sync", ".incr.aof");
    client.send_cmd(&["set", "lost", "1"]);
    wait_until(PATIENCE, "the write to be in the file", || log_bytes(&server) > bytes);
    server.kill9();
    assert!(client.try_reply().is_err(), "it was answered and was not safe");
}

#[test]
fn debug_loadaof_in_the_middle_of_a_rewrite_gives_the_data_set_of_the_log() {
    let mut server = ours(&[LOGS, SLOW_SAVES].concat());
    fill(&server, 100);
    server.ok("bgrewriteaof");
    server.wait_for_log("Creating AOF incr file appendonly.aof.2.incr.aof");
    server.ok("set behind it");
    let before = digest(&server);
    server.ok("debug loadaof");
    assert_eq!(digest(&server), before);
    wait_info(&server, "persistence", "aof_rewrite_in_progress", "0");
    server.ok("config set rdb-key-save-delay 0");
    server.ok("bgrewriteaof");
    wait_rewritten(&server, 1);
    server.ok("set after it");
    let before = digest(&server);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
    check_log(&server);
}

#[test]
fn what_killed_rewrites_left_goes_at_the_next_start() {
    let mut server = ours(&[LOGS, SLOW_SAVES].concat());
    fill(&server, 100);
    for round in 0..3 {
        server.ok("bgrewriteaof");
        server
            .wait_for_log(&format!("Creating AOF incr file appendonly.aof.{}.incr.aof", round + 2));
        wait_until(PATIENCE, "the base to be begun", || {
            log_files(&server).iter().any(|name| name.starts_with("temp-rewriteaof"))
        });
        server.kill9();
        // As if it had ended between the base and the manifest.
        fs::write(log_dir(&server).join("appendonly.aof.2.base.rdb"), "").expect("write");
        server.restart();
        let files = log_files(&server);
        // One base, the files so far, the manifest.
        assert_eq!(files.len(), 1 + (round + 2) + 1, "{files:?}");
        check_log(&server);
    }
}

/// Each has a number of its own, and no file stays that nothing names.
#[test]
fn rewrites_that_are_given_up_leave_nothing() {
    let master = ours(&[]);
    fill(&master, 100);
    let mut replica = ours(&[LOGS, SLOW_SAVES].concat());
    fill(&replica, 100);
    for _ in 0..3 {
        let begun = replica.count_log("on background rewrite");
        replica.replicaof(master.port);
        replica.wait_link_up();
        replica.ok("replicaof no one");
        replica.ok("debug change-repl-id");
        wait_until(PATIENCE, "another rewrite", || {
            replica.count_log("on background rewrite") > begun
        });
    }
    replica.ok("config set appendonly no");
    wait_until(PATIENCE, "only what is named to be there", || {
        let files = log_files(&replica);
        let text = manifest(&replica);
        files.iter().all(|name| name.ends_with(".manifest") || text.contains(&format!("{name} ")))
    });
    let before = digest(&replica);
    replica.ok("config set rdb-key-save-delay 0");
    replica.ok("config set appendonly yes");
    wait_rewritten(&replica, 1);
    replica.kill9();
    replica.restart();
    assert_eq!(digest(&replica), before);
    assert_eq!(log_files(&replica).len(), 3);
}

#[test]
fn what_debug_reload_takes_from_a_file_is_in_the_log() {
    let mut server = ours(LOGS);
    server.ok("set a 1");
    server.ok("save");
    server.ok("set b 1");
    server.ok("debug reload nosave noflush merge");
    wait_rewritten(&server, 1);
    server.ok("debug reload nosave");
    wait_rewritten(&server, 2);
    server.ok("set c 1");
    let before = digest(&server);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
    assert_eq!(server.run("dbsize"), 2);
}

#[test]
fn waitaof_says_so_when_the_log_is_turned_off_meanwhile() {
    // Nothing is synced by itself.
    let server = ours(&[LOGS, &["--appendfsync", "no"]].concat());
    // Also to one who waits for a replica besides, which is not there.
    let mut clients = ["0", "1"].map(|replicas| {
        let mut client = server.client();
        client.ok("set k v");
        client.send_cmd(&["waitaof", "1", replicas, "0"]);
        client
    });
    wait_info(&server, "clients", "blocked_clients", "2");
    server.ok("config set appendonly no");
    for client in &mut clients {
        assert_eq!(
            client.reply().error(),
            "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
        );
    }
}

#[test]
fn a_manifest_that_cannot_be_read_keeps_the_log_off_and_says_so() {
    let server = ours(&["--save", ""]);
    fs::create_dir(log_dir(&server)).expect("a folder");
    let manifest = manifest_path(&server);
    fs::write(&manifest, "what\n").expect("write");
    let refused = server.run("config set appendonly yes");
    assert!(refused.error().ends_with("Unable to turn on AOF. Check server logs."), "{refused:?}");
    assert_eq!(info_field(&server, "persistence", "aof_enabled"), "0");
    assert_eq!(server.run("config get appendonly").texts(), ["appendonly", "no"]);
    assert_eq!(fs::read_to_string(&manifest).expect("read"), "what\n");
    fs::remove_file(&manifest).expect("remove");
    server.ok("config set appendonly yes");
    wait_rewritten(&server, 1);
}

#[test]
fn the_folder_of_a_log_cannot_be_left_while_it_is_on() {
    let mut server = ours(&[LOGS, &["--enable-protected-configs", "yes"]].concat());
    server.ok("set k v");
    let other = server.dir().join("other");
    fs::create_dir(&other).expect("a folder");
    let set_dir = format!("config set dir {}", other.display());
    let refused = server.run(&set_dir);
    assert!(refused.error().ends_with("set appendonly no before"), "{refused:?}");
    server.ok("config set appendonly no");
    server.ok(&set_dir);
    server.ok("config set appendonly yes");
    wait_rewritten(&server, 1);
    server.ok("set l v");
    let before = digest(&server);
    server.kill9();
    server.set_args(&[LOGS, &["--dir", &other.display().to_string()]].concat());
    server.restart();
    assert_eq!(digest(&server), before);
}

/// A sync that failed may have lost what a later one seems to make safe: only a rewrite does.
#[test]
fn after_a_sync_that_failed_nothing_counts_as_safe_before_a_rewrite() {
    let (mut server, faults) = Faults::ours(LOGS);
    let mut client = server.client();
    faults.fail("sync", ".incr.aof", nix::errno::Errno::EIO);
    client.ok("set k v");
    wait_info(&server, "persistence", "aof_last_write_status", "err");
    // It comes about from here on, a rewrite does not.
    faults.fail("write", "temp-rewriteaof", nix::errno::Errno::ENOSPC);
    wait_info(&server, "persistence", "aof_last_write_status", "ok");
    wait_info(&server, "persistence", "aof_last_bgrewrite_status", "err");
    assert_eq!(client.run("waitaof 1 0 50").items()[0], 0);
    faults.lift();
    wait_until(PATIENCE, "it to be safe", || client.run("waitaof 1 0 100").items()[0] == 1);
    assert_eq!(server.count_log("Background AOF rewrite finished successfully"), 1);
    let before = digest(&server);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
}

/// They come in a form that no reader of a log expects; what follows is in it again.
#[test]
fn a_masters_empty_lines_and_commands_leave_a_log_that_can_be_read() {
    let source = ours(&[]);
    let Grant::Full { rdb, .. } = RawReplica::attach(&source).1 else { panic!("no snapshot") };
    let (stream, bytes) = std::sync::mpsc::channel::<&[u8]>();
    let bytes = std::sync::Mutex::new(bytes);
    let master = FakeMaster::start(move |number, link| {
        link.handshake()?;
        if number > 0 {
            link.send("+CONTINUE\r\n")?;
            return link.drain();
        }
        link.send(format!("+FULLRESYNC {} 1000\r\n${}\r\n", "a".repeat(40), rdb.len()))?;
        link.send(&rdb)?;
        while let Ok(bytes) = bytes.lock().expect("no panic").recv() {
            link.send(bytes)?;
        }
        Ok(())
    });
    let send = |bytes| stream.send(bytes).expect("a script");
    let mut replica = Server::start_replica(Understudy, master.port, LOGS);
    wait_rewritten(&replica, 1);
    send(b"*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n");
    send(b"\r\n*3\r\n$3\r\nset\r\n$1\r\nb\r\n$1\r\n2\r\n*0\r\n");
    send(b"*3\r\n$3\r\nset\r\n$1\r\nc\r\n$1\r\n3\r\n");
    wait_until(PATIENCE, "the last to be there", || replica.run("get c") == "3");
    wait_rewritten(&replica, 2);
    send(b"*3\r\n$3\r\nset\r\n$1\r\nd\r\n$1\r\n4\r\n");
    wait_until(PATIENCE, "the last to be there", || replica.run("get d") == "4");
    let before = digest(&replica);
    replica.kill9();
    check_log(&replica);
    replica.restart();
    assert_eq!(digest(&replica), before);
}

fn manifest(server: &Server) -> String {
    fs::read_to_string(manifest_path(server)).expect("read")
}

#[test]
fn without_a_log_a_rewrite_leaves_a_base_alone_from_which_the_log_begins_again() {
    let mut server = ours(LOGS);
    server.ok("set k v");
    server.ok("config set appendonly no");
    server.ok("set l v");
    server.ok("bgrewriteaof");
    wait_rewritten(&server, 1);
    assert_eq!(manifest(&server), "file appendonly.aof.2.base.rdb seq 2 type b\n");
    wait_until(PATIENCE, "the old files to go", || log_files(&server).len() == 2);
    server.ok("debug loadaof");
    assert_eq!(server.run("dbsize"), 2);
    server.ok("config set appendonly yes");
    wait_rewritten(&server, 2);
    server.ok("set m v");
    let before = digest(&server);
    server.kill9();
    server.restart();
    assert_eq!(digest(&server), before);
}

#[test]
fn files_that_were_kept_go_when_they_may() {
    let server = ours(&[LOGS, &["--aof-disable-auto-gc", "yes"]].concat());
    for rewrites in 1..=2 {
        server.ok("set k v");
        server.ok("bgrewriteaof");
        wait_rewritten(&server, rewrites);
    }
    assert_eq!(
        manifest(&server),
        "file appendonly.aof.3.base.rdb seq 3 type b\n\
         file appendonly.aof.2.incr.aof seq 2 type h\n\
         file appendonly.aof.2.base.rdb seq 2 type h\n\
         file appendonly.aof.1.incr.aof seq 1 type h\n\
         file appendonly.aof.1.base.rdb seq 1 type h\n\
         file appendonly.aof.3.incr.aof seq 3 type i\n"
    );
    server.ok("config set aof-disable-auto-gc no");
    wait_until(PATIENCE, "the old files to go", || log_files(&server).len() == 3);
    server.ok("debug loadaof");
    server.ok("bgrewriteaof");
    wait_rewritten(&server, 3);
    assert_eq!(
        manifest(&server),
        "file appendonly.aof.4.base.rdb seq 4 type b\n\
         file appendonly.aof.4.incr.aof seq 4 type i\n"
    );
}

/// Nothing is in the log before its base is there, not even what was there when it was turned on.
#[test]
fn a_log_that_waits_for_a_save_has_nothing_yet() {
    let server = ours(&[LOGS, SLOW_SAVES].concat());
    server.ok("config set appendonly no");
    server.ok("set k v");
    server.ok("bgsave");
    wait_info(&server, "persistence", "rdb_bgsave_in_progress", "1");
    let before = manifest(&server);
    server.ok("config set appendonly yes");
    wait_info(&server, "persistence", "aof_rewrite_scheduled", "1");
    server.ok("set l v");
    assert_eq!(manifest(&server), before);
    server.ok("debug loadaof");
    assert_eq!(server.run("dbsize"), 0);
    server.ok("config set rdb-key-save-delay 0");
    assert_eq!(info_field(&server, "persistence", "rdb_bgsave_in_progress"), "1");
    // Ends the save.
    server.ok("flushall");
    wait_rewritten(&server, 1);
    server.ok("set m v");
    server.ok("debug loadaof");
    assert_eq!(server.run("get m"), "v");
}

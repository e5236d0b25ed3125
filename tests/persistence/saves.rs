//! Saves beside the clients, and saves that are called off.

use std::path::Path;

use crate::support::*;

/// A save of a few keys that takes minutes.
const SLOW: &[&str] = &["--rdb-key-save-delay", "10000000"];

fn temp_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("read the folder");
    entries
        .filter(|entry| {
            let name = entry.as_ref().expect("an entry").file_name();
            name.to_string_lossy().starts_with("temp-")
        })
        .count()
}

fn is_saving(server: &Server) -> bool {
    info_field(server, "persistence", "rdb_bgsave_in_progress") == "1"
}

fn begin_slow_save(server: &Server) {
    server.ok("mset a 1 b 2 c 3");
    server.ok("bgsave");
    wait_until(PATIENCE, "the temporary file", || temp_files(server.dir()) == 1);
    assert!(is_saving(server));
}

#[test]
fn save_blocks_its_client_and_nobody_else() {
    if played_by_redis() {
        return;
    }
    let server = ours(&["--rdb-key-save-delay", "300000"]);
    server.ok("mset a 1 b 2 c 3");
    let mut saver = server.client();
    saver.send_cmd(&["save"]);
    saver.send_cmd(&["get", "a"]);
    wait_until(PATIENCE, "the temporary file", || temp_files(server.dir()) == 1);
    assert_eq!(server.run("incr a"), 2);
    // Both of these come after it.
    let mut second = server.client();
    second.send_cmd(&["save"]);
    assert_eq!(server.run("bgsave"), "Background saving started");
    server.ok("config set rdb-key-save-delay 0");
    assert_eq!(saver.reply(), "OK");
    assert_eq!(saver.reply(), "2");
    assert_eq!(second.reply(), "OK");
    server.wait_for_log("Background saving terminated with success");
    assert_eq!(info_field(&server, "persistence", "rdb_saves"), "3");
    assert_eq!(temp_files(server.dir()), 0);
}

#[test]
fn a_client_that_leaves_in_save_harms_nobody() {
    let server = ours(&["--rdb-key-save-delay", "100000"]);
    server.ok("mset a 1 b 2 c 3");
    let mut saver = server.client();
    saver.send_cmd(&["save"]);
    drop(saver);
    wait_until(PATIENCE, "the file", || server.dir().join("dump.rdb").exists());
    assert_eq!(server.run("ping"), "PONG");
}

#[test]
fn flushall_calls_a_save_off_and_empties_the_file() {
    let mut server = ours(&[SLOW, &["--save", "3600 1"]].concat());
    begin_slow_save(&server);
    server.ok("config set rdb-key-save-delay 0");
    server.ok("flushall");
    wait_until(PATIENCE, "the save to end", || !is_saving(&server));
    wait_until(PATIENCE, "an empty file", || {
        server.dir().join("dump.rdb").exists() && temp_files(server.dir()) == 0
    });
    assert_eq!(info_field(&server, "persistence", "rdb_last_bgsave_status"), "ok");
    server.kill9();
    server.restart();
    assert_eq!(server.run("dbsize"), 0);
}

#[test]
fn a_shutdown_calls_a_save_off_and_leaves_no_temporary_file() {
    for (how, is_saved) in [("shutdown nosave", false), ("shutdown save", true)] {
        let mut server = ours(SLOW);
        begin_slow_save(&server);
        server.ok("config set rdb-key-save-delay 0");
        assert!(server.try_run(how).is_err());
        assert_eq!(server.wait_exit().code(), Some(0));
        server.wait_for_log("There is a child saving an .rdb. Killing it!");
        assert_eq!(temp_files(server.dir()), 0, "{how}");
        assert_eq!(server.dir().join("dump.rdb").exists(), is_saved, "{how}");
    }
}

#[test]
fn a_kill_during_a_save_leaves_the_old_file_as_it_was() {
    let mut server = ours(&[]);
    server.ok("set old 1");
    assert_eq!(server.run("save"), "OK");
    let path = server.dir().join("dump.rdb");
    let old = std::fs::read(&path).expect("read");
    server.ok("config set rdb-key-save-delay 10000000");
    begin_slow_save(&server);
    server.kill9();
    assert_eq!(std::fs::read(&path).expect("read"), old);
    server.restart();
    assert_eq!(server.run("dbsize"), 1);
}

#[test]
fn info_counts_the_keys_of_the_save_that_runs() {
    let server = ours(SLOW);
    begin_slow_save(&server);
    assert_eq!(info_field(&server, "persistence", "current_save_keys_total"), "3");
    assert_eq!(info_field(&server, "persistence", "current_save_keys_processed"), "0");
    assert_eq!(server.run("save").error(), "ERR Background save already in progress");
}

#[test]
fn info_counts_no_keys_once_a_save_is_over() {
    let server = ours(&[]);
    server.ok("set k v");
    assert_eq!(server.run("save"), "OK");
    assert_eq!(info_field(&server, "persistence", "current_save_keys_processed"), "0");
    assert_eq!(info_field(&server, "persistence", "current_fork_perc"), "0.00");
}

#[test]
fn reload_can_load_without_saving_and_merge() {
    let server = ours(&[]);
    server.ok("mset a 1 b 2");
    server.ok("pexpireat b 9999999999999");
    assert_eq!(server.run("save"), "OK");
    server.ok("set a 3");
    server.ok("set c 4");
    if !played_by_redis() {
        // Redis dies of it.
        let refused = server.run("debug reload nosave noflush");
        let text = "ERR Error trying to load the RDB dump";
        assert_eq!(refused.error(), text);
    }
    assert_eq!(server.run("get a"), "3");
    assert_eq!(server.run("debug reload nosave noflush merge"), "OK");
    assert_eq!(server.run("mget a b c").texts(), ["1", "2", "4"]);
    assert_eq!(server.run("pexpiretime b"), 9_999_999_999_999);
    assert_eq!(server.run("debug reload nosave"), "OK");
    assert_eq!(server.run("dbsize"), 2);
    assert!(server.run("debug reload what").is_error());
}

#[test]
fn a_reload_of_a_file_that_is_no_good_keeps_what_is_there() {
    if played_by_redis() {
        return;
    }
    let server = ours(&[]);
    server.ok("set a 1");
    std::fs::write(server.dir().join("dump.rdb"), "REDIS0009 and nothing").expect("write");
    assert!(server.run("debug reload nosave").is_error());
    assert_eq!(server.run("get a"), "1");
}

#[test]
fn a_reload_ends_transactions_that_watch() {
    let server = ours(&[]);
    let mut client = server.client();
    client.ok("set a 1");
    client.ok("watch a");
    assert_eq!(server.run("debug reload"), "OK");
    client.ok("multi");
    client.ok("get a");
    assert_eq!(client.run("exec"), Value::Nil);
}

//! SHUTDOWN and signals.

use crate::support::*;

/// A master whose replica is stopped and misses a write.
fn with_lagging_replica(args: &[&str]) -> (Server, Server) {
    let master = ours(args);
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    master.wait_online(1);
    master.write_through("set k 1", 1);
    replica.pause();
    master.ok("incr k");
    (master, replica)
}

#[test]
fn a_shutdown_waits_for_replicas_with_writes_held_back() {
    let (mut master, replica) = with_lagging_replica(&["--shutdown-timeout", "300"]);
    let mut client = master.client();
    client.send_cmd(&["shutdown", "nosave"]);
    master.wait_for_log("Waiting for replicas before shutting down.");
    wait_until(PATIENCE, "the time left in INFO", || {
        let info = info(&master, "server");
        info.get("shutdown_in_milliseconds").is_some_and(|left| left != "0")
    });
    let mut writer = master.client();
    writer.send_cmd(&["incr", "k"]);
    assert_eq!(master.run("get k"), "2");
    replica.resume();
    assert_eq!(master.wait_exit().code(), Some(0));
    master.wait_for_log("1 of 1 replicas are in sync when shutting down.");
    assert_eq!(replica.run("get k"), "2");
    assert!(writer.try_reply().is_err(), "the write that was held back is not done");
}

#[test]
fn a_shutdown_waits_no_longer_than_its_timeout() {
    let (mut master, replica) = with_lagging_replica(&["--shutdown-timeout", "1"]);
    assert_eq!(master.terminate().code(), Some(0));
    let line = master.wait_for_log("Lagging replica 127.0.0.1:");
    assert!(line.contains(" behind master, lag=") && line.ends_with(", state=online."), "{line}");
    master.wait_for_log("0 of 1 replicas are in sync when shutting down.");
    replica.resume();
}

#[test]
fn shutdown_now_waits_for_nobody() {
    let (mut master, replica) = with_lagging_replica(&["--shutdown-timeout", "300"]);
    assert!(master.try_run("shutdown now").is_err());
    assert_eq!(master.wait_exit().code(), Some(0));
    replica.resume();
}

#[test]
fn a_shutdown_that_waits_can_be_given_up() {
    let (master, replica) = with_lagging_replica(&["--shutdown-timeout", "300"]);
    let mut waiting = [master.client(), master.client()];
    for client in &mut waiting {
        client.send_cmd(&["shutdown"]);
    }
    master.wait_for_log("Waiting for replicas before shutting down.");
    let mut writer = master.client();
    writer.send_cmd(&["incr", "k"]);
    assert_eq!(master.run("shutdown abort"), "OK");
    for client in &mut waiting {
        assert_eq!(client.reply().error(), "ERR Errors trying to SHUTDOWN. Check logs.");
    }
    assert_eq!(writer.reply(), 3);
    master.wait_for_log("Shutdown manually aborted.");
    assert_eq!(master.run("shutdown abort").error(), "ERR No shutdown in progress.");
    replica.resume();
}

#[test]
fn a_signal_can_be_given_up_as_well() {
    let (master, replica) = with_lagging_replica(&["--shutdown-timeout", "300"]);
    master.signal(nix::sys::signal::Signal::SIGTERM);
    master.wait_for_log("Waiting for replicas before shutting down.");
    assert_eq!(master.run("shutdown abort"), "OK");
    assert_eq!(master.run("incr k"), 3);
    replica.resume();
}

#[test]
fn a_second_sigint_ends_the_process_at_once() {
    let (mut master, replica) = with_lagging_replica(&["--shutdown-timeout", "300"]);
    master.signal(nix::sys::signal::Signal::SIGINT);
    master.wait_for_log("Waiting for replicas before shutting down.");
    master.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(master.wait_exit().code(), Some(1));
    master.wait_for_log("You insist... exiting now.");
    replica.resume();
}

#[test]
fn a_second_sigint_stops_the_last_save() {
    let mut server = ours(&["--save", "3600 1", "--rdb-key-save-delay", "10000000"]);
    server.ok("mset a 1 b 2");
    server.signal(nix::sys::signal::Signal::SIGINT);
    server.wait_for_log("Saving the final RDB snapshot before exiting.");
    let temp = server.dir().join(format!("temp-{}.rdb", server.pid()));
    wait_until(PATIENCE, "the temporary file", || temp.exists());
    server.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(server.wait_exit().code(), Some(1));
    assert!(!temp.exists());
}

#[test]
fn signals_do_what_the_settings_say() {
    for (flags, is_saved) in [("save", true), ("nosave", false), ("default", true)] {
        let points = if flags == "save" { "" } else { "3600 1" };
        let mut server = ours(&["--save", points, "--shutdown-on-sigterm", flags]);
        server.ok("set k v");
        assert_eq!(server.terminate().code(), Some(0));
        assert_eq!(server.dir().join("dump.rdb").exists(), is_saved, "{flags}");
    }
}

#[test]
fn replies_before_a_shutdown_arrive() {
    if played_by_redis() {
        return;
    }
    let mut server = ours(&[]);
    let mut client = server.client();
    client.send(b"SET k v\r\nGET k\r\nSHUTDOWN NOSAVE\r\nGET k\r\n");
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.reply(), "v");
    assert!(client.try_reply().is_err());
    assert_eq!(server.wait_exit().code(), Some(0));
}

/// Else they would have got, while its last file was written, what that file does not have, and
/// could not continue with whoever starts with it.
#[test]
fn a_replica_that_ends_leaves_its_own_replicas_where_its_file_is() {
    let master = ours(&["--repl-backlog-size", "64mb"]);
    master.ok("debug populate 100");
    let mut middle = Server::start_replica(
        Kind::Understudy,
        master.port,
        &["--rdb-key-save-delay", "5000", "--repl-diskless-sync-delay", "0"],
    );
    middle.wait_link_up();
    let last = Server::start_replica(Kind::Understudy, middle.port, &[]);
    last.wait_link_up();
    let load = Load::start(&master);
    load.wait_more(200);
    assert!(middle.try_run("shutdown save now").is_err());
    assert_eq!(middle.wait_exit().code(), Some(0));
    middle.restart();
    last.wait_link_up();
    load.stop();
    wait_equal_digests(&[&master, &middle, &last]);
    assert_eq!(info_field(&middle, "stats", "sync_full"), "0");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn a_replica_that_could_not_end_goes_on_with_its_masters_stream() {
    let master = ours(&[]);
    master.ok("debug populate 100");
    let replica = Server::start_replica(
        Kind::Understudy,
        master.port,
        &["--rdb-key-save-delay", "5000", "--dbfilename", "taken"],
    );
    replica.wait_link_up();
    // The file cannot take the place of a folder, which shows at the end only.
    std::fs::create_dir(replica.dir().join("taken")).expect("a folder");
    let mut client = replica.client();
    client.send_cmd(&["shutdown", "save"]);
    replica.wait_for_log("Saving the final RDB snapshot before exiting.");
    master.ok("set k v");
    assert!(client.reply().is_error());
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("get k"), "v");
}

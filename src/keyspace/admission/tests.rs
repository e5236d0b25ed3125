//! Who may do what, and when.

use crate::commands::call::Origin;
use crate::config::channels::Channels;
use crate::keyspace::testing::TestServer;

const REFUSED: &str = "-OOM command not allowed when used memory > 'maxmemory'.";

/// A server above its limit from when `full` is true.
fn set_full(server: &mut TestServer, full: bool) {
    server.server().config.memory.maxmemory = if full { 100 } else { 1 << 40 };
}

#[test]
fn above_maxmemory_only_what_needs_no_more_runs() {
    let mut server = TestServer::new();
    server.run("SET k v");
    set_full(&mut server, false);
    server.check(&[("SET k v", "OK")]);
    set_full(&mut server, true);
    server.check(&[("SET k v", REFUSED), ("GET k", "\"v\""), ("DEL k", "1")]);
    server.server().config.memory.maxmemory = 0;
    server.check(&[("SET k v", "OK")]);
}

#[test]
fn above_maxmemory_a_transaction_keeps_and_runs_nothing_that_needs_more() {
    let mut server = TestServer::new();
    server.check(&[("MULTI", "OK"), ("SET k v", "QUEUED")]);
    set_full(&mut server, true);
    server.check(&[
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.",
        ),
        ("MULTI", "OK"),
        ("PING", REFUSED),
        ("DISCARD", "OK"),
    ]);
}

#[test]
fn what_the_settings_keep_from_everybody_is_kept_from_the_master_too() {
    let mut server = TestServer::new();
    server.become_replica();
    server.origin = Origin::Master;
    assert!(server.run("DEBUG SLEEP 0").starts_with("-ERR DEBUG command not allowed"));
    server.session().authenticated = false;
    server.check(&[("SET k v", "OK")]);
    server.enable_debug();
    server.check(&[("DEBUG SLEEP 0", "OK")]);
}

#[test]
fn a_replica_leaves_maxmemory_to_its_master() {
    let mut server = TestServer::new();
    server.become_replica();
    server.server().config.replication.replica_read_only = false;
    set_full(&mut server, true);
    server.check(&[("SET k v", "OK")]);
    server.server().config.replication.replica_ignore_maxmemory = false;
    server.check(&[("SET k v", REFUSED)]);
}

#[test]
fn a_transaction_is_refused_when_the_master_is_lost_before_its_exec() {
    let mut server = TestServer::new();
    server.server().config.replication.replica_serve_stale_data = false;
    server.check(&[("MULTI", "OK"), ("GET k", "QUEUED")]);
    server.become_replica();
    server.check(&[
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of: MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        ),
        ("MULTI", "OK"),
        ("EXEC", "[]"),
    ]);
}

const NO: &str = "-NOPERM this user has no permissions to access one of the channels used as \
                  arguments";

/// A user with a right to these channels only.
fn restrict(server: &mut TestServer, patterns: &[&str]) {
    let patterns = patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect();
    server.server().config.default_user_channels = Channels::Matching(patterns);
}

#[test]
fn a_user_publishes_and_subscribes_where_it_has_a_right_only() {
    let mut server = TestServer::new();
    restrict(&mut server, &["news.*", "x"]);
    server.check(&[
        ("PUBLISH news.a hi", "0"),
        ("PUBLISH other hi", NO),
        ("SPUBLISH x hi", "0"),
        ("SPUBLISH y hi", NO),
        ("SUBSCRIBE x y", NO),
        ("PSUBSCRIBE news.a*", NO),
        ("PSUBSCRIBE *", NO),
        ("SSUBSCRIBE y", NO),
    ]);
    server.check(&[
        ("PSUBSCRIBE news.*", "[\"psubscribe\" \"news.*\" 1]"),
        ("SUBSCRIBE news.b", "[\"subscribe\" \"news.b\" 2]"),
        ("UNSUBSCRIBE y", "[\"unsubscribe\" \"y\" 2]"),
    ]);
}

#[test]
fn what_a_user_has_no_right_to_is_not_queued_and_spoils_the_transaction() {
    let mut server = TestServer::new();
    restrict(&mut server, &["x"]);
    let aborted = "-EXECABORT Transaction discarded because of previous errors.";
    server.check(&[("MULTI", "OK"), ("PUBLISH x hi", "QUEUED"), ("PUBLISH y hi", NO)]);
    server.check(&[("EXEC", aborted), ("MULTI", "OK"), ("PSUBSCRIBE *", NO), ("EXEC", aborted)]);
    let publish = server.executor.registry.catalog.find(b"publish").expect("there is PUBLISH");
    let calls = &server.server().stats.calls[publish];
    assert_eq!((calls.calls, calls.rejected), (0, 1));
}

#[test]
fn a_right_that_is_lost_before_exec_is_missing_then() {
    let mut server = TestServer::new();
    server.check(&[("MULTI", "OK"), ("PUBLISH x hi", "QUEUED"), ("SET k v", "QUEUED")]);
    restrict(&mut server, &["y"]);
    let lost = "-NOPERM ACLs rules changed between the moment the transaction was accumulated \
                and the EXEC call. This command is no longer allowed for the following \
                reason: no permission to access one of the channels used as arguments";
    server.check(&[("EXEC", &format!("[{lost} OK]"))]);
    assert_eq!(server.stream(), ["SELECT 0", "SET k v"]);
}

#[test]
fn the_master_publishes_everywhere() {
    let mut server = TestServer::new();
    restrict(&mut server, &[]);
    server.become_replica();
    server.origin = Origin::Master;
    server.check(&[("PUBLISH x hi", "0"), ("MULTI", "OK"), ("PUBLISH x hi", "QUEUED")]);
    server.check(&[("EXEC", "[0]")]);
}

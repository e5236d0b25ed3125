//! What REPLICATION HISTORY and REPLICATION DOCTOR say of real outages, with peers of either make.

use std::collections::BTreeMap;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

type Entry = BTreeMap<String, String>;

/// Everything, oldest first.
fn history(server: &Server) -> Vec<Entry> {
    let reply = server.run("replication history -1");
    let entry = |entry: &Value| {
        let words = entry.texts();
        words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    };
    let mut entries: Vec<Entry> = reply.items().iter().map(entry).collect();
    entries.reverse();
    entries
}

/// `event` or `event: cause` of each entry as this end of the link.
fn story(server: &Server, role: &str) -> Vec<String> {
    let entries = history(server).into_iter().filter(|entry| entry["role"] == role);
    let told = entries.map(|entry| match entry["cause"].as_str() {
        "" => entry["event"].clone(),
        cause => format!("{}: {cause}", entry["event"]),
    });
    told.collect()
}

/// Until the last things that happened are these; returns the entries.
#[track_caller]
fn wait_story(server: &Server, role: &str, end: &[&str]) -> Vec<Entry> {
    wait_for(PATIENCE, &format!("{end:?}"), || {
        let story = story(server, role);
        if story.ends_with(&end.iter().map(|part| part.to_string()).collect::<Vec<_>>()) {
            Ok(())
        } else {
            Err(format!("{story:?}"))
        }
    });
    history(server).into_iter().filter(|entry| entry["role"] == role).collect()
}

fn doctor(server: &Server) -> String {
    server.run("replication doctor").text()
}

fn number(entry: &Entry, field: &str) -> i64 {
    entry[field].parse().unwrap_or_else(|_| panic!("{field} of {entry:?}"))
}

const SMALL_BACKLOG: [&str; 2] = ["--repl-backlog-size", "16kb"];

/// More than a small backlog holds, whatever it keeps beyond its size.
fn write_much(master: &Server) {
    let mut client = master.client();
    let value = "x".repeat(100_000);
    (0..20).for_each(|i| drop(client.cmd(&["set", &format!("big:{i}"), &value])));
}

#[test]
fn an_outage_that_the_backlog_covers_and_one_that_it_does_not() {
    for kind in [Understudy, RealRedis] {
        let master = ours(&[&SMALL_BACKLOG[..], &["--repl-backlog-disk-size", "0"]].concat());
        let proxy = FaultProxy::start(master.port);
        let replica = Server::start_replica(kind, proxy.port, &[]);
        replica.wait_link_up();
        master.write_through("set k v", 1);
        let first = ["connect", "full-sync: nothing to continue from", "full-sync-done"];
        let entries = wait_story(&master, "master", &first);
        assert!(number(&entries[2], "bytes") > 0, "{entries:?}");
        assert_eq!(entries[0]["peer"], format!("127.0.0.1:{}", replica.port));
        assert!(doctor(&master).starts_with("Replication is well. One replica follows."));

        proxy.cut();
        let short = ["disconnect: closed by peer", "connect", "partial-sync"];
        let entries = wait_story(&master, "master", &short);
        let [.., lost, _, partial] = &entries[..] else { panic!("{entries:?}") };
        assert!(number(lost, "bytes") > 0 && number(lost, "duration-ms") >= 0, "{lost:?}");
        let (asked, first) = (number(partial, "asked-offset"), number(partial, "backlog-first"));
        assert!(first <= asked && asked <= number(partial, "backlog-last") + 1, "{partial:?}");

        proxy.cut_and_refuse();
        wait_story(&master, "master", &["disconnect: closed by peer"]);
        write_much(&master);
        proxy.heal();
        let long = ["connect", "full-sync: offset not in the backlog", "full-sync-done"];
        let entries = wait_story(&master, "master", &long);
        let [.., full, _] = &entries[..] else { panic!("{entries:?}") };
        assert!(number(full, "asked-offset") < number(full, "backlog-first"), "{full:?}");
        assert!(number(full, "backlog-last") > 2_000_000, "{full:?}");
        let report = doctor(&master);
        assert!(report.contains("a backlog of 16.4 KB covers"), "{report}");
        assert!(report.contains("Set repl-backlog-size to at least 4mb."), "{report}");
        // What helps is believed at once.
        master.ok("config set repl-backlog-size 4mb");
        assert!(!doctor(&master).contains("could not continue"), "{}", doctor(&master));
    }
}

#[test]
fn a_replica_tells_of_its_link_to_a_master_of_either_make() {
    for kind in [Understudy, RealRedis] {
        let mut args = SMALL_BACKLOG.to_vec();
        args.extend(["--repl-diskless-sync-delay", "0"]);
        if kind == Understudy {
            args.extend(["--repl-backlog-disk-size", "0"]);
        }
        let master = Server::start(kind, &args);
        let proxy = FaultProxy::start(master.port);
        let replica = replica_of(proxy.port, &[]);
        master.write_through("set k v", 1);
        let first = ["connect", "full-sync: nothing to continue from", "full-sync-done"];
        wait_story(&replica, "replica", &first);
        proxy.cut();
        let short = ["disconnect: closed by peer", "connect", "partial-sync"];
        let entries = wait_story(&replica, "replica", &short);
        assert_eq!(entries.last().expect("one")["peer"], format!("127.0.0.1:{}", proxy.port));
        replica.wait_link_up();
        proxy.cut_and_refuse();
        // It tries again and again, which is one entry.
        let entries = wait_for(PATIENCE, "attempts", || {
            let entries = history(&replica);
            let last = entries.last().expect("one");
            let is_attempt = last["event"] == "connect-failed" && number(last, "times") >= 3;
            if is_attempt { Ok(entries.clone()) } else { Err(format!("{last:?}")) }
        });
        assert_eq!(entries[entries.len() - 2]["event"], "disconnect", "{entries:?}");
        let report = doctor(&replica);
        assert!(report.contains("The link to the master 127.0.0.1:"), "{report}");
        assert!(report.contains("It cannot be connected to"), "{report}");
        write_much(&master);
        proxy.heal();
        let long = ["connect", "full-sync: the master did not continue", "full-sync-done"];
        let entries = wait_story(&replica, "replica", &long);
        let [.., full, done] = &entries[..] else { panic!("{entries:?}") };
        assert!(number(full, "asked-offset") > 0 && number(done, "bytes") > 0, "{entries:?}");
        assert!(doctor(&replica).starts_with("Replication is well."), "{}", doctor(&replica));
    }
}

/// A master that wants a password answers PSYNC and SYNC with an error: nothing was begun, and it is
/// one entry however often it is tried.
#[test]
fn a_master_that_does_not_serve_is_one_entry_and_the_doctor_names_the_password() {
    for kind in [Understudy, RealRedis] {
        let master = Server::start(kind, &[]);
        let replica = replica_of(master.port, &[]);
        master.ok("config set requirepass hush");
        let mut admin = master.client();
        assert_eq!(admin.run("auth hush"), "OK");
        assert_eq!(admin.run("client kill type replica"), 1);
        let entries = wait_for(PATIENCE, "attempts", || {
            let entries = history(&replica);
            let last = entries.last().expect("one");
            let is_attempt = last["event"] == "connect-failed" && number(last, "times") >= 2;
            if is_attempt { Ok(entries.clone()) } else { Err(format!("{last:?}")) }
        });
        let [.., lost, failed] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(lost["event"], "disconnect", "{entries:?}");
        assert_eq!(failed["cause"], "refused by the master", "{entries:?}");
        assert!(doctor(&replica).contains("another masteruser and masterauth"));
        replica.ok("config set masterauth hush");
        wait_story(&replica, "replica", &["connect", "partial-sync"]);
    }
}

#[test]
fn killed_silent_and_greedy_links_have_their_causes() {
    let master = ours(&["--repl-timeout", "2", "--repl-ping-replica-period", "1"]);
    let replica = replica_of(master.port, &[]);
    master.write_through("set k v", 1);
    master.ok("client kill type replica");
    wait_story(&master, "master", &["disconnect: killed", "connect", "partial-sync"]);
    replica.wait_link_up();
    replica.pause();
    wait_story(&master, "master", &["disconnect: timeout"]);
    let report = doctor(&master);
    assert!(report.contains("once after repl-timeout (2 s)"), "{report}");
    replica.resume();
    wait_story(&master, "master", &["connect", "partial-sync"]);
    drop(replica);
    wait_story(&master, "master", &["disconnect: closed by peer"]);

    master.ok("config set repl-timeout 60");
    let mut client = master.client();
    let limit = ["config", "set", "client-output-buffer-limit", "replica 4mb 0 0"];
    assert_eq!(client.cmd(&limit), "OK");
    let (_raw, _) = RawReplica::streaming(&master);
    let value = "x".repeat(1 << 20);
    for i in 0..200 {
        client.cmd(&["set", &format!("k:{}", i % 3), &value]);
        if info_field(&master, "replication", "connected_slaves") == "0" {
            break;
        }
    }
    wait_story(&master, "master", &["disconnect: output buffer limit"]);
    let report = doctor(&master);
    assert!(report.contains("dropped once for leaving too much unread"), "{report}");
    assert!(report.contains("client-output-buffer-limit replica (now 4.2 MB)"), "{report}");

    let (mut raw, _) = RawReplica::streaming(&master);
    raw.link.send_cmd(&["get", "k"]);
    wait_story(&master, "master", &["disconnect: protocol error"]);
}

#[test]
fn a_data_set_that_was_refused_is_told_of_with_the_directive() {
    let args = ["--save", ""];
    let mut master = ours(&args);
    let replica = replica_of(master.port, &args);
    fill(&master, 500);
    master.write_through("set k v", 1);
    master.kill9();
    master.restart();
    let refused = ["sync-refused: replica-wipe-guard", "disconnect: data set refused"];
    wait_until(PATIENCE, "a refusal", || {
        story(&replica, "replica").windows(2).any(|pair| pair == refused)
    });
    let report = doctor(&replica);
    assert!(report.contains("were refused") && report.contains("replica-wipe-guard"), "{report}");
    let (host, port) = master.address();
    replica.ok(&format!("replicaof {host} {port} force"));
    wait_story(&replica, "replica", &["full-sync-done"]);
    assert!(!doctor(&replica).contains("refused"), "{}", doctor(&replica));
}

#[test]
fn roles_quorums_and_writable_replicas_are_told_of() {
    let (master, replica) = super::pair(&["--min-replicas-max-lag", "10"]);
    master.write_through("set k v", 1);
    replica.ok("config set replica-read-only no");
    assert!(doctor(&replica).contains("set replica-read-only to yes"), "{}", doctor(&replica));
    master.ok("config set min-replicas-to-write 2");
    wait_until(PATIENCE, "the report", || {
        doctor(&master).contains("min-replicas-to-write asks for 2 replicas and 1 count")
    });
    master.ok("config set min-replicas-to-write 0");
    replica.ok("replicaof no one");
    let entries = history(&replica);
    assert!(entries.iter().any(|entry| entry["event"] == "role-change"), "{entries:?}");
    wait_until(PATIENCE, "the end of its link", || {
        story(&replica, "replica").last().is_some_and(|last| last.contains("role or history"))
    });
    assert!(doctor(&replica).starts_with("Replication is well. No replica follows."));
    // Nobody hears of a replica's silence for ever.
    master.ok("config set replication-history-len 2");
    replica.replicaof(master.port);
    replica.wait_link_up();
    wait_until(PATIENCE, "two entries", || history(&master).len() == 2);
    assert!(master.run("replication history 1").items().len() == 1);
    assert!(master.run("replication nonsense").is_error());
}

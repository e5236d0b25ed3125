//! The stream itself, read by a replica that is only a socket.

use std::time::Duration;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// What the server feeds for these commands, in lower case, absolute times masked.
fn feed_of(kind: Kind, lines: &[&str]) -> Vec<String> {
    let server = Server::start(kind, &["--repl-ping-replica-period", "3600"]);
    server.ok("debug set-active-expire 0");
    let (mut replica, _) = RawReplica::streaming(&server);
    let mut client = server.client();
    for line in lines {
        // `@` waits for what was set to live 1 ms.
        if *line == "@" {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        client.run(line);
    }
    client.ok("select 15");
    client.ok("set the end");
    let mut feed = Vec::new();
    loop {
        let line = replica.next_line().to_lowercase();
        if line == "set the end" {
            return feed;
        }
        let words = line.split(' ').map(|word| {
            let is_time = word.len() == 13 && word.bytes().all(|byte| byte.is_ascii_digit());
            if is_time { "<ms>" } else { word }
        });
        feed.push(words.collect::<Vec<_>>().join(" "));
    }
}

#[track_caller]
fn assert_feeds_as_redis(lines: &[&str]) -> Vec<String> {
    let ours = feed_of(Understudy, lines);
    assert_eq!(ours, feed_of(RealRedis, lines));
    ours
}

#[test]
fn relative_times_and_results_travel_as_absolute_facts() {
    let feed = assert_feeds_as_redis(&[
        "set a 1 ex 1000",
        "set a 1 px 1000000",
        "set a 1 exat 9999999999",
        "set a 1 pxat 9999999999999",
        "set a 2 keepttl",
        "set a 3 get",
        "set a 4 xx ex 1000 get",
        "setex b 1000 v",
        "psetex b 1000000 v",
        "expire b 2000",
        "pexpire b 2000000",
        "expireat b 9999999999",
        "pexpireat b 9999999999999",
        "persist b",
        "getex b ex 1000",
        "getex b persist",
        "getex b",
        "incrbyfloat f 1.5",
        "incrbyfloat f -0.25",
        "getset b w",
        "getdel b",
        "expire a -1",
        "set c v",
        "getex c pxat 1",
        "set d v",
        "pexpireat d 1",
        "setrange r 5 x",
        "append r yz",
        "copy r r2",
        "rename r2 r3",
        "move r3 5",
        "swapdb 0 1",
        "flushdb",
        "flushall",
    ]);
    assert!(feed.contains(&"set f 1.25 keepttl".to_owned()), "{feed:?}");
    assert_eq!(feed[0], "select 0");
}

#[test]
fn what_changes_nothing_is_not_fed() {
    let feed = assert_feeds_as_redis(&[
        "set a 1",
        "get a",
        "setnx a 2",
        "set a 2 nx",
        "set missing 1 xx",
        "del missing",
        "expire missing 10",
        "persist a",
        "getdel missing",
        "getex a",
        "msetnx a 1 b 2",
        "rename missing other",
        "append a",
        "incr nonsense with too many arguments",
        "expire a 100 xx",
        "touch a",
        "copy missing b",
        "renamenx missing b",
        "incrbyfloat a nonsense",
    ]);
    assert_eq!(feed, ["select 0", "set a 1", "select 15"]);
}

#[test]
fn transactions_travel_whole_and_in_their_database() {
    assert_feeds_as_redis(&[
        "multi", "set a 1", "incr b", "exec", // several writes
        "multi", "set a 2", "exec", // a single one
        "multi", "get a", "exec", // none
        "multi", "set a 3", "select 3", "set b 1", "select 0", "set c 2", "exec", // databases
        "multi", "set a 4", "discard", // nothing
        "multi", "set a 5", "incr a b", "exec", // aborted
        "multi", "set a x", "incr a", "set b 9", "exec", // one fails while running
    ]);
}

#[test]
fn every_database_is_selected_before_its_write() {
    let feed = assert_feeds_as_redis(&[
        "set a 1", "set b 1", "select 3", "get a", "set c 1", "select 0", "get a", "select 3",
        "set d 1",
    ]);
    assert_eq!(
        feed,
        ["select 0", "set a 1", "set b 1", "select 3", "set c 1", "set d 1", "select 15"]
    );
}

#[test]
fn a_key_found_expired_is_deleted_in_the_stream_before_what_found_it() {
    assert_feeds_as_redis(&[
        "psetex a 1 v",
        "@",
        "get a", // by a read
        "psetex a 1 v",
        "@",
        "set a w", // by a write
        "psetex a 1 v",
        "@",
        "set a w nx",
        "psetex a 1 v",
        "@",
        "incr a",
        "psetex a 1 v",
        "@",
        "append a x",
        "psetex a 1 v",
        "@",
        "del a",
        "psetex a 1 v",
        "@",
        "expire a 100",
        "psetex a 1 v",
        "@",
        "getdel a",
        "psetex a 1 v",
        "@",
        "multi",
        "get a",
        "set b 1",
        "exec",
    ]);
}

#[test]
fn a_lazily_freed_expiry_travels_as_unlink() {
    let server = ours(&["--lazyfree-lazy-expire", "yes"]);
    let (mut replica, _) = RawReplica::streaming(&server);
    server.ok("set a v px 1");
    assert_eq!(replica.next_line(), "SELECT 0");
    assert!(replica.next_line().to_lowercase().starts_with("set a v pxat "));
    assert_eq!(replica.next_line().to_lowercase(), "unlink a");
}

#[test]
fn several_keys_that_expire_each_have_their_del() {
    let server = ours(&[]);
    let (mut replica, _) = RawReplica::streaming(&server);
    let mut client = server.client();
    for i in 0..50 {
        client.ok(&format!("set k:{i} v px 5"));
    }
    let mut deleted = std::collections::BTreeSet::new();
    while deleted.len() < 50 {
        let line = replica.next_line().to_lowercase();
        if let Some(key) = line.strip_prefix("del ") {
            assert!(deleted.insert(key.to_owned()), "{key} was deleted twice");
        }
    }
    assert_eq!(server.run("dbsize"), 0);
}

#[test]
fn pings_come_each_period_and_count_in_the_offset() {
    let server = ours(&["--repl-ping-replica-period", "1"]);
    let (mut replica, offset) = RawReplica::streaming(&server);
    for _ in 0..3 {
        let command = replica.next_command().expect("a PING");
        assert_eq!(command.join(" ").to_lowercase(), "ping");
    }
    assert_eq!(replica.stream_bytes, 3 * 14);
    let now: i64 =
        info_field(&server, "replication", "master_repl_offset").parse().expect("a number");
    assert!(now >= offset + replica.stream_bytes, "{now} after {offset}");
}

#[test]
fn wait_asks_for_an_ack_in_the_stream() {
    let server = ours(&["--repl-ping-replica-period", "3600"]);
    let (mut replica, offset) = RawReplica::streaming(&server);
    let mut client = server.client();
    client.ok("set k v");
    client.send(b"wait 1 0\r\n");
    assert_eq!(replica.next_line(), "SELECT 0");
    assert_eq!(replica.next_line(), "set k v");
    assert_eq!(replica.next_line(), "REPLCONF GETACK *");
    replica.ack(offset + replica.stream_bytes);
    assert_eq!(client.reply(), 1);
    assert_eq!(
        info_field(&server, "replication", "master_repl_offset"),
        (offset + replica.stream_bytes).to_string()
    );
}

#[test]
fn clients_that_wait_together_ask_the_replicas_once() {
    const CLIENTS: usize = 20;
    let server = ours(&["--repl-ping-replica-period", "3600"]);
    let (mut replica, offset) = RawReplica::streaming(&server);
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.client()).collect();
    clients.iter_mut().for_each(|client| drop(client.ok("set k v")));
    server.ok("client pause 100000 write");
    clients.iter_mut().for_each(|client| client.send(b"set k v2\r\nwait 1 0\r\n"));
    wait_until(PATIENCE, "all to be held back", || {
        info_field(&server, "clients", "blocked_clients") == CLIENTS.to_string()
    });
    server.ok("client unpause");
    let mut lines = vec![replica.next_line()];
    while !lines.last().is_some_and(|line| line.contains("GETACK")) {
        lines.push(replica.next_line());
    }
    assert_eq!(lines.len(), 1 + 2 * CLIENTS + 1, "{lines:?}");
    replica.ack(offset + replica.stream_bytes);
    for client in &mut clients {
        assert_eq!((client.reply().text().as_str(), client.reply()), ("OK", Value::Int(1)));
    }
}

/// A diskless transfer has no end that the master could see, so it waits for the first ACK.
#[test]
fn nothing_is_streamed_before_the_first_ack() {
    let server = ours(&["--repl-ping-replica-period", "3600"]);
    let (mut replica, offset) = RawReplica::online(&server);
    let mut client = server.client();
    client.ok("set k v");
    assert_eq!(client.run("wait 1 50"), 0);
    replica.link.set_reply_deadline(Duration::from_millis(50));
    let early = replica.next_command();
    assert!(early.is_err(), "{early:?} came before the ACK");
    replica.link.set_reply_deadline(PATIENCE);
    replica.ack(offset);
    assert_eq!(replica.next_line(), "SELECT 0");
    assert_eq!(replica.next_line(), "set k v");
}

#[test]
fn an_old_replica_that_says_sync_gets_its_snapshot_by_length_and_then_the_stream() {
    let server = ours(&[]);
    fill(&server, 1_000);
    let mut link = server.client();
    link.send(b"SYNC\r\n");
    let mut header = link.try_line().expect("a line");
    while header.is_empty() {
        header = link.try_line().expect("a line");
    }
    let header = String::from_utf8(header).expect("text");
    let length = header.strip_prefix('$').expect("a bulk").parse::<usize>().expect("a length");
    let rdb = link.recv(length);
    assert!(rdb.starts_with(b"REDIS00"));
    server.ok("set after sync");
    let mut replica = RawReplica { link, stream_bytes: 0 };
    assert_eq!(replica.next_line(), "SELECT 0");
    assert_eq!(replica.next_line(), "set after sync");
}

/// What a replica passes on is what it got, byte for byte, PINGs and GETACKs too.
#[test]
fn a_sub_replica_gets_the_same_bytes_at_the_same_offsets() {
    let args = ["--repl-ping-replica-period", "1"];
    let master = ours(&args);
    let middle = replica_of(master.port, &args);
    let (mut above, from_above) = RawReplica::streaming(&master);
    let (mut below, from_below) = RawReplica::streaming(&middle);
    let replids = [&master, &middle].map(|s| info_field(s, "replication", "master_replid"));
    assert_eq!(replids[0], replids[1]);
    let mut client = master.client();
    for i in 0..50 {
        client.ok(&format!("select {}", i % 3));
        client.ok(&format!("set k:{i} {i}"));
        client.ok(&format!("expire k:{i} 1000"));
        client.run("wait 3 1");
    }
    client.ok("set the end");
    let mut commands = [Vec::new(), Vec::new()];
    for ((replica, from), seen) in
        [(&mut above, from_above), (&mut below, from_below)].into_iter().zip(&mut commands)
    {
        loop {
            let at = from + replica.stream_bytes;
            let command = replica.next_command().expect("a command");
            let is_end = command == ["set", "the", "end"];
            seen.push((at, command));
            if is_end {
                break;
            }
        }
    }
    let [above, below] = commands;
    let common = above[0].0.max(below[0].0);
    let [above, below] = [above, below]
        .map(|seen| seen.into_iter().filter(|(at, _)| *at >= common).collect::<Vec<_>>());
    assert_eq!(above, below);
    assert!(above.len() > 100, "{}", above.len());
}

#[test]
fn a_replica_answers_its_clients_while_it_applies_much_at_once() {
    const SLEEPS: usize = 300;
    let stream = || {
        b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$4\r\n0.01\r\n"
            .repeat(SLEEPS)
    };
    let fake = FakeMaster::start(move |_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n$18\r\n", "a".repeat(40)))?;
        link.send(b"REDIS0009\xff\0\0\0\0\0\0\0\0")?;
        link.send(stream())?;
        link.drain()
    });
    let replica = Server::start_replica(Understudy, fake.port, &[]);
    let mut client = replica.client();
    wait_until(PATIENCE, "the stream to begin", || client.run("exists n") == 1);
    let mut answers = 0;
    while client.run("get n").text() != SLEEPS.to_string() {
        answers += 1;
    }
    assert!(answers > SLEEPS / 2, "{answers} answers");
    let end = stream().len().to_string();
    wait_until(PATIENCE, "all to be applied", || {
        info_field(&replica, "replication", "master_repl_offset") == end
    });
}

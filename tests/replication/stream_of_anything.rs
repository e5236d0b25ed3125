//! What a master may put into its stream, and what the replica's own clients do to the link it
//! comes over.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::*;

#[test]
fn killing_the_master_under_load_costs_a_link_and_no_full_sync() {
    let (master, replica) = crate::pair(&["--repl-backlog-size", "64mb"]);
    let load = Load::start(&master);
    for _ in 0..20 {
        load.wait_more(200);
        assert_eq!(replica.run("client kill type master"), 1);
        replica.wait_link_up();
    }
    load.stop();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(info_field(&master, "stats", "sync_partial_ok"), "20");
}

/// In a transaction too: what was not complete comes again.
#[test]
fn killing_the_master_inside_its_transaction_loses_nothing() {
    let source = ours(&[]);
    let Grant::Full { rdb, .. } = RawReplica::attach(&source).1 else { panic!("no snapshot") };
    let begun = "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    let ended = "*1\r\n$4\r\nEXEC\r\n";
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let master = FakeMaster::start(move |number, link| {
        let psync = link.handshake()?;
        seen.lock().expect("the list").push(psync.join(" "));
        if number == 0 {
            link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", "a".repeat(40), rdb.len()))?;
            link.send(&rdb)?;
            link.send(begun)?;
        } else {
            link.send("+CONTINUE\r\n")?;
            link.send([begun, ended].concat())?;
        }
        link.drain()
    });
    let replica = ours(&[]);
    replica.replicaof(master.port);
    replica.wait_link_up();
    let is_open = || replica.run("client list type master").text().contains("multi=1");
    wait_until(PATIENCE, "the transaction to be open", is_open);
    assert_eq!(replica.run("client kill type master"), 1);
    wait_until(PATIENCE, "the transaction to be complete", || replica.run("get a") == "1");
    assert_eq!(asked.lock().expect("the list")[1], format!("psync {} 1", "a".repeat(40)));
}

/// What means something for the client that sends it, its server or its link.
const LINES: &[&str] = &[
    "replicaof no one",
    "slaveof 127.0.0.1 1",
    "client kill type master skipme no",
    "client kill type master",
    "client kill type normal",
    "client reply off",
    "client reply skip",
    "client pause 20",
    "client no-evict on",
    "client setname x",
    "subscribe a b",
    "unsubscribe",
    "psubscribe *",
    "ssubscribe a",
    "punsubscribe",
    "publish a b",
    "monitor",
    "reset",
    "quit",
    "hello 3",
    "hello 9",
    "auth x",
    "psync ? -1",
    "psync ? x",
    "sync",
    "replconf ack 1",
    "replconf listening-port 1",
    "wait 5 0",
    "watch a",
    "multi;replicaof no one;exec",
    "multi;sync;exec",
    "multi;client kill type master;exec",
    "multi;nonsense;exec",
    "multi;set a b",
    "discard",
    "save",
    "bgsave",
    "bgsave schedule",
    "debug reload",
    "debug sleep 0",
    "debug change-repl-id",
    "debug set-active-expire 0",
    "debug replicate a set x y",
    "config set repl-backlog-size 20000",
    "config set maxmemory 1",
    "config set maxmemory 0",
    "config set replica-read-only no",
    "config rewrite",
    "flushall async",
    "flushdb",
    "swapdb 0 1",
    "swapdb 0 99",
    "select 99",
    "select 3",
    "post / http",
    "host: x",
    "set a",
    "set a b px 1",
    "expire a -1",
    "restore a 0 nonsense",
    "slowlog reset",
    "shutdown abort",
];

/// Each command alone with a few arguments, and the lines above.
fn lines(names: &[Value]) -> Vec<String> {
    let mut lines: Vec<String> = LINES.iter().map(|&line| line.to_owned()).collect();
    for name in names.iter().map(Value::text).filter(|name| name != "shutdown") {
        for args in ["", " a", " a 1", " a 1 b", " 0 a b c"] {
            lines.push(format!("{name}{args}"));
        }
    }
    lines
}

fn encoded(line: &str) -> Vec<u8> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut bytes = format!("*{}\r\n", words.len());
    for word in words {
        bytes += &format!("${}\r\n{word}\r\n", word.len());
    }
    bytes.into_bytes()
}

#[test]
fn no_command_in_the_stream_ends_the_replica() {
    let good = ours(&[]);
    fill(&good, 100);
    let Grant::Full { rdb, .. } = RawReplica::attach(&good).1 else { panic!("no snapshot") };
    let Value::Array(names) = good.run("command list") else { panic!("no commands") };
    let lines = Arc::new(lines(&names));
    let next = Arc::new(AtomicUsize::new(0));
    let (all, position) = (lines.clone(), next.clone());
    // What it wrote last was acted on when the replica answers GETACK or ends the link.
    let play = move |link: &mut FakeLink| -> io::Result<()> {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", "a".repeat(40), rdb.len()))?;
        link.send(&rdb)?;
        loop {
            let turn = position.fetch_add(1, Ordering::Relaxed);
            let Some(line) = all.get(turn) else { return link.drain() };
            let commands = line.split(';').chain(["DISCARD", "REPLCONF GETACK *"]);
            link.send(commands.flat_map(encoded).collect::<Vec<u8>>())?;
            loop {
                if link.command()?.get(1).is_some_and(|word| word == "ACK") {
                    break;
                }
            }
        }
    };
    let fake = FakeMaster::start(move |_, link| play(link));
    let replica = ours(&[]);
    wait_for(PATIENCE * 3, "the replica to have seen every line", || {
        // The stream may have told it to follow somebody else.
        replica
            .try_run(&format!("replicaof 127.0.0.1 {}", fake.port))
            .map_err(|e| e.to_string())?;
        let position = next.load(Ordering::Relaxed);
        if position > lines.len() {
            return Ok(());
        }
        Err(format!("at {position}: {:?}", &lines[position.saturating_sub(2)..position]))
    });
    replica.replicaof(good.port);
    replica.wait_link_up();
    good.write_through("set after allthat", 1);
    wait_equal_digests(&[&good, &replica]);
}

//! What the doors promise, whatever the command.

use crate::base::random::Random;
use crate::keyspace::testing::TestServer;
use crate::store::entry::Entry;

/// A command of keys a to h and values of all lengths.
fn any_command(random: &mut Random) -> String {
    let key = |random: &mut Random| char::from(b'a' + random.below(8) as u8);
    let (one, other) = (key(random), key(random));
    let len = 1 << random.below(22);
    let text = "x".repeat(random.below(len) as usize);
    let millis = random.below(20);
    match random.below(40) {
        0 | 1 => format!("SET {one} v{text}"),
        2 => format!("SET {one} {}", random.next_u64() as i64),
        3 => format!("SET {one} v{text} PX {}", millis + 1),
        4 => format!("SET {one} v KEEPTTL"),
        5 | 6 => format!("APPEND {one} v{text}"),
        7 => format!("SETRANGE {one} {len} v{text}"),
        8 => format!("INCR {one}"),
        9 => format!("INCRBYFLOAT {one} 1.5"),
        10 => format!("MSET {one} v{text} {other} 5"),
        11 => format!("DEL {one} {other}"),
        12 => format!("GETDEL {one}"),
        13 => format!("GETEX {one} PX {}", millis + 1),
        14 => format!("GETEX {one} PERSIST"),
        15 => format!("GETSET {one} v{text}"),
        16 => format!("PEXPIRE {one} {millis}"),
        17 => format!("PERSIST {one}"),
        18 => format!("RENAME {one} {other}"),
        19 => format!("COPY {one} {other} REPLACE DB {}", random.below(3)),
        20 => format!("MOVE {one} 1"),
        21 => format!("SWAPDB {} {}", random.below(3), random.below(3)),
        22 if random.below(8) == 0 => "FLUSHDB".to_owned(),
        22 | 23 => format!("GET {one}"),
        24 => format!("SETNX {one} v{text}"),
        25..=39 => collection_command(random, one, other, &text),
        _ => "RANDOMKEY".to_owned(),
    }
}

/// A command on hashes and sets, which have keys of their own but for what goes wrong.
fn collection_command(random: &mut Random, one: char, other: char, text: &str) -> String {
    let number = random.below(1000);
    let many = |name: &str, key: &str, of: &dyn Fn(u64) -> String| {
        let words: Vec<_> = (number..number + 150).map(of).collect();
        format!("{name} {key}:{one} {}", words.join(" "))
    };
    match random.below(20) {
        0..=2 => format!("HSET h:{one} f{} {text}v", number % 20),
        3 => many("HSET", "h", &|i| format!("f{i} {i}")),
        4 => many("HDEL", "h", &|i| format!("f{i}")),
        5 => format!("HINCRBY h:{one} f{} {number}", number % 20),
        6 => format!("HINCRBYFLOAT h:{one} f{} 1.5", number % 20),
        7 => many("SADD", "s", &|i| i.to_string()),
        8 => many("SREM", "s", &|i| i.to_string()),
        9 => format!("SADD s:{one} {} x{text}", number % 20),
        10 => format!("SPOP s:{one}"),
        11 => format!("SPOP s:{one} {number}"),
        12 => format!("SMOVE s:{one} s:{other} {number}"),
        13 => format!("SUNIONSTORE s:{one} s:{one} s:{other}"),
        14 => format!("SDIFFSTORE s:{one} s:{other} s:{one}"),
        15 => format!("SINTERSTORE s:{one} s:{other} s:{other}"),
        16 => format!("COPY h:{one} h:{other} REPLACE"),
        17 => format!("RENAME s:{one} s:{other}"),
        18 => format!("DEL h:{one} s:{other}"),
        _ => format!("PEXPIRE h:{one} {number}"),
    }
}

#[test]
fn the_bytes_of_the_data_set_are_those_of_a_full_walk_after_any_commands() {
    for seed in [1, 2, Random::from_entropy().next_u64()] {
        let mut random = Random::from_seed(seed);
        let mut server = TestServer::new();
        let mut snapshots = Vec::new();
        for _ in 0..2_000 {
            server.run(&any_command(&mut random));
            server.now += random.below(3) as i64;
            if random.below(50) == 0 {
                snapshots.push(server.executor.state.dataset.snapshot());
                snapshots.drain(..snapshots.len().saturating_sub(3));
            }
            for database in server.executor.state.dataset.iter() {
                let bytes: usize = database.iter().map(Entry::memory_bytes).sum();
                assert_eq!(database.entry_bytes(), bytes, "seed {seed}");
                let expiring = database.iter().filter(|entry| entry.expires_at().is_some());
                assert_eq!(database.expires_len(), expiring.count(), "seed {seed}");
            }
        }
    }
}

#[test]
fn a_command_that_fails_changes_nothing_and_announces_nothing() {
    let mut server = TestServer::new();
    server.check(&[("SET a text", "OK"), ("WATCH a b", "OK")]);
    server.stream();
    server.check(&[
        ("INCR a", "-ERR value is not an integer or out of range"),
        ("INCRBYFLOAT b x", "-ERR value is not a valid float"),
        ("GETEX a EX 0", "-ERR invalid expire time in 'getex' command"),
        ("SET b 1 XX", "nil"),
        ("SETNX a 1", "0"),
        ("PERSIST a", "0"),
        ("RENAMENX a a", "0"),
    ]);
    assert!(server.stream().is_empty());
    assert_eq!(server.server().persistence.dirty, 1);
    let (client, now) = (server.client, server.now);
    let state = &server.executor.state;
    assert!(!state.watches.is_spoilt(client, &state.dataset, now));
}

#[test]
fn a_read_under_a_snapshot_copies_nothing_also_when_keys_expire() {
    let mut server = TestServer::new();
    (0..500).for_each(|n| drop(server.run(&format!("SET key:{n} v EX 100"))));
    let snapshot = server.executor.state.dataset.snapshot();
    (0..500).for_each(|n| drop(server.run(&format!("GET key:{n}"))));
    let now = server.executor.state.dataset.snapshot();
    assert!(snapshot.databases()[0].tree().same(now.databases()[0].tree()));
}

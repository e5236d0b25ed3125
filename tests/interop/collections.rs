//! Values made of elements, of each type and size, in full syncs, streams, files and payloads. Small
//! hashes, sets of numbers and sorted sets are the same bytes here and on redis-server, after the same commands;
//! large ones and sets of texts have the same layout.

use std::fs;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

fn word(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => vec![b'x'; random.below(70) as usize],
        1..4 => random.below(12).to_string().into_bytes(),
        4 => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
        _ => format!("word {}", random.below(12)).into_bytes(),
    }
}

fn hash_command(random: &mut Random) -> Vec<Vec<u8>> {
    let words: Vec<&[u8]> = match random.below(6) {
        0 => vec![b"hdel", b"k"],
        1 => vec![b"hincrby", b"k", b"count"],
        2 => vec![b"hsetnx", b"k"],
        _ => vec![b"hset", b"k"],
    };
    let mut command: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
    match (words[0], words.len()) {
        (b"hdel", _) => command.extend([word(random), word(random)]),
        (_, 3) => command.push(random.below(100_000).to_string().into_bytes()),
        _ => command.extend([word(random), word(random)]),
    }
    command
}

fn set_command(random: &mut Random) -> Vec<Vec<u8>> {
    let name: &[u8] = if random.below(3) == 0 { b"srem" } else { b"sadd" };
    let member = match random.below(30) {
        0 => word(random),
        _ => ((random.below(400) as i64 - 200) << (8 * random.below(4))).to_string().into_bytes(),
    };
    vec![name.to_vec(), b"k".to_vec(), member]
}

fn zset_command(random: &mut Random) -> Vec<Vec<u8>> {
    let names = ["zadd", "zadd", "zadd", "zincrby", "zrem", "zpopmin", "zremrangebyrank"];
    let name = names[random.below(names.len() as u64) as usize];
    let mut command = vec![name.as_bytes().to_vec(), b"k".to_vec()];
    let score = match random.below(8) {
        0 => "inf".to_owned(),
        1 => "-1e17".to_owned(),
        2 => (random.next_u64() as i64 >> random.below(64)).to_string(),
        3 | 4 => format!("{}.{}", random.below(9), random.below(999)),
        _ => random.below(9).to_string(),
    };
    let member = match random.below(60) {
        0 => vec![b'x'; 65],
        _ => word(random),
    };
    match name {
        "zrem" => command.extend([member, word(random)]),
        "zpopmin" => {}
        "zremrangebyrank" => command.extend([b"2".to_vec(), b"3".to_vec()]),
        "zincrby" => command.extend([b"0.3".to_vec(), member]),
        _ => command.extend([score.into_bytes(), member]),
    }
    command
}

/// Without the version, which is the oldest here that has such a value, and the checksum.
fn value_of(payload: &Value) -> Option<String> {
    match payload {
        Value::Bulk(bytes) => Some(bytes[..bytes.len() - 10].escape_ascii().to_string()),
        _ => None,
    }
}

fn same_bytes(mut command: impl FnMut(&mut Random) -> Vec<Vec<u8>>, packed_type: u8) {
    let both = [RealRedis, Understudy].map(|kind| Server::start(kind, &["--rdbcompression", "no"]));
    let mut clients = both.each_ref().map(Server::client);
    let mut random = Random::from_environment("same bytes");
    let (mut packed, mut plain) = (0, 0);
    for _ in 0..30 {
        clients.iter_mut().for_each(|client| drop(client.run("del k")));
        for _ in 0..60 {
            let words = command(&mut random);
            let [theirs, ours] = clients.each_mut().map(|client| client.cmd(&words));
            // Doubles are written in fewer digits here, as in 7.2; the values are compared below.
            assert!(ours == theirs || words[0].starts_with(b"z"), "{ours:?} {theirs:?}");
            let [theirs, ours] = clients.each_mut().map(|client| client.run("dump k"));
            match value_of(&theirs) {
                Some(value) if theirs.bytes()[0] == packed_type => {
                    assert_eq!(value_of(&ours), Some(value));
                    packed += 1;
                }
                Some(_) => {
                    assert_eq!(ours.bytes()[0], theirs.bytes()[0]);
                    plain += 1;
                }
                None => assert_eq!(ours, theirs),
            }
        }
    }
    assert!(packed > 100 && plain > 100, "{packed} packed, {plain} plain");
}

#[test]
fn hashes_have_the_bytes_of_redis_after_the_same_commands() {
    same_bytes(hash_command, 16);
}

#[test]
fn sets_have_the_bytes_of_redis_after_the_same_commands() {
    same_bytes(set_command, 11);
}

#[test]
fn sorted_sets_have_the_bytes_of_redis_after_the_same_commands() {
    same_bytes(zset_command, 17);
}

fn collections_replicate(master: Kind, replica: Kind) {
    let for_six = master.is_redis_six() || replica.is_redis_six();
    let master = Server::start(master, &[]);
    fill_collections(&master, 200);
    let replica = Server::start_replica(replica, master.port, &[]);
    write_collections(&master, 2_000, for_six);
    replica.wait_link_up();
    write_collections(&master, 2_000, for_six);
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(collections_replicate);

/// What ours writes for itself has packs that Redis 6.0 does not read.
fn collections_are_loaded(writer: Kind, reader: Kind) {
    if reader.is_redis_six() {
        return;
    }
    let for_six = writer.is_redis_six();
    let writer = Server::start(writer, &[]);
    fill_collections(&writer, 500);
    write_collections(&writer, 1_000, for_six);
    assert_eq!(writer.run("save"), "OK");
    let mut reader = Server::prepare(reader, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&writer));
}
for_each_pair!(collections_are_loaded);

fn collections_are_restored(from: Kind, to: Kind) {
    if to.is_redis_six() {
        return;
    }
    let for_six = from.is_redis_six();
    let (from, to) = (Server::start(from, &[]), Server::start(to, &[]));
    fill_collections(&from, 200);
    write_collections(&from, 1_000, for_six);
    let (mut client, mut other) = (from.client(), to.client());
    for key in client.ok("keys *").items() {
        let payload = client.cmd(&[b"dump", key.bytes()]);
        let restored = other.cmd(&[b"restore", key.bytes(), b"0", payload.bytes()]);
        assert_eq!(restored, "OK", "{key:?}");
    }
    assert_eq!(digest(&from), digest(&to));
}
for_each_pair!(collections_are_restored);

//! Hashes and sets of all sizes, in full syncs, streams, files and payloads. Small hashes and sets of
//! numbers are the same bytes here and on redis-server, after the same commands; large ones and sets
//! of texts have the same layout.

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
            assert_eq!(ours, theirs);
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

/// Some of each size and form.
fn fill(client: &mut Client, random: &mut Random) {
    let mut commands: Vec<Vec<Vec<u8>>> = Vec::new();
    for i in 0..200_u64 {
        let count = if i % 40 == 0 { 3_000 } else { 1 + i % 30 };
        let mut hash = vec![b"hset".to_vec(), format!("h:{i}").into_bytes()];
        let mut set = vec![b"sadd".to_vec(), format!("s:{i}").into_bytes()];
        for n in 0..count {
            hash.extend([format!("field:{n}").into_bytes(), word(random)]);
            set.push(match i % 3 {
                0 => (n * n).to_string().into_bytes(),
                _ => [&word(random)[..], n.to_string().as_bytes()].concat(),
            });
        }
        commands.extend([hash, set]);
    }
    let long = random.bytes(5_000);
    commands.push(vec![b"hset".to_vec(), b"h:1".to_vec(), b"long".to_vec(), long.clone()]);
    commands.push(vec![b"sadd".to_vec(), b"s:1".to_vec(), long]);
    assert!(client.pipeline(&commands).iter().all(|reply| !reply.is_error()));
}

/// Writes of every command, on some of them.
fn write(client: &mut Client, random: &mut Random, count: usize) {
    let commands: Vec<Vec<Vec<u8>>> = (0..count)
        .map(|_| {
            let [key, other, n] = [200, 200, 5_000].map(|bound| random.below(bound));
            let line = match random.below(16) {
                0..3 => format!("hset h:{key} field:{n} {other} new:{n} text"),
                3 => format!("hmset h:{key} field:{n} {n}"),
                4 => format!("hsetnx h:{key} field:{n} {n}"),
                5 => format!("hdel h:{key} field:{} field:{n}", n % 20),
                6 => format!("hincrby h:{key} count:{other} {n}"),
                7 => format!("hincrbyfloat h:{key} float:{other} {n}.25"),
                8 => format!("sadd s:{key} {n} {other} member:{n}"),
                9 => format!("srem s:{key} {n} {}", other * other),
                10 => format!("spop s:{key}"),
                11 => format!("spop s:{key} {}", 1 + n % 9),
                12 => format!("smove s:{key} s:{other} {n}"),
                13 => format!("sunionstore s:{key} s:{key} s:{other}"),
                14 => format!("sdiffstore s:{key} s:{key} s:{other}"),
                _ => format!("sinterstore s:{key} s:{other} s:{}", n % 200),
            };
            line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
        })
        .collect();
    assert!(client.pipeline(&commands).iter().all(|reply| !reply.is_error()));
}

fn hashes_and_sets_replicate(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    let mut client = master.client();
    let mut random = Random::from_environment("hashes and sets");
    fill(&mut client, &mut random);
    let replica = Server::start_replica(replica, master.port, &[]);
    write(&mut client, &mut random, 2_000);
    replica.wait_link_up();
    write(&mut client, &mut random, 2_000);
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(hashes_and_sets_replicate);

/// What ours writes for itself has packs that Redis 6.0 does not read.
fn hashes_and_sets_are_loaded(writer: Kind, reader: Kind) {
    if reader.is_redis_six() {
        return;
    }
    let writer = Server::start(writer, &[]);
    let mut client = writer.client();
    let mut random = Random::from_environment("hashes and sets");
    fill(&mut client, &mut random);
    write(&mut client, &mut random, 1_000);
    client.ok("save");
    let mut reader = Server::prepare(reader, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&writer));
}
for_each_pair!(hashes_and_sets_are_loaded);

fn hashes_and_sets_are_restored(from: Kind, to: Kind) {
    if to.is_redis_six() {
        return;
    }
    let (from, to) = (Server::start(from, &[]), Server::start(to, &[]));
    let mut client = from.client();
    let mut random = Random::from_environment("hashes and sets");
    fill(&mut client, &mut random);
    write(&mut client, &mut random, 1_000);
    let mut other = to.client();
    for key in client.ok("keys *").items() {
        let payload = client.cmd(&[b"dump", key.bytes()]);
        let restored = other.cmd(&[b"restore", key.bytes(), b"0", payload.bytes()]);
        assert_eq!(restored, "OK", "{key:?}");
    }
    assert_eq!(digest(&from), digest(&to));
}
for_each_pair!(hashes_and_sets_are_restored);

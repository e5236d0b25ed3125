//! DUMP, RESTORE and DEBUG DIGEST against redis-server's.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

fn values() -> Vec<Vec<u8>> {
    let mut random = Random::new(7);
    let mut values: Vec<Vec<u8>> = ["", "0", "-1", "12345", "-9223372036854775808", "1.5", "007"]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    for length in [10, 44, 45, 200, 5_000, 100_000] {
        values.push(random.bytes(length));
        values.push(b"ab".repeat(length));
    }
    values
}

#[test]
fn what_one_dumps_the_other_restores() {
    let both = [Server::start(RealRedis, &[]), Server::start(Understudy, &[])];
    for (from, to) in [(0, 1), (1, 0)] {
        let (mut from, mut to) = (both[from].client(), both[to].client());
        from.ok("flushall");
        to.ok("flushall");
        for (i, value) in values().into_iter().enumerate() {
            let key = format!("k{i}").into_bytes();
            from.cmd(&[b"set", key.as_slice(), &value]);
            let dump = from.cmd(&[b"dump", key.as_slice()]);
            let restored = to.cmd(&[b"restore", key.as_slice(), b"0", dump.bytes()]);
            assert_eq!(restored, "OK", "value {i}");
            assert_eq!(to.cmd(&[b"get", key.as_slice()]).bytes(), value);
        }
        assert_eq!(from.run("debug digest"), to.run("debug digest"));
    }
}

/// Made by the same elements on both; each then restores what the other has dumped.
#[test]
fn hyperloglogs_are_the_same_bytes_on_both() {
    let both = [Server::start(RealRedis, &[]), Server::start(Understudy, &[])];
    let mut clients = both.each_ref().map(Server::client);
    for count in [0, 1, 50, 700, 1500, 1900, 10_000] {
        let mut all = |words: &[&[u8]]| {
            let [real, ours] = clients.each_mut().map(|client| client.cmd(words));
            assert_eq!(real, ours, "{count}: {}", words[0].escape_ascii());
            ours
        };
        all(&[b"del", b"sum"]);
        all(&[b"pfadd", b"h"]);
        for i in 0..count {
            all(&[b"pfadd", b"h", i.to_string().as_bytes()]);
        }
        all(&[b"get", b"h"]);
        all(&[b"pfcount", b"h"]);
        all(&[b"pfmerge", b"sum", b"h", b"other"]);
        all(&[b"get", b"sum"]);
        all(&[b"rename", b"h", b"other"]);
        let dumps = clients.each_mut().map(|client| client.cmd(&["dump", "sum"]));
        for (client, dump) in clients.iter_mut().zip(dumps.iter().rev()) {
            let restore = [&b"restore"[..], b"restored", b"0", dump.bytes(), b"replace"];
            assert_eq!(client.cmd(&restore), "OK");
        }
        let mut all = |line: &str| {
            let [real, ours] = clients.each_mut().map(|client| client.run(line));
            assert_eq!(real, ours, "{count}: {line}");
        };
        all("get restored");
        all("pfadd restored more elements");
        all("pfcount restored");
        all("get restored");
        all("pfdebug getreg restored");
    }
    assert_eq!(digest(&both[0]), digest(&both[1]));
}

/// The version within differs, the encoding of the value does not.
#[test]
fn dumps_hold_the_same_encoding() {
    let both = [Server::start(RealRedis, &[]), Server::start(Understudy, &[])];
    for value in values() {
        let [real, ours] = [&both[0], &both[1]].map(|server| {
            let mut client = server.client();
            client.cmd(&[b"set", b"k".as_slice(), &value]);
            client.run("dump k").bytes().to_vec()
        });
        // LZF leaves the compressor some choice: compressed values are compared by length class.
        let is_compressed = real.len() < value.len();
        assert_eq!(ours.len() < value.len(), is_compressed, "{} bytes", value.len());
        if !is_compressed {
            assert_eq!(ours[..ours.len() - 10], real[..real.len() - 10]);
        }
    }
}

#[test]
fn restore_checks_what_it_is_given() {
    let server = ours(&[]);
    let mut client = server.client();
    client.ok("set k v");
    let dump = client.run("dump k").bytes().to_vec();
    let busy = client.cmd(&[b"restore", b"k".as_slice(), b"0", &dump]);
    assert_eq!(busy.error(), "BUSYKEY Target key name already exists.");
    for at in 0..dump.len() {
        let mut bad = dump.clone();
        bad[at] ^= 0x55;
        let refused = client.cmd(&[b"restore", b"bad".as_slice(), b"0", &bad]);
        assert_eq!(refused.error(), "ERR DUMP payload version or checksum are wrong");
    }
    let replaced = client.cmd(&[b"restore", b"k".as_slice(), b"5000", &dump, b"replace"]);
    assert_eq!(replaced, "OK");
    let ttl = client.run("pttl k").int();
    assert!((1..=5000).contains(&ttl), "{ttl}");
    let negative = client.cmd(&[b"restore", b"n".as_slice(), b"-1", &dump]);
    assert_eq!(negative.error(), "ERR Invalid TTL value, must be >= 0");
    let past = client.cmd(&[b"restore", b"past".as_slice(), b"1", &dump, b"absttl"]);
    assert_eq!(past, "OK");
    assert_eq!(client.run("exists past"), 0);
}

#[test]
fn digests_are_equal_for_equal_data_and_only_then() {
    let both = [Server::start(RealRedis, &[]), Server::start(Understudy, &[])];
    let digests = || {
        let [real, ours] = [&both[0], &both[1]].map(digest);
        assert_eq!(real, ours);
        ours
    };
    let all = |line: &str| both.iter().for_each(|server| drop(server.ok(line)));
    let empty = digests();
    assert_eq!(empty, "0".repeat(40));
    all("set k 1");
    let one = digests();
    all("pexpireat k 99999999999999");
    let with_ttl = digests();
    all("append other text");
    let two = digests();
    all("setrange far 100 x");
    all("incrbyfloat f 3.25");
    all("set int 12345678901234");
    let five = digests();
    let seen = [&empty, &one, &with_ttl, &two, &five];
    for (i, digest) in seen.iter().enumerate() {
        assert!(!seen[..i].contains(digest), "digest {i} came before");
    }
    for line in ["debug digest-value k other far f int missing", "debug digest-value"] {
        assert_eq!(both[0].run(line), both[1].run(line));
    }
}

#[test]
fn ten_thousand_keys_in_several_databases_have_redis_digest() {
    let both = [Server::start(RealRedis, &[]), Server::start(Understudy, &[])];
    for server in &both {
        let mut client = server.client();
        let mut random = Random::new(11);
        let mut commands = Vec::new();
        for i in 0..10_000 {
            if i % 1000 == 0 {
                commands.push(vec![b"select".to_vec(), (i / 1000).to_string().into_bytes()]);
            }
            let key = format!("key:{}", random.below(100_000)).into_bytes();
            let length = random.below(80) as usize;
            commands.push(vec![b"set".to_vec(), key, random.bytes(length)]);
        }
        client.pipeline(&commands);
    }
    assert_eq!(digest(&both[0]), digest(&both[1]));
}

//! COMMAND tells of every command what redis-server tells of it.

use std::collections::BTreeMap;

use crate::support::*;

/// Commands and subcommands that redis-server 7.0.15 does not have: they came with 7.2, or are of
/// Valkey or of ours alone.
const NEWER: &[&str] = &[
    "backup",
    "client|capa",
    "client|no-touch",
    "client|quorum",
    "client|setinfo",
    "commandlog",
    "commandlog|get",
    "commandlog|help",
    "commandlog|len",
    "commandlog|reset",
    "replication",
    "replication|doctor",
    "replication|help",
    "replication|history",
    "waitaof",
];
/// Fields of COMMAND DOCS that are prose: ours is our own.
const PROSE: &[&str] = &["summary", "complexity"];
/// (command, field) that differ between 7.0 and 7.2, where ours is of 7.2.
const OF_7_2: &[(&str, &str)] = &[
    ("shutdown", "arguments"),
    ("zrank", "arguments"),
    ("zrank", "history"),
    ("zrank", "info arity"),
    ("zrevrank", "arguments"),
    ("zrevrank", "history"),
    ("zrevrank", "info arity"),
];

/// And where ours takes a word more.
const OF_OURS: &[(&str, &str)] = &[
    ("replicaof", "arguments"),
    ("replicaof", "info arity"),
    ("slaveof", "arguments"),
    ("slaveof", "info arity"),
];

/// A value as text, with sets in a fixed order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Set(items) => {
            let mut texts: Vec<_> = items.iter().map(canonical).collect();
            texts.sort();
            format!("{{{}}}", texts.join(" "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(" "))
        }
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(k, v)| format!("{}: {}", canonical(k), canonical(v)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// The fields of COMMAND INFO but for the subcommands, and those of COMMAND DOCS.
fn told(client: &mut Client, command: &str) -> BTreeMap<String, String> {
    let info = client.run(&format!("command info {command}"));
    let names =
        ["name", "arity", "flags", "first", "last", "step", "categories", "tips", "key specs"];
    let info = info.items()[0].items().to_vec();
    let mut told: BTreeMap<String, String> =
        names.iter().map(|name| format!("info {name}")).zip(info.iter().map(canonical)).collect();
    let docs = client.run(&format!("command docs {command}"));
    let Value::Map(found) = docs else { panic!("{docs:?}") };
    let [(_, Value::Map(fields))] = found.as_slice() else { panic!("{found:?}") };
    let kept = fields.iter().filter(|(name, _)| {
        let name = name.text();
        !PROSE.contains(&name.as_str()) && name != "subcommands"
    });
    told.extend(kept.map(|(name, value)| (name.text(), canonical(value))));
    told.retain(|name, _| {
        let field = (command, name.as_str());
        !OF_7_2.contains(&field) && !OF_OURS.contains(&field)
    });
    told
}

#[test]
fn every_command_is_told_of_as_by_redis() {
    let (ours, theirs) = (ours(&[]), Server::start(Kind::RealRedis, &[]));
    let (mut our, mut their) = (ours.client().hello3(), theirs.client().hello3());
    let known = their.run("command list").texts();
    let mut differences = Vec::new();
    for name in our.run("command list").texts() {
        if !known.contains(&name) {
            if !NEWER.contains(&name.as_str()) {
                differences.push(format!("{name} is no command of Redis"));
            }
            continue;
        }
        let (our, their) = (told(&mut our, &name), told(&mut their, &name));
        let fields: Vec<_> = our.keys().chain(their.keys()).collect();
        for field in fields {
            if our.get(field) != their.get(field) {
                let (our, their) = (our.get(field), their.get(field));
                differences.push(format!("{name} {field}:\n  ours:  {our:?}\n  redis: {their:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn keys_are_found_where_redis_finds_them() {
    let (ours, theirs) = (ours(&[]), Server::start(Kind::RealRedis, &[]));
    let (mut our, mut their) = (ours.client(), theirs.client());
    for call in [
        "get k",
        "get k more",
        "get",
        "set k v",
        "set k v get",
        "mset a 1 b 2",
        "mset a 1 b",
        "del a b c",
        "rename a b",
        "copy a b",
        "lcs a b",
        "object freq k",
        "object help",
        "memory usage k",
        "debug object k",
        "config get k",
        "config nosuch",
        "ping k",
        "nosuch k",
        "watch a b",
        "restore k 0 x",
        "restore-asking k 0 x",
        "migrate h 1 k 0 50",
        "migrate h 1 k 0 50 copy replace auth keys",
        "exists",
        "client|kill k",
        "bitop and d a b",
        "pfmerge d a b",
        "pfmerge d",
        "pfcount a b",
        "pfdebug decode k",
        "pfselftest",
        "zadd k 1 m",
        "zunion 2 a b weights 1 2",
        "zunion 3 a b",
        "zunion x a",
        "zunionstore d 2 a b",
        "zrangestore d s 0 1",
        "zintercard 1 a limit 1",
        "zmpop 2 a b min",
        "bzmpop 0 2 a b max",
        "bzpopmin a b 0",
        "bitfield_ro k get u8 0",
        "bitfield k",
        "bitfield k get u8 0",
        "bitfield k get u8",
        "bitfield k overflow sat get u8 0",
        "bitfield k get u8 0 incrby u8 0 1",
        "bitfield k set u8 0",
        "bitfield k nosuch",
    ] {
        for how in ["getkeys", "getkeysandflags"] {
            let line = format!("command {how} {call}");
            assert_eq!(canonical(&our.run(&line)), canonical(&their.run(&line)), "{line}");
        }
    }
}

#[test]
fn a_shorter_slow_log_drops_its_oldest_entries_at_once() {
    let server = ours(&["--slowlog-log-slower-than", "0"]);
    for _ in 0..5 {
        server.run("ping");
    }
    server.ok("config set slowlog-log-slower-than 1000000");
    assert!(server.run("slowlog len").int() > 5);
    server.ok("config set slowlog-max-len 2");
    assert_eq!(server.run("slowlog len"), 2);
    server.ok("config set slowlog-max-len 0");
    assert_eq!(server.run("slowlog len"), 0);
}

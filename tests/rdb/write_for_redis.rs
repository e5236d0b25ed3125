//! Files of ours, read by redis-server and redis-check-rdb.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use understudy::base::ids::ReplId;
use understudy::rdb::save::{ReplicationPoint, SaveInfo};
use understudy::rdb::usage::UsageClock;

use crate::data::{Data, info, now, sample};
use crate::support::{Kind, Server};

/// A redis-server that finds the data in its folder when it starts.
fn redis_with(data: &Data, info: &SaveInfo, args: &[&str]) -> Server {
    let mut server = Server::prepare(Kind::RealRedis, args);
    let path = server.dir().join("dump.rdb");
    data.save(&path, info);
    assert_check_rdb_passes(&path);
    server.restart();
    server
}

#[track_caller]
fn assert_check_rdb_passes(path: &Path) {
    let output = Command::new("redis-check-rdb").arg(path).output();
    let output = output.expect("redis-check-rdb on the PATH: apt-get install redis-tools");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("RDB looks OK!"), "{text}");
}

#[test]
fn redis_reads_every_kind_of_string() {
    let data = sample();
    for (compress, checksum) in [(true, true), (false, false)] {
        let server = redis_with(&data, &SaveInfo { compress, checksum, ..info() }, &[]);
        data.assert_equals(&server);
        let keys = data.0.key_count();
        server.wait_for_log(&format!("keys loaded: {keys}, keys expired: 0."));
    }
}

#[test]
fn redis_reads_a_file_without_keys() {
    let server = redis_with(&Data::empty(), &info(), &[]);
    assert_eq!(server.run("dbsize"), 0);
}

#[test]
fn redis_drops_what_has_expired() {
    let mut data = Data::empty();
    data.add(0, b"gone", b"v", Some(now() - 1000));
    data.add(0, b"here", b"v", Some(now() + 1_000_000));
    let server = redis_with(&data, &info(), &[]);
    server.wait_for_log("keys loaded: 1, keys expired: 1.");
}

#[test]
fn redis_goes_on_from_the_replication_point() {
    let id = ReplId::from_random([0xa5; 20]);
    let point = ReplicationPoint { id, offset: 987_654_321, stream_db: 2 };
    let mut data = Data::empty();
    data.add(2, b"k", b"v", None);
    let server = redis_with(&data, &SaveInfo { replication: Some(point), ..info() }, &[]);
    let text = server.run("info replication").text();
    assert!(text.contains(&format!("master_replid2:{id}")), "{text}");
    assert!(text.contains("master_repl_offset:987654321"), "{text}");
    assert!(text.contains("second_repl_offset:987654322"), "{text}");
}

#[test]
fn redis_reads_the_use_of_keys() {
    let mut data = Data::empty();
    data.add(0, b"k", b"v", None);
    data.0[0].get(b"k").unwrap().set_lru(5000);
    let lru = UsageClock::Lru { seconds: 6000 };
    let server = redis_with(
        &data,
        &SaveInfo { usage: Some(lru), ..info() },
        &["--maxmemory-policy", "allkeys-lru"],
    );
    let idle = server.run("object idletime k").int();
    assert!((1000..1060).contains(&idle), "idle for {idle} s");

    data.0[0].get(b"k").unwrap().set_lru(700 << 8 | 99);
    let lfu = UsageClock::Lfu { minutes: 700, decay_minutes: 1 };
    let server = redis_with(
        &data,
        &SaveInfo { usage: Some(lfu), ..info() },
        &["--maxmemory-policy", "allkeys-lfu"],
    );
    assert_eq!(server.run("object freq k"), 99);
}

#[test]
fn redis_reads_functions_that_we_kept() {
    let code = "#!lua name=lib\nredis.register_function('f', function() return 42 end)";
    let functions = vec![Bytes::from(code)];
    let server = redis_with(&Data::empty(), &SaveInfo { functions, ..info() }, &[]);
    assert_eq!(server.run("fcall f 0"), 42);
}

//! Files of redis-server, read by us.

use std::fs;

use understudy::rdb::RdbErrorKind;

use crate::data::{Data, load, now, sample, text};
use crate::support::{Kind, PATIENCE, Server, wait_until};

fn redis(args: &[&str]) -> Server {
    Server::start(Kind::RealRedis, args)
}

/// Puts the data into a server with SET.
fn fill(server: &Server, data: &Data) {
    let mut client = server.client();
    for (index, db) in data.0.iter().enumerate() {
        client.ok(&format!("select {index}"));
        for entry in db.iter() {
            assert_eq!(client.cmd(&[b"set", entry.key(), &text(entry)]), "OK");
            if let Some(at) = entry.expires_at() {
                let at = at.to_string();
                assert_eq!(client.cmd(&[b"pexpireat", entry.key(), at.as_bytes()]), 1);
            }
        }
    }
}

#[test]
fn every_kind_of_string_is_read() {
    let data = sample();
    for compression in ["yes", "no"] {
        let server = redis(&["--rdbcompression", compression]);
        fill(&server, &data);
        server.ok("save");
        let (loaded, report) = load(&server.dir().join("dump.rdb"), true).unwrap();
        loaded.assert_equals(&server);
        assert_eq!(loaded.0.key_count() as u64, report.keys_loaded);
        assert!(report.checksum_verified);
        assert_eq!(report.repl_id.map(|id| id.to_string()), None);
        assert!(report.server_version.is_some());
        assert!((now() / 1000 - report.created_unix_seconds.unwrap()).abs() < 100);
    }
}

#[test]
fn a_file_without_checksum_is_read() {
    let server = redis(&["--rdbchecksum", "no"]);
    server.ok("set k v");
    server.ok("save");
    let (loaded, report) = load(&server.dir().join("dump.rdb"), true).unwrap();
    assert!(!report.checksum_verified);
    loaded.assert_equals(&server);
}

#[test]
fn a_million_keys_are_read() {
    let server = redis(&[]);
    server.ok("debug populate 1000000 key 10");
    server.ok("save");
    let (loaded, report) = load(&server.dir().join("dump.rdb"), true).unwrap();
    assert_eq!(report.keys_loaded, 1_000_000);
    assert_eq!(text(loaded.0[0].get(b"key:999999").unwrap()), b"value:9999");
}

#[test]
fn what_has_expired_is_dropped_or_kept() {
    let server = redis(&[]);
    server.ok("debug set-active-expire 0");
    let soon = now() + 5;
    server.ok(&format!("set gone v pxat {soon}"));
    server.ok("set here v px 1000000");
    server.ok("save");
    wait_until(PATIENCE, "the key to expire", || now() > soon);
    let path = server.dir().join("dump.rdb");
    let (_, report) = load(&path, true).unwrap();
    assert_eq!((report.keys_loaded, report.keys_expired), (1, 1));
    let (kept, _) = load(&path, false).unwrap();
    assert!(kept.0[0].contains(b"gone"));
}

#[test]
fn the_replication_point_is_read() {
    let master = redis(&[]);
    let replica = Server::start_replica(Kind::RealRedis, master.port, &[]);
    replica.wait_link_up();
    master.write_through("set k v", 1);
    replica.ok("save");
    let (_, report) = load(&replica.dir().join("dump.rdb"), true).unwrap();
    let info = replica.run("info replication").text();
    let id = report.repl_id.expect("a replication ID");
    assert!(info.contains(&format!("master_replid:{id}")), "{info}");
    assert!(report.repl_offset.expect("an offset") > 0);
    assert_eq!(report.repl_stream_db, Some(0));
}

#[test]
fn functions_are_kept() {
    let server = redis(&[]);
    let code = "#!lua name=lib\nredis.register_function('f', function() return 42 end)";
    server.client().cmd(&["function", "load", code]);
    server.ok("set k v");
    server.ok("save");
    let (_, report) = load(&server.dir().join("dump.rdb"), true).unwrap();
    assert_eq!(report.functions, [code.as_bytes()]);
}

#[test]
fn other_types_are_refused_by_key_and_type() {
    let dir = redis(&[]);
    let path = dir.dir().join("of-another-type.rdb");
    // A hash with field TTLs, and data of a module.
    for (code, key, type_name) in [(24, "the:hash", "hash"), (7, "the:module", "module")] {
        let mut file = b"REDIS0012\xfe\0".to_vec();
        file.extend(b"\0\x08a-string\x01v");
        file.extend([code, key.len() as u8]);
        file.extend(key.as_bytes());
        file.extend([1; 40]);
        fs::write(&path, file).unwrap();
        let error = load(&path, true).map(drop).unwrap_err();
        let text = error.to_string();
        let RdbErrorKind::UnsupportedType { key: named, value_type } = error.kind else {
            panic!("{text}");
        };
        assert_eq!((&named[..], value_type.name), (key.as_bytes(), type_name));
        assert!(text.contains(key) && text.contains(type_name), "{text}");
    }
}

#[test]
fn a_file_cut_or_changed_anywhere_is_an_error() {
    let server = redis(&[]);
    server.ok("set small 1");
    server.client().cmd(&["set", "packed", &"abc".repeat(100)]);
    server.ok("set temporary v px 100000");
    server.ok("save");
    let path = server.dir().join("dump.rdb");
    let bytes = fs::read(&path).unwrap();
    for len in 0..bytes.len() {
        fs::write(&path, &bytes[..len]).unwrap();
        let error = load(&path, true).map(drop).unwrap_err();
        assert!(matches!(error.kind, RdbErrorKind::ShortRead), "cut at {len}: {error}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        fs::write(&path, &changed).unwrap();
        assert!(load(&path, true).is_err(), "byte {at} changed");
    }
}

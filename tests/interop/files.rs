//! RDB files written by one server and read by the other.

use std::fs;
use std::process::Command;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

fn a_file_written_by_one_loads_in_the_other(writer: Kind, reader: Kind) {
    let writer = Server::start(writer, &[]);
    fill(&writer, 20_000);
    fill_db(&writer, 3, 100);
    assert_eq!(writer.run("save"), "OK");
    let mut reader = Server::prepare(reader, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&writer));
    for db in ["db0", "db3"] {
        let counts = [&reader, &writer].map(|server| {
            let line = info_field(server, "keyspace", db);
            line.split(",avg_ttl").next().expect("counts").to_owned()
        });
        assert_eq!(counts[0], counts[1]);
    }
}
for_each_pair!(a_file_written_by_one_loads_in_the_other);

/// Every encoding a string can have in the file, made by redis-server.
#[test]
fn every_string_encoding_of_redis_is_read() {
    let writer = Server::start(RealRedis, &[]);
    let mut client = writer.client();
    let integers = ["0", "-1", "127", "-128", "128", "-129", "32767", "-32768", "32768"];
    let wider = ["2147483647", "-2147483648", "2147483648", "9223372036854775807"];
    let texts = ["00", "+1", " 1", "-0", "1.5", "", "\u{0}\u{1}", "grüße"];
    for (i, value) in integers.iter().chain(&wider).chain(&texts).enumerate() {
        assert_eq!(client.cmd(&["set", &format!("v:{i}"), value]), "OK");
        assert_eq!(client.cmd(&["set", value, "as a key"]), "OK");
    }
    for length in [1, 19, 20, 21, 44, 45, 63, 64, 65, 16_383, 16_384, 70_000, 1_000_000] {
        assert_eq!(client.cmd(&["set", &format!("flat:{length}"), &"x".repeat(length)]), "OK");
        let bytes = Random::new(length as u64).bytes(length);
        let key = format!("noise:{length}").into_bytes();
        assert_eq!(client.cmd(&[b"set".to_vec(), key, bytes]), "OK");
    }
    assert_eq!(writer.run("save"), "OK");
    let mut reader = Server::prepare(Understudy, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&writer));
}

#[test]
fn our_file_passes_redis_check_rdb() {
    let writer = ours(&[]);
    fill(&writer, 10_000);
    fill_db(&writer, 15, 10);
    assert_eq!(writer.run("save"), "OK");
    let output = Command::new("redis-check-rdb")
        .arg(writer.dir().join("dump.rdb"))
        .output()
        .expect("redis-check-rdb is there: apt-get install redis-tools");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("RDB looks OK!"), "{text}");
    assert!(text.contains("10010 keys read"), "{text}");
    for aux in ["redis-ver", "redis-bits", "ctime", "used-mem", "aof-base"] {
        assert!(text.contains(&format!("AUX FIELD {aux} = ")), "{aux} in {text}");
    }
}

/// `redis-cli --rdb` asks by SYNC, wants no stream and closes when it has the file.
#[test]
fn redis_cli_takes_a_backup_from_us() {
    let server = ours(&[]);
    fill(&server, 10_000);
    let file = server.dir().join("backup.rdb");
    let port = server.port.to_string();
    let output = Command::new("redis-cli").args(["-p", &port, "--rdb"]).arg(&file).output();
    let output = output.expect("redis-cli is there: apt-get install redis-tools");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = Server::prepare(RealRedis, &[]);
    fs::copy(&file, reader.dir().join("dump.rdb")).expect("copy");
    reader.restart();
    assert_eq!(digest(&reader), digest(&server));
}

/// The oldest version that holds the data, so that Redis 5 can read it.
#[test]
fn our_file_of_strings_has_version_nine() {
    if played_by_redis() {
        return;
    }
    let writer = ours(&[]);
    fill(&writer, 10);
    assert_eq!(writer.run("save"), "OK");
    let bytes = fs::read(writer.dir().join("dump.rdb")).expect("read");
    assert_eq!(bytes[..9].escape_ascii().to_string(), "REDIS0009");
}

/// Functions come with a later issue: until then they are never dropped in silence.
#[test]
fn a_file_with_functions_is_refused_or_loaded_with_a_word_about_them() {
    if played_by_redis() {
        return;
    }
    let writer = Server::start(RealRedis, &[]);
    let code = "#!lua name=mylib\nredis.register_function('one', function() return 1 end)";
    writer.client().cmd(&["function", "load", code]);
    writer.ok("set k v");
    assert_eq!(writer.run("save"), "OK");
    let mut reader = Server::prepare(Understudy, &[]);
    fs::copy(writer.dir().join("dump.rdb"), reader.dir().join("dump.rdb")).expect("copy");
    match reader.try_restart() {
        Ok(()) => assert_eq!(reader.run("get k"), "v"),
        Err(complaint) => assert!(complaint.contains("exit status: 1"), "{complaint}"),
    }
    assert!(reader.log().to_lowercase().contains("function"), "{}", reader.log());
}

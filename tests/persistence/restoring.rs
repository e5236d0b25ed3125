//! `appendfile-restore-to`: back to a point of the past.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::*;

const LOGS: [&str; 4] = ["--appendonly", "yes", "--aof-timestamp-enabled", "yes"];

fn offset(server: &Server) -> i64 {
    info_field(server, "replication", "master_repl_offset").parse().expect("a number")
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn restore(server: &mut Server, point: &str) {
    server.set_args(&[&LOGS[..], &["--appendfile-restore-to", point]].concat());
    server.restart();
}

/// Two databases, then a transaction, then what was a mistake. Gives the offsets before and inside the
/// transaction and before the mistake, and a second before the mistake.
fn write_and_err(server: &Server) -> (i64, i64, i64, u64) {
    let mut client = server.client();
    client.ok("set a 1");
    client.ok("select 3");
    client.ok("set b 1");
    let before = offset(server);
    for line in ["multi", "set a 2", "set b 2", "exec"] {
        client.ok(line);
    }
    let after = offset(server);
    let second = unix_seconds();
    wait_until(PATIENCE, "another second", || unix_seconds() > second + 1);
    client.ok("flushall");
    client.ok("set wrong 1");
    (before, after - 5, after, second + 1)
}

#[test]
fn the_log_is_taken_up_to_an_offset_or_a_time_and_goes_on_from_there() {
    for which in 0..4 {
        let mut server = ours(&LOGS);
        let (before, inside, after, second) = write_and_err(&server);
        let (point, expected) = match which {
            0 => (before.to_string(), "1"),
            // A transaction is all there or not at all.
            1 => (inside.to_string(), "1"),
            2 => (after.to_string(), "2"),
            _ => (format!("@{second}"), "2"),
        };
        server.kill9();
        restore(&mut server, &point);
        let mut client = server.client();
        client.ok("select 3");
        assert_eq!(client.run("get b"), expected, "{point}:\n{}", server.log());
        assert_eq!(client.run("exists wrong"), 0);
        server.wait_for_log("Restored to offset ");
        client.ok("set new 1");
        server.kill9();
        // Once more would take back what was written since.
        assert_eq!(server.restart_to_exit().code(), Some(1));
        assert!(server.log().contains("was restored to that point before"), "{}", server.log());
        server.set_args(&LOGS);
        server.restart();
        let mut client = server.client();
        client.ok("select 3");
        assert_eq!((client.run("get b"), client.run("get new")), (expected.into(), "1".into()));
    }
}

#[test]
fn a_point_that_the_log_does_not_reach_is_said() {
    let mut server = ours(&LOGS);
    server.ok("set k 1");
    server.ok("bgrewriteaof");
    server.wait_for_log("Background AOF rewrite finished successfully");
    server.ok("set k 2");
    server.kill9();
    server.set_args(&[&LOGS[..], &["--appendfile-restore-to", "1"]].concat());
    assert_eq!(server.restart_to_exit().code(), Some(1));
    assert!(server.log().contains("and appendfile-restore-to is before that"), "{}", server.log());
    // Else what is written from now on would be taken back by the next start, and an empty set served.
    for (point, why) in [
        ("1000000", "does not tell of the point to restore to"),
        ("@1700000000", "and appendfile-restore-to is before that"),
        ("yesterday", "argument must be an offset of the stream"),
    ] {
        server.set_args(&[&LOGS[..], &["--appendfile-restore-to", point]].concat());
        assert_eq!(server.restart_to_exit().code(), Some(1));
        assert!(server.log().contains(why), "{point}: {}", server.log());
    }
    server.set_args(&["--appendfile-restore-to", "5"]);
    assert_eq!(server.restart_to_exit().code(), Some(1));
    assert!(server.log().contains("there is no append only file to restore"));
    server.set_args(&LOGS);
    server.restart();
    assert_eq!(server.run("get k"), "2");
}

/// While writes go on: all that was answered before it, no transaction in half, and nothing to be said
/// against it by redis-check-aof; redis-server takes it as well.
#[test]
fn a_backup_is_the_log_at_one_place() {
    let server = ours(&LOGS);
    let mut client = server.client();
    fill(&server, 500);
    server.ok("bgrewriteaof");
    server.wait_for_log("Background AOF rewrite finished successfully");
    client.ok("set answered before");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (stops, address) = (stop.clone(), server.address());
    let writer = std::thread::spawn(move || {
        let mut client = Client::connect(address);
        while !stops.load(std::sync::atomic::Ordering::Relaxed) {
            for line in ["multi", "incr a", "incr b", "exec"] {
                client.ok(line);
            }
        }
    });
    wait_until(PATIENCE, "writes", || client.run("exists b") == 1);
    client.ok("backup copy");
    let after: i64 = client.run("get a").text().parse().expect("a number");
    assert!(client.run("backup copy").is_error(), "it is there");
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().expect("a writer");
    for kind in [Kind::Understudy, Kind::RealRedis] {
        let mut other = Server::prepare(kind, &LOGS);
        let to = other.dir().join("appendonlydir");
        std::fs::create_dir(&to).expect("a folder");
        for entry in std::fs::read_dir(server.dir().join("copy")).expect("a copy") {
            let entry = entry.expect("an entry");
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copy");
        }
        other.restart();
        assert_eq!(other.run("get answered"), "before");
        assert_eq!(other.run("get a"), other.run("get b"));
        let there: i64 = other.run("get a").text().parse().expect("a number");
        assert!(there > 0 && there <= after, "{there} {after}");
        assert!(other.run("dbsize").int() >= 503);
    }
}

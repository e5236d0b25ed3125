//! MONITOR over the wire.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// A line without its time and the client's port.
fn untimed(line: &str) -> String {
    let (_, rest) = line.split_once(" [").expect("a time");
    let (from, words) = rest.split_once("] ").expect("a client");
    let (db, _) = from.split_once(' ').expect("a database");
    format!("{db} {words}")
}

/// What a monitor reads while another client sends `commands`.
fn seen(kind: Kind, commands: &[&str], lines: usize) -> Vec<String> {
    let server = Server::start(kind, &[]);
    let (mut monitor, mut client) = (server.client(), server.client());
    monitor.ok("monitor");
    for command in commands {
        client.run(command);
    }
    (0..lines).map(|_| untimed(&monitor.reply().text())).collect()
}

#[test]
fn a_monitor_reads_what_it_reads_of_redis() {
    let commands = [
        "set k v",
        "select 3",
        "get nosuchkey",
        "config get port",
        "multi",
        "incr n",
        "exec",
        "auth secret",
        "set k",
        "nosuch",
        "get last",
    ];
    let [real, ours] = [RealRedis, Understudy].map(|kind| seen(kind, &commands, 8));
    assert_eq!(ours, real);
    assert_eq!(ours.last().map(String::as_str), Some("3 \"get\" \"last\""));
}

#[test]
fn a_monitors_own_reply_comes_before_its_line() {
    for kind in [RealRedis, Understudy] {
        let server = Server::start(kind, &[]);
        let mut monitor = server.client();
        monitor.ok("monitor");
        assert_eq!(monitor.run("ping"), "PONG");
        assert_eq!(untimed(&monitor.reply().text()), "0 \"ping\"", "{kind:?}");
    }
}

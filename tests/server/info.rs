//! INFO has all that redis-server's has.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

const SECTIONS: [&str; 9] = [
    "server",
    "clients",
    "memory",
    "persistence",
    "stats",
    "replication",
    "cpu",
    "errorstats",
    "keyspace",
];

/// Each field of redis-server's is there, in the same order; we may have more.
#[test]
fn every_section_has_the_fields_of_redis_in_their_order() {
    let both = [RealRedis, Understudy].map(|kind| Server::start(kind, &[]));
    for server in &both {
        server.ok("set k v ex 1000");
        server.run("nosuch");
    }
    let mut complaints = Vec::new();
    for section in SECTIONS {
        let [real, ours] = both.each_ref().map(|server| info_names(server, section));
        let mut rest = ours.iter();
        for field in &real {
            if !ours.contains(field) {
                complaints.push(format!("{section} lacks {field}"));
            } else if !rest.any(|name| name == field) {
                complaints.push(format!("{section} has {field} in another place"));
                rest = ours.iter();
            }
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn sections_are_named_and_chosen_as_by_redis() {
    let both = [RealRedis, Understudy].map(|kind| Server::start(kind, &[]));
    for command in [
        "info",
        "info all",
        "info everything",
        "info default",
        "info nosuch",
        "info cpu memory",
        "info SERVER",
    ] {
        let [real, ours] = both.each_ref().map(|server| {
            let text = server.run(command).text();
            let titles = text.lines().filter(|line| line.starts_with('#'));
            titles.map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!(ours, real, "{command}");
    }
}

#[test]
fn what_a_client_was_sent_counts_when_it_is_gone() {
    let server = ours(&[]);
    let sent = server.run("info").text().len();
    wait_until(PATIENCE, "the bytes to be counted", || {
        let counted = info_field(&server, "stats", "total_net_output_bytes");
        counted.parse::<usize>().expect("a number") >= sent
    });
}

#[test]
fn counters_count() {
    let server = ours(&[]);
    let mut client = server.client();
    client.ok("set k v");
    client.run("get k");
    client.run("get missing");
    client.run("nosuch");
    let stats = Info::parse(&client.run("info stats").text());
    assert_eq!(stats.get("keyspace_hits"), Some("1"));
    assert_eq!(stats.get("keyspace_misses"), Some("1"));
    let keyspace = client.run("info keyspace").text();
    assert!(keyspace.contains("db0:keys=1,expires=0,avg_ttl=0"), "{keyspace}");
    let commands = client.run("info commandstats").text();
    assert!(commands.contains("cmdstat_get:calls=2,usec="), "{commands}");
    assert!(commands.contains("cmdstat_set:calls=1,usec="), "{commands}");
    let errors = client.run("info errorstats").text();
    assert!(errors.contains("errorstat_ERR:count=1"), "{errors}");
    client.ok("config resetstat");
    let stats = Info::parse(&client.run("info stats").text());
    assert_eq!(stats.get("keyspace_hits"), Some("0"));
}

#[test]
fn the_time_of_the_server_is_in_microseconds() {
    let server = ours(&[]);
    let is_whole = || info_field(&server, "server", "server_time_usec").ends_with("000");
    assert!((0..10).any(|_| !is_whole()));
}

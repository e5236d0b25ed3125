//! How far replicas are behind, and how far a full sync is, on fields of our own.

use crate::pair;
use crate::support::*;

/// A number of a line such as `replica_lag_0:lag_bytes=0,lag_ms=0`.
fn part(server: &Server, field: &str, name: &str) -> Option<f64> {
    let line = info(server, "replication").get(field)?.to_owned();
    let value = line.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} of {line}")))
}

fn wait_part(server: &Server, field: &str, name: &str, holds: impl Fn(f64) -> bool) {
    wait_for(PATIENCE, &format!("{name} of {field}"), || match part(server, field, name) {
        Some(value) if holds(value) => Ok(()),
        other => Err(format!("it is {other:?}")),
    });
}

#[test]
fn a_replica_that_is_cut_off_falls_behind_in_bytes_and_milliseconds_and_catches_up() {
    let master = ours(&[]);
    let proxy = FaultProxy::start(master.port);
    let replica = replica_of(proxy.port, &[]);
    master.write_through("set k v", 1);
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes == 0.0);
    let line = info_field(&master, "replication", "replica_lag_0");
    assert_eq!(line, "lag_bytes=0,lag_ms=0,received_lag_ms=0,figures=measured");
    assert_eq!(info_field(&replica, "replication", "master_link_lag_bytes"), "0");
    assert_eq!(info_field(&replica, "replication", "master_link_lag_ms"), "0");

    proxy.stall(Direction::ToClient);
    let before = info_field(&master, "replication", "master_repl_offset");
    master.ok("set k of-the-outage");
    let after = info_field(&master, "replication", "master_repl_offset");
    let written = after.parse::<f64>().expect("a number") - before.parse::<f64>().expect("one");
    wait_part(&master, "replica_lag_0", "lag_ms", |millis| millis >= 300.0);
    assert!(part(&master, "replica_lag_0", "lag_bytes").is_some_and(|bytes| bytes >= written));
    assert!(part(&master, "replica_lag_0", "received_lag_ms").is_some_and(|ms| ms >= 300.0));

    proxy.heal();
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes == 0.0);
    wait_part(&master, "replica_lag_0", "lag_ms", |millis| millis == 0.0);
}

#[test]
fn what_a_replica_received_and_has_not_applied_is_told_apart() {
    let master = ours(&[]);
    let (mut replica, offset) = RawReplica::streaming(&master);
    master.ok("set k v");
    let end = info_field(&master, "replication", "master_repl_offset");
    // It has read all that there is, and applied nothing of it.
    while replica.next_command().expect("the stream")[0] != "set" {}
    let ack = format!("replconf ack {offset} received {end}");
    replica.link.send_cmd(&ack.split(' ').collect::<Vec<_>>());
    wait_part(&master, "replica_lag_0", "received_lag_ms", |millis| millis == 0.0);
    wait_part(&master, "replica_lag_0", "lag_ms", |millis| millis >= 50.0);
    assert_eq!(part(&master, "replica_lag_0", "received_lag_ms"), Some(0.0));
    // What it says to have beyond what there is is not believed.
    replica.link.send_cmd(&["replconf", "ack", "999999999", "received", "999999999"]);
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes == 0.0);
    assert!(info_field(&master, "replication", "slave0").contains(&format!(",offset={end},")));
}

/// It acknowledges once a second, and is not a second late for that.
#[test]
fn a_stock_replica_has_an_estimate_and_is_never_sent_what_it_does_not_know() {
    let master = ours(&[]);
    let stock = Server::start_replica(Kind::RealRedis, master.port, &[]);
    stock.wait_link_up();
    master.write_through("set k v", 1);
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes == 0.0);
    let line = info_field(&master, "replication", "replica_lag_0");
    assert_eq!(line, "lag_bytes=0,lag_ms=0,figures=estimated");
    // Stopped, it falls behind all the same.
    stock.pause();
    master.ok("set k w");
    wait_part(&master, "replica_lag_0", "lag_ms", |millis| millis >= 200.0);
    stock.resume();
    wait_part(&master, "replica_lag_0", "lag_ms", |millis| millis == 0.0);
}

#[test]
fn a_stock_master_gets_acknowledgements_as_from_any_replica() {
    let master = Server::start(Kind::RealRedis, &[]);
    let replica = replica_of(master.port, &[]);
    master.write_through("set k v", 1);
    wait_info(&replica, "replication", "master_link_lag_bytes", "0");
    // It counts an option that it does not know as an error.
    assert_eq!(info_field(&master, "stats", "total_error_replies"), "0");
    let list = master.run("client list type replica").text();
    assert_eq!(list.lines().count(), 1, "{list}");
}

/// Sentinel takes every line that begins with `slave` and a digit for a replica, and goes on at
/// the next comma; other tools read the fields of such a line by place.
#[test]
fn the_lines_of_replicas_stay_as_redis_prints_them() {
    let (master, _replica) = pair(&[]);
    master.wait_online(1);
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes >= 0.0);
    let info = info(&master, "replication");
    let names: Vec<&str> = info.names().into_iter().filter(|n| n.starts_with("slave")).collect();
    assert_eq!(names, ["slave0"]);
    let line = info.get("slave0").expect("a line");
    let fields: Vec<&str> = line.split(',').filter_map(|part| part.split('=').next()).collect();
    assert_eq!(fields, ["ip", "port", "state", "offset", "lag"]);
}

#[test]
fn both_sides_show_how_far_a_full_sync_is() {
    let master = ours(&["--rdb-key-save-delay", "500", "--repl-diskless-sync-delay", "0"]);
    fill(&master, 20_000);
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    wait_part(&master, "replica_sync_0", "percent", |percent| percent > 0.0 && percent < 100.0);
    let line = info_field(&master, "replication", "replica_sync_0");
    assert!(line.starts_with("phase=sending,sent_bytes="), "{line}");
    assert!(line.contains(",total=estimated,"), "{line}");
    assert!(part(&master, "replica_sync_0", "eta_seconds").is_some_and(|eta| eta >= 1.0));
    wait_info_optional(&replica, "master_sync_phase", "receiving");
    let shown = info(&replica, "replication");
    for field in ["estimated_total_bytes", "estimated_perc", "eta_seconds"] {
        let field = format!("master_sync_{field}");
        assert!(shown.get(&field).is_some(), "{field} of {shown:?}");
    }
}

#[test]
fn a_file_says_how_long_it_is_and_a_replica_that_loads_it_what_is_left() {
    let master = ours(&["--repl-diskless-sync", "no"]);
    fill(&master, 1000);
    let args = ["--key-load-delay", "3000"];
    let replica = Server::start_replica(Kind::Understudy, master.port, &args);
    wait_info_optional(&replica, "master_sync_phase", "loading");
    let shown = info(&replica, "replication");
    let total = shown.get("master_sync_total_bytes");
    assert!(total.is_some_and(|total| total != "0"), "{shown:?}");
    assert_eq!(shown.get("master_sync_estimated_total_bytes"), total);
    assert_eq!(shown.get("master_sync_estimated_perc"), Some("100.00"));
    replica.wait_link_up();
    master.wait_online(1);
    wait_part(&master, "replica_lag_0", "lag_bytes", |bytes| bytes == 0.0);
    let names = info_names(&master, "replication");
    assert!(!names.iter().any(|name| name.starts_with("replica_sync_")), "{names:?}");
    assert!(!info_names(&replica, "replication").iter().any(|name| name == "master_sync_phase"));
}

/// Until a field that is not always there has this value.
fn wait_info_optional(server: &Server, field: &str, wanted: &str) {
    wait_until(PATIENCE, &format!("{field} to be {wanted}"), || {
        info(server, "replication").get(field) == Some(wanted)
    });
}

//! What INFO and ROLE say, field for field as redis-server.

use crate::pair;
use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// The names of INFO replication's fields on both kinds, after `arrange` has made the server to
/// look at; what else it returns lives until the names are read.
fn assert_same_fields<T>(arrange: impl Fn(Kind) -> (Server, T)) {
    let [real, ours] = [RealRedis, Understudy].map(|kind| {
        let (server, _others) = arrange(kind);
        info_names(&server, "replication")
    });
    // What is of ours alone stands behind.
    let (shared, own) = ours.split_at(real.len().min(ours.len()));
    assert_eq!(shared, real);
    let is_own = |name: &String| OWN.iter().any(|own| name.starts_with(own));
    assert!(own.iter().all(is_own), "{own:?}");
}

const OWN: [&str; 4] = ["replica_lag_", "replica_sync_", "master_link_lag_", "master_sync_"];

#[test]
fn a_lone_master_has_the_fields_of_redis() {
    assert_same_fields(|kind| (Server::start(kind, &[]), ()));
}

#[test]
fn a_master_with_two_replicas_has_the_fields_of_redis() {
    assert_same_fields(|kind| {
        let master = Server::start(kind, &[]);
        let replicas = [(); 2].map(|()| Server::start_replica(kind, master.port, &[]));
        replicas.iter().for_each(Server::wait_link_up);
        master.wait_online(2);
        (master, replicas)
    });
}

#[test]
fn a_master_that_wants_good_replicas_has_the_fields_of_redis() {
    let args = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "10"];
    assert_same_fields(|kind| (Server::start(kind, &args), ()));
}

#[test]
fn a_replica_has_the_fields_of_redis() {
    assert_same_fields(|kind| {
        let master = Server::start(kind, &[]);
        let replica = Server::start_replica(kind, master.port, &[]);
        replica.wait_link_up();
        (replica, master)
    });
}

#[test]
fn a_replica_without_link_has_the_fields_of_redis() {
    assert_same_fields(|kind| {
        let master = Server::start(kind, &[]);
        let replica = Server::start_replica(kind, master.port, &[]);
        replica.wait_link_up();
        drop(master);
        wait_info(&replica, "replication", "master_link_status", "down");
        (replica, ())
    });
}

#[test]
fn a_replica_in_the_middle_of_a_transfer_has_the_fields_of_redis() {
    assert_same_fields(|kind| {
        let master = FakeMaster::start(|_, link| {
            link.handshake()?;
            link.send(format!("+FULLRESYNC {} 0\r\n$100000\r\nREDIS0009", "a".repeat(40)))?;
            link.drain()
        });
        let replica = Server::start_replica(kind, master.port, &[]);
        wait_until(PATIENCE, "bytes of the transfer", || {
            let info = info(&replica, "replication");
            info.get("master_sync_read_bytes") == Some("9")
        });
        let sync = info(&replica, "replication");
        for (field, value) in [
            ("master_link_status", "down"),
            ("master_sync_in_progress", "1"),
            ("master_sync_total_bytes", "100000"),
            ("master_sync_left_bytes", "99991"),
            ("master_sync_perc", "0.01"),
        ] {
            assert_eq!(sync.get(field), Some(value), "{field} of {kind:?}");
        }
        (replica, master)
    });
}

#[test]
fn the_walk_through_shows_its_values() {
    let master = ours(&[]);
    let replicas = [(); 2].map(|()| Server::start_replica(Understudy, master.port, &[]));
    replicas.iter().for_each(Server::wait_link_up);
    master.write_through("set k1 v1", 2);
    wait_until(PATIENCE, "both replicas to have acknowledged all", || {
        let info = info(&master, "replication");
        let tail = format!("offset={},lag=", info.get("master_repl_offset").expect("an offset"));
        ["slave0", "slave1"].iter().all(|slave| info.get(slave).is_some_and(|s| s.contains(&tail)))
    });
    let info = info(&master, "replication");
    let offset: i64 = info.get("master_repl_offset").expect("offset").parse().expect("a number");
    let mut ports: Vec<String> = Vec::new();
    for slave in ["slave0", "slave1"] {
        let line = info.get(slave).expect("a slave");
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), 5, "{line}");
        assert_eq!(fields[0], "ip=127.0.0.1");
        ports.push(fields[1].strip_prefix("port=").expect("port").to_owned());
        assert_eq!(fields[2], "state=online");
        assert!(["lag=0", "lag=1"].contains(&fields[4]), "{line}");
    }
    ports.sort_unstable();
    let mut expected = replicas.each_ref().map(|replica| replica.port.to_string());
    expected.sort_unstable();
    assert_eq!(ports, expected);
    for (field, value) in [
        ("role", "master"),
        ("connected_slaves", "2"),
        ("master_failover_state", "no-failover"),
        ("master_replid2", &"0".repeat(40)),
        ("second_repl_offset", "-1"),
        ("repl_backlog_active", "1"),
        ("repl_backlog_size", "1048576"),
        ("repl_backlog_first_byte_offset", "1"),
        ("repl_backlog_histlen", &offset.to_string()),
    ] {
        assert_eq!(info.get(field), Some(value), "{field}");
    }
    let replid = info.get("master_replid").expect("replid");
    assert!(replid.len() == 40 && replid.bytes().all(|b| b.is_ascii_hexdigit()), "{replid}");
}

/// Sentinel compares these offsets when every master is gone.
#[test]
fn a_replica_that_lost_its_master_shows_its_offset_after_a_restart_and_when_pointed_elsewhere() {
    let (master, mut replica) = pair(&[]);
    master.write_through("set k v", 1);
    let offset = info_field(&master, "replication", "master_repl_offset");
    replica.ok("save");
    drop(master);
    replica.kill9();
    replica.restart();
    for port in [1, 2] {
        assert_eq!(info_field(&replica, "replication", "slave_repl_offset"), offset);
        assert_eq!(info_field(&replica, "replication", "slave_read_repl_offset"), offset);
        replica.wait_for_log("Error condition on socket for SYNC: Connection refused");
        assert_eq!(info_field(&replica, "replication", "slave_repl_offset"), offset);
        replica.replicaof(port);
    }
}

#[test]
fn a_replica_shows_its_master_and_its_settings() {
    let master = ours(&[]);
    let args = ["--replica-priority", "7", "--replica-announced", "no"];
    let replica = replica_of(master.port, &args);
    let info = info(&replica, "replication");
    for (field, value) in [
        ("role", "slave"),
        ("master_host", "127.0.0.1"),
        ("master_port", &master.port.to_string()),
        ("master_link_status", "up"),
        ("master_sync_in_progress", "0"),
        ("slave_priority", "7"),
        ("slave_read_only", "1"),
        ("replica_announced", "0"),
        ("connected_slaves", "0"),
    ] {
        assert_eq!(info.get(field), Some(value), "{field}");
    }
    assert_eq!(
        info.get("master_replid"),
        Some(info_field(&master, "replication", "master_replid").as_str())
    );
}

#[test]
fn an_announced_address_stands_in_the_masters_info_and_role() {
    let master = ours(&[]);
    let args = ["--replica-announce-ip", "10.9.8.7", "--replica-announce-port", "4321"];
    let _replica = replica_of(master.port, &args);
    master.wait_online(1);
    let line = info_field(&master, "replication", "slave0");
    assert!(line.starts_with("ip=10.9.8.7,port=4321,state=online,"), "{line}");
    let role = master.run("role");
    assert_eq!(role.items()[2].items()[0].texts()[..2], ["10.9.8.7", "4321"]);
}

#[test]
fn role_tells_a_master_its_replicas_and_a_replica_its_master() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v", 1);
    let role = master.run("role");
    let items = role.items();
    assert_eq!(items[0], "master");
    let replicas = items[2].items();
    assert_eq!(replicas.len(), 1);
    let [ip, port, offset] = &replicas[0].texts()[..] else { panic!("{role:?}") };
    assert_eq!((ip.as_str(), port.as_str()), ("127.0.0.1", replica.port.to_string().as_str()));
    let acknowledged: i64 = offset.parse().expect("an offset as text");
    assert!(acknowledged > 0 && acknowledged <= items[1].int(), "{role:?}");

    let role = replica.run("role");
    let items = role.items();
    assert_eq!(items.len(), 5, "{role:?}");
    assert_eq!((&items[0], &items[1]), (&"slave".into(), &"127.0.0.1".into()));
    assert_eq!(items[2], i64::from(master.port));
    assert_eq!(items[3], "connected");
    assert!(items[4].int() >= acknowledged, "{role:?}");

    drop(master);
    wait_until(PATIENCE, "the loss", || {
        ["connect", "connecting"].contains(&replica.run("role").items()[3].text().as_str())
    });
    assert_eq!(replica.run("role").items()[4], -1);
}

#[test]
fn replicaof_to_the_same_master_says_so_and_keeps_the_link() {
    let (master, replica) = pair(&[]);
    let again = replica.run(&format!("replicaof 127.0.0.1 {}", master.port));
    assert_eq!(again, "OK Already connected to specified master");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(replica.run("replicaof 127.0.0.1 nonsense").error(), "ERR Invalid master port");
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "up");
}

#[test]
fn client_list_shows_both_ends_of_the_link() {
    let (master, replica) = pair(&[]);
    let flags = |server: &Server, flag: &str| {
        let list = server.run("client list").text();
        list.lines().filter(|line| line.contains(&format!(" flags={flag} "))).count()
    };
    assert_eq!(flags(&master, "S"), 1);
    assert_eq!(flags(&replica, "M"), 1);
    assert_eq!(master.run("client list type replica").text().lines().count(), 1);
    assert_eq!(replica.run("client list type master").text().lines().count(), 1);
    // Killing the link from the master's side makes it anew.
    assert_eq!(master.run("client kill type replica"), 1);
    wait_info(&master, "stats", "sync_partial_ok", "1");
}

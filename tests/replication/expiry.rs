//! Keys with a TTL: the master deletes, a replica only hides.

use std::time::Duration;

use crate::pair;
use crate::support::*;

#[test]
fn a_replica_hides_what_has_expired_and_deletes_it_when_the_master_says_so() {
    let (master, replica) = pair(&[]);
    master.ok("debug set-active-expire 0");
    master.write_through("set k v px 300", 1);
    master.write_through("set stays v", 1);
    wait_until(PATIENCE, "the key to be hidden", || replica.run("get k") == Value::Nil);
    assert_eq!(replica.run("ttl k"), -2);
    assert_eq!(replica.run("exists k"), 0);
    assert_eq!(replica.run("type k"), "none");
    assert_eq!(replica.run("keys *").texts(), ["stays"]);
    assert_eq!(replica.run("scan 0").items()[1].texts(), ["stays"]);
    assert_eq!(replica.run("dbsize"), 2, "hidden, not deleted");
    assert_eq!(master.run("dbsize"), 2);
    // A read on the master finds it expired, deletes it and says so in the stream.
    assert_eq!(master.run("get k"), Value::Nil);
    wait_until(PATIENCE, "the DEL to arrive", || replica.run("dbsize") == 1);
    assert_eq!(info_field(&replica, "stats", "expired_keys"), "0");
}

#[test]
fn a_replica_never_deletes_by_itself_while_its_master_stands_still() {
    let (master, replica) = pair(&[]);
    master.write_through("set k v px 500", 1);
    master.pause();
    wait_until(PATIENCE, "the key to be hidden", || replica.run("get k") == Value::Nil);
    assert_eq!(replica.run("dbsize"), 1);
    master.resume();
    wait_until(PATIENCE, "the DEL to arrive", || replica.run("dbsize") == 0);
}

/// Milliseconds, as the server sees them.
fn server_millis(client: &mut Client) -> i64 {
    let time = client.run("time");
    let part = |i: usize| time.items()[i].text().parse::<i64>().expect("a number");
    part(0) * 1000 + part(1) / 1000
}

/// Whoever looked at the pause without asking the time took it for one that runs.
#[test]
fn keys_that_expired_before_a_lapsed_pause_are_the_same_on_master_and_replica() {
    let (master, replica) = pair(&[]);
    master.ok("debug set-active-expire 0");
    let mut client = master.client();
    let wait_millis = |client: &mut Client, millis: i64| {
        let over = server_millis(client) + millis;
        wait_until(PATIENCE, "time to pass", || server_millis(client) > over);
    };
    for i in 0..50 {
        client.ok(&format!("set k{i} 5 px 5"));
        wait_millis(&mut client, 6);
        client.ok("client pause 2 write");
        wait_millis(&mut client, 3);
        assert_eq!(client.run(&format!("incr k{i}")), 1);
    }
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn a_promoted_replica_deletes_by_itself() {
    let (master, replica) = pair(&[]);
    master.ok("debug set-active-expire 0");
    master.write_through("set k v px 200", 1);
    wait_until(PATIENCE, "the key to be hidden", || replica.run("get k") == Value::Nil);
    assert_eq!(replica.run("dbsize"), 1);
    replica.ok("replicaof no one");
    wait_until(PATIENCE, "the key to be deleted", || replica.run("dbsize") == 0);
}

#[test]
fn keys_with_ttl_under_load_end_equal_and_gone() {
    let (master, replica) = pair(&[]);
    let load = Load::start(&master);
    let mut client = master.client();
    for round in 0..20 {
        let commands: Vec<Vec<String>> = (0..500)
            .map(|i| {
                let key = format!("short:{round}:{i}");
                ["set", &key, "v", "px", &(1 + i % 400).to_string()].map(str::to_owned).to_vec()
            })
            .collect();
        client.pipeline(&commands);
    }
    load.stop();
    wait_until(Duration::from_secs(20), "all short keys to be deleted", || {
        [&master, &replica].iter().all(|server| server.run("keys short:*").items().is_empty())
    });
    wait_equal_digests(&[&master, &replica]);
    let expired: u64 = info_field(&master, "stats", "expired_keys").parse().expect("a number");
    // Redis does not count those whose millisecond is over by the time they are set.
    assert!(expired >= 5_000, "{expired}");
    assert_eq!(info_field(&replica, "stats", "expired_keys"), "0");
    assert_eq!(master.run("dbsize"), replica.run("dbsize").int());
}

/// Absolute times travel, so a key lives no longer for having been sent late.
#[test]
fn a_ttl_survives_the_snapshot_and_the_stream_exactly() {
    let master = ours(&[]);
    master.ok("set before v px 86400000");
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    replica.wait_link_up();
    master.ok("set after v ex 86400");
    master.ok("set later v");
    master.write_through("expire later 86400", 1);
    for key in ["before", "after", "later"] {
        let at = format!("pexpiretime {key}");
        assert_eq!(replica.run(&at), master.run(&at).int(), "{key}");
    }
}

/// Keys that expired before the snapshot are not sent; those that expire during it are hidden.
#[test]
fn what_had_expired_before_the_sync_never_appears_on_the_replica() {
    let master = ours(&[]);
    master.ok("debug set-active-expire 0");
    let mut client = master.client();
    for i in 0..100 {
        client.ok(&format!("set dead:{i} v px 1"));
    }
    client.ok("set alive v");
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    replica.wait_link_up();
    assert_eq!(replica.run("keys *").texts(), ["alive"]);
    master.ok("debug set-active-expire 1");
    wait_until(PATIENCE, "equal sizes", || master.run("dbsize") == 1 && replica.run("dbsize") == 1);
    wait_equal_digests(&[&master, &replica]);
}

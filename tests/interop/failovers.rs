//! FAILOVER between our server and others, in both directions.

use crate::support::*;

/// PINGs are part of the stream: without them offsets stand still between writes.
const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

fn state(server: &Server) -> String {
    info_field(server, "replication", "master_failover_state")
}

/// `from` hands over to `to`, its replica; nobody needs a data set.
#[track_caller]
fn hand_over(from: &Server, to: &Server) {
    let syncs = info_field(to, "stats", "sync_full");
    let replid = info_field(from, "replication", "master_replid");
    assert_eq!(from.run("failover"), "OK");
    wait_info(to, "replication", "role", "master");
    from.wait_link_up();
    wait_info(from, "replication", "master_failover_state", "no-failover");
    assert_eq!(info_field(from, "replication", "role"), "slave");
    assert_eq!(info_field(to, "stats", "sync_full"), syncs, "a partial resync is enough");
    assert_eq!(info_field(to, "replication", "master_replid2"), replid);
    let new = info_field(to, "replication", "master_replid");
    assert_eq!(info_field(from, "replication", "master_replid"), new);
    to.wait_for_log(&format!("Failover request received for replid {replid}."));
    to.wait_for_log("MODE enabled (failover request from 'id=");
    assert!(from.run("set k v").is_error(), "it is a replica now");
    assert!(to.run("client list").text().contains(" flags=S "), "the new master has a replica");
    assert!(from.run("client list").text().contains(" flags=M "), "the old one has a master");
}

/// There and back, with a third that stays where it was and so becomes a replica of a replica.
fn a_master_hands_over_and_gets_its_place_back(first: Kind, second: Kind) {
    if first.is_redis_six() || second.is_redis_six() {
        return;
    }
    let first = Server::start(first, &QUIET);
    fill(&first, 2_000);
    let second = Server::start_replica(second, first.port, &QUIET);
    second.wait_link_up();
    first.write_through("set before 1", 1);
    hand_over(&first, &second);
    second.write_through("set between 1", 1);
    wait_equal_digests(&[&first, &second]);
    hand_over(&second, &first);
    first.write_through("set after 1", 1);
    wait_equal_digests(&[&first, &second]);
    assert_eq!(second.run("exists before between after"), 3);
    assert_eq!(info_field(&first, "replication", "connected_slaves"), "1");
}
for_each_pair!(a_master_hands_over_and_gets_its_place_back);

/// The others follow the old master, which follows the new one: they hear the new name, and need
/// no data set.
fn the_other_replicas_go_on_behind_the_old_master(first: Kind, second: Kind) {
    if first.is_redis_six() || second.is_redis_six() {
        return;
    }
    let first = Server::start(first, &QUIET);
    fill(&first, 2_000);
    let third = Server::start_replica(Kind::Understudy, first.port, &QUIET);
    third.wait_link_up();
    let second = Server::start_replica(second, first.port, &QUIET);
    second.wait_link_up();
    first.write_through("set before 1", 2);
    let full = info_field(&first, "stats", "sync_full");
    let to = format!("failover to 127.0.0.1 {}", second.port);
    assert_eq!(first.run(&to), "OK");
    wait_info(&second, "replication", "role", "master");
    first.wait_link_up();
    second.ok("set after 1");
    wait_equal_digests(&[&first, &second, &third]);
    assert_eq!(third.run("exists before after"), 2);
    let replid = info_field(&second, "replication", "master_replid");
    wait_info(&third, "replication", "master_replid", &replid);
    assert_eq!(info_field(&first, "stats", "sync_full"), full);
    assert_eq!(info_field(&second, "stats", "sync_full"), "0");
}
for_each_pair!(the_other_replicas_go_on_behind_the_old_master);

/// What the target has not read yet when its time is over, it reads before it takes over or never:
/// in the end both have the same.
fn a_forced_target_that_was_held_up_takes_over_when_it_can(first: Kind, second: Kind) {
    if first.is_redis_six() || second.is_redis_six() {
        return;
    }
    let first = Server::start(first, &QUIET);
    fill(&first, 2_000);
    let second = Server::start_replica(second, first.port, &QUIET);
    second.wait_link_up();
    first.write_through("set before 1", 1);
    second.pause();
    first.ok("set unread 1");
    let forced = format!("failover to 127.0.0.1 {} force timeout 50", second.port);
    assert_eq!(first.run(&forced), "OK");
    let mut waiting = first.client();
    waiting.send_cmd(&["set", "refused", "1"]);
    wait_info(&first, "replication", "master_failover_state", "failover-in-progress");
    first.wait_for_log("time out exceeded, failing over.");
    second.resume();
    wait_info(&second, "replication", "role", "master");
    first.wait_link_up();
    assert!(waiting.reply().error().starts_with("READONLY"));
    assert_eq!(state(&first), "no-failover");
    second.ok("set after 1");
    wait_equal_digests(&[&first, &second]);
    assert_eq!(first.run("exists before after refused"), 2);
}
for_each_pair!(a_forced_target_that_was_held_up_takes_over_when_it_can);

/// Redis 6.0 has no FAILOVER and refuses the PSYNC that speaks of one.
#[test]
fn a_target_that_knows_no_failover_refuses_and_the_master_stays_one() {
    let Some(six) = find_peer("redis-6.0") else { return };
    let master = ours(&QUIET);
    fill(&master, 500);
    let replica = Server::start_replica(six, master.port, &QUIET);
    replica.wait_link_up();
    master.write_through("set before 1", 1);
    assert_eq!(master.run("failover"), "OK");
    master.wait_for_log("aborted: Failover target rejected psync request");
    wait_info(&master, "replication", "role", "master");
    assert_eq!(state(&master), "no-failover");
    master.ok("set after 1");
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

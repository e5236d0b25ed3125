//! Links that break and heal.

use crate::support::*;

/// Room for all that is written while a link is down.
const ROOMY: [&str; 2] = ["--repl-backlog-size", "64mb"];

struct Broken {
    master: Server,
    proxy: FaultProxy,
    replica: Server,
}

fn linked_through_a_proxy(master: Kind, replica: Kind) -> Broken {
    let master = Server::start(master, &ROOMY);
    fill(&master, 2_000);
    let proxy = FaultProxy::start(master.port);
    let replica = Server::start_replica(replica, proxy.port, &ROOMY);
    replica.wait_link_up();
    Broken { master, proxy, replica }
}

impl Broken {
    fn partial_resyncs(&self) -> u64 {
        info_field(&self.master, "stats", "sync_partial_ok").parse().expect("a number")
    }

    fn wait_partial_resyncs(&self, count: u64) {
        wait_until(PATIENCE, "a partial resync", || self.partial_resyncs() >= count);
        self.replica.wait_link_up();
    }

    fn assert_continued(&self) {
        wait_equal_digests(&[&self.master, &self.replica]);
        assert_eq!(info_field(&self.master, "stats", "sync_full"), "1");
        assert_eq!(info_field(&self.master, "stats", "sync_partial_err"), "0");
        let replids =
            [&self.master, &self.replica].map(|s| info_field(s, "replication", "master_replid"));
        assert_eq!(replids[0], replids[1]);
        // PINGs go on, so the master's offset is read anew each time.
        wait_for(PATIENCE, "equal offsets", || {
            let [master, replica] =
                [(&self.master, "master_repl_offset"), (&self.replica, "slave_repl_offset")]
                    .map(|(server, field)| info_field(server, "replication", field));
            if master == replica { Ok(()) } else { Err(format!("{master} and {replica}")) }
        });
    }
}

fn a_link_cut_under_load_continues_where_it_was(master: Kind, replica: Kind) {
    let pair = linked_through_a_proxy(master, replica);
    let load = Load::start_for(&pair.master, replica);
    for cut in 1..=3 {
        load.wait_more(1_000);
        pair.proxy.cut();
        pair.wait_partial_resyncs(cut);
    }
    load.stop();
    pair.assert_continued();
    if !replica.is_valkey() {
        pair.replica.wait_for_log("Successful partial resynchronization with master.");
        pair.replica
            .wait_for_log("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
    }
}
for_each_pair!(a_link_cut_under_load_continues_where_it_was);

fn writes_made_while_the_link_is_down_arrive_when_it_heals(master: Kind, replica: Kind) {
    let pair = linked_through_a_proxy(master, replica);
    pair.proxy.cut_and_refuse();
    wait_info(&pair.replica, "replication", "master_link_status", "down");
    let load = Load::start_for(&pair.master, replica);
    load.wait_more(5_000);
    load.stop();
    pair.proxy.heal();
    pair.wait_partial_resyncs(1);
    pair.assert_continued();
}
for_each_pair!(writes_made_while_the_link_is_down_arrive_when_it_heals);

fn a_link_cut_in_the_middle_of_a_command_loses_nothing(master: Kind, replica: Kind) {
    let pair = linked_through_a_proxy(master, replica);
    // The next links all end inside the big values that follow: 1,000 bytes pass, then 3,000...
    let mut client = pair.master.client();
    for (round, bytes) in [1_000, 30_000, 100_000].into_iter().enumerate() {
        let links = pair.proxy.accepted();
        pair.proxy.truncate_after(Direction::ToClient, bytes);
        pair.proxy.cut();
        for part in 0..20 {
            let value = format!("{round}-{part}-").repeat(4_000);
            client.cmd(&["set", &format!("big:{part}"), &value]);
            client.cmd(&["append", "log", &format!("{round},{part};")]);
        }
        wait_until(PATIENCE, "two links to end early", || pair.proxy.accepted() >= links + 2);
        pair.proxy.heal();
        pair.replica.wait_link_up();
    }
    pair.assert_continued();
}
for_each_pair!(a_link_cut_in_the_middle_of_a_command_loses_nothing);

/// The full sync ends early over and over: the replica has no data until one is complete.
fn a_link_cut_during_the_transfer_starts_anew(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    fill(&master, 50_000);
    let proxy = FaultProxy::start(master.port);
    proxy.truncate_after(Direction::ToClient, 200_000);
    let replica = Server::start_replica(replica, proxy.port, &[]);
    wait_until(PATIENCE, "two transfers to end early", || proxy.accepted() >= 3);
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    proxy.heal();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_link_cut_during_the_transfer_starts_anew);

/// Byte by byte the transfer is late, but it arrives.
fn a_slow_link_delays_the_sync_and_nothing_else(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    fill(&master, 20_000);
    let proxy = FaultProxy::start(master.port);
    proxy.delay(Direction::ToClient, std::time::Duration::from_millis(20));
    let replica = Server::start_replica(replica, proxy.port, &[]);
    let load = Load::start_for(&master, replica.kind);
    replica.wait_link_up();
    load.stop();
    proxy.heal();
    wait_equal_digests(&[&master, &replica]);
}
for_each_pair!(a_slow_link_delays_the_sync_and_nothing_else);

/// Redis 7.2 and later do.
#[test]
fn a_replica_with_a_log_says_what_is_safe_in_it() {
    let Some(peer) = find_peer("redis-8.0") else { return };
    let master = ours(&[]);
    let replica = Server::start_replica(peer, master.port, &["--appendonly", "yes"]);
    replica.wait_link_up();
    let mut client = master.client();
    client.ok("set k v");
    assert_eq!(client.run("waitaof 0 1 20000").items(), [Value::Int(0), Value::Int(1)]);
}

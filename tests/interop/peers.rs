//! What only some peers have, and all of them around one of ours. The pairs of every other test of
//! this folder are made with each peer too.

use crate::support::Kind::Understudy;
use crate::support::*;

/// Each follows the one before it, under load; who comes second and later is given time to follow
/// first, since its own replica would otherwise be turned away.
fn a_chain_stays_equal_under_load(kinds: [Kind; 3], args: &[&str]) {
    let master = Server::start(kinds[0], args);
    fill(&master, 20_000);
    fill_collections(&master, 500);
    fill_db(&master, 9, 100);
    let load = Load::start_for(&master, kinds[1]);
    let middle = Server::start_replica(kinds[1], master.port, args);
    let last = Server::start_replica(kinds[2], middle.port, args);
    last.wait_link_up();
    middle.wait_link_up();
    load.wait_more(2_000);
    load.stop();
    wait_equal_digests(&[&master, &middle, &last]);
    let replids = [&master, &middle, &last].map(|s| info_field(s, "replication", "master_replid"));
    assert_eq!(replids[0], replids[1]);
    assert_eq!(replids[1], replids[2]);
}

for_each_peer! { |peer|
    fn our_replica_passes_its_stream_on_to_its_like {
        super::a_chain_stays_equal_under_load([peer, Understudy, peer], &[])
    }
    fn it_passes_our_stream_on_to_ours {
        super::a_chain_stays_equal_under_load([Understudy, peer, Understudy], &[])
    }
}

/// The file by a link of its own while the stream goes by another: who offers it falls back to one
/// link when the other side does not know it.
fn a_second_link_for_the_file_is_offered(peer: Kind, directive: &str) {
    let load_from_socket = ["--repl-diskless-load", "swapdb"];
    let with_it = [directive, "yes", load_from_socket[0], load_from_socket[1]];
    for (kinds, args) in
        [([peer, Understudy], [&with_it[..], &[]]), ([Understudy, peer], [&[], &with_it])]
    {
        let master = Server::start(kinds[0], args[0]);
        fill(&master, 20_000);
        fill_collections(&master, 500);
        let load = Load::start_for(&master, kinds[1]);
        let proxy = FaultProxy::start(master.port);
        let replica = Server::start_replica(kinds[1], proxy.port, args[1]);
        replica.wait_link_up();
        load.wait_more(1_000);
        proxy.cut();
        wait_until(PATIENCE, "a partial resync", || {
            info_field(&master, "stats", "sync_partial_ok") != "0"
        });
        replica.wait_link_up();
        load.stop();
        wait_equal_digests(&[&master, &replica]);
        assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    }
}

#[test]
fn a_valkey_with_dual_channel_replication_follows_and_feeds() {
    if let Some(valkey) = find_peer("valkey-8.1") {
        a_second_link_for_the_file_is_offered(valkey, "--dual-channel-replication-enabled");
    }
}

#[test]
fn a_redis_8_with_an_rdb_channel_follows_and_feeds() {
    if let Some(redis) = find_peer("redis-8.0") {
        a_second_link_for_the_file_is_offered(redis, "--repl-rdb-channel");
    }
}

/// No stock server can do this: the newer ones' files are refused by the older ones.
#[test]
fn replicas_of_every_make_follow_ours_at_once() {
    let master = ours(&[]);
    fill(&master, 20_000);
    fill_collections(&master, 500);
    let names = ["redis-6.0", "redis-8.0", "valkey-8.1"];
    let kinds: Vec<Kind> =
        names.into_iter().filter_map(find_peer).chain([Kind::RealRedis]).collect();
    let oldest = kinds[0];
    let replicas: Vec<Server> =
        kinds.into_iter().map(|kind| Server::start_replica(kind, master.port, &[])).collect();
    let load = Load::start_for(&master, oldest);
    replicas.iter().for_each(Server::wait_link_up);
    load.wait_more(2_000);
    load.stop();
    let all: Vec<&Server> = [&master].into_iter().chain(&replicas).collect();
    wait_equal_digests(&all);
}

//! What replicas say of their append-only logs, for WAITAOF.

use crate::support::*;

/// A write is safe at the replica when its master hears so; masters that know no WAITAOF do not mind.
fn a_write_is_safe_in_the_log_of_a_replica(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    let replica = Server::start_replica(replica, master.port, &["--appendonly", "yes"]);
    replica.wait_link_up();
    let mut client = master.client();
    for i in 0..3 {
        client.ok(&format!("set k {i}"));
        assert_eq!(client.run("wait 1 0"), 1);
        let safe = client.run("waitaof 0 1 0");
        if safe.is_error() {
            assert!(safe.error().starts_with("ERR unknown command"), "{safe:?}");
            continue;
        }
        assert_eq!(safe.items(), [Value::Int(0), Value::Int(1)]);
    }
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

for_each_peer! { |peer|
    fn of_ours_as_it_hears { super::a_write_is_safe_in_the_log_of_a_replica(peer, Understudy) }
    fn of_its_like_as_we_hear {
        // Others say nothing of it.
        if !peer.is_redis_six() {
            super::a_write_is_safe_in_the_log_of_a_replica(Understudy, peer)
        }
    }
}

#[test]
fn a_master_before_waitaof_passes_over_what_a_replica_of_ours_says_of_its_log() {
    a_write_is_safe_in_the_log_of_a_replica(Kind::RealRedis, Kind::Understudy);
}

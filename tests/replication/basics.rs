//! The walk a user takes first: fill a master, read from its replicas.

use crate::support::*;

#[test]
fn what_is_set_on_the_master_is_read_on_both_replicas() {
    let master = ours(&[]);
    let replicas = [(); 2].map(|()| Server::start_replica(Kind::Understudy, master.port, &[]));
    for replica in &replicas {
        replica.wait_link_up();
    }
    master.write_through("set k1 v1", 2);
    for replica in &replicas {
        assert_eq!(replica.run("get k1"), "v1");
    }
    assert_eq!(info_field(&master, "replication", "connected_slaves"), "2");
}

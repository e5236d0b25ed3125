//! Links to a master that asks for a password.

use crate::support::Kind::Understudy;
use crate::support::*;

#[test]
fn a_replica_with_the_password_syncs() {
    let master = ours(&["--requirepass", "secret"]);
    let mut client = master.client();
    assert_eq!(client.run("set k v").error(), "NOAUTH Authentication required.");
    client.ok("auth secret");
    client.ok("set k v");
    let args = ["--masterauth", "secret"];
    let replica = replica_of(master.port, &args);
    assert_eq!(replica.run("get k"), "v");
}

#[test]
fn a_replica_with_user_and_password_syncs() {
    let master = ours(&["--requirepass", "secret"]);
    let args = ["--masteruser", "default", "--masterauth", "secret"];
    Server::start_replica(Understudy, master.port, &args).wait_link_up();
}

#[test]
fn a_wrong_password_is_named_in_the_log_and_a_right_one_heals() {
    let master = ours(&["--requirepass", "secret"]);
    let replica = Server::start_replica(Understudy, master.port, &["--masterauth", "wrong"]);
    replica.wait_for_log(
        "Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.",
    );
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    replica.ok("config set masterauth secret");
    replica.wait_link_up();
}

#[test]
fn a_replica_without_password_is_told_noauth_and_goes_on_trying() {
    let master = ours(&["--requirepass", "secret"]);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    replica.wait_for_log("NOAUTH Authentication required.");
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "down");
    replica.ok("config set masterauth secret");
    replica.wait_link_up();
    let mut client = master.client();
    client.ok("auth secret");
    client.ok("set k v");
    wait_until(PATIENCE, "the write to arrive", || replica.run("get k") == "v");
}

//! FAILOVER: what happens to clients meanwhile, and targets that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use crate::support::*;

/// PINGs are part of the stream: without them offsets stand still between writes.
const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

fn state(server: &Server) -> String {
    info_field(server, "replication", "master_failover_state")
}

fn wait_state(server: &Server, wanted: &str) {
    wait_info(server, "replication", "master_failover_state", wanted);
}

fn failover_to(master: &Server, replica: &Server, more: &str) -> Value {
    master.run(&format!("failover to 127.0.0.1 {} {more}", replica.port))
}

/// A master and a replica that has all but stands still, with a hand-over to it in progress.
fn held_up_in_progress() -> (Server, Server) {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.pause();
    assert_eq!(failover_to(&master, &replica, "force timeout 20"), "OK");
    wait_state(&master, "failover-in-progress");
    (master, replica)
}

#[test]
fn clients_writes_wait_for_the_end_of_it_and_reads_do_not() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.pause();
    master.ok("set unread 1");
    assert_eq!(failover_to(&master, &replica, ""), "OK");
    wait_state(&master, "waiting-for-sync");
    let mut writer = master.client();
    writer.send(b"set late 1\r\nget before\r\n");
    let mut publisher = master.client();
    publisher.send_cmd(&["publish", "channel", "message"]);
    assert_eq!(master.run("get before"), "1");
    // A pause of another purpose ends without it.
    assert_eq!(master.run("client pause 1 all"), "OK");
    assert_eq!(master.run("client unpause"), "OK");
    wait_info(&master, "clients", "blocked_clients", "2");
    replica.resume();
    wait_info(&replica, "replication", "role", "master");
    assert!(writer.reply().error().starts_with("READONLY"));
    assert_eq!(writer.reply(), "1");
    assert_eq!(publisher.reply(), 0);
    master.wait_link_up();
    assert_eq!(replica.run("exists before unread late"), 2);
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn clients_that_wait_for_keys_or_replicas_are_told_and_closed() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    let (mut popper, mut waiter) = (master.client(), master.client());
    popper.send(b"blpop list 0\r\nset not-run 1\r\n");
    waiter.send(b"wait 5 0\r\n");
    wait_info(&master, "clients", "blocked_clients", "2");
    assert_eq!(failover_to(&master, &replica, ""), "OK");
    for client in [&mut popper, &mut waiter] {
        let reply = client.reply();
        let told = "UNBLOCKED force unblock from blocking operation, \
                    instance state changed (master -> replica?)";
        assert_eq!(reply.error(), told);
        wait_until(PATIENCE, "the end of the connection", || client.is_closed());
    }
    wait_info(&replica, "replication", "role", "master");
    master.wait_link_up();
    assert_eq!(replica.run("exists not-run"), 0);
}

#[test]
fn a_target_that_never_catches_up_is_given_up_at_the_timeout() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.pause();
    master.ok("set unread 1");
    assert_eq!(master.run("failover timeout 50"), "OK");
    let mut writer = master.client();
    writer.send_cmd(&["set", "late", "1"]);
    assert_eq!(writer.reply(), "OK");
    assert_eq!(state(&master), "no-failover");
    master.wait_for_log("FAILOVER to any replica aborted: Replica never caught up before timeout");
    replica.resume();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(info_field(&master, "replication", "master_replid2"), "0".repeat(40));
}

#[test]
fn a_target_that_goes_away_is_waited_for_and_may_come_back() {
    let (master, mut replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.pause();
    master.ok("set unread 1");
    assert_eq!(failover_to(&master, &replica, ""), "OK");
    replica.kill9();
    wait_info(&master, "replication", "connected_slaves", "0");
    assert_eq!(state(&master), "waiting-for-sync");
    assert_eq!(master.run("failover abort"), "OK");
    assert_eq!(state(&master), "no-failover");
    master.ok("set late 1");
    replica.restart();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}

#[test]
fn aborted_in_progress_it_leaves_a_master_that_its_replica_continues_with() {
    let (master, replica) = held_up_in_progress();
    assert_eq!(info_field(&master, "replication", "role"), "slave");
    assert_eq!(info_field(&master, "replication", "master_link_status"), "down");
    let replid = info_field(&master, "replication", "master_replid");
    assert!(master.run("set refused 1").error().starts_with("READONLY"));
    for refused in ["replicaof no one", "replicaof 127.0.0.1 1"] {
        let reply = master.run(refused);
        assert_eq!(reply.error(), "ERR REPLICAOF not allowed while failing over.");
    }
    let mut asker = master.client();
    asker.send_cmd(&["psync", "?", "-1"]);
    assert_eq!(asker.reply().error(), "NOMASTERLINK Can't SYNC while failing over");
    assert_eq!(master.run("failover abort"), "OK");
    assert_eq!(info_field(&master, "replication", "role"), "master");
    assert_eq!(info_field(&master, "replication", "master_replid2"), replid);
    master.ok("set late 1");
    replica.resume();
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("exists before late refused"), 2);
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    assert_eq!(info_field(&replica, "replication", "role"), "slave");
}

/// It may start anew at its place: then it is no replica, and refuses.
#[test]
fn a_target_that_dies_in_progress_is_tried_until_it_answers() {
    let (master, mut replica) = held_up_in_progress();
    replica.kill9();
    master.wait_for_log("Error condition on socket for SYNC: Connection refused");
    assert_eq!(state(&master), "failover-in-progress");
    replica.set_args(&["--port", &replica.port.to_string()]);
    replica.restart();
    master.wait_for_log("aborted: Failover target rejected psync request");
    master.ok("set late 1");
    assert_eq!(info_field(&master, "replication", "role"), "master");
    replica.wait_for_log("Failover request received for replid");
    assert_eq!(info_field(&replica, "replication", "role"), "master");
    replica.replicaof(master.port);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}

/// It may start anew as a replica, with a file that lacks what it had acknowledged: were it promoted,
/// there would be two masters, or one without that.
#[test]
fn a_target_that_comes_back_with_an_older_file_refuses_and_gets_what_it_lacks() {
    let (master, mut replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.ok("save");
    master.write_through("set since 1", 1);
    replica.pause();
    assert_eq!(failover_to(&master, &replica, "force timeout 20"), "OK");
    wait_state(&master, "failover-in-progress");
    replica.kill9();
    master.wait_for_log("Error condition on socket for SYNC: Connection refused");
    replica.restart();
    master.wait_for_log("reply: -ERR PSYNC FAILOVER asks for what my file does not have.");
    master.wait_for_log("aborted: Failover target rejected psync request");
    wait_info(&master, "replication", "role", "master");
    assert_eq!(info_field(&replica, "replication", "role"), "slave");
    master.ok("set late 1");
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("exists before since late"), 3);
    assert_eq!(info_field(&replica, "stats", "sync_full"), "0");
    // Once it has all, it may.
    assert_eq!(failover_to(&master, &replica, ""), "OK");
    wait_info(&replica, "replication", "role", "master");
    master.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}

/// With all that it had, whoever asks again is answered.
#[test]
fn a_target_that_comes_back_with_a_file_that_has_all_takes_over() {
    let (master, mut replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    replica.ok("save");
    replica.pause();
    assert_eq!(failover_to(&master, &replica, "force timeout 20"), "OK");
    wait_state(&master, "failover-in-progress");
    replica.kill9();
    replica.restart();
    wait_info(&replica, "replication", "role", "master");
    master.wait_link_up();
    wait_state(&master, "no-failover");
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("exists before"), 1);
}

#[test]
fn a_target_of_another_history_refuses_and_writes_go_on() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    let mine = info_field(&replica, "replication", "master_replid");
    assert_eq!(replica.run("debug change-repl-id"), "OK");
    let other = "f".repeat(40);
    let mut asker = replica.client();
    asker.send_cmd(&["psync", &other, "1", "failover"]);
    assert_eq!(asker.reply().error(), "ERR PSYNC FAILOVER replid must match my replid.");
    asker.send_cmd(&["psync", &mine, "1", "FAILOVER"]);
    assert_eq!(asker.reply().error(), "ERR PSYNC FAILOVER replid must match my replid.");
    let mut asker = master.client();
    asker.send_cmd(&["psync", &mine, "1", "failover"]);
    assert_eq!(asker.reply().error(), "ERR PSYNC FAILOVER can't be sent to a master.");
    assert_eq!(failover_to(&master, &replica, ""), "OK");
    master.wait_for_log("aborted: Failover target rejected psync request");
    wait_info(&master, "replication", "role", "master");
    assert_eq!(info_field(&replica, "replication", "role"), "slave");
    master.ok("set after 1");
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
}

/// A replica that hangs up when it is asked to take over has taken over all the same, if it then says
/// that it is a master: two masters of one data set there must not be.
#[test]
fn a_target_that_hangs_up_when_it_is_asked_is_asked_again_and_followed_if_it_is_a_master() {
    let master = ours(&QUIET);
    let (asked, words) = mpsc::channel();
    let new_id = "c".repeat(40);
    let fake = FakeMaster::start(move |number, link| {
        let command = link.handshake()?;
        let _ = asked.send(command);
        match number {
            0 => link.finish(),
            1 => link.send("-ERR PSYNC FAILOVER can't be sent to a master.\r\n"),
            _ => {
                link.send(format!("+CONTINUE {new_id}\r\n"))?;
                link.send("*3\r\n$3\r\nSET\r\n$3\r\nnew\r\n$1\r\n1\r\n")?;
                link.drain()
            }
        }
    });
    let mut replica = RawReplica::connect(&master);
    replica.link.ok(&format!("replconf listening-port {}", fake.port));
    let Grant::Full { replid, offset, .. } = replica.psync("?", -1) else { panic!("no sync") };
    master.wait_online(1);
    replica.ack(offset);
    assert_eq!(master.run("failover"), "OK");
    let wanted = info_field(&master, "replication", "master_repl_offset");
    let wanted = (wanted.parse::<i64>().expect("a number") + 1).to_string();
    let asked = || words.recv_timeout(PATIENCE).expect("it is asked");
    assert_eq!(asked(), ["psync", &replid, &wanted, "FAILOVER"]);
    assert_eq!(asked(), ["psync", &replid, &wanted, "FAILOVER"]);
    assert_eq!(asked(), ["psync", &replid, &wanted]);
    wait_state(&master, "no-failover");
    master.wait_link_up();
    wait_until(PATIENCE, "its write", || master.run("get new") == "1");
    assert_eq!(info_field(&master, "replication", "role"), "slave");
    assert_eq!(info_field(&master, "replication", "master_replid2"), replid);
}

/// It was asked, and comes back without what it had: the data is here alone.
#[test]
fn a_target_that_lost_its_data_when_it_was_asked_is_not_followed() {
    let master = ours(&QUIET);
    master.ok("set key 1");
    let fake = FakeMaster::start(move |number, link| {
        link.handshake()?;
        match number {
            0 => link.finish(),
            1 => link.send("-ERR PSYNC FAILOVER can't be sent to a master.\r\n"),
            _ => link.send(format!("+FULLRESYNC {} 5\r\n", "c".repeat(40))),
        }
    });
    let mut replica = RawReplica::connect(&master);
    replica.link.ok(&format!("replconf listening-port {}", fake.port));
    let Grant::Full { offset, .. } = replica.psync("?", -1) else { panic!("no sync") };
    master.wait_online(1);
    replica.ack(offset);
    assert_eq!(master.run("failover"), "OK");
    master.wait_for_log("aborted: Failover target rejected psync request");
    wait_info(&master, "replication", "role", "master");
    assert_eq!(master.run("get key"), "1");
    master.ok("set key 2");
    assert_eq!(fake.connections(), 3);
}

/// Its answer to the first may have been lost.
#[test]
fn a_replica_that_has_taken_over_says_so_to_the_master_that_asks_again() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    let replid = info_field(&replica, "replication", "master_replid");
    let offset: i64 = info_field(&replica, "replication", "master_repl_offset").parse().unwrap();
    let wanted = (offset + 1).to_string();
    for _ in 0..2 {
        let mut asker = replica.client();
        asker.ok("replconf capa psync2");
        asker.send_cmd(&["psync", &replid, &wanted, "failover"]);
        let id = info_field(&replica, "replication", "master_replid");
        assert_eq!(asker.reply(), format!("CONTINUE {id}").as_str());
        wait_info(&replica, "replication", "role", "master");
        assert_eq!(info_field(&replica, "replication", "master_replid2"), replid);
    }
    // Only of that master, and not once it has followed another.
    let other = "f".repeat(40);
    let refused = "ERR PSYNC FAILOVER can't be sent to a master.";
    let mut asker = replica.client();
    asker.send_cmd(&["psync", &other, &wanted, "failover"]);
    assert_eq!(asker.reply().error(), refused);
    replica.replicaof(master.port);
    replica.wait_link_up();
    assert_eq!(replica.run("replicaof no one"), "OK");
    asker.send_cmd(&["psync", &replid, &wanted, "failover"]);
    assert_eq!(asker.reply().error(), refused);
}

/// A master whose hand-over is obeyed, but does not hear so: its target is a master that it asks again
/// and again behind this proxy, and has a replica of its own.
fn unheard() -> (Server, Server, Server, FaultProxy) {
    let (master, replica) = (ours(&QUIET), ours(&QUIET));
    let proxy = FaultProxy::start(replica.port);
    replica.ok(&format!("config set replica-announce-port {}", proxy.port));
    replica.replicaof(master.port);
    replica.wait_link_up();
    let next = replica_of(replica.port, &QUIET);
    master.write_through("set before 1", 1);
    // As far as the answers to PING and REPLCONF: that to PSYNC is lost.
    let answers = "+PONG\r\n+OK\r\n+OK stream-sums\r\n".len() as u64;
    proxy.truncate_after(Direction::ToClient, answers);
    assert_eq!(master.run(&format!("failover to 127.0.0.1 {}", proxy.port)), "OK");
    wait_info(&replica, "replication", "role", "master");
    assert_eq!(state(&master), "failover-in-progress");
    next.wait_link_up();
    replica.write_through("set between 1", 1);
    (master, replica, next, proxy)
}

/// Were it to refuse, the one that asks would be a master beside it.
#[test]
fn one_that_took_over_and_hands_over_itself_still_serves_the_master_that_asks_again() {
    let (master, replica, next, proxy) = unheard();
    next.pause();
    replica.ok("set unread 1");
    assert_eq!(failover_to(&replica, &next, ""), "OK");
    wait_state(&replica, "waiting-for-sync");
    proxy.heal();
    wait_state(&master, "no-failover");
    master.wait_link_up();
    assert!(master.run("set second 1").error().starts_with("READONLY"));
    next.resume();
    wait_info(&next, "replication", "role", "master");
    is_the_only_master(&next, [&master, &replica]);
}

#[test]
fn one_that_took_over_and_has_handed_over_since_is_followed_by_the_master_that_asks_again() {
    let (master, replica, next, proxy) = unheard();
    assert_eq!(failover_to(&replica, &next, ""), "OK");
    wait_info(&next, "replication", "role", "master");
    replica.wait_link_up();
    next.ok("set unread 1");
    assert_eq!(state(&master), "failover-in-progress");
    proxy.heal();
    wait_state(&master, "no-failover");
    is_the_only_master(&next, [&master, &replica]);
}

fn is_the_only_master(one: &Server, others: [&Server; 2]) {
    for other in others {
        other.wait_link_up();
        assert_eq!(info_field(other, "replication", "role"), "slave");
        assert_eq!(other.count_log("aborted"), 0);
    }
    one.write_through("set late 1", 1);
    wait_equal_digests(&[one, others[0], others[1]]);
    assert_eq!(one.run("exists before between unread late second"), 4);
}

#[test]
fn one_that_becomes_a_replica_in_the_same_transaction_hands_nothing_over() {
    let (master, replica) = super::pair(&QUIET);
    master.write_through("set before 1", 1);
    let other = ours(&QUIET);
    other.ok("set its 1");
    let mut client = master.client();
    client.ok("multi");
    for command in [format!("replicaof 127.0.0.1 {}", other.port), "failover".into()] {
        assert_eq!(client.run(&command), "QUEUED");
    }
    let replies = client.run("exec");
    let Value::Array(replies) = replies else { panic!("{replies:?}") };
    assert_eq!(replies[1].error(), "ERR FAILOVER is not valid when server is a replica.");
    assert_eq!(state(&master), "no-failover");
    master.wait_link_up();
    wait_equal_digests(&[&other, &master, &replica]);
}

/// Every answered write is there in the end, whoever was the master, and none that was refused.
#[test]
fn no_answered_write_is_lost_while_two_servers_change_places() {
    let (a, b) = super::pair(&QUIET);
    a.write_through("set counter 0", 1);
    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (over, addresses) = (over.clone(), [a.address(), b.address()]);
        move || {
            let mut clients = addresses.map(Client::connect);
            let (mut at, mut answered) = (0, 0);
            while !over.load(Ordering::Relaxed) {
                match clients[at].run("incr counter") {
                    reply if reply.is_error() => {
                        assert!(reply.error().starts_with("READONLY"), "{reply:?}");
                        at = 1 - at;
                    }
                    reply => answered = reply.int(),
                }
            }
            answered
        }
    });
    for (from, to) in [(&a, &b), (&b, &a)].iter().cycle().take(6) {
        assert_eq!(failover_to(from, to, ""), "OK");
        wait_info(to, "replication", "role", "master");
        from.wait_link_up();
    }
    over.store(true, Ordering::Relaxed);
    let answered = writer.join().expect("the writer");
    assert!(answered > 0);
    wait_equal_digests(&[&a, &b]);
    assert_eq!(a.run("get counter"), answered.to_string().as_str());
    for server in [&a, &b] {
        assert_eq!(
            info_field(server, "stats", "sync_full"),
            if server.port == a.port { "1" } else { "0" }
        );
    }
}

//! Replicas that stop reading: dropped at their output limit, while the master's memory stays
//! bounded.

use crate::support::*;

/// The hard limit is over the backlog's size, or it would not count.
const LIMITED: [&str; 4] =
    ["--client-output-buffer-limit", "replica 4mb 0 0", "--repl-backlog-size", "1mb"];

/// Overwrites a few keys with 1 MB each until the master has dropped its replicas, at most 200
/// times.
fn write_until_dropped(master: &Server) {
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    for i in 0..200 {
        client.cmd(&["set", &format!("k:{}", i % 3), &value]);
        if info_field(master, "replication", "connected_slaves") == "0" {
            return;
        }
    }
    panic!("still connected: {}", master.run("info replication").text());
}

#[test]
fn a_streaming_replica_that_stops_reading_is_dropped_at_its_limit() {
    let master = ours(&LIMITED);
    let (mut replica, sync) = RawReplica::attach(&master);
    let Grant::Full { offset, .. } = sync else { panic!("{sync:?}") };
    master.wait_online(1);
    replica.ack(offset);
    let before = master.resident_bytes();
    write_until_dropped(&master);
    master.wait_for_log("for overcoming of output buffer limits.");
    let grown = master.resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "the master has grown by {grown} bytes");
    assert_eq!(master.run("ping"), "PONG");
    assert_eq!(master.count_log("for overcoming of output buffer limits."), 1);
    let counted = info_field(&master, "stats", "client_output_buffer_limit_disconnections");
    assert_eq!(counted, "1");
}

#[test]
fn a_replica_that_stops_reading_its_snapshot_is_dropped_at_its_limit() {
    let master = ours(&LIMITED);
    // Incompressible, and more than socket buffers hold.
    let mut client = master.client();
    let mut random = Random::new(3);
    for i in 0..32 {
        let key = format!("big:{i}").into_bytes();
        client.cmd(&[b"set".to_vec(), key, random.bytes(1 << 20)]);
    }
    let mut replica = RawReplica::connect(&master);
    replica.link.send(b"psync ? -1\r\n");
    master.wait_for_log("Background RDB transfer started by pid ");
    write_until_dropped(&master);
    master.wait_for_log("for overcoming of output buffer limits.");
    assert_eq!(master.run("ping"), "PONG");
}

/// It reads all, and never says that it has: meanwhile the stream waits for it in the backlog.
#[test]
fn a_replica_that_never_acknowledges_its_snapshot_is_dropped_when_it_reaches_its_limit() {
    let master = ours(&LIMITED);
    let mut replica = RawReplica::connect(&master);
    replica.link.ok("replconf capa eof");
    replica.link.send(b"psync ? -1\r\n");
    master.wait_online(1);
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    // Not more than the limit needs: the clock would drop it too, a second later.
    for _ in 0..8 {
        client.cmd(&["set", "k", &value]);
    }
    assert_eq!(client.run("wait 1 1"), 0);
    assert_eq!(master.count_log("for overcoming of output buffer limits."), 1);
}

/// It takes no byte of what stands before its answer, so that its socket is never handed over.
fn stuck_before_its_answer(master: &Server) -> Client {
    // The message is over what a subscriber may have to take.
    let unlimited = ["config", "set", "client-output-buffer-limit", "pubsub 0 0 0"];
    assert_eq!(master.client().cmd(&unlimited), "OK");
    let (first, _) = RawReplica::streaming(master);
    drop(first);
    let is_replica_there = || !master.run("client list type replica").text().is_empty();
    wait_until(PATIENCE, "the first to go", || !is_replica_there());
    let id = info_field(master, "replication", "master_replid");
    let offset =
        || -> i64 { info_field(master, "replication", "master_repl_offset").parse().unwrap() };
    let (mut sleeper, mut writer) = (master.client(), master.client());
    let queue_message = |writer: &mut Client| {
        writer.run("multi");
        writer.cmd(&["publish", "news", &"x".repeat(32 << 20)]);
    };
    // What follows is all in this database.
    writer.run("set k v");
    for _ in 0..20 {
        queue_message(&mut writer);
        // The stream has the message too: after that the replica is to go on.
        let before = offset();
        writer.run("exec");
        let psync = format!("psync {id} {}\r\n", 2 * offset() - before + 1);
        let mut stuck = master.client().hello3();
        stuck.run("subscribe news");
        queue_message(&mut writer);
        // Both come while the server sleeps: the message is on its way when PSYNC is run.
        sleeper.send(b"debug sleep 0.3\r\n");
        writer.send(b"exec\r\n");
        stuck.send(psync.as_bytes());
        assert_eq!(sleeper.reply(), "OK");
        writer.reply();
        if is_replica_there() {
            return stuck;
        }
    }
    panic!("it never became a replica:\n{}", master.log());
}

#[test]
fn a_replica_that_never_takes_its_answer_is_dropped_at_its_limit() {
    let master = ours(&LIMITED);
    let _stuck = stuck_before_its_answer(&master);
    let before = master.resident_bytes();
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    wait_until(PATIENCE, "it to be dropped", || {
        client.cmd(&["set", "k", &value]);
        master.count_log("for overcoming of output buffer limits.") == 1
    });
    let grown = master.resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "the master has grown by {grown} bytes");
    let counted = info_field(&master, "stats", "client_output_buffer_limit_disconnections");
    assert_eq!(counted, "1");
    wait_until(PATIENCE, "the backlog to shrink", || {
        client.cmd(&["set", "k", "v"]);
        let kept = info_field(&master, "replication", "repl_backlog_histlen");
        kept.parse::<usize>().unwrap() < 2 << 20
    });
    assert_eq!(master.run("client list type replica"), "");
}

#[test]
fn a_replica_that_never_takes_its_answer_is_dropped_in_time() {
    let master = ours(&["--repl-timeout", "2"]);
    let _stuck = stuck_before_its_answer(&master);
    master.wait_for_log("Disconnecting timedout replica (streaming sync)");
    wait_until(PATIENCE, "its client to go", || master.run("client list type replica") == "");
}

#[test]
fn who_has_yet_to_take_replies_cannot_become_a_replica() {
    for kind in [Kind::Understudy, Kind::RealRedis] {
        let server = Server::start(kind, &[]);
        let mut client = server.client();
        client.cmd(&["set", "k", &"x".repeat(16 << 20)]);
        client.send(b"get k\r\n");
        // Not in one batch with it.
        wait_until(PATIENCE, "the reply to wait for the client", || {
            let list = server.run("client list").text();
            list.lines().any(|line| line.contains("cmd=get") && !line.contains("omem=0"))
        });
        client.send(b"psync ? -1\r\n");
        assert_eq!(client.reply().text().len(), 16 << 20);
        assert_eq!(client.reply().error(), "ERR SYNC and PSYNC are invalid with pending output");
    }
}

#[test]
fn a_stopped_replica_process_is_dropped_and_comes_back_with_equal_data() {
    let master = ours(&LIMITED);
    let other = Server::start_replica(Kind::Understudy, master.port, &[]);
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    other.wait_link_up();
    replica.wait_link_up();
    master.wait_online(2);
    replica.pause();
    let mut client = master.client();
    let mut writes = 0;
    while info_field(&master, "replication", "connected_slaves") == "2" {
        let value = format!("{writes:9}").repeat(1 << 17);
        client.cmd(&["set", &format!("k:{}", writes % 3), &value]);
        // The other replica keeps up, so it is the stopped one that goes.
        client.run("wait 1 1000");
        writes += 1;
        assert!(writes < 200, "still connected");
    }
    assert_eq!(info_field(&other, "replication", "master_link_status"), "up");
    replica.resume();
    wait_equal_digests(&[&master, &other, &replica]);
    // What the backlog kept for it may still serve it, as long as it was not freed.
    let [full, partial] = ["sync_full", "sync_partial_ok"]
        .map(|field| info_field(&master, "stats", field).parse::<u32>().expect("a count"));
    assert_eq!(full + partial, 3);
}

#[test]
fn a_replica_that_asks_for_something_is_named_with_its_command_and_dropped() {
    let master = ours(&[]);
    for (command, name, complains) in [
        ("get foo", "get", true),
        ("slowlog get", "slowlog|get", false),
        ("what", "<unknown>", false),
    ] {
        let (mut replica, _) = RawReplica::streaming(&master);
        replica.link.send(format!("{command}\r\n").as_bytes());
        let line = master.wait_for_log(&format!("Replica generated a reply to command '{name}',"));
        assert!(line.contains("disconnecting it: id=") && line.contains(" flags=S "), "{line}");
        let critical = format!(
            "'Replica can't interact with the keyspace' after processing the command '{name}'"
        );
        assert_eq!(master.count_log(&critical), usize::from(complains), "{command}");
        replica.link.recv_to_end();
    }
}

#[test]
fn a_replica_that_asks_for_a_sync_once_more_is_passed_over() {
    for kind in [Kind::Understudy, Kind::RealRedis] {
        let master = Server::start(kind, &[]);
        let (mut replica, _) = RawReplica::streaming(&master);
        replica.link.send(b"psync ? -1\r\nsync\r\n");
        master.ok("set k v");
        while replica.next_line() != "set k v" {}
        assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    }
}

/// One figure of each replica in the master's CLIENT LIST.
fn figures(master: &Server, name: &str) -> Vec<usize> {
    let list = master.run("client list type replica").text();
    let figure = |line: &str| {
        let value = line.split(' ').find_map(|word| word.strip_prefix(&format!("{name}=")));
        value.expect("the field").parse().expect("a number")
    };
    list.lines().map(figure).collect()
}

#[test]
fn what_a_replica_has_still_to_take_is_its_output() {
    let master = ours(&["--repl-backlog-size", "1mb", "--repl-backlog-disk-size", "0"]);
    let (mut replica, sync) = RawReplica::attach(&master);
    let Grant::Full { offset, .. } = sync else { panic!("{sync:?}") };
    master.wait_online(1);
    replica.ack(offset);
    let mut client = master.client();
    let value = "x".repeat(1 << 20);
    // The system takes some of it.
    for i in 0..20 {
        client.cmd(&["set", &format!("k:{}", i % 3), &value]);
    }
    wait_until(PATIENCE, "the lag to be shown", || figures(&master, "omem")[0] > 4 << 20);
    let slaves = || info_field(&master, "memory", "mem_clients_slaves").parse::<usize>().unwrap();
    wait_until(PATIENCE, "what it keeps of the backlog to be shown", || slaves() > 3 << 20);
    drop(replica);
    wait_until(PATIENCE, "all to be given back", || slaves() == 0);
}

/// Redis counts them nowhere.
#[test]
fn replicas_that_keep_up_are_counted_for_what_their_links_take() {
    if played_by_redis() {
        return;
    }
    let master = ours(&[]);
    let replicas = [(); 2].map(|()| Server::start_replica(Kind::Understudy, master.port, &[]));
    replicas.iter().for_each(Server::wait_link_up);
    master.wait_online(2);
    wait_until(PATIENCE, "both links to be counted", || {
        let totals: usize = figures(&master, "tot-mem").iter().sum();
        let shown = info_field(&master, "memory", "mem_clients_slaves");
        figures(&master, "omem") == [0, 0] && totals > 0 && shown == totals.to_string()
    });
}

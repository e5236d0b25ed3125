//! `repl-ack-quorum` and CLIENT QUORUM: a write is answered when enough replicas have it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use crate::support::*;

const NOT_CONFIRMED: &str =
    "NOQUORUM The write is applied here, but not confirmed by as many replicas as it was to be.";
const ROLE_CHANGED: &str = "UNBLOCKED force unblock from blocking operation, \
                            instance state changed (master -> replica?)";
/// PINGs are part of the stream: without them offsets stand still between writes.
const QUIET: [&str; 2] = ["--repl-ping-replica-period", "3600"];

fn ok() -> Value {
    Value::Simple("OK".to_owned())
}

fn offset(server: &Server) -> i64 {
    info_field(server, "replication", "master_repl_offset").parse().expect("a number")
}

fn wait_held(master: &Server, clients: usize) {
    wait_info(master, "clients", "blocked_clients", &clients.to_string());
}

/// A master whose writes want an acknowledgement, for as long as a test may take, and a replica
/// that gives them by hand.
fn by_hand() -> (Server, RawReplica) {
    let more = ["--repl-ack-quorum", "1", "--repl-ack-timeout", "600000"];
    let master = ours(&[&QUIET[..], &more].concat());
    let (replica, _) = RawReplica::streaming(&master);
    (master, replica)
}

#[test]
fn a_pipeline_waits_once_and_its_replies_keep_their_order() {
    let (master, mut replica) = by_hand();
    let mut client = master.client();
    let mut other = master.client();
    client
        .send(b"get a\r\nset a 1\r\nget a\r\nset b 2\r\nset b 3 nx\r\nmulti\r\nincr a\r\nexec\r\n");
    wait_held(&master, 1);
    // Others see what is not confirmed yet, and who only reads does not wait.
    assert_eq!(other.run("get b"), "2");
    assert_eq!(other.run("set b 4 nx"), Value::Nil, "nothing was written");
    assert_eq!(other.run("del nothing"), 0);
    let mut asked = 0;
    while asked == 0 {
        let command = replica.next_command().expect("the stream");
        asked += usize::from(command == ["REPLCONF", "GETACK", "*"]);
    }
    replica.ack(offset(&master));
    assert_eq!(client.reply(), Value::Nil);
    let replies: Vec<Value> = (0..7).map(|_| client.reply()).collect();
    assert_eq!(replies[..2], [ok(), Value::Bulk(b"1".to_vec())]);
    assert_eq!((&replies[2], &replies[3]), (&ok(), &Value::Nil));
    assert_eq!(replies[6].items(), [Value::Int(2)]);
    wait_held(&master, 0);
    assert_eq!(client.run("get a"), "2");
}

#[test]
fn at_the_timeout_only_what_is_not_confirmed_is_told_so_and_it_is_applied() {
    let (master, mut replica) = by_hand();
    let mut client = master.client();
    let begun = offset(&master);
    client.ok("client quorum 0");
    client.ok("set length 1");
    let length = offset(&master) - begun;
    client.ok("client quorum default");
    replica.ack(offset(&master));
    assert_eq!(master.run("config set repl-ack-timeout 300"), "OK");
    client.send(b"set length 2\r\nget length\r\nset length 3\r\nmulti\r\nset length 4\r\nexec\r\n");
    wait_held(&master, 1);
    // The SELECT of the stream came with the first.
    let first = offset(&master);
    assert!(length > 0 && first > begun);
    let at = first_write_end(&mut replica, "2") + begun;
    replica.ack(at);
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.reply(), "2");
    assert_eq!(client.reply().error(), NOT_CONFIRMED);
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.reply(), "QUEUED");
    assert_eq!(client.reply().error(), NOT_CONFIRMED);
    assert_eq!(client.run("get length"), "4");
    let counted = info_field(&master, "errorstats", "errorstat_NOQUORUM");
    assert_eq!(counted, "count=2");
    replica.ack(offset(&master));
}

/// Reads the stream up to the SET of this value; the bytes up to there.
fn first_write_end(replica: &mut RawReplica, value: &str) -> i64 {
    loop {
        let command = replica.next_command().expect("the stream");
        if command.first().is_some_and(|name| name.eq_ignore_ascii_case("set"))
            && command.last().is_some_and(|last| last == value)
        {
            return replica.stream_bytes;
        }
    }
}

#[test]
fn what_would_wait_itself_begins_when_the_writes_before_it_are_confirmed() {
    let (master, mut replica) = by_hand();
    let mut client = master.client();
    client.send(b"set a 1\r\nblpop list 0\r\nset b 1\r\nwait 1 0\r\n");
    wait_held(&master, 1);
    replica.ack(offset(&master));
    assert_eq!(client.reply(), "OK");
    wait_held(&master, 1);
    // Served, it has written: its reply waits with what follows.
    let mut pusher = master.client();
    pusher.ok("client quorum 0");
    assert_eq!(pusher.run("rpush list x"), 1);
    wait_until(PATIENCE, "the element to be taken", || pusher.run("exists list") == 0);
    wait_until(PATIENCE, "what follows it", || pusher.run("exists b") == 1);
    wait_held(&master, 1);
    replica.ack(offset(&master));
    assert_eq!(client.reply().texts(), ["list", "x"]);
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.reply(), 1);
    // A pause holds the next command back, not the replies before it.
    client.send(b"set a 2\r\nclient pause 100000 write\r\nset a 3\r\n");
    wait_held(&master, 1);
    replica.ack(offset(&master));
    assert_eq!((client.reply(), client.reply()), (ok(), ok()));
    wait_held(&master, 1);
    assert_eq!(master.run("client unpause"), "OK");
    wait_until(PATIENCE, "the write that was paused", || master.run("get a") == "3");
    replica.ack(offset(&master));
    assert_eq!(client.reply(), "OK");
}

#[test]
fn who_asks_for_no_reply_is_not_held() {
    let (master, _replica) = by_hand();
    let mut client = master.client();
    client.send(b"client reply off\r\nset a 1\r\nclient reply on\r\nget a\r\n");
    assert_eq!((client.reply(), client.reply()), (ok(), Value::Bulk(b"1".to_vec())));
    client.send(b"client reply skip\r\nset a 2\r\nget a\r\n");
    assert_eq!(client.reply(), "2");
}

#[test]
fn messages_come_behind_the_replies_that_are_held() {
    let (master, mut replica) = by_hand();
    let mut client = master.client().hello3();
    client.ok("client quorum 0");
    client.send(b"subscribe news\r\n");
    client.reply();
    client.ok("client quorum 1");
    client.send(b"set a 1\r\npublish news mine\r\n");
    wait_held(&master, 1);
    let mut publisher = master.client();
    publisher.ok("client quorum 0");
    assert_eq!(publisher.run("publish news others"), 1);
    replica.ack(offset(&master));
    assert_eq!((client.reply(), client.reply()), (ok(), Value::Int(1)));
    assert_eq!(client.reply().texts(), ["message", "news", "mine"]);
    assert_eq!(client.reply().texts(), ["message", "news", "others"]);
    // What gathers meanwhile has the limit of its class.
    let limit = ["config", "set", "client-output-buffer-limit", "pubsub 100000 0 0"];
    assert_eq!(master.client().cmd(&limit), "OK");
    client.send(b"set a 2\r\n");
    wait_held(&master, 1);
    let message = "x".repeat(60_000);
    for _ in 0..2 {
        publisher.cmd(&["publish", "news", &message]);
    }
    wait_until(PATIENCE, "the end of the connection", || client.is_closed());
    wait_held(&master, 0);
}

#[test]
fn a_wait_may_be_ended_by_others_and_ends_with_its_client() {
    let (master, mut replica) = by_hand();
    let mut clients: Vec<Client> = (0..4).map(|_| master.client()).collect();
    let ids: Vec<i64> = clients.iter_mut().map(|client| client.run("client id").int()).collect();
    for client in &mut clients {
        client.send(b"incr n\r\nget n\r\n");
    }
    wait_held(&master, 4);
    let mut admin = master.client();
    assert_eq!(admin.run(&format!("client unblock {}", ids[0])), 1);
    assert_eq!(clients[0].reply().error(), NOT_CONFIRMED);
    assert_eq!(clients[0].reply(), "1");
    assert_eq!(admin.run(&format!("client unblock {} error", ids[1])), 1);
    assert_eq!(clients[1].reply().error(), "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    assert_eq!(admin.run(&format!("client kill id {}", ids[2])), 1);
    wait_until(PATIENCE, "the end of the connection", || clients[2].is_closed());
    wait_held(&master, 1);
    // One who sends nothing more is answered all the same.
    clients[3].finish_sending();
    assert_eq!(admin.run("get n"), "4");
    replica.ack(offset(&master));
    assert_eq!(
        (clients[3].reply(), clients[3].reply()),
        (Value::Int(4), Value::Bulk(b"4".to_vec()))
    );
    wait_until(PATIENCE, "the end of the connection", || clients[3].is_closed());
    let mut last = master.client();
    last.send(b"incr n\r\nquit\r\n");
    wait_held(&master, 1);
    replica.ack(offset(&master));
    assert_eq!((last.reply(), last.reply()), (Value::Int(5), ok()));
    wait_until(PATIENCE, "the end of the connection", || last.is_closed());
}

/// One that has closed its side may still read, and nothing tells it from one that has gone: neither
/// is kept for as long as the others.
#[test]
fn a_client_that_has_gone_is_not_held_until_the_timeout() {
    let (master, _replica) = by_hand();
    let (mut gone, mut stays, mut half) = (master.client(), master.client(), master.client());
    for client in [&mut gone, &mut stays, &mut half] {
        client.send(b"incr n\r\n");
    }
    wait_held(&master, 3);
    drop(gone);
    half.finish_sending();
    wait_held(&master, 1);
    assert_eq!(half.reply().error(), NOT_CONFIRMED);
    wait_until(PATIENCE, "the end of the connection", || half.is_closed());
    wait_info(&master, "clients", "connected_clients", "2");
}

#[test]
fn a_master_that_becomes_a_replica_says_so_to_who_waits_and_closes() {
    let (master, _replica) = by_hand();
    let other = ours(&QUIET);
    let mut client = master.client();
    client.send(b"set a 1\r\nget a\r\nset b 1\r\n");
    wait_held(&master, 1);
    master.replicaof(other.port);
    assert_eq!(client.reply().error(), ROLE_CHANGED);
    // On a busy machine the turn may have been over before the others ran: then they never do.
    if let Ok(read) = client.try_reply() {
        assert_eq!(read, "1");
    }
    if let Ok(last) = client.try_reply() {
        assert_eq!(last.error(), ROLE_CHANGED);
        wait_until(PATIENCE, "the end of the connection", || client.is_closed());
    }
    // What a replica's clients write there is safe nowhere: who asks is told at once.
    master.wait_link_up();
    assert_eq!(master.run("config set replica-read-only no"), "OK");
    let mut client = master.client();
    client.ok("set local 1");
    client.ok("client quorum 1");
    assert_eq!(client.run("set local 2").error(), NOT_CONFIRMED);
    assert_eq!(client.run("get local"), "2");
}

#[test]
fn without_replicas_every_write_says_that_it_is_not_confirmed() {
    let master = ours(&["--repl-ack-quorum", "1", "--repl-ack-timeout", "20"]);
    let mut client = master.client();
    assert_eq!(client.run("set a 1").error(), NOT_CONFIRMED);
    assert_eq!(client.run("get a"), "1");
    assert_eq!(client.run("del nothing"), 0);
    // The replica that comes has it by its full sync.
    let _replica = replica_of(master.port, &[]);
    assert_eq!(master.run("config set repl-ack-timeout 600000"), "OK");
    client.ok("set a 2");
}

/// More than fits into one turn: each turn waits for itself, and all come in order.
#[test]
fn a_long_pipeline_is_answered_in_order_through_its_turns() {
    let master = ours(&["--repl-ack-quorum", "2", "--repl-ack-timeout", "600000"]);
    let replicas =
        [replica_of(master.port, &[]), Server::start_replica(Kind::RealRedis, master.port, &[])];
    replicas.iter().for_each(Server::wait_link_up);
    let mut client = master.client();
    let value = "v".repeat(2000);
    let commands: Vec<Vec<&str>> = (0..3000)
        .flat_map(|_| [vec!["append", "k", &value], vec!["getrange", "k", "0", "999"]])
        .collect();
    let replies = client.pipeline(&commands);
    for (i, pair) in replies.chunks(2).enumerate() {
        assert_eq!(pair[0], 2000 * (i as i64 + 1));
        assert_eq!(pair[1].bytes().len(), 1000);
    }
    assert_eq!(replicas[1].run("strlen k"), 2000 * 3000);
}

/// Writers that count what was answered, on a server that dies.
struct Writers {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    threads: Vec<JoinHandle<i64>>,
}

impl Writers {
    /// Each counts up a key of its own, `pipeline` at a time, and has begun when this returns.
    fn start(port: u16, count: usize, pipeline: usize) -> Writers {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (begun, begins) = mpsc::channel();
        let writer = |i: usize| {
            let mut begun = Some(begun.clone());
            let (stop, answered) = (stop.clone(), answered.clone());
            let mut client = Client::connect(("127.0.0.1", port));
            std::thread::spawn(move || {
                let commands = format!("incr writer:{i}\r\n").repeat(pipeline);
                let mut highest = 0;
                while !stop.load(Ordering::Relaxed) {
                    if client.try_send(commands.as_bytes()).is_err() {
                        break;
                    }
                    for _ in 0..pipeline {
                        match client.try_reply() {
                            Ok(reply) if reply.is_error() => {}
                            Ok(reply) => highest = reply.int(),
                            Err(_) => return highest,
                        }
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    // The server may die before the last of the threads has its first turn.
                    begun.take().map(|begun| begun.send(()));
                }
                highest
            })
        };
        let threads = (0..count).map(writer).collect();
        (0..count).for_each(|_| begins.recv_timeout(PATIENCE).expect("its first answers"));
        Writers { stop, answered, threads }
    }

    /// However long it takes, if there are always more: each answer takes turns of four processes.
    #[track_caller]
    fn wait_more(&self, count: u64) {
        let answered = || self.answered.load(Ordering::Relaxed);
        let goal = answered() + count;
        while answered() < goal {
            let before = answered();
            wait_until(PATIENCE, "another answer", || answered() > before);
        }
    }

    fn stop(self) -> Vec<i64> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().expect("a writer")).collect()
    }
}

fn rounds() -> usize {
    std::env::var("TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// The master is killed under load; the replica that is furthest has every answered write.
fn no_answered_write_is_missing(kinds: [Kind; 2]) {
    let mut random = Random::from_environment("quorum");
    for round in 0..rounds() {
        let mut master = ours(&["--repl-ack-quorum", "1", "--repl-ack-timeout", "600000"]);
        let replicas = kinds.map(|kind| Server::start_replica(kind, master.port, &[]));
        replicas.iter().for_each(Server::wait_link_up);
        let writers = Writers::start(master.port, 8, 16);
        writers.wait_more(500 + random.below(3000));
        master.kill9();
        let answered = writers.stop();
        let offsets = replicas.each_ref().map(|replica| {
            wait_info(replica, "replication", "master_link_status", "down");
            info_field(replica, "replication", "slave_repl_offset")
                .parse::<i64>()
                .expect("a number")
        });
        let furthest = &replicas[usize::from(offsets[1] > offsets[0])];
        assert_eq!(furthest.run("replicaof no one"), "OK");
        for (i, highest) in answered.iter().enumerate() {
            let there = match furthest.run(&format!("get writer:{i}")) {
                Value::Nil => 0,
                there => there.text().parse().expect("a number"),
            };
            assert!(*highest > 0 && there >= *highest, "round {round}, {i}: {there} of {highest}");
        }
    }
}

#[test]
fn no_answered_write_is_missing_on_the_furthest_replica_of_a_killed_master() {
    no_answered_write_is_missing([Kind::Understudy, Kind::Understudy]);
}

#[test]
fn no_answered_write_is_missing_on_the_furthest_redis_replica_of_a_killed_master() {
    no_answered_write_is_missing([Kind::RealRedis, Kind::RealRedis]);
}

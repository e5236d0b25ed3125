//! `replica-forward-writes`: a replica sends its clients' writes on to its master, and a hand-over
//! under load is one that clients do not notice.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::*;

const FORWARDS: [&str; 2] = ["--replica-forward-writes", "yes"];

fn ok() -> Value {
    Value::Simple("OK".to_owned())
}

fn blocked(server: &Server, clients: usize) {
    wait_info(server, "clients", "blocked_clients", &clients.to_string());
}

/// All forwarders have hung up, and the server has seen it: one that has not may have sent a command
/// that it has not read yet.
fn only_we_are_at(server: &Server) {
    wait_info(server, "clients", "connected_clients", "1");
}

/// What a client of a forwarding replica of this master sees.
fn sees_its_own_writes(kind: Kind) {
    let master = Server::start(kind, &[]);
    let replica = replica_of(master.port, &FORWARDS);
    let mut client = replica.client();
    client.send(
        b"get a\r\nset a 1\r\nincr a\r\nget a\r\nlpush list x y\r\nlrange list 0 -1\r\nset a\r\n\
          incr list\r\nset \"b c\" 1\r\ndbsize\r\n",
    );
    assert_eq!((client.reply(), client.reply(), client.reply()), (Value::Nil, ok(), Value::Int(2)));
    assert_eq!(client.reply(), "2");
    assert_eq!(client.reply(), 2);
    assert_eq!(client.reply().texts(), ["y", "x"]);
    assert!(client.reply().error().contains("wrong number of arguments"));
    assert!(client.reply().error().starts_with("WRONGTYPE"));
    assert_eq!((client.reply(), client.reply()), (ok(), Value::Int(3)));
    // Its database, its protocol, and a transaction as one.
    client.ok("select 3");
    client.send(b"multi\r\nset a 5\r\nincrby a 2\r\nget a\r\nexec\r\nget a\r\n");
    assert_eq!(client.reply(), "OK");
    for _ in 0..3 {
        assert_eq!(client.reply(), "QUEUED");
    }
    assert_eq!(client.reply().items()[1..], [Value::Int(7), Value::Bulk(b"7".to_vec())]);
    assert_eq!(client.reply(), "7");
    assert_eq!(master.run("get a"), "2");
    let mut other = replica.client().hello3();
    other.send(b"zadd z 1.5 m\r\nzpopmin z\r\n");
    assert_eq!(other.reply(), 1);
    assert_eq!(other.reply().items(), [Value::Bulk(b"m".to_vec()), Value::Double("1.5".into())]);
    // Long ones, both ways.
    let value = "v".repeat(3_000_000);
    assert_eq!(client.cmd(&["set", "long", &value]), "OK");
    let before = client.cmd(&["getset", "long", "short"]);
    assert!(before.bytes() == value.as_bytes());
    let commands: Vec<Vec<String>> =
        (0..5000).map(|i| vec!["incrby".into(), "n".into(), i.to_string()]).collect();
    let replies = client.pipeline(&commands);
    assert_eq!(replies.last(), Some(&Value::Int(5000 * 4999 / 2)));
    assert_eq!(client.run("get n").text(), (5000 * 4999 / 2).to_string());
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&replica, "replication", "role"), "slave");
}

#[test]
fn a_client_of_a_replica_writes_at_its_master_and_sees_what_it_wrote() {
    sees_its_own_writes(Kind::Understudy);
}

#[test]
fn the_master_may_be_redis() {
    sees_its_own_writes(Kind::RealRedis);
}

#[test]
fn who_waits_for_a_key_waits_at_the_master() {
    let master = ours(&[]);
    let replica = replica_of(master.port, &FORWARDS);
    let mut client = replica.client();
    client.send(b"blpop list 0\r\nget after\r\n");
    blocked(&master, 1);
    let mut quick = replica.client();
    assert_eq!(quick.run("set after 1"), "OK");
    assert_eq!(master.run("rpush list x"), 1);
    assert_eq!(client.reply().texts(), ["list", "x"]);
    assert_eq!(client.reply(), "1");
    assert_eq!(client.run("blpop list 0.01"), Value::Nil);
    // One that goes ends its wait there too.
    client.send(b"blpop list 0\r\n");
    blocked(&master, 1);
    drop(client);
    blocked(&master, 0);
    assert_eq!(master.run("rpush list y"), 1);
    assert_eq!(master.run("llen list"), 1);
    // One that has only closed its side of a write is answered.
    let mut half = replica.client();
    half.send(b"incr n\r\n");
    half.finish_sending();
    assert_eq!(half.reply(), 1);
}

#[test]
fn what_cannot_go_is_refused_and_what_is_local_stays() {
    let master = ours(&[]);
    let replica = replica_of(master.port, &FORWARDS);
    let mut client = replica.client();
    let exec = |client: &mut Client, commands: &[&str]| {
        commands.iter().for_each(|command| drop(client.run(command)));
        client.run("exec")
    };
    let reply = exec(&mut client, &["watch a", "multi", "set a 1"]);
    assert!(reply.error().starts_with("EXECABORT Transaction discarded because of: READONLY"));
    let reply = exec(&mut client, &["multi", "set a 1", "select 2"]);
    assert!(reply.error().starts_with("EXECABORT Transaction discarded because of: READONLY"));
    let reply = exec(&mut client, &["multi", "set a 1", "nonsense"]);
    assert_eq!(reply.error(), "EXECABORT Transaction discarded because of previous errors.");
    assert_eq!(exec(&mut client, &["watch a", "multi", "get a"]).items(), [Value::Nil]);
    assert_eq!(client.run("exec").error(), "ERR EXEC without MULTI");
    client.send(b"client reply skip\r\nincr a\r\nclient reply off\r\nincr a\r\nincr a\r\nclient reply on\r\n");
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.run("get a"), "3");
    client.send(b"subscribe news\r\nset a 1\r\n");
    client.reply();
    assert!(client.reply().error().starts_with("ERR Can't execute 'set'"));
    assert_eq!(replica.run("publish news x"), 1);
    assert_eq!(replica.run("config set replica-forward-writes no"), "OK");
    assert!(replica.run("set a 1").error().starts_with("READONLY"));
}

#[test]
fn the_master_is_told_who_speaks() {
    let args = ["--requirepass", "secret"];
    let master = ours(&args);
    let replica = Server::start_replica(
        Kind::Understudy,
        master.port,
        &[&FORWARDS[..], &["--masterauth", "secret"]].concat(),
    );
    replica.wait_link_up();
    assert_eq!(replica.run("set a 1"), "OK");
    assert_eq!(replica.run("config set masterauth wrong"), "OK");
    let refused = replica.run("set a 2");
    assert!(
        refused.error().starts_with("MASTERDOWN The write was not forwarded to MASTER: WRONGPASS")
    );
    assert_eq!(replica.run("get a"), "1");
    assert_eq!(replica.run("config set masterauth secret"), "OK");
    assert_eq!(replica.run("set a 2"), "OK");
    // Whoever has a connection there does not go on under what was said before.
    let mut writer = replica.client();
    writer.ok("set a 2");
    writer.ok("config set masterauth wrong");
    assert!(writer.run("set a 3").error().contains("WRONGPASS"));
    let doctor = writer.run("replication doctor").text();
    assert!(doctor.contains("Look at masteruser and masterauth."), "{doctor}");
    assert!(doctor.contains("Whoever reaches this server writes on its master"), "{doctor}");
    replica.wait_for_log("requirepass is not: whoever reaches this server writes on its master");
    writer.ok("config set masterauth secret");
    writer.ok("set a 2");
    // What its client asks for of replicas is asked of the master.
    let mut client = replica.client();
    client.ok("client quorum 1");
    assert_eq!(client.run("set a 3"), "OK");
    let mut admin = master.client();
    admin.ok("auth secret");
    admin.ok("config set repl-ack-timeout 20");
    client.ok("client quorum 2");
    assert!(client.run("set a 4").error().starts_with("NOQUORUM"));
    assert_eq!(client.run("get a"), "4");
}

#[test]
fn a_master_that_is_gone_is_told_of_and_one_that_goes_leaves_doubt() {
    let mut master = ours(&[]);
    let replica =
        replica_of(master.port, &[&FORWARDS[..], &["--replica-wipe-guard", "0"]].concat());
    let mut client = replica.client();
    client.ok("set a 1");
    client.send(b"blpop list 0\r\nset a 2\r\n");
    blocked(&master, 1);
    master.kill9();
    let lost = client.reply();
    assert!(
        lost.error().starts_with("MASTERDOWN Link with MASTER lost, the forwarded write may be")
    );
    let refused = client.reply();
    assert!(refused.error().starts_with("MASTERDOWN The write was not forwarded to MASTER"));
    assert_eq!(client.run("get a"), "1");
    master.restart();
    replica.wait_link_up();
    client.ok("set a 3");
    assert_eq!(master.run("get a"), "3");
}

#[test]
fn writes_go_through_a_chain_and_a_circle_is_cut() {
    let top = ours(&[]);
    let middle = replica_of(top.port, &FORWARDS);
    let end = replica_of(middle.port, &FORWARDS);
    let mut client = end.client();
    client.send(b"set a 1\r\nget a\r\nmulti\r\nincr a\r\nexec\r\n");
    assert_eq!((client.reply(), client.reply()), (ok(), Value::Bulk(b"1".to_vec())));
    assert_eq!((client.reply(), client.reply().text()), (ok(), "QUEUED".to_owned()));
    assert_eq!(client.reply().items(), [Value::Int(2)]);
    assert_eq!(top.run("get a"), "2");
    // Whoever follows a replica that refuses gets its refusal, at once from one that was none but
    // a replica, and writes again when it does not.
    assert_eq!(middle.run("config set replica-forward-writes no"), "OK");
    client.send(b"set a 3\r\nmulti\r\nset a 3\r\nexec\r\n");
    assert!(client.reply().error().starts_with("READONLY SETTLED"));
    assert_eq!((client.reply(), client.reply().text()), (ok(), "QUEUED".to_owned()));
    let refused = client.reply();
    let told = "EXECABORT Transaction discarded because of: READONLY SETTLED";
    assert!(refused.error().starts_with(told), "{refused:?}");
    assert_eq!(middle.run("config set replica-forward-writes yes"), "OK");
    wait_until(PATIENCE, "a write to be taken", || client.run("set a 3") == "OK");
    middle.replicaof(end.port);
    let refused = client.run("set a 4");
    assert!(refused.error().starts_with("READONLY"), "{refused:?}");
}

/// Clients of both servers count up while they change places, by FAILOVER: no answer is an error,
/// and what was answered is there.
#[test]
fn ten_hand_overs_under_load_are_noticed_by_no_client() {
    let (a, b) = super::pair(&FORWARDS);
    let over = Arc::new(AtomicBool::new(false));
    let writer = |i: usize, port: u16| {
        let over = over.clone();
        std::thread::spawn(move || {
            let mut client = Client::connect(("127.0.0.1", port));
            let commands = match i % 3 {
                0 => format!("incr writer:{i}\r\n"),
                1 => format!("incr writer:{i}\r\nget writer:{i}\r\n").repeat(8),
                _ => format!("multi\r\nincr writer:{i}\r\nget writer:{i}\r\nexec\r\n"),
            };
            let mut last = 0;
            while !over.load(Ordering::Relaxed) {
                client.send(commands.as_bytes());
                for _ in 0..commands.lines().count() {
                    let reply = client.reply();
                    assert!(!reply.is_error(), "{reply:?}");
                    let reply = match reply {
                        Value::Array(parts) => parts[1].clone(),
                        reply => reply,
                    };
                    match reply {
                        Value::Int(number) => {
                            assert_eq!(number, last + 1, "each once");
                            last = number;
                        }
                        Value::Bulk(number) => {
                            // An array's number stands for its INCR too.
                            let number = String::from_utf8(number).unwrap().parse().unwrap();
                            assert!(number == last || i % 3 == 2 && number == last + 1);
                            last = number;
                        }
                        _ => {}
                    }
                }
            }
            last
        })
    };
    let ports = [a.port, b.port];
    let writers: Vec<_> = (0..9).map(|i| writer(i, ports[i % 2])).collect();
    let mut popper = a.client();
    popper.send(b"blpop list 0\r\n");
    blocked(&a, 1);
    for (from, to) in [(&a, &b), (&b, &a)].iter().cycle().take(10) {
        assert_eq!(from.run(&format!("failover to 127.0.0.1 {}", to.port)), "OK");
        wait_info(to, "replication", "role", "master");
        from.wait_link_up();
        wait_info(from, "replication", "master_failover_state", "no-failover");
        to.wait_online(1);
    }
    over.store(true, Ordering::Relaxed);
    let answered: Vec<i64> = writers.into_iter().map(|w| w.join().expect("a writer")).collect();
    assert_eq!(b.run("rpush list x"), 1);
    assert_eq!(popper.reply().texts(), ["list", "x"]);
    wait_equal_digests(&[&a, &b]);
    for (i, answered) in answered.iter().enumerate() {
        assert!(*answered > 0, "{i}");
        assert_eq!(a.run(&format!("get writer:{i}")).text(), answered.to_string());
    }
    let full = [&a, &b].map(|server| info_field(server, "stats", "sync_full"));
    assert_eq!(full, ["1", "0"]);
}

#[test]
fn redis_benchmark_sees_no_error_across_hand_overs() {
    let (a, b) = super::pair(&FORWARDS);
    let mut benchmark = Command::new("redis-benchmark")
        .args(["-p", &a.port.to_string(), "-t", "set", "-n", "60000", "-c", "20", "-P", "4"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("redis-benchmark");
    let mut turns = 0;
    while benchmark.try_wait().expect("its state").is_none() {
        let (from, to) = if turns % 2 == 0 { (&a, &b) } else { (&b, &a) };
        assert_eq!(from.run(&format!("failover to 127.0.0.1 {}", to.port)), "OK");
        wait_info(to, "replication", "role", "master");
        from.wait_link_up();
        wait_info(from, "replication", "master_failover_state", "no-failover");
        to.wait_online(1);
        turns += 1;
    }
    let output = benchmark.wait_with_output().expect("its output");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.to_lowercase().contains("error"), "{said}");
    assert!(turns > 0);
    wait_equal_digests(&[&a, &b]);
}

/// The master that a replica has been told of is none any more, or gone; a little later the replica
/// is told of the one that took over.
#[test]
fn a_write_waits_for_the_master_that_takes_over() {
    for is_gone in [false, true] {
        let mut master = ours(&[]);
        let args = [&FORWARDS[..], &["--replica-wipe-guard", "0"]].concat();
        let replica = replica_of(master.port, &args);
        let next = replica_of(master.port, &[]);
        let mut client = replica.client();
        client.ok("set a 1");
        wait_until(PATIENCE, "the write to arrive", || next.run("get a") == "1");
        next.ok("replicaof no one");
        match is_gone {
            true => master.kill9(),
            false => master.replicaof(next.port),
        }
        client.send(b"incr a\r\nmulti\r\nincr a\r\nexec\r\nget a\r\n");
        blocked(&replica, 1);
        replica.replicaof(next.port);
        assert_eq!((client.reply(), client.reply()), (Value::Int(2), ok()));
        assert_eq!(client.reply(), "QUEUED");
        assert_eq!(client.reply().items(), [Value::Int(3)]);
        assert_eq!(client.reply(), "3");
        assert_eq!(next.run("get a"), "3");
    }
}

/// The one where it waits stays a master, and what it has is not ours any more.
#[test]
fn who_waits_at_a_master_that_is_left_is_told_so() {
    let (master, next) = (ours(&[]), ours(&[]));
    let replica =
        replica_of(master.port, &[&FORWARDS[..], &["--replica-wipe-guard", "0"]].concat());
    let mut client = replica.client();
    client.send(b"blpop list 0\r\nset after 1\r\n");
    blocked(&master, 1);
    replica.replicaof(next.port);
    let lost = client.reply();
    assert!(lost.error().starts_with("MASTERDOWN Link with MASTER lost"), "{lost:?}");
    assert_eq!(client.reply(), "OK");
    assert_eq!((next.run("get after"), master.run("exists after")), ("1".into(), Value::Int(0)));
    blocked(&master, 0);
}

/// Its host acknowledges what is sent, and so no connection ends by itself.
#[test]
fn a_master_that_stands_still_keeps_nobody_waiting_for_ever() {
    let master = ours(&["--repl-ping-replica-period", "1"]);
    let replica = replica_of(master.port, &[&FORWARDS[..], &["--repl-timeout", "3"]].concat());
    let (mut forever, mut for_a_while) = (replica.client(), replica.client());
    forever.send(b"blpop list 0\r\nget after\r\n");
    for_a_while
        .send(b"xgroup create s g $ mkstream\r\nxreadgroup group g c block 50 streams s >\r\n");
    assert_eq!((for_a_while.reply(), for_a_while.reply()), (ok(), Value::Nil));
    for_a_while.send(b"blmpop 1000 1 list left\r\n");
    blocked(&master, 2);
    let mut late = replica.client();
    late.ok("set before 1");
    master.pause();
    // While the link seems to stand, its own time counts.
    late.send(b"blpop list 0.01\r\n");
    for client in [&mut late, &mut forever, &mut for_a_while] {
        let lost = client.reply();
        assert!(lost.error().starts_with("MASTERDOWN Link with MASTER lost"), "{lost:?}");
        assert!(lost.error().ends_with("it does not answer"), "{lost:?}");
    }
    assert_eq!(forever.reply(), Value::Nil);
    master.resume();
    replica.wait_link_up();
    // Whoever is not there any more takes nothing.
    only_we_are_at(&master);
    assert_eq!(master.run("rpush list x"), 1);
    assert_eq!(forever.run("blpop list 0").texts(), ["list", "x"]);
}

/// Else the host could vanish, and nobody would notice: the system asks after it.
#[test]
fn the_connection_of_who_waits_is_kept_alive() {
    let master = ours(&[]);
    let replica = replica_of(master.port, &FORWARDS);
    let mut client = replica.client();
    client.send(b"blpop list 0\r\n");
    blocked(&master, 1);
    let to_master = format!(":{:04X}", master.port);
    let is_kept_alive = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_ours = fields.get(2).is_some_and(|remote| remote.ends_with(&to_master));
        is_ours && fields.get(5).is_some_and(|timer| timer.starts_with("02:"))
    };
    wait_until(PATIENCE, "a keepalive timer", || {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
        table.lines().any(is_kept_alive)
    });
    assert_eq!(master.run("rpush list x"), 1);
    assert_eq!(client.reply().texts(), ["list", "x"]);
}

/// What MULTI would have queued does not run one by one.
#[test]
fn a_transaction_runs_as_one_or_not_at_all() {
    let master = Server::start(Kind::RealRedis, &[]);
    let mut admin = master.client();
    admin.ok("acl setuser writer on >secret ~* &* +@all -multi");
    let replica = Server::start_replica(
        Kind::Understudy,
        master.port,
        &[&FORWARDS[..], &["--masteruser", "writer", "--masterauth", "secret"]].concat(),
    );
    replica.wait_link_up();
    let mut client = replica.client();
    for queued in ["multi", "set a 1", "set b 1"] {
        client.run(queued);
    }
    let refused = client.run("exec");
    assert!(refused.error().contains("NOPERM"), "{refused:?}");
    assert_eq!(client.run("set c 1"), "OK");
    assert_eq!(admin.run("exists a b c"), 1);
    admin.ok("acl setuser writer +multi");
    for queued in ["multi", "set a 1", "set b 1"] {
        client.ok(queued);
    }
    assert_eq!(client.run("exec").items(), [ok(), ok()]);
    assert_eq!(client.run("mget a b").texts(), ["1", "1"]);
}

#[test]
fn replies_that_are_too_long_for_the_client_are_not_kept() {
    let master = ours(&[]);
    let replica = replica_of(master.port, &FORWARDS);
    let limit = ["config", "set", "client-output-buffer-limit", "normal 100000 0 0"];
    assert_eq!(replica.client().cmd(&limit), "OK");
    let mut client = replica.client();
    client.cmd(&["set", "long", &"v".repeat(3_000_000)]);
    let lost = client.run("getset long short");
    assert!(lost.error().contains("its replies take more than 100000 bytes"), "{lost:?}");
    assert_eq!(client.run("incr n"), 1);
    assert_eq!(client.run("get long"), "short");
}

/// A master that says more than it is asked for cannot be understood any longer.
#[test]
fn what_comes_unasked_for_is_no_answer_to_the_next_command() {
    let fake = FakeMaster::start(|number, link| {
        loop {
            match link.command()?[0].as_str() {
                "ping" => link.send("+PONG\r\n")?,
                "psync" => return link.drain(),
                "set" => link.send(format!("+connection {number}\r\n"))?,
                "role" => link.send("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n+more\r\n")?,
                _ => link.send("+OK\r\n")?,
            }
        }
    });
    let replica = Server::start_replica(Kind::Understudy, fake.port, &FORWARDS);
    let mut client = replica.client();
    let answers = [client.run("set a 1").text(), client.run("set a 2").text()];
    assert!(answers.iter().all(|answer| answer.starts_with("connection ")), "{answers:?}");
    assert_ne!(answers[0], answers[1], "the same connection");
}

/// A client that has closed its side gets what it has asked for, and does not wait for more.
#[test]
fn who_has_gone_waits_at_no_master() {
    let master = ours(&[]);
    let replica = replica_of(master.port, &FORWARDS);
    for _ in 0..20 {
        let mut half = replica.client();
        half.send(b"incr n\r\nblpop list 0\r\n");
        half.finish_sending();
        assert!(half.recv_to_end().starts_with(b":"));
    }
    only_we_are_at(&master);
    assert_eq!(master.run("rpush list x"), 1);
    assert_eq!(master.run("llen list"), 1);
    let section = replica.run("info replication").text();
    assert!(section.contains("forwarded_writes:20\r\n"), "{section}");
}

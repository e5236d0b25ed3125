//! MIGRATE: keys go to another server, ours or redis-server, and are nowhere twice.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::blocking::waiting;
use crate::support::*;

/// MIGRATE with these arguments behind the target, divided by spaces.
fn migrate(source: &Server, target: &Server, rest: &str) -> Value {
    let port = target.port.to_string();
    let mut words = vec!["migrate", "127.0.0.1", &port];
    words.extend(rest.split(' ').map(|word| if word == "empty:" { "" } else { word }));
    source.client().cmd(&words)
}

/// A target that takes connections and says nothing.
fn silent_target() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a port")
}

fn port_of(target: &TcpListener) -> u16 {
    target.local_addr().expect("an address").port()
}

/// Says yes to SELECT, and to the RESTORE that follows it.
fn take_all(socket: &mut TcpStream) {
    socket.write_all(b"+OK\r\n").expect("it listens");
    let (mut came, mut bytes) = (Vec::new(), [0; 512]);
    while !came.ends_with(b"REPLACE\r\n") {
        let count = socket.read(&mut bytes).expect("commands");
        assert!(count > 0);
        came.extend_from_slice(&bytes[..count]);
    }
    socket.write_all(b"+OK\r\n").expect("it listens");
}

const COMMANDS: &[&str] = &[
    "set s text",
    "set n 12345 px 100000000",
    "rpush l a b c",
    "sadd i 1 2 3",
    "hset h f v g w",
    "zadd z 1.5 a 2 b",
    "xadd x 1-1 f v",
    "xgroup create x g 0",
];

#[test]
fn keys_of_every_type_go_to_a_server_of_either_kind_and_come_back() {
    for kind in [Kind::Understudy, Kind::RealRedis] {
        let (source, target) = (ours(&[]), Server::start(kind, &[]));
        COMMANDS.iter().for_each(|command| drop(source.run(command)));
        let digest = source.run("debug digest");
        let (mut replica, _) = RawReplica::streaming(&source);
        assert_eq!(migrate(&source, &target, "empty: 0 5000 keys s n l nosuch i h z x"), "OK");
        assert_eq!((source.run("dbsize"), target.run("dbsize")), (Value::Int(0), Value::Int(7)));
        assert_eq!(replica.next_line(), "SELECT 0");
        assert_eq!(replica.next_line(), "DEL s n l i h z x");
        assert_eq!(target.run("debug digest").text(), digest.text(), "{kind:?}");
        assert!(target.run("pttl n").int() > 99_000_000);
        let back = migrate(&target, &source, "empty: 0 5000 copy keys s n l i h z x");
        assert_eq!(back, "OK");
        assert_eq!(source.run("debug digest").text(), digest.text(), "{kind:?}");
        assert_eq!(migrate(&source, &target, "s 0 5000").error(), BUSY);
        assert_eq!(migrate(&source, &target, "s 0 5000 replace"), "OK");
    }
}

const BUSY: &str =
    "ERR Target instance replied with error: BUSYKEY Target key name already exists.";

#[test]
fn only_keys_that_the_target_has_taken_are_gone() {
    let (source, target) = (ours(&[]), ours(&[]));
    source.ok("mset a 1 b 2 c 3");
    target.ok("set b busy");
    let reply = migrate(&source, &target, "empty: 0 5000 keys a b c");
    assert_eq!(reply.error(), BUSY);
    assert_eq!((source.run("keys *").texts(), target.run("dbsize").int()), (vec!["b".into()], 3));
    assert_eq!(migrate(&source, &target, "b 99 5000").error(), OUT_OF_RANGE);
    assert_eq!(
        (source.run("get b").text(), target.run("get b").text()),
        ("2".into(), "busy".into())
    );
    // What the target said no to is not taken for the database that is selected.
    assert_eq!(migrate(&source, &target, "b 3 5000"), "OK");
    let mut client = target.client();
    client.ok("select 3");
    assert_eq!(client.run("get b"), "2");
}

const OUT_OF_RANGE: &str = "ERR Target instance replied with error: ERR DB index is out of range";

#[test]
fn others_are_served_while_a_target_is_silent_and_writers_of_its_keys_wait() {
    let server = ours(&[]);
    server.ok("mset a 1 b 2");
    let target = silent_target();
    let mut client = server.client();
    let command = format!("migrate 127.0.0.1 {} a 0 600000 replace\r\nping\r\n", port_of(&target));
    client.send(command.as_bytes());
    let (mut socket, _) = target.accept().expect("it connects");
    assert_eq!(server.run("get a"), "1");
    server.ok("set b 3");
    let mut writer = waiting(&server, "append a x");
    let mut transaction = server.client();
    for command in ["multi", "append a y"] {
        transaction.run(command);
    }
    transaction.send(b"exec\r\n");
    wait_info(&server, "clients", "blocked_clients", "3");
    take_all(&mut socket);
    assert_eq!(
        (client.reply(), client.reply()),
        (Value::Simple("OK".into()), Value::Simple("PONG".into()))
    );
    // The key was gone before they came to it.
    let lengths = [writer.reply().int(), transaction.reply().items()[0].int()];
    assert_eq!((lengths[0].min(lengths[1]), server.run("strlen a")), (1, Value::Int(2)));
}

#[test]
fn a_target_that_cannot_be_reached_or_says_nothing_is_told_of_and_keeps_nothing() {
    let server = ours(&[]);
    server.ok("set a 1");
    let target = silent_target();
    let line = |port| format!("migrate 127.0.0.1 {port} a 0 300");
    let silent = server.run(&line(port_of(&target)));
    assert_eq!(silent.error(), "IOERR error or timeout reading to target instance");
    let nobody = server.run(&line(free_port()));
    assert_eq!(nobody.error(), "IOERR error or timeout connecting to the client");
    assert_eq!(server.run("migrate nosuch.invalid 1 a 0 300").error(), nobody.error());
    assert_eq!(server.run("migrate 127.0.0.1 port a 0 300").error(), nobody.error());
    assert_eq!(server.run("append a 2"), 2);
}

#[test]
fn a_connection_that_the_target_has_closed_is_made_anew() {
    let source = ours(&[]);
    let target = ours(&["--requirepass", "secret"]);
    source.ok("mset a 1 b 2 c 3");
    let to = |rest: &str| migrate(&source, &target, rest);
    let refused = to("a 0 5000");
    assert!(refused.error().contains("NOAUTH"), "{refused:?}");
    assert!(to("a 0 5000 auth wrong").error().contains("WRONGPASS"));
    assert_eq!(to("a 0 5000 auth secret"), "OK");
    assert_eq!(info_field(&source, "stats", "migrate_cached_sockets"), "1");
    // Who says no password gets nothing by the one that another has said.
    assert!(to("b 0 5000").error().contains("NOAUTH"));
    let mut client = target.client();
    client.ok("auth secret");
    client.run("client kill type normal");
    assert_eq!(to("b 0 5000 auth2 default secret"), "OK");
    assert_eq!(to("c 0 5000 auth secret"), "OK");
    wait_info(&source, "stats", "migrate_cached_sockets", "0");
}

#[test]
fn a_large_value_arrives_whole_and_its_client_may_have_gone() {
    let (source, target) = (ours(&[]), ours(&[]));
    let mut client = source.client();
    let members: Vec<String> = (0..200_000).map(|i| format!("member:{i}")).collect();
    for part in members.chunks(10_000) {
        let words: Vec<&str> =
            ["sadd", "s"].into_iter().chain(part.iter().map(String::as_str)).collect();
        client.cmd(&words);
    }
    let digest = source.run("debug digest-value s");
    client.send(format!("migrate 127.0.0.1 {} s 0 60000\r\n", target.port).as_bytes());
    drop(client);
    wait_until(PATIENCE, "the set to be there and not here", || {
        source.run("exists s") == 0 && target.run("scard s") == 200_000
    });
    assert_eq!(target.run("debug digest-value s").texts(), digest.texts());
}

#[test]
fn what_migrates_to_a_master_that_becomes_a_replica_is_not_deleted_here() {
    let (source, master) = (ours(&[]), ours(&[]));
    source.ok("set a 1");
    let target = silent_target();
    let mut client =
        waiting(&source, &format!("migrate 127.0.0.1 {} a 0 600000 replace", port_of(&target)));
    let (mut socket, _) = target.accept().expect("it connects");
    source.replicaof(master.port);
    source.wait_link_up();
    take_all(&mut socket);
    assert!(client.reply().error().starts_with("UNBLOCKED"));
}

#[test]
fn a_target_that_answers_more_than_it_was_asked_is_believed_nothing() {
    let server = ours(&[]);
    server.ok("set a 1");
    let target = silent_target();
    let mut client =
        waiting(&server, &format!("migrate 127.0.0.1 {} a 0 600000 replace", port_of(&target)));
    for _ in 0..2 {
        let (mut socket, _) = target.accept().expect("it connects");
        socket.write_all(b"+OK\r\n+OK\r\n").expect("it listens");
    }
    assert!(client.reply().error().starts_with("IOERR"));
    assert_eq!(server.run("get a"), "1");
}

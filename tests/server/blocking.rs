//! Clients that wait for keys, and who is served by what.

use crate::support::*;

/// A client that waits in a command.
pub fn waiting(server: &Server, command: &str) -> Client {
    let before = info_field(server, "clients", "blocked_clients").parse::<u64>().expect("a number");
    let mut client = server.client();
    client.send(format!("{command}\r\n").as_bytes());
    wait_until(PATIENCE, "the client to wait", || {
        info_field(server, "clients", "blocked_clients") == (before + 1).to_string()
    });
    client
}

#[test]
fn who_came_first_is_served_first_and_before_the_next_command_of_who_pushed() {
    let server = ours(&[]);
    let mut first = waiting(&server, "blpop k 0");
    let mut second = waiting(&server, "brpop k 0");
    let mut third = waiting(&server, "blmpop 0 1 k left count 2");
    let mut pusher = server.client();
    pusher.send(b"rpush k a b c d e\r\nlrange k 0 -1\r\n");
    assert_eq!(pusher.reply(), 5);
    assert_eq!(pusher.reply().texts(), ["d"]);
    assert_eq!(first.reply().texts(), ["k", "a"]);
    assert_eq!(second.reply().texts(), ["k", "e"]);
    let reply = third.reply();
    assert_eq!(
        (reply.items()[0].text(), reply.items()[1].texts()),
        ("k".into(), vec!["b".into(), "c".into()])
    );
}

#[test]
fn a_transaction_serves_by_the_key_that_was_written_first_and_only_when_it_ends() {
    let server = ours(&[]);
    let mut client = waiting(&server, "blpop a b 0");
    let mut pusher = server.client();
    for command in ["multi", "rpush b x", "del b", "rpush a 1", "rpush b y", "exec"] {
        pusher.run(command);
    }
    assert_eq!(client.reply().texts(), ["b", "y"]);
    assert_eq!(server.run("lrange a 0 -1").texts(), ["1"]);
    let mut client = waiting(&server, "blpop c 0");
    for command in ["multi", "rpush c x", "lpop c", "exec"] {
        pusher.run(command);
    }
    server.ok("set other v");
    assert_eq!(server.run("rpush c late"), 1);
    assert_eq!(client.reply().texts(), ["c", "late"]);
}

#[test]
fn an_element_is_handed_on_from_list_to_list() {
    let server = ours(&[]);
    let mut last = waiting(&server, "brpop c 0");
    let mut middle = waiting(&server, "blmove b c left right 0");
    let mut first = waiting(&server, "brpoplpush a b 0");
    assert_eq!(server.run("rpush a x"), 1);
    assert_eq!(first.reply(), "x");
    assert_eq!(middle.reply(), "x");
    assert_eq!(last.reply().texts(), ["c", "x"]);
    assert_eq!(server.run("exists a b c"), 0);
}

#[test]
fn what_is_of_another_type_wakes_nobody_and_what_comes_by_rename_or_swapdb_does() {
    let server = ours(&[]);
    let mut client = waiting(&server, "blpop k 0");
    server.ok("set k string");
    server.run("del k");
    server.run("rpush other 1");
    server.ok("rename other k");
    assert_eq!(client.reply().texts(), ["k", "1"]);
    let mut client = waiting(&server, "blpop k 0");
    let mut there = server.client();
    there.ok("select 1");
    there.run("rpush k 2");
    there.ok("swapdb 0 1");
    assert_eq!(client.reply().texts(), ["k", "2"]);
}

#[test]
fn a_wait_ends_by_time_by_client_unblock_and_by_a_new_role() {
    let server = ours(&[]);
    for command in ["blpop k 0.05", "brpoplpush k l 0.05", "blmpop 0.05 1 k left"] {
        assert!(matches!(server.client().run(command), Value::Nil), "{command}");
    }
    let mut client = server.client();
    let id = client.run("client id").int();
    client.send(b"blpop k 0\r\nping\r\n");
    wait_until(PATIENCE, "the client to wait", || {
        server.run(&format!("client unblock {id} error")) == 1
    });
    assert_eq!(client.reply().error(), "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    assert_eq!(client.reply(), "PONG");
    assert_eq!(server.run("rpush k 1"), 1);
    assert_eq!(server.run("lpop k"), "1");
    let mut client = waiting(&server, "blpop k 0");
    server.ok("replicaof 127.0.0.1 1");
    assert!(client.reply().error().starts_with("UNBLOCKED force unblock"));
    wait_until(PATIENCE, "the client to be closed", || client.is_closed());
    assert_eq!(info_field(&server, "clients", "blocked_clients"), "0");
}

#[test]
fn who_left_is_not_served() {
    let server = ours(&[]);
    let gone = waiting(&server, "blpop k 0");
    let mut stays = waiting(&server, "blpop k 0");
    drop(gone);
    wait_until(PATIENCE, "one to be gone", || {
        info_field(&server, "clients", "blocked_clients") == "1"
    });
    assert_eq!(server.run("rpush k 1 2"), 2);
    assert_eq!(stays.reply().texts(), ["k", "1"]);
    assert_eq!(server.run("lrange k 0 -1").texts(), ["2"]);
}

#[test]
fn an_error_that_ends_a_wait_is_counted_as_one_of_its_command() {
    let server = ours(&[]);
    let mut client = server.client();
    let id = client.run("client id").int();
    server.ok("config resetstat");
    client.send(b"blpop k 0\r\n");
    wait_until(PATIENCE, "the client to wait", || {
        server.run(&format!("client unblock {id} error")) == 1
    });
    assert!(client.reply().error().starts_with("UNBLOCKED"));
    assert_eq!(info_field(&server, "errorstats", "errorstat_UNBLOCKED"), "count=1");
    let calls = info_field(&server, "commandstats", "cmdstat_blpop");
    assert!(calls.starts_with("calls=1,") && calls.ends_with(",failed_calls=1"), "{calls}");
}

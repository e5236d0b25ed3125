//! What one client may ask for its own connection, and how a connection ends.

use std::time::{Duration, Instant};

use crate::support::*;

/// Sends everything, closes the sending side and returns all that comes.
fn converse(server: &Server, request: &[u8]) -> String {
    let mut client = server.client();
    client.send(request);
    client.finish_sending();
    String::from_utf8_lossy(&client.recv_to_end()).into_owned()
}

#[test]
fn a_half_closed_client_gets_all_its_replies() {
    let server = ours(&[]);
    assert_eq!(converse(&server, b"PING\r\n"), "+PONG\r\n");
    assert_eq!(converse(&server, b"SET k 1\r\nINCR k\r\nGET k\r\n"), "+OK\r\n:2\r\n$1\r\n2\r\n");
    let pings = 10_000;
    assert_eq!(converse(&server, &b"PING\r\n".repeat(pings)), "+PONG\r\n".repeat(pings));
    // Half a command is no command.
    assert_eq!(converse(&server, b"PING\r\nPI"), "+PONG\r\n");
    assert_eq!(converse(&server, b""), "");
}

#[test]
fn quit_answers_what_came_before_and_nothing_after() {
    let server = ours(&[]);
    let mut client = server.client();
    client.send(b"PING\r\nQUIT\r\nSET k 1\r\nPING\r\n");
    assert_eq!(client.recv_to_end(), b"+PONG\r\n+OK\r\n");
    assert_eq!(server.run("exists k").int(), 0);
}

#[test]
fn a_protocol_error_comes_after_the_replies_before_it() {
    let server = ours(&[]);
    let mut client = server.client();
    client.send(b"PING\r\n*1\r\n!3\r\nSET\r\n");
    assert_eq!(client.recv_to_end(), b"+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
}

#[test]
fn a_client_decides_which_commands_are_answered() {
    let server = ours(&[]);
    let mut client = server.client();
    client.send(b"CLIENT REPLY OFF\r\nPING\r\nNOSUCH\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\n");
    assert_eq!(client.reply(), "OK");
    client.send(b"CLIENT REPLY SKIP\r\nSET k 1\r\nGET k\r\n");
    assert_eq!(client.reply(), "1");
    // An error is silenced like any reply.
    client.send(b"CLIENT REPLY SKIP\r\nINCRBY k x\r\nPING\r\n");
    assert_eq!(client.reply(), "PONG");
    // So is the answer that comes later.
    client.send(b"CLIENT REPLY SKIP\r\nWAIT 1 1\r\nPING\r\n");
    assert_eq!(client.reply(), "PONG");
    client.send(b"CLIENT REPLY OFF\r\nSAVE\r\nCLIENT REPLY ON\r\n");
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.run("PING"), "PONG");
}

#[test]
fn a_pause_holds_pipelines_back_in_their_order() {
    let server = ours(&[]);
    let mut other = server.client();
    let mut client = server.client();
    other.ok("client pause 60000 write");
    client.send(b"GET k\r\nSET k 1\r\nINCR k\r\nGET k\r\n");
    assert!(matches!(client.reply(), Value::Nil));
    wait_until(PATIENCE, "the write to be held back", || {
        other.run("client list").text().contains(" flags=b ")
    });
    assert_eq!(other.run("exists k").int(), 0);
    other.ok("client unpause");
    assert_eq!(client.reply(), "OK");
    assert_eq!(client.reply().int(), 2);
    assert_eq!(client.reply(), "2");
}

#[test]
fn a_pause_ends_by_itself() {
    let server = ours(&[]);
    let mut client = server.client();
    let began = Instant::now();
    client.ok("client pause 300 all");
    assert_eq!(client.run("ping"), "PONG");
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(290), "{took:?}");
}

#[test]
fn a_client_that_leaves_during_a_pause_leaves_nothing_behind() {
    let server = ours(&[]);
    let mut other = server.client();
    other.ok("client pause 60000 write");
    let mut client = server.client();
    client.send(b"SET k 1\r\n");
    wait_until(PATIENCE, "the write to be held back", || {
        other.run("client list").text().contains(" flags=b ")
    });
    drop(client);
    wait_until(PATIENCE, "the client to be gone", || {
        other.run("client list").text().lines().count() == 1
    });
    other.ok("client unpause");
    assert_eq!(other.run("exists k").int(), 0);
}

#[test]
fn a_password_set_later_holds_for_those_who_come_later() {
    let server = ours(&[]);
    let mut early = server.client();
    early.ok("config set requirepass secret");
    assert_eq!(early.run("ping"), "PONG");
    let mut late = server.client();
    assert_eq!(late.run("ping").error(), "NOAUTH Authentication required.");
    // Within one pipeline: AUTH opens the way for what follows it, however big.
    let big = "x".repeat(100_000);
    late.send(
        format!("AUTH secret\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n{big}\r\n").as_bytes(),
    );
    assert_eq!(late.reply(), "OK");
    assert_eq!(late.reply(), "OK");
    let mut third = server.client();
    assert!(third.run("get k").is_error());
    early.cmd(&["config", "set", "requirepass", ""]);
    assert_eq!(third.run("strlen k").int(), 100_000);
}

#[test]
fn hello_authenticates_names_and_switches_at_once() {
    let server = ours(&["--requirepass", "secret"]);
    let mut client = server.client();
    assert_eq!(
        client.run("hello 3").error(),
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
    );
    client.send(b"HELLO 3 AUTH default secret SETNAME me\r\nCLIENT GETNAME\r\nGET none\r\n");
    let greeting = client.reply();
    assert!(format!("{greeting:?}").contains("proto"), "{greeting:?}");
    assert_eq!(client.reply(), "me");
    assert_eq!(client.recv(3), b"_\r\n");
}

#[test]
fn killed_clients_are_closed_and_oneself_is_answered_first() {
    let server = ours(&[]);
    let mut client = server.client();
    let mut others: Vec<Client> = (0..20).map(|_| server.client()).collect();
    for other in &mut others {
        assert_eq!(other.run("ping"), "PONG");
    }
    assert_eq!(client.run("client kill type normal").int(), 20);
    for other in &mut others {
        assert_eq!(other.recv_to_end(), b"");
    }
    assert_eq!(client.run("client kill type normal skipme no").int(), 1);
    assert_eq!(client.recv_to_end(), b"");
}

#[test]
fn a_big_value_in_pieces_is_taken_while_others_are_served() {
    let server = ours(&["--proto-max-bulk-len", "512mb"]);
    let size = 64 << 20;
    let mut writer = server.client();
    let mut other = server.client();
    writer.send(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${size}\r\n").as_bytes());
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..size / piece.len() {
        writer.send(&piece);
        assert_eq!(other.run("ping"), "PONG");
    }
    writer.send(b"\r\n");
    assert_eq!(writer.reply(), "OK");
    assert_eq!(other.run("strlen k").int(), size as i64);
}

#[test]
fn idle_clients_hold_no_buffers() {
    let server = ours(&["--maxclients", "2000"]);
    let mut clients: Vec<Client> = (0..100).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.run("ping"), "PONG");
    }
    let mut watcher = server.client();
    wait_until(PATIENCE, "every idle client to give its buffer back", || {
        let list = watcher.run("client list").text();
        list.lines().filter(|line| line.contains(" qbuf=0 qbuf-free=0 ")).count() == 100
    });
    // They are served as before.
    for client in &mut clients {
        assert_eq!(client.run("ping"), "PONG");
    }
}

#[test]
fn a_client_that_lets_another_close_it_in_the_middle_of_its_exec_is_closed() {
    let server = ours(&[]);
    let [mut first, mut second] = [server.client(), server.client()];
    let id = first.run("client id").int();
    for line in ["multi", "set k v", &format!("client kill id {id}")] {
        second.ok(line);
    }
    first.ok("client pause 100000 write");
    second.send_cmd(&["exec"]);
    wait_until(PATIENCE, "EXEC to wait", || server.run("client list").text().contains("flags=xb"));
    for line in ["multi", "client unpause", "debug reload"] {
        first.ok(line);
    }
    first.send_cmd(&["exec"]);
    first.recv_to_end();
    assert!(matches!(second.reply(), Value::Array(_)));
    assert_eq!(server.run("get k"), "v");
}

/// What is sent to a client comes in the order in which it was sent: a message after the answer to
/// the command that was run before it, or a client takes the one for the other.
#[test]
fn a_message_comes_after_the_replies_that_were_given_before_it() {
    let server = ours(&[]);
    server.ok("set key value");
    let mut publisher = server.client();
    for round in 0..500 {
        let mut client = server.client();
        client.send(format!("get key\r\nsubscribe {round}\r\n").as_bytes());
        // Sent as soon as there is a subscriber.
        while publisher.run(&format!("publish {round} message")) == 0 {}
        assert_eq!(client.reply(), "value");
        assert_eq!(client.reply().items()[0], "subscribe");
        assert_eq!(client.reply().items()[0], "message");
    }
}

#[test]
fn a_line_of_monitor_comes_after_its_confirmation() {
    let server = ours(&[]);
    let mut other = server.client();
    for _ in 0..300 {
        let mut monitor = server.client();
        monitor.send(b"monitor\r\n");
        while !server.run("client list").text().contains("flags=O") {
            other.run("set key value");
        }
        assert_eq!(monitor.reply(), "OK");
    }
}

//! Clients that wait, and in which order they go on.

use crate::support::*;

/// A client that has sent these commands, of which the first waits.
fn waiting(server: &Server, commands: &str) -> (Client, i64) {
    let before = info_field(server, "clients", "blocked_clients").parse::<u64>().expect("a number");
    let mut client = server.client();
    let id = client.run("client id").int();
    client.send(commands.replace('\n', "\r\n").as_bytes());
    wait_until(PATIENCE, "the client to wait", || {
        info_field(server, "clients", "blocked_clients") == (before + 1).to_string()
    });
    (client, id)
}

/// It ran in the middle of the command that woke it.
#[test]
fn who_is_woken_goes_on_after_the_batch_that_woke_it() {
    let server = ours(&[]);
    let (mut woken, id) = waiting(&server, "wait 1 0\nget k\nset k woken\n");
    let mut waker = server.client();
    waker.send(format!("client unblock {id}\r\nset k waker\r\nget k\r\n").as_bytes());
    assert_eq!(waker.reply(), 1);
    assert_eq!(waker.reply(), "OK");
    assert_eq!(waker.reply(), "waker");
    assert_eq!(woken.reply(), 0);
    assert_eq!(woken.reply(), "waker");
    assert_eq!(woken.reply(), "OK");
    assert_eq!(waker.run("get k"), "woken");
}

#[test]
fn who_is_woken_by_who_was_woken_goes_on_too() {
    let server = ours(&[]);
    let (mut last, mut id) = waiting(&server, "wait 1 0\nappend k 0\n");
    let mut others = Vec::new();
    for i in 1..100 {
        let commands = format!("wait 1 0\nclient unblock {id}\nappend k {}\n", i % 10);
        let (client, own_id) = waiting(&server, &commands);
        others.push(client);
        id = own_id;
    }
    assert_eq!(server.run(&format!("client unblock {id}")), 1);
    assert_eq!(last.reply(), 0);
    // A batch whose turn is over between its two commands lets others go first.
    assert!((1..=100).contains(&last.reply().int()));
    wait_until(PATIENCE, "all to have gone on", || server.run("strlen k") == 100);
    let mut digits = server.run("get k").text().into_bytes();
    digits.sort_unstable();
    let expected: Vec<u8> = (0..100).map(|i| b'0' + (i / 10) as u8).collect();
    assert_eq!(digits, expected);
}

#[test]
fn those_whom_a_pause_held_back_go_on_in_the_order_they_came() {
    let server = ours(&[]);
    server.ok("client pause 100000 write");
    let clients: Vec<_> =
        (0..10).map(|i| waiting(&server, &format!("append k {i}\nget k\n"))).collect();
    server.ok("client unpause");
    for (i, (mut client, _)) in clients.into_iter().enumerate() {
        assert_eq!(client.reply(), i as i64 + 1);
        client.reply();
    }
    assert_eq!(server.run("get k"), "0123456789");
}

/// Deadlines have a timer of their own.
#[test]
fn waits_end_by_the_clock_also_while_the_cron_stands_still() {
    let server = ours(&[]);
    let mut client = server.client();
    client.ok("debug pause-cron 1");
    assert_eq!(client.run("wait 1 30"), 0);
    let (mut later, _) = waiting(&server, "wait 1 300\n");
    let (mut sooner, _) = waiting(&server, "wait 1 100\n");
    assert_eq!(sooner.reply(), 0);
    assert_eq!(later.reply(), 0);
    client.ok("client pause 30 all");
    assert_eq!(client.run("ping"), "PONG");
    client.ok("client pause 30 write");
    client.ok("set k v");
    // What came while writes were paused is handed out when the pause is over.
    let (mut taker, _) = waiting(&server, "blpop l 0\n");
    client.ok("multi");
    client.run("rpush l v");
    client.run("client pause 100 write");
    client.run("exec");
    assert_eq!(taker.reply().texts(), ["l", "v"]);
}

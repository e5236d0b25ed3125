//! Clients that wait for entries of streams, alone and for a group.

use crate::blocking::waiting;
use crate::support::*;

/// The IDs of the entries of the first stream in a reply.
fn ids(reply: &Value) -> Vec<String> {
    let entries = &reply.items()[0].items()[1];
    entries.items().iter().map(|entry| entry.items()[0].text()).collect()
}

#[test]
fn all_who_wait_for_entries_get_those_behind_the_last_one_of_when_they_came() {
    let server = ours(&[]);
    server.ok("xadd s 1-1 f v");
    let mut first = waiting(&server, "xread block 0 streams s $");
    let mut second = waiting(&server, "xread count 1 block 0 streams other s $ 1-1");
    server.ok("xdel s 1-1");
    server.ok("xtrim s maxlen 0");
    server.ok("xgroup create s g 0");
    let mut adder = server.client();
    for command in ["multi", "xadd s 2-1 f v", "xadd s 2-2 f v", "exec"] {
        adder.run(command);
    }
    assert_eq!(ids(&first.reply()), ["2-1", "2-2"]);
    assert_eq!(ids(&second.reply()), ["2-1"]);
    assert_eq!(info_field(&server, "clients", "blocked_clients"), "0");
}

#[test]
fn who_waits_in_resp3_gets_a_map() {
    let server = ours(&[]);
    let mut client = server.client();
    client.run("hello 3");
    client.send(b"xread block 0 streams s $\r\n");
    wait_until(PATIENCE, "the client to wait", || {
        info_field(&server, "clients", "blocked_clients") == "1"
    });
    server.ok("xadd s 1-1 f v");
    let Value::Map(streams) = client.reply() else { panic!("no map") };
    assert_eq!(streams[0].0, "s");
    assert_eq!(streams[0].1.items()[0].items()[0], "1-1");
    assert!(matches!(client.run("xread block 10 streams s $"), Value::Nil));
}

#[test]
fn of_a_group_each_entry_goes_to_who_came_first() {
    let server = ours(&[]);
    server.ok("xgroup create s g $ mkstream");
    let mut first = waiting(&server, "xreadgroup group g alice count 1 block 0 streams s >");
    let mut second = waiting(&server, "xreadgroup group g bob block 0 streams s >");
    let mut third = waiting(&server, "xreadgroup group g carol noack block 0 streams s >");
    for (id, client) in [("1-1", &mut first), ("1-2", &mut second), ("1-3", &mut third)] {
        server.ok(&format!("xadd s {id} f v"));
        assert_eq!(ids(&client.reply()), [id]);
    }
    let pending = server.run("xpending s g");
    assert_eq!(pending.items()[0], 2);
    assert_eq!(pending.items()[3].items()[1].texts(), ["bob", "1"]);
}

#[test]
fn what_is_served_later_goes_to_replicas_like_what_is_served_at_once() {
    let server = ours(&["--repl-ping-replica-period", "3600"]);
    server.ok("xgroup create s g $ mkstream");
    let (mut replica, _) = RawReplica::streaming(&server);
    let mut client = waiting(&server, "xreadgroup group g alice block 0 streams s >");
    server.ok("xadd s 1-1 f v");
    assert_eq!(ids(&client.reply()), ["1-1"]);
    server.ok("set the end");
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| line != "set the end") {
        lines.push(replica.next_line());
    }
    let time = lines[4].split(' ').nth(7).expect("a time").to_owned();
    assert_eq!(
        lines,
        [
            "SELECT 0",
            "XGROUP CREATECONSUMER s g alice",
            "xadd s 1-1 f v",
            "MULTI",
            &format!("XCLAIM s g alice 0 1-1 TIME {time} RETRYCOUNT 1 FORCE JUSTID LASTID 1-1"),
            "XGROUP SETID s g 1-1 ENTRIESREAD 1",
            "EXEC",
            "set the end",
        ]
    );
}

#[test]
fn who_waits_for_a_group_hears_when_it_is_gone() {
    let server = ours(&[]);
    let no_group = "NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
    let wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
    let cases: [(&[&str], &str); 8] = [
        (&["del s"], no_group),
        (&["xgroup destroy s g"], no_group),
        (&["set s v"], wrong_type),
        (&["flushall"], no_group),
        (&["flushdb async"], no_group),
        (&["swapdb 0 1"], no_group),
        (&["xgroup create t other $ mkstream", "rename t s"], no_group),
        (&["pexpire s 1"], no_group),
    ];
    for (commands, error) in cases {
        server.ok("flushall");
        server.ok("xgroup create s g $ mkstream");
        let mut client = waiting(&server, "xreadgroup group g c block 0 streams s >");
        // Nothing of these is of interest.
        server.ok("xgroup create s h 0");
        server.ok("xack s g 1-1");
        server.ok("xsetid s 5-5");
        for command in commands {
            assert!(!server.run(command).is_error(), "{command}");
        }
        assert_eq!(client.reply().error(), error, "{commands:?}");
    }
    // XREAD waits on for the stream to come.
    server.ok("flushall");
    server.ok("xadd s 1-1 f v");
    let mut client = waiting(&server, "xread block 0 streams s 1-1");
    for command in ["del s", "set s v", "del s", "xadd s 1-1 f v", "xadd s 1-2 f v"] {
        server.ok(command);
    }
    assert_eq!(ids(&client.reply()), ["1-2"]);
}

#[test]
fn a_wait_for_entries_ends_by_time_and_by_client_unblock() {
    let server = ours(&[]);
    server.ok("xgroup create s g $ mkstream");
    for command in ["xread block 20 streams s $", "xreadgroup group g c block 20 streams s >"] {
        assert!(matches!(server.client().run(command), Value::Nil), "{command}");
    }
    let mut client = server.client();
    let id = client.run("client id").int();
    client.send(b"xreadgroup group g c block 0 streams s >\r\nping\r\n");
    wait_until(PATIENCE, "the client to wait", || server.run(&format!("client unblock {id}")) == 1);
    assert!(matches!(client.reply(), Value::Nil));
    assert_eq!(client.reply(), "PONG");
    assert_eq!(server.run("xinfo consumers s g").items().len(), 1, "who asked is known");
}

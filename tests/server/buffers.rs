//! What a connection holds for its client: bounded, counted, and next to nothing between requests.

use crate::support::*;

const BIG_BYTES: usize = 20 << 20;

fn used_memory(server: &Server) -> usize {
    info_field(server, "memory", "used_memory").parse().unwrap()
}

/// One figure of each client in CLIENT LIST, but of the one that asks.
fn figures(server: &Server, name: &str) -> Vec<usize> {
    let list = server.run("client list").text();
    let of_others = list.lines().filter(|line| !line.contains(" cmd=client|list "));
    let figure = |line: &str| {
        let value = line.split(' ').find_map(|word| word.strip_prefix(&format!("{name}=")));
        value.unwrap().parse().unwrap()
    };
    of_others.map(figure).collect()
}

#[test]
fn clients_in_use_keep_no_buffer_of_their_largest_request_and_reply() {
    let server = ours(&[]);
    let mut clients: Vec<Client> = (0..5).map(|_| server.client()).collect();
    let value = vec![b'x'; BIG_BYTES];
    for client in &mut clients {
        assert_eq!(client.cmd(&[&b"set"[..], b"k", &value]), "OK");
    }
    let with_value = used_memory(&server);
    for client in &mut clients {
        assert_eq!(client.run("get k").bytes().len(), BIG_BYTES);
        let sets = vec![vec!["set", "j", "v"]; 50_000];
        assert_eq!(client.pipeline(&sets).len(), 50_000);
    }
    wait_until(PATIENCE, "the buffers of the replies to be given back", || {
        clients.iter_mut().for_each(|client| assert_eq!(client.run("get j"), "v"));
        used_memory(&server) < with_value + (4 << 20)
    });
    let totals = figures(&server, "tot-mem");
    assert!(totals.len() == 5 && totals.iter().all(|&bytes| bytes < 1000), "{totals:?}");
}

#[test]
fn replies_that_a_client_does_not_take_are_counted_at_what_they_hold() {
    let server = ours(&[]);
    assert_eq!(server.client().cmd(&[&b"set"[..], b"k", &vec![b'x'; BIG_BYTES]]), "OK");
    let before = used_memory(&server);
    let mut slow = server.client();
    slow.send(&b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(3));
    // The last reply may come between one look and the next.
    wait_for(PATIENCE, "what is held to be counted", || {
        let held = figures(&server, "omem")[0];
        let grown = used_memory(&server).saturating_sub(before);
        let normal = info_field(&server, "memory", "mem_clients_normal");
        let normal: usize = normal.parse().expect("a number");
        let is_near = (held.saturating_sub(1 << 20)..held + (4 << 20)).contains(&grown);
        let is_counted = held > 2 * BIG_BYTES && normal >= held && is_near;
        if is_counted { Ok(()) } else { Err(format!("{grown} for {held}, {normal}")) }
    });
    for _ in 0..3 {
        assert_eq!(slow.reply().bytes().len(), BIG_BYTES);
    }
    wait_until(PATIENCE, "nothing to be held", || {
        figures(&server, "omem") == [0] && used_memory(&server) < before + (4 << 20)
    });
}

#[test]
fn a_client_that_waits_is_counted_for_what_it_has_still_to_run() {
    let server = ours(&[]);
    let mut client = server.client();
    let set = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n{:0100}\r\n", 0);
    let wait = "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n";
    let left = "*1\r\n$4\r\nPING\r\n".repeat(10);
    client.send(format!("{}{wait}{left}", set.repeat(400)).as_bytes());
    wait_until(PATIENCE, "the client to wait", || {
        info_field(&server, "clients", "blocked_clients") == "1"
            && figures(&server, "qbuf") == [left.len()]
    });
    let total = figures(&server, "tot-mem")[0];
    assert!((left.len()..3000).contains(&total), "{total}");
}

#[test]
fn shared_buffers_that_nobody_uses_are_overhead_and_no_data() {
    if played_by_redis() {
        return;
    }
    const ROOM_BYTES: i64 = 64 * 1024;
    let server = ours(&[]);
    let dataset = info_field(&server, "memory", "used_memory_dataset");
    server.client().pipeline(&vec![vec!["ping"]; 10_000]);
    wait_until(PATIENCE, "a room to be free", || {
        let stats = server.run("memory stats");
        let stats = stats.items();
        let figure = |name: &str| {
            let at = stats.iter().position(|field| *field == name).expect("a field");
            stats[at + 1].int()
        };
        let parts =
            ["startup.allocated", "replication.backlog", "clients.slaves", "clients.normal"];
        figure("overhead.total") - parts.map(figure).iter().sum::<i64>() >= ROOM_BYTES
    });
    assert_eq!(info_field(&server, "memory", "used_memory_dataset"), dataset);
}

/// Short messages take little more than their bytes: to a subscriber, and to a monitor.
fn short_messages_pile_up(begin: &str, publish: &[&str]) {
    let server = ours(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let before = used_memory(&server);
    let mut slow = server.client();
    slow.run(begin);
    let mut writer = server.client();
    let commands = vec![publish.to_vec(); 10_000];
    while figures(&server, "omem").iter().all(|&omem| omem < 10_000_000) {
        writer.pipeline(&commands);
    }
    let held: usize = figures(&server, "omem").iter().sum();
    let grown = used_memory(&server) - before;
    assert!(grown < held + held / 10 + (4 << 20), "{grown} for {held}");
    drop(slow);
    wait_until(PATIENCE, "all to be given back", || used_memory(&server) < before + (4 << 20));
}

#[test]
fn short_messages_to_a_slow_subscriber_take_little_more_than_their_bytes() {
    short_messages_pile_up("subscribe channel", &["publish", "channel", "message"]);
}

#[test]
fn lines_to_a_slow_monitor_take_little_more_than_their_bytes() {
    short_messages_pile_up("monitor", &["get", "key"]);
}

#[test]
fn the_beginning_of_a_command_is_counted_with_its_many_arguments_and_given_back() {
    let server = ours(&[]);
    let before = used_memory(&server);
    let mut slow = server.client();
    slow.send(&[&b"*1000001\r\n$4\r\nMGET\r\n"[..], &b"$1\r\nx\r\n".repeat(900_000)].concat());
    let totals = wait_for(PATIENCE, "the arguments to have come", || {
        let arguments = figures(&server, "argv-mem")[0];
        if arguments >= 6_300_000 {
            Ok(figures(&server, "tot-mem"))
        } else {
            Err(format!("argv-mem is {arguments}"))
        }
    });
    let grown = used_memory(&server) - before;
    // 7 bytes an argument in the buffer, and 16 for its place.
    assert!(totals[0] > 20_000_000, "{totals:?}");
    assert!(grown < totals[0] + (4 << 20), "{grown} for {totals:?}");
    slow.send(&b"$1\r\nx\r\n".repeat(100_000));
    assert_eq!(slow.reply().items().len(), 1_000_000);
    wait_until(PATIENCE, "all to be given back", || {
        figures(&server, "tot-mem")[0] < 1000 && used_memory(&server) < before + (4 << 20)
    });
}

/// What all a client's connection takes that has asked something and now asks nothing.
#[test]
fn an_idle_connection_takes_little() {
    const CLIENTS: usize = 300;
    let server = ours(&[]);
    let clients = |count: usize| -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| server.client()).collect();
        clients.iter_mut().for_each(|client| assert_eq!(client.run("ping"), "PONG"));
        clients
    };
    // Tables have grown beyond 1024 places before.
    let mut all = vec![clients(1050)];
    let each = (0..3).map(|_| {
        let before = used_memory(&server);
        all.push(clients(CLIENTS));
        used_memory(&server).saturating_sub(before) / CLIENTS
    });
    // Whatever else the server does meanwhile takes more.
    let each = each.min().expect("three");
    assert!((500..1900).contains(&each), "{each} bytes");
}

/// Nothing of a transaction reaches anybody before its end.
#[test]
fn a_transaction_closes_a_subscriber_for_whom_it_has_more_than_that_one_may_leave_unread() {
    let server = ours(&["--client-output-buffer-limit", "pubsub 100000 0 0"]);
    let mut subscriber = server.client();
    subscriber.run("subscribe channel");
    let mut writer = server.client();
    let value = "v".repeat(1000);
    let mut commands = vec![vec!["publish", "channel", &value]; 1000];
    commands.insert(0, vec!["multi"]);
    commands.push(vec!["exec"]);
    let replies = writer.pipeline(&commands);
    assert_eq!(replies.last().expect("EXEC").items().len(), 1000);
    wait_until(PATIENCE, "the subscriber to be closed", || subscriber.is_closed());
    server.wait_for_log("scheduled to be closed ASAP for overcoming of output buffer limits.");
    assert_eq!(info_field(&server, "stats", "client_output_buffer_limit_disconnections"), "1");
    assert_eq!(writer.run("publish channel more"), 0);
}

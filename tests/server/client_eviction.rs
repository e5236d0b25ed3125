//! Clients that take too much together: the largest are closed.

use crate::support::*;

/// A client that has begun to send so many bytes, and does not end.
fn sender(server: &Server, name: &str, bytes: usize) -> Client {
    let mut client = server.client();
    client.ok(&format!("client setname {name}"));
    client.send(format!("*1\r\n${}\r\n", bytes + 1).as_bytes());
    client.send("x".repeat(bytes).as_bytes());
    client
}

/// A field of each client that has a name.
fn field(control: &mut Client, field: &str) -> Vec<(String, usize)> {
    let list = control.run("client list").text();
    let of_line = |line: &str| {
        let of = |name: &str| {
            let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
            fields.find(|(found, _)| *found == name).expect("a field").1.to_owned()
        };
        (of("name"), of(field).parse().expect("a number"))
    };
    let mut found: Vec<_> = list.lines().map(of_line).filter(|(n, _)| !n.is_empty()).collect();
    found.sort();
    found
}

fn names(control: &mut Client) -> Vec<String> {
    field(control, "id").into_iter().map(|(name, _)| name).collect()
}

fn has_sent(control: &mut Client, bytes: usize) -> bool {
    field(control, "qbuf").into_iter().map(|(_, sent)| sent).sum::<usize>() >= bytes
}

#[test]
fn the_largest_clients_go_until_the_others_are_within_the_limit() {
    let server = ours(&[]);
    let mut control = server.client();
    control.ok("client setname control");
    const KB: usize = 1000;
    let mut clients: Vec<Client> =
        [("a", 300 * KB), ("b", 900 * KB), ("c", 100 * KB), ("d", 600 * KB)]
            .map(|(name, bytes)| sender(&server, name, bytes))
            .into();
    wait_until(PATIENCE, "all to have sent", || has_sent(&mut control, 1900 * KB));
    control.ok("config set maxmemory-clients 5000000");
    assert_eq!(names(&mut control), ["a", "b", "c", "control", "d"]);
    // Room to receive more counts too.
    let mut sizes = field(&mut control, "tot-mem");
    let mut limit_to = |kept: &[&str]| {
        sizes.retain(|(name, _)| kept.contains(&name.as_str()));
        let limit = sizes.iter().map(|(_, size)| size).sum::<usize>() + 10_000;
        control.ok(&format!("config set maxmemory-clients {limit}"));
        names(&mut control)
    };
    assert_eq!(limit_to(&["a", "c", "control", "d"]), ["a", "c", "control", "d"]);
    assert_eq!(limit_to(&["a", "c", "control"]), ["a", "c", "control"]);
    assert_eq!(info_field(&server, "stats", "evicted_clients"), "2");
    for evicted in [1, 3] {
        wait_until(PATIENCE, "the evicted to be closed", || clients[evicted].is_closed());
    }
    server.wait_for_log("Evicting client: id=");
    // With nobody to ask for it the clock sees to it.
    let mut late = sender(&server, "late", 2000 * KB);
    wait_until(PATIENCE, "the late one to be closed", || late.is_closed());
}

#[test]
fn who_is_not_to_be_evicted_stays_and_so_do_replicas() {
    let master = ours(&["--maxmemory-clients", "10%", "--repl-backlog-size", "16384"]);
    let replica = replica_of(master.port, &[]);
    let mut control = master.client();
    control.ok("client no-evict on");
    let mut large = sender(&master, "large", 2_000_000);
    wait_until(PATIENCE, "all to be sent", || has_sent(&mut control, 2_000_000));
    assert!(names(&mut control).contains(&"large".to_owned()), "a part of no maxmemory");
    control.ok("config set maxmemory 10000000");
    wait_until(PATIENCE, "the largest to go", || large.is_closed());
    assert_eq!(control.run("ping"), "PONG");
    control.ok("config set maxmemory-clients 1");
    replica.pause();
    let value = "x".repeat(100_000);
    for i in 0..50 {
        control.ok(&format!("set k{} {value}", i % 5));
    }
    replica.resume();
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(info_field(&master, "stats", "evicted_clients"), "1");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
}

#[test]
fn whose_command_is_too_large_is_closed_before_it_runs() {
    let server = ours(&["--maxmemory-clients", "3000000"]);
    let mut client = server.client();
    client.ok(&format!("set k {}", "v".repeat(1_000_000)));
    assert!(client.try_cmd(&["set", "k", &"v".repeat(3_000_000)]).is_err());
    assert_eq!(server.run("strlen k"), 1_000_000);
    let mut client = server.client();
    client.ok("multi");
    let queue = |client: &mut Client| client.try_cmd(&["set", "k", &"v".repeat(700_000)]).is_ok();
    let queued = (0..10).take_while(|_| queue(&mut client)).count();
    assert!((3..=5).contains(&queued), "{queued}");
    assert_eq!(info_field(&server, "stats", "evicted_clients"), "2");
}

/// However far what they send has come: eviction, which goes by size, would else close others.
#[test]
fn clients_that_send_the_same_take_the_same_from_the_moment_they_announce_it() {
    const BYTES: usize = 3 << 20;
    let server = ours(&[]);
    let mut control = server.client();
    let mut clients = Vec::new();
    for (name, sent) in [("a", 0), ("b", 1000), ("c", 70_000), ("d", 300_000), ("e", BYTES)] {
        let mut client = server.client();
        client.ok(&format!("client setname {name}"));
        client.send(format!("*2\r\n${BYTES}\r\n").as_bytes());
        // In pieces of odd sizes, as a network has them.
        vec![b'x'; sent].chunks(70_001).for_each(|piece| client.send(piece));
        wait_until(PATIENCE, "all to be read", || {
            field(&mut control, "qbuf").contains(&(name.to_owned(), sent))
                && field(&mut control, "tot-mem").iter().all(|(_, bytes)| *bytes > BYTES)
        });
        clients.push(client);
    }
    let sizes = field(&mut control, "tot-mem");
    assert!(sizes.iter().all(|(_, bytes)| *bytes == sizes[0].1), "{sizes:?}");
    assert!(sizes[0].1 < BYTES + 2000, "{sizes:?}");
    // One byte less than all take: one goes, whichever.
    let limit = 5 * sizes[0].1 - 1;
    control.ok("client no-evict on");
    control.ok(&format!("config set maxmemory-clients {limit}"));
    assert_eq!(names(&mut control).len(), 4);
}

/// A command of many arguments before a long one is not moved for each piece of it.
#[test]
fn what_comes_behind_much_is_taken_too() {
    let server = ours(&[]);
    let mut client = server.client();
    let value = "v".repeat(100_000);
    let mut args: Vec<String> = vec!["mset".to_owned()];
    for i in 0..200 {
        args.extend([format!("key:{i}"), value.clone()]);
    }
    assert_eq!(client.cmd(&args), "OK");
    assert_eq!(server.run("strlen key:0"), 100_000);
    assert_eq!(server.run("strlen key:199"), 100_000);
}

#[test]
fn an_output_limit_comes_before_eviction() {
    let server = ours(&["--client-output-buffer-limit", "normal 3mb 0 0"]);
    let mut control = server.client();
    control.cmd(&[&b"set"[..], b"k", &vec![b'x'; 4 << 20]]);
    control.ok("config set maxmemory-clients 10mb");
    let _large = sender(&server, "large", 6 << 20);
    wait_until(PATIENCE, "all to be sent", || has_sent(&mut control, 6 << 20));
    let mut greedy: Vec<Client> = (0..2).map(|_| server.client()).collect();
    server.pause();
    greedy.iter_mut().for_each(|client| client.send_cmd(&["get", "k"]));
    server.resume();
    for client in &mut greedy {
        wait_until(PATIENCE, "it to be closed", || client.is_closed());
    }
    assert_eq!(names(&mut control), ["large"]);
    assert_eq!(info_field(&server, "stats", "evicted_clients"), "0");
    assert_eq!(info_field(&server, "stats", "client_output_buffer_limit_disconnections"), "2");
}

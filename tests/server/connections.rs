//! Limits of clients: how many, how idle, and how much they may hold.

use crate::support::*;

#[test]
fn one_client_over_maxclients_is_told_so_and_closed() {
    let server = ours(&["--maxclients", "5"]);
    // The first PING's connection may still be counted.
    wait_info(&server, "clients", "connected_clients", "1");
    let mut taken = Vec::new();
    let refused = loop {
        let mut client = server.client();
        match client.try_run("ping") {
            Ok(reply) if reply == "PONG" => taken.push(client),
            Ok(reply) => break reply,
            Err(error) => panic!("closed without a word: {error}"),
        }
        assert!(taken.len() <= 5);
    };
    assert_eq!(refused.error(), "ERR max number of clients reached");
    assert!((4..=5).contains(&taken.len()), "{}", taken.len());
    let stats = taken[0].run("info stats").text();
    assert!(stats.contains("rejected_connections:1\r\n"), "{stats}");
    taken.pop();
    wait_until(PATIENCE, "a free place", || server.try_run("ping").is_ok_and(|r| r == "PONG"));
    taken[0].ok("config set maxclients 100");
    let more: Vec<Client> = (0..50).map(|_| server.client()).collect();
    assert_eq!(server.run("ping"), "PONG");
    drop(more);
}

#[test]
fn a_verbose_log_tells_who_comes_and_who_goes() {
    let server = ours(&["--loglevel", "verbose"]);
    let mut client = server.client();
    client.ok("client setname guest");
    let id = client.run("client list").text();
    let address = id.lines().find(|line| line.contains("name=guest")).expect("the client");
    let address = address.split(' ').find_map(|field| field.strip_prefix("addr=")).expect("addr");
    server.wait_for_log(&format!(" - Accepted {address}"));
    drop(client);
    let line = server.wait_for_log(&format!(" addr={address} "));
    assert!(line.contains(" - Client closed connection id="), "{line}");
    assert!(line.contains(" name=guest "), "{line}");
}

#[test]
fn an_idle_client_is_closed_and_a_replica_link_is_not() {
    let master = ours(&["--timeout", "1"]);
    let replica = Server::start_replica(Kind::Understudy, master.port, &["--timeout", "1"]);
    replica.wait_link_up();
    let mut idle = master.client();
    assert_eq!(idle.run("ping"), "PONG");
    assert_eq!(idle.recv_to_end(), b"");
    assert_eq!(info_field(&master, "replication", "connected_slaves"), "1");
    assert_eq!(info_field(&master, "stats", "sync_full"), "1");
    let mut kept = master.client();
    kept.ok("config set timeout 0");
    assert_eq!(kept.run("ping"), "PONG");
}

/// A command comes byte by byte while another waits for longer than `timeout`.
#[test]
fn clients_that_wait_watch_or_send_slowly_are_not_idle() {
    let server = ours(&["--timeout", "1"]);
    let mut monitor = server.client();
    monitor.ok("monitor");
    let mut sender = server.client();
    let mut waiter = server.client();
    waiter.send(b"WAIT 1 3200\r\n");
    for byte in b"*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n" {
        sender.send(&[*byte]);
        std::thread::sleep(std::time::Duration::from_millis(130));
    }
    assert_eq!(sender.reply(), "abc");
    assert_eq!(waiter.reply(), 0);
    assert_eq!(waiter.run("ping"), "PONG");
    // The monitor sees what came last.
    while !monitor.reply().text().contains("\"ping\"") {}
}

#[test]
fn a_client_that_does_not_read_is_closed_at_its_output_limit() {
    let server = ours(&["--client-output-buffer-limit", "normal 1mb 0 0"]);
    let mut client = server.client();
    client.cmd(&[b"set".to_vec(), b"k".to_vec(), vec![b'x'; 1 << 20]]);
    let mut greedy = server.client();
    let gets = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(64);
    let _ = greedy.try_send(&gets);
    let line = server.wait_for_log("for overcoming of output buffer limits.");
    assert!(line.contains("addr=127.0.0.1:"), "{line}");
    wait_until(PATIENCE, "the client to be gone", || {
        server.run("client list").text().lines().count() == 2
    });
    assert_eq!(client.run("ping"), "PONG");
}

#[test]
fn of_a_reply_over_the_output_limit_nothing_is_sent_and_what_follows_is_not_run() {
    let server = ours(&["--client-output-buffer-limit", "normal 100000 0 0"]);
    server.client().cmd(&[&b"set"[..], b"k", &vec![b'x'; 90_000]]);
    let mut client = server.client();
    client.send(b"get k\r\n");
    assert_eq!(client.reply().bytes().len(), 90_000);
    client.send(b"get k\r\nget k\r\nset after 1\r\n");
    assert_eq!(client.recv_to_end(), b"");
    assert_eq!(server.run("exists after"), 0);
    // A transaction is run to its end.
    let mut client = server.client();
    client.ok("multi");
    for line in ["get k", "get k", "set after 1"] {
        assert_eq!(client.run(line), "QUEUED");
    }
    client.send(b"exec\r\n");
    assert_eq!(client.recv_to_end(), b"");
    assert_eq!(server.run("get after"), "1");
    assert_eq!(info_field(&server, "stats", "client_output_buffer_limit_disconnections"), "2");
    // What Redis's fixed buffer would take is sent, whatever the limit.
    let limit = ["config", "set", "client-output-buffer-limit", "normal 1000 0 0"];
    assert_eq!(server.client().cmd(&limit), "OK");
    assert!(server.run("info").text().len() > 2000);
}

/// Each would take all memory otherwise.
#[test]
fn a_reply_without_end_is_given_up_at_the_output_limit() {
    let server = ours(&["--client-output-buffer-limit", "normal 1mb 0 0"]);
    server.ok("config set maxmemory 100mb");
    assert_eq!(server.run("hset h f v"), 1);
    assert_eq!(server.run("sadd s m"), 1);
    assert_eq!(server.run("zadd z 1 m"), 1);
    for line in [
        "hrandfield h -4000000000000000000 withvalues",
        "hrandfield h -999999999",
        "srandmember s -9223372036854775807",
        "zrandmember z -4000000000000000000 withscores",
    ] {
        let mut client = server.client();
        client.send(format!("{line}\r\n").as_bytes());
        assert_eq!(client.recv_to_end(), b"", "{line}");
    }
    assert_eq!(info_field(&server, "stats", "client_output_buffer_limit_disconnections"), "4");
    let peak: usize = info_field(&server, "memory", "used_memory_peak").parse().expect("bytes");
    assert!(peak < 50 << 20, "{peak}");
}

#[test]
fn a_soft_output_limit_closes_only_after_its_time() {
    let server = ours(&["--client-output-buffer-limit", "normal 0 100kb 1"]);
    let mut client = server.client();
    client.cmd(&[b"set".to_vec(), b"k".to_vec(), vec![b'x'; 1 << 20]]);
    let mut greedy = server.client();
    let _ = greedy.try_send(&b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(64));
    wait_until(PATIENCE, "the client to be closed", || {
        // Redis looks at the limit when it adds to the output.
        let _ = greedy.try_send(b"PING\r\n");
        server.count_log("for overcoming of output buffer limits.") > 0
    });
    // One that reads at once is over the limit for no second.
    for _ in 0..20 {
        assert_eq!(client.run("get k").bytes().len(), 1 << 20);
    }
}

#[test]
fn a_client_whose_query_grows_over_the_limit_is_closed() {
    let server = ours(&["--client-query-buffer-limit", "1mb"]);
    let mut client = server.client();
    let mut input = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4000000\r\n".to_vec();
    input.extend(vec![b'x'; 3_000_000]);
    let _ = client.try_send(&input);
    assert_eq!(client.recv_to_end(), b"");
    server.wait_for_log("Closing client that reached max query buffer length:");
    assert_eq!(server.run("ping"), "PONG");
}

#[test]
fn a_pipeline_and_a_command_may_be_longer_than_the_query_buffer_limit() {
    let server = ours(&["--client-query-buffer-limit", "1mb"]);
    let value = vec![b'x'; 700_000];
    let mut client = server.client();
    let set = [b"SET".to_vec(), b"k".to_vec(), value.clone()];
    for _ in 0..4 {
        client.send_cmd(&set);
    }
    for _ in 0..4 {
        assert_eq!(client.reply(), "OK");
    }
    let mset = ["MSET", "a", "", "b", ""].map(|word| match word {
        "" => value.clone(),
        word => word.into(),
    });
    assert_eq!(client.cmd(&mset), "OK");
}

#[test]
fn client_kill_closes_and_client_list_names_each() {
    let server = ours(&[]);
    let mut first = server.client();
    let mut second = server.client();
    first.ok("client setname first");
    second.ok("client setname second");
    let id = second.run("client id").int();
    let list = first.run("client list").text();
    assert!(list.contains(" name=first ") && list.contains(" name=second "), "{list}");
    assert!(list.lines().all(|line| line.starts_with("id=") && line.contains(" resp=2")));
    assert_eq!(first.run(&format!("client kill id {id}")), 1);
    assert_eq!(second.recv_to_end(), b"");
    assert_eq!(first.run(&format!("client kill id {id}")), 0);
    let address = format!("client kill 127.0.0.1:{}", first.local_port());
    let mut third = server.client();
    assert_eq!(third.run(&address), "OK");
    assert_eq!(third.run(&address).error(), "ERR No such client");
}

#[test]
fn a_thousand_clients_come_and_go() {
    let server = ours(&[]);
    for _ in 0..4 {
        let mut clients: Vec<Client> = (0..250).map(|_| server.client()).collect();
        for client in &mut clients {
            client.send(b"PING\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.reply(), "PONG");
        }
    }
    wait_info(&server, "clients", "connected_clients", "1");
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("fds").count();
    assert!(open < 100, "{open} files are open");
}

/// The batch goes back to its connection before the WAIT, since its replies are many: when the
/// WAIT begins, the end of the input is old news.
#[test]
fn a_wait_of_a_client_that_has_gone_is_given_up_wherever_it_stands() {
    let server = ours(&[]);
    server.client().cmd(&["setrange", "big", "1500000", "x"]);
    let mut client = server.client();
    client.send(b"get big\r\nwait 1 0\r\n");
    client.finish_sending();
    client.recv_to_end();
    assert_eq!(info_field(&server, "clients", "blocked_clients"), "0");
}

//! Where a server listens.

use std::fs;
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use crate::support::*;

#[test]
fn a_unix_socket_answers_beside_tcp_and_goes_with_the_server() {
    let mut server = ours(&["--unixsocket", "here.sock", "--unixsocketperm", "700"]);
    let path = server.dir().join("here.sock");
    let mut client = Client::connect_unix(&path).expect("connect");
    assert_eq!(client.run("set k v"), "OK");
    assert_eq!(server.run("get k"), "v");
    let metadata = fs::metadata(&path).expect("metadata");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    let list = client.run("client list").text();
    assert!(list.contains("here.sock:0") && list.contains(" flags=U "), "{list}");
    assert!(server.terminate().success());
    assert!(!path.exists(), "the socket stays behind");
}

#[test]
fn a_stale_unix_socket_is_replaced() {
    let mut server = ours(&["--unixsocket", "here.sock"]);
    let path = server.dir().join("here.sock");
    server.kill9();
    assert!(path.exists());
    server.restart();
    assert_eq!(Client::connect_unix(&path).expect("connect").run("ping"), "PONG");
}

#[test]
fn a_second_server_does_not_take_the_unix_socket_of_a_living_one() {
    let first = ours(&["--unixsocket", "here.sock"]);
    let path = first.dir().join("here.sock");
    let args = ["--port", "0", "--unixsocket", path.to_str().expect("text")];
    let home = Server::prepare(Kind::Understudy, &[]);
    let (code, log) = run_to_exit(Kind::Understudy, home.dir(), &args, "");
    assert_eq!(code, 1);
    let complaint = format!("Failed opening Unix socket: bind: another server listens at {path:?}");
    assert!(log.contains(&complaint.replace('"', "")), "{log}");
    assert_eq!(Client::connect_unix(&path).expect("connect").run("ping"), "PONG");
}

#[test]
fn a_file_in_the_place_of_the_unix_socket_is_not_deleted() {
    let home = Server::prepare(Kind::Understudy, &[]);
    let path = home.dir().join("file");
    std::fs::write(&path, "precious").expect("written");
    let args = ["--port", "0", "--unixsocket", "file"];
    let (code, log) = run_to_exit(Kind::Understudy, home.dir(), &args, "");
    assert_eq!(code, 1);
    assert!(log.contains("Failed opening Unix socket: bind: file is there and is not"), "{log}");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "precious");
}

#[test]
fn port_zero_leaves_only_the_unix_socket() {
    let mut server = Server::prepare_exact(Kind::Understudy, |_, _| {
        let args = ["--port", "0", "--unixsocket", "only.sock", "--save", ""];
        (args.map(str::to_owned).to_vec(), String::new())
    });
    // Nothing answers on TCP, so the start shows itself in the log.
    let path = server.dir().join("only.sock");
    server.start_without_waiting();
    wait_until(PATIENCE, "the socket", || {
        Client::connect_unix(&path).and_then(|mut c| c.try_run("ping")).is_ok_and(|r| r == "PONG")
    });
}

#[test]
fn several_addresses_are_bound_and_no_others() {
    let server = ours(&["--bind", "127.0.0.1 127.0.0.2"]);
    for address in ["127.0.0.1", "127.0.0.2"] {
        assert_eq!(Client::connect((address, server.port)).run("ping"), "PONG");
    }
    assert!(TcpStream::connect(("127.0.0.3", server.port)).is_err());
}

#[test]
fn ipv6_is_served_where_the_machine_has_it() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let server = ours(&["--bind", "127.0.0.1 ::1"]);
    let mut client = Client::connect((Ipv6Addr::LOCALHOST, server.port));
    assert_eq!(client.run("ping"), "PONG");
    let list = client.run("client list").text();
    assert!(list.contains("addr=[::1]:"), "{list}");
    assert_eq!(server.run("ping"), "PONG");
    let replica = ours(&[]);
    replica.ok(&format!("replicaof ::1 {}", server.port));
    replica.wait_link_up();
}

#[test]
fn an_optional_address_may_be_missing_and_another_may_not() {
    // 203.0.113.0/24 is nobody's.
    let server = ours(&["--bind", "127.0.0.1 -203.0.113.77"]);
    assert_eq!(server.run("ping"), "PONG");
    let mut refused = Server::prepare(Kind::Understudy, &["--bind", "127.0.0.1 203.0.113.77"]);
    let status = refused.restart_to_exit();
    assert_eq!(status.code(), Some(1));
    let log = refused.log();
    assert!(log.contains("203.0.113.77"), "{log}");
    assert!(log.contains("Failed listening on port"), "{log}");
}

#[test]
fn what_cannot_be_bound_is_told_in_the_words_of_redis() {
    let long = "x".repeat(120);
    for (args, beginning) in [
        // How the look-up fails depends on the machine's network.
        (["--port", "7777", "--bind", "nosuch.invalid"], "Warning: Could not create server TCP"),
        (["--port", "0", "--unixsocket", "folder"], "Failed opening Unix socket: bind:"),
        (["--port", "0", "--unixsocket", &long], "Failed opening Unix socket: unix socket path"),
    ] {
        let [ours, real] = [Kind::Understudy, Kind::RealRedis].map(|kind| {
            let home = Server::prepare(kind, &[]);
            std::fs::create_dir(home.dir().join("folder")).expect("a folder");
            let (code, output) = run_to_exit(kind, home.dir(), &args, "");
            let complaint = output.lines().find_map(|line| Some(&line[line.find(beginning)?..]));
            (code, complaint.unwrap_or_else(|| panic!("{output}")).to_owned())
        });
        assert_eq!(ours, real, "{args:?}");
    }
}

#[test]
fn a_port_in_use_is_named_and_ends_the_start() {
    let first = ours(&[]);
    let home = Server::prepare(Kind::Understudy, &[]);
    let port = first.port.to_string();
    let args = ["--port", &port, "--bind", "127.0.0.1"];
    let (code, output) = run_to_exit(Kind::Understudy, home.dir(), &args, "");
    assert_eq!(code, 1);
    let warning = format!(
        "Warning: Could not create server TCP listening socket 127.0.0.1:{port}: bind: Address already in use"
    );
    assert!(output.contains(&warning), "{output}");
    assert!(
        output.contains(&format!("Failed listening on port {port} (TCP), aborting.")),
        "{output}"
    );
    assert_eq!(first.run("ping"), "PONG");
}

#[test]
fn port_and_bind_can_change_while_running() {
    let server = ours(&[]);
    let mut client = server.client();
    let other = free_port();
    client.ok(&format!("config set port {other}"));
    assert_eq!(Client::connect(("127.0.0.1", other)).run("ping"), "PONG");
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
    assert_eq!(client.run("ping"), "PONG", "clients stay");
    client.cmd(&["config", "set", "bind", "127.0.0.2"]);
    assert_eq!(Client::connect(("127.0.0.2", other)).run("ping"), "PONG");
    let busy = TcpListener::bind(("127.0.0.2", 0)).expect("a listener");
    let taken = busy.local_addr().expect("its address").port();
    let refused = client.run(&format!("config set port {taken}"));
    assert_eq!(
        refused.error(),
        "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    );
    assert_eq!(Client::connect(("127.0.0.2", other)).run("ping"), "PONG");
}

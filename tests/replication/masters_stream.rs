//! What a master's stream may not do to its replica: change its role, hide its own errors, or leave
//! the replica at an offset that is not that of its data.

use std::io;

use crate::bad_payloads::{command, master_streaming, replid};
use crate::support::*;

fn commands(lines: &[&str]) -> String {
    lines.iter().map(|line| command(line)).collect()
}

/// Answers what comes until an ACK of this offset does.
fn wait_ack(link: &mut FakeLink, offset: usize) -> io::Result<()> {
    while link.command()?.join(" ").to_lowercase() != format!("replconf ack {offset}") {}
    Ok(())
}

fn following(master: &FakeMaster, args: &[&str]) -> Server {
    let replica = Server::start_replica(Kind::Understudy, master.port, args);
    replica.wait_link_up();
    replica
}

/// What a replica offers when it asks to continue behind these bytes of the scripted master's stream.
fn psync_behind(stream: &str) -> String {
    format!("psync {} {}", replid(), 1000 + stream.len() + 1)
}

/// What was applied must be counted: else the next master sends it again.
#[test]
fn a_transaction_of_the_master_does_not_change_the_role_and_what_else_is_in_it_runs() {
    let stream = commands(&[
        "SELECT 0",
        "MULTI",
        "INCR n",
        "REPLICAOF 127.0.0.1 1",
        "SLAVEOF NO ONE",
        "PSYNC ? -1",
        "NOSUCHCOMMAND",
        "INCR n",
        "EXEC",
    ]);
    let (sent, end) = (stream.clone(), 1000 + stream.len());
    let master = master_streaming(move |_, link| {
        link.send(&sent)?;
        wait_ack(link, end)?;
        link.drain()
    });
    let replica = following(&master, &[]);
    wait_until(PATIENCE, "the transaction", || replica.run("GET n") == "2");
    for name in ["replicaof", "slaveof", "psync"] {
        replica.wait_for_log(&format!(
            "'Command not allowed in a replication stream' after processing the command '{name}'"
        ));
    }
    replica.wait_for_log("after processing the command '<unknown>'");
    assert_eq!(info_field(&replica, "replication", "master_port"), master.port.to_string());
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "up");
    wait_until(PATIENCE, "all to be counted", || {
        info_field(&replica, "replication", "slave_repl_offset") == end.to_string()
    });
    assert_eq!(info_field(&replica, "stats", "unexpected_error_replies"), "4");
}

/// Each would change which of the commands behind it run, or whether anybody hears of an error.
#[test]
fn what_is_about_a_connection_means_nothing_in_the_masters_stream() {
    let stream = commands(&[
        "SELECT 0",
        "CLIENT REPLY OFF",
        "WATCH n",
        "MONITOR",
        "SUBSCRIBE a",
        "PSUBSCRIBE a*",
        "UNSUBSCRIBE",
        "QUIT",
        "SET n 1",
        "MULTI",
        "INCR n",
        "LPUSHX",
        "EXEC",
        "SET text a",
        "MULTI",
        "INCR text",
        "INCR n",
        "EXEC",
    ]);
    let master = master_streaming(move |_, link| {
        link.send(&stream)?;
        link.drain()
    });
    // redis-server closes clients that are silent for so long.
    let replica = following(&master, &["--timeout", "1"]);
    wait_until(PATIENCE, "all of it", || replica.run("GET n") == "3");
    replica.wait_for_log(
        "'value is not an integer or out of range' after processing the command 'incr'",
    );
    let line = replica.run("CLIENT LIST TYPE master").text();
    assert!(line.contains("flags=M") && line.contains("sub=0 psub=0"), "{line}");
}

/// They are bytes of the stream, whatever comes with them: who counts them not asks for a wrong
/// place later.
#[test]
fn empty_lines_that_come_alone_are_counted_with_what_follows() {
    for kind in [Kind::Understudy, Kind::RealRedis] {
        let master = master_streaming(|number, link| {
            if number == 0 {
                link.send(commands(&["SET k v"]))?;
                wait_ack(link, 1000 + 27)?;
                link.send("\r\n\r\n")?;
                // It has read them when it says once more where it is.
                wait_ack(link, 1000 + 27)?;
                wait_ack(link, 1000 + 27)?;
                link.send(commands(&["SET k w"]))?;
                wait_ack(link, 1000 + 27 + 4 + 27)?;
            }
            link.drain()
        });
        let replica = Server::start_replica(kind, master.port, &[]);
        wait_until(PATIENCE, "the second write", || replica.run("GET k") == "w");
        wait_info(&replica, "replication", "slave_repl_offset", "1058");
    }
}

/// A file that is written in the middle of the master's stream names the offset of its data.
#[test]
fn a_file_that_a_transaction_of_the_master_writes_has_the_offset_behind_it() {
    let stream = commands(&["SELECT 0", "MULTI", "INCR n", "DEBUG RELOAD", "INCR n", "EXEC"]);
    let (sent, asked) = (stream.clone(), psync_behind(&stream));
    let master = master_streaming(move |number, link| {
        if number == 0 {
            link.send(&sent)?;
        }
        link.drain()
    });
    let mut replica = following(&master, &["--enable-debug-command", "yes"]);
    replica.wait_for_log("DB reloaded by DEBUG RELOAD");
    wait_until(PATIENCE, "the transaction", || replica.run("GET n") == "2");
    replica.kill9();
    replica.restart();
    replica.wait_link_up();
    assert_eq!(replica.run("GET n"), "2");
    let offset = asked.rsplit(' ').next().expect("an offset");
    replica.wait_for_log(&format!(
        "Trying a partial resynchronization (request {}:{offset}).",
        replid()
    ));
}

/// Redis goes on, and the writes land in the database that was selected before.
#[test]
fn a_stream_that_selects_a_database_that_is_not_here_is_left() {
    for select in [&["SELECT 16"][..], &["MULTI", "INCR n", "SELECT 16", "INCR n", "EXEC"]] {
        let bad = commands(&["SELECT 0", "SET n 1"]) + &commands(select) + &command("INCR n");
        let good = commands(&["SELECT 0", "SET healed 1"]);
        let master = master_streaming(move |number, link| {
            link.send(if number == 0 { &bad } else { &good })?;
            link.drain()
        });
        let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
        wait_until(PATIENCE, "a link from scratch", || replica.run("GET healed") == "1");
        replica.wait_for_log(
            "The master's stream selects a database that is not here, where 'databases' is 16.",
        );
        assert_eq!(replica.run("GET n"), Value::Nil, "the snapshot has no such key");
        assert_eq!(replica.count_log("Trying a partial resynchronization"), 0);
    }
}

/// By `propagation-error-behavior`, which is set at run time. A writable replica may be the one that
/// is to blame, and goes on.
#[test]
fn a_command_of_the_master_that_fails_ends_the_process_when_that_is_wanted() {
    let cases = [
        ("ignore", "yes", false),
        ("panic", "yes", true),
        ("panic-on-replicas", "yes", true),
        ("panic", "no", false),
    ];
    for (behavior, read_only, ends) in cases {
        let stream = commands(&["SELECT 0", "SET k text", "INCR k", "SET after 1"]);
        let (go, went) = std::sync::mpsc::channel::<()>();
        let went = std::sync::Mutex::new(went);
        let master = master_streaming(move |_, link| {
            let _ = went.lock().expect("the channel").recv();
            link.send(&stream)?;
            link.drain()
        });
        let mut replica = following(&master, &[]);
        replica.ok(&format!("config set propagation-error-behavior {behavior}"));
        replica.ok(&format!("config set replica-read-only {read_only}"));
        go.send(()).expect("the script waits");
        if ends {
            assert!(!replica.wait_exit().success(), "{behavior}");
            replica.wait_for_log("This replica panicked sending an error to its master");
        } else {
            wait_until(PATIENCE, "the rest of the stream", || replica.run("exists after") == 1);
        }
        replica.wait_for_log("== CRITICAL == This replica is sending an error to its master");
    }
}

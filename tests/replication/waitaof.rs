//! WAITAOF: replicas that say what is safe in their append-only logs.

use crate::support::*;

fn offset(server: &Server) -> i64 {
    info_field(server, "replication", "master_repl_offset").parse().expect("a number")
}

#[test]
fn a_client_waits_until_enough_replicas_have_it_in_their_logs() {
    let master = ours(&["--repl-ping-replica-period", "3600"]);
    let (mut replica, start) = RawReplica::streaming(&master);
    let mut client = master.client();
    client.ok("set k v");
    let written = offset(&master);
    client.send_cmd(&["waitaof", "0", "1", "0"]);
    wait_info(&master, "clients", "blocked_clients", "1");
    // It is asked how far it is, behind what the client wrote.
    wait_until(PATIENCE, "GETACK in the stream", || offset(&master) > written);
    let fack = |replica: &mut RawReplica, applied: i64, safe: i64| {
        let (applied, safe) = (applied.to_string(), safe.to_string());
        replica.link.send_cmd(&["replconf", "ack", &applied, "fack", &safe]);
        wait_until(PATIENCE, "the acknowledgement", || {
            master.run("info replication").text().contains(&format!("offset={applied},"))
        });
    };
    // Applied is not safe.
    fack(&mut replica, written, start);
    assert_eq!(client_blocked(&master), "1");
    fack(&mut replica, written + 1, written);
    assert_eq!(client.reply().items(), [Value::Int(0), Value::Int(1)]);
    assert_eq!(client.run("waitaof 0 2 20").items(), [Value::Int(0), Value::Int(1)]);
    // Whoever says WAIT is content with less.
    client.ok("set k w");
    let written = offset(&master);
    fack(&mut replica, written, written - 1);
    assert_eq!(client.run("wait 1 0"), 1);
    assert_eq!(client.run("waitaof 0 1 20").items(), [Value::Int(0), Value::Int(0)]);
}

fn client_blocked(master: &Server) -> String {
    info_field(master, "clients", "blocked_clients")
}

//! When a replica tells its master how far it is.

use crate::bad_payloads::{command, master_streaming};
use crate::support::*;

/// Far more rounds than there are seconds to wait for them.
const ROUNDS: usize = 120;

#[test]
fn what_was_applied_is_acknowledged_soon_without_being_asked_for() {
    let master = master_streaming(|_, link| {
        let mut end = 1000;
        for round in 0..ROUNDS {
            let write = command(&format!("SET n {round}"));
            link.send(&write)?;
            end += write.len();
            while link.command()?.join(" ").to_lowercase() != format!("replconf ack {end}") {}
        }
        link.send(command("SET all told"))?;
        link.drain()
    });
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    wait_until(PATIENCE, "an ACK for each write", || replica.run("GET all") == "told");
}

/// What a stream that does not rest costs: a reply for a batch would be one for nearly each write.
#[test]
fn a_stream_that_flows_is_not_acknowledged_write_by_write() {
    let master = master_streaming(|_, link| {
        for round in 0..2000 {
            link.send(command(&format!("SET n {round}")))?;
        }
        let mark = command("SET all sent");
        link.send(&mark)?;
        let end = 1000 + (0..2000).map(|n| command(&format!("SET n {n}")).len()).sum::<usize>();
        let last = format!("replconf ack {}", end + mark.len());
        let mut acks = 0;
        while link.command()?.join(" ").to_lowercase() != last {
            acks += 1;
        }
        link.send(command(&format!("SET acks {acks}")))?;
        link.drain()
    });
    let replica = Server::start_replica(Kind::Understudy, master.port, &[]);
    wait_until(PATIENCE, "the last ACK", || replica.run("TYPE acks") == "string");
    let acks: u64 = replica.run("GET acks").text().parse().expect("a number");
    assert!(acks < 1000, "{acks} ACKs for 2000 writes");
}

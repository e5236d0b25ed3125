//! Snapshots and streams that are broken: the old data stays until the new is complete and
//! checked, and a broken stream costs a link, not the data.
//!
//! redis-server empties itself before it loads, or exits: where that matters it cannot play our
//! part.

use std::io;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

pub fn replid() -> String {
    "0123456789abcdef0123456789abcdef01234567".to_owned()
}

/// A snapshot as `source` sends it.
pub fn snapshot_of(source: &Server) -> Vec<u8> {
    match RawReplica::attach(source).1 {
        Grant::Full { rdb, .. } => rdb,
        other => panic!("{other:?}"),
    }
}

fn small_snapshot() -> Vec<u8> {
    let source = Server::start(RealRedis, &[]);
    fill(&source, 300);
    snapshot_of(&source)
}

/// A master that sends these bytes as its snapshot, by length or as a stream, and closes.
fn master_sending(rdb: Vec<u8>, by_length: bool) -> FakeMaster {
    FakeMaster::start(move |_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n", replid()))?;
        let mark = "f".repeat(40);
        if by_length {
            link.send(format!("${}\r\n", rdb.len()))?;
            link.send(&rdb)?;
        } else {
            link.send(format!("$EOF:{mark}\r\n"))?;
            link.send(&rdb)?;
            link.send(&mark)?;
        }
        link.drain()
    })
}

/// A replica that has data of its own and follows `master`; the data must stay.
#[track_caller]
fn assert_data_survives(master: &FakeMaster, complaint: &str) {
    let replica = ours(&["--repl-timeout", "5"]);
    fill(&replica, 500);
    let before = digest(&replica);
    replica.replicaof(master.port);
    replica.wait_for_log(complaint);
    let tries = master.connections();
    wait_until(PATIENCE, "another try", || master.connections() > tries);
    assert_eq!(digest(&replica), before, "the data has changed");
    assert_eq!(replica.run("dbsize"), 500);
    replica.ok("replicaof no one");
    assert_eq!(replica.run("set still works"), "OK");
}

#[test]
fn a_truncated_snapshot_by_length_changes_nothing() {
    let mut rdb = small_snapshot();
    let whole = rdb.len();
    rdb.truncate(whole / 2);
    let master = FakeMaster::start(move |_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n${whole}\r\n", replid()))?;
        link.send(&rdb)
    });
    assert_data_survives(&master, "I/O error trying to sync with MASTER: connection lost");
}

#[test]
fn a_truncated_streamed_snapshot_changes_nothing() {
    let mut rdb = small_snapshot();
    rdb.truncate(rdb.len() / 2);
    let master = FakeMaster::start(move |_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n$EOF:{}\r\n", replid(), "f".repeat(40)))?;
        link.send(&rdb)
    });
    assert_data_survives(&master, "I/O error trying to sync with MASTER: connection lost");
}

#[test]
fn a_snapshot_with_a_wrong_checksum_changes_nothing() {
    if played_by_redis() {
        return;
    }
    for by_length in [true, false] {
        let mut rdb = small_snapshot();
        let last = rdb.len() - 1;
        rdb[last] ^= 1;
        assert_data_survives(&master_sending(rdb, by_length), "Wrong RDB checksum expected");
    }
}

#[test]
fn a_snapshot_with_any_flipped_byte_changes_nothing() {
    if played_by_redis() {
        return;
    }
    let rdb = small_snapshot();
    let replica = ours(&[]);
    fill(&replica, 500);
    let before = digest(&replica);
    let mut random = Random::from_environment("flipped bytes");
    for _ in 0..12 {
        let mut bad = rdb.clone();
        let at = random.below(bad.len() as u64) as usize;
        bad[at] ^= 1 << random.below(8);
        let master = master_sending(bad, true);
        replica.replicaof(master.port);
        wait_until(PATIENCE, "the snapshot to be refused", || master.connections() >= 2);
        assert_eq!(digest(&replica), before, "byte {at} of {}", rdb.len());
        replica.ok("replicaof no one");
    }
}

#[test]
fn a_snapshot_that_is_none_changes_nothing() {
    if played_by_redis() {
        return;
    }
    for (bytes, complaint) in [
        (b"this is not a snapshot at all".to_vec(), "Wrong signature"),
        (b"REDIS9999\xff\0\0\0\0\0\0\0\0".to_vec(), "Can't handle RDB format version 9999"),
        (
            b"REDIS0012\xfe\0\x18\x06my:key\0".to_vec(),
            "Can't load key 'my:key': its value is a hash",
        ),
    ] {
        assert_data_survives(&master_sending(bytes, true), complaint);
    }
}

/// A whole sync from a scripted master, then this stream.
pub fn master_streaming(
    stream: impl Fn(u64, &mut FakeLink) -> io::Result<()> + Send + Sync + 'static,
) -> FakeMaster {
    let rdb = small_snapshot();
    FakeMaster::start(move |number, link| {
        let command = link.handshake()?;
        if command.get(1).is_some_and(|id| *id == replid()) {
            link.send("+CONTINUE\r\n")?;
        } else {
            link.send(format!("+FULLRESYNC {} 1000\r\n${}\r\n", replid(), rdb.len()))?;
            link.send(&rdb)?;
        }
        stream(number, link)
    })
}

pub fn command(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text += &format!("${}\r\n{word}\r\n", word.len());
    }
    text
}

#[test]
fn getack_is_answered_with_the_exact_offset() {
    let (send, acks) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let master = master_streaming(move |_, link| {
        link.send(command("SELECT 0") + &command("SET k v") + &command("REPLCONF GETACK *"))?;
        loop {
            let ack = link.command()?.join(" ").to_lowercase();
            let _ = send.lock().expect("the channel").send(ack);
        }
    });
    let replica = replica_of(master.port, &[]);
    // redis-server answers with the offset before GETACK, and counts it in what it says next.
    let before = 1000 + command("SELECT 0").len() + command("SET k v").len();
    let after = before + command("REPLCONF GETACK *").len();
    let [before, after] = [before, after].map(|offset| format!("replconf ack {offset}"));
    let mut first = None;
    loop {
        let ack = acks.recv_timeout(PATIENCE).expect("an ACK each second");
        if ack == "replconf ack 1000" {
            continue;
        }
        let first = first.get_or_insert(ack.clone());
        assert!([&before, &after].contains(&&*first), "{first}");
        if ack == after {
            break;
        }
    }
    let after = after.rsplit(' ').next().expect("an offset");
    assert_eq!(replica.run("get k"), "v");
    assert_eq!(info_field(&replica, "replication", "slave_repl_offset"), after);
}

#[test]
fn an_unknown_command_in_the_stream_is_named_and_passed_over() {
    let master = master_streaming(|_, link| {
        link.send(command("SELECT 0") + &command("NOSUCHCOMMAND x") + &command("SET after it"))?;
        link.drain()
    });
    let replica = replica_of(master.port, &[]);
    wait_until(PATIENCE, "the write behind it", || replica.run("get after") == "it");
    replica.wait_for_log("== CRITICAL == This replica is sending an error to its master: 'unknown command 'NOSUCHCOMMAND'");
    assert_eq!(info_field(&replica, "replication", "master_link_status"), "up");
}

#[test]
fn a_malformed_stream_costs_the_link_and_not_the_data() {
    let master = master_streaming(|number, link| {
        if number == 0 {
            link.send(command("SELECT 0") + &command("SET before it") + "*nonsense\r\n")?;
        } else {
            link.send(command("SELECT 0") + &command("SET healed yes"))?;
        }
        link.drain()
    });
    let replica = Server::start_replica(Understudy, master.port, &[]);
    wait_until(PATIENCE, "the link to heal", || {
        replica.try_run("get healed").is_ok_and(|value| value == "yes")
    });
    assert_eq!(replica.run("dbsize").int(), 302 - i64::from(replica.run("exists before") == 0));
    replica.wait_for_log("Protocol error");
    // What came before the nonsense is not to be trusted: no continuation was asked for.
    assert_eq!(replica.count_log("Partial resynchronization not possible (no cached master)"), 2);
    assert_eq!(replica.count_log("Trying a partial resynchronization"), 0);
}

#[test]
fn a_transaction_cut_in_the_middle_is_not_half_applied() {
    let master = master_streaming(|number, link| {
        if number == 0 {
            link.send(command("SELECT 0") + &command("MULTI") + &command("SET half 1"))?;
            return Ok(());
        }
        link.send(command("MULTI") + &command("SET whole 1") + &command("EXEC"))?;
        link.drain()
    });
    let replica = Server::start_replica(Understudy, master.port, &[]);
    wait_until(PATIENCE, "the second link's transaction", || {
        replica.try_run("get whole").is_ok_and(|value| value == "1")
    });
    assert_eq!(replica.run("exists half"), 0);
}

/// The first writes of the stream, up to its first SELECT, would go into another database.
#[test]
fn a_snapshot_whose_stream_goes_on_in_a_database_that_is_not_here_is_refused() {
    let rdb = |db: &str| {
        let mut rdb = b"REDIS0009\xfa\x0erepl-stream-db".to_vec();
        rdb.push(db.len() as u8);
        rdb.extend_from_slice(db.as_bytes());
        rdb.extend_from_slice(b"\xff\0\0\0\0\0\0\0\0");
        rdb
    };
    let complaint = "Failed trying to load the MASTER synchronization DB from socket: the stream goes on in database";
    for db in ["16", "-2", "9223372036854775807"] {
        let complaint = format!("{complaint} {db} (repl-stream-db), and 'databases' is 16 here");
        assert_data_survives(&master_sending(rdb(db), true), &complaint);
    }
    for db in ["15", "-1"] {
        let master = master_sending(rdb(db), true);
        Server::start_replica(Understudy, master.port, &[]).wait_link_up();
    }
}

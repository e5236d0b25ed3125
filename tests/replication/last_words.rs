//! What a master sent before its link ended: it is loaded and applied, and the next link asks for
//! what follows it. A master that died may have no other heir.

use std::io;
use std::sync::{Arc, Mutex};

use crate::bad_masters::rdb;
use crate::bad_payloads::{command, replid};
use crate::support::Kind::Understudy;
use crate::support::*;

const KEYS: u32 = 500;
/// What stands before the stream.
const OFFSET: usize = 1000;

/// A master whose first link sends a snapshot of [`KEYS`] and `stream`, and ends; by the close of
/// a socket whose acknowledgements nobody has read, if it is `abrupt`. Later links continue, and the
/// first of their questions is kept.
fn dying_master(stream: String, abrupt: bool) -> (FakeMaster, Arc<Mutex<Option<String>>>) {
    let asked = Arc::new(Mutex::new(None));
    let question = asked.clone();
    let master = FakeMaster::start(move |number, link| {
        let words = link.handshake()?.join(" ");
        if number > 0 {
            question.lock().expect("the question").get_or_insert(words);
            link.send("+CONTINUE\r\n")?;
            return link.drain();
        }
        let rdb = rdb(KEYS);
        link.send(format!("+FULLRESYNC {} {OFFSET}\r\n${}\r\n", replid(), rdb.len()))?;
        link.send(rdb)?;
        link.send(&stream)?;
        if abrupt { Ok(()) } else { link.finish() }
    });
    (master, asked)
}

/// The replica continues behind the last complete command of `stream`, of so many bytes.
#[track_caller]
fn continues_behind(
    replica: &Server,
    asked: &Mutex<Option<String>>,
    stream_bytes: usize,
    keys: i64,
) {
    let question = wait_for(PATIENCE, "a second link", || {
        asked.lock().expect("a question").clone().ok_or_else(|| "none".to_owned())
    });
    assert_eq!(question, format!("psync {} {}", replid(), OFFSET + stream_bytes + 1));
    replica.wait_link_up();
    assert_eq!(replica.run("dbsize"), keys);
    assert_eq!(replica.run("get last"), "word");
    assert_eq!(replica.count_log("Full resync from master"), 1);
}

#[test]
fn a_snapshot_that_came_whole_is_loaded_though_its_master_is_gone_and_the_stream_behind_it_applied()
{
    for abrupt in [false, true] {
        let stream = command("SELECT 0") + &command("SET last word");
        let (master, asked) =
            dying_master(stream.clone() + "*3\r\n$3\r\nSET\r\n$1\r\nx\r\n", abrupt);
        // Half a second for all keys.
        let replica = Server::start_replica(Understudy, master.port, &["--key-load-delay", "1000"]);
        continues_behind(&replica, &asked, stream.len(), i64::from(KEYS) + 1);
    }
}

#[test]
fn a_stream_that_came_is_applied_to_its_end_though_its_master_is_gone() {
    const WRITES: usize = 60_000;
    let value = "v".repeat(100);
    let mut stream = command("SELECT 0");
    for number in 0..WRITES {
        stream += &command(&format!("SET key:{number} {value}"));
    }
    stream += &command("SET last word");
    let bytes = stream.len();
    let (master, asked) = dying_master(stream, false);
    let replica = Server::start_replica(Understudy, master.port, &[]);
    continues_behind(&replica, &asked, bytes, i64::from(KEYS) + WRITES as i64 + 1);
}

/// A transaction without its EXEC comes again from its MULTI on.
#[test]
fn an_open_transaction_at_the_end_of_what_came_is_forgotten() {
    let stream = command("SELECT 0") + &command("SET last word");
    let open = command("MULTI") + &command("SET last other");
    let (master, asked) = dying_master(stream.clone() + &open, false);
    let replica = Server::start_replica(Understudy, master.port, &["--key-load-delay", "1000"]);
    continues_behind(&replica, &asked, stream.len(), i64::from(KEYS) + 1);
}

/// While it has no room to read, a replica cannot hear its master, and does not blame it.
#[test]
fn a_replica_that_does_not_read_does_not_time_its_master_out() {
    let master = FakeMaster::start(|number, link| {
        link.handshake()?;
        // The loader rests for its first keys while more comes than it may be behind.
        let mut rdb = b"REDIS0009\xfe\0".to_vec();
        for key in 0..80 {
            let bytes: u32 = if key < 64 { 16 << 10 } else { 1 << 20 };
            rdb.extend_from_slice(&[0, 1, b' ' + key, 0x80]);
            rdb.extend_from_slice(&bytes.to_be_bytes());
            rdb.resize(rdb.len() + bytes as usize, b'v');
        }
        rdb.extend_from_slice(&[0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", replid(), rdb.len()))?;
        if number > 0 {
            return Err(io::Error::other("tried again"));
        }
        link.send(rdb)?;
        loop {
            link.send(command("PING"))?;
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
    });
    let replica = Server::start_replica(
        Understudy,
        master.port,
        &["--repl-timeout", "1", "--key-load-delay", "50000"],
    );
    replica.wait_link_up();
    assert_eq!(replica.run("dbsize"), 80);
    assert_eq!(master.connections(), 1);
}

/// A master that asks again and again and does not read would else make a queue without end.
#[test]
fn many_questions_for_the_offset_that_come_at_once_are_answered_once() {
    const QUESTIONS: usize = 20_000;
    let (answered, answers) = std::sync::mpsc::channel();
    let answered = Mutex::new(answered);
    let master = FakeMaster::start(move |_, link| {
        link.handshake()?;
        let rdb = rdb(1);
        link.send(format!("+FULLRESYNC {} {OFFSET}\r\n${}\r\n", replid(), rdb.len()))?;
        link.send(rdb)?;
        let question = command("REPLCONF GETACK *");
        let all = question.repeat(QUESTIONS);
        let end = format!("replconf ack {}", OFFSET + all.len() - question.len());
        link.send(all)?;
        let mut count = 0;
        loop {
            count += 1;
            // Each says where we were before the question.
            if link.command()?.join(" ").to_lowercase() == end {
                break;
            }
        }
        let _ = answered.lock().expect("the sender").send(count);
        link.drain()
    });
    let _replica = Server::start_replica(Understudy, master.port, &[]);
    let count = answers.recv_timeout(PATIENCE).expect("the last answer");
    assert!(count < QUESTIONS / 2, "{count} answers");
}

//! Masters that speak nonsense or break off: the replica says what is wrong in Redis's words,
//! keeps its data, tries again, and is none the worse.

use std::io;

use crate::support::Kind::Understudy;
use crate::support::*;

/// A replica that holds data from a good master and is then told to follow this script.
struct Misled {
    good: Server,
    replica: Server,
    fake: FakeMaster,
}

fn misled(script: impl Fn(u64, &mut FakeLink) -> io::Result<()> + Send + Sync + 'static) -> Misled {
    let good = ours(&[]);
    fill(&good, 500);
    let replica = replica_of(good.port, &["--repl-timeout", "5"]);
    wait_equal_digests(&[&good, &replica]);
    let fake = FakeMaster::start(script);
    replica.replicaof(fake.port);
    Misled { good, replica, fake }
}

impl Misled {
    /// The log says so, the data is as it was, and the replica tries again.
    #[track_caller]
    fn complains_and_keeps_its_data(&self, complaint: &str) {
        self.replica.wait_for_log(complaint);
        let tries = self.fake.connections();
        wait_until(PATIENCE, "another try", || self.fake.connections() > tries);
        assert_eq!(info_field(&self.replica, "replication", "master_link_status"), "down");
        assert_eq!(digest(&self.replica), digest(&self.good), "the data has changed");
        self.returns_to_the_good_one();
    }

    #[track_caller]
    fn returns_to_the_good_one(&self) {
        self.replica.replicaof(self.good.port);
        self.replica.wait_link_up();
        self.good.write_through("set after trouble", 1);
        wait_equal_digests(&[&self.good, &self.replica]);
    }
}

fn replid() -> String {
    "0123456789abcdef0123456789abcdef01234567".to_owned()
}

#[test]
fn a_master_that_closes_at_once_is_tried_again() {
    let misled = misled(|_, _| Ok(()));
    wait_until(PATIENCE, "three tries", || misled.fake.connections() >= 3);
    assert_eq!(digest(&misled.replica), digest(&misled.good));
    misled.returns_to_the_good_one();
}

#[test]
fn an_error_to_ping_ends_the_try() {
    misled(|_, link| {
        link.command()?;
        link.send("-ERR not today\r\n")
    })
    .complains_and_keeps_its_data("Error reply to PING from master: '-ERR not today'");
}

#[test]
fn something_that_is_no_redis_at_all_ends_the_try() {
    misled(|_, link| {
        link.command()?;
        link.send("HTTP/1.1 400 Bad Request\r\nServer: other\r\n\r\n")
    })
    .complains_and_keeps_its_data("Error reply to PING from master: 'HTTP/1.1 400 Bad Request'");
}

#[test]
fn endless_bytes_without_a_line_end_end_the_try() {
    let misled = misled(|_, link| {
        link.command()?;
        for _ in 0..1_000 {
            link.send(vec![b'x'; 64 * 1024])?;
        }
        Ok(())
    });
    wait_until(PATIENCE, "a second try", || misled.fake.connections() >= 2);
    let bytes = misled.replica.resident_bytes();
    assert!(bytes < 64 << 20, "{bytes} bytes");
    assert_eq!(digest(&misled.replica), digest(&misled.good));
    misled.returns_to_the_good_one();
}

#[test]
fn a_refused_replconf_is_not_critical() {
    let misled = misled(|_, link| {
        loop {
            let command = link.command()?;
            match command[0].as_str() {
                "ping" => link.send("+PONG\r\n")?,
                "replconf" => link.send("-ERR unknown command 'REPLCONF'\r\n")?,
                _ => return link.send("-NOMASTERLINK patience\r\n"),
            }
        }
    });
    misled.replica.wait_for_log(
        "(Non critical) Master does not understand REPLCONF listening-port: -ERR unknown command",
    );
    misled.replica.wait_for_log("(Non critical) Master does not understand REPLCONF capa: -ERR");
    misled.complains_and_keeps_its_data(
        "Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK patience",
    );
}

#[test]
fn a_loading_master_is_tried_again_later() {
    misled(|_, link| {
        link.handshake()?;
        link.send("-LOADING Redis is loading the dataset in memory\r\n")
    })
    .complains_and_keeps_its_data(
        "Master is currently unable to PSYNC but should be in the future: -LOADING",
    );
}

#[test]
fn an_unknown_answer_to_psync_falls_back_to_sync() {
    misled(|_, link| {
        if link.handshake()?[0] == "psync" {
            link.send("+WHATEVER you say\r\n")?;
        }
        link.command().map(drop)
    })
    .complains_and_keeps_its_data("Unexpected reply to PSYNC from master: +WHATEVER you say");
}

#[test]
fn a_master_without_psync_is_asked_by_sync() {
    let misled = misled(|_, link| {
        while link.handshake()?[0] == "psync" {
            link.send("-ERR unknown command 'PSYNC'\r\n")?;
        }
        link.send("-ERR and no SYNC either\r\n")?;
        link.drain()
    });
    misled.replica.wait_for_log("Retrying with SYNC...");
    misled.complains_and_keeps_its_data(
        "MASTER aborted replication with an error: ERR and no SYNC either",
    );
}

#[test]
fn a_malformed_fullresync_falls_back_or_tries_again() {
    for reply in ["+FULLRESYNC\r\n", "+FULLRESYNC short 1\r\n", "+FULLRESYNC \r\n"] {
        let misled = misled(move |_, link| {
            link.handshake()?;
            link.send(reply)
        });
        misled.complains_and_keeps_its_data("Master replied with wrong +FULLRESYNC syntax.");
    }
}

#[test]
fn a_bulk_that_is_no_bulk_ends_the_try() {
    misled(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\nnonsense\r\n", replid()))?;
        link.drain()
    })
    .complains_and_keeps_its_data(
        "Bad protocol from MASTER, the first byte is not '$' (we received 'nonsense'), are you sure the host and port are right?",
    );
}

#[test]
fn an_error_instead_of_the_bulk_ends_the_try() {
    misled(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n-ERR out of memory\r\n", replid()))?;
        link.drain()
    })
    .complains_and_keeps_its_data("MASTER aborted replication with an error: ERR out of memory");
}

#[test]
fn a_link_closed_before_the_bulk_ends_the_try() {
    let misled = misled(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n", replid()))
    });
    wait_until(PATIENCE, "another try", || misled.fake.connections() >= 2);
    assert_eq!(digest(&misled.replica), digest(&misled.good));
    misled.returns_to_the_good_one();
}

#[test]
fn a_huge_length_is_not_believed() {
    let misled = misled(|_, link| {
        link.handshake()?;
        link.send(format!("+FULLRESYNC {} 0\r\n$9223372036854775807\r\nREDIS0009", replid()))
    });
    wait_until(PATIENCE, "another try", || misled.fake.connections() >= 2);
    assert!(misled.replica.resident_bytes() < 64 << 20);
    assert_eq!(digest(&misled.replica), digest(&misled.good));
    misled.returns_to_the_good_one();
}

/// An RDB without a checksum, of so many keys.
pub fn rdb(keys: u32) -> Vec<u8> {
    let mut rdb = b"REDIS0009\xfe\0".to_vec();
    for key in 0..keys {
        rdb.extend_from_slice(&[0, 4]);
        rdb.extend_from_slice(&key.to_be_bytes());
        rdb.extend_from_slice(b"\x01v");
    }
    rdb.push(0xff);
    rdb.extend_from_slice(&[0; 8]);
    rdb
}

/// Positions behind the end of the range could not be told apart, and nothing would leave the
/// backlog any more.
#[test]
fn an_offset_near_the_end_of_its_range_is_refused() {
    for offset in [i64::MAX, i64::MAX - 10, i64::MAX / 2 + 1] {
        let misled = misled(move |_, link| {
            link.handshake()?;
            link.send(format!("+FULLRESYNC {} {offset}\r\n", replid()))
        });
        misled.complains_and_keeps_its_data("Master replied with wrong +FULLRESYNC syntax.");
    }
}

#[test]
fn a_data_set_that_nobody_waits_for_any_more_is_freed_in_the_background() {
    const KEYS: u32 = 2_000;
    let fake = FakeMaster::start(|_, link| {
        link.handshake()?;
        let rdb = rdb(KEYS);
        link.send(format!("+FULLRESYNC {} 0\r\n${}\r\n", replid(), rdb.len()))?;
        link.send(rdb)?;
        link.drain()
    });
    // Two seconds for all keys.
    let replica = Server::start_replica(Understudy, fake.port, &["--key-load-delay", "1000"]);
    replica.wait_for_log("Loading DB in memory");
    wait_until(PATIENCE, "all of the snapshot", || {
        info(&replica, "replication").get("master_sync_left_bytes") == Some("0")
    });
    replica.ok("replicaof no one");
    wait_until(PATIENCE, "the data set to be freed", || {
        info_field(&replica, "memory", "lazyfreed_objects") == KEYS.to_string()
    });
    assert_eq!(replica.run("dbsize"), 0);
}

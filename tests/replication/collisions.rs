//! Keys that were built to collide, by somebody who has read the seed in a dump.

use std::fs;
use std::time::Duration;

use understudy::base::random::Random;

use super::pair;
use crate::support::*;

const KEYS_A_COMMAND: u64 = 1_000;

/// `COLLIDING_KEYS=1000000` for the long form. A search among them one by one would not end in time
/// with far fewer.
fn keys() -> u64 {
    let keys = std::env::var("COLLIDING_KEYS");
    keys.map_or(50_000, |keys| keys.parse().expect("COLLIDING_KEYS is a number"))
}

/// The seed that the server's dump tells.
fn seed(server: &Server) -> u64 {
    const FIELD: &[u8] = b"understudy-hash-seed";
    server.ok("save");
    let dump = fs::read(server.dir().join("dump.rdb")).expect("a dump");
    let at = dump.windows(FIELD.len()).position(|part| part == FIELD).expect("the field");
    let value = &dump[at + FIELD.len()..];
    let digits = &value[1..=usize::from(value[0])];
    std::str::from_utf8(digits).expect("digits").parse().expect("a number")
}

/// Keys of one hash: their first half is the secret that the hash mixes it with, which multiplies
/// the second half by zero.
fn colliding(seed: u64) -> impl Fn(u64) -> Vec<u8> {
    const MIXED_IN: u64 = 0xc0ac_29b7_c97c_50dd;
    let mut random = Random::from_seed(seed);
    let [_, _, third] = [(); 3].map(|()| random.next_u64());
    let first_half = (third ^ MIXED_IN).to_le_bytes();
    move |number| [first_half, number.to_be_bytes()].concat()
}

#[test]
fn keys_that_all_collide_neither_end_nor_stall_master_or_replica() {
    let keys = keys();
    let (mut master, replica) = pair(&["--save", ""]);
    let key = colliding(seed(&master));
    let mut client = master.client();
    for first in (0..keys).step_by(KEYS_A_COMMAND as usize) {
        let mut command = vec![b"mset".to_vec()];
        for number in first..first + KEYS_A_COMMAND {
            command.extend([key(number), number.to_string().into_bytes()]);
        }
        assert_eq!(client.cmd(&command).text(), "OK");
    }
    for number in (0..keys).step_by(997) {
        assert_eq!(client.cmd(&[b"get".to_vec(), key(number)]).text(), number.to_string());
    }
    wait_equal_digests(&[&master, &replica]);
    // The dump tells the seed to whoever loads it.
    master.ok("save");
    master.restart();
    assert_eq!(master.run("dbsize").int(), keys as i64);
    replica.wait_link_up();
    wait_equal_digests(&[&master, &replica]);
    let mut client = master.client();
    for first in (0..keys).step_by(KEYS_A_COMMAND as usize) {
        let mut command = vec![b"del".to_vec()];
        command.extend((first..first + KEYS_A_COMMAND).map(&key));
        assert_eq!(client.cmd(&command).int(), KEYS_A_COMMAND as i64);
    }
    wait_until(Duration::from_secs(30), "both are empty", || {
        [&master, &replica].iter().all(|server| server.run("dbsize").int() == 0)
    });
}

//! Data sets: filling servers and comparing them.

use super::server::Server;
use super::wait::{PATIENCE, wait_for};

/// A small seeded generator (splitmix64), the same on every machine.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Seeded by the clock; prints the seed, which `TEST_SEED` sets.
    pub fn from_environment(what: &str) -> Random {
        let seed = match std::env::var("TEST_SEED") {
            Ok(text) => text.parse().expect("TEST_SEED is a number"),
            Err(_) => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                now.expect("a clock after 1970").as_nanos() as u64
            }
        };
        eprintln!("{what}: TEST_SEED={seed}");
        Random(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64() % bound
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next_u64() as u8).collect()
    }
}

/// Loads `count` keys into database 0: integers, short and long texts, bytes, some with a TTL
/// of hours.
#[track_caller]
pub fn fill(server: &Server, count: usize) {
    fill_db(server, 0, count);
}

#[track_caller]
pub fn fill_db(server: &Server, db: u32, count: usize) {
    let mut client = server.client();
    client.ok(&format!("select {db}"));
    let mut random = Random::new(u64::from(db) + 1);
    let commands = (0..count).map(|i| {
        let mut command =
            vec![b"set".to_vec(), format!("key:{i}").into_bytes(), value(&mut random, i)];
        if i % 5 == 0 {
            command.extend([b"px".to_vec(), (3_600_000 + i).to_string().into_bytes()]);
        }
        command
    });
    let mut commands = commands.peekable();
    while commands.peek().is_some() {
        let some: Vec<_> = commands.by_ref().take(10_000).collect();
        for reply in client.pipeline(&some) {
            assert_eq!(reply, "OK");
        }
    }
}

fn value(random: &mut Random, i: usize) -> Vec<u8> {
    match i % 4 {
        0 => random.next_u64().to_string().into_bytes(),
        1 => (random.next_u64() as i32).to_string().into_bytes(),
        2 => "repeats itself ".repeat(1 + i % 20).into_bytes(),
        _ => random.bytes(i % 100),
    }
}

/// `DEBUG DIGEST`: equal for equal data.
#[track_caller]
pub fn digest(server: &Server) -> String {
    server.run("debug digest").text()
}

/// Waits until all servers hold the same data; nobody may write meanwhile.
#[track_caller]
pub fn wait_equal_digests(servers: &[&Server]) {
    wait_for(PATIENCE, "equal digests", || {
        let digests: Vec<_> = servers.iter().map(|server| digest(server)).collect();
        if digests.iter().all(|digest| *digest == digests[0]) {
            return Ok(());
        }
        let sizes: Vec<_> = servers.iter().map(|s| s.run("info keyspace").text()).collect();
        Err(format!("{digests:?} {sizes:?}"))
    });
    assert_ne!(digest(servers[0]), "0".repeat(40), "the data set is empty");
}

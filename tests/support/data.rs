//! Data sets: filling servers and comparing them.

use super::client::Value;
use super::server::Server;
use super::wait::{PATIENCE, comes_true};

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

/// Waits until all servers hold the same data; nobody may write meanwhile. The first is the
/// master of the others.
#[track_caller]
pub fn wait_equal_digests(servers: &[&Server]) {
    delete_expired(servers[0]);
    let digests = || servers.iter().map(|server| digest(server)).collect::<Vec<_>>();
    let is_equal = || digests().windows(2).all(|pair| pair[0] == pair[1]);
    if !comes_true(PATIENCE, is_equal) {
        let pairs = servers.windows(2).map(|pair| difference(pair[0], pair[1]));
        panic!("digests stay different: {:?}\n{}", digests(), pairs.collect::<String>());
    }
    assert_ne!(digest(servers[0]), "0".repeat(40), "the data set is empty");
}

/// Walks over all keys, which makes a master delete the expired ones at once: redis-server's own
/// cycle would take minutes to find the last of them, and digests count them until then.
#[track_caller]
fn delete_expired(master: &Server) {
    let mut client = master.client();
    for db in 0..16 {
        client.ok(&format!("select {db}"));
        let mut cursor = "0".to_owned();
        loop {
            let reply = client.ok(&format!("scan {cursor} count 1000"));
            cursor = reply.items()[0].text();
            if cursor == "0" {
                break;
            }
        }
    }
}

/// The first keys in which two servers differ, one line each.
fn difference(left: &Server, right: &Server) -> String {
    let mut lines = format!("port {} against {}:\n", left.port, right.port);
    let mut clients = [left.client(), right.client()];
    for db in 0..16 {
        let sizes = clients.each_mut().map(|client| {
            client.ok(&format!("select {db}"));
            client.ok("dbsize").int()
        });
        if sizes[0] != sizes[1] {
            lines += &format!("db {db}: {sizes:?} keys\n");
        }
        let mut keys: Vec<Value> = Vec::new();
        for client in &mut clients {
            keys.extend_from_slice(client.ok("keys *").items());
        }
        keys.sort_by(|a, b| a.bytes().cmp(b.bytes()));
        keys.dedup();
        for chunk in keys.chunks(1_000) {
            let commands: Vec<Vec<&[u8]>> =
                chunk.iter().map(|key| vec![b"get".as_slice(), key.bytes()]).collect();
            let ttls: Vec<Vec<&[u8]>> =
                chunk.iter().map(|key| vec![b"pexpiretime".as_slice(), key.bytes()]).collect();
            let [left, right] = clients.each_mut().map(|client| {
                client
                    .pipeline(&commands)
                    .into_iter()
                    .zip(client.pipeline(&ttls))
                    .collect::<Vec<_>>()
            });
            for ((key, left), right) in chunk.iter().zip(left).zip(right) {
                if left != right && lines.lines().count() < 20 {
                    lines += &format!("db {db} {key:?}: {left:?} against {right:?}\n");
                }
            }
        }
    }
    lines
}

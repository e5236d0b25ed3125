//! Values made of elements: what a data set and a load have of each type.

use super::data::Random;
use super::server::Server;
use super::streams;

/// A type of collections.
#[derive(Clone, Copy, Debug)]
pub enum Collections {
    Lists,
    Hashes,
    Sets,
    Streams,
    SortedSets,
}

/// Keys of each type that a load writes to: few, so that they grow and shrink.
const KEYS: u64 = 50;

impl Collections {
    pub const ALL: &[Collections] = &[
        Collections::Lists,
        Collections::Hashes,
        Collections::Sets,
        Collections::Streams,
        Collections::SortedSets,
    ];

    /// Commands that make the `i`-th value of a data set: those of each size and encoding.
    fn fill(self, random: &mut Random, i: usize) -> Vec<Vec<Vec<u8>>> {
        // Most are small; one in a hundred has thousands of elements.
        let count = if i.is_multiple_of(100) { 3_000 } else { 1 + i % 20 };
        let words: &[&str] = match self {
            Collections::Lists => &["rpush", "l"],
            Collections::Hashes => &["hset", "h"],
            Collections::Sets => &["sadd", "u"],
            Collections::Streams => return streams::fill(random, i, count),
            Collections::SortedSets => &["zadd", "z"],
        };
        let mut command = vec![words[0].into(), format!("{}:{i}", words[1]).into_bytes()];
        for _ in 0..count {
            match self {
                Collections::Lists => command.push(element(random)),
                Collections::Hashes => command.extend([element(random), element(random)]),
                // Every third is one of numbers.
                Collections::Sets if i.is_multiple_of(3) => {
                    let number = random.next_u64() as i64 >> random.below(64);
                    command.push(number.to_string().into_bytes());
                }
                Collections::Sets | Collections::Streams => command.push(element(random)),
                Collections::SortedSets => command.extend([score(random), element(random)]),
            }
        }
        vec![command]
    }

    /// A write on one of few keys. `for_six`: only what Redis 6.0 knows too.
    pub fn write(self, random: &mut Random, for_six: bool) -> String {
        let key = random.below(KEYS);
        let other = random.below(KEYS);
        let n = random.below(100_000);
        match self {
            Collections::Lists => match random.below(14) {
                12.. if for_six => format!("rpoplpush l:{key} l:{other}"),
                0..4 => format!("rpush l:{key} {n} element-{n} {other}"),
                4..6 => format!("lpush l:{key} {n} {n}.5"),
                6 => format!("lpop l:{key}"),
                7 => format!("rpop l:{key}"),
                8 => format!("linsert l:{key} before {other} {n}"),
                9 => format!("lrem l:{key} {} {other}", n as i64 % 3 - 1),
                10 => format!("ltrim l:{key} {} {}", n % 3, 200 + n % 200),
                11 => format!("rpoplpush l:{key} l:{other}"),
                12 => format!("lmpop 2 l:{key} l:{other} left count {}", 1 + n % 5),
                _ => format!("lmove l:{key} l:{other} left right"),
            },
            Collections::Hashes => match random.below(12) {
                0..4 => format!("hset h:{key} {other} {n} field-{other} value-{n}"),
                4 => format!("hmset h:{key} {n} {other}"),
                5 => format!("hsetnx h:{key} {other} {n}"),
                6 | 7 => format!("hdel h:{key} {other} field-{n} field-{key}"),
                8 | 9 => format!("hincrby h:{key} count-{other} {n}"),
                10 => format!("hincrbyfloat h:{key} float-{other} {n}.25"),
                _ => format!("hset h:{key} long-{other} {}", "x".repeat(n as usize % 100)),
            },
            Collections::Sets => match random.below(14) {
                0..4 => format!("sadd u:{key} {n} {other} {key}"),
                4 => format!("sadd u:{key} member-{n} member-{other}"),
                5 => format!("srem u:{key} {n} {other} member-{other}"),
                6 => format!("spop u:{key}"),
                7 => format!("spop u:{key} {}", 1 + n % 8),
                8 => format!("spop u:{key} 100000"),
                9 => format!("smove u:{key} u:{other} {other}"),
                10 => format!("sunionstore u:{key} u:{key} u:{other}"),
                11 => format!("sinterstore u:{key} u:{other} u:{}", n % KEYS),
                12 => format!("sdiffstore u:{key} u:{other} u:{}", n % KEYS),
                _ => format!("srem u:{key} {key} {n}"),
            },
            Collections::Streams => streams::write(random, key, n, for_six),
            Collections::SortedSets => match random.below(18) {
                14.. if for_six => format!("zadd z:{key} {n} {n}"),
                0..4 => format!("zadd z:{key} {n} {other} {other}.5 member-{n} -inf {key}"),
                4 => format!("zadd z:{key} xx ch {n}.25 {other} 7e3 member-{other}"),
                5 | 6 => format!("zincrby z:{key} {n}.75 {other}"),
                7 => format!("zrem z:{key} {other} member-{n} {n}"),
                8 => format!("zremrangebyrank z:{key} {other} {}", other + 2),
                9 => format!("zremrangebyscore z:{key} {n} ({}", n + 2_000),
                10 => format!("zpopmin z:{key}"),
                11 => format!("zpopmax z:{key} {}", 1 + n % 4),
                12 => format!("zunionstore z:{key} 2 z:{key} u:{other} weights 1 3"),
                13 => format!("zinterstore z:{key} 2 z:{other} z:{} aggregate max", n % KEYS),
                14 => format!("zdiffstore z:{key} 2 z:{other} z:{}", n % KEYS),
                15 => format!("zrangestore z:{key} z:{other} {} -1", n % 20),
                16 => format!("zmpop 2 z:{key} z:{other} min count {}", 1 + n % 5),
                _ => format!("zadd z:{key} gt ch {n} {other}"),
            },
        }
    }
}

/// An integer, a text, bytes, or seldom something long.
pub fn element(random: &mut Random) -> Vec<u8> {
    match random.below(40) {
        0 => vec![b'x'; 100 + random.below(9_000) as usize],
        1..15 => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
        15..20 => {
            let length = random.below(70) as usize;
            random.bytes(length)
        }
        _ => format!("element {}", random.below(1_000)).into_bytes(),
    }
}

/// Of those that all versions write alike into digests: integers below ten millions, and quarters.
fn score(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => (random.below(20_000_000) as i64 - 10_000_000).to_string(),
        1 => ["inf", "-inf", "0"][random.below(3) as usize].to_owned(),
        2..6 => format!("{}.{}", random.below(1_000), 25 * random.below(4)),
        _ => random.below(100).to_string(),
    }
    .into_bytes()
}

/// Writes `count` times on the first of the values that [`fill_collections`] makes. `for_six`: only
/// what Redis 6.0 knows too.
#[track_caller]
pub fn write_collections(server: &Server, count: usize, for_six: bool) {
    let mut random = Random::from_environment("collections");
    let commands: Vec<Vec<String>> = (0..count)
        .map(|_| {
            let family = Collections::ALL[random.below(Collections::ALL.len() as u64) as usize];
            family.write(&mut random, for_six).split(' ').map(str::to_owned).collect()
        })
        .collect();
    for reply in server.client().pipeline(&commands) {
        assert!(!reply.is_error(), "{reply:?}");
    }
}

/// Adds `count` values of each type of collections to database 0.
#[track_caller]
pub fn fill_collections(server: &Server, count: usize) {
    let mut client = server.client();
    let mut random = Random::new(count as u64);
    for family in Collections::ALL {
        let commands: Vec<_> = (0..count).flat_map(|i| family.fill(&mut random, i)).collect();
        for reply in client.pipeline(&commands) {
            assert!(!reply.is_error(), "{reply:?}");
        }
    }
}

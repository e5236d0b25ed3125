//! Random commands on few keys, so that they meet. What depends on the clock is kept apart from
//! what is compared: times are far away, long ago, or not compared with one another.

use std::collections::VecDeque;

use crate::support::Random;

/// Arguments of one command.
pub type Command = Vec<Vec<u8>>;

/// Something to be done on both servers.
pub enum Step {
    Run(Command),
    /// A walk by SCAN to the end, with these options.
    Walk(Command),
    /// The key expires, without anybody looking.
    Lapse(Vec<u8>),
    /// The payload that redis-server dumps of the first key is restored under the second.
    Transplant {
        from: Vec<u8>,
        to: Vec<u8>,
        options: Command,
    },
}

/// Far apart, and each far from now; the last two have passed.
const POINTS_IN_TIME: [&str; 5] = ["4102444800", "5000000000", "9999999999", "1", "1000000000"];
/// The longest is never reached; the last two have passed.
const SPANS: [&str; 5] = ["1000", "200000", "30000000", "0", "-7"];
const DATABASES: u64 = 3;

/// Draws commands.
pub struct Generator {
    pub random: Random,
    /// Draws the commands of the family that is tried, beside those on keys and databases.
    pub family: fn(&mut Generator) -> Command,
    /// What comes next, before anything else is drawn.
    pub then: VecDeque<Command>,
}

impl Generator {
    pub fn step(&mut self) -> Step {
        if let Some(command) = self.then.pop_front() {
            return Step::Run(command);
        }
        if self.random.below(500) == 0 {
            return Step::Lapse(self.key());
        }
        match self.random.below(48) {
            0 => Step::Walk(self.scan_options()),
            1 => Step::Transplant {
                from: self.key(),
                to: self.key(),
                options: self.some(&["replace", "absttl", "idletime 5", "freq 7", "foo"]),
            },
            2..=4 => Step::Run(self.nonsense()),
            5..=15 => Step::Run(self.key_command()),
            16..=18 => Step::Run(self.database_command()),
            19..=21 => Step::Run(self.string_command()),
            _ => Step::Run((self.family)(self)),
        }
    }

    pub fn string_command(&mut self) -> Command {
        let (key, other, value) = (self.key(), self.key(), self.value());
        match self.random.below(24) {
            0..=2 => args(&[b"set", &key, &value]),
            3..=5 => {
                let options = self.set_options();
                [args(&[b"set", &key, &value]), options].concat()
            }
            6 => args(&[b"setnx", &key, &value]),
            7 => args(&[b"setex", &key, self.span().as_bytes(), &value]),
            8 => args(&[b"psetex", &key, self.millis().as_bytes(), &value]),
            9 => {
                let options = self.time_options(&["persist"]);
                [args(&[b"getex", &key]), options].concat()
            }
            10 => args(&[b"getdel", &key]),
            11 => args(&[b"getset", &key, &value]),
            12 => args(&[b"mget", &key, &other, &key]),
            13 => args(&[b"mset", &key, &value, &other, &value, &key, b"12"]),
            14 => args(&[b"msetnx", &key, &value, &other, &value]),
            15 | 16 => args(&[b"append", &key, &value]),
            17 => args(&[b"setrange", &key, self.index().as_bytes(), &value]),
            18 => {
                let name: &[u8] = if self.random.below(2) == 0 { b"getrange" } else { b"substr" };
                args(&[name, &key, self.index().as_bytes(), self.index().as_bytes()])
            }
            19 => args(&[self.one_of(&["incr", "decr", "strlen", "get"]).as_bytes(), &key]),
            20 | 21 => args(&[self.one_of(&["incrby", "decrby"]).as_bytes(), &key, &self.number()]),
            22 => args(&[b"incrbyfloat", &key, &self.float()]),
            _ => {
                let options =
                    self.some(&["len", "idx", "withmatchlen", "minmatchlen 2", "minmatchlen x"]);
                [args(&[b"lcs", &key, &other]), options].concat()
            }
        }
    }

    fn key_command(&mut self) -> Command {
        let (key, other) = (self.key(), self.key());
        match self.random.below(16) {
            0 => args(&[
                self.one_of(&["del", "unlink", "exists", "touch"]).as_bytes(),
                &key,
                &other,
                &key,
            ]),
            1 => args(&[b"type", &key]),
            2 => args(&[
                self.one_of(&["expire", "pexpire"]).as_bytes(),
                &key,
                self.span().as_bytes(),
            ]),
            3..=5 => self.expire_at(&key),
            6 | 7 => {
                args(&[self.one_of(&["ttl", "pttl", "expiretime", "pexpiretime"]).as_bytes(), &key])
            }
            8 => args(&[b"persist", &key]),
            9 => args(&[self.one_of(&["rename", "renamenx"]).as_bytes(), &key, &other]),
            10 | 11 => {
                let options = self.some(&["replace", "db 1", "db 0", "db 99", "db x"]);
                [args(&[b"copy", &key, &other]), options].concat()
            }
            12 => args(&[b"move", &key, self.database().as_bytes()]),
            13 | 14 => {
                args(&[b"object", self.one_of(&["encoding", "freq", "idletime"]).as_bytes(), &key])
            }
            _ => args(&[b"keys", &self.pattern()]),
        }
    }

    fn database_command(&mut self) -> Command {
        match self.random.below(20) {
            0..=9 => args(&[b"select", self.database().as_bytes()]),
            10 | 11 => args(&[b"swapdb", self.database().as_bytes(), self.database().as_bytes()]),
            12 => [args(&[b"flushdb"]), self.some(&["async", "sync"])].concat(),
            13 => [args(&[b"flushall"]), self.some(&["async", "sync"])].concat(),
            14 | 15 => args(&[self.one_of(&["multi", "exec", "discard", "unwatch"]).as_bytes()]),
            16 => args(&[b"watch", &self.key()]),
            _ => args(&[b"dbsize"]),
        }
    }

    /// A command with something wrong, or at a limit.
    fn nonsense(&mut self) -> Command {
        let (key, value) = (self.key(), self.value());
        match self.random.below(14) {
            0 => args(&[b"set", &key]),
            1 => args(&[b"mset", &key, &value, &key]),
            2 => args(&[b"msetnx", &key, &value, &key]),
            3 => args(&[b"restore", &key, self.span().as_bytes(), &value]),
            4 => args(&[
                b"scan",
                self.one_of(&["x", "-", "-1", "+3", "1x", ""]).as_bytes(),
                b"count",
            ]),
            5 => args(&[b"object", b"nothing", &key]),
            6 => args(&[
                b"expire",
                &key,
                self.one_of(&["x", "9223372036854775807", "-9223372036854775808"]).as_bytes(),
            ]),
            7 => args(&[
                b"setex",
                &key,
                self.one_of(&["x", "0", "-1", "9223372036854775807"]).as_bytes(),
                &value,
            ]),
            8 => {
                args(&[b"setrange", &key, self.one_of(&["-1", "x", "536870912"]).as_bytes(), b"v"])
            }
            9 => args(&[b"move", &key, self.one_of(&["x", "99", "-1", "99999999999"]).as_bytes()]),
            10 => {
                args(&[b"swapdb", self.one_of(&["x", "99", "-1", "99999999999"]).as_bytes(), b"y"])
            }
            11 => args(&[b"flushall", b"now"]),
            12 => args(&[b"incrby", &key, &value]),
            _ => args(&[b"getex", &key, b"ex"]),
        }
    }

    /// GT and LT only here: two spans from different moments would compare by chance.
    fn expire_at(&mut self, key: &[u8]) -> Command {
        let point = self.one_of(&POINTS_IN_TIME);
        let options = self.some(&["nx", "xx", "gt", "lt", "zz"]);
        let command = if self.random.below(2) == 0 {
            args(&[b"expireat", key, point.as_bytes()])
        } else {
            args(&[b"pexpireat", key, format!("{point}000").as_bytes()])
        };
        [command, options].concat()
    }

    fn set_options(&mut self) -> Command {
        let mut options = self.time_options(&["keepttl"]);
        options.extend(self.some(&["nx", "xx", "get", "GET", "NX"]));
        options
    }

    /// At most two of the ways to say when, or one of the words.
    fn time_options(&mut self, words: &[&str]) -> Command {
        let mut options = Vec::new();
        for _ in 0..[0, 1, 1, 1, 2][self.random.below(5) as usize] {
            let time = match self.random.below(5) {
                0 => format!("ex {}", self.span()),
                1 => format!("PX {}", self.millis()),
                2 => format!("exat {}", self.one_of(&POINTS_IN_TIME)),
                3 => format!("pxat {}000", self.one_of(&POINTS_IN_TIME)),
                _ => self.one_of(words).to_owned(),
            };
            options.extend(words_of(&time));
        }
        options
    }

    fn scan_options(&mut self) -> Command {
        let pattern = String::from_utf8(self.pattern()).expect("patterns are text");
        let (matching, count) =
            (format!("match {pattern}"), format!("count {}", 1 + self.random.below(30)));
        self.some(&[&matching, &count, "type string", "type LIST"])
    }

    /// None, one or two of these, each of one or more words.
    pub fn some(&mut self, options: &[&str]) -> Command {
        let count = [0, 1, 1, 2][self.random.below(4) as usize];
        (0..count).flat_map(|_| words_of(self.one_of(options))).collect()
    }

    pub fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.random.below(choices.len() as u64) as usize]
    }

    pub fn key(&mut self) -> Vec<u8> {
        match self.random.below(20) {
            0 => b"".to_vec(),
            1 => b"\x00\xff key\r\n".to_vec(),
            number => format!("k{}", number % 9).into_bytes(),
        }
    }

    fn pattern(&mut self) -> Vec<u8> {
        self.one_of(&["*", "k*", "k[0-4]", "?3", "[^k]*", "k\\1", "none"]).as_bytes().to_vec()
    }

    fn database(&mut self) -> String {
        self.random.below(DATABASES).to_string()
    }

    pub fn value(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0..=3 => self.number(),
            4 => self.float(),
            5 => b"".to_vec(),
            6 => {
                let length = self.random.below(60) as usize;
                self.random.bytes(length)
            }
            7 => b"z".repeat(self.random.below(5000) as usize),
            8 => b"ab".repeat(self.random.below(40) as usize),
            _ => {
                let length = self.random.below(20) as usize;
                (0..length).map(|_| b'a' + self.random.below(4) as u8).collect()
            }
        }
    }

    pub fn number(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => i64::MAX.to_string(),
            1 => i64::MIN.to_string(),
            2 => self.one_of(&["007", "+1", " 1", "1.0", "-0", "9223372036854775808"]).to_owned(),
            3 => (self.random.next_u64() as i64).to_string(),
            _ => (self.random.below(20_000) as i64 - 10_000).to_string(),
        }
        .into_bytes()
    }

    pub fn float(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => self.one_of(&["inf", "-inf", "nan", "1e400", "1.", ".5", "0x10", " 1"]).to_owned(),
            1 => format!("{}e{}", self.random.below(1000), self.random.below(40) as i64 - 20),
            _ => {
                format!("{}.{}", self.random.below(2000) as i64 - 1000, self.random.below(100_000))
            }
        }
        .into_bytes()
    }

    pub fn index(&mut self) -> String {
        (self.random.below(120) as i64 - 40).to_string()
    }

    fn span(&mut self) -> &'static str {
        self.one_of(&SPANS)
    }

    fn millis(&mut self) -> String {
        format!("{}000", self.span())
    }
}

pub fn args(words: &[&[u8]]) -> Command {
    words.iter().map(|word| word.to_vec()).collect()
}

pub fn words_of(line: &str) -> Command {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

//! Hashes, most of them under keys of their own.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_hash_commands_do_what_they_do_on_redis() {
    random_commands("hashes", Generator::hash_command);
}

impl Generator {
    pub fn hash_command(&mut self) -> Command {
        let (key, field) = (self.hash(), self.field());
        match self.random.below(40) {
            0..=7 => {
                let name = self.one_of(&["hset", "hset", "HMSET"]);
                [args(&[name.as_bytes(), &key]), self.fields_and_values()].concat()
            }
            8 | 9 => args(&[b"hsetnx", &key, &field, &self.value()]),
            10..=12 => [args(&[b"hdel", &key]), self.some_fields()].concat(),
            13 => [args(&[b"hmget", &key]), self.some_fields()].concat(),
            14 => args(&[self.one_of(&["hget", "hexists", "hstrlen"]).as_bytes(), &key, &field]),
            15 | 16 => {
                let name = self.one_of(&["hlen", "hgetall", "hkeys", "hvals", "type"]);
                args(&[name.as_bytes(), &key])
            }
            17..=20 => args(&[b"hincrby", &key, &field, &self.number()]),
            21..=23 => args(&[b"hincrbyfloat", &key, &field, &self.float()]),
            24..=26 => {
                let options =
                    self.some(&["match f1*", "match *", "count 99999", "count 0", "type hash"]);
                [args(&[b"hscan", &key]), self.cursor_of_all(), options].concat()
            }
            27..=30 => [args(&[b"hrandfield", &key]), self.chance(true)].concat(),
            31 | 32 => args(&[b"object", b"encoding", &key]),
            33 => args(&[b"debug", b"digest-value", &key]),
            34 => {
                let name = self.one_of(&["rename", "copy", "smembers", "incr", "get", "lpush"]);
                args(&[name.as_bytes(), &key, &self.hash()])
            }
            35 => self.hash_limits(),
            _ => args(&[b"del", &key]),
        }
    }

    /// At which hashes become large.
    fn hash_limits(&mut self) -> Command {
        let (name, limit) = match self.random.below(2) {
            0 => ("hash-max-listpack-entries", self.one_of(&["0", "4", "128", "512"])),
            _ => ("hash-max-ziplist-value", self.one_of(&["0", "2", "64", "100"])),
        };
        args(&[b"config", b"set", name.as_bytes(), limit.as_bytes()])
    }

    /// A walk of one step; a cursor that no walk gave begins somewhere in Redis's table.
    pub fn cursor_of_all(&mut self) -> Command {
        match self.random.below(12) {
            0 => args(&[self.one_of(&["x", "-", "18446744073709551616"]).as_bytes()]),
            _ => args(&[b"0", b"count", b"100000"]),
        }
    }

    /// Nothing, or how many elements are wanted by chance.
    pub fn chance(&mut self, may_have_values: bool) -> Command {
        let count = match self.random.below(6) {
            0 => return Command::new(),
            1 => self.one_of(&["x", "1.5", "-9223372036854775808"]).to_owned(),
            2 => self.one_of(&["0", "9223372036854775807", "4611686018427387904"]).to_owned(),
            _ => (self.random.below(40) as i64 - 15).to_string(),
        };
        let more: &[&str] = if may_have_values { &["withvalues", "foo"] } else { &["1"] };
        let more = if self.random.below(3) == 0 { self.some(more) } else { Command::new() };
        [args(&[count.as_bytes()]), more].concat()
    }

    fn hash(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.key(),
            number => format!("hash{}", number % 4).into_bytes(),
        }
    }

    /// Few different ones, so that they meet; seldom any.
    fn field(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.value(),
            1..=3 => self.random.below(20).to_string().into_bytes(),
            _ => format!("f{}", self.random.below(20)).into_bytes(),
        }
    }

    fn some_fields(&mut self) -> Command {
        let count = [0, 1, 1, 2, 3, 10][self.random.below(6) as usize];
        (0..count).map(|_| self.field()).collect()
    }

    /// Sometimes one too few; seldom many.
    fn fields_and_values(&mut self) -> Command {
        let count = match self.random.below(30) {
            0 => self.random.below(700),
            1 => 0,
            _ => 1 + self.random.below(4),
        };
        let mut words = Command::new();
        for i in 0..count {
            let field = match count {
                0..10 => self.field(),
                _ => format!("many:{i}").into_bytes(),
            };
            words.extend([field, self.value()]);
        }
        if self.random.below(30) == 0 {
            words.pop();
        }
        words
    }
}

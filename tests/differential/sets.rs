//! Sets, most of them under keys of their own.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_set_commands_do_what_they_do_on_redis() {
    random_commands("sets", Generator::set_command);
}

impl Generator {
    pub fn set_command(&mut self) -> Command {
        let (key, other, member) = (self.set(), self.set(), self.member());
        match self.random.below(48) {
            0..=8 => [args(&[b"sadd", &key]), self.some_members()].concat(),
            9..=12 => [args(&[b"srem", &key]), self.some_members()].concat(),
            13 => [args(&[b"smismember", &key]), self.some_members()].concat(),
            14 => args(&[b"sismember", &key, &member]),
            15 | 16 => {
                let name = self.one_of(&["scard", "smembers", "type"]);
                args(&[name.as_bytes(), &key])
            }
            17..=19 => args(&[b"smove", &key, &other, &member]),
            20..=23 => {
                let name = self.one_of(&["sinter", "sunion", "sdiff"]);
                [args(&[name.as_bytes()]), self.some_sets()].concat()
            }
            24..=29 => {
                let name = self.one_of(&["sinterstore", "sunionstore", "sdiffstore"]);
                [args(&[name.as_bytes(), &key]), self.some_sets()].concat()
            }
            30 | 31 => self.sintercard(),
            32..=34 => {
                let options =
                    self.some(&["match 1*", "match *", "count 99999", "count 0", "type set"]);
                [args(&[b"sscan", &key]), self.cursor_of_all(), options].concat()
            }
            35..=37 => [args(&[b"srandmember", &key]), self.chance(false)].concat(),
            38..=40 => self.pop(&key),
            41 | 42 => args(&[b"object", b"encoding", &key]),
            43 => {
                let name = self.one_of(&["rename", "copy", "hgetall", "incr", "get", "lpush"]);
                args(&[name.as_bytes(), &key, &other])
            }
            44 => {
                let limit = self.one_of(&["0", "3", "128", "512"]);
                args(&[b"config", b"set", b"set-max-intset-entries", limit.as_bytes()])
            }
            _ => args(&[b"del", &key]),
        }
    }

    /// All, or of a set that never has more than one member, since chance differs.
    fn pop(&mut self, key: &[u8]) -> Command {
        match self.random.below(8) {
            0 => args(&[b"sadd", b"one", b"alone"]),
            1 => args(&[b"spop", b"one"]),
            2 => args(&[b"spop", b"one", b"1"]),
            3 | 4 => args(&[b"spop", key, self.one_of(&["0", "-1", "x", "1.5"]).as_bytes()]),
            5 => args(&[b"spop", key, b"1", b"2"]),
            _ => args(&[b"spop", key, b"100000"]),
        }
    }

    fn sintercard(&mut self) -> Command {
        let sets = self.some_sets();
        let count = match self.random.below(6) {
            0 => self.one_of(&["0", "-1", "x", "9", "9223372036854775807"]).to_owned(),
            _ => sets.len().to_string(),
        };
        let options =
            self.some(&["limit 1", "LIMIT 3", "limit 0", "limit -1", "limit x", "limit", "foo"]);
        [args(&[b"sintercard", count.as_bytes()]), sets, options].concat()
    }

    fn set(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.key(),
            number => format!("set{}", number % 5).into_bytes(),
        }
    }

    fn some_sets(&mut self) -> Command {
        let count = [1, 2, 2, 3, 4][self.random.below(5) as usize];
        (0..count).map(|_| self.set()).collect()
    }

    /// Few different ones, most of them numbers, so that they meet; seldom any.
    fn member(&mut self) -> Vec<u8> {
        match self.random.below(40) {
            0 => self.value(),
            1 => self.number(),
            2 => format!("m{}", self.random.below(20)).into_bytes(),
            _ => self.random.below(30).to_string().into_bytes(),
        }
    }

    fn some_members(&mut self) -> Command {
        match self.random.below(30) {
            0 => {
                let (from, count) = (self.random.below(500), self.random.below(700));
                (from..from + count).map(|number| number.to_string().into_bytes()).collect()
            }
            1 => (0..self.random.below(200)).map(|i| format!("m{i}").into_bytes()).collect(),
            2 => Command::new(),
            _ => {
                let count = 1 + self.random.below(5);
                (0..count).map(|_| self.member()).collect()
            }
        }
    }
}

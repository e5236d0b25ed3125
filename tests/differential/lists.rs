//! Lists, most of them under keys of their own. What blocks is in `waiters`: it has a reply only when
//! another client acts, and inside MULTI here.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_list_commands_do_what_they_do_on_redis() {
    random_commands("lists", Generator::list_command);
}

impl Generator {
    pub fn list_command(&mut self) -> Command {
        let (key, other) = (self.list(), self.list());
        let (index, element) = (self.list_index(), self.element());
        match self.random.below(40) {
            0..=9 => {
                let name = self.one_of(&["rpush", "RPUSH", "lpush", "rpushx", "lpushx"]);
                [args(&[name.as_bytes(), &key]), self.some_elements()].concat()
            }
            10..=13 => {
                let name = self.one_of(&["lpop", "rpop", "LPOP"]);
                [args(&[name.as_bytes(), &key]), self.some(&["1", "3", "0", "-1", "x", "90"])]
                    .concat()
            }
            14 => args(&[b"llen", &key]),
            15..=17 => args(&[b"lindex", &key, index.as_bytes()]),
            18..=20 => args(&[b"lset", &key, index.as_bytes(), &element]),
            21..=23 => {
                let side = self.one_of(&["before", "AFTER", "after", "behind"]);
                args(&[b"linsert", &key, side.as_bytes(), &self.element(), &element])
            }
            24 | 25 => {
                let count = self.one_of(&["0", "1", "-1", "2", "-2", "x", "9223372036854775807"]);
                args(&[b"lrem", &key, count.as_bytes(), &element])
            }
            26 => args(&[b"ltrim", &key, self.list_index().as_bytes(), index.as_bytes()]),
            27..=29 => args(&[b"lrange", &key, self.list_index().as_bytes(), index.as_bytes()]),
            30..=32 => {
                // The smallest rank overflows in 7.0, and is refused since 7.2.
                let options = self.some(&[
                    "rank 1",
                    "RANK -1",
                    "rank 2",
                    "rank 0",
                    "rank x",
                    "count 0",
                    "COUNT 2",
                    "count -1",
                    "maxlen 0",
                    "maxlen 3",
                    "maxlen -1",
                    "foo",
                    "rank",
                ]);
                [args(&[b"lpos", &key, &element]), options].concat()
            }
            33 => args(&[b"rpoplpush", &key, &other]),
            34 | 35 => {
                let (from, to) = (self.side(), self.side());
                args(&[b"lmove", &key, &other, from.as_bytes(), to.as_bytes()])
            }
            36 | 37 => {
                let count =
                    self.one_of(&["1", "2", "2", "2", "3", "0", "-1", "x", "9223372036854775807"]);
                let side = self.side().as_bytes();
                let options = self.some(&["count 1", "COUNT 10", "count 0", "count x", "foo"]);
                [args(&[b"lmpop", count.as_bytes(), &key, &other, side]), options].concat()
            }
            38 => args(&[b"del", &key]),
            _ => self.waits_no_time(&key, &other),
        }
    }

    /// A command that blocks, where it finds what is wrong before it would.
    fn waits_no_time(&mut self, key: &[u8], other: &[u8]) -> Command {
        // One too large for the clock is out of range here as in Redis 7.2; 7.0 calls it negative.
        let timeout = self.one_of(&["-1", "x", "nan", " 1"]).as_bytes();
        match self.random.below(6) {
            0 => args(&[b"blpop", key, timeout]),
            1 => args(&[b"brpop", key, other, timeout]),
            2 => args(&[b"blmove", key, other, b"left", b"right", timeout]),
            3 => args(&[b"brpoplpush", key, other, timeout]),
            4 => args(&[b"blmpop", timeout, b"1", key, b"left"]),
            _ => args(&[b"blmpop", b"0", b"0", key, b"left"]),
        }
    }

    fn list(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.key(),
            number => format!("l{}", number % 4).into_bytes(),
        }
    }

    fn side(&mut self) -> &'static str {
        self.one_of(&["left", "RIGHT", "left", "right", "up"])
    }

    fn list_index(&mut self) -> String {
        match self.random.below(30) {
            0 => self.one_of(&["x", "9223372036854775807", "-9223372036854775808", "1.0"]).into(),
            1 => (self.random.below(2000) as i64 - 1000).to_string(),
            _ => (self.random.below(24) as i64 - 12).to_string(),
        }
    }

    /// Few different ones, so that they meet; seldom any.
    fn element(&mut self) -> Vec<u8> {
        match self.random.below(8) {
            0 => self.value(),
            1..=4 => self.random.below(6).to_string().into_bytes(),
            _ => format!("e{}", self.random.below(6)).into_bytes(),
        }
    }

    fn some_elements(&mut self) -> Command {
        let count = match self.random.below(20) {
            0 => self.random.below(300),
            1 => 0,
            _ => 1 + self.random.below(5),
        };
        (0..count).map(|_| self.element()).collect()
    }
}

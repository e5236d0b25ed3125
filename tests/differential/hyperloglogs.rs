//! HyperLogLogs, most of them under keys of their own.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_hyperloglog_commands_do_what_they_do_on_redis() {
    random_commands("hyperloglogs", Generator::hyperloglog_command);
}

impl Generator {
    pub fn hyperloglog_command(&mut self) -> Command {
        let (key, other) = (self.counter(), self.counter());
        match self.random.below(24) {
            0..=9 => [args(&[b"pfadd", &key]), self.elements()].concat(),
            10..=12 => args(&[b"pfcount", &key]),
            13 => args(&[b"pfcount", &key, &other]),
            14 => args(&[b"pfcount", &key, &other, &self.counter()]),
            15 => args(&[b"pfmerge", &key]),
            16 | 17 => args(&[b"pfmerge", &key, &other]),
            18 => args(&[b"pfmerge", &key, &other, &self.counter()]),
            19 => {
                let word = self.one_of(&["getreg", "todense"]);
                args(&[b"pfdebug", word.as_bytes(), &key])
            }
            20 => {
                let word = self.one_of(&["decode", "DECODE", "encoding", "foo"]);
                args(&[b"pfdebug", word.as_bytes(), &key])
            }
            21 => args(&[b"get", &key]),
            22 => args(&[b"del", &key]),
            _ => self.damage(&key),
        }
    }

    /// Changes the header of one, or adds what is too much. What Redis does with a damaged one of
    /// which it has changed a part already is not compared: one element at a time goes to those.
    fn damage(&mut self, key: &[u8]) -> Command {
        let key = [b"damaged:", key].concat();
        let (at, byte) = (self.random.below(17).to_string(), self.random.below(256) as u8);
        match self.random.below(8) {
            0 | 1 => args(&[b"setrange", &key, at.as_bytes(), &[byte]]),
            2 => args(&[b"append", &key, self.one_of(&["\0", "\x01"]).as_bytes()]),
            3 => args(&[b"pfmerge", &key, &self.counter()]),
            4 => args(&[b"pfcount", &key]),
            5 => args(&[b"pfmerge", &self.counter(), &key]),
            6 => args(&[b"pfdebug", b"getreg", &key]),
            _ => args(&[b"pfadd", &key, self.random.below(1000).to_string().as_bytes()]),
        }
    }

    fn counter(&mut self) -> Vec<u8> {
        match self.random.below(12) {
            0 => self.key(),
            number => format!("h{}", number % 4).into_bytes(),
        }
    }

    /// None to many, few of which are the same.
    fn elements(&mut self) -> Command {
        let count = match self.random.below(10) {
            0 => 0,
            1 => self.random.below(700),
            2..=4 => self.random.below(100),
            _ => 1 + self.random.below(5),
        };
        (0..count)
            .map(|_| match self.random.below(10) {
                0 => self.value(),
                _ => self.random.below(100_000).to_string().into_bytes(),
            })
            .collect()
    }
}

//! Bitmaps.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_bit_commands_do_what_they_do_on_redis() {
    random_commands("bits", Generator::bit_command);
}

const TYPES: [&str; 12] =
    ["u1", "u8", "u31", "u63", "i1", "i8", "i16", "i63", "i64", "u4", "i5", "u64"];

impl Generator {
    pub fn bit_command(&mut self) -> Command {
        let key = self.key();
        match self.random.below(16) {
            0..=3 => args(&[b"setbit", &key, self.bit_offset().as_bytes(), self.bit().as_bytes()]),
            4 => args(&[b"getbit", &key, self.bit_offset().as_bytes()]),
            5 | 6 => [args(&[b"bitcount", &key]), self.range_of_bits()].concat(),
            7..=9 => {
                let bit = self.bit();
                [args(&[b"bitpos", &key, bit.as_bytes()]), self.range_of_bits()].concat()
            }
            10..=12 => {
                let operation = self.one_of(&["and", "OR", "xor", "not", "nand"]);
                let sources = [1, 1, 2, 3][self.random.below(4) as usize];
                let sources: Command = (0..sources).map(|_| self.key()).collect();
                [args(&[b"bitop", operation.as_bytes(), &key]), sources].concat()
            }
            13 => {
                let count = self.random.below(4);
                let gets: Command = (0..count).flat_map(|_| self.field_read()).collect();
                let odd = self.some(&["overflow sat", "set u8 0 1", "get u8", "x"]);
                [args(&[b"bitfield_ro", &key]), gets, odd].concat()
            }
            _ => [args(&[b"bitfield", &key]), self.fields()].concat(),
        }
    }

    /// A few operations of BITFIELD.
    fn fields(&mut self) -> Command {
        let count = 1 + self.random.below(4);
        let mut fields = Command::new();
        let mut may_fail = false;
        for _ in 0..count {
            match self.random.below(6) {
                0 => fields.extend(self.field_read()),
                1 | 2 => {
                    let policy = self.one_of(&["wrap", "SAT", "fail", "fail", "foo"]);
                    may_fail |= policy == "fail";
                    fields.extend(args(&[b"overflow", policy.as_bytes()]));
                }
                _ => {
                    let verb = self.one_of(&["set", "INCRBY"]).as_bytes().to_vec();
                    let (kind, offset) = (self.one_of(&TYPES), self.field_offset());
                    let number = self.number();
                    fields.extend(args(&[&verb, kind.as_bytes(), offset.as_bytes(), &number]));
                }
            }
        }
        if may_fail {
            // Redis keeps it to itself when a string grows and every number fails; something is to
            // succeed.
            fields.extend(args(&[b"overflow", b"wrap", b"set", b"u1", b"0", b"1"]));
        }
        fields
    }

    fn field_read(&mut self) -> Command {
        let (kind, offset) = (self.one_of(&TYPES), self.field_offset());
        args(&[b"get", kind.as_bytes(), offset.as_bytes()])
    }

    fn field_offset(&mut self) -> String {
        match self.random.below(12) {
            0..=2 => format!("#{}", self.random.below(20)),
            3 => self.one_of(&["#-1", "#", "#x", "#2305843009213693951"]).to_owned(),
            _ => self.bit_offset(),
        }
    }

    fn bit_offset(&mut self) -> String {
        match self.random.below(30) {
            0 => self
                .one_of(&["-1", "x", "4294967296", "9223372036854775807", "99999999999999999999"])
                .to_owned(),
            1 => self.random.below(200_000).to_string(),
            _ => self.random.below(300).to_string(),
        }
    }

    fn bit(&mut self) -> String {
        match self.random.below(20) {
            0 => self.one_of(&["2", "-1", "x", "01"]).to_owned(),
            number => (number % 2).to_string(),
        }
    }

    /// Nothing, or start, end and unit, or some of them.
    fn range_of_bits(&mut self) -> Command {
        let mut range = Command::new();
        for _ in 0..[0, 1, 2, 2, 3, 3, 4][self.random.below(7) as usize] {
            let word = match range.len() {
                2 => self.one_of(&["bit", "BIT", "byte", "byte", "bits"]).to_owned(),
                _ => match self.random.below(12) {
                    0 => self.one_of(&["x", "9223372036854775807", "-9223372036854775808"]).into(),
                    1 => (self.random.below(100_000) as i64 - 50_000).to_string(),
                    _ => (self.random.below(300) as i64 - 150).to_string(),
                },
            };
            range.push(word.into_bytes());
        }
        range
    }
}

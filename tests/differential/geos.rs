//! Places on Earth: few members near one another, so that searches find some of them.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_geo_commands_do_what_they_do_on_redis() {
    random_commands("geos", Generator::geo_command);
}

const UNITS: [&str; 6] = ["m", "km", "KM", "ft", "Mi", "yd"];

impl Generator {
    pub fn geo_command(&mut self) -> Command {
        let key = self.geo();
        match self.random.below(32) {
            0..=9 => self.geoadd(&key),
            10 | 11 => [args(&[b"geopos", &key]), self.places()].concat(),
            12 => [args(&[b"geohash", &key]), self.places()].concat(),
            13 | 14 => {
                let (from, to) = (self.place(), self.place());
                let mut command = args(&[b"geodist", &key, &from, &to]);
                command.extend(self.some(&UNITS));
                command
            }
            15..=20 => {
                let is_stored = self.random.below(3) == 0;
                let mut command = match is_stored {
                    true => args(&[b"geosearchstore", &self.geo(), &key]),
                    false => args(&[b"geosearch", &key]),
                };
                command.extend(self.parts_of_search());
                command
            }
            21..=26 => self.georadius(&key),
            27 => args(&[b"zrem", &key, &self.place()]),
            28 => {
                let score = (self.random.next_u64() >> 12).to_string();
                args(&[b"zadd", &key, score.as_bytes(), &self.place()])
            }
            29 => args(&[b"zrange", &key, b"0", b"-1", b"withscores"]),
            30 => {
                let limit = self.one_of(&["0", "5", "128"]);
                args(&[b"config", b"set", b"zset-max-listpack-entries", limit.as_bytes()])
            }
            _ => args(&[b"del", &key]),
        }
    }

    fn geoadd(&mut self, key: &[u8]) -> Command {
        let mut command = args(&[b"geoadd", key]);
        if self.random.below(4) == 0 {
            command.extend(self.some(&["nx", "xx", "ch", "CH"]));
        }
        for _ in 0..1 + self.random.below(4) {
            command.extend(self.point());
            command.push(self.place());
        }
        if self.random.below(30) == 0 {
            command.pop();
        }
        command
    }

    /// Near one place, or anywhere; seldom none.
    fn point(&mut self) -> Command {
        let mut degrees = |limit: i64, centre: f64| {
            let part = self.random.below(1_000_000) as f64 / 1e6 - 0.5;
            match self.random.below(40) {
                0 => self.one_of(&["x", "181", "-90", "inf", "nan", "85.06"]).to_owned(),
                1 => self.one_of(&["180", "-180", "85.05112878", "0", "-0", "1e1"]).to_owned(),
                2..=10 => format!("{:.6}", part * 2.0 * limit as f64),
                _ => format!("{:.6}", centre + part * 4.0),
            }
        };
        [degrees(180, 15.0), degrees(85, 38.0)].map(String::into_bytes).to_vec()
    }

    fn place(&mut self) -> Vec<u8> {
        match self.random.below(20) {
            0 => self.value(),
            _ => format!("place{}", self.random.below(25)).into_bytes(),
        }
    }

    fn places(&mut self) -> Command {
        (0..self.random.below(4)).map(|_| self.place()).collect()
    }

    fn length(&mut self) -> Vec<u8> {
        let length = match self.random.below(24) {
            0 => self.one_of(&["x", "-1", "0", "nan", "1e300"]).to_owned(),
            1 => (self.random.below(20_000)).to_string(),
            _ => format!("{}.{}", self.random.below(400), self.random.below(10)),
        };
        length.into_bytes()
    }

    fn unit(&mut self) -> Vec<u8> {
        match self.random.below(3) {
            0 => self.one_of(&UNITS).as_bytes().to_vec(),
            _ => b"km".to_vec(),
        }
    }

    /// Where from, how far, and what else, in any order.
    fn parts_of_search(&mut self) -> Command {
        let mut parts = Vec::new();
        if self.random.below(12) > 0 {
            parts.push(match self.random.below(2) {
                0 => args(&[b"frommember", &self.place()]),
                _ => [args(&[b"fromlonlat"]), self.point()].concat(),
            });
        }
        if self.random.below(12) > 0 {
            parts.push(match self.random.below(2) {
                0 => args(&[b"byradius", &self.length(), &self.unit()]),
                _ => args(&[b"bybox", &self.length(), &self.length(), &self.unit()]),
            });
        }
        parts.push(self.geo_options());
        if self.random.below(8) == 0 {
            parts.push(self.some(&["storedist", "store g1", "foo", "byradius 1 m"]));
        }
        if self.random.below(2) == 0 {
            parts.reverse();
        }
        parts.concat()
    }

    /// `ANY` finds what comes first in the order of the search, which is the same on both.
    fn geo_options(&mut self) -> Command {
        self.some(&[
            "asc",
            "desc",
            "asc count 3",
            "count 2 any",
            "withdist",
            "withcoord withhash",
            "WITHDIST WITHCOORD",
            "count 1",
            "count 0",
            "count x",
            "any",
        ])
    }

    fn georadius(&mut self, key: &[u8]) -> Command {
        let name = self.one_of(&[
            "georadius",
            "georadius_ro",
            "georadiusbymember",
            "georadiusbymember_ro",
        ]);
        let mut command = args(&[name.as_bytes(), key]);
        match name.contains("member") {
            true => command.push(self.place()),
            false => command.extend(self.point()),
        }
        command.extend([self.length(), self.unit()]);
        command.extend(self.geo_options());
        if self.random.below(3) == 0 {
            command.extend(self.some(&["store g0", "storedist g1", "STORE g2", "store"]));
        }
        command
    }

    fn geo(&mut self) -> Vec<u8> {
        match self.random.below(16) {
            0 => self.key(),
            number => format!("g{}", number % 3).into_bytes(),
        }
    }
}

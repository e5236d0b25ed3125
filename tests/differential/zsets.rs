//! Sorted sets, most of them under keys of their own.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_sorted_set_commands_do_what_they_do_on_redis() {
    random_commands("zsets", Generator::zset_command);
}

const SCORES: &[&str] =
    &["min", "inf", "+inf", "-inf", "(1", "(inf", "x", "nan", "", "( 2", " 3", "1e400", "(-0.5"];
const MEMBERS: &[&str] = &["-", "+", "[", "(", "[m1", "(m1", "[5", "(5", "[a\\", "x", "", "-x"];

impl Generator {
    pub fn zset_command(&mut self) -> Command {
        let key = self.zset();
        match self.random.below(64) {
            0..=14 => self.zadd(&key),
            15..=17 => args(&[b"zincrby", &key, &self.score(), &self.zmember()]),
            18..=20 => [args(&[b"zrem", &key]), self.some_zmembers()].concat(),
            21..=23 => self.zremrange(&key),
            24..=35 => self.zrange(&key),
            36..=38 => [args(&[b"zcount", &key]), self.range_ends(false)].concat(),
            39 | 40 => {
                let name = self.one_of(&["zscore", "zrank", "zrevrank"]);
                args(&[name.as_bytes(), &key, &self.zmember()])
            }
            41 => [args(&[b"zmscore", &key]), self.some_zmembers()].concat(),
            42..=48 => self.zset_algebra(&key),
            49..=51 => {
                let name = self.one_of(&["zpopmin", "zpopmax"]);
                let count = self.one_of(&["0", "1", "3", "3", "-1", "x", "1 2"]);
                let count = count.split(' ').map(|word| word.as_bytes().to_vec());
                let count: Command = count.take(self.random.below(3) as usize).collect();
                [args(&[name.as_bytes(), &key]), count].concat()
            }
            52 => {
                let name = self.one_of(&["bzpopmin", "bzpopmax"]);
                let last = self.one_of(&["-1", "x", "nan"]);
                args(&[name.as_bytes(), &key, last.as_bytes()])
            }
            53 | 54 => self.zmpop(&key),
            55 | 56 => {
                let options =
                    self.some(&["match m1*", "match *", "count 99999", "count 0", "type zset"]);
                [args(&[b"zscan", &key]), self.cursor_of_all(), options].concat()
            }
            57 => [args(&[b"zrandmember", &key]), self.zchance()].concat(),
            58 | 59 => {
                let name = self.one_of(&["zcard", "type"]);
                args(&[name.as_bytes(), &key])
            }
            60 => args(&[b"object", b"encoding", &key]),
            61 => {
                let name = self.one_of(&["rename", "copy", "sadd", "incr", "get", "lpush"]);
                args(&[name.as_bytes(), &key, &self.zset()])
            }
            62 => {
                let limit = self.one_of(&["0", "3", "20", "128"]);
                args(&[b"config", b"set", b"zset-max-listpack-entries", limit.as_bytes()])
            }
            _ => args(&[b"del", &key]),
        }
    }

    fn zadd(&mut self, key: &[u8]) -> Command {
        let mut command = args(&[b"zadd", key]);
        if self.random.below(3) == 0 {
            command.extend(self.some(&["nx", "xx", "gt", "lt", "ch", "incr", "CH", "GT"]));
        }
        let count = match self.random.below(40) {
            0 => 150,
            1 => 0,
            count => 1 + count % 4,
        };
        for _ in 0..count {
            command.extend([self.score(), self.zmember()]);
        }
        if self.random.below(30) == 0 {
            command.pop();
        }
        command
    }

    /// Two ends of a range of scores or members.
    fn range_ends(&mut self, of_members: bool) -> Command {
        (0..2)
            .map(|_| match (of_members, self.random.below(3)) {
                (true, _) => self.one_of(MEMBERS).as_bytes().to_vec(),
                (false, 0) => self.one_of(SCORES).as_bytes().to_vec(),
                (false, 1) => [&b"("[..], &self.score()].concat(),
                (false, _) => self.score(),
            })
            .collect()
    }

    fn ranks(&mut self) -> Command {
        let end = |generator: &mut Generator| match generator.random.below(10) {
            0 => generator.one_of(&["x", "0", "-1", "9223372036854775807"]).to_owned(),
            _ => (generator.random.below(30) as i64 - 10).to_string(),
        };
        [end(self), end(self)].map(String::into_bytes).to_vec()
    }

    /// Members are asked for where all have one score.
    fn zremrange(&mut self, key: &[u8]) -> Command {
        match self.random.below(3) {
            0 => [args(&[b"zremrangebyrank", key]), self.ranks()].concat(),
            1 => [args(&[b"zremrangebyscore", key]), self.range_ends(false)].concat(),
            _ => {
                let key = self.flat();
                [args(&[b"zremrangebylex", &key]), self.range_ends(true)].concat()
            }
        }
    }

    fn zrange(&mut self, key: &[u8]) -> Command {
        let names = ["zrange", "zrangestore", "zrevrange", "zrangebyscore", "zrevrangebyscore"];
        let name = match self.random.below(8) {
            0 => return self.zrange_by_member(),
            _ => self.one_of(&names),
        };
        let mut command = args(&[name.as_bytes()]);
        if name == "zrangestore" {
            command.push(self.zset());
        }
        command.push(key.to_vec());
        let by_score = name.ends_with("score") || self.random.below(2) == 0;
        command.extend(if by_score { self.range_ends(false) } else { self.ranks() });
        if by_score && !name.ends_with("score") {
            command.push(b"byscore".to_vec());
        }
        command.extend(self.some(&["rev", "withscores", "WITHSCORES", "rev"]));
        if by_score || self.random.below(8) == 0 {
            command.extend(self.some(&[
                "limit 0 2",
                "limit 1 3",
                "limit 2 -1",
                "limit -1 2",
                "limit 0",
                "limit x 1",
                "foo",
            ]));
        }
        command
    }

    fn zrange_by_member(&mut self) -> Command {
        let key = self.flat();
        let name = self.one_of(&["zrangebylex", "zrevrangebylex", "zrange", "zlexcount", "zadd"]);
        let mut command = args(&[name.as_bytes(), &key]);
        if name == "zadd" {
            return [command, args(&[b"0", &self.zmember(), b"0", &self.zmember()])].concat();
        }
        command.extend(self.range_ends(true));
        match name {
            "zrange" => {
                command.push(b"bylex".to_vec());
                command.extend(self.some(&["rev", "limit 0 2", "withscores", "limit 1 1"]));
            }
            "zlexcount" => {}
            _ => command.extend(self.some(&["limit 0 2", "limit 1 3", "limit 2 -1", "foo"])),
        }
        command
    }

    fn zset_algebra(&mut self, key: &[u8]) -> Command {
        let kind = self.one_of(&["zunion", "zinter", "zdiff", "zunion", "zinter", "zintercard"]);
        let is_stored = kind != "zintercard" && self.random.below(3) > 0;
        let mut command = match is_stored {
            true => args(&[format!("{kind}store").as_bytes(), key]),
            false => args(&[kind.as_bytes()]),
        };
        let count = [1, 2, 2, 3][self.random.below(4) as usize];
        let inputs: Command = (0..count)
            .map(|_| match self.random.below(6) {
                0 => self.set_or_key(),
                _ => self.zset(),
            })
            .collect();
        let said = match self.random.below(20) {
            0 => self.one_of(&["0", "-1", "x", "9", "9223372036854775807"]).to_owned(),
            _ => count.to_string(),
        };
        command.push(said.into_bytes());
        command.extend(inputs);
        if self.random.below(3) == 0 {
            let weights: Vec<_> = (0..count).map(|_| self.score()).collect();
            command.push(b"weights".to_vec());
            command.extend(weights);
        }
        command.extend(self.some(&[
            "aggregate sum",
            "aggregate min",
            "AGGREGATE MAX",
            "aggregate",
            "withscores",
            "withscores",
            "limit 1",
            "limit -1",
        ]));
        command
    }

    fn zmpop(&mut self, key: &[u8]) -> Command {
        let other = self.zset();
        let count = self.one_of(&["2", "2", "2", "2", "1", "0", "x", "9"]);
        let end = self.one_of(&["min", "MAX", "max", "min", "foo"]);
        let options = self.some(&["count 2", "count 0", "COUNT 1", "count"]);
        let names: &[&[u8]] = match self.random.below(8) {
            0 => &[b"bzmpop", b"-1"],
            _ => &[b"zmpop"],
        };
        [args(names), args(&[count.as_bytes(), key, &other, end.as_bytes()]), options].concat()
    }

    fn zchance(&mut self) -> Command {
        let count = self.one_of(&["0", "1", "5", "-5", "1000", "x", "-9223372036854775808"]);
        let mut options = args(&[count.as_bytes()]);
        options.extend(self.some(&["withscores", "foo"]));
        options.truncate(self.random.below(4) as usize);
        options
    }

    fn zset(&mut self) -> Vec<u8> {
        match self.random.below(14) {
            0 => self.key(),
            number => format!("z{}", number % 5).into_bytes(),
        }
    }

    /// One whose members all have one score, unless something else was stored there.
    fn flat(&mut self) -> Vec<u8> {
        format!("flat{}", self.random.below(2)).into_bytes()
    }

    fn set_or_key(&mut self) -> Vec<u8> {
        match self.random.below(3) {
            0 => self.key(),
            number => format!("set{number}").into_bytes(),
        }
    }

    /// Few different ones, so that members decide.
    fn score(&mut self) -> Vec<u8> {
        match self.random.below(20) {
            0 => self.float(),
            1 => self.one_of(&["inf", "-inf", "x", "1e17", "1e300", "0x10"]).as_bytes().to_vec(),
            2..=6 => format!("{}.{}", self.random.below(4), self.random.below(100)).into_bytes(),
            _ => (self.random.below(12) as i64 - 3).to_string().into_bytes(),
        }
    }

    fn zmember(&mut self) -> Vec<u8> {
        match self.random.below(40) {
            0 => self.value(),
            1..=20 => self.random.below(30).to_string().into_bytes(),
            _ => format!("m{}", self.random.below(30)).into_bytes(),
        }
    }

    fn some_zmembers(&mut self) -> Command {
        let count = self.random.below(5);
        (0..count).map(|_| self.zmember()).collect()
    }
}

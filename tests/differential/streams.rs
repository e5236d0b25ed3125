//! Streams, most of them under keys of their own, with IDs that are given: those of the clock differ.
//! What blocks is told by other tests.
//!
//! Three things differ from 7.0.15, as they do in 7.2: a consumer comes to be by asking, whether it
//! gets something or not, so that each that asks here is made before; replicas are always told how
//! far a group has read, not only when what it read needs no acknowledgement; and XINFO tells when a
//! consumer got something last.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands_with;
use crate::support::Value;

#[test]
fn random_stream_commands_do_what_they_do_on_redis() {
    random_commands_with("streams", Generator::stream_command, without_positions);
}

/// Without what 7.2 tells replicas of positions, what newer ones tell them of consumers that found nothing
/// to read and came to be all the same, and without MULTI and EXEC around what is one
/// command, or none, when that is left out.
pub fn without_positions(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        if words.starts_with(&["XGROUP", "SETID"]) && words.contains(&"ENTRIESREAD") {
            continue;
        }
        if words.starts_with(&["XGROUP", "CREATECONSUMER"]) {
            continue;
        }
        if line.eq_ignore_ascii_case("exec") {
            let is_multi = |line: &String| line.eq_ignore_ascii_case("multi");
            let multi = kept.iter().rposition(is_multi).expect("MULTI before EXEC");
            if kept.len() - multi <= 2 {
                kept.remove(multi);
                continue;
            }
        }
        kept.push(line);
    }
    kept
}

/// Fields of XINFO that depend on the clock, or on how Redis keeps its blocks in memory.
const OF_THE_CLOCK: [&[u8]; 3] = [b"idle", b"seen-time", b"radix-tree-nodes"];
/// Those that 7.2 added.
const ADDED: [&[u8]; 2] = [b"active-time", b"inactive"];

/// A reply of XINFO or XPENDING: times of now, and how long ago they were, are left out. Times that
/// are given are long ago.
pub fn without_times(reply: &Value) -> Value {
    let Value::Array(values) = reply else { return reply.clone() };
    let mut kept = Vec::new();
    let mut values = values.iter();
    while let Some(value) = values.next() {
        match value {
            Value::Bulk(name) if ADDED.contains(&&name[..]) => drop(values.next()),
            Value::Bulk(name) if OF_THE_CLOCK.contains(&&name[..]) => {
                values.next();
                kept.push(value.clone());
            }
            Value::Int(number) if *number > 1_500_000_000_000 => kept.push(Value::Int(1)),
            other => kept.push(without_times(other)),
        }
    }
    // What is pending, in XPENDING: ID, consumer, how long, how often.
    if let [Value::Bulk(_), Value::Bulk(_), Value::Int(millis), Value::Int(_)] = &mut kept[..]
        && *millis < 600_000
    {
        *millis = 0;
    }
    Value::Array(kept)
}

impl Generator {
    pub fn stream_command(&mut self) -> Command {
        let key = self.stream();
        match self.random.below(46) {
            0..=11 => self.xadd(&key),
            12 => args(&[b"xlen", &key]),
            13 | 14 => {
                let (start, end) = (self.interval_end(), self.interval_end());
                let name = self.one_of(&["xrange", "XREVRANGE", "xrange", "xrevrange"]);
                let options = self.some(&["count 1", "COUNT 5", "count 0", "count -1", "count x"]);
                [args(&[name.as_bytes(), &key, &start, &end]), options].concat()
            }
            15..=17 => {
                let ids = self.ids();
                [args(&[b"xdel", &key]), ids].concat()
            }
            18 | 19 => {
                let trim = self.trim();
                let more = self.some(&["limit 3", "LIMIT 0", "limit -1", "limit x", "foo"]);
                [args(&[b"xtrim", &key]), trim, more].concat()
            }
            20 => {
                let options = self.some(&[
                    "entriesadded 5",
                    "ENTRIESADDED 300",
                    "entriesadded -1",
                    "maxdeletedid 3-1",
                    "MAXDELETEDID 99-1",
                    "foo",
                ]);
                [args(&[b"xsetid", &key, &self.id()]), options].concat()
            }
            21..=24 => self.xread(),
            25..=28 => self.xgroup(&key),
            29..=34 => self.xreadgroup(),
            35 | 36 => {
                let ids = self.ids();
                [args(&[b"xack", &key, &self.group()]), ids].concat()
            }
            37 => args(&[b"xpending", &key, &self.group()]),
            38 => self.xpending(&key),
            39 | 40 => self.xclaim(&key),
            41 => self.xautoclaim(&key),
            42 => {
                let name = self.one_of(&["groups", "stream", "STREAM", "nothing"]);
                args(&[b"xinfo", name.as_bytes(), &key])
            }
            43 => {
                let options = self.some(&["full", "FULL", "full count 2", "full count 0", "count"]);
                [args(&[b"xinfo", b"stream", &key]), options].concat()
            }
            44 => args(&[b"xinfo", b"consumers", &key, &self.group()]),
            _ => {
                // When a block is made for an entry larger than these bytes, 7.0.15 may lose track
                // of where it is in memory, and end its process later.
                let setting = self.one_of(&[
                    "stream-node-max-entries 3",
                    "stream-node-max-entries 10",
                    "stream-node-max-entries 0",
                    "stream-node-max-bytes 8000",
                    "stream-node-max-bytes 4096",
                ]);
                let words: Vec<&[u8]> = setting.split(' ').map(str::as_bytes).collect();
                [args(&[b"config", b"set"]), args(&words)].concat()
            }
        }
    }

    fn stream(&mut self) -> Vec<u8> {
        match self.random.below(14) {
            0 => self.key(),
            number => format!("s{}", number % 3).into_bytes(),
        }
    }

    fn group(&mut self) -> Vec<u8> {
        self.one_of(&["g", "g", "g", "h", "none"]).as_bytes().to_vec()
    }

    fn consumer(&mut self) -> Vec<u8> {
        self.one_of(&["alice", "bob", "7", ""]).as_bytes().to_vec()
    }

    /// Seldom one that Redis reads in a way of its own, or not at all.
    fn id(&mut self) -> Vec<u8> {
        match self.random.below(40) {
            0 => self
                .one_of(&["x", "", "-", "+", "1-", "-1", "007-1", " 5-1", "1-1-1", "$", ">", "3-*"])
                .into(),
            1 => "18446744073709551615-18446744073709551615".to_owned(),
            2..=6 => (1 + self.random.below(70)).to_string(),
            _ => format!("{}-{}", 1 + self.random.below(70), self.random.below(3)),
        }
        .into_bytes()
    }

    fn ids(&mut self) -> Command {
        (0..1 + self.random.below(4)).map(|_| self.id()).collect()
    }

    fn interval_end(&mut self) -> Vec<u8> {
        match self.random.below(6) {
            0 => b"-".to_vec(),
            1 => b"+".to_vec(),
            2 => [&b"("[..], &self.id()].concat(),
            _ => self.id(),
        }
    }

    fn trim(&mut self) -> Command {
        let (strategy, threshold) = match self.random.below(2) {
            0 => ("maxlen", self.random.below(40).to_string().into_bytes()),
            _ => ("MINID", self.id()),
        };
        match self.one_of(&["", "", "=", "~", "~"]) {
            "" => args(&[strategy.as_bytes(), &threshold]),
            operator => args(&[strategy.as_bytes(), operator.as_bytes(), &threshold]),
        }
    }

    /// Mostly with an ID that may be above all others.
    fn xadd(&mut self, key: &[u8]) -> Command {
        let mut command = args(&[b"xadd", key]);
        if self.random.below(6) == 0 {
            command.extend(self.trim());
            command.extend(self.some(&["limit 5", "nomkstream"]));
        }
        let id = match self.random.below(12) {
            0 => self.id(),
            1..=4 => format!("{}-*", 1 + self.random.below(70)).into_bytes(),
            _ => format!("{}-{}", 1 + self.random.below(90), self.random.below(3)).into_bytes(),
        };
        command.push(id);
        let fields = match self.random.below(20) {
            0 => 0,
            1..=14 => 2,
            _ => 1 + self.random.below(3),
        };
        for field in 0..fields {
            let name = if self.random.below(8) == 0 {
                self.value()
            } else {
                vec![b'f', b'0' + field as u8]
            };
            command.extend([name, self.value()].map(|mut text| {
                text.truncate(600);
                text
            }));
        }
        if self.random.below(40) == 0 {
            command.pop();
        }
        command
    }

    fn xread(&mut self) -> Command {
        let options =
            self.some(&["count 1", "COUNT 3", "count -1", "count x", "noack", "block -1"]);
        let mut command = [args(&[b"xread"]), options, args(&[b"streams"])].concat();
        let count = 1 + self.random.below(3);
        command.extend((0..count).map(|_| self.stream()));
        command.extend((0..count).map(|_| match self.random.below(5) {
            0 => b"0".to_vec(),
            1 => b"$".to_vec(),
            _ => self.id(),
        }));
        command
    }

    fn xgroup(&mut self, key: &[u8]) -> Command {
        let (group, consumer) = (self.group(), self.consumer());
        let id = match self.random.below(3) {
            0 => b"$".to_vec(),
            1 => b"0".to_vec(),
            _ => self.id(),
        };
        let read = ["entriesread 4", "ENTRIESREAD -1", "entriesread -3", "entriesread x", "foo"];
        match self.random.below(14) {
            0..=6 => {
                let options = self.some(&[&["mkstream", "MKSTREAM"], &read[..]].concat());
                [args(&[b"xgroup", b"create", key, &group, &id]), options].concat()
            }
            7 | 8 => {
                let options = self.some(&read);
                [args(&[b"xgroup", b"SETID", key, &group, &id]), options].concat()
            }
            9 => args(&[b"xgroup", b"destroy", key, &group]),
            10 => args(&[b"xgroup", b"createconsumer", key, &group, &consumer]),
            11 => args(&[b"XGROUP", b"delconsumer", key, &group, &consumer]),
            12 => args(&[b"xgroup", b"create", key, &group]),
            _ => args(&[b"xgroup", b"nothing", key, &group]),
        }
    }

    /// Makes the consumer before the command.
    fn after_its_consumer(
        &mut self,
        keys: &[Vec<u8>],
        group: &[u8],
        consumer: &[u8],
        command: Command,
    ) -> Command {
        let make = |key: &Vec<u8>| args(&[b"xgroup", b"createconsumer", key, group, consumer]);
        let mut all = keys.iter().map(make).chain([command]);
        let first = all.next().expect("one at least");
        self.then.extend(all);
        first
    }

    fn xreadgroup(&mut self) -> Command {
        let (group, consumer) = (self.group(), self.consumer());
        let options = self.some(&["count 1", "COUNT 3", "noack", "count x", "foo"]);
        let count = 1 + self.random.below(2);
        let keys: Vec<_> = (0..count).map(|_| self.stream()).collect();
        let mut command = args(&[b"xreadgroup", b"group", &group, &consumer]);
        command.extend(options);
        command.push(b"STREAMS".to_vec());
        command.extend(keys.clone());
        command.extend((0..count).map(|_| match self.random.below(5) {
            0 => b"0".to_vec(),
            1 => self.id(),
            _ => b">".to_vec(),
        }));
        self.after_its_consumer(&keys, &group, &consumer, command)
    }

    fn xpending(&mut self, key: &[u8]) -> Command {
        let (start, end) = (self.interval_end(), self.interval_end());
        let mut command = args(&[b"xpending", key, &self.group()]);
        command.extend(match self.random.below(5) {
            0 => args(&[b"IDLE", b"1000000000"]),
            1 => args(&[b"idle", self.one_of(&["0", "-5", "x"]).as_bytes()]),
            _ => vec![],
        });
        command.extend([start, end]);
        command.push(self.one_of(&["1", "10", "10", "100", "0", "-1", "x"]).into());
        if self.random.below(3) == 0 {
            command.push(self.consumer());
        }
        command
    }

    /// What is idle for long was claimed so.
    fn xclaim(&mut self, key: &[u8]) -> Command {
        let (group, consumer, ids) = (self.group(), self.consumer(), self.ids());
        let min_idle = self.one_of(&["0", "0", "0", "1000000000", "-1", "x"]);
        let mut command = args(&[b"xclaim", key, &group, &consumer, min_idle.as_bytes()]);
        command.extend(ids);
        for _ in 0..2 {
            command.extend(self.some(&[
                "force",
                "FORCE",
                "force",
                "justid",
                "time 1000",
                "TIME 99999999999999",
                "idle 1100000000",
                "idle x",
                "retrycount 5",
                "retrycount -1",
                "lastid 20-1",
                "lastid x",
                "foo",
            ]));
        }
        self.after_its_consumer(&[key.to_vec()], &group, &consumer, command)
    }

    fn xautoclaim(&mut self, key: &[u8]) -> Command {
        let (group, consumer, start) = (self.group(), self.consumer(), self.interval_end());
        let min_idle = self.one_of(&["0", "0", "1000000000", "-1", "x"]);
        let mut command =
            args(&[b"xautoclaim", key, &group, &consumer, min_idle.as_bytes(), &start]);
        command.extend(self.some(&["count 1", "COUNT 3", "count 0", "count x", "justid", "foo"]));
        self.after_its_consumer(&[key.to_vec()], &group, &consumer, command)
    }
}

//! Clients that wait for keys, and one that changes them: the same of them are served with the same,
//! and the replicas are told the same.

use std::time::Duration;

use crate::commands::{Command, words_of};
use crate::pair::{Pair, agree};
use crate::streams::without_positions;
use crate::support::*;

const WAITERS: usize = 4;
const STEPS: usize = 3000;
const STEPS_BETWEEN_STREAMS: usize = 100;

/// The same client of both servers.
struct Waiter {
    clients: [Client; 2],
    ids: [i64; 2],
    /// In this command.
    waits: Option<Command>,
}

impl Waiter {
    fn of(pair: &Pair) -> Waiter {
        let mut clients = pair.connect();
        let ids = clients.each_mut().map(|client| client.run("client id").int());
        for client in &mut clients {
            client.set_reply_deadline(Duration::from_millis(20));
        }
        Waiter { clients, ids, waits: None }
    }

    /// Whether both wait, or neither does and these are the replies.
    fn replies(&mut self, asker: &mut [Client; 2]) -> Option<[Value; 2]> {
        let mut found = [None, None];
        for (i, place) in found.iter_mut().enumerate() {
            *place = reply_of(&mut self.clients[i], self.ids[i], &mut asker[i]);
        }
        match found {
            [Some(ours), Some(theirs)] => Some([ours, theirs]),
            [None, None] => None,
            one => panic!("{:?}: one is served and the other is not: {one:?}", self.waits),
        }
    }
}

/// The reply to what a client has sent; `None` if it waits.
fn reply_of(client: &mut Client, id: i64, asker: &mut Client) -> Option<Value> {
    wait_for(PATIENCE, "the client to wait or to be answered", || {
        let line = asker.run(&format!("client list id {id}")).text();
        if line.contains(" flags=b") {
            return Ok(None);
        }
        client.try_reply().map(Some).map_err(|error| error.to_string())
    })
}

struct Drawer {
    random: Random,
    next_id: u64,
}

impl Drawer {
    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.random.below(words.len() as u64) as usize]
    }

    fn key(&mut self) -> &'static str {
        self.one_of(&["a", "b", "c", "d"])
    }

    /// Streams stay: what becomes of who reads one that goes is another matter in 7.2.
    fn stream(&mut self) -> &'static str {
        self.one_of(&["x", "y"])
    }

    fn blocking(&mut self) -> Command {
        let (key, other) = (self.key(), self.key());
        let (side, end) = (self.one_of(&["left", "right"]), self.one_of(&["min", "max"]));
        let stream = self.stream();
        let line = match self.random.below(12) {
            0 => format!("blpop {key} {other} 0"),
            1 => format!("brpop {key} 0"),
            2 => format!("blmove {key} {other} {side} right 0"),
            3 => format!("brpoplpush {key} {other} 0"),
            4 => format!("blmpop 0 2 {key} {other} {side} count 2"),
            5 => format!("bzpopmin {key} {other} 0"),
            6 => format!("bzpopmax {key} 0"),
            7 => format!("bzmpop 0 2 {key} {other} {end} count 2"),
            8 => format!("xread block 0 streams {stream} $"),
            // Of two streams that get something together 7.0 tells one only, and 7.2 both.
            9 => format!("xread count 2 block 0 streams {stream} $"),
            10 => format!("xreadgroup group g c1 block 0 streams {stream} >"),
            _ => format!("xreadgroup group g c2 count 1 noack block 0 streams {stream} >"),
        };
        words_of(&line)
    }

    /// What changes keys. What SORT and ZUNIONSTORE put in the place of something else wakes nobody in
    /// 7.0: nothing is there before.
    fn change(&mut self) -> Vec<Command> {
        let (key, other, stream) = (self.key(), self.key(), self.stream());
        let score = self.random.below(5);
        let line = match self.random.below(24) {
            0..=3 => format!("rpush {key} 1 2"),
            4 => format!("lpush {key} 3 4 5"),
            5..=7 => format!("zadd {key} {score} m 2 n"),
            8..=10 => {
                self.next_id += 1;
                format!("xadd {stream} {}-1 f v", self.next_id)
            }
            11 => format!("del {key} {other}"),
            12 => format!("set {key} text"),
            13 => format!("rename {key} {other}"),
            14 => format!("copy {key} {other} replace"),
            15 => format!("del {other}\nsort {key} by nosort store {other}"),
            16 => format!("del {key}\nzunionstore {key} 1 {other}"),
            17 => format!("lmove {key} {other} left left"),
            18 => format!("xtrim {stream} maxlen 2"),
            19 => format!("pexpireat {key} 1"),
            20 => format!("lpop {key}"),
            21 => format!("zrem {key} m"),
            22 => format!("rpoplpush {key} {other}"),
            _ => format!("move {key} 1"),
        };
        line.split('\n').map(words_of).collect()
    }
}

fn compare(command: &Command, [ours, theirs]: &[Value; 2], told: &[String]) {
    let last = &told[told.len().saturating_sub(30)..];
    let shown = shown(command);
    assert!(
        agree(command, ours, theirs),
        "{shown}\nours:  {ours:?}\nredis: {theirs:?}\nafter:\n{}",
        last.join("\n")
    );
}

fn shown(command: &Command) -> String {
    let words = command.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_waits_is_served_as_on_redis() {
    let steps = std::env::var("TEST_STEPS").map_or(STEPS, |text| text.parse().expect("a number"));
    let mut drawer = Drawer { random: Random::from_environment("waiters"), next_id: 0 };
    let mut pair = Pair::start();
    pair.levelled = without_positions;
    for stream in ["x", "y"] {
        pair.run(&words_of(&format!("xgroup create {stream} g $ mkstream")));
    }
    let mut asker = pair.connect();
    let mut waiters: Vec<Waiter> = (0..WAITERS).map(|_| Waiter::of(&pair)).collect();
    let mut told = Vec::new();
    for number in 1..=steps {
        if drawer.random.below(3) == 0 {
            let free = waiters.iter().position(|waiter| waiter.waits.is_none());
            if let Some(i) = free {
                let command = drawer.blocking();
                told.push(format!("{i}: {}", shown(&command)));
                let waiter = &mut waiters[i];
                waiter.clients.iter_mut().for_each(|client| client.send_cmd(&command));
                waiter.waits = Some(command);
            }
        } else if drawer.random.below(12) == 0 {
            // As if the time were over, or by an error.
            let how = drawer.one_of(&["timeout", "error"]);
            let waiter = &waiters[drawer.random.below(WAITERS as u64) as usize];
            told.push(format!("unblock {:?} {how}", waiter.waits.as_ref().map(shown)));
            let replies =
                [0, 1].map(|i| asker[i].run(&format!("client unblock {} {how}", waiter.ids[i])));
            compare(&words_of("client unblock"), &replies, &told);
        } else {
            let changes = if drawer.random.below(6) == 0 { drawer.random.below(4) + 1 } else { 0 };
            let mut commands: Vec<Command> = (0..=changes).flat_map(|_| drawer.change()).collect();
            if changes > 0 {
                commands.insert(0, words_of("multi"));
                commands.push(words_of("exec"));
            }
            for command in &commands {
                told.push(shown(command));
                let replies = pair.run(command);
                compare(command, &replies, &told);
            }
        }
        for (i, waiter) in waiters.iter_mut().enumerate() {
            if waiter.waits.is_none() {
                continue;
            }
            if let Some(replies) = waiter.replies(&mut asker) {
                let command = waiter.waits.take().expect("it waited");
                told.push(format!("{i}: {:?}", replies[1]));
                compare(&command, &replies, &told);
            }
        }
        if number % STEPS_BETWEEN_STREAMS == 0 {
            let [ours, theirs] = pair.streams();
            assert_eq!(ours, theirs, "after:\n{}", told.join("\n"));
            pair.run(&words_of("select 0"));
            told.clear();
        }
    }
    let [ours, theirs] = pair.dump(0);
    assert_eq!(ours, theirs);
}

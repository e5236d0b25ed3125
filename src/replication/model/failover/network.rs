//! Two servers that hand over to one another again and again, over links on which everything may be
//! late or lost, while the one that is asked may start anew from a file.
//!
//! ```text
//!   server ◄──commands── link ◄── server        a link is one connection; its end at the replica
//!     1    ──lines, data──►        0            may be gone while what it sent still arrives
//! ```
//!
//! A byte of the stream is one write here, so that a server's data is what its stream has brought.

mod server;

use std::collections::{HashMap, VecDeque};

use self::server::Server;
use super::*;
use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::replication::model::handshake::{Handshake, Have, Outcome, Setup};
use crate::replication::model::history::History;
use crate::replication::model::psync::{self, Held, PsyncDecision, PsyncRequest};
use crate::resp::decode::{Value, decode_all};

/// What a master sends.
#[derive(Clone, Debug)]
enum Sent {
    Line(String),
    Dataset(History, Vec<u64>),
    Writes(Vec<u64>),
}

impl Sent {
    fn is_promise(&self) -> bool {
        matches!(self, Sent::Line(line) if line.starts_with("+CONTINUE") || line.starts_with("+FULL"))
    }
}

/// A connection from a replica to its master.
struct Link {
    from: usize,
    commands: VecDeque<Vec<Vec<u8>>>,
    sent: VecDeque<Sent>,
    /// The replica's end; `None` once it is gone.
    phase: Option<Phase>,
    /// What the master has sent on, and what it knows to be there, once it serves the replica.
    served: Option<(usize, Offset)>,
    /// The master has closed it.
    is_closed: bool,
}

#[derive(Debug)]
enum Phase {
    Handshake(Box<Handshake>),
    Dataset,
    Stream,
}

#[derive(Debug, Default)]
struct Seen {
    writes: usize,
    done: usize,
    refused: usize,
    too_old: usize,
    asked_again: usize,
    restarts: usize,
}

struct Network {
    random: Random,
    servers: [Server; 2],
    links: Vec<Link>,
    last_name: u64,
    last_write: u64,
    /// Answered, and not lost with the only process that had them.
    owed: Vec<u64>,
    /// Who writes the stream of that name.
    writers: HashMap<ReplId, usize>,
    seen: Seen,
}

impl Network {
    /// Server 0 is the master.
    fn new(seed: u64) -> Network {
        let id = |digit| ReplId::from_bytes(&[digit; 40]).unwrap();
        let mut servers = [Server::new(id(b'x')), Server::new(id(b'y'))];
        servers[1].is_replica = true;
        Network {
            random: Random::from_seed(seed),
            servers,
            links: Vec::new(),
            last_name: 0,
            last_write: 0,
            owed: Vec::new(),
            writers: HashMap::new(),
            seen: Seen::default(),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random.next_u64() % limit.max(1) as u64) as usize
    }

    fn name(&mut self) -> ReplId {
        self.last_name += 1;
        ReplId::from_bytes(format!("{:040}", self.last_name).as_bytes()).unwrap()
    }

    // --- what a server does ----------------------------------------------------------------------

    /// A client writes, where it may.
    fn write(&mut self, at: usize) {
        let server = &mut self.servers[at];
        if server.is_replica || server.failover.is_under_way() {
            return;
        }
        self.last_write += 1;
        server.data.push(self.last_write);
        server.history.advance(1);
        let writer = *self.writers.entry(server.history.id()).or_insert(at);
        assert_eq!(writer, at, "two servers have written one stream");
        self.owed.push(self.last_write);
        self.seen.writes += 1;
    }

    fn begin(&mut self, at: usize) {
        let is_served = self.links.iter().any(|link| link.from != at && link.acked().is_some());
        let server = &mut self.servers[at];
        if !server.is_replica && is_served && !server.failover.is_under_way() {
            let request = FailoverRequest { target: None, deadline: None, is_forced: false };
            server.failover.begin(request);
        }
    }

    /// Somebody gives up what has not come to the target yet: who is not there when a hand-over begins
    /// is refused until it ends.
    fn abort(&mut self, at: usize) {
        if self.servers[at].failover.is_waiting() {
            self.servers[at].failover.abort(BY_HAND);
        }
    }

    fn look(&mut self, at: usize) {
        let replicas: Vec<ReplicaStatus> = self
            .links
            .iter()
            .filter(|link| link.from != at)
            .filter_map(|link| link.acked().map(|acked| super::tests::replica(7, acked)))
            .collect();
        let server = &mut self.servers[at];
        let end = server.history.offset();
        if let Some(Verdict::Follow(..)) = server.failover.look(0, end, &replicas) {
            server.begin_following();
            self.hang_up_on(at);
        }
    }

    /// The stream has another name or place, or the server is gone: who follows it begins anew.
    fn hang_up_on(&mut self, master: usize) {
        for link in self.links.iter_mut().filter(|link| link.from != master) {
            link.is_closed = true;
            link.served = None;
        }
    }

    fn promote(&mut self, at: usize) {
        let id = self.name();
        self.servers[at].promote(id);
        self.leave(at);
        self.hang_up_on(at);
    }

    /// A replica's link ends at its side; what it has sent may still arrive.
    fn leave(&mut self, at: usize) {
        for link in self.links.iter_mut().filter(|link| link.from == at) {
            if let Some(Phase::Handshake(handshake)) = link.phase.take() {
                self.servers[at].asked_before |= handshake.has_asked();
            }
            link.sent.clear();
        }
    }

    fn connect(&mut self, at: usize) {
        let is_linked = self.links.iter().any(|link| link.from == at && link.phase.is_some());
        let server = &self.servers[at];
        if !server.is_replica || is_linked {
            return;
        }
        let have = server
            .may_continue
            .then(|| Have { id: server.history.id(), offset: server.history.offset() });
        let (handshake, step) = Handshake::start(Setup {
            have,
            hands_over: server.failover.is_in_progress(),
            asked_before: server.asked_before,
            is_a_master: server.target_is_master,
            ..Setup::default()
        });
        self.seen.asked_again +=
            usize::from(server.asked_before && server.failover.is_in_progress());
        self.links.push(Link {
            from: at,
            commands: VecDeque::from(commands(&step.send)),
            sent: VecDeque::new(),
            phase: Some(Phase::Handshake(Box::new(handshake))),
            served: None,
            is_closed: false,
        });
    }

    /// One that the other can do without starts anew as its replica, with what its file has.
    fn restart(&mut self, at: usize) {
        let other = &self.servers[1 - at];
        let is_target = self.servers[at].is_replica || other.failover.is_in_progress();
        if other.is_replica && !other.failover.is_in_progress() || !is_target {
            return;
        }
        // With the answer on its way it is the master, and whoever starts it as a replica has none.
        let has_answered = self.links.iter().any(|link| {
            link.from != at && link.phase.is_some() && link.sent.iter().any(Sent::is_promise)
        });
        if has_answered || self.servers[at].failover.is_under_way() {
            return;
        }
        let kept = &other.data;
        self.owed.retain(|write| kept.contains(write));
        let id = self.name();
        // What it has sent may still arrive, with what it acknowledged.
        self.leave(at);
        self.servers[at].restart(id);
        self.hang_up_on(at);
        self.seen.restarts += 1;
    }

    // --- what arrives ----------------------------------------------------------------------------

    /// The master gets the next command of a link.
    fn hear(&mut self, number: usize) {
        if self.links[number].is_closed {
            self.links[number].commands.clear();
        }
        let Some(command) = self.links[number].commands.pop_front() else { return };
        let at = 1 - self.links[number].from;
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        let answer = match words[..] {
            [b"PING"] => "+PONG".to_owned(),
            [b"REPLCONF", b"ACK", offset] => {
                if let Some((_, acked)) = &mut self.links[number].served {
                    *acked = std::str::from_utf8(offset).unwrap().parse().unwrap();
                }
                return;
            }
            [b"REPLCONF", ..] => "+OK".to_owned(),
            [b"PSYNC", id, wanted, ref more @ ..] => {
                let wanted = std::str::from_utf8(wanted).unwrap().parse().unwrap();
                return self.psync(number, at, id, wanted, !more.is_empty());
            }
            _ => panic!("{words:?}"),
        };
        self.links[number].sent.push_back(Sent::Line(answer));
    }

    fn psync(&mut self, number: usize, at: usize, id: &[u8], wanted: i64, takes_over: bool) {
        let (mut promotes, mut is_done) = (false, false);
        if takes_over {
            let answer = take_over(&self.servers[at].as_target(), id, wanted);
            let refusal = match answer {
                TakeOver::Promotion | TakeOver::Done => None,
                TakeOver::PassedOn => panic!("there is no third server"),
                TakeOver::IsMaster => Some("-ERR PSYNC FAILOVER can't be sent to a master."),
                TakeOver::OtherHistory => Some("-ERR replid"),
                TakeOver::OlderFile => Some("-ERR older"),
            };
            self.seen.too_old += usize::from(answer == TakeOver::OlderFile);
            if let Some(refusal) = refusal {
                return self.links[number].sent.push_back(Sent::Line(refusal.to_owned()));
            }
            promotes = answer == TakeOver::Promotion;
            is_done = answer == TakeOver::Done;
        }
        let server = &self.servers[at];
        let is_busy = server.failover.is_under_way() && !is_done;
        if is_busy || server.is_replica && !promotes {
            return self.links[number].sent.push_back(Sent::Line("-NOMASTERLINK".to_owned()));
        }
        if promotes {
            let before = server.history.id();
            self.promote(at);
            self.servers[at].taken_over.push(before);
            self.links[number].is_closed = false;
        }
        let server = &self.servers[at];
        let history = server.history.clone();
        let held = Held { start: 0, end: history.offset() };
        let request = PsyncRequest { replid: id, wanted };
        let (lines, from) = match psync::decide(&request, &history, Some(held)) {
            PsyncDecision::Continue { from } => {
                (vec![Sent::Line(format!("+CONTINUE {}", history.id()))], from)
            }
            PsyncDecision::FullSync(_) => {
                let line = format!("+FULLRESYNC {} {}", history.id(), history.offset());
                let all = server.data.clone();
                let from = history.offset();
                (vec![Sent::Line(line), Sent::Dataset(history, all)], from)
            }
        };
        let link = &mut self.links[number];
        link.sent.extend(lines);
        link.served = Some((usize::try_from(from).unwrap(), 0));
    }

    /// The master sends what is new.
    fn feed(&mut self, number: usize) {
        let at = 1 - self.links[number].from;
        let data = &self.servers[at].data;
        if let Some((sent, _)) = &mut self.links[number].served {
            let new = data[*sent..].to_vec();
            *sent = data.len();
            self.links[number].sent.push_back(Sent::Writes(new));
        }
    }

    /// The replica gets what comes next, or hears that the link is over.
    fn receive(&mut self, number: usize) {
        let link = &mut self.links[number];
        let (at, is_closed) = (link.from, link.is_closed);
        let Some(phase) = &mut link.phase else { return };
        match (link.sent.pop_front(), phase) {
            (None, _) if is_closed => self.leave(at),
            (None, _) => {}
            (Some(Sent::Line(line)), Phase::Handshake(handshake)) => {
                let step = handshake.on_line(line.as_bytes());
                link.commands.extend(commands(&step.send));
                if let Some(outcome) = step.outcome {
                    self.over(number, at, outcome);
                }
            }
            (Some(Sent::Dataset(history, data)), phase @ Phase::Dataset) => {
                *phase = Phase::Stream;
                self.servers[at].load(history, data);
                self.hang_up_on(at);
                self.acknowledge(number, at);
            }
            (Some(Sent::Writes(new)), Phase::Stream) => {
                self.servers[at].history.advance(new.len());
                self.servers[at].data.extend(new);
                self.acknowledge(number, at);
            }
            (Some(sent), phase) => panic!("{sent:?} in {phase:?}"),
        }
    }

    fn acknowledge(&mut self, number: usize, at: usize) {
        let offset = self.servers[at].history.offset().to_string();
        let words = [&b"REPLCONF"[..], b"ACK", offset.as_bytes()];
        self.links[number].commands.push_back(words.map(<[u8]>::to_vec).to_vec());
    }

    fn over(&mut self, number: usize, at: usize, outcome: Outcome) {
        let hands_over = self.servers[at].failover.is_in_progress();
        match outcome {
            Outcome::FullSync { .. } => self.links[number].phase = Some(Phase::Dataset),
            Outcome::Continue { new_id } => {
                self.links[number].phase = Some(Phase::Stream);
                self.servers[at].continue_as(new_id);
                self.acknowledge(number, at);
            }
            Outcome::HandOverRefused => {
                self.seen.refused += 1;
                self.servers[at].failover.abort(REFUSED);
                return self.promote(at);
            }
            Outcome::HandOverPassedOn => panic!("there is no third server"),
            Outcome::HandOverDone => {
                self.leave(at);
                self.servers[at].target_is_master = true;
                return;
            }
            Outcome::Retry | Outcome::OldSync => {
                self.servers[at].target_is_master = false;
                return self.leave(at);
            }
        }
        if hands_over {
            self.seen.done += 1;
            self.servers[at].failover.succeeded();
        }
    }

    // --- the whole -------------------------------------------------------------------------------

    /// Something happens; of what spoils, only if it may.
    fn step(&mut self, is_calm: bool) {
        let (at, link) = (self.below(2), self.below(self.links.len()));
        let has_link = !self.links.is_empty();
        match self.below(if is_calm { 13 } else { 19 }) {
            0..=2 if has_link => self.hear(link),
            3..=5 if has_link => self.receive(link),
            6 | 7 if has_link => self.feed(link),
            8 | 9 => self.connect(at),
            10 | 11 => self.look(at),
            12 if self.below(20) == 0 => self.abort(at),
            13 | 14 => self.write(at),
            15 => self.begin(at),
            16 if self.below(3) == 0 => self.leave(at),
            17 => self.servers[at].save(),
            18 if self.below(8) == 0 => self.restart(at),
            _ => {}
        }
        self.links.retain(|link| link.phase.is_some() || !link.commands.is_empty());
        self.check();
    }

    fn check(&self) {
        let [a, b] = &self.servers;
        if a.history.id() == b.history.id() {
            let shared = a.data.len().min(b.data.len());
            assert_eq!(a.data[..shared], b.data[..shared], "one name, two streams");
        }
        let has_all = |server: &Server| self.owed.iter().all(|write| server.data.contains(write));
        assert!(has_all(a) || has_all(b), "an answered write is lost");
    }

    /// Calm at last: there is one master, which has all, and the other has what it has.
    fn finish(mut self) -> Seen {
        (0..2).for_each(|at| self.abort(at));
        (0..3000).for_each(|_| self.step(true));
        let [a, b] = &self.servers;
        assert!(a.is_replica != b.is_replica, "one is the master");
        assert!(!a.failover.is_under_way() && !b.failover.is_under_way());
        assert_eq!(a.history.id(), b.history.id());
        assert_eq!(a.data, b.data);
        self.seen
    }
}

impl Link {
    /// What a replica that is served has acknowledged.
    fn acked(&self) -> Option<Offset> {
        self.served.map(|(_, acked)| acked).filter(|_| !self.is_closed)
    }
}

/// The commands in what a handshake sends.
fn commands(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let values = decode_all(bytes).unwrap().unwrap();
    let word = |value: Value| match value {
        Value::Bulk(word) => word,
        other => panic!("{other:?}"),
    };
    let words = |value| match value {
        Value::Array(words) => words.into_iter().map(word).collect(),
        other => panic!("{other:?}"),
    };
    values.into_iter().map(words).collect()
}

#[test]
fn whatever_is_late_or_lost_no_stream_has_two_writers_and_no_answered_write_goes() {
    let mut sum = Seen::default();
    for seed in 0..200 {
        println!("seed {seed}");
        let mut network = Network::new(seed);
        (0..2000).for_each(|_| network.step(false));
        let Seen { writes, done, refused, too_old, asked_again, restarts } = network.finish();
        sum.writes += writes;
        sum.done += done;
        sum.refused += refused;
        sum.too_old += too_old;
        sum.asked_again += asked_again;
        sum.restarts += restarts;
    }
    let is_much = sum.writes > 5000 && sum.done > 200 && sum.refused > 20;
    let is_much = is_much && sum.too_old > 0 && sum.asked_again > 20 && sum.restarts > 100;
    assert!(is_much, "the network has done little: {sum:?}");
}

//! A test network around the hub: the keyspace's end of the stream, connections, links, snapshot
//! threads and replicas, with letters between them that are late, and sockets that break.
//!
//! Letters keep the order that a mailbox keeps: what one sender sent, and what a letter's sender had
//! seen when it wrote, comes first. Everything else may come in any order. Links read the backlog
//! whenever they like, as if each had a thread of its own.

mod checks;
mod mail;
mod names;
mod scenarios;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use self::mail::{Actor, Body, Mail};
use self::names::Names;
use super::*;
use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::clients::ReplicaIntro;
use crate::replication::model::output_limit::OutputLimit;
use crate::replication::model::stream_writer::StreamWriter;

const SETTINGS: LinkSettings = LinkSettings {
    timeout_seconds: 1_000_000,
    output_limit: OutputLimit { hard_bytes: 0, soft_bytes: 0, soft_seconds: 0 },
};
const CREDIT: usize = 2;

/// A piece on its way to a replica's socket.
#[derive(Debug)]
enum Piece {
    Said(Bytes),
    Stream(Bytes),
}

impl Piece {
    fn bytes(&self) -> &Bytes {
        let (Piece::Said(bytes) | Piece::Stream(bytes)) = self;
        bytes
    }
}

struct LinkActor {
    link: Link,
    queue: VecDeque<Piece>,
    /// The replica at the other end, while the socket is whole.
    peer: Option<usize>,
    ticket: Option<Ticket>,
}

impl LinkActor {
    fn unwritten(&self) -> Unwritten {
        let bytes = self.queue.iter().map(|piece| piece.bytes().len()).sum();
        Unwritten { bytes, buffers: self.queue.len() }
    }
}

/// A snapshot thread: gives each chunk to every reader, one after the other.
struct Thread {
    readers: Vec<ClientId>,
    /// The reader whose turn it is.
    turn: usize,
    chunks_left: usize,
}

#[derive(Debug)]
struct Credit {
    available: usize,
    is_closed: bool,
}

/// A replica.
#[derive(Debug, Default)]
struct Peer {
    /// What it has, and goes on from.
    have: Option<(ReplId, Offset)>,
    /// The point of the snapshot that comes in.
    loading: Option<(ReplId, Offset)>,
    client: Option<ClientId>,
    is_rdb_only: bool,
}

/// How much has happened, so that a network in which nothing does is found out.
#[derive(Debug, Default)]
struct Seen {
    snapshots: usize,
    continued: usize,
    stream_bytes: usize,
}

struct Network {
    random: Random,
    now: UnixMillis,
    writer: StreamWriter,
    /// Clients that the keyspace knows.
    clients: BTreeSet<ClientId>,
    last_client: ClientId,
    last_name: u64,
    hub: Hub,
    backlog: Backlog,
    links: BTreeMap<ClientId, LinkActor>,
    threads: BTreeMap<Ticket, Thread>,
    credits: BTreeMap<(Ticket, ClientId), Credit>,
    seen: Seen,
    peers: Vec<Peer>,
    mail: Mail,
    names: Names,
}

impl Network {
    fn new(seed: u64, peers: usize) -> Network {
        let writer = StreamWriter::new(ReplId::from_bytes(&[b'z'; 40]).unwrap());
        let settings = TransferSettings {
            diskless: seed.is_multiple_of(2),
            diskless_delay_seconds: seed % 3,
            diskless_max_replicas: 2,
        };
        Network {
            random: Random::from_seed(seed),
            now: 0,
            hub: Hub::new(writer.history().clone(), settings),
            backlog: Backlog::new(1, 0),
            writer,
            clients: BTreeSet::new(),
            last_client: 0,
            last_name: 0,
            links: BTreeMap::new(),
            threads: BTreeMap::new(),
            credits: BTreeMap::new(),
            seen: Seen::default(),
            peers: (0..peers).map(|_| Peer::default()).collect(),
            mail: Mail::default(),
            names: Names::default(),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random.next_u64() % limit.max(1) as u64) as usize
    }

    fn fresh_name(&mut self) -> ReplId {
        self.last_name += 1;
        ReplId::from_bytes(format!("{:040}", self.last_name).as_bytes()).unwrap()
    }

    // --- the keyspace -----------------------------------------------------------------------

    fn flush(&mut self) {
        while let Some(news) = self.writer.next_news() {
            self.mail.send(Actor::Keyspace, Actor::Hub, Body::News(news));
        }
    }

    fn write(&mut self, count: usize) {
        if !self.writer.is_feeding() {
            return;
        }
        for _ in 0..count {
            let byte = self.random.next_u64() as u8;
            self.names.wrote(self.writer.history().id(), self.writer.offset(), byte);
            self.writer.write(|feed| feed.pass_on(&[byte]));
        }
    }

    fn promote(&mut self) {
        let (old, offset, new) =
            (self.writer.history().id(), self.writer.offset(), self.fresh_name());
        self.names.goes_on(old, offset, new);
        self.writer.promote(new);
    }

    fn adopt(&mut self) {
        let (old, offset, new) =
            (self.writer.history().id(), self.writer.offset(), self.fresh_name());
        self.names.goes_on(old, offset, new);
        self.writer.adopt(Some(new));
    }

    /// PSYNC came from a replica.
    fn psync(&mut self, peer: usize) {
        self.last_client += 1;
        let client = self.last_client;
        let is_rdb_only = self.below(8) == 0;
        let peer = &mut self.peers[peer];
        peer.client = Some(client);
        peer.is_rdb_only = is_rdb_only;
        let (replid, wanted) = match peer.have {
            Some((id, offset)) => (id.as_bytes().to_vec(), offset + 1),
            None => (b"?".to_vec(), -1),
        };
        self.clients.insert(client);
        let intro = ReplicaIntro {
            understands_eof: client.is_multiple_of(3),
            understands_psync2: true,
            rdb_only: is_rdb_only,
            ..ReplicaIntro::default()
        };
        let sync = SyncStart { client, replid, wanted, is_old_sync: false, ip: "r".into(), intro };
        self.flush();
        self.mail.send(Actor::Keyspace, Actor::Hub, Body::BeginSync(sync));
        let id = self.fresh_name();
        self.writer.begin_for_replica(id);
        self.flush();
        self.mail.send(Actor::Keyspace, Actor::Connection(client), Body::HandOver);
    }

    fn forget(&mut self, client: ClientId) {
        if self.clients.remove(&client) {
            self.mail.send(Actor::Keyspace, Actor::Hub, Body::Forget { client });
        }
    }

    // --- letters ----------------------------------------------------------------------------

    /// Delivers one letter of those that may come now. Whether there was one.
    fn deliver_any(&mut self) -> bool {
        let ready = self.mail.ready();
        if ready.is_empty() {
            return false;
        }
        let id = ready[self.below(ready.len())];
        self.deliver(id);
        true
    }

    fn deliver(&mut self, id: u64) {
        let (to, body) = self.mail.take(id);
        match to {
            Actor::Hub => self.hub_hears(body),
            Actor::Keyspace => self.keyspace_hears(body),
            Actor::Connection(client) => self.hand_over(client),
            Actor::Link(client) => self.link_hears(client, body),
            Actor::Thread(_) => unreachable!("a thread has no mailbox"),
        }
    }

    fn hub_hears(&mut self, body: Body) {
        let (hub, backlog) = (&mut self.hub, &mut self.backlog);
        match body {
            Body::News(news) => hub.stream_news(news, backlog),
            Body::BeginSync(sync) => hub.begin_sync(sync, backlog),
            Body::Forget { client } => hub.forget(client, backlog),
            Body::Snapshot { ticket, offset } => hub.snapshot_came(ticket, offset, 1, backlog),
            Body::Socket { client } => hub.socket_came(client, self.now),
            Body::Progressed { client, status, acks } => hub.progressed(client, status, 1, acks),
            Body::Lost { client } => hub.link_lost(client, backlog),
            Body::Ended { ticket, is_complete } => {
                self.credits.retain(|&(of, _), _| of != ticket);
                hub.transfer_ended(ticket, is_complete);
            }
            Body::Look => hub.start_transfers(self.now),
            other => unreachable!("{other:?}"),
        }
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for order in self.hub.take_orders() {
            let (from, hub, keyspace) = (Actor::Hub, Actor::Hub, Actor::Keyspace);
            match order {
                Order::Log(_) | Order::CountSync(_) | Order::Discard(_) => {}
                Order::StartLink(start) => self.start_link(*start),
                Order::RefuseSocket { client } | Order::Disconnected { client } => {
                    self.mail.send(from, keyspace, Body::Disconnected { client });
                }
                Order::Tell { client, what } => {
                    if let ToLink::SnapshotTaken { ticket, .. } = what {
                        let credit = Credit { available: CREDIT, is_closed: false };
                        self.credits.insert((ticket, client), credit);
                    }
                    self.mail.send(from, Actor::Link(client), Body::ToLink(what));
                }
                Order::TakeSnapshot { ticket } => {
                    self.mail.send(from, keyspace, Body::TakeSnapshot { ticket });
                }
                Order::LookAtOnce | Order::LookAgain { .. } => {
                    self.mail.send(from, hub, Body::Look);
                }
                Order::BeginTransfer(begin) => {
                    let chunks_left = self.below(8) + 1;
                    let thread = Thread { readers: begin.readers, turn: 0, chunks_left };
                    self.threads.insert(begin.ticket, thread);
                    self.mail.starts(from, Actor::Thread(begin.ticket));
                }
                Order::CloseCredit { ticket, client } => {
                    if let Some(credit) = self.credits.get_mut(&(ticket, client)) {
                        credit.is_closed = true;
                    }
                }
            }
        }
    }

    fn keyspace_hears(&mut self, body: Body) {
        match body {
            Body::TakeSnapshot { ticket } => {
                self.flush();
                let offset = self.writer.offset();
                self.mail.send(Actor::Keyspace, Actor::Hub, Body::Snapshot { ticket, offset });
            }
            Body::Disconnected { client } => self.forget(client),
            other => unreachable!("{other:?}"),
        }
    }

    /// A connection gives its socket away, or has seen it break before.
    fn hand_over(&mut self, client: ClientId) {
        let is_whole = self.peers.iter().any(|peer| peer.client == Some(client));
        let from = Actor::Connection(client);
        if is_whole || self.below(2) == 0 {
            self.mail.send(from, Actor::Hub, Body::Socket { client });
        } else {
            self.mail.send(from, Actor::Keyspace, Body::Disconnected { client });
        }
    }

    // --- links ------------------------------------------------------------------------------

    fn start_link(&mut self, start: LinkStart) {
        let client = start.client;
        let peer = self.peers.iter().position(|peer| peer.client == Some(client));
        let link = Link::new(start, SETTINGS, self.now);
        let actor = LinkActor { link, queue: VecDeque::new(), peer, ticket: None };
        self.links.insert(client, actor);
        self.mail.starts(Actor::Hub, Actor::Link(client));
        self.carry_out_link(client);
    }

    fn link_hears(&mut self, client: ClientId, body: Body) {
        // What comes to one that has ended is dropped.
        let Some(actor) = self.links.get_mut(&client) else { return };
        let left = actor.unwritten();
        match body {
            Body::ToLink(what) => {
                if let ToLink::SnapshotTaken { ticket, .. } = what {
                    actor.ticket = Some(ticket);
                }
                actor.link.told(what, left, &self.backlog, self.now);
            }
            Body::Chunk { bytes } => actor.link.chunk_came(bytes, self.now),
            other => unreachable!("{other:?}"),
        }
        self.carry_out_link(client);
    }

    fn carry_out_link(&mut self, client: ClientId) {
        let Some(actor) = self.links.get_mut(&client) else { return };
        for order in actor.link.take_orders() {
            match order {
                LinkOrder::Log(_) | LinkOrder::BlameForLag => {}
                LinkOrder::Write(bytes) if bytes.is_empty() => {}
                LinkOrder::Write(bytes) => actor.queue.push_back(Piece::Said(bytes)),
                LinkOrder::GiveCredit(chunks) => {
                    let credit = actor.ticket.and_then(|t| self.credits.get_mut(&(t, client)));
                    credit.into_iter().for_each(|credit| credit.available += chunks);
                }
                LinkOrder::Report => {
                    let (status, acks) = actor.link.status(self.now);
                    let body = Body::Progressed { client, status, acks };
                    self.mail.send(Actor::Link(client), Actor::Hub, body);
                }
            }
        }
    }

    /// A link looks at its socket: ends, or takes from the backlog, or writes something.
    fn poll_link(&mut self, client: ClientId) {
        let Some(actor) = self.links.get_mut(&client) else { return };
        if actor.queue.is_empty() && actor.peer.is_some() {
            let mut blocks = Vec::new();
            actor.link.next_stretch(&self.backlog, &mut blocks);
            actor.queue.extend(blocks.into_iter().map(Piece::Stream));
        }
        if actor.link.is_ending() || actor.peer.is_none() {
            self.end_link(client);
        } else {
            self.take_from_socket(client);
        }
    }

    fn end_link(&mut self, client: ClientId) {
        if self.links.remove(&client).is_some() {
            self.hang_up(client);
            self.mail.send(Actor::Link(client), Actor::Hub, Body::Lost { client });
        }
    }

    /// The replica at the other end sees its socket close.
    fn hang_up(&mut self, client: ClientId) {
        for peer in self.peers.iter_mut().filter(|peer| peer.client == Some(client)) {
            peer.client = None;
            peer.loading = None;
        }
    }

    fn take_from_socket(&mut self, client: ClientId) {
        let some = self.below(40) + 1;
        let Some(actor) = self.links.get_mut(&client) else { return };
        let (Some(piece), Some(peer)) = (actor.queue.pop_front(), actor.peer) else { return };
        match piece {
            Piece::Said(bytes) => {
                self.seen.continued += usize::from(bytes.starts_with(b"+CONTINUE"));
                self.peers[peer].hears(&bytes);
            }
            Piece::Stream(mut bytes) => {
                let now = bytes.split_to(some.min(bytes.len()));
                if !bytes.is_empty() {
                    actor.queue.push_front(Piece::Stream(bytes));
                }
                self.seen.stream_bytes += now.len();
                self.peers[peer].applies(&now, &self.names);
            }
        }
        let left = actor.unwritten();
        actor.link.wrote(left, &mut self.backlog, self.now);
        self.carry_out_link(client);
    }

    fn acknowledge(&mut self, peer: usize) {
        let Peer { have: Some((_, offset)), client: Some(client), loading: None, .. } =
            self.peers[peer]
        else {
            return;
        };
        if let Some(actor) = self.links.get_mut(&client) {
            actor.link.acknowledged(Some(offset), self.now);
            self.carry_out_link(client);
        }
    }

    /// The network between a replica and us breaks; whoever holds the socket sees it later.
    fn cut(&mut self, peer: usize) {
        let Some(client) = self.peers[peer].client else { return };
        self.hang_up(client);
        if let Some(actor) = self.links.get_mut(&client) {
            actor.peer = None;
        }
    }

    // --- snapshot threads -------------------------------------------------------------------

    /// One step of a thread. `false`: it waits.
    fn run_thread(&mut self, ticket: Ticket) -> bool {
        let Some(thread) = self.threads.get_mut(&ticket) else { return false };
        if thread.readers.is_empty() || thread.chunks_left == 0 {
            let is_complete = !thread.readers.is_empty();
            self.seen.snapshots += usize::from(is_complete);
            self.threads.remove(&ticket);
            let body = Body::Ended { ticket, is_complete };
            self.mail.send(Actor::Thread(ticket), Actor::Hub, body);
            return true;
        }
        let client = thread.readers[thread.turn];
        let Some(credit) = self.credits.get_mut(&(ticket, client)) else { return false };
        if credit.is_closed {
            thread.readers.remove(thread.turn);
        } else if credit.available > 0 {
            credit.available -= 1;
            thread.turn += 1;
            let bytes = if thread.chunks_left == 1 { "END" } else { "chunk" };
            let body = Body::Chunk { bytes: Bytes::from_static(bytes.as_bytes()) };
            self.mail.send(Actor::Thread(ticket), Actor::Link(client), body);
        } else {
            return false;
        }
        if thread.turn == thread.readers.len() {
            thread.turn = 0;
            thread.chunks_left -= 1;
        }
        true
    }

    // --- chance -----------------------------------------------------------------------------

    /// One thing of all that may happen.
    fn step(&mut self) {
        self.now += self.below(700) as i64;
        match self.below(100) {
            0..40 => drop(self.deliver_any()),
            40..55 => {
                let clients: Vec<_> = self.links.keys().copied().collect();
                if let Some(&client) = clients.get(self.below(clients.len())) {
                    self.poll_link(client);
                }
            }
            55..65 => {
                let tickets: Vec<_> = self.threads.keys().copied().collect();
                if let Some(&ticket) = tickets.get(self.below(tickets.len())) {
                    self.run_thread(ticket);
                }
            }
            65..73 => {
                let count = self.below(60);
                self.write(count);
            }
            73..80 => self.flush(),
            80..86 => {
                let peer = self.below(self.peers.len());
                if self.peers[peer].client.is_none() {
                    self.psync(peer);
                }
            }
            86..92 => {
                let peer = self.below(self.peers.len());
                self.acknowledge(peer);
            }
            92..95 => {
                let peer = self.below(self.peers.len());
                self.cut(peer);
            }
            // What ends much for many is rare.
            95.. if self.below(6) > 0 => {}
            95 => self.promote(),
            96 => self.adopt(),
            97 => {
                let clients: Vec<_> = self.clients.iter().copied().collect();
                if let Some(&client) = clients.get(self.below(clients.len())) {
                    self.forget(client);
                }
            }
            98 => {
                let (id, offset) = (self.fresh_name(), self.below(1000) as i64);
                self.writer.replace(id, offset);
            }
            _ => {
                let id = self.fresh_name();
                match self.below(2) {
                    0 => self.writer.free(id),
                    _ => {
                        let old = self.writer.history().id();
                        self.names.becomes(old, self.writer.offset(), id);
                        self.writer.disown(id);
                    }
                }
            }
        }
        self.check();
    }

    /// Lets everything that is under way come to its end, without anything new.
    fn settle(&mut self) {
        self.flush();
        for _ in 0..100_000 {
            self.now += 1000;
            let tickets: Vec<_> = self.threads.keys().copied().collect();
            let mut moved = self.deliver_any();
            for ticket in tickets {
                moved |= self.run_thread(ticket);
            }
            for client in self.links.keys().copied().collect::<Vec<_>>() {
                let before = self.links[&client].unwritten();
                self.poll_link(client);
                moved |= self.links.get(&client).is_none_or(|link| link.unwritten() != before);
            }
            self.check();
            if !moved {
                return;
            }
        }
        panic!("it never comes to rest");
    }
}

impl Peer {
    /// What is not the stream: an answer, a newline, a piece of a snapshot.
    fn hears(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap().trim_end();
        let words: Vec<&str> = text.split(' ').collect();
        let id = |word: &str| ReplId::from_bytes(word.as_bytes()).unwrap();
        match words[..] {
            ["+CONTINUE", name] => self.have = self.have.map(|(_, offset)| (id(name), offset)),
            ["+FULLRESYNC", name, offset] => {
                self.have = None;
                self.loading = Some((id(name), offset.parse().unwrap()));
            }
            ["END"] => self.have = self.loading.take(),
            _ => {}
        }
    }

    fn applies(&mut self, bytes: &[u8], names: &Names) {
        assert!(!self.is_rdb_only, "it asked for no stream");
        let (id, offset) = self.have.as_mut().expect("a stream follows a snapshot");
        for &byte in bytes {
            assert_eq!(names.byte(*id, *offset), Some(byte), "{id} names two streams at {offset}");
            *offset += 1;
        }
    }
}

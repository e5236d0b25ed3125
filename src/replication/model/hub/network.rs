//! A test network around the hub: the keyspace's end of the stream, connections, links, snapshot
//! threads and replicas, with letters between them that are late, and sockets that break.
//!
//! Letters keep the order that a mailbox keeps: what one sender sent, and what a letter's sender had
//! seen when it wrote, comes first. Everything else may come in any order. Links read the backlog
//! whenever they like, as if each had a thread of its own.

mod chance;
mod checks;
mod disk;
mod keyspace;
mod links;
mod mail;
mod names;
mod parties;
mod scenarios;
mod threads;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use self::mail::{Actor, Body, Mail};
use self::names::Names;
use self::parties::{Credit, Disk, LinkActor, Peer, Thread};
use super::*;
use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::clients::ReplicaIntro;
use crate::replication::model::flow::Pace;
use crate::replication::model::output_limit::OutputLimit;
use crate::replication::model::stream_sums::Check;
use crate::replication::model::stream_writer::StreamWriter;

const SETTINGS: LinkSettings = LinkSettings {
    timeout_seconds: 1_000_000,
    output_limit: OutputLimit { hard_bytes: 0, soft_bytes: 0, soft_seconds: 0 },
    flow: FLOW,
};
/// So little that some lag that far.
const FLOW: FlowSettings = FlowSettings { limit_bytes: 2000, throttles: true };
/// For those whose socket is on its way. The limit is above the smallest backlog.
const ARRIVALS: LinkSettings = LinkSettings {
    timeout_seconds: 60,
    output_limit: OutputLimit { hard_bytes: 20_000, soft_bytes: 0, soft_seconds: 0 },
    flow: FLOW,
};
const CREDIT: usize = 2;

/// How much has happened, so that a network in which nothing does is found out.
#[derive(Debug, Default)]
struct Seen {
    snapshots: usize,
    continued: usize,
    stream_bytes: usize,
    /// Given up before their socket came.
    over_limit: usize,
    timed_out: usize,
    /// How often writers were told to be slow.
    paced: usize,
    distrusted: usize,
    /// Read from the disk.
    read_stretches: usize,
}

struct Network {
    random: Random,
    now: UnixMillis,
    writer: StreamWriter,
    /// Clients that the keyspace knows.
    clients: BTreeSet<ClientId>,
    /// Of them, those whose connection waits for its peer to take what stands before the answer.
    stuck: BTreeSet<ClientId>,
    some_get_stuck: bool,
    /// The stream arrives changed at some of them.
    some_are_distrusted: bool,
    last_client: ClientId,
    last_name: u64,
    hub: Hub,
    backlog: Backlog,
    links: BTreeMap<ClientId, LinkActor>,
    threads: BTreeMap<Ticket, Thread>,
    credits: BTreeMap<(Ticket, ClientId), Credit>,
    seen: Seen,
    peers: Vec<Peer>,
    /// The stream is on disk as well.
    disk: Option<Disk>,
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
            hub: Hub::new(writer.history().clone(), settings, FLOW, 0),
            backlog: Backlog::new(1, 0),
            writer,
            clients: BTreeSet::new(),
            stuck: BTreeSet::new(),
            some_get_stuck: false,
            some_are_distrusted: false,
            last_client: 0,
            last_name: 0,
            links: BTreeMap::new(),
            threads: BTreeMap::new(),
            credits: BTreeMap::new(),
            seen: Seen::default(),
            disk: None,
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
            Actor::Connection(client) => self.connection_hears(client, body),
            Actor::Link(client) => self.link_hears(client, body),
            Actor::Disk => self.disk_hears(body),
            Actor::Thread(_) => unreachable!("a thread has no mailbox"),
        }
    }

    fn hub_hears(&mut self, body: Body) {
        let (hub, backlog) = (&mut self.hub, &mut self.backlog);
        match body {
            Body::News(news) => hub.stream_news(news, backlog),
            Body::Stored(news) => hub.disk_news(news, backlog),
            Body::BeginSync(sync) => hub.begin_sync(sync, backlog, self.now),
            Body::Forget { client } => hub.forget(client, backlog),
            Body::Snapshot { ticket, offset } => hub.snapshot_came(ticket, offset, 1, backlog),
            Body::Socket { client } => hub.socket_came(client, self.now),
            Body::Progressed { client, status, acks } => hub.progressed(client, status, 1, acks),
            Body::Distrust { client } => {
                hub.distrust(client, backlog);
                self.seen.distrusted += 1;
            }
            Body::Lost { client } => hub.link_lost(client, None, backlog, self.now),
            Body::Ended { ticket, is_complete } => {
                self.credits.retain(|&(of, _), _| of != ticket);
                hub.transfer_ended(ticket, is_complete);
            }
            Body::Look => hub.start_transfers(self.now),
            other => unreachable!("{other:?}"),
        }
        self.carry_out();
    }

    /// The manager's timer.
    fn tick(&mut self) {
        self.hub.tend_arrivals(&ARRIVALS, &mut self.backlog, self.now);
        self.hub.set_pace(&self.backlog, self.now);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for order in self.hub.take_orders() {
            let (from, hub, keyspace) = (Actor::Hub, Actor::Hub, Actor::Keyspace);
            match order {
                Order::Log(_) | Order::CountSync(_) | Order::Discard(_) => {}
                Order::TellUnreadable => {
                    self.mail.send(from, keyspace, Body::Unreadable);
                }
                Order::SetPace(pace) => self.check_pace(pace),
                Order::StartLink(start) => self.start_link(*start),
                Order::CloseArrival { client, fault } => {
                    self.seen.over_limit += usize::from(fault == ArrivalFault::OverOutputLimit);
                    self.seen.timed_out += usize::from(fault == ArrivalFault::TimedOut);
                    self.mail.send(from, keyspace, Body::CloseArrival { client });
                }
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
}

//! The ReplicationManager: drives the hub ([`super::model::hub`]), which decides, and keeps what
//! the hub cannot hold: sockets, links, credits, the timer.
//!
//! Started once by `server.rs`, which gives it the function that starts a ReplicaLink. Receives
//! everything from the Keyspace on one edge ([`ToManager`]), sockets from Connections, progress
//! from the links, the end of each transfer from its thread. Sends the Keyspace requests for
//! snapshots and the replicas' progress. Lives as long as the process.
//!
//! ```text
//!  BeginSync, AdoptSocket ─► hub ─┬─ continue ─► ReplicaLink at its offset
//!                                 └─ full sync ─► ReplicaLink waits ─► TakeSnapshot ─► keyspace
//!                 TakenSnapshot ◄──────────────────────────────────────────────────────┘
//!                       └─► snapshot thread ─► SnapshotChunk ─► every link that waited
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use super::credit::Credit;
use super::messages::*;
use super::model::backlog::Backlog;
use super::model::backlog_gauge::BacklogGauge;
use super::model::flow::{Pace, time_left};
use super::model::history::History;
use super::model::hub::{BeginTransfer, Hub, LinkStart, Order, Ticket, ToLink};
use super::model::lines::log_line;
use super::model::rdb_stream::MARK_BYTES;
use super::replica_link::{LinkParts, ReplicaLink};
use super::shared_backlog::SharedBacklog;
use super::stored_reader::StoredReader;
use super::transfer::{self, CHUNKS_IN_FLIGHT, TransferGauge};
use crate::base::ids::{ClientId, ReplId};
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::keyspace::messages::{
    CloseArrival, Disconnected, DiskUnreadable, ReplicaAtFault, ReplicaAttached, ReplicasChanged,
    SetPace, SyncAnswered, TakeSnapshot,
};
use crate::net::messages::AdoptSocket;
use crate::store::garbage::Garbage;

/// Starts a ReplicaLink actor.
pub type StartLink = Box<dyn Fn(ReplicaLink) -> Addr<ReplicaLink>>;

/// How often the backlog gives back what nobody needs any more, and those are looked at whose
/// socket is on its way.
const TICK: Duration = Duration::from_millis(100);
/// Blocks given back at a time when no append does it: 5 MB of them.
const BLOCKS_TRIMMED_PER_PERIOD: usize = 256;

/// The keyspace as the manager sees it.
pub struct KeyspaceRecipients {
    pub take_snapshot: Recipient<TakeSnapshot>,
    pub replicas_changed: Recipient<ReplicasChanged>,
    pub replica_attached: Recipient<ReplicaAttached>,
    pub replica_at_fault: Recipient<ReplicaAtFault>,
    pub set_pace: Recipient<SetPace>,
    pub sync_answered: Recipient<SyncAnswered>,
    pub close_arrival: Recipient<CloseArrival>,
    pub disconnected: Recipient<Disconnected>,
    pub disk_unreadable: Recipient<DiskUnreadable>,
}

/// What the manager begins with.
pub struct ManagerStart {
    pub keyspace: KeyspaceRecipients,
    pub start_link: StartLink,
    pub settings: ReplicationSettings,
    pub backlog_bytes: usize,
    /// `repl-backlog-disk-size`
    pub stored_bytes: u64,
    pub gauge: Arc<BacklogGauge>,
    pub history: History,
    pub garbage: Garbage,
    pub now: fn() -> UnixMillis,
}

pub struct ReplicationManager {
    hub: Hub,
    backlog: SharedBacklog,
    /// None: the system has no thread for it.
    reader: Option<StoredReader>,
    start: ManagerStart,
    links: HashMap<ClientId, (ClientKey, Addr<ReplicaLink>)>,
    credits: HashMap<(Ticket, ClientId), Arc<Credit>>,
    /// How far each transfer is, and when it began.
    transfers: HashMap<Ticket, (Arc<TransferGauge>, UnixMillis)>,
    /// The timer by which those who wait are looked at again.
    next_look: Option<SpawnHandle>,
    /// The keyspace is told of progress when all that waits to be handled is.
    is_publishing: bool,
    random: Random,
}

/// What came with an event and goes where the hub says.
#[derive(Default)]
struct Cargo {
    socket: Option<AdoptSocket>,
    snapshot: Option<Box<TakenSnapshot>>,
}

impl ReplicationManager {
    pub fn new(start: ManagerStart) -> ReplicationManager {
        let mut backlog = Backlog::new(start.backlog_bytes, start.history.offset());
        backlog.set_stored_limit(start.stored_bytes);
        ReplicationManager {
            hub: Hub::new(
                start.history.clone(),
                start.settings.transfers,
                start.settings.links.flow,
                (start.now)(),
            ),
            backlog: SharedBacklog::new(backlog),
            reader: StoredReader::start().ok(),
            start,
            links: HashMap::new(),
            credits: HashMap::new(),
            transfers: HashMap::new(),
            next_look: None,
            is_publishing: false,
            random: Random::from_entropy(),
        }
    }

    fn hear_keyspace(&mut self, message: ToManager, ctx: &mut Context<Self>) {
        let mut cargo = Cargo::default();
        let mut backlog = self.backlog.lock();
        match message {
            ToManager::Stream(news) => {
                self.hub.stream_news(news, &mut backlog);
                self.hub.heed_growth(&backlog, (self.start.now)());
            }
            ToManager::Stored(news) => self.hub.disk_news(news, &mut backlog),
            ToManager::ResizeStored { bytes } => backlog.set_stored_limit(bytes),
            ToManager::BeginSync(sync) => {
                self.hub.begin_sync(sync, &mut backlog, (self.start.now)());
            }
            ToManager::ForgetReplica { client } => self.hub.forget(client, &mut backlog),
            ToManager::ResizeBacklog { bytes } => backlog.resize(bytes),
            ToManager::Snapshot(taken) => {
                let (ticket, offset) = (taken.ticket, taken.offset);
                backlog.set_data_bytes(taken.info.used_memory_bytes);
                cargo.snapshot = Some(taken);
                self.hub.snapshot_came(ticket, offset, std::process::id(), &mut backlog);
            }
            ToManager::Settings(settings) => {
                self.start.settings = settings;
                for (_, link) in self.links.values() {
                    link.do_send(settings);
                }
                self.hub.set_transfers(settings.transfers);
                self.hub.set_flow(settings.links.flow);
            }
        }
        self.start.gauge.show(&backlog, self.hub.resets());
        drop(backlog);
        self.carry_out(cargo, ctx);
    }

    /// Does what the hub wants done after an event.
    fn carry_out(&mut self, mut cargo: Cargo, ctx: &mut Context<Self>) {
        for order in self.hub.take_orders() {
            match order {
                Order::Log(line) => log_line(&line),
                Order::StartLink(start) => {
                    if let Some(socket) = cargo.socket.take() {
                        self.start_link(*start, socket, ctx);
                    }
                }
                Order::CloseArrival { client, fault } => {
                    self.start.keyspace.close_arrival.do_send(CloseArrival { client, fault });
                }
                Order::RefuseSocket { .. } => {
                    if let Some(socket) = cargo.socket.take() {
                        self.tell_disconnected(socket.client);
                    }
                }
                Order::Tell { client, what } => self.tell(client, what),
                Order::TakeSnapshot { ticket } => {
                    self.start.keyspace.take_snapshot.do_send(TakeSnapshot { ticket });
                }
                Order::LookAtOnce => ctx.notify(StartTransfers),
                Order::LookAgain { after } => {
                    self.next_look = Some(ctx.notify_later(StartTransfers, after));
                }
                Order::BeginTransfer(begin) => {
                    if let Some(taken) = cargo.snapshot.take() {
                        self.begin_transfer(begin, *taken, ctx);
                    }
                }
                Order::CloseCredit { ticket, client } => {
                    if let Some(credit) = self.credits.remove(&(ticket, client)) {
                        credit.close();
                    }
                }
                Order::SetPace(pace) => self.set_pace(pace),
                Order::CountSync(outcome) => {
                    self.start.keyspace.sync_answered.do_send(SyncAnswered { outcome });
                }
                Order::Disconnected { client } => {
                    if let Some((key, _)) = self.links.remove(&client) {
                        self.tell_disconnected(key);
                    }
                }
                Order::TellUnreadable => {
                    self.start.keyspace.disk_unreadable.do_send(DiskUnreadable);
                }
                Order::Discard(backlog) => self.start.garbage.drop_later(backlog, 0),
            }
        }
        if self.hub.has_news() && !self.is_publishing {
            self.is_publishing = true;
            ctx.notify(PublishProgress);
        }
    }

    fn tell(&mut self, client: ClientId, what: ToLink) {
        let Some((_, link)) = self.links.get(&client) else { return };
        let credit = match what {
            ToLink::SnapshotTaken { ticket, .. } => {
                let credit = Arc::new(Credit::new(CHUNKS_IN_FLIGHT));
                self.credits.insert((ticket, client), credit.clone());
                Some(credit)
            }
            _ => None,
        };
        link.do_send(LinkNews { what, credit });
    }

    fn start_link(&mut self, start: LinkStart, socket: AdoptSocket, ctx: &mut Context<Self>) {
        let client = socket.client;
        let link = (self.start.start_link)(ReplicaLink::new(
            start,
            LinkParts {
                client,
                stream: socket.stream,
                unread: socket.unread,
                gauges: socket.gauges,
                backlog: self.backlog.clone(),
                reader: self.reader.clone(),
                progressed: ctx.address().recipient(),
                distrusted: ctx.address().recipient(),
                lost: ctx.address().recipient(),
                at_fault: self.start.keyspace.replica_at_fault.clone(),
                settings: self.start.settings,
                now: self.start.now,
            },
        ));
        let to = link.clone().recipient();
        self.start.keyspace.replica_attached.do_send(ReplicaAttached { client, to });
        self.links.insert(client.id, (client, link));
    }

    fn begin_transfer(
        &mut self,
        begin: BeginTransfer,
        taken: TakenSnapshot,
        ctx: &mut Context<Self>,
    ) {
        let BeginTransfer { ticket, framing, without_keys, readers } = begin;
        let targets = readers.iter().filter_map(|&client| {
            let (_, link) = self.links.get(&client)?;
            let credit = self.credits.get(&(ticket, client))?.clone();
            Some(transfer::Target { chunks: link.clone().recipient(), credit })
        });
        let targets = targets.collect();
        let gauge = Arc::new(TransferGauge::default());
        self.transfers.insert(ticket, (gauge.clone(), (self.start.now)()));
        let mut random = [0; MARK_BYTES / 2];
        self.random.fill(&mut random);
        let started = transfer::start(transfer::Job {
            taken,
            framing,
            without_keys,
            mark: *ReplId::from_random(random).as_bytes(),
            targets,
            gauge,
            finished: ctx.address().recipient(),
        });
        if let Err(error) = started {
            log::warn!("Can't start a thread for the transfer: {error}");
            ctx.notify(TransferFinished { ticket, result: Err(error.to_string()) });
        }
    }

    fn set_pace(&self, pace: Option<Pace>) {
        let name = pace.and_then(|pace| self.hub.name_of(pace.client)).unwrap_or_default();
        self.start.keyspace.set_pace.do_send(SetPace { pace, name });
    }

    fn tell_disconnected(&self, client: ClientKey) {
        self.start.keyspace.disconnected.do_send(Disconnected {
            client,
            over_limit: None,
            by_peer: false,
            // A replica link has told of its own traffic.
            read_bytes: 0,
            written_bytes: 0,
        });
    }

    /// Gives up who has kept a socket or the backlog for too long, and what nobody needs of it.
    fn tick(&mut self, ctx: &mut Context<Self>) {
        let mut backlog = self.backlog.lock();
        let now = (self.start.now)();
        self.hub.tend_arrivals(&self.start.settings.links, &mut backlog, now);
        for (&ticket, (gauge, began)) in &self.transfers {
            let elapsed = Duration::from_millis(u64::try_from(now - began).unwrap_or(0));
            self.hub.transfer_advanced(ticket, time_left(elapsed, gauge.permille()));
        }
        self.hub.set_pace(&backlog, now);
        backlog.trim(BLOCKS_TRIMMED_PER_PERIOD);
        self.start.gauge.show(&backlog, self.hub.resets());
        drop(backlog);
        self.carry_out(Cargo::default(), ctx);
    }
}

impl Actor for ReplicationManager {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, Self::tick);
    }
}

impl Handler<ToManager> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ToManager, ctx: &mut Self::Context) {
        self.hear_keyspace(message, ctx);
    }
}

impl Handler<AdoptSocket> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: AdoptSocket, ctx: &mut Self::Context) {
        self.hub.socket_came(message.client.id, (self.start.now)());
        self.carry_out(Cargo { socket: Some(message), ..Cargo::default() }, ctx);
    }
}

impl Handler<StartTransfers> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: StartTransfers, ctx: &mut Self::Context) {
        if let Some(earlier) = self.next_look.take() {
            ctx.cancel_future(earlier);
        }
        self.hub.start_transfers((self.start.now)());
        self.carry_out(Cargo::default(), ctx);
    }
}

impl Handler<TransferFinished> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: TransferFinished, ctx: &mut Self::Context) {
        let TransferFinished { ticket, result } = message;
        if let Err(error) = &result {
            log::debug!("Transfer: {error}");
        }
        self.credits.retain(|&(of, _), _| of != ticket);
        self.transfers.remove(&ticket);
        self.hub.transfer_ended(ticket, result.is_ok());
        self.carry_out(Cargo::default(), ctx);
    }
}

impl Handler<ReplicaProgressed> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicaProgressed, ctx: &mut Self::Context) {
        let ReplicaProgressed { client, status, written_bytes, acks } = message;
        self.hub.progressed(client, status, written_bytes, acks);
        self.carry_out(Cargo::default(), ctx);
    }
}

impl Handler<PublishProgress> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: PublishProgress, _: &mut Self::Context) {
        self.is_publishing = false;
        let news = self.hub.take_news();
        self.start.keyspace.replicas_changed.do_send(ReplicasChanged { news });
    }
}

impl Handler<ReplicaDistrusted> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicaDistrusted, ctx: &mut Self::Context) {
        self.hub.distrust(message.client, &mut self.backlog.lock());
        self.carry_out(Cargo::default(), ctx);
    }
}

impl Handler<ReplicaLost> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicaLost, ctx: &mut Self::Context) {
        let mut backlog = self.backlog.lock();
        let ReplicaLost { client, cause } = message;
        self.hub.link_lost(client.id, cause, &mut backlog, (self.start.now)());
        // Who hears that it is gone is to see that what it held is gone too.
        backlog.trim(BLOCKS_TRIMMED_PER_PERIOD);
        self.start.gauge.show(&backlog, self.hub.resets());
        drop(backlog);
        self.carry_out(Cargo::default(), ctx);
    }
}

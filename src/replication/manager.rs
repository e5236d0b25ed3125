//! The ReplicationManager: keeps the backlog, answers sync requests, feeds the replica links.
//!
//! Started once by `server.rs`, which gives it the function that starts a ReplicaLink. Receives
//! the stream and sync requests from the Keyspace, sockets from Connections, progress from the
//! links. Sends snapshots' tickets and the replicas' progress to the Keyspace. Lives as long as
//! the process.
//!
//! ```text
//!  BeginSync, AdoptSocket ─► decide ─┬─ continue ─► ReplicaLink at its offset
//!                                    └─ full sync ─► ReplicaLink waits ─► TakeSnapshot ─► keyspace
//!                       ReceiveSnapshot ◄─────────────────────────────────────────────────┘
//!                             └─► snapshot thread ─► SnapshotChunk ─► every link that waited
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::prelude::*;
use bytes::Bytes;

use super::credit::Credit;
use super::messages::*;
use super::model::backlog::Backlog;
use super::model::lines::{self, LogLine};
use super::model::progress::{Framing, Progress};
use super::model::psync::{self, Held, PsyncDecision, PsyncRequest};
use super::model::rdb_stream::MARK_BYTES;
use super::model::status::ReplicaStatus;
use super::replica_link::{LinkStart, ReplicaLink};
use super::transfer::{self, CHUNKS_IN_FLIGHT};
use crate::base::ids::ClientId;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ReplicaIntro};
use crate::keyspace::messages::{
    Disconnected, ReplicaAtFault, ReplicaAttached, ReplicasChanged, SyncAnswered, SyncOutcome,
    TakeSnapshot,
};
use crate::net::messages::AdoptSocket;

/// The backlog, appended to by the manager and read by its links.
pub type SharedBacklog = Arc<Mutex<Backlog>>;

/// Starts a ReplicaLink actor.
pub type StartLink = Box<dyn Fn(ReplicaLink) -> Addr<ReplicaLink>>;

/// The keyspace as the manager sees it.
pub struct KeyspaceRecipients {
    pub take_snapshot: Recipient<TakeSnapshot>,
    pub replicas_changed: Recipient<ReplicasChanged>,
    pub replica_attached: Recipient<ReplicaAttached>,
    pub replica_at_fault: Recipient<ReplicaAtFault>,
    pub sync_answered: Recipient<SyncAnswered>,
    pub disconnected: Recipient<Disconnected>,
}

/// One replica, from its PSYNC on.
struct Replica {
    name: String,
    intro: ReplicaIntro,
    is_old_sync: bool,
    link: Addr<ReplicaLink>,
    status: ReplicaStatus,
    /// Waits for a snapshot since then.
    waiting_since: Option<UnixMillis>,
}

/// A snapshot that was asked for, and who gets it.
struct Transfer {
    framing: Framing,
    without_keys: bool,
    clients: Vec<ClientId>,
}

pub struct ReplicationManager {
    backlog: SharedBacklog,
    keyspace: KeyspaceRecipients,
    start_link: StartLink,
    now: fn() -> UnixMillis,
    settings: ReplicationSettings,
    /// PSYNCs whose socket is on its way.
    arriving: HashMap<ClientId, BeginSync>,
    /// In the order they came.
    replicas: BTreeMap<ClientId, Replica>,
    transfers: HashMap<u64, Transfer>,
    /// The timer by which those who wait are looked at again.
    next_look: Option<SpawnHandle>,
    /// Bytes written to replicas since the keyspace heard of their progress; `None`: it knows all.
    unpublished_bytes: Option<u64>,
    next_ticket: u64,
    random: Random,
}

/// Writes a line of the model to the log.
pub fn log_line(line: &LogLine) {
    log::log!(line.level, "{}", line.text);
}

impl ReplicationManager {
    pub fn new(
        backlog: SharedBacklog,
        keyspace: KeyspaceRecipients,
        start_link: StartLink,
        settings: ReplicationSettings,
        now: fn() -> UnixMillis,
    ) -> ReplicationManager {
        ReplicationManager {
            backlog,
            keyspace,
            start_link,
            now,
            settings,
            arriving: HashMap::new(),
            replicas: BTreeMap::new(),
            transfers: HashMap::new(),
            next_look: None,
            unpublished_bytes: None,
            next_ticket: 0,
            random: Random::from_entropy(),
        }
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&mut self, bytes: &Bytes) {
        self.backlog().append(bytes);
        for replica in self.replicas.values() {
            replica.link.do_send(FeedAdvanced);
        }
    }

    /// The socket of a replica is here: decides what it gets and starts its link.
    fn adopt(&mut self, socket: AdoptSocket, ctx: &mut Context<Self>) {
        let Some(sync) = self.arriving.remove(&socket.client.id) else { return };
        let ip = match sync.intro.announced_ip.as_str() {
            "" => sync.ip.clone(),
            announced => announced.to_owned(),
        };
        let port = sync.intro.listening_port;
        let name = lines::replica_name(&ip, port);
        let client = socket.client;
        log_line(&lines::master::asks_for_synchronization(&name));
        let decision = self.decide(&sync, &name);
        sync.created.iter().for_each(log_line);
        let now = (self.now)();
        let (progress, reply, outcome) = match decision {
            PsyncDecision::Continue { from } => {
                let reply = psync::continue_reply(sync.intro.understands_psync2, sync.history.id());
                (Progress::continuing(from, now), Bytes::from(reply), SyncOutcome::Partial)
            }
            PsyncDecision::FullSync(_) => {
                let sends_acks = !sync.request.is_old_sync;
                let refused = !sync.request.is_old_sync && sync.request.replid != b"?";
                let outcome = if refused { SyncOutcome::PartialRefused } else { SyncOutcome::Full };
                (Progress::waiting(sends_acks, now), Bytes::new(), outcome)
            }
        };
        if let PsyncDecision::Continue { from } = decision {
            self.backlog().attach(client.id, from);
        }
        let waits = progress.wants_newlines();
        let status = ReplicaStatus::new(ip, port, &progress, now);
        let link = (self.start_link)(ReplicaLink::new(LinkStart {
            client,
            stream: socket.stream,
            unread: socket.unread,
            progress,
            reply,
            name: name.clone(),
            status: status.clone(),
            is_rdb_only: sync.intro.rdb_only,
            backlog: self.backlog.clone(),
            manager_progress: ctx.address().recipient(),
            manager_lost: ctx.address().recipient(),
            at_fault: self.keyspace.replica_at_fault.clone(),
            settings: self.settings.clone(),
            now: self.now,
        }));
        self.keyspace
            .replica_attached
            .do_send(ReplicaAttached { client, to: link.clone().recipient() });
        self.keyspace.sync_answered.do_send(SyncAnswered { outcome });
        self.replicas.insert(
            client.id,
            Replica {
                name,
                intro: sync.intro,
                is_old_sync: sync.request.is_old_sync,
                link,
                status,
                waiting_since: waits.then_some(now),
            },
        );
        self.publish();
        if waits {
            self.schedule_transfers(ctx);
        }
    }

    fn decide(&self, sync: &BeginSync, name: &str) -> PsyncDecision {
        let request = PsyncRequest { replid: &sync.request.replid, wanted: sync.request.wanted };
        let held = sync.created.is_none().then(|| {
            let backlog = self.backlog();
            Held { start: backlog.start(), end: backlog.end() }
        });
        if sync.request.is_old_sync || sync.intro.rdb_only {
            return PsyncDecision::FullSync(psync::FullSyncReason::Requested);
        }
        let decision = psync::decide(&request, &sync.history, held);
        for line in psync::log_lines(decision, &request, &sync.history, name) {
            log_line(&line);
        }
        decision
    }

    /// Sees to it that those who wait get their snapshot: at the end of this round, or after the
    /// delay.
    fn schedule_transfers(&mut self, ctx: &mut Context<Self>) {
        if self.settings.diskless && self.settings.diskless_delay_seconds > 0 {
            log_line(&lines::master::delay_next_snapshot());
        }
        ctx.notify(StartTransfers);
    }

    /// Asks for a snapshot for each group of waiting replicas that can share one, or looks again
    /// when it is time.
    fn start_transfers(&mut self, ctx: &mut Context<Self>) {
        let Some(left) = self.time_to_wait() else { return };
        if let Some(earlier) = self.next_look.take() {
            ctx.cancel_future(earlier);
        }
        if !left.is_zero() {
            self.next_look = Some(ctx.notify_later(StartTransfers, left));
            return;
        }
        let mut groups: BTreeMap<(bool, bool), Vec<ClientId>> = BTreeMap::new();
        for (&id, replica) in &mut self.replicas {
            if replica.waiting_since.take().is_some() {
                let by_mark = self.settings.diskless && replica.intro.understands_eof;
                groups.entry((by_mark, replica.intro.functions_only)).or_default().push(id);
            }
        }
        for ((by_mark, without_keys), clients) in groups {
            let framing = if by_mark { Framing::Mark } else { Framing::Length };
            log_line(&lines::master::starting_snapshot(framing));
            self.next_ticket += 1;
            let ticket = self.next_ticket;
            self.transfers.insert(ticket, Transfer { framing, without_keys, clients });
            self.keyspace.take_snapshot.do_send(TakeSnapshot { ticket });
        }
    }

    /// How much of the delay is left for the one that waits longest: none when enough wait.
    /// `None`: nobody waits.
    fn time_to_wait(&self) -> Option<Duration> {
        let waiting = self.replicas.values().filter_map(|replica| replica.waiting_since);
        let oldest = waiting.clone().min()?;
        let max = self.settings.diskless_max_replicas;
        if !self.settings.diskless || (max > 0 && waiting.count() >= max) {
            return Some(Duration::ZERO);
        }
        let delay_millis = self.settings.diskless_delay_seconds.saturating_mul(1000);
        // A clock that was set back lengthens the wait no further than to the whole delay.
        let waited_millis = u64::try_from((self.now)() - oldest).unwrap_or(0);
        Some(Duration::from_millis(delay_millis.saturating_sub(waited_millis)))
    }

    /// The snapshot is here: its replicas are told where it stands, and its thread starts.
    fn send_snapshot(&mut self, snapshot: ReceiveSnapshot, ctx: &mut Context<Self>) {
        let Some(transfer) = self.transfers.get(&snapshot.ticket) else { return };
        let full_resync = Bytes::from(psync::full_resync_reply(snapshot.replid, snapshot.offset));
        let mut targets = Vec::new();
        for id in &transfer.clients {
            let Some(replica) = self.replicas.get(id) else { continue };
            let credit = Arc::new(Credit::new(CHUNKS_IN_FLIGHT));
            self.backlog().attach(*id, snapshot.offset);
            replica.link.do_send(SnapshotTaken {
                reply: if replica.is_old_sync { Bytes::new() } else { full_resync.clone() },
                offset: snapshot.offset,
                framing: transfer.framing,
                credit: credit.clone(),
            });
            targets.push(transfer::Target { chunks: replica.link.clone().recipient(), credit });
        }
        log_line(&lines::master::transfer_started(transfer.framing, std::process::id()));
        let ticket = snapshot.ticket;
        let mut random = [0; MARK_BYTES / 2];
        self.random.fill(&mut random);
        let mark = *crate::base::ids::ReplId::from_random(random).as_bytes();
        let started = transfer::start(transfer::Job {
            framing: transfer.framing,
            without_keys: transfer.without_keys,
            snapshot,
            mark,
            targets,
            finished: ctx.address().recipient(),
        });
        if let Err(error) = started {
            log::warn!("Can't start a thread for the transfer: {error}");
            ctx.notify(TransferFinished { ticket, result: Err(error.to_string()) });
        }
    }

    /// The keyspace hears of it when all that is waiting to be handled is.
    fn progressed(&mut self, message: ReplicaProgressed, ctx: &mut Context<Self>) {
        let Some(replica) = self.replicas.get_mut(&message.client) else { return };
        replica.status = message.status;
        if self.unpublished_bytes.is_none() {
            ctx.notify(PublishProgress);
        }
        *self.unpublished_bytes.get_or_insert(0) += message.written_bytes;
    }

    fn forget(&mut self, client: ClientKey) {
        self.arriving.remove(&client.id);
        self.backlog().detach(client.id);
        if self.replicas.remove(&client.id).is_some() {
            self.publish();
        }
    }

    /// Tells the keyspace who follows us and how far each is.
    fn publish(&mut self) {
        let replicas = self.replicas.values().map(|replica| replica.status.clone()).collect();
        let written_bytes = self.unpublished_bytes.take().unwrap_or(0);
        self.keyspace.replicas_changed.do_send(ReplicasChanged { replicas, written_bytes });
    }
}

impl Actor for ReplicationManager {
    type Context = Context<Self>;
}

impl Handler<AppendFeed> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: AppendFeed, _: &mut Self::Context) {
        self.append(&message.bytes);
    }
}

impl Handler<BeginSync> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: BeginSync, _: &mut Self::Context) {
        self.arriving.insert(message.request.client.id, message);
    }
}

impl Handler<AdoptSocket> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: AdoptSocket, ctx: &mut Self::Context) {
        self.adopt(message, ctx);
    }
}

impl Handler<StartTransfers> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: StartTransfers, ctx: &mut Self::Context) {
        self.start_transfers(ctx);
    }
}

impl Handler<ReceiveSnapshot> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReceiveSnapshot, ctx: &mut Self::Context) {
        self.send_snapshot(message, ctx);
    }
}

impl Handler<TransferFinished> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: TransferFinished, _: &mut Self::Context) {
        let Some(transfer) = self.transfers.remove(&message.ticket) else { return };
        let is_complete = message.result.is_ok();
        let still_up = transfer.clients.iter().filter(|id| self.replicas.contains_key(id)).count();
        // One that failed otherwise reached nobody.
        if transfer.framing == Framing::Mark && (is_complete || still_up == 0) {
            log_line(&lines::master::transfer_encoded(still_up));
        }
        match message.result {
            Ok(()) => log_line(&lines::master::transfer_terminated(transfer.framing)),
            Err(error) => {
                log::debug!("Transfer: {error}");
                log_line(&lines::master::transfer_failed(transfer.framing));
            }
        }
        // All chunks are in the links' mailboxes already.
        for replica in transfer.clients.iter().filter_map(|id| self.replicas.get(id)) {
            replica.link.do_send(SnapshotEnd { is_complete });
        }
    }
}

impl Handler<ReplicaProgressed> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicaProgressed, ctx: &mut Self::Context) {
        self.progressed(message, ctx);
    }
}

impl Handler<PublishProgress> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: PublishProgress, _: &mut Self::Context) {
        if self.unpublished_bytes.is_some() {
            self.publish();
        }
    }
}

impl Handler<ReplicaLost> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicaLost, _: &mut Self::Context) {
        if let Some(replica) = self.replicas.get(&message.client.id) {
            log_line(&lines::master::replica_lost(&replica.name));
        }
        self.forget(message.client);
        self.keyspace.disconnected.do_send(Disconnected {
            client: message.client,
            over_limit: None,
            by_peer: false,
            // A replica link has told of its own traffic.
            read_bytes: 0,
            written_bytes: 0,
        });
    }
}

impl Handler<ForgetReplica> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ForgetReplica, _: &mut Self::Context) {
        self.forget(message.client);
    }
}

impl Handler<DisconnectReplicas> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: DisconnectReplicas, _: &mut Self::Context) {
        for replica in self.replicas.values() {
            replica.link.do_send(crate::net::messages::ToConnection::Close);
        }
    }
}

impl Handler<ReplicationSettings> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: ReplicationSettings, ctx: &mut Self::Context) {
        for replica in self.replicas.values() {
            replica.link.do_send(message.clone());
        }
        self.settings = message;
        // The delay may be another for those who wait.
        ctx.notify(StartTransfers);
    }
}

//! The master's side as one machine: who follows us, what each was promised, which snapshots are
//! on their way. Events go in by its methods, what is to be done comes out as [`Order`]s; the
//! actors carry sockets, bytes and messages, and decide nothing.
//!
//! ```text
//!            BeginSync                 socket_came
//!  (nobody) ───────────► Arriving ─────────────────► Linked ─── link_lost ───► (nobody)
//!                           │                          │                          ▲
//!                           │ forget, doom, give_up    │ forget, doom             │ link_lost
//!                           ▼                          ▼                          │
//!                        (nobody)                   Leaving ──────────────────────┘
//! ```
//!
//! A PSYNC is decided when it comes, with the history that came on the same edge before it, and
//! what it was promised is held from then on. Whoever is doomed (the stream got another name or
//! place, or its client was killed) loses its cursor and its credit in the same step: its link
//! finds nothing to read any more, whenever it hears of it.
//!
//! Invariants, which the test network (`hub/network.rs`) checks after every step:
//! - one replication ID never names two streams;
//! - a credit that is open has a reader that is linked;
//! - `backlog.start <= acked <= sent <= backlog.end` for everyone who streams;
//! - who has yet to hand over its socket keeps no more of the backlog than a replica may;
//! - every session ends, and every transfer.

mod arrival;
mod arrivals;
mod endings;
mod link;
mod noting;
mod orders;
mod pacing;
mod session;
mod transfer;
mod transfers;

#[cfg(test)]
mod network;

pub use self::link::{AlsoAcknowledged, Link, LinkOrder, LinkSettings, Unwritten};
pub use self::orders::{
    ArrivalFault, BeginTransfer, LinkStart, Order, ReplicaChange, ReplicaNews, Ticket, ToLink,
};
pub use self::session::SyncStart;
pub use self::transfer::TransferSettings;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use self::arrival::Arrival;
use self::session::{Place, Session};
use self::transfer::Transfer;
use super::backlog::Backlog;
use super::backlog::storey::StoredNews;
use super::flow::{Flow, FlowSettings};
use super::history::History;
use super::journal::{Cause, Event, Happening, Side};
use super::lines;
use super::progress::Progress;
use super::psync::{self, PsyncDecision, PsyncRequest, SyncOutcome};
use super::standstill::Standstill;
use super::status::ReplicaStatus;
use super::stream_writer::StreamNews;
use crate::base::ids::ClientId;
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;

/// See the module documentation.
pub struct Hub {
    /// Ours, as far as the edge from the keyspace has told.
    history: History,
    is_feeding: bool,
    /// It was begun without a replica, and none has come yet.
    is_unannounced: bool,
    /// How often the backlog was emptied.
    resets: u64,
    settings: TransferSettings,
    flow: Flow,
    /// Of the process: what it did not read meanwhile is nobody's fault.
    standstill: Standstill,
    /// In the order they connected.
    sessions: BTreeMap<ClientId, Session>,
    transfers: BTreeMap<Ticket, Transfer>,
    last_ticket: Ticket,
    orders: Vec<Order>,
    /// By their names, replicas at which the stream has arrived changed: they may not continue.
    distrusted: BTreeSet<String>,
    /// Whose status the keyspace has not been told.
    changed: BTreeSet<ClientId>,
    /// Bytes written to replicas of which the keyspace has not been told.
    written_bytes: u64,
    /// What happened, of which it has not been told either.
    events: Vec<Event>,
}

impl Hub {
    /// Nobody follows, and nothing of the stream is kept.
    pub fn new(
        history: History,
        settings: TransferSettings,
        flow: FlowSettings,
        now: UnixMillis,
    ) -> Hub {
        Hub {
            history,
            is_feeding: false,
            is_unannounced: false,
            resets: 0,
            settings,
            flow: Flow::new(flow),
            standstill: Standstill::new(now),
            sessions: BTreeMap::new(),
            transfers: BTreeMap::new(),
            last_ticket: 0,
            orders: Vec::new(),
            distrusted: BTreeSet::new(),
            changed: BTreeSet::new(),
            written_bytes: 0,
            events: Vec::new(),
        }
    }

    /// What is to be done since the last time, in order.
    pub fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// How often the backlog was emptied: the keyspace counts as well.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    // --- the stream -------------------------------------------------------------------------

    /// The keyspace's news, in the order in which they became true.
    pub fn stream_news(&mut self, news: StreamNews, backlog: &mut Backlog) {
        match news {
            StreamNews::Appended { start, bytes } => self.append(start, &bytes, backlog),
            StreamNews::Begun { history, is_created } => {
                assert!(!backlog.has_cursors(), "nobody reads what is not kept");
                if is_created {
                    let line = lines::master::backlog_created(&history.id(), &history.second_id());
                    self.log(line);
                }
                self.is_feeding = true;
                self.is_unannounced = !is_created;
                self.empty_backlog(history, backlog);
            }
            StreamNews::Renamed { history } => {
                self.is_unannounced = false;
                assert_eq!(history.offset(), self.history.offset(), "renamed at its end");
                self.history = history;
                self.doom_all(backlog);
            }
            StreamNews::Disowned { history } => self.history = history,
            StreamNews::Reset { history } => {
                // Our master gave us everything: what we had may have been changed on its way, and so
                // may be what we passed on, at any offset.
                let names: Vec<_> = self.sessions.values().map(|s| s.name.clone()).collect();
                names.into_iter().for_each(|name| self.distrust_name(name));
                self.doom_all(backlog);
                (self.is_feeding, self.is_unannounced) = (true, false);
                self.empty_backlog(history, backlog);
            }
            StreamNews::Freed { history } => {
                self.doom_all(backlog);
                self.is_feeding = false;
                self.empty_backlog(history, backlog);
            }
        }
    }

    fn append(&mut self, start: Offset, bytes: &Bytes, backlog: &mut Backlog) {
        assert!(self.is_feeding, "bytes come while the stream is kept");
        backlog.append(start, bytes);
        self.history.advance(bytes.len());
        for (&client, session) in &self.sessions {
            if session.place.is_linked() {
                self.orders.push(Order::Tell { client, what: ToLink::FeedAdvanced });
            }
        }
    }

    /// What the keyspace tells of its files. Who reads what is not there any more asks anew.
    pub fn disk_news(&mut self, news: StoredNews, backlog: &mut Backlog) {
        for client in backlog.hear_of_disk(news) {
            let session = self.sessions.get(&client);
            match session.is_some_and(|session| matches!(session.place, Place::Arriving(_))) {
                true => self.give_up(client, ArrivalFault::OverOutputLimit, backlog),
                false => self.doom(client, Cause::OverOutputLimit, backlog),
            }
        }
    }

    fn empty_backlog(&mut self, history: History, backlog: &mut Backlog) {
        let empty = backlog.emptied(history.offset());
        self.orders.push(Order::Discard(std::mem::replace(backlog, empty)));
        self.resets += 1;
        self.history = history;
    }

    // --- a replica, from its PSYNC to its end -----------------------------------------------

    /// A client wants to become a replica; its socket is on its way.
    pub fn begin_sync(&mut self, sync: SyncStart, backlog: &mut Backlog, now: UnixMillis) {
        let name = sync.replica_name();
        self.log(lines::master::asks_for_synchronization(&name));
        let decision = self.decide(&sync, &name, backlog);
        self.announce_backlog(decision);
        self.note_sync(&sync, &name, decision, backlog, now);
        let continues_from = match decision {
            PsyncDecision::Continue { from } => {
                assert!(backlog.attach(sync.client, from), "what was promised is held");
                Some(from)
            }
            PsyncDecision::FullSync(_) => None,
        };
        let outcome = match continues_from {
            Some(_) => SyncOutcome::Partial,
            None if sync.is_old_sync || sync.replid == b"?" => SyncOutcome::Full,
            None => SyncOutcome::PartialRefused,
        };
        self.orders.push(Order::CountSync(outcome));
        let reply = continues_from.map_or_else(String::new, |_| {
            psync::continue_reply(sync.intro.understands_psync2, self.history.id())
        });
        let place = Place::Arriving(Arrival::new(continues_from, now));
        let (client, is_distrusted) = (sync.client, self.distrusted.contains(&name));
        let mut session = Session::new(sync, name, place, reply.into(), now);
        session.is_distrusted = is_distrusted;
        self.sessions.insert(client, session);
    }

    /// Redis has a backlog from the first replica on, and says so then; what is kept on disk was begun
    /// before.
    fn announce_backlog(&mut self, decision: PsyncDecision) {
        let is_full = matches!(decision, PsyncDecision::FullSync(_));
        if is_full && std::mem::take(&mut self.is_unannounced) {
            let (id, second) = (self.history.id(), self.history.second_id());
            self.log(lines::master::backlog_created(&id, &second));
        }
    }

    fn decide(&mut self, sync: &SyncStart, name: &str, backlog: &Backlog) -> PsyncDecision {
        if sync.is_old_sync || sync.intro.rdb_only {
            return PsyncDecision::FullSync(psync::FullSyncReason::Requested);
        }
        let request = PsyncRequest { replid: &sync.replid, wanted: sync.wanted };
        let held = self.held(backlog);
        let decision = match psync::decide(&request, &self.history, held) {
            PsyncDecision::Continue { .. } if self.distrusted.contains(name) => {
                PsyncDecision::FullSync(psync::FullSyncReason::Changed)
            }
            decision => decision,
        };
        for line in psync::log_lines(decision, &request, &self.history, name) {
            self.log(line);
        }
        decision
    }

    /// The socket of a client is here: its link begins, unless it was given up meanwhile.
    #[expect(
        clippy::panic,
        reason = "an invariant: connections hand over what they no longer have"
    )]
    pub fn socket_came(&mut self, client: ClientId, now: UnixMillis) {
        let Some(session) = self.sessions.get_mut(&client) else {
            return self.orders.push(Order::RefuseSocket { client });
        };
        let Place::Arriving(Arrival { continues_from, .. }) = session.place else {
            panic!("a client hands its socket over once")
        };
        let progress = match continues_from {
            Some(from) => Progress::continuing(from, now),
            None => Progress::waiting(!session.sync.is_old_sync, now),
        };
        let waiting_since = continues_from.is_none().then_some(now);
        session.place = Place::Linked { waiting_since };
        session.status = Some(ReplicaStatus::new(session.about(), &progress, now));
        self.changed.insert(client);
        self.orders.push(Order::StartLink(Box::new(LinkStart {
            client,
            name: session.name.clone(),
            about: session.about(),
            progress,
            reply: std::mem::take(&mut session.reply),
        })));
        if waiting_since.is_some() {
            self.wait_for_others();
        }
    }

    /// A link tells how far its replica is. `acks`: so many it has sent since the last time.
    pub fn progressed(
        &mut self,
        client: ClientId,
        status: ReplicaStatus,
        written_bytes: u64,
        acks: u64,
    ) {
        self.written_bytes += written_bytes;
        let Some(session) = self.sessions.get_mut(&client) else { return };
        session.written_bytes += written_bytes;
        let was_syncing = session.status.as_ref().and_then(|status| status.sync);
        if let (Some(sync), None) = (was_syncing, status.sync) {
            let event = Event::new(
                status.acked_at,
                Side::Master,
                session.name.clone(),
                Happening::FullSyncDone,
            );
            self.events.push(event.took(status.acked_at - sync.asked_at, status.snapshot_bytes));
        }
        // What it has is what it was sent as soon as it says that it has it.
        if session.is_distrusted && status.is_online() && status.offset > 0 {
            session.is_distrusted = false;
            self.distrusted.remove(&session.name);
        }
        if session.place.is_linked() && (acks > 0 || session.status.as_ref() != Some(&status)) {
            session.status = Some(status);
            session.untold_acks += acks;
            self.changed.insert(client);
        }
    }

    /// A link has ended, for this reason or because it was told to.
    pub fn link_lost(
        &mut self,
        client: ClientId,
        cause: Option<Cause>,
        backlog: &mut Backlog,
        now: UnixMillis,
    ) {
        let Some(session) = self.sessions.remove(&client) else { return };
        self.note_loss(&session, cause, now);
        if cause == Some(Cause::LogUnreadable) {
            // It would ask for the same again.
            self.disk_news(StoredNews::Lost, backlog);
            self.orders.push(Order::TellUnreadable);
        }
        self.log(lines::master::replica_lost(&session.name));
        self.end_promises(client, backlog);
        self.orders.push(Order::Disconnected { client });
    }

    // --- what the keyspace hears ------------------------------------------------------------

    /// Whether [`Self::take_news`] has anything to tell.
    pub fn has_news(&self) -> bool {
        !self.changed.is_empty() || self.written_bytes > 0 || !self.events.is_empty()
    }

    /// Who changed since the last time, and how.
    pub fn take_news(&mut self) -> ReplicaNews {
        let changed = std::mem::take(&mut self.changed);
        let changes = changed.into_iter().map(|client| {
            let session = self.sessions.get_mut(&client).filter(|s| s.place.is_linked());
            let acks = session.as_ref().map_or(0, |session| session.untold_acks);
            let status = session.and_then(|session| {
                session.untold_acks = 0;
                session.status.clone()
            });
            ReplicaChange { client, status, acks }
        });
        ReplicaNews {
            changes: changes.collect(),
            written_bytes: std::mem::take(&mut self.written_bytes),
            events: std::mem::take(&mut self.events),
        }
    }

    fn log(&mut self, line: lines::LogLine) {
        self.orders.push(Order::Log(line));
    }
}

//! Snapshots for those who need everything: when they are asked for, who reads them, how they end.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::Hub;
use super::orders::{BeginTransfer, Order, Ticket, ToLink};
use super::session::Place;
use super::transfer::{Transfer, TransferSettings};
use crate::base::ids::ClientId;
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::framing::Framing;
use crate::replication::model::lines;
use crate::replication::model::psync;

impl Hub {
    /// Those who wait may have to wait for another time.
    pub fn set_transfers(&mut self, settings: TransferSettings) {
        self.settings = settings;
        self.orders.push(Order::LookAtOnce);
    }

    /// Somebody waits: it gets its snapshot at the end of this round, or after the delay.
    pub(super) fn wait_for_others(&mut self) {
        if self.settings.diskless && self.settings.diskless_delay_seconds > 0 {
            self.log(lines::master::delay_next_snapshot());
        }
        self.orders.push(Order::LookAtOnce);
    }

    /// Asks for a snapshot for each group of waiting replicas that can share one, or says when to
    /// look again.
    pub fn start_transfers(&mut self, now: UnixMillis) {
        let Some(left) = self.time_to_wait(now) else { return };
        if !left.is_zero() {
            return self.orders.push(Order::LookAgain { after: left });
        }
        let mut groups: BTreeMap<(Framing, bool), Vec<ClientId>> = BTreeMap::new();
        for (&client, session) in &mut self.sessions {
            if session.place.waiting_since().is_some() {
                session.place = Place::Linked { waiting_since: None };
                let intro = &session.sync.intro;
                let framing = match self.settings.diskless && intro.understands_eof {
                    true => Framing::Mark,
                    false => Framing::Length,
                };
                groups.entry((framing, intro.functions_only)).or_default().push(client);
            }
        }
        for ((framing, without_keys), readers) in groups {
            self.log(lines::master::starting_snapshot(framing));
            self.last_ticket += 1;
            let ticket = self.last_ticket;
            let transfer = Transfer { framing, without_keys, readers, is_sent: false, left: None };
            self.transfers.insert(ticket, transfer);
            self.orders.push(Order::TakeSnapshot { ticket });
        }
    }

    /// How much of the delay is left for the one that waits longest: none when enough wait.
    /// `None`: nobody waits.
    fn time_to_wait(&self, now: UnixMillis) -> Option<Duration> {
        let waiting = self.sessions.values().filter_map(|session| session.place.waiting_since());
        let oldest = waiting.clone().min()?;
        let max = self.settings.diskless_max_replicas;
        if !self.settings.diskless || (max > 0 && waiting.count() >= max) {
            return Some(Duration::ZERO);
        }
        let delay_millis = self.settings.diskless_delay_seconds.saturating_mul(1000);
        // A clock that was set back lengthens the wait no further than to the whole delay.
        let waited_millis = u64::try_from(now.saturating_sub(oldest)).unwrap_or(0);
        Some(Duration::from_millis(delay_millis.saturating_sub(waited_millis)))
    }

    /// The snapshot that was asked for is here, after the stream before it: its readers are told
    /// where it stands, and its thread starts.
    pub fn snapshot_came(
        &mut self,
        ticket: Ticket,
        offset: Offset,
        process: u32,
        backlog: &mut Backlog,
    ) {
        let Some(transfer) = self.transfers.get_mut(&ticket) else { return };
        if transfer.readers.is_empty() {
            self.transfers.remove(&ticket);
            return;
        }
        assert_eq!(offset, backlog.end(), "a snapshot stands at the end of the stream before it");
        transfer.is_sent = true;
        let (framing, without_keys) = (transfer.framing, transfer.without_keys);
        let readers = transfer.readers.clone();
        let full_resync = Bytes::from(psync::full_resync_reply(self.history.id(), offset));
        for &client in &readers {
            let Some(session) = self.sessions.get(&client) else { continue };
            // Who takes the snapshot and nothing more needs none of the stream.
            if !session.sync.intro.rdb_only {
                assert!(backlog.attach(client, offset), "the end is held");
                backlog.snapshot_given(client);
            }
            let reply = match session.sync.is_old_sync {
                true => Bytes::new(),
                false => full_resync.clone(),
            };
            let what = ToLink::SnapshotTaken { ticket, reply, offset, framing };
            self.orders.push(Order::Tell { client, what });
        }
        self.log(lines::master::transfer_started(framing, process));
        self.orders.push(Order::BeginTransfer(BeginTransfer {
            ticket,
            framing,
            without_keys,
            readers,
        }));
    }

    /// The thread has ended; all its chunks are with the links already. `Err`: nothing of it is of
    /// use.
    pub fn transfer_ended(&mut self, ticket: Ticket, is_complete: bool) {
        let Some(transfer) = self.transfers.remove(&ticket) else { return };
        let Transfer { framing, readers, .. } = transfer;
        // One that failed otherwise reached nobody.
        if framing == Framing::Mark && (is_complete || readers.is_empty()) {
            self.log(lines::master::transfer_encoded(readers.len()));
        }
        self.log(match is_complete {
            true => lines::master::transfer_terminated(framing),
            false => lines::master::transfer_failed(framing),
        });
        for client in readers {
            self.orders.push(Order::Tell { client, what: ToLink::SnapshotEnd { is_complete } });
        }
    }
}

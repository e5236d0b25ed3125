//! How fast clients may write: see [`crate::replication::model::flow`], which gets to know here how
//! the replicas stand.

use std::time::Duration;

use super::Hub;
use super::orders::{Order, Ticket};
use crate::base::ids::ClientId;
use crate::base::time::UnixMillis;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::flow::{FlowSettings, Phase, Reader};

impl Hub {
    pub fn set_flow(&mut self, settings: FlowSettings) {
        self.flow.set(settings);
    }

    /// A transfer takes so long yet.
    pub fn transfer_advanced(&mut self, ticket: Ticket, left: Option<Duration>) {
        if let Some(transfer) = self.transfers.get_mut(&ticket) {
            transfer.left = left;
        }
    }

    /// The stream has grown: writers may have to be slowed at once.
    pub fn heed_growth(&mut self, backlog: &Backlog, now: UnixMillis) {
        self.flow.set_kept(backlog.size_bytes() as u64, backlog.stored_limit());
        if self.flow.is_pressed(backlog.longest_kept_bytes() as u64, backlog.data_bytes()) {
            self.set_pace(backlog, now);
        }
    }

    /// Ten times a second: how fast clients may write from now on.
    pub fn set_pace(&mut self, backlog: &Backlog, now: UnixMillis) {
        self.flow.set_kept(backlog.size_bytes() as u64, backlog.stored_limit());
        let before = self.flow.pace();
        let readers = self.readers(backlog);
        let pace = self.flow.look(&readers, backlog.data_bytes(), now);
        // While it holds it is told anew each time: a master may have become one meanwhile.
        if pace.is_some() || before.is_some() {
            self.orders.push(Order::SetPace(pace));
        }
    }

    /// `ip:port` of a replica.
    pub fn name_of(&self, client: ClientId) -> Option<String> {
        self.sessions.get(&client).map(|session| session.name.clone())
    }

    fn readers(&self, backlog: &Backlog) -> Vec<Reader> {
        let linked = self.sessions.iter().filter(|(_, session)| session.place.is_linked());
        let readers = linked.filter_map(|(&client, _)| {
            let position = backlog.position(client)?;
            let lag_bytes = backlog.lag_bytes(client)? as u64;
            let phase = match backlog.is_at_snapshot(client) {
                true => Phase::Syncing { left: self.time_left(client) },
                false => Phase::Streaming { position, catches_up: backlog.catches_up(client) },
            };
            Some(Reader { client, lag_bytes, is_stored: backlog.reads_from_disk(client), phase })
        });
        readers.collect()
    }

    fn time_left(&self, client: ClientId) -> Option<Duration> {
        let mut transfers = self.transfers.values();
        transfers.find(|transfer| transfer.readers.contains(&client))?.left
    }
}

//! How replicas are parted with. *Give up*: it has yet to hand over its socket, and nothing was begun.
//! *Doom*: what it was promised ends in this step, whenever its link hears of it. *Distrust*: what it
//! has may not be what it was sent, and it may not continue, under whatever link it comes back.

use super::Hub;
use super::orders::{ArrivalFault, Order, ToLink};
use super::session::Place;
use crate::base::ids::ClientId;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::journal::Cause;
use crate::replication::model::lines;

/// Names that are kept of replicas which may not continue.
const MOST_DISTRUSTED: usize = 1000;

impl Hub {
    /// The stream has arrived changed at a replica: its link ends, and the next gives it everything.
    pub fn distrust(&mut self, client: ClientId, backlog: &mut Backlog) {
        let Some(session) = self.sessions.get(&client) else { return };
        self.distrust_name(session.name.clone());
        self.doom(client, Cause::ArrivedChanged, backlog);
    }

    /// More names than that are of replicas that will not come again.
    pub(super) fn distrust_name(&mut self, name: String) {
        if self.distrusted.len() == MOST_DISTRUSTED {
            self.distrusted.pop_first();
        }
        self.distrusted.insert(name);
    }

    /// The keyspace has forgotten the client: killed, or gone before its socket came here.
    pub fn forget(&mut self, client: ClientId, backlog: &mut Backlog) {
        self.doom(client, Cause::Killed, backlog);
    }

    pub(super) fn doom_all(&mut self, backlog: &mut Backlog) {
        let clients: Vec<ClientId> = self.sessions.keys().copied().collect();
        for client in clients {
            let session = self.sessions.get(&client);
            match session.is_some_and(|session| matches!(session.place, Place::Arriving(_))) {
                true => self.give_up(client, ArrivalFault::StreamChanged, backlog),
                false => self.doom(client, Cause::RoleChange, backlog),
            }
        }
    }

    /// Nothing is promised to a replica any more; its link hears of it, and says when it has ended.
    pub(super) fn doom(&mut self, client: ClientId, cause: Cause, backlog: &mut Backlog) {
        let Some(session) = self.sessions.get_mut(&client) else { return };
        session.doomed_by.get_or_insert(cause);
        match session.place {
            Place::Leaving => return,
            Place::Linked { .. } => {
                session.place = Place::Leaving;
                self.orders.push(Order::Tell { client, what: ToLink::Close });
            }
            Place::Arriving(_) => {
                let line = lines::master::replica_lost(&session.name);
                self.sessions.remove(&client);
                self.log(line);
            }
        }
        self.end_promises(client, backlog);
    }

    /// Its cursor and its credits end.
    pub(super) fn end_promises(&mut self, client: ClientId, backlog: &mut Backlog) {
        backlog.detach(client);
        for (&ticket, transfer) in &mut self.transfers {
            if transfer.forget(client) {
                self.orders.push(Order::CloseCredit { ticket, client });
            }
        }
        self.changed.insert(client);
    }
}

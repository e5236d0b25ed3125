//! What the server knows of each connected client.

mod gauges;
mod list;
mod session;

use std::collections::BTreeMap;

use crate::base::arrivals::Arrivals;
use crate::base::ids::ClientId;
pub use crate::store::watch::ClientSlot;

pub use gauges::Gauges;
pub use list::{Beside, list_line};
pub use session::{
    ClientKey, ClientKind, QueuedCommand, ReplicaIntro, ReplyMode, Session, Transaction,
};

/// All clients: by slot for speed, by ID in the order they came.
#[derive(Debug, Default)]
pub struct Clients {
    slots: Vec<Option<Box<Session>>>,
    free: Vec<ClientSlot>,
    by_id: BTreeMap<ClientId, ClientSlot>,
    last_id: ClientId,
    /// Those in MONITOR, in the order in which they began: each command looks whether there are
    /// any, and finds them without asking everybody.
    monitors: Arrivals<ClientSlot>,
}

impl Clients {
    /// Takes a session in and gives it its ID.
    pub fn add(&mut self, mut session: Session) -> ClientKey {
        self.last_id += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        session.key = ClientKey { slot, id: self.last_id };
        let key = session.key;
        self.by_id.insert(key.id, slot);
        self.slots[slot] = Some(Box::new(session));
        key
    }

    /// Takes a session out. `None` when it is gone already.
    pub fn remove(&mut self, key: ClientKey) -> Option<Box<Session>> {
        self.find(key)?;
        self.by_id.remove(&key.id);
        self.free.push(key.slot);
        self.set_monitor(key.slot, false);
        self.slots[key.slot].take()
    }

    /// Puts a client into MONITOR or takes it out; whether it was in the other state before.
    pub fn set_monitor(&mut self, slot: ClientSlot, on: bool) -> bool {
        match (self.at(slot).monitor, on) {
            (None, true) => self.at_mut(slot).monitor = Some(self.monitors.add(slot)),
            (Some(ticket), false) => {
                self.monitors.remove(ticket);
                self.at_mut(slot).monitor = None;
            }
            _ => return false,
        }
        true
    }

    /// See [`Clients::set_monitor`].
    pub fn monitors(&self) -> impl ExactSizeIterator<Item = &Session> {
        self.monitors.iter().map(|&slot| self.at(slot))
    }

    /// Whether anybody is in MONITOR.
    pub fn has_monitors(&self) -> bool {
        !self.monitors.is_empty()
    }

    /// The session of a key that may be out of date.
    pub fn find(&mut self, key: ClientKey) -> Option<&mut Session> {
        self.slots.get_mut(key.slot)?.as_deref_mut().filter(|session| session.key.id == key.id)
    }

    pub fn by_id(&self, id: ClientId) -> Option<&Session> {
        let slot = *self.by_id.get(&id)?;
        self.slots[slot].as_deref()
    }

    /// Who is in a slot, if anybody is.
    pub fn key_at(&self, slot: ClientSlot) -> Option<ClientKey> {
        self.slots.get(slot)?.as_ref().map(|session| session.key)
    }

    /// The session in a slot that is known to be taken.
    #[expect(clippy::expect_used, reason = "a slot is asked for by its own client's commands only")]
    pub fn at(&self, slot: ClientSlot) -> &Session {
        self.slots[slot].as_deref().expect("a command runs only for a client that is there")
    }

    /// See [`Clients::at`].
    #[expect(clippy::expect_used, reason = "see `at`")]
    pub fn at_mut(&mut self, slot: ClientSlot) -> &mut Session {
        self.slots[slot].as_deref_mut().expect("a command runs only for a client that is there")
    }

    /// In the order they connected.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.by_id.values().filter_map(|&slot| self.slots[slot].as_deref())
    }

    /// In no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(|slot| slot.as_deref_mut())
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn count(&self, kind: ClientKind) -> usize {
        self.iter().filter(|session| session.kind == kind).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_are_found_in_the_order_they_began_and_leave_with_their_client() {
        let mut clients = Clients::default();
        let [a, b, c] =
            [(); 3].map(|()| clients.add(Session::new(String::new(), String::new(), 0)));
        assert!(clients.set_monitor(c.slot, true) && clients.set_monitor(a.slot, true));
        assert!(!clients.set_monitor(c.slot, true) && !clients.set_monitor(b.slot, false));
        let found = |clients: &Clients| clients.monitors().map(|s| s.key).collect::<Vec<_>>();
        assert_eq!(found(&clients), [c, a]);
        clients.remove(c);
        assert_eq!(found(&clients), [a]);
        assert!(clients.set_monitor(a.slot, false) && !clients.has_monitors());
    }
}

//! Who takes the writes of which client to our master.

use std::collections::HashMap;

use actix::Recipient;

use crate::clients::{ClientKey, ClientSlot};
use crate::replication::messages::ToForwarder;

/// One client's.
pub struct Forwarder {
    pub client: ClientKey,
    /// The master's host and port.
    pub place: (String, u16),
    pub to: Recipient<ToForwarder>,
}

/// By client slot; those that are taken out end.
#[derive(Default)]
pub struct Forwarders(HashMap<ClientSlot, Forwarder>);

impl Forwarders {
    /// The forwarder of a client to a master; one that it had to another ends.
    pub fn of(
        &mut self,
        client: ClientKey,
        place: (String, u16),
        start: impl FnOnce(&(String, u16)) -> Recipient<ToForwarder>,
    ) -> &Forwarder {
        let is_other = |one: &Forwarder| one.client != client || one.place != place;
        if self.0.get(&client.slot).is_some_and(is_other) {
            self.end(client.slot);
        }
        self.0.entry(client.slot).or_insert_with(|| Forwarder { client, to: start(&place), place })
    }

    pub fn end(&mut self, slot: ClientSlot) {
        if let Some(forwarder) = self.0.remove(&slot) {
            forwarder.to.do_send(ToForwarder::End);
        }
    }

    /// Those end that have nothing to do.
    pub fn end_all(&mut self, is_idle: impl Fn(ClientSlot) -> bool) {
        let idle: Vec<ClientSlot> = self.0.keys().copied().filter(|&slot| is_idle(slot)).collect();
        idle.into_iter().for_each(|slot| self.end(slot));
    }
}

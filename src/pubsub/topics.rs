//! One kind of subscription, both ways round: who subscribed to a name, and a client's names.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::base::arrivals::{Arrivals, Ticket};
use crate::clients::ClientSlot;

/// The two maps hold the same pairs; neither holds an empty list.
#[derive(Debug, Default)]
pub struct Topics {
    /// In the order they came.
    subscribers: BTreeMap<Bytes, Arrivals<ClientSlot>>,
    /// Each with the place among the name's subscribers.
    names: BTreeMap<ClientSlot, Names>,
}

/// What one client is subscribed to.
#[derive(Debug, Default)]
struct Names {
    tickets: BTreeMap<Bytes, Ticket>,
    /// What they take, about.
    bytes: usize,
}

/// What a subscription takes beside the name, about.
const SUBSCRIPTION_BYTES: usize = 160;

impl Topics {
    pub(super) fn subscribe(&mut self, client: ClientSlot, name: &[u8]) {
        let names = self.names.entry(client).or_default();
        if names.tickets.contains_key(name) {
            return;
        }
        names.bytes += SUBSCRIPTION_BYTES + name.len();
        let name = Bytes::copy_from_slice(name);
        let ticket = self.subscribers.entry(name.clone()).or_default().add(client);
        names.tickets.insert(name, ticket);
    }

    pub(super) fn unsubscribe(&mut self, client: ClientSlot, name: &[u8]) {
        let Some(names) = self.names.get_mut(&client) else { return };
        let Some(ticket) = names.tickets.remove(name) else { return };
        names.bytes -= SUBSCRIPTION_BYTES + name.len();
        if names.tickets.is_empty() {
            self.names.remove(&client);
        }
        self.remove_subscriber(name, ticket);
    }

    pub(super) fn forget(&mut self, client: ClientSlot) {
        for (name, ticket) in self.names.remove(&client).unwrap_or_default().tickets {
            self.remove_subscriber(&name, ticket);
        }
    }

    fn remove_subscriber(&mut self, name: &[u8], ticket: Ticket) {
        let Some(subscribers) = self.subscribers.get_mut(name) else { return };
        subscribers.remove(ticket);
        if subscribers.is_empty() {
            self.subscribers.remove(name);
        }
    }

    /// How many different names somebody is subscribed to.
    pub fn len(&self) -> usize {
        self.subscribers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// Who is subscribed to a name, in the order they came; `None`: nobody.
    pub fn subscribers(&self, name: &[u8]) -> Option<&Arrivals<ClientSlot>> {
        self.subscribers.get(name)
    }

    /// Every name with its subscribers.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &Arrivals<ClientSlot>)> {
        self.subscribers.iter()
    }

    /// What a client is subscribed to.
    pub fn names_of(&self, client: ClientSlot) -> Vec<Bytes> {
        self.names
            .get(&client)
            .map_or_else(Vec::new, |names| names.tickets.keys().cloned().collect())
    }

    /// What a client's subscriptions take, in bytes.
    pub fn memory_bytes(&self, client: ClientSlot) -> usize {
        self.names.get(&client).map_or(0, |names| names.bytes)
    }

    /// How many names a client is subscribed to.
    pub fn count_of(&self, client: ClientSlot) -> usize {
        self.names.get(&client).map_or(0, |names| names.tickets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::arrivals::comparisons;

    fn subscribers(topics: &Topics, name: &[u8]) -> Vec<ClientSlot> {
        topics.subscribers(name).map_or_else(Vec::new, |all| all.iter().copied().collect())
    }

    #[test]
    fn subscribing_twice_is_one_subscription() {
        let mut topics = Topics::default();
        topics.subscribe(7, b"a");
        topics.subscribe(3, b"a");
        topics.subscribe(7, b"a");
        assert_eq!((subscribers(&topics, b"a"), topics.count_of(7)), (vec![7, 3], 1));
        topics.unsubscribe(7, b"a");
        topics.unsubscribe(7, b"a");
        topics.unsubscribe(9, b"b");
        assert_eq!((subscribers(&topics, b"a"), topics.count_of(7)), (vec![3], 0));
        topics.forget(3);
        assert!(topics.is_empty() && topics.names.is_empty());
    }

    #[test]
    fn whoever_leaves_a_channel_of_very_many_looks_at_few_of_them() {
        const CLIENTS: usize = 20_000;
        let mut topics = Topics::default();
        (0..CLIENTS).for_each(|client| topics.subscribe(client, b"news"));
        let before = comparisons();
        // Every third goes by its own will, the others are lost, the latest first.
        (0..CLIENTS).step_by(3).for_each(|client| topics.unsubscribe(client, b"news"));
        let left: Vec<_> = (0..CLIENTS).filter(|client| client % 3 != 0).collect();
        assert_eq!(subscribers(&topics, b"news"), left);
        (0..CLIENTS).rev().for_each(|client| topics.forget(client));
        assert!(topics.is_empty() && topics.names.is_empty());
        let each = (comparisons() - before) / CLIENTS as u64;
        assert!(each < 64, "{each} comparisons each");
    }
}

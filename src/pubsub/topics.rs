//! One kind of subscription, both ways round: who subscribed to a name, and a client's names.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::clients::ClientSlot;

/// The two maps hold the same pairs; neither holds an empty list.
#[derive(Debug, Default)]
pub struct Topics {
    /// In the order they came.
    subscribers: BTreeMap<Bytes, Vec<ClientSlot>>,
    names: BTreeMap<ClientSlot, BTreeSet<Bytes>>,
}

impl Topics {
    pub(super) fn subscribe(&mut self, client: ClientSlot, name: &[u8]) {
        let names = self.names.entry(client).or_default();
        if names.contains(name) {
            return;
        }
        let name = Bytes::copy_from_slice(name);
        names.insert(name.clone());
        self.subscribers.entry(name).or_default().push(client);
    }

    pub(super) fn unsubscribe(&mut self, client: ClientSlot, name: &[u8]) {
        let Some(names) = self.names.get_mut(&client) else { return };
        if !names.remove(name) {
            return;
        }
        if names.is_empty() {
            self.names.remove(&client);
        }
        self.remove_subscriber(client, name);
    }

    pub(super) fn forget(&mut self, client: ClientSlot) {
        for name in self.names.remove(&client).unwrap_or_default() {
            self.remove_subscriber(client, &name);
        }
    }

    fn remove_subscriber(&mut self, client: ClientSlot, name: &[u8]) {
        let Some(subscribers) = self.subscribers.get_mut(name) else { return };
        subscribers.retain(|&subscriber| subscriber != client);
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

    pub fn subscribers(&self, name: &[u8]) -> &[ClientSlot] {
        self.subscribers.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every name with its subscribers.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &[ClientSlot])> {
        self.subscribers.iter().map(|(name, subscribers)| (name, subscribers.as_slice()))
    }

    /// What a client is subscribed to.
    pub fn names_of(&self, client: ClientSlot) -> Vec<Bytes> {
        self.names.get(&client).map_or_else(Vec::new, |names| names.iter().cloned().collect())
    }

    /// How many names a client is subscribed to.
    pub fn count_of(&self, client: ClientSlot) -> usize {
        self.names.get(&client).map_or(0, BTreeSet::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribing_twice_is_one_subscription() {
        let mut topics = Topics::default();
        topics.subscribe(7, b"a");
        topics.subscribe(3, b"a");
        topics.subscribe(7, b"a");
        assert_eq!((topics.subscribers(b"a"), topics.count_of(7)), (&[7, 3][..], 1));
        topics.unsubscribe(7, b"a");
        topics.unsubscribe(7, b"a");
        topics.unsubscribe(9, b"b");
        assert_eq!((topics.subscribers(b"a"), topics.count_of(7)), (&[3][..], 0));
        topics.forget(3);
        assert!(topics.is_empty() && topics.names.is_empty());
    }
}

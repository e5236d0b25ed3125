//! Who takes the writes of which client to our master. Those that are taken out are to be told to end.

use std::collections::HashMap;

use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot};
use crate::replication::model::forward_reach::Reach;

/// Its connection is kept for so long for a client that writes no more.
pub const IDLE_MILLIS: i64 = 60_000;

/// A master's host and port.
pub type Place = (String, u16);

/// One client's.
struct Forwarder<To> {
    client: ClientKey,
    place: Place,
    to: To,
    /// Its last errand began or ended then.
    used_at: UnixMillis,
    /// It has said who it is in words that do not hold any more.
    is_outdated: bool,
}

/// By client slot. `To`: where errands are sent.
pub struct Forwarders<To> {
    by_slot: HashMap<ClientSlot, Forwarder<To>>,
    /// Whether the master takes them.
    pub reach: Reach,
}

impl<To> Default for Forwarders<To> {
    fn default() -> Self {
        Forwarders { by_slot: HashMap::new(), reach: Reach::default() }
    }
}

impl<To> Forwarders<To> {
    /// The forwarder of a client to a master, started if it has none; and one that it had, but to
    /// another or under another name, which is to end.
    pub fn of(
        &mut self,
        client: ClientKey,
        place: Place,
        now: UnixMillis,
        start: impl FnOnce(&Place) -> To,
    ) -> (&To, Option<To>) {
        let is_other =
            |one: &Forwarder<To>| one.client != client || one.place != place || one.is_outdated;
        let other = self.by_slot.get(&client.slot).is_some_and(is_other);
        let ended = if other { self.end(client.slot) } else { None };
        let make = || {
            let to = start(&place);
            Forwarder { client, to, place, used_at: now, is_outdated: false }
        };
        let forwarder = self.by_slot.entry(client.slot).or_insert_with(make);
        forwarder.used_at = now;
        (&forwarder.to, ended)
    }

    /// Its errand is over. When that began.
    pub fn note_return(&mut self, slot: ClientSlot, now: UnixMillis) -> UnixMillis {
        let forwarder = self.by_slot.get_mut(&slot);
        forwarder.map_or(now, |forwarder| std::mem::replace(&mut forwarder.used_at, now))
    }

    #[must_use]
    pub fn end(&mut self, slot: ClientSlot) -> Option<To> {
        self.by_slot.remove(&slot).map(|forwarder| forwarder.to)
    }

    /// Those that are at work end before they get the next errand.
    pub fn outdate_all(&mut self) {
        self.by_slot.values_mut().for_each(|forwarder| forwarder.is_outdated = true);
    }

    /// Takes out those that have nothing to do.
    #[must_use]
    pub fn end_all(&mut self, is_at_work: impl Fn(ClientSlot) -> bool) -> Vec<To> {
        self.end_those(|slot, _| !is_at_work(slot))
    }

    /// Takes out those that have had nothing to do for long.
    #[must_use]
    pub fn end_unused(
        &mut self,
        now: UnixMillis,
        is_at_work: impl Fn(ClientSlot) -> bool,
    ) -> Vec<To> {
        self.end_those(|slot, used_at| now - used_at > IDLE_MILLIS && !is_at_work(slot))
    }

    fn end_those(&mut self, is_one: impl Fn(ClientSlot, UnixMillis) -> bool) -> Vec<To> {
        let ended = self.by_slot.extract_if(|&slot, forwarder| is_one(slot, forwarder.used_at));
        ended.map(|(_, forwarder)| forwarder.to).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(slot: ClientSlot) -> ClientKey {
        ClientKey { slot, id: slot as u64 + 100 }
    }

    fn place(port: u16) -> Place {
        ("m".to_owned(), port)
    }

    /// Whether another was started, and which ended.
    fn of(
        forwarders: &mut Forwarders<u32>,
        slot: ClientSlot,
        port: u16,
        now: UnixMillis,
        name: u32,
    ) -> (u32, Option<u32>) {
        let (to, ended) = forwarders.of(key(slot), place(port), now, |_| name);
        (*to, ended)
    }

    #[test]
    fn a_client_keeps_its_forwarder_while_master_and_words_stay() {
        let mut all = Forwarders::default();
        assert_eq!(of(&mut all, 1, 1, 0, 10), (10, None));
        assert_eq!(of(&mut all, 1, 1, 0, 11), (10, None));
        assert_eq!(of(&mut all, 1, 2, 0, 12), (12, Some(10)), "another master");
        all.outdate_all();
        assert_eq!(of(&mut all, 1, 2, 0, 13), (13, Some(12)), "other words");
        assert_eq!(of(&mut all, 1, 2, 0, 14), (13, None));
        assert_eq!((all.end(1), all.end(1)), (Some(13), None));
    }

    #[test]
    fn one_that_has_nothing_to_do_for_long_ends() {
        let mut all = Forwarders::default();
        for slot in [1, 2, 3] {
            of(&mut all, slot, 1, 0, slot as u32);
        }
        assert_eq!(all.note_return(2, 500), 0);
        let at_work = |slot| slot == 3;
        assert!(all.end_unused(IDLE_MILLIS, at_work).is_empty());
        assert_eq!(all.end_unused(IDLE_MILLIS + 1, at_work), [1]);
        assert_eq!(all.end_unused(IDLE_MILLIS + 501, at_work), [2]);
        assert_eq!(all.end_all(|_| false), [3]);
    }
}

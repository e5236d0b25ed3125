//! Who waits for a key to hold something: the clients of BLPOP and its like, in the order they
//! came, and the keys from which some of them may be served.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::value::Type;
use super::watch::ClientSlot;
use crate::base::ids::DbIndex;

type Place = (DbIndex, Box<[u8]>);

/// Counts those who began to wait: first come, first served.
pub type Turn = u64;

/// What somebody wants of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// A value of this type.
    pub value_type: Type,
    /// Or that there is no such value any more: XREADGROUP, whose group has gone with it.
    pub or_gone: bool,
}

impl Wanted {
    fn is_met(self, there: Option<Type>) -> bool {
        self.or_gone || there == Some(self.value_type)
    }
}

/// Those who wait for one key and want the same of it.
#[derive(Debug)]
struct Group {
    wanted: Wanted,
    /// Never empty.
    clients: BTreeMap<Turn, ClientSlot>,
}

/// All who wait for keys. Nobody on most servers, so the check on each change is one comparison.
#[derive(Debug, Default)]
pub struct KeyWaiters {
    /// No list and no database is empty.
    by_db: BTreeMap<DbIndex, HashMap<Box<[u8]>, Vec<Group>>>,
    /// Keys that have come to hold what somebody wants, in the order in which they first did.
    ready: VecDeque<Place>,
    /// The same.
    is_ready: HashSet<Place>,
}

impl KeyWaiters {
    /// Whether nobody waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.by_db.is_empty()
    }

    /// Whether somebody may be served.
    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Adds one who waits for a key. Waiting twice is once.
    pub fn add(
        &mut self,
        (db, key): (DbIndex, &[u8]),
        wanted: Wanted,
        (turn, client): (Turn, ClientSlot),
    ) {
        let groups = self.by_db.entry(db).or_default().entry(key.into()).or_default();
        match groups.iter_mut().find(|group| group.wanted == wanted) {
            Some(group) => {
                group.clients.insert(turn, client);
            }
            None => groups.push(Group { wanted, clients: BTreeMap::from([(turn, client)]) }),
        }
    }

    /// One who waited for a key does not any more.
    pub fn remove(&mut self, (db, key): (DbIndex, &[u8]), turn: Turn) {
        let Some(keys) = self.by_db.get_mut(&db) else { return };
        let Some(groups) = keys.get_mut(key) else { return };
        groups.retain_mut(|group| {
            group.clients.remove(&turn);
            !group.clients.is_empty()
        });
        if groups.is_empty() {
            keys.remove(key);
        }
        if keys.is_empty() {
            self.by_db.remove(&db);
        }
    }

    /// A key changed, and holds a value of that type now.
    #[inline]
    pub fn touch(&mut self, db: DbIndex, key: &[u8], there: Option<Type>) {
        if !self.is_empty() {
            self.touch_awaited(db, key, there);
        }
    }

    fn touch_awaited(&mut self, db: DbIndex, key: &[u8], there: Option<Type>) {
        let Some(groups) = self.by_db.get(&db).and_then(|keys| keys.get(key)) else { return };
        if groups.iter().any(|group| group.wanted.is_met(there)) {
            self.note_ready((db, key.into()));
        }
    }

    fn note_ready(&mut self, place: Place) {
        if self.is_ready.insert(place.clone()) {
            self.ready.push_back(place);
        }
    }

    /// All keys of a database may have changed; `there` tells the type of what one holds now.
    pub fn touch_database(&mut self, db: DbIndex, there: impl Fn(&[u8]) -> Option<Type>) {
        let Some(keys) = self.by_db.get(&db) else { return };
        let met = keys.iter().filter_map(|(key, groups)| {
            let there = there(key);
            let met = groups.iter().filter(|group| group.wanted.is_met(there));
            let first = met.filter_map(|group| group.clients.keys().next()).min()?;
            Some((*first, key.clone()))
        });
        let mut met: Vec<(Turn, Box<[u8]>)> = met.collect();
        met.sort_unstable();
        for (_, key) in met {
            self.note_ready((db, key));
        }
    }

    /// The key from which somebody may be served next.
    pub fn pop_ready(&mut self) -> Option<(DbIndex, Box<[u8]>)> {
        let place = self.ready.pop_front()?;
        self.is_ready.remove(&place);
        Some(place)
    }

    /// The first who came after `after` and wants what the key holds now, of those who came up to
    /// `until`.
    pub fn next(
        &self,
        place: &(DbIndex, Box<[u8]>),
        there: Option<Type>,
        (after, until): (Turn, Turn),
    ) -> Option<(Turn, ClientSlot)> {
        if after >= until {
            return None;
        }
        let groups = self.by_db.get(&place.0)?.get(&place.1)?;
        let met = groups.iter().filter(|group| group.wanted.is_met(there));
        met.filter_map(|group| group.clients.range(after + 1..=until).next())
            .map(|(&turn, &client)| (turn, client))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::event::EventClass;
    use crate::store::value::contract::STRING;

    const LIST: Type = Type { name: "list", number: 1, events: EventClass::List };
    const A_LIST: Wanted = Wanted { value_type: LIST, or_gone: false };
    const A_STRING: Wanted = Wanted { value_type: STRING, or_gone: false };
    const A_LIST_OR_NONE: Wanted = Wanted { value_type: LIST, or_gone: true };

    fn place(key: &str) -> (DbIndex, Box<[u8]>) {
        (0, key.as_bytes().into())
    }

    fn all_ready(waiters: &mut KeyWaiters) -> Vec<String> {
        std::iter::from_fn(|| waiters.pop_ready())
            .map(|(_, key)| String::from_utf8_lossy(&key).into_owned())
            .collect()
    }

    #[test]
    fn keys_become_ready_once_in_the_order_of_their_first_change_of_interest() {
        let mut waiters = KeyWaiters::default();
        waiters.add((0, b"a"), A_LIST, (1, 10));
        waiters.add((0, b"b"), A_LIST, (1, 10));
        waiters.add((0, b"b"), A_STRING, (2, 11));
        waiters.touch(0, b"a", Some(STRING));
        waiters.touch(0, b"c", Some(LIST));
        waiters.touch(1, b"a", Some(LIST));
        waiters.touch(0, b"a", None);
        assert!(!waiters.has_ready());
        waiters.touch(0, b"b", Some(STRING));
        waiters.touch(0, b"a", Some(LIST));
        waiters.touch(0, b"b", Some(LIST));
        assert_eq!(all_ready(&mut waiters), ["b", "a"]);
        waiters.touch(0, b"b", Some(LIST));
        assert_eq!(all_ready(&mut waiters), ["b"], "once more after it was served");
    }

    #[test]
    fn who_came_first_is_next_among_those_who_want_what_is_there() {
        let mut waiters = KeyWaiters::default();
        for (turn, wanted) in [(1, A_STRING), (2, A_LIST), (3, A_LIST_OR_NONE), (4, A_LIST)] {
            waiters.add((0, b"k"), wanted, (turn, turn as usize * 10));
        }
        let k = place("k");
        let next = |waiters: &KeyWaiters, there, after, until| {
            waiters.next(&k, there, (after, until)).map(|(turn, _)| turn)
        };
        assert_eq!(next(&waiters, Some(LIST), 0, 4), Some(2));
        assert_eq!(next(&waiters, Some(LIST), 2, 4), Some(3));
        assert_eq!(next(&waiters, Some(LIST), 3, 4), Some(4));
        assert_eq!(next(&waiters, Some(LIST), 3, 3), None);
        assert_eq!(next(&waiters, Some(LIST), 4, 4), None);
        assert_eq!(next(&waiters, Some(STRING), 0, 4), Some(1));
        assert_eq!(next(&waiters, None, 0, 4), Some(3));
        waiters.remove((0, b"k"), 2);
        waiters.remove((0, b"k"), 2);
        assert_eq!(next(&waiters, Some(LIST), 0, 4), Some(3));
        [1, 3, 4].iter().for_each(|&turn| waiters.remove((0, b"k"), turn));
        assert!(waiters.is_empty());
    }

    #[test]
    fn of_a_whole_database_those_keys_are_ready_that_hold_what_is_wanted() {
        let mut waiters = KeyWaiters::default();
        waiters.add((0, b"late"), A_LIST, (7, 1));
        waiters.add((0, b"early"), A_LIST, (3, 1));
        waiters.add((0, b"gone"), A_LIST_OR_NONE, (5, 1));
        waiters.add((0, b"missing"), A_LIST, (5, 1));
        waiters.add((1, b"early"), A_LIST, (1, 1));
        let there = |key: &[u8]| (key == b"late" || key == b"early").then_some(LIST);
        waiters.touch_database(0, there);
        assert_eq!(all_ready(&mut waiters), ["early", "gone", "late"]);
    }
}

//! Keys with an expiry that clients of a writable replica have written. The master does not know
//! them and so never deletes them: the replica does, and looks here for what is due.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;

type Place = (DbIndex, Box<[u8]>);

/// Empty but on a replica whose `replica-read-only` is off.
#[derive(Debug, Default)]
pub struct OwnKeys {
    deadlines: BTreeMap<Place, UnixMillis>,
    /// The same by time.
    by_deadline: BTreeSet<(UnixMillis, Place)>,
}

impl OwnKeys {
    /// `slave_expires_tracked_keys`.
    pub fn len(&self) -> usize {
        self.deadlines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.deadlines.is_empty()
    }

    /// A client has changed a key, which expires then, or no more. `None` too: it was the master,
    /// who says itself when the key goes.
    #[inline]
    pub fn note(&mut self, db: DbIndex, key: &[u8], deadline: Option<UnixMillis>) {
        if deadline.is_some() || !self.is_empty() {
            self.note_at((db, key.into()), deadline);
        }
    }

    fn note_at(&mut self, place: Place, deadline: Option<UnixMillis>) {
        if let Some(old) = self.deadlines.remove(&place) {
            self.by_deadline.remove(&(old, place.clone()));
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert(place.clone(), deadline);
            self.by_deadline.insert((deadline, place));
        }
    }

    /// Takes out a key whose time was over.
    pub fn pop_due(&mut self, now: UnixMillis) -> Option<(DbIndex, Box<[u8]>)> {
        if self.by_deadline.first()?.0 >= now {
            return None;
        }
        let (_, place) = self.by_deadline.pop_first()?;
        self.deadlines.remove(&place);
        Some(place)
    }

    /// Forgets those of a database, which is emptied.
    pub fn forget_database(&mut self, db: DbIndex) {
        self.take_database(db);
    }

    /// Two databases change places.
    pub fn swap_databases(&mut self, one: DbIndex, other: DbIndex) {
        let ends = [(one, self.take_database(other)), (other, self.take_database(one))];
        for (db, keys) in ends {
            for (key, deadline) in keys {
                self.note_at((db, key), Some(deadline));
            }
        }
    }

    fn take_database(&mut self, db: DbIndex) -> Vec<(Box<[u8]>, UnixMillis)> {
        let from: Place = (db, Box::default());
        let mut taken = Vec::new();
        while let Some((place, deadline)) = self.deadlines.range(&from..).next()
            && place.0 == db
        {
            let (place, deadline) = (place.clone(), *deadline);
            self.deadlines.remove(&place);
            self.by_deadline.remove(&(deadline, place.clone()));
            taken.push((place.1, deadline));
        }
        taken
    }

    /// Forgets all: a master deletes what has expired without this.
    pub fn clear(&mut self) {
        if !self.is_empty() {
            *self = OwnKeys::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_when_they_are_due_in_the_order_of_their_last_deadline() {
        let mut own = OwnKeys::default();
        own.note(0, b"a", Some(10));
        own.note(1, b"a", Some(5));
        own.note(0, b"b", Some(7));
        own.note(0, b"a", Some(6));
        own.note(0, b"b", None);
        assert_eq!((own.len(), own.by_deadline.len()), (2, 2));
        assert_eq!(own.pop_due(5), None);
        assert_eq!(own.pop_due(9), Some((1, b"a"[..].into())));
        assert_eq!(own.pop_due(9), Some((0, b"a"[..].into())));
        assert!(own.pop_due(9).is_none() && own.is_empty());
    }

    #[test]
    fn keys_go_with_the_database_that_they_are_in() {
        let mut own = OwnKeys::default();
        for (db, key) in [(0, "z"), (1, ""), (1, "a"), (1, "b"), (2, "")] {
            own.note(db, key.as_bytes(), Some(5));
        }
        own.swap_databases(1, 3);
        own.swap_databases(2, 1);
        assert_eq!((own.len(), own.by_deadline.len()), (5, 5));
        own.forget_database(3);
        assert_eq!((own.len(), own.by_deadline.len()), (2, 2));
        let due: Vec<DbIndex> = std::iter::from_fn(|| own.pop_due(6)).map(|(db, _)| db).collect();
        assert_eq!(due, [0, 1]);
    }
}

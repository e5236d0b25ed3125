//! Keys with an expiry that clients of a writable replica have written. The master does not know
//! them and so never deletes them: the replica does, and looks here for what is due.

use std::collections::{BTreeSet, HashMap};

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;

type Place = (DbIndex, Box<[u8]>);

/// Empty but on a replica whose `replica-read-only` is off.
#[derive(Debug, Default)]
pub struct OwnKeys {
    deadlines: HashMap<Place, UnixMillis>,
    /// The same by time. A key may have been changed since by the master: whoever takes one out
    /// looks at the key again.
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

    /// A client has changed a key, which expires then, or no more.
    pub fn note(&mut self, db: DbIndex, key: &[u8], deadline: Option<UnixMillis>) {
        let place: Place = (db, key.into());
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
}

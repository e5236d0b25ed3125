//! Keys whose deadline has passed: who takes them as gone, and what follows when one is removed.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

use super::observers::KeyObservers;
use crate::commands::effect::Effects;
use crate::store::garbage::Garbage;
use crate::telemetry::stats::KeyspaceStats;

/// What to do with a key whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryRule {
    /// The master: delete it, and tell the replicas.
    Delete,
    /// A replica towards its clients: it is not there, but only the master deletes it.
    Hide,
    /// A replica towards its master, and while loading: it is there.
    Ignore,
}

impl ExpiryRule {
    /// Whether an entry is taken as absent.
    #[inline]
    pub(super) fn hides(self, entry: &Entry, now: UnixMillis) -> bool {
        entry.is_expired(now) && self != ExpiryRule::Ignore
    }
}

/// What the removal of an expired key touches; not the data set, out of which it was taken.
pub(super) struct Aftermath<'a, 'k> {
    pub stats: &'a mut KeyspaceStats,
    pub observers: &'a mut KeyObservers<'k>,
    pub effects: &'a mut Effects,
    pub garbage: &'a Garbage,
}

impl Aftermath<'_, '_> {
    /// An entry was taken out since it had expired: counted, announced, told to the replicas.
    #[cold]
    pub(super) fn of(self, db: DbIndex, entry: Entry) {
        self.stats.expired += 1;
        self.observers.expired(self.effects, (db, entry.key()));
        self.garbage.discard(entry);
    }
}

//! The data set as one command sees it.

use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::commands::effect::Effects;
use crate::store::database::Database;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;
use crate::store::event::EventClass;
use crate::store::garbage::Garbage;
use crate::telemetry::stats::KeyspaceStats;

use super::expiry::{Aftermath, ExpiryRule};
use super::observers::KeyObservers;
use super::uses::Uses;

/// The data set in the hands of one command.
pub struct Keys<'a> {
    pub dataset: &'a mut Dataset,
    /// The client's selected database.
    pub db: DbIndex,
    pub now: UnixMillis,
    pub rule: ExpiryRule,
    pub uses: Uses,
    pub observers: KeyObservers<'a>,
    pub stats: &'a mut KeyspaceStats,
    pub effects: &'a mut Effects,
    pub garbage: &'a Garbage,
}

impl Keys<'_> {
    pub fn database(&self) -> &Database {
        &self.dataset[self.db]
    }

    /// Tells listeners of one more event that a change has caused: SET with a deadline is `set`
    /// and `expire`.
    pub fn also(&mut self, key: &[u8], class: EventClass, event: &'static str) {
        self.observers.notify(self.effects, (self.db, key), class, event);
    }

    /// Whether the command must take an entry that it met as absent.
    pub fn is_gone(&self, entry: &Entry) -> bool {
        self.rule.hides(entry, self.now)
    }

    /// What follows when an expired entry was taken out: counted, announced, told to the replicas.
    pub fn after_expiry(&mut self, db: DbIndex, entry: Entry) {
        let Keys { stats, observers, effects, garbage, .. } = self;
        Aftermath { stats, observers, effects, garbage }.of(db, entry);
    }

    /// The command by which replicas are told that a key has expired.
    pub fn expired_as(&self) -> &'static [u8] {
        self.observers.expired_as
    }
}

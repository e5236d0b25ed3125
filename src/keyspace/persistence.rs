//! The keyspace's side of persistence: when a snapshot is taken, and what came of it.

use super::actor::Keyspace;
use crate::clients::ClientSlot;

impl Keyspace {
    pub(super) fn persistence_cron(&mut self) {}

    pub(super) fn save_in_background(&mut self, _schedule: bool) {}

    pub(super) fn save_now(&mut self) {}

    pub(super) fn reload(&mut self, _client: ClientSlot, _save: bool, _flush: bool) {}
}

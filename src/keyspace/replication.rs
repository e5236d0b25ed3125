//! The keyspace's side of replication: what the manager and the master link tell it.

use super::actor::Keyspace;

impl Keyspace {
    pub(super) fn replication_cron(&mut self) {}

    pub(super) fn ask_for_acks(&mut self) {}

    pub(super) fn acknowledge_master(&mut self) {}

    pub(super) fn change_replication_id(&mut self) {}
}

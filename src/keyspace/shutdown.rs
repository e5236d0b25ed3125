//! The end: SHUTDOWN and signals.

use super::actor::Keyspace;
use crate::clients::ClientSlot;
use crate::commands::effect::ShutdownRequest;

impl Keyspace {
    pub(super) fn shutdown_cron(&mut self) {}

    pub(super) fn shutdown_signal(&mut self, _name: &'static str) {
        (self.links.exit)(0);
    }

    pub(super) fn begin_shutdown(
        &mut self,
        _client: Option<ClientSlot>,
        _request: ShutdownRequest,
    ) {
        (self.links.exit)(0);
    }

    pub(super) fn abort_shutdown(&mut self) {}
}

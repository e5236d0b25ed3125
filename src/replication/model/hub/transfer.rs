//! A snapshot and its readers.

use std::time::Duration;

use crate::base::ids::ClientId;
use crate::replication::model::framing::Framing;

/// When snapshots are taken, and how they are sent.
#[derive(Clone, Copy, Debug)]
pub struct TransferSettings {
    pub diskless: bool,
    pub diskless_delay_seconds: u64,
    pub diskless_max_replicas: usize,
}

/// A snapshot that was asked for.
pub(super) struct Transfer {
    pub(super) framing: Framing,
    pub(super) without_keys: bool,
    /// Who is to get it and is still there. Once it is sent, each has an open credit.
    pub(super) readers: Vec<ClientId>,
    pub(super) is_sent: bool,
    /// How long it takes yet, if that is known.
    pub(super) left: Option<Duration>,
}

impl Transfer {
    /// A reader is gone. Whether it had a credit.
    pub(super) fn forget(&mut self, client: ClientId) -> bool {
        let before = self.readers.len();
        self.readers.retain(|&reader| reader != client);
        self.is_sent && self.readers.len() < before
    }

    #[cfg(test)]
    pub(super) fn open_credits(&self) -> &[ClientId] {
        if self.is_sent { &self.readers } else { &[] }
    }
}

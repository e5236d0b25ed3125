//! What is due by the clock: signs of life, acknowledgements, and links that are silent for too long.

use actix::prelude::*;
use bytes::Bytes;

use super::{MasterLink, Phase};
use crate::keyspace::messages::MasterLinkChanged;
use crate::replication::model::journal::Cause;
use crate::replication::model::lines::log_line;
use crate::replication::model::reconnect::{self, Attempt, Awaiting};

impl MasterLink {
    pub(super) fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = (self.now)();
        let may_blame = self.standstill.tick(now);
        let Some(follow) = &self.follow else { return };
        if !self.wants_input() {
            self.unread_since = now;
        }
        let awaiting = match self.phase {
            _ if !may_blame => None,
            Phase::Streaming if self.stream.is_none() => None,
            Phase::Idle | Phase::Loading { .. } => None,
            Phase::Connecting | Phase::Handshake(_) => Some(Awaiting::Handshake),
            Phase::Transfer { .. } => Some(Awaiting::Transfer),
            Phase::Streaming => Some(Awaiting::Stream),
        };
        let timeout = follow.settings.timeout_seconds;
        let late = awaiting.and_then(|awaiting| {
            // While we have no room to read, the master cannot be heard.
            let heard = match awaiting {
                Awaiting::Handshake => self.status.last_io,
                Awaiting::Transfer | Awaiting::Stream => self.status.last_io.max(self.unread_since),
            };
            reconnect::timed_out(awaiting, heard, timeout, now)
        });
        if let Some(line) = late {
            log_line(&line);
            self.cause = Some(Cause::TimedOut);
            self.status.is_silent = true;
            return match self.phase {
                Phase::Streaming => self.lose_socket(),
                Phase::Transfer { .. } => self.retry(Attempt::TransferFailed, ctx),
                _ => self.retry(Attempt::Fresh, ctx),
            };
        }
        match self.phase {
            Phase::Streaming => {
                if let Some(sums) = &mut self.sums {
                    sums.tick();
                }
                self.acknowledge_progress();
            }
            // A sign of life while the data set is loaded.
            Phase::Transfer { .. } | Phase::Loading { .. } if self.output.is_empty() => {
                self.output.push(Bytes::from_static(b"\n"));
            }
            _ => {}
        }
        self.report();
    }

    pub(super) fn report(&mut self) {
        self.report_with(None);
    }

    /// Tells the keyspace how the link is.
    pub(super) fn report_with(&mut self, addresses: Option<(String, String)>) {
        self.keyspace.changed.do_send(MasterLinkChanged {
            epoch: self.epoch(),
            status: self.status.clone(),
            read_bytes: std::mem::take(&mut self.read_bytes),
            events: std::mem::take(&mut self.events),
            addresses,
        });
    }
}

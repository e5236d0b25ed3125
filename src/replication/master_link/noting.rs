//! What happens to the link to the master, for the journal.

use super::{MasterLink, Phase};
use crate::base::offset;
use crate::replication::model::handshake::Outcome;
use crate::replication::model::journal::{Cause, Event, Happening, Side};
use crate::replication::model::reconnect::Attempt;

impl MasterLink {
    fn event(&self, what: Happening) -> Event {
        let peer = format!("{}:{}", self.status.host, self.status.port);
        Event::new((self.now)(), Side::Replica, peer, what)
    }

    pub(super) fn note(&mut self, what: Happening) {
        let event = self.event(what);
        self.events.push(event);
    }

    pub(super) fn note_connected(&mut self) {
        self.connected_at = (self.now)();
        (self.connection_bytes, self.cause, self.is_served) = (0, None, false);
    }

    /// How the handshake ended.
    pub(super) fn note_outcome(&mut self, outcome: Outcome) {
        let asked = self.have.map(|have| offset::wanted_byte(have.offset));
        let why = match asked {
            Some(_) => Cause::MasterGaveAll,
            None => Cause::NothingToContinue,
        };
        let what = match outcome {
            Outcome::Continue { .. } => Happening::PartialSync,
            Outcome::FullSync { .. } => Happening::FullSync(why),
            // What it answers to SYNC will show whether it gives anything.
            Outcome::OldSync => return,
            Outcome::Retry
            | Outcome::HandOverRefused
            | Outcome::HandOverDone
            | Outcome::HandOverPassedOn => {
                self.cause = Some(Cause::RefusedByMaster);
                return;
            }
        };
        self.note(Happening::Connected);
        let event = self.event(what).asked(asked, None);
        self.events.push(event);
        self.is_served = true;
    }

    /// The RDB begins, also from a master that knows SYNC only.
    pub(super) fn note_transfer(&mut self) {
        if !std::mem::replace(&mut self.is_served, true) {
            self.note(Happening::Connected);
            self.note(Happening::FullSync(Cause::MasterGaveAll));
        }
    }

    /// A full sync was taken.
    pub(super) fn note_taken(&mut self) {
        let Some(transfer) = self.status.transfer else { return };
        let event = self.event(Happening::FullSyncDone);
        let took = event.at - transfer.begun_at;
        self.events.push(event.took(took, transfer.read_bytes.unsigned_abs()));
    }

    /// The link is given up, to be tried again.
    pub(super) fn note_failure(&mut self, kind: Attempt) {
        let cause = self.cause.take().unwrap_or(match kind {
            Attempt::Fresh | Attempt::LinkLost => Cause::ClosedByPeer,
            Attempt::TransferFailed => Cause::TransferFailed,
            Attempt::DatasetRefused => Cause::DatasetRefused,
        });
        self.note_end(cause);
    }

    /// A connection ends, if there is one.
    pub(super) fn note_end(&mut self, cause: Cause) {
        match self.phase {
            Phase::Idle | Phase::Connecting => return,
            _ if !self.is_served => {
                return self.note(Happening::NotConnected(match cause {
                    Cause::TransferFailed => Cause::RefusedByMaster,
                    cause => cause,
                }));
            }
            Phase::Handshake(_)
            | Phase::Transfer { .. }
            | Phase::Loading { .. }
            | Phase::Streaming => {}
        }
        let event = self.event(Happening::Disconnected(cause));
        let lasted = event.at - self.connected_at;
        self.events.push(event.took(lasted, self.connection_bytes));
    }
}

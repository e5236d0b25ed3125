//! What happens to the replicas' links, for the journal.

use super::Hub;
use super::session::{Session, SyncStart};
use crate::base::offset;
use crate::base::time::UnixMillis;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::journal::{Cause, Event, Happening, Side};
use crate::replication::model::psync::{Held, PsyncDecision};

impl Hub {
    /// The stretch of the stream that is kept, if any is.
    pub(super) fn held(&self, backlog: &Backlog) -> Option<Held> {
        self.is_feeding.then(|| Held { start: backlog.reach(), end: backlog.end() })
    }

    /// A replica has asked for the stream, and this was decided.
    pub(super) fn note_sync(
        &mut self,
        sync: &SyncStart,
        name: &str,
        decision: PsyncDecision,
        backlog: &Backlog,
        now: UnixMillis,
    ) {
        let held = self.held(backlog);
        let wants_to_continue = !sync.is_old_sync && sync.replid.first() != Some(&b'?');
        let asked = wants_to_continue.then_some(sync.wanted);
        let event = |what| Event::new(now, Side::Master, name, what);
        self.events.push(event(Happening::Connected));
        self.events.push(match decision {
            PsyncDecision::Continue { from } => {
                let bytes = offset::bytes_between(from, backlog.end()) as u64;
                Event { bytes, ..event(Happening::PartialSync).asked(asked, held) }
            }
            PsyncDecision::FullSync(reason) => {
                let cause = Cause::of_full_sync(reason, held);
                event(Happening::FullSync(cause)).asked(asked, held)
            }
        });
    }

    /// The link of a replica has ended.
    pub(super) fn note_loss(&mut self, session: &Session, cause: Option<Cause>, now: UnixMillis) {
        let cause = cause.or(session.doomed_by).unwrap_or(Cause::Killed);
        let what = Happening::Disconnected(cause);
        let event = Event::new(now, Side::Master, session.name.clone(), what);
        self.events.push(event.took(now - session.began_at, session.written_bytes));
    }
}

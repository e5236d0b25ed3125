//! The save that runs, what it is for, and who waits for one.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clients::ClientKey;
use crate::persistence::save::SaveControl;

/// The save that runs, if any, and who waits for it to end.
#[derive(Default)]
pub struct Saves {
    pub(super) running: Option<Running>,
    pub(super) last_ticket: u64,
    /// Clients in SAVE whose own has yet to begin.
    pub(super) waiting: VecDeque<ClientKey>,
}

impl Saves {
    /// Whether one runs that redis-server would be busy with alone.
    pub(super) fn is_awaited(&self) -> bool {
        let purpose = self.running.as_ref().map(|running| running.purpose);
        matches!(purpose, Some(Purpose::Client(_) | Purpose::Flush { .. }))
    }
}

pub(super) struct Running {
    pub ticket: u64,
    pub control: Arc<SaveControl>,
    pub purpose: Purpose,
}

/// Who wants a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// BGSAVE, or a save point.
    Background,
    /// SAVE, of this client.
    Client(ClientKey),
    /// FLUSHALL: these changes count as saved from its reply on.
    Flush {
        changes: u64,
    },
    Shutdown,
    /// A base of the append-only log.
    Rewrite,
}

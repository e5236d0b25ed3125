//! What the keyspace has of the append-only log.
//!
//! ```text
//! Off ──appendonly yes──► Waiting ──its first base is there──► On
//!  ▲                         ▲                                  │
//!  └──────appendonly no──────┴────the stream begins anew────────┘
//! ```
//! While it waits, a crash leaves the log as it was before: an older state, and whole.
//!
//! `log_writing` puts the stream into it, `rewriting` makes its bases, `log_loading` reads it.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;

use super::messages::LogPiece;
use crate::aof::manifest::{AofFile, Manifest};
use crate::aof::mark::Mark;
use crate::base::ids::DbIndex;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::persistence::log::files::LogThread;
use crate::persistence::log::folder::LogFolder;
use crate::persistence::log::writer::LogWriter;
use crate::replication::model::history::History;
use crate::resp::request::Batch;

/// Besides what INFO shows.
#[derive(Default)]
pub(super) struct Log {
    pub thread: Option<LogThread>,
    pub folder: Option<LogFolder>,
    pub manifest: Manifest,
    pub writer: Option<LogWriter>,
    pub rewrite: Rewrite,
    pub last_ticket: u64,
    pub limit: RewriteLimit,
    /// How often the log was begun with another history: a sync before that says nothing.
    pub epoch: u64,
    pub loading: Option<LogLoading>,
    /// Bytes of the files before the one that is written.
    pub bytes_before: u64,
    pub last_sync_second: i64,
    pub fault_logged_at: UnixMillis,
    /// A sync has been due since this second and waits for the one that runs.
    pub delayed_since: Option<i64>,
}

/// A rewrite on its way.
#[derive(Default)]
pub(super) enum Rewrite {
    #[default]
    Idle,
    /// A save that somebody waits for is before it.
    Queued,
    /// The thread makes the file in which the log goes on.
    Preparing { ticket: u64, incr: AofFile, manifest: Manifest },
    /// The base is written. All files of the manifest before `first_incr` are behind it.
    Saving { base: AofFile, first_incr: u64, manifest: Manifest },
    /// The thread writes the manifest.
    Placing { ticket: u64, manifest: Manifest },
}

/// When a rewrite that has failed several times may be tried again.
#[derive(Default)]
pub(super) struct RewriteLimit {
    pub delay_minutes: i64,
    pub next_at: Option<UnixMillis>,
}

/// The place where a history is.
pub(super) fn mark_of(history: &History) -> Mark {
    let second = history.second().map(|second| (second.id, second.until));
    Mark { id: history.id(), offset: history.offset(), second }
}

/// A load of the log that is on its way.
pub(super) struct LogLoading {
    pub pieces: VecDeque<LogPiece>,
    /// The next command of the first piece.
    pub next: usize,
    pub batches: Sender<Box<Batch>>,
    pub file: String,
    /// Of the last command.
    pub db: DbIndex,
    /// In whose name the commands run.
    pub client: Option<ClientKey>,
    pub purpose: LoadPurpose,
    /// The next turn is on its way.
    pub goes_on: bool,
}

/// Whoever waits for the end.
#[derive(Clone, Copy)]
pub(super) enum LoadPurpose {
    Start,
    /// DEBUG LOADAOF of this client.
    Client(Option<ClientKey>),
}

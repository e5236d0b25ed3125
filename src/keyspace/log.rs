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
use super::rewrite_limit::RewriteLimit;
use super::syncs::Syncs;
use crate::aof::manifest::{AofFile, Manifest};
use crate::aof::mark::Mark;
use crate::base::ids::DbIndex;
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::persistence::log::files::LogThread;
use crate::persistence::log::folder::LogFolder;
use crate::persistence::log::writer::LogWriter;
use crate::replication::model::history::History;
use crate::resp::request::Batch;

/// Besides what INFO shows.
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
    /// What our master was told last is safe.
    pub told_master: Option<Offset>,
    pub last_sync_second: i64,
    pub fault_logged_at: UnixMillis,
    /// A sync has been due since this second and waits for the one that runs.
    pub delayed_since: Option<i64>,
    pub syncs: Syncs,
    pub doubts: Doubts,
    /// What came of our master's stream and was not passed on yet is encoded as every reader of a
    /// log expects it.
    pub is_plain: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            thread: None,
            folder: None,
            manifest: Manifest::default(),
            writer: None,
            rewrite: Rewrite::Idle,
            last_ticket: 0,
            limit: RewriteLimit::default(),
            epoch: 0,
            loading: None,
            bytes_before: 0,
            told_master: None,
            last_sync_second: 0,
            fault_logged_at: 0,
            delayed_since: None,
            syncs: Syncs::default(),
            doubts: Doubts::default(),
            is_plain: true,
        }
    }
}

/// Syncs that failed. What the system could not write then it may have forgotten, and a later sync
/// that comes about does not make it safe: only files that were begun since do.
#[derive(Default)]
pub(super) struct Doubts {
    failed: u64,
    /// Of these, how many were before the file that is written was begun.
    before_file: u64,
    /// And how many before a rewrite that has come about.
    overcome: u64,
}

impl Doubts {
    pub fn sync_failed(&mut self) {
        self.failed += 1;
    }

    pub fn file_begun(&mut self) {
        self.before_file = self.failed;
    }

    pub fn rewritten(&mut self) {
        self.overcome = self.before_file;
    }

    pub fn are_there(&self) -> bool {
        self.failed > self.overcome
    }
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
    /// Something of it is in the data set.
    pub has_run: bool,
    /// The next turn is on its way.
    pub goes_on: bool,
}

/// Whoever waits for the end.
#[derive(Clone, Copy)]
pub(super) enum LoadPurpose {
    Start,
    /// What follows the snapshot file, without an append-only log.
    Segments,
    /// DEBUG LOADAOF of this client.
    Client(Option<ClientKey>),
}

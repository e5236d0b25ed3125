//! What is saved, and how far a load has come.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;

/// Seconds after a failed save before the next one is tried.
const RETRY_SECONDS: i64 = 5;

/// What is saved and what is not.
#[derive(Debug)]
pub struct Persistence {
    /// Changes since the last successful save.
    pub dirty: u64,
    /// `dirty` when the save that runs took its snapshot.
    pub dirty_at_save: u64,
    pub saving: bool,
    pub save_scheduled: bool,
    pub save_started: Option<Instant>,
    pub save_started_at: UnixMillis,
    /// Of the background save that runs: keys written, and all of them.
    pub saved_keys: u64,
    pub keys_to_save: u64,
    pub last_save_at: UnixMillis,
    pub last_try_at: UnixMillis,
    pub last_save_ok: bool,
    /// Seconds; -1: none yet.
    pub last_save_seconds: i64,
    pub saves: u64,
    pub last_load_expired: u64,
    pub last_load_loaded: u64,
    pub log: LogStatus,
}

impl Persistence {
    /// Whether the last save failed, or the log cannot be written.
    pub fn fails(&self) -> bool {
        !self.last_save_ok || self.log.why_it_fails().is_some()
    }

    /// Whether a save may begin by itself: one that has failed is not tried again at once.
    pub fn may_try_to_save(&self, now: UnixMillis) -> bool {
        self.last_save_ok || now / 1000 - self.last_try_at / 1000 > RETRY_SECONDS
    }

    /// Nothing saved and nothing to save. `now`: the start counts as the last save, as in Redis.
    pub fn new(now: UnixMillis) -> Persistence {
        Persistence {
            dirty: 0,
            dirty_at_save: 0,
            saving: false,
            save_scheduled: false,
            save_started: None,
            save_started_at: 0,
            saved_keys: 0,
            keys_to_save: 0,
            last_save_at: now,
            last_try_at: 0,
            last_save_ok: true,
            last_save_seconds: -1,
            saves: 0,
            last_load_expired: 0,
            last_load_loaded: 0,
            log: LogStatus::default(),
        }
    }
}

/// What is shown of the append-only log.
#[derive(Clone, Debug)]
pub struct LogStatus {
    pub phase: LogPhase,
    pub rewriting: bool,
    pub rewrite_scheduled: bool,
    pub rewrite_started_at: UnixMillis,
    /// Seconds; -1: none yet.
    pub last_rewrite_seconds: i64,
    pub last_rewrite_ok: bool,
    pub rewrites: u64,
    /// Rewrites that failed, since the last that did not.
    pub rewrite_failures: u64,
    /// Why the last write failed, if it did.
    pub fault: Option<String>,
    /// The same of the last sync.
    pub sync_fault: Option<String>,
    /// Bytes of the base and all that goes on from it.
    pub bytes: u64,
    /// The same after the last rewrite.
    pub base_bytes: u64,
    pub pending_bytes: usize,
    pub is_syncing: bool,
    /// Syncs that were due and waited for one that ran.
    pub delayed_syncs: u64,
    /// The stream up to here is safe on disk.
    pub synced: Offset,
}

/// Whether there is a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogPhase {
    #[default]
    Off,
    /// It begins when its base is written.
    Waiting,
    On,
}

impl Default for LogStatus {
    fn default() -> LogStatus {
        LogStatus {
            phase: LogPhase::Off,
            rewriting: false,
            rewrite_scheduled: false,
            rewrite_started_at: 0,
            last_rewrite_seconds: -1,
            last_rewrite_ok: true,
            rewrites: 0,
            rewrite_failures: 0,
            fault: None,
            sync_fault: None,
            bytes: 0,
            base_bytes: 0,
            pending_bytes: 0,
            is_syncing: false,
            delayed_syncs: 0,
            synced: 0,
        }
    }
}

impl LogStatus {
    /// Whether the log has the stream up to there, safe on disk.
    pub fn is_safe(&self, offset: Offset) -> bool {
        self.phase == LogPhase::On && self.synced >= offset
    }

    /// Why what is written is not in it, or not safe there.
    pub fn why_it_fails(&self) -> Option<&String> {
        self.fault.as_ref().or(self.sync_fault.as_ref())
    }

    /// `aof_enabled`
    pub fn is_enabled(&self) -> bool {
        self.phase != LogPhase::Off
    }
}

/// How far a load has come.
#[derive(Clone, Debug)]
pub struct LoadingStatus {
    pub started_at: UnixMillis,
    pub total_bytes: u64,
    pub progress: Arc<LoadProgress>,
}

/// What the thread that loads has to tell.
#[derive(Debug, Default)]
pub struct LoadProgress {
    /// Used up so far.
    pub bytes: AtomicU64,
    /// What the file says of the memory that its writer had in use; 0 before it does.
    pub rdb_used_memory: AtomicU64,
}

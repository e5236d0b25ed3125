//! What is saved, and how far a load has come.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use crate::base::time::UnixMillis;

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
}

impl Persistence {
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
        }
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

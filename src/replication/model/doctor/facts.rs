//! What the doctor looks at.

use crate::base::time::UnixMillis;
use crate::replication::model::journal::{Event, Journal};
use crate::replication::model::lag::Lag;

/// What happened longer ago says nothing of now.
pub const RECENT_MILLIS: i64 = 24 * 3600 * 1000;

/// The whole of it.
#[derive(Debug)]
pub struct Facts<'a> {
    pub now: UnixMillis,
    pub journal: &'a Journal,
    /// `Some`: we follow a master.
    pub master: Option<MasterFacts>,
    pub replicas: Vec<ReplicaFacts>,
    /// `repl-backlog-size`, and what the stream takes a second.
    pub backlog_bytes: u64,
    pub stream_bytes_per_second: f64,
    pub repl_timeout_seconds: u64,
    pub is_diskless: bool,
    /// `client-output-buffer-limit replica`: the hard one, 0 for none; and whether nobody has set any.
    pub output_limit_bytes: u64,
    pub is_output_limit_default: bool,
    pub memory: MemoryFacts,
    pub quorum: QuorumFacts,
    /// Since it started, on a replica with `replica-forward-writes` or one that had it.
    pub forwarding: Option<ForwardingFacts>,
    pub lost_data: Option<LostDataFacts>,
    /// `min-replicas-to-write`, and how many there are that count.
    pub replicas_to_write: usize,
    pub good_replicas: usize,
    pub max_lag_seconds: u64,
}

#[derive(Debug)]
pub struct MasterFacts {
    pub name: String,
    pub is_up: bool,
    /// `None`: it never was up.
    pub down_millis: Option<i64>,
    pub is_syncing: bool,
    pub is_read_only: bool,
    /// In a row, by `replica-wipe-guard`.
    pub refused_syncs: u32,
    /// Came and is not applied.
    pub lag_bytes: u64,
    pub lag_millis: i64,
}

#[derive(Debug)]
pub struct ReplicaFacts {
    pub name: String,
    pub lag: Option<Lag>,
}

/// What the backlog may take for replicas that lag.
#[derive(Clone, Debug, Default)]
pub struct MemoryFacts {
    /// `repl-memory-limit`, or what that is by itself.
    pub limit_bytes: u64,
    /// `repl-throttle`
    pub throttles: bool,
    /// Writers are slowed now.
    pub slowed: Option<Slowed>,
}

/// Writers that are slowed, and for whom.
#[derive(Clone, Debug)]
pub struct Slowed {
    pub since_millis: i64,
    pub replica: String,
    pub lag_bytes: u64,
    pub bytes_per_second: u64,
}

/// What `repl-ack-quorum` and CLIENT QUORUM ask for.
#[derive(Clone, Debug, Default)]
pub struct QuorumFacts {
    pub by_setting: usize,
    /// The most that a connected client asks for.
    pub by_clients: usize,
    pub timeout_millis: u64,
    /// Replicas whose acknowledgements count.
    pub online: usize,
    /// Writes that were not confirmed, since the statistics began.
    pub unconfirmed: u64,
}

/// Writes that were sent on to the master.
#[derive(Clone, Debug, Default)]
pub struct ForwardingFacts {
    pub sent: u64,
    pub failed: u64,
    /// Of the last that failed: how long ago, and why.
    pub last_failure: Option<(i64, String)>,
    /// Clients need no password here, and get the master's rights.
    pub is_open: bool,
}

/// This server started without data, and somebody came who knows more.
#[derive(Clone, Debug)]
pub struct LostDataFacts {
    pub replica: String,
    /// Of a history that is not known here.
    pub known_bytes: u64,
    pub keys: usize,
}

/// What happened lately.
pub fn recent<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Event> {
    facts.journal.iter().filter(|event| facts.now - event.at <= RECENT_MILLIS)
}

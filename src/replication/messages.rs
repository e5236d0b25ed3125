//! What the replication actors receive.

use std::sync::Arc;

use actix::Message;
use bytes::Bytes;

use super::credit::Credit;
use super::model::handshake::Have;
use super::model::history::History;
use super::model::lines::LogLine;
use super::model::output_limit::OutputLimit;
use super::model::progress::Framing;
use super::model::status::ReplicaStatus;
use crate::base::ids::{ClientId, ReplId};
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ReplicaIntro};
use crate::commands::effect::SyncRequest;
use crate::config::value::choice::MaxmemoryPolicy;
use crate::rdb::load::LoadReport;
use crate::rdb::save::SaveInfo;
use crate::rdb::usage::UsageClock;
use crate::resp::request::Batch;
use crate::store::dataset::{Dataset, DatasetSnapshot};

// --- to the ReplicationManager ------------------------------------------------------------------

/// From the keyspace: the stream's next bytes, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AppendFeed {
    pub bytes: Bytes,
}

/// From the keyspace: a client wants to become a replica. Its socket follows by `AdoptSocket`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct BeginSync {
    pub request: SyncRequest,
    /// The address it comes from, without the port.
    pub ip: String,
    pub intro: ReplicaIntro,
    /// Ours, at this place in the feed; before it began anew if the backlog was made now.
    pub history: History,
    /// The backlog was made for this replica, which so cannot continue.
    pub created: Option<LogLine>,
}

/// From the keyspace: the snapshot that was asked for by `TakeSnapshot`, on the same edge as the
/// feed before it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReceiveSnapshot {
    pub ticket: u64,
    pub snapshot: DatasetSnapshot,
    /// Has the history and the offset that the snapshot stands for.
    pub info: SaveInfo,
    pub replid: ReplId,
    pub offset: i64,
    /// `rdb-key-save-delay`, for tests that need a slow transfer.
    pub key_delay_micros: i32,
}

/// From the keyspace: the settings, at start and when they change.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct ReplicationSettings {
    pub diskless: bool,
    pub diskless_delay_seconds: u64,
    pub diskless_max_replicas: usize,
    pub timeout_seconds: i64,
    pub output_limit: OutputLimit,
    pub disable_tcp_nodelay: bool,
}

/// From the keyspace: a client that asked for a sync is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ForgetReplica {
    pub client: ClientKey,
}

/// From the keyspace: our history changed in a way that replicas cannot follow; they are to ask
/// anew.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectReplicas;

/// From a ReplicaLink: how far its replica is; on each change and once a second.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaProgressed {
    pub client: ClientId,
    pub status: ReplicaStatus,
    /// Bytes written to it since the last message.
    pub written_bytes: u64,
}

/// From a ReplicaLink: the last that it sends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaLost {
    pub client: ClientKey,
}

/// From the snapshot thread: a transfer is over. `Err`: nothing of it is of use.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TransferFinished {
    pub ticket: u64,
    pub result: Result<(), String>,
}

/// To itself: replicas may wait for a snapshot, whose time has come or is to be found.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StartTransfers;

/// To itself: replicas have made progress of which the keyspace is to hear.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishProgress;

// --- to a ReplicaLink ---------------------------------------------------------------------------

/// From the manager: the backlog has grown.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FeedAdvanced;

/// From the manager: a snapshot was taken for this replica, and its encoding begins.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SnapshotTaken {
    /// `+FULLRESYNC ...`; empty for a plain SYNC.
    pub reply: Bytes,
    pub offset: i64,
    pub framing: Framing,
    /// Given back for each chunk that is written.
    pub credit: Arc<Credit>,
}

/// From the snapshot thread: the next piece of the transfer, its frame included. At most as many
/// are on their way as there was credit.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SnapshotChunk {
    pub bytes: Bytes,
}

/// From the manager, when the thread has sent all its chunks: that was all, or it failed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SnapshotEnd {
    pub is_complete: bool,
}

// --- to the MasterLink --------------------------------------------------------------------------

/// From the keyspace: follow this master from now on.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct Follow {
    pub host: String,
    pub port: u16,
    pub settings: MasterLinkSettings,
    /// The history that we have and where we are in it, to continue with; `None`: full sync.
    pub have: Option<Have>,
    /// Given back in what the link sends: what an earlier master has sent is told apart.
    pub epoch: u64,
}

/// What a link to a master goes by.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct MasterLinkSettings {
    pub user: Option<Vec<u8>>,
    pub password: Option<Vec<u8>>,
    /// `replica-announce-port`, else the port that we listen on.
    pub listening_port: u16,
    pub announce_ip: Option<String>,
    pub timeout_seconds: i64,
    pub bind_source: Option<String>,
    pub disable_tcp_nodelay: bool,
    pub databases: usize,
    pub verify_checksum: bool,
    /// `key-load-delay`, for tests that need a slow load.
    pub key_load_delay_micros: i32,
    /// What a loaded key's usage bits are to mean.
    pub maxmemory_policy: MaxmemoryPolicy,
    pub lfu_decay_minutes: u32,
}

impl MasterLinkSettings {
    pub fn usage_clock(&self, now: UnixMillis) -> UsageClock {
        UsageClock::new(self.maxmemory_policy, self.lfu_decay_minutes, now)
    }
}

/// From the keyspace: REPLICAOF NO ONE.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StopFollowing;

/// From the keyspace: CLIENT KILL of the master. The link is lost as if the master had closed it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CutMasterLink {
    pub epoch: u64,
}

/// From the keyspace: tell the master now how far we are (GETACK).
#[derive(Message)]
#[rtype(result = "()")]
pub struct Acknowledge {
    pub offset: i64,
}

/// From the keyspace: a batch of the stream is applied; the batch comes back for reuse. The
/// credit for the next one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StreamApplied {
    pub batch: Box<Batch>,
    /// Where we are after it; behind the batch's end while a transaction of the master's is open.
    pub have: Have,
}

/// From the loader thread: a data set is complete and checked, or of no use.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoadFinished {
    pub epoch: u64,
    pub attempt: u64,
    pub result: Result<(Dataset, LoadReport), String>,
}

/// From the loader thread: so many bytes of the transfer were used up.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoaderAdvanced {
    pub bytes: usize,
}

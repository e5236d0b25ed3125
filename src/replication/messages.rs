//! What the replication actors receive.

use std::sync::Arc;

use actix::Message;
use bytes::Bytes;

use super::credit::Credit;
use super::model::backlog::storey::StoredNews;
use super::model::forward::Errand;
use super::model::handshake::Have;
use super::model::hub::{LinkSettings, SyncStart, Ticket, ToLink, TransferSettings};
use super::model::journal::Cause;
use super::model::migration::Target;
use super::model::status::{ReplicaStatus, SnapshotSize};
use super::model::stream_writer::StreamNews;
use crate::base::ids::{ClientId, DbIndex, ReplId};
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::config::value::choice::MaxmemoryPolicy;
use crate::rdb::load::LoadReport;
use crate::rdb::save::SaveInfo;
use crate::rdb::usage::UsageClock;
use crate::resp::request::Batch;
use crate::store::dataset::{Dataset, DatasetSnapshot};
use crate::store::entry::Entry;
use crate::store::value::Limits;

// --- to the ReplicationManager ------------------------------------------------------------------

/// Everything that the manager learns from the keyspace. One type of message by one recipient, and
/// so one edge with one order: bytes, names and places of the stream, who asks for it and what
/// snapshots were taken come in the order in which they happened. Nothing of it may take another
/// way.
#[derive(Message)]
#[rtype(result = "()")]
pub enum ToManager {
    Stream(StreamNews),
    /// What is on disk of the stream.
    Stored(StoredNews),
    /// A client wants to become a replica. Its socket follows by `AdoptSocket`.
    BeginSync(SyncStart),
    Snapshot(Box<TakenSnapshot>),
    /// A client that asked for a sync is gone.
    ForgetReplica {
        client: ClientId,
    },
    /// `repl-backlog-size`
    ResizeBacklog {
        bytes: usize,
    },
    /// `repl-backlog-disk-size`
    ResizeStored {
        bytes: u64,
    },
    /// When they change.
    Settings(ReplicationSettings),
}

/// The snapshot that was asked for by `TakeSnapshot`.
pub struct TakenSnapshot {
    pub ticket: Ticket,
    pub snapshot: DatasetSnapshot,
    /// Has the history and the offset that the snapshot stands for.
    pub info: SaveInfo,
    pub offset: Offset,
    /// `rdb-key-save-delay`, for tests that need a slow transfer.
    pub key_delay_micros: i32,
}

/// What the manager and its links go by.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct ReplicationSettings {
    pub transfers: TransferSettings,
    pub links: LinkSettings,
    pub disable_tcp_nodelay: bool,
}

/// From a ReplicaLink: how far its replica is; on each change and once a second.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaProgressed {
    pub client: ClientId,
    pub status: ReplicaStatus,
    /// Bytes written to it, and ACKs that came, since the last message.
    pub written_bytes: u64,
    pub acks: u64,
}

/// From a ReplicaLink: what its replica has is not what it was sent.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaDistrusted {
    pub client: ClientId,
}

/// From a ReplicaLink: the last that it sends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaLost {
    pub client: ClientKey,
    /// `None`: it was told to end.
    pub cause: Option<Cause>,
}

/// From the snapshot thread: a transfer is over. `Err`: nothing of it is of use.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TransferFinished {
    pub ticket: Ticket,
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

/// From the manager: everything that the hub has for a link, in order. `credit`: with
/// `ToLink::SnapshotTaken`, given back for each chunk that is written.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LinkNews {
    pub what: ToLink,
    pub credit: Option<Arc<Credit>>,
}

/// From the snapshot thread: the next piece of the transfer, its frame included. At most as many
/// are on their way as there was credit.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SnapshotChunk {
    pub bytes: Bytes,
    /// How long the whole is, as far as that is known.
    pub size: SnapshotSize,
}

/// From the thread that reads the disk: what its link has asked for, or why it cannot be had.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StretchRead {
    pub result: Result<Bytes, String>,
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
    /// It is a replica of ours, which is asked to take over; answered by `HandOverAnswered`.
    pub hands_over: bool,
    /// Full syncs of this master's in a row that we did not take: 0: it is connected to at once,
    /// else after a while.
    pub refused_syncs: u32,
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
    /// In which form loaded collections are made.
    pub limits: Limits,
    /// What a loaded key's usage bits are to mean.
    pub maxmemory_policy: MaxmemoryPolicy,
    pub lfu_decay_minutes: u32,
    /// `repl-diskless-load flush-before-load`
    pub flushes_before_load: bool,
    /// `replica-wipe-guard`.
    pub wipe_guard_percent: u32,
    pub maxmemory: u64,
    /// `replica-ignore-maxmemory`
    pub ignores_maxmemory: bool,
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
    /// The stream is of no use: everything is asked for anew.
    pub from_scratch: bool,
}

/// From the keyspace: tell the master now how far we are (GETACK).
#[derive(Message)]
#[rtype(result = "()")]
pub struct Acknowledge {
    pub offset: i64,
}

/// From the keyspace of a replica: its append-only log has the stream up to there, safe on disk;
/// `None`: it has not, or not of this stream. Comes before the batch or data set that it is about
/// comes back.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LogSynced {
    pub offset: Option<Offset>,
}

/// From the keyspace: a batch of the stream is applied, or a data set has taken the place of ours;
/// the batch comes back for reuse. The credit for the next one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StreamApplied {
    pub batch: Box<Batch>,
    /// Where we are after it; behind the batch's end while a transaction of the master's is open.
    pub have: Have,
}

/// What came of a full sync.
pub struct LoadedSync {
    pub dataset: Dataset,
    pub report: LoadReport,
    /// The database that the stream goes on in.
    pub stream_db: DbIndex,
}

// --- to a Forwarder -----------------------------------------------------------------------------

/// Everything that the keyspace has for the forwarder of one client. One errand at most is away.
#[derive(Message)]
#[rtype(result = "()")]
pub enum ToForwarder {
    /// Answered by `Forwarded`.
    Forward(Box<Errand>),
    /// The client is gone, or has another forwarder.
    End,
}

/// What the keyspace starts a forwarder with.
pub struct ForwarderStart {
    pub client: ClientKey,
    pub host: String,
    pub port: u16,
    pub settings: MasterLinkSettings,
    /// Through which servers the client's commands go, ours the last.
    pub path: Vec<ReplId>,
}

// --- to the Migrator ----------------------------------------------------------------------------

/// MIGRATE of a client. Answered by `MigratorNews`; one at a time of each client.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Migrate {
    pub client: ClientKey,
    pub target: Target,
    pub entries: Vec<Entry>,
    pub compress: bool,
    /// An address of ours to speak from.
    pub source: Option<String>,
}

// --- to the MasterLink, from its threads --------------------------------------------------------

/// From the loader thread: a data set is complete and checked, or of no use.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoadFinished {
    pub epoch: u64,
    pub attempt: u64,
    pub result: Result<LoadedSync, String>,
}

/// From the loader thread, while it is at work.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoaderAdvanced {
    /// Of which it was: one that was given up does not count any more.
    pub attempt: u64,
    pub what: LoaderNews,
}

pub enum LoaderNews {
    /// So many bytes of the transfer were used up.
    UsedUp { bytes: usize },
    /// What the RDB says of the memory that the master had in use.
    MasterMemory { bytes: u64 },
}

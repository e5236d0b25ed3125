//! What the Keyspace receives.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use actix::{Message, Recipient};

use crate::base::ids::{ClientId, DbIndex, ReplId};
use crate::clients::{ClientKey, Gauges};
use crate::net::messages::ToConnection;
use crate::persistence::error::{LoadError, SaveError};
use crate::persistence::loaded::LoadedFile;
use crate::persistence::log::loaded::{LogEnd, LogLoadError};
use crate::rdb::load::LoadReport;
use crate::replication::model::flow::Pace;
use crate::replication::model::forward::Answer;
use crate::replication::model::hub::{ArrivalFault, ReplicaNews};
use crate::replication::model::journal::Event;
use crate::replication::model::migration::Outcome;
use crate::replication::model::psync::SyncOutcome;
use crate::replication::model::room::Shortage;
use crate::replication::model::status::MasterLinkStatus;
use crate::resp::exchange::Exchange;
use crate::resp::request::{Batch, OwnedCommand};
use crate::store::dataset::Dataset;

/// A client is there: answered with `ToConnection::Welcome` or `ToConnection::Refuse`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Connect {
    pub peer: PeerInfo,
    pub gauges: Arc<Gauges>,
    pub replies: Recipient<ToConnection>,
}

/// Who is at the other end.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// `ip:port`, `[ip6]:port`, or `path:0`.
    pub peer: String,
    pub local: String,
    pub fd: i32,
    pub is_unix_socket: bool,
    pub is_loopback: bool,
}

/// Run a pipeline. At most one is away from each connection. It comes back as
/// `ToConnection::Replies`, perhaps with commands left over: then it is to be sent again when
/// the replies are out.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Execute {
    pub client: ClientKey,
    pub exchange: Box<Exchange>,
    /// Bytes read from the socket and written to it since the last message.
    pub read_bytes: u64,
    pub written_bytes: u64,
}

/// From a client's forwarder: what became of its errand.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Forwarded {
    pub client: ClientKey,
    pub outcome: Result<Answer, ForwardError>,
}

/// Why an errand was not answered, or not to its end.
#[derive(Debug)]
pub enum ForwardError {
    /// Nothing of it was run. `may_pass`: it may be another matter in a moment.
    NotSent { reason: String, may_pass: bool },
    /// The rest may have run or not.
    Lost(Answer, String),
}

/// From the migrator: what became of a client's MIGRATE, or of connections that it keeps.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MigratorNews {
    /// Of the client that asked.
    pub outcome: Option<(ClientKey, Outcome)>,
    /// Connections to targets that are kept for the next time.
    pub links: usize,
}

/// The connection is closed; the last that it sends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Disconnected {
    pub client: ClientKey,
    /// It was closed at its output limit, or at its query buffer limit.
    pub over_limit: Option<LimitKind>,
    /// It was the peer that closed it.
    pub by_peer: bool,
    /// As of `Execute`: what came and went since the last one.
    pub read_bytes: u64,
    pub written_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    Output,
    QueryBuffer,
}

/// SIGTERM or SIGINT.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShutdownSignal {
    pub name: &'static str,
}

/// What changed of the replicas, as the ReplicationManager sees them; sent at the end of a round in
/// which something did.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicasChanged {
    pub news: ReplicaNews,
}

/// From the ReplicationManager: how fast clients may write; each tenth of a second while they may
/// not as fast as they can, and once when they may again. `name`: of the replica for whose sake.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetPace {
    pub pace: Option<Pace>,
    pub name: String,
}

/// A replica's link is there: what concerns the client goes to it from now on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaAttached {
    pub client: ClientKey,
    pub to: Recipient<ToConnection>,
}

/// From a ReplicaLink that ends for this reason: it is for who knows clients and commands to say
/// it. `Disconnected` follows.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplicaAtFault {
    pub client: ClientKey,
    pub fault: ReplicaFault,
}

#[derive(Debug)]
pub enum ReplicaFault {
    /// It left too much of the stream unread.
    OverOutputLimit,
    /// It sent something that wants an answer, for which the stream has no place.
    Spoke(OwnedCommand),
}

/// A client that became a replica was given up before it handed over its socket: its connection is
/// to be closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseArrival {
    pub client: ClientId,
    pub fault: ArrivalFault,
}

/// The replication manager wants a snapshot with the offset that it stands for. Answered by a
/// message to the manager, after the feed that came before it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TakeSnapshot {
    /// Given back with the snapshot.
    pub ticket: u64,
}

/// From the manager: the files of the stream cannot be read.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DiskUnreadable;

/// How the manager answered a PSYNC, for the counters of INFO.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SyncAnswered {
    pub outcome: SyncOutcome,
}

/// A full sync of this master's begins to load, and the old data set is to go before: no room is
/// for both, or, without `shortage`, it is set so.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MakeRoom {
    pub epoch: u64,
    pub shortage: Option<Shortage>,
}

/// The whole data set from the master, complete and checked: it replaces ours. Answered by
/// `StreamApplied` when it does; when not, the link is told first whom to follow now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LoadedDataset {
    pub epoch: u64,
    pub dataset: Dataset,
    /// `None`: the master knows SYNC only, and its history has no name.
    pub replid: Option<ReplId>,
    pub offset: i64,
    /// The database that the stream goes on in.
    pub stream_db: DbIndex,
    pub report: LoadReport,
    /// Comes back with the answer.
    pub batch: Box<Batch>,
}

/// The master goes on where we are, perhaps under another name.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StreamContinued {
    pub epoch: u64,
    pub new_id: Option<ReplId>,
}

/// The replica that was asked to take over from us (`Follow::hands_over`) has answered. When it takes
/// over, its stream or its data set follows.
#[derive(Message)]
#[rtype(result = "()")]
pub struct HandOverAnswered {
    pub epoch: u64,
    pub takes_over: bool,
}

/// Commands of the master's stream. One batch at a time; it comes back by `StreamApplied`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ApplyStream {
    pub epoch: u64,
    pub batch: Box<Batch>,
}

/// How the link to the master is; on each change and once a second.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MasterLinkChanged {
    pub epoch: u64,
    pub status: MasterLinkStatus,
    /// Bytes read from the master since the last message.
    pub read_bytes: u64,
    /// What happened to it, for the journal.
    pub events: Vec<Event>,
    /// Address of our end and the master's, for CLIENT LIST.
    pub addresses: Option<(String, String)>,
}

/// The stream from the master broke off: what it left half said is forgotten.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MasterStreamLost {
    pub epoch: u64,
}

/// The thread of a save has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SaveFinished {
    pub ticket: u64,
    pub result: Result<(), SaveError>,
}

/// The thread that loads the file at start has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FileLoaded {
    pub result: Result<LoadedFile, LoadError>,
}

/// From the thread of the append-only log.
#[derive(Message)]
#[rtype(result = "()")]
pub enum LogNews {
    /// What was written before that sync was asked for is safe on disk, or it failed.
    Synced { ticket: u64, result: io::Result<()> },
    /// The file to go on in. `Err`: what the log is to say.
    Prepared { ticket: u64, result: Result<File, String> },
    /// The manifest of a new base is in its place.
    Placed { ticket: u64, result: Result<(), String> },
    /// The copy that this client waits for is there, or is not.
    BackedUp { client: ClientKey, is_done: bool },
    /// A segment of the stream, where there is no append-only log.
    SegmentMade { seq: u64, made: io::Result<File> },
}

/// From the thread that loads the append-only log, in the order of the log; `Ended` is the last.
#[derive(Message)]
#[rtype(result = "()")]
pub enum LogPiece {
    /// What follows is of this file, and begins in database 0.
    FileBegins {
        name: String,
    },
    Base(Box<LoadedFile>),
    /// All of it has been sent; `began`: when that was begun.
    FileEnds {
        name: String,
        is_base: bool,
        began: Instant,
    },
    /// It is given back when it has run: at most a few are on their way.
    Commands(Box<Batch>),
    Ended(Result<LogEnd, LogLoadError>),
}

/// The peer of a connection whose batch is away has closed its side. If a command of the batch
/// waits, the connection is told to close; else the batch comes back as always.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PeerClosed {
    pub client: ClientKey,
}

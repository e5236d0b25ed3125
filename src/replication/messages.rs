//! What the replication actors receive.

use actix::Message;
use bytes::Bytes;

use crate::base::ids::ReplId;
use crate::clients::ReplicaIntro;
use crate::commands::effect::SyncRequest;
use crate::store::dataset::DatasetSnapshot;

/// To the ReplicationManager: the stream's next bytes, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AppendFeed {
    pub bytes: Bytes,
}

/// To the ReplicationManager: a client wants to become a replica. Its socket follows by
/// `AdoptSocket`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct BeginSync {
    pub request: SyncRequest,
    /// `ip:port` of the connection.
    pub peer: String,
    pub intro: ReplicaIntro,
}

/// To the ReplicationManager: the snapshot it asked for by `TakeSnapshot`, on the same edge as
/// the feed before it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReceiveSnapshot {
    pub ticket: u64,
    pub snapshot: DatasetSnapshot,
    pub replid: ReplId,
    /// The stream's offset that the snapshot stands for.
    pub offset: i64,
    /// Database the stream is in at that offset; -1: it begins with a SELECT.
    pub stream_db: i64,
}

/// To the MasterLink: follow this master from now on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Follow {
    pub host: String,
    pub port: u16,
}

/// To the MasterLink: REPLICAOF NO ONE.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StopFollowing;

/// To the MasterLink: the master wants an acknowledgement now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Acknowledge {
    pub offset: i64,
}

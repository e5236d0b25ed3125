//! What the hub wants done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::base::ids::ClientId;
use crate::base::offset::Offset;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::flow::Pace;
use crate::replication::model::framing::Framing;
use crate::replication::model::journal::Event;
use crate::replication::model::lines::LogLine;
use crate::replication::model::progress::Progress;
use crate::replication::model::psync::SyncOutcome;
use crate::replication::model::status::{AboutReplica, ReplicaStatus};

/// Counts snapshots that were asked for.
pub type Ticket = u64;

/// For the actor that drives the hub, to be done in order.
pub enum Order {
    Log(LogLine),
    /// Start a link for the socket that has just come.
    StartLink(Box<LinkStart>),
    /// Its client was given up while its socket is on its way: the keyspace closes its connection.
    CloseArrival {
        client: ClientId,
        fault: ArrivalFault,
    },
    /// Drop the socket that has just come: its client was given up.
    RefuseSocket {
        client: ClientId,
    },
    /// A message to a link.
    Tell {
        client: ClientId,
        what: ToLink,
    },
    /// Ask the keyspace for a snapshot, or look again ([`super::Hub::start_transfers`]) when all
    /// that waits to be handled is.
    TakeSnapshot {
        ticket: Ticket,
    },
    LookAtOnce,
    /// Look again then, and not at an earlier appointment.
    LookAgain {
        after: Duration,
    },
    /// Start the thread for the snapshot that has just come. Each reader was told of its credit.
    BeginTransfer(BeginTransfer),
    /// The reader of a transfer is gone: the thread must not wait for it.
    CloseCredit {
        ticket: Ticket,
        client: ClientId,
    },
    /// How fast clients may write from now on; `None`: as fast as they can.
    SetPace(Option<Pace>),
    /// For the counters of INFO.
    CountSync(SyncOutcome),
    /// Tell the keyspace that a client is gone.
    Disconnected {
        client: ClientId,
    },
    /// The files cannot be read: what is written from here on has to be told anew.
    TellUnreadable,
    /// To be freed somewhere else: it may be long.
    Discard(Backlog),
}

/// Why one that has yet to hand over its socket was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalFault {
    /// It keeps too much of the backlog.
    OverOutputLimit,
    TimedOut,
    /// What it was promised is of a stream with another name or place.
    StreamChanged,
}

pub struct BeginTransfer {
    pub ticket: Ticket,
    pub framing: Framing,
    /// For `rdb-filter-only functions`.
    pub without_keys: bool,
    pub readers: Vec<ClientId>,
}

/// What a link begins with.
pub struct LinkStart {
    pub client: ClientId,
    /// `ip:port` for the log.
    pub name: String,
    pub about: Arc<AboutReplica>,
    pub progress: Progress,
    /// `+CONTINUE ...`; empty for one that waits for a snapshot.
    pub reply: Bytes,
}

/// What a link hears.
#[derive(Clone, Debug)]
pub enum ToLink {
    /// The backlog has grown.
    FeedAdvanced,
    /// A snapshot was taken for its replica, and its encoding begins. `reply`: `+FULLRESYNC ...`,
    /// empty for a plain SYNC.
    SnapshotTaken { ticket: Ticket, reply: Bytes, offset: Offset, framing: Framing },
    /// All chunks of the snapshot have come: that was all, or it failed.
    SnapshotEnd { is_complete: bool },
    /// End at once.
    Close,
}

/// What the keyspace mirrors of the replicas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReplicaNews {
    /// Those of whom there is news, in the order they connected.
    pub changes: Vec<ReplicaChange>,
    /// Bytes written to replicas since the last news.
    pub written_bytes: u64,
    /// What happened to their links.
    pub events: Vec<Event>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct ReplicaChange {
    pub client: ClientId,
    /// `None`: it is gone.
    pub status: Option<ReplicaStatus>,
    /// It has sent so many ACKs since the last news.
    pub acks: u64,
}

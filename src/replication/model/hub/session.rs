//! One replica, from its PSYNC on.

use std::sync::Arc;

use bytes::Bytes;

use super::arrival::Arrival;
use crate::base::ids::ClientId;
use crate::base::time::UnixMillis;
use crate::clients::ReplicaIntro;
use crate::replication::model::journal::Cause;
use crate::replication::model::lines;
use crate::replication::model::status::{AboutReplica, ReplicaStatus};

/// A client wants to become a replica.
#[derive(Clone, Debug)]
pub struct SyncStart {
    pub client: ClientId,
    /// The arguments of PSYNC.
    pub replid: Vec<u8>,
    pub wanted: i64,
    /// It sent SYNC, which has no arguments.
    pub is_old_sync: bool,
    /// The address it comes from, without the port.
    pub ip: String,
    pub intro: ReplicaIntro,
}

impl SyncStart {
    /// The address by which it is known: as announced, else where it comes from.
    fn shown_ip(&self) -> &str {
        match self.intro.announced_ip.as_str() {
            "" => &self.ip,
            announced => announced,
        }
    }

    pub(super) fn replica_name(&self) -> String {
        lines::replica_name(self.shown_ip(), self.intro.listening_port)
    }
}

pub(super) struct Session {
    pub(super) sync: SyncStart,
    /// `ip:port` for the log.
    pub(super) name: String,
    about: Arc<AboutReplica>,
    /// `+CONTINUE ...`, until its link has it; empty for one that needs everything.
    pub(super) reply: Bytes,
    pub(super) place: Place,
    /// `None`: its link has not begun.
    pub(super) status: Option<ReplicaStatus>,
    /// What it has is not what it was sent, until it has everything anew.
    pub(super) is_distrusted: bool,
    pub(super) began_at: UnixMillis,
    pub(super) written_bytes: u64,
    /// Why nothing is promised to it any more.
    pub(super) doomed_by: Option<Cause>,
    /// ACKs of which the keyspace has not been told.
    pub(super) untold_acks: u64,
}

/// The states of the picture in `hub.rs`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Its socket is on its way.
    Arriving(Arrival),
    /// Its link has the socket. `Some`: it waits for a snapshot since then.
    Linked { waiting_since: Option<UnixMillis> },
    /// Its link was told to end.
    Leaving,
}

impl Place {
    pub(super) fn is_linked(&self) -> bool {
        matches!(self, Place::Linked { .. })
    }

    pub(super) fn waiting_since(&self) -> Option<UnixMillis> {
        match *self {
            Place::Linked { waiting_since } => waiting_since,
            Place::Arriving(_) | Place::Leaving => None,
        }
    }
}

impl Session {
    pub(super) fn new(
        sync: SyncStart,
        name: String,
        place: Place,
        reply: Bytes,
        now: UnixMillis,
    ) -> Session {
        let about = Arc::new(AboutReplica {
            ip: sync.shown_ip().to_owned(),
            port: sync.intro.listening_port,
            is_rdb_only: sync.intro.rdb_only,
        });
        Session {
            sync,
            name,
            about,
            reply,
            place,
            status: None,
            is_distrusted: false,
            began_at: now,
            written_bytes: 0,
            doomed_by: None,
            untold_acks: 0,
        }
    }

    pub(super) fn about(&self) -> Arc<AboutReplica> {
        self.about.clone()
    }
}

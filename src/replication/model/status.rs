//! What INFO and ROLE show of replication: plain facts, mirrored to where those commands run.

mod master_link;

pub use self::master_link::{LinkState, MasterLinkStatus, TransferStatus};

use std::sync::Arc;

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::lag::{self, Acknowledged, Lag, StreamTimes};
use crate::replication::model::progress::Progress;

/// What does not change of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutReplica {
    /// What it announced, or where it comes from.
    pub ip: String,
    /// What it said with `REPLCONF listening-port`, else 0.
    pub port: u16,
    /// It takes a snapshot and nothing more: nobody counts on it, and nobody waits for it.
    pub is_rdb_only: bool,
}

/// What a client waits for of its replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acks {
    /// WAIT: that they have applied it.
    Applied,
    /// WAITAOF: that it is safe in their append-only logs.
    Fsynced,
    /// WAITAOF with a one before: in ours too.
    FsyncedHere,
}

/// One replica, as its master shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    pub about: Arc<AboutReplica>,
    /// `wait_bgsave`, `send_bulk` or `online`.
    pub state: &'static str,
    /// The last acknowledged offset.
    pub offset: Offset,
    /// The last offset that it says is safe in its append-only log.
    pub fsynced: Offset,
    pub lag_seconds: i64,
    /// A snapshot is being made for it.
    pub awaits_snapshot: bool,
    /// It has said how far it is, since the stream flows.
    pub has_acknowledged: bool,
    /// The last offset that it says it has received; none from one of another make.
    pub received: Option<Offset>,
    /// When it last acknowledged or came online.
    pub acked_at: UnixMillis,
    /// Of a snapshot, that went out to it.
    pub snapshot_bytes: u64,
    /// Its full sync, until the stream flows.
    pub sync: Option<SentSnapshot>,
}

/// A full sync as the master sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentSnapshot {
    pub phase: &'static str,
    /// When it was decided on, and when the snapshot began to flow.
    pub asked_at: UnixMillis,
    pub begun_at: UnixMillis,
    pub sent_bytes: u64,
    pub size: SnapshotSize,
}

/// How long the whole snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SnapshotSize {
    #[default]
    Unknown,
    /// By the keys that are encoded so far, of all.
    Estimated(u64),
    Exact(u64),
}

impl SnapshotSize {
    /// In bytes; 0: unknown.
    pub fn bytes(self) -> u64 {
        match self {
            SnapshotSize::Unknown => 0,
            SnapshotSize::Estimated(bytes) | SnapshotSize::Exact(bytes) => bytes,
        }
    }

    fn name(self) -> &'static str {
        match self {
            SnapshotSize::Unknown => "unknown",
            SnapshotSize::Estimated(_) => "estimated",
            SnapshotSize::Exact(_) => "exact",
        }
    }
}

impl SentSnapshot {
    /// The value of `replica_sync_N:` in INFO.
    pub fn info_value(&self, now: UnixMillis) -> String {
        let SentSnapshot { phase, sent_bytes, size, .. } = *self;
        let total = size.bytes();
        let percent = lag::percent(sent_bytes, total);
        let eta = lag::eta_seconds(sent_bytes, total, now - self.begun_at).unwrap_or(-1);
        format!(
            "phase={phase},sent_bytes={sent_bytes},total_bytes={total},total={},\
             percent={percent:.2},eta_seconds={eta}",
            size.name()
        )
    }
}

impl ReplicaStatus {
    pub fn new(about: Arc<AboutReplica>, progress: &Progress, now: UnixMillis) -> Self {
        ReplicaStatus {
            about,
            state: progress.state_name(),
            offset: progress.acked(),
            fsynced: progress.fsynced(),
            lag_seconds: progress.lag_seconds(now),
            awaits_snapshot: progress.awaits_snapshot(),
            has_acknowledged: progress.has_acked(),
            received: progress.received(),
            acked_at: progress.acked_at(),
            snapshot_bytes: 0,
            sync: None,
        }
    }

    /// How far it is behind, where the stream ends at `end`; `None` until it says how far it is.
    pub fn lag(&self, times: &StreamTimes, end: Offset, now: UnixMillis) -> Option<Lag> {
        let ReplicaStatus { offset, received, acked_at, .. } = *self;
        let said = Acknowledged { applied: offset, received, at: acked_at };
        self.has_acknowledged.then(|| Lag::of(said, times, end, now))
    }

    /// The value of `replica_lag_N:` in INFO.
    pub fn lag_value(lag: Lag) -> String {
        let Lag { bytes, applied_millis, received_millis } = lag;
        let by = if received_millis.is_some() { "measured" } else { "estimated" };
        let received = received_millis.map_or(String::new(), |ms| format!(",received_lag_ms={ms}"));
        format!("lag_bytes={bytes},lag_ms={applied_millis}{received},figures={by}")
    }

    /// Up to where it has acknowledged this.
    pub fn acknowledged(&self, what: Acks) -> Offset {
        match what {
            Acks::Applied => self.offset,
            Acks::Fsynced | Acks::FsyncedHere => self.fsynced,
        }
    }

    /// The value of `slaveN:` in INFO.
    pub fn info_value(&self) -> String {
        let ReplicaStatus { about, state, offset, lag_seconds, .. } = self;
        let AboutReplica { ip, port, .. } = &**about;
        format!("ip={ip},port={port},state={state},offset={offset},lag={lag_seconds}")
    }

    /// Whether ROLE names it.
    pub fn is_online(&self) -> bool {
        self.state == "online"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_reads_in_info_as_in_redis() {
        let mut progress = Progress::continuing(1794, 0);
        progress.acknowledge(794, 1000);
        let about = AboutReplica { ip: "192.168.112.3".into(), port: 9001, is_rdb_only: false };
        let status = ReplicaStatus::new(Arc::new(about), &progress, 2999);
        assert_eq!(status.info_value(), "ip=192.168.112.3,port=9001,state=online,offset=794,lag=1");
        assert!(status.is_online());
    }

    #[test]
    fn one_that_never_acknowledged_has_no_lag_yet() {
        let about = AboutReplica { ip: "::1".into(), port: 1, is_rdb_only: false };
        let lag = |progress: &Progress| {
            let status = ReplicaStatus::new(Arc::new(about.clone()), progress, 0);
            status.lag(&StreamTimes::default(), 1000, 9000).map(|lag| lag.bytes)
        };
        let mut progress = Progress::continuing(900, 0);
        assert_eq!((lag(&Progress::waiting(true, 0)), lag(&progress)), (None, None));
        progress.acknowledge(900, 0);
        assert_eq!(lag(&progress), Some(100));
    }
}

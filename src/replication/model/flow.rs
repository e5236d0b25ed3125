//! How fast clients may write while a replica lags: "a full sync never loops".
//!
//! What a replica has yet to take stays in the backlog, which may grow to `repl-memory-limit` for
//! it. When half of that is in use, writers are slowed to what lets the slowest replica gain; when
//! less than three eighths are, they are let go.
//!
//! ```text
//!                      lag >= limit / 2
//!   writers are free ────────────────────► slowed ─┐ each tenth of a second
//!          ▲                                 │  ▲  │ a new pace
//!          └─────────────────────────────────┘  └──┘
//!            lag < 3/8 limit, or nobody lags
//! ```
//!
//! Of a replica that reads from the disk the limit is what is kept there, if that is more.
//!
//! The pace is the least that any of the lagging replicas asks for:
//! - one that takes its snapshot, or loads it, takes nothing of the stream yet: what room is left
//!   has to last for the time that is left;
//! - one that takes the stream gains on writers that get three quarters of what it takes;
//! - one that stands still leaves them a trickle, until `repl-timeout` gives it up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::output_limit::OutputLimit;
use crate::base::ids::ClientId;
use crate::base::offset::{self, Offset};
use crate::base::time::UnixMillis;

/// What the backlog may grow to at least where nobody has said: what redis-server lets one replica
/// have.
pub const LEAST_AUTOMATIC_BYTES: u64 = 256 << 20;

/// A replica that follows and has taken nothing for so long is on its own: the output limits hold.
pub const STANDS_STILL_MILLIS: i64 = 10_000;

/// How long the room has to last when nobody knows.
const UNKNOWN_LEFT: Duration = Duration::from_secs(10);
/// The least time that room is made to last, so that it is never used up at once.
const LEAST_LEFT: Duration = Duration::from_secs(1);
/// What writers get of a replica that stands still, a second.
const TRICKLE_BYTES: u64 = 64 << 10;
/// Two looks that lie closer together tell nothing of a pace.
const LEAST_SAMPLE_MILLIS: i64 = 50;

/// `repl-memory-limit`, `repl-throttle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowSettings {
    /// 0: a quarter of the data set, and [`LEAST_AUTOMATIC_BYTES`] at least.
    pub limit_bytes: u64,
    pub throttles: bool,
}

impl FlowSettings {
    /// What the backlog may grow to. `data_bytes`: what the data set took at the latest snapshot.
    pub fn limit(self, data_bytes: u64) -> u64 {
        match self.limit_bytes {
            0 => LEAST_AUTOMATIC_BYTES.max(data_bytes / 4),
            set => set,
        }
    }

    /// The same where the backlog keeps so much for replicas to come (`repl-backlog-size`): as much
    /// again may lag before it grows for anybody.
    pub fn room(self, data_bytes: u64, kept_bytes: u64) -> u64 {
        self.limit(data_bytes).max(kept_bytes.saturating_mul(2))
    }

    /// The limit of a replica that catches up, or takes the stream though it lags. The output limit
    /// gives way as long as it is the default; one that somebody has set holds as it is.
    pub fn for_guarded(self, output: OutputLimit, data_bytes: u64) -> OutputLimit {
        // Slowed writers stay below the limit, but for what a client's longest delay lets through.
        let limit = self.limit(data_bytes);
        let given_up_at = if self.throttles { limit.saturating_add(limit / 4) } else { limit };
        if output == OutputLimit::DEFAULT {
            return OutputLimit { hard_bytes: given_up_at, soft_bytes: 0, soft_seconds: 0 };
        }
        match (output.hard_bytes, self.limit_bytes) {
            // Nobody has set any.
            (0, 0) => output,
            (0, _) => OutputLimit { hard_bytes: given_up_at, ..output },
            (hard, _) => OutputLimit { hard_bytes: hard.min(given_up_at), ..output },
        }
    }
}

/// How long a transfer takes yet, of which so many thousandths are done.
pub fn time_left(elapsed: Duration, permille: u32) -> Option<Duration> {
    let left = 1000_u32.saturating_sub(permille);
    (permille > 0).then(|| elapsed.saturating_mul(left) / permille)
}

/// A replica as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    pub client: ClientId,
    pub lag_bytes: u64,
    /// It reads from the disk.
    pub is_stored: bool,
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug)]
pub enum Phase {
    /// It takes its snapshot, or loads it. `left`: for so long yet, if that is known.
    Syncing { left: Option<Duration> },
    /// It takes the stream, and is here. `catches_up`: it has not had all since its snapshot.
    Streaming { position: Offset, catches_up: bool },
}

/// How fast clients may write, and for whose sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub bytes_per_second: u64,
    pub client: ClientId,
    pub lag_bytes: u64,
    pub limit_bytes: u64,
}

/// What a replica takes of the stream.
#[derive(Clone, Copy, Debug)]
struct Drain {
    position: Offset,
    looked_at: UnixMillis,
    moved_at: UnixMillis,
    bytes_per_second: Option<u64>,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Flow {
    settings: FlowSettings,
    drains: BTreeMap<ClientId, Drain>,
    pace: Option<Pace>,
    kept_bytes: u64,
    stored_bytes: u64,
    /// How far the last was behind at the latest look.
    seen_lag_bytes: u64,
}

impl Flow {
    pub fn new(settings: FlowSettings) -> Flow {
        Flow {
            settings,
            drains: BTreeMap::new(),
            pace: None,
            kept_bytes: 0,
            stored_bytes: 0,
            seen_lag_bytes: 0,
        }
    }

    pub fn set(&mut self, settings: FlowSettings) {
        self.settings = settings;
    }

    pub fn pace(&self) -> Option<Pace> {
        self.pace
    }

    /// What the backlog keeps for replicas to come (`repl-backlog-size`), and what is on disk of
    /// the stream for them (`repl-backlog-disk-size`).
    pub fn set_kept(&mut self, backlog_bytes: u64, stored_bytes: u64) {
        (self.kept_bytes, self.stored_bytes) = (backlog_bytes, stored_bytes);
    }

    fn limit(&self, data_bytes: u64) -> u64 {
        self.settings.room(data_bytes, self.kept_bytes)
    }

    /// Whether writers would be slowed at the next look, though they are free: then it must not
    /// wait for the clock. Nobody is slowed for one that stands still, of which a look now and then
    /// is enough.
    pub fn is_pressed(&self, lag_bytes: u64, data_bytes: u64) -> bool {
        if !self.settings.throttles || self.pace.is_some() {
            return false;
        }
        let limit = self.limit(data_bytes);
        let (from, seen) = (limit / 2, self.seen_lag_bytes);
        lag_bytes >= from && (seen < from || lag_bytes >= seen.saturating_add(limit / 16))
    }

    /// Looks at all replicas. The pace from now on.
    pub fn look(&mut self, readers: &[Reader], data_bytes: u64, now: UnixMillis) -> Option<Pace> {
        self.drains.retain(|client, _| readers.iter().any(|reader| reader.client == *client));
        let in_memory = self.limit(data_bytes);
        let kept = readers.iter().filter(|reader| !reader.is_stored).map(|r| r.lag_bytes).max();
        self.seen_lag_bytes = kept.unwrap_or(0);
        let mut slowest: Option<Pace> = None;
        let is_slowed = self.pace.is_some();
        for reader in readers {
            let limit = if reader.is_stored { in_memory.max(self.stored_bytes) } else { in_memory };
            let from = if is_slowed { limit / 8 * 3 } else { limit / 2 };
            let asked = self.asked_by(reader, limit, now);
            let Some(bytes_per_second) = asked.filter(|_| reader.lag_bytes >= from) else {
                continue;
            };
            if slowest.is_none_or(|slowest| bytes_per_second < slowest.bytes_per_second) {
                let Reader { client, lag_bytes, .. } = *reader;
                slowest = Some(Pace { bytes_per_second, client, lag_bytes, limit_bytes: limit });
            }
        }
        self.pace = slowest.filter(|_| self.settings.throttles);
        self.pace
    }

    /// What one replica leaves to writers, a second; `None`: nobody waits for it.
    fn asked_by(&mut self, reader: &Reader, limit: u64, now: UnixMillis) -> Option<u64> {
        let room = limit.saturating_sub(reader.lag_bytes);
        match reader.phase {
            Phase::Syncing { left } => {
                // What is written meanwhile is to be taken yet when the snapshot is loaded.
                let left = left.map_or(UNKNOWN_LEFT, |left| left + left / 4).max(LEAST_LEFT);
                Some(per_second(room, left))
            }
            Phase::Streaming { position, catches_up } => {
                let drain = self.drains.entry(reader.client).or_insert(Drain {
                    position,
                    looked_at: now,
                    moved_at: now,
                    bytes_per_second: None,
                });
                drain.look(position, now);
                if !catches_up && now - drain.moved_at >= STANDS_STILL_MILLIS {
                    return None;
                }
                let trickle = per_second(room, UNKNOWN_LEFT).min(TRICKLE_BYTES);
                Some(match drain.bytes_per_second {
                    None => per_second(room, UNKNOWN_LEFT),
                    Some(taken) => (taken / 4 * 3).max(trickle),
                })
            }
        }
    }
}

impl Drain {
    fn look(&mut self, position: Offset, now: UnixMillis) {
        let millis = now - self.looked_at;
        if millis < 0 {
            // The clock was set back.
            (self.looked_at, self.moved_at) = (now, now);
            return;
        }
        if millis < LEAST_SAMPLE_MILLIS {
            return;
        }
        let taken = offset::bytes_between(self.position, position) as u64;
        if taken > 0 {
            self.moved_at = now;
        }
        let sample = taken.saturating_mul(1000) / millis as u64;
        let known = self.bytes_per_second.unwrap_or(sample);
        self.bytes_per_second = Some((known.saturating_mul(3).saturating_add(sample)) / 4);
        (self.position, self.looked_at) = (position, now);
    }
}

fn per_second(bytes: u64, time: Duration) -> u64 {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    bytes.saturating_mul(1000) / millis
}

#[cfg(test)]
mod tests;

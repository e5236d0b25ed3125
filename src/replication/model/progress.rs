//! How far one replica is, as its master sees it.
//!
//! ```text
//!                 full sync needed                 may continue
//!                        │                              │
//!                        ▼                              │
//!                  ┌───────────┐                        │
//!                  │ Waiting   │ wait_bgsave            │
//!                  └─────┬─────┘                        │
//!                        │ begin_transfer(offset)       │
//!              by mark ┌─┴────────────┐ by length       │
//!                      │              ▼                 │
//!                      │          ┌────────┐            │
//!                      │          │ Saving │ wait_bgsave│
//!                      │          └───┬────┘            │
//!                      ▼              ▼ begin_sending   │
//!       wait_bgsave ┌────────────────────┐ send_bulk    │
//!                   │ Transferring       │              │
//!                   └──┬──────────────┬──┘              │
//!                      ▼              │ finish_transfer │
//!            online ┌──────────────┐  │                 │
//!                   │ AwaitingAck  │  │                 │
//!                   └──┬───────────┘  │                 │
//!                      │ first ACK    ▼                 ▼
//!                      └────────►┌────────────────────────┐
//!                                │ Streaming              │ online
//!                                └────────────────────────┘
//! ```
//! While a file is written, newlines keep the replica in patience, however long it takes.
//! After a transfer by mark the stream must wait for the first ACK: the replica takes the last
//! bytes that it receives for the mark, so nothing may follow it unasked.

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::framing::Framing;
use crate::replication::model::lines::{self, LogLine};

/// The states of the picture above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// What is to be sent by length is written to a file.
    Saving,
    Transferring(Framing),
    AwaitingAck,
    Streaming,
}

/// One replica's progress: `backlog.start <= acked <= sent <= backlog.end` as soon as it streams
/// (`acked` is 0 until the first ACK).
#[derive(Clone, Debug)]
pub struct Progress {
    stage: Stage,
    /// Everything up to here went into its socket, or is in the snapshot that it gets.
    sent: Offset,
    /// Everything up to here it says it has applied: `offset` in INFO.
    acked: Offset,
    has_acked: bool,
    /// Everything up to here it says is safe in its append-only log.
    fsynced: Offset,
    /// Everything up to here it says has come, applied or not; `None`: it does not say.
    received: Option<Offset>,
    /// When it last said so, or came online. `lag` in INFO is the time since.
    acked_at: UnixMillis,
    /// When the last bytes of a transfer went into its socket.
    wrote_at: UnixMillis,
    /// It sent `SYNC`: it does not know REPLCONF ACK, so its silence means nothing.
    sends_acks: bool,
}

impl Progress {
    /// A replica that needs a full sync.
    pub fn waiting(sends_acks: bool, now: UnixMillis) -> Self {
        Progress {
            stage: Stage::Waiting,
            sent: 0,
            acked: 0,
            has_acked: false,
            fsynced: 0,
            received: None,
            acked_at: now,
            wrote_at: now,
            sends_acks,
        }
    }

    /// A replica that continues after `from`.
    pub fn continuing(from: Offset, now: UnixMillis) -> Self {
        Progress {
            stage: Stage::Streaming,
            sent: from,
            acked: 0,
            has_acked: false,
            fsynced: 0,
            received: None,
            acked_at: now,
            wrote_at: now,
            sends_acks: true,
        }
    }

    /// Its snapshot was taken at `snapshot` and begins to flow. One that sent `SYNC` and still asked
    /// for a mark gets no stream after it, for want of an ACK, as with Redis.
    pub fn begin_transfer(&mut self, snapshot: Offset, framing: Framing, now: UnixMillis) {
        assert_eq!(self.stage, Stage::Waiting, "one transfer a link");
        self.stage = match framing {
            Framing::Length => Stage::Saving,
            Framing::Mark => Stage::Transferring(framing),
        };
        self.sent = snapshot;
        self.wrote_at = now;
    }

    /// There are bytes of the snapshot to send. True if that is news.
    pub fn begin_sending(&mut self, now: UnixMillis) -> bool {
        let is_saved = self.stage == Stage::Saving;
        if is_saved {
            self.stage = Stage::Transferring(Framing::Length);
            self.wrote_at = now;
        }
        is_saved
    }

    /// Some bytes of the transfer went out, or none waited to.
    pub fn transferred_some(&mut self, now: UnixMillis) {
        self.wrote_at = now;
    }

    /// All of the snapshot went out: the replica counts as online.
    #[expect(clippy::panic, reason = "an invariant: links finish what they began")]
    pub fn finish_transfer(&mut self, now: UnixMillis) {
        self.stage = match self.stage {
            Stage::Transferring(Framing::Mark) => Stage::AwaitingAck,
            Stage::Transferring(Framing::Length) => Stage::Streaming,
            stage => panic!("a transfer finished in {stage:?}"),
        };
        self.acked_at = now;
    }

    /// `REPLCONF ACK <offset>` came. True if it is the one that the stream waited for. What it
    /// claims to have beyond what it was sent is not believed.
    pub fn acknowledge(&mut self, claimed: Offset, now: UnixMillis) -> bool {
        self.acked = self.acked.max(claimed.min(self.sent));
        self.has_acked = true;
        self.acked_at = now;
        let first = self.stage == Stage::AwaitingAck;
        if first {
            self.stage = Stage::Streaming;
        }
        first
    }

    /// `FACK <offset>` came beside it.
    pub fn acknowledge_fsync(&mut self, claimed: Offset) {
        self.fsynced = self.fsynced.max(claimed.min(self.sent));
    }

    /// `RECEIVED <offset>` came beside it.
    pub fn acknowledge_receipt(&mut self, claimed: Offset) {
        let claimed = claimed.min(self.sent);
        self.received = Some(self.received.map_or(claimed, |before| before.max(claimed)));
    }

    /// It gave a sign of life other than an ACK: a newline while it loads.
    pub fn heard(&mut self, now: UnixMillis) {
        self.acked_at = now;
    }

    /// The stream went out up to `position`.
    pub fn sent_to(&mut self, position: Offset) {
        assert_eq!(self.stage, Stage::Streaming, "only a stream moves the cursor");
        assert!(position >= self.sent, "what was sent stays sent");
        self.sent = position;
    }

    /// The state.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether the stream may flow.
    pub fn may_stream(&self) -> bool {
        self.stage == Stage::Streaming
    }

    /// Whether it counts for WAIT, ROLE and min-replicas-to-write.
    pub fn is_online(&self) -> bool {
        matches!(self.stage, Stage::AwaitingAck | Stage::Streaming)
    }

    /// Whether it must be kept in patience with a newline each second: nothing else is sent yet.
    pub fn wants_newlines(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Saving)
    }

    /// Whether a snapshot is being made for it, as `rdb_bgsave_in_progress` counts.
    pub fn awaits_snapshot(&self) -> bool {
        matches!(self.stage, Stage::Saving | Stage::Transferring(Framing::Mark))
    }

    /// Position behind the last byte sent, or of its snapshot.
    pub fn sent(&self) -> Offset {
        self.sent
    }

    /// The last offset that it acknowledged; 0 before the first ACK.
    pub fn acked(&self) -> Offset {
        self.acked
    }

    /// Whether it has said how far it is, since the stream flows.
    pub fn has_acked(&self) -> bool {
        self.has_acked && self.may_stream()
    }

    /// The last offset that it says has come.
    pub fn received(&self) -> Option<Offset> {
        self.received
    }

    /// When it was last heard of, or came online.
    pub fn acked_at(&self) -> UnixMillis {
        self.acked_at
    }

    /// What a full sync waits for; `None` once the stream flows.
    pub fn sync_phase(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Waiting => Some("waiting"),
            Stage::Saving => Some("saving"),
            Stage::Transferring(_) => Some("sending"),
            Stage::AwaitingAck => Some("loading"),
            Stage::Streaming => None,
        }
    }

    /// The last offset that it says is safe in its append-only log; 0 before that, and without one.
    pub fn fsynced(&self) -> Offset {
        self.fsynced
    }

    /// `lag` in INFO: whole seconds since it was last heard of, 0 before it is online.
    pub fn lag_seconds(&self, now: UnixMillis) -> i64 {
        if self.is_online() { seconds(now) - seconds(self.acked_at) } else { 0 }
    }

    /// `state` in INFO.
    pub fn state_name(&self) -> &'static str {
        match self.stage {
            Stage::Waiting | Stage::Saving | Stage::Transferring(Framing::Mark) => "wait_bgsave",
            Stage::Transferring(Framing::Length) => "send_bulk",
            Stage::AwaitingAck | Stage::Streaming => "online",
        }
    }

    /// The line to log if `repl-timeout` makes the master close this link now.
    pub fn timed_out(&self, timeout_seconds: i64, now: UnixMillis, name: &str) -> Option<LogLine> {
        let (since, line): (UnixMillis, fn(&str) -> LogLine) = match self.stage {
            Stage::Waiting | Stage::Saving => return None,
            Stage::Transferring(_) => (self.wrote_at, lines::master::full_sync_timed_out),
            Stage::AwaitingAck | Stage::Streaming if !self.sends_acks => return None,
            Stage::AwaitingAck | Stage::Streaming => {
                (self.acked_at, lines::master::streaming_timed_out)
            }
        };
        (seconds(now) - seconds(since) > timeout_seconds).then(|| line(name))
    }
}

/// Redis counts on a clock of whole seconds: the difference of two of them is what it shows.
pub(super) fn seconds(time: UnixMillis) -> i64 {
    time.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Framing::*;

    fn after_transfer(framing: Framing) -> Progress {
        let mut progress = Progress::waiting(true, 0);
        progress.begin_transfer(1821, framing, 1000);
        progress.begin_sending(1000);
        progress.finish_transfer(5000);
        progress
    }

    #[test]
    fn a_replica_is_kept_in_patience_for_as_long_as_its_file_is_written() {
        let mut progress = Progress::waiting(true, 0);
        progress.begin_transfer(5, Length, 0);
        assert_eq!(progress.state_name(), "wait_bgsave");
        assert!(progress.wants_newlines() && progress.awaits_snapshot());
        assert!(progress.timed_out(60, 1_000_000, "r:1").is_none());
        progress.begin_sending(1_000_000);
        assert!(!progress.wants_newlines() && !progress.awaits_snapshot());
        assert!(progress.timed_out(60, 1_061_000, "r:1").is_some());
    }

    #[test]
    fn a_transfer_by_mark_waits_for_the_first_ack_before_it_streams() {
        let mut progress = Progress::waiting(true, 0);
        assert!(progress.wants_newlines());
        assert_eq!(progress.state_name(), "wait_bgsave");
        progress.begin_transfer(1821, Mark, 1000);
        assert!(!progress.wants_newlines());
        assert_eq!((progress.state_name(), progress.is_online()), ("wait_bgsave", false));
        progress.finish_transfer(5000);
        assert_eq!((progress.state_name(), progress.is_online()), ("online", true));
        assert!(!progress.may_stream());
        assert!(progress.acknowledge(1821, 6000));
        assert!(progress.may_stream());
        assert!(!progress.acknowledge(1821, 7000), "only the first ACK opens the stream");
    }

    #[test]
    fn a_transfer_by_length_streams_at_once() {
        let mut progress = Progress::waiting(true, 0);
        progress.begin_transfer(5, Length, 0);
        progress.begin_sending(0);
        assert_eq!(progress.state_name(), "send_bulk");
        progress.finish_transfer(0);
        assert_eq!((progress.state_name(), progress.may_stream()), ("online", true));
    }

    #[test]
    fn a_continuing_replica_streams_at_once_with_offset_zero_shown() {
        let progress = Progress::continuing(1794, 0);
        assert_eq!((progress.sent(), progress.acked()), (1794, 0));
        assert!(progress.may_stream() && progress.is_online());
    }

    #[test]
    fn an_ack_never_goes_back_nor_beyond_what_was_sent() {
        let mut progress = after_transfer(Length);
        progress.acknowledge(i64::MAX, 0);
        assert_eq!(progress.acked(), 1821);
        progress.sent_to(2000);
        progress.acknowledge(1900, 0);
        progress.acknowledge(1850, 0);
        progress.acknowledge(-5, 0);
        assert_eq!(progress.acked(), 1900);
    }

    #[test]
    fn lag_counts_whole_seconds_of_the_clock_once_online() {
        let mut progress = Progress::waiting(true, 1999);
        assert_eq!(progress.lag_seconds(60_000), 0);
        progress.begin_transfer(0, Length, 0);
        progress.begin_sending(0);
        progress.finish_transfer(1999);
        assert_eq!(progress.lag_seconds(2000), 1);
    }

    #[test]
    fn timeouts_name_the_phase() {
        let text = |p: &Progress, now| p.timed_out(60, now, "r:1").map(|line| line.text);
        let waiting = Progress::waiting(true, 0);
        assert_eq!(text(&waiting, 1_000_000), None);
        let mut sending = waiting;
        sending.begin_transfer(0, Mark, 0);
        sending.transferred_some(10_000);
        assert_eq!(text(&sending, 70_000), None);
        assert_eq!(
            text(&sending, 71_000).unwrap(),
            "Disconnecting timedout replica (full sync): r:1"
        );
        let online = after_transfer(Mark);
        assert_eq!(text(&online, 65_999), None);
        assert_eq!(
            text(&online, 66_000).unwrap(),
            "Disconnecting timedout replica (streaming sync): r:1"
        );
    }

    #[test]
    fn one_that_said_sync_is_never_timed_out_while_it_streams() {
        let mut progress = Progress::waiting(false, 0);
        progress.begin_transfer(0, Length, 0);
        progress.begin_sending(0);
        progress.finish_transfer(0);
        assert!(progress.may_stream());
        assert_eq!(progress.timed_out(60, 1_000_000_000, "r"), None);
    }
}

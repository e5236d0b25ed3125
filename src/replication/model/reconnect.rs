//! When a replica tries its master again, and when it gives a link up.

use crate::base::time::UnixMillis;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::progress::seconds;

const FIRST_DELAY_MILLIS: u64 = 50;
const LONGEST_DELAY_MILLIS: u64 = 1000;
/// After transfers, which cost the master much.
const LONGEST_DELAY_AFTER_TRANSFER_MILLIS: u64 = 10_000;
/// A data set that was refused once will be refused again.
const FIRST_DELAY_AFTER_REFUSAL_MILLIS: u64 = 1000;
const LONGEST_DELAY_AFTER_REFUSAL_MILLIS: u64 = 30_000;
/// A stream that lasted so long after its full sync shows that the link works.
const LASTING_MILLIS: i64 = 5000;

/// How long to wait before the next attempt of this kind, after so many that failed since the link
/// last worked. Redis tries at each tick of its clock of one second; here a lost link is tried at
/// once, then soon, and only a master that stays away, or costs both much for nothing, is left in
/// peace for longer.
pub fn delay_millis(attempt: Attempt, failures: u32) -> u64 {
    let (first, longest) = match attempt {
        Attempt::Fresh | Attempt::LinkLost => (FIRST_DELAY_MILLIS, LONGEST_DELAY_MILLIS),
        Attempt::TransferFailed => (FIRST_DELAY_MILLIS, LONGEST_DELAY_AFTER_TRANSFER_MILLIS),
        Attempt::DatasetRefused => {
            let doubled = FIRST_DELAY_AFTER_REFUSAL_MILLIS << failures.min(10);
            return doubled.min(LONGEST_DELAY_AFTER_REFUSAL_MILLIS);
        }
    };
    match failures.checked_sub(1) {
        None => 0,
        Some(doublings) => (first << doublings.min(10)).min(longest),
    }
}

/// Whether a link that is lost now has worked: one that breaks right after each full sync would
/// otherwise cost the master a snapshot at once each time.
pub fn has_worked(after_full_sync: bool, streaming_since: UnixMillis, now: UnixMillis) -> bool {
    !after_full_sync || now - streaming_since >= LASTING_MILLIS
}

/// What made the replica try (again), which decides the line that it logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It was told to follow this master, or the last attempt failed before the transfer.
    Fresh,
    /// A link that worked was lost.
    LinkLost,
    /// A transfer failed.
    TransferFailed,
    /// It came whole, or as far as that shows, and was no data set that we take.
    DatasetRefused,
}

impl Attempt {
    /// The line that announces the attempt.
    pub fn line(self, host: &str, port: u16) -> LogLine {
        match self {
            Attempt::Fresh => lines::replica::connecting(host, port),
            Attempt::LinkLost => lines::replica::reconnecting(host, port),
            Attempt::TransferFailed | Attempt::DatasetRefused => {
                lines::replica::reconnecting_after_failure(host, port)
            }
        }
    }
}

/// What a replica waits for, for the purpose of `repl-timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaiting {
    /// The connection, or a reply of the handshake.
    Handshake,
    /// Bytes of the RDB (newlines count).
    Transfer,
    /// Bytes of the stream (the master's PING counts).
    Stream,
}

/// The line to log if the link is to be given up, nothing having come since `last_io`.
pub fn timed_out(
    awaiting: Awaiting,
    last_io: UnixMillis,
    timeout_seconds: i64,
    now: UnixMillis,
) -> Option<LogLine> {
    let text = match awaiting {
        Awaiting::Handshake => "Timeout connecting to the MASTER...",
        Awaiting::Transfer => {
            "Timeout receiving bulk data from MASTER... If the problem persists try to set the \
             'repl-timeout' parameter in redis.conf to a larger value."
        }
        Awaiting::Stream => "MASTER timeout: no data nor PING received...",
    };
    (seconds(now) - seconds(last_io) > timeout_seconds).then(|| lines::warning(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_retry_is_immediate_and_no_lost_link_waits_longer_than_a_second() {
        let delays: Vec<u64> = (0..8).map(|n| delay_millis(Attempt::LinkLost, n)).collect();
        assert_eq!(delays, [0, 50, 100, 200, 400, 800, 1000, 1000]);
        assert_eq!(delay_millis(Attempt::Fresh, u32::MAX), 1000);
    }

    #[test]
    fn transfers_that_fail_and_data_that_is_refused_are_tried_again_ever_more_rarely() {
        let delays = |kind| [0, 1, 2, 5, 9, u32::MAX].map(|n| delay_millis(kind, n));
        assert_eq!(delays(Attempt::TransferFailed), [0, 50, 100, 800, 10_000, 10_000]);
        let refused = [1000, 2000, 4000, 30_000, 30_000, 30_000];
        assert_eq!(delays(Attempt::DatasetRefused), refused);
    }

    #[test]
    fn a_link_that_breaks_right_after_its_full_sync_has_not_worked() {
        assert!(!has_worked(true, 0, 4999));
        assert!(has_worked(true, 0, 5000) && has_worked(false, 0, 0));
    }

    #[test]
    fn each_kind_of_attempt_has_its_line() {
        let text = |attempt: Attempt| attempt.line("redis-master0", 6379).text;
        assert_eq!(text(Attempt::Fresh), "Connecting to MASTER redis-master0:6379");
        assert_eq!(text(Attempt::LinkLost), "Reconnecting to MASTER redis-master0:6379");
        assert_eq!(
            text(Attempt::TransferFailed),
            "Reconnecting to MASTER redis-master0:6379 after failure"
        );
    }

    #[test]
    fn a_link_is_given_up_after_more_than_the_timeout() {
        assert_eq!(timed_out(Awaiting::Stream, 500, 60, 60_999), None);
        assert_eq!(
            timed_out(Awaiting::Stream, 500, 60, 61_000),
            Some(lines::warning("MASTER timeout: no data nor PING received..."))
        );
        assert!(timed_out(Awaiting::Handshake, 0, 2, 3000).unwrap().text.starts_with("Timeout c"));
        assert!(timed_out(Awaiting::Transfer, 0, 2, 3000).unwrap().text.starts_with("Timeout r"));
    }
}

//! Points of time, to measure what lies between them.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// A reading of the monotonic clock, in nanoseconds. The clock is read after every command, and
/// one number is quicker to reckon with than the two of an `Instant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    #[inline]
    pub fn now() -> Moment {
        Moment(nanos_of(ClockId::CLOCK_MONOTONIC))
    }

    /// Nanoseconds from an earlier moment to this one.
    #[inline]
    pub fn nanos_since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// So many nanoseconds after this one.
    #[inline]
    pub fn plus_nanos(self, nanos: u64) -> Moment {
        Moment(self.0.saturating_add(nanos))
    }

    #[cfg(test)]
    pub fn minus_nanos(self, nanos: u64) -> Moment {
        Moment(self.0 - nanos)
    }

    /// The time from an earlier moment to this one.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }
}

/// A clock's time; 0 of one that the system does not have, or that stands before its beginning.
#[inline]
pub(super) fn nanos_of(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else { return 0 };
    let (seconds, nanos) = (time.tv_sec().max(0) as u64, time.tv_nsec().max(0) as u64);
    seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos)
}

//! The time that commands see.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::base::time::UnixMillis;

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

    /// The time from an earlier moment to this one.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }
}

/// The time of day, carried on by the monotonic clock between two looks at it. It stands still
/// while a transaction runs: for all of its commands a key has expired, or for none.
pub(super) struct Clock {
    wall_micros: i64,
    at: Moment,
    /// When the command before this one ended.
    last: Moment,
    /// The time of day then, or when time began to stand still.
    micros: i64,
    /// The same in milliseconds, as nearly everybody asks for it.
    millis: UnixMillis,
    is_frozen: bool,
}

impl Clock {
    pub fn read() -> Clock {
        Clock::at(wall_clock_micros())
    }

    /// As if this were the time of day.
    pub fn at(wall_micros: i64) -> Clock {
        let (at, millis) = (Moment::now(), wall_micros / 1000);
        Clock { wall_micros, at, last: at, micros: wall_micros, millis, is_frozen: false }
    }

    /// A command has ended; how long it took, in nanoseconds.
    #[inline]
    pub fn advance(&mut self) -> u64 {
        let ended = Moment::now();
        let took = ended.nanos_since(self.last);
        self.last = ended;
        if !self.is_frozen {
            self.see_last();
        }
        took
    }

    /// Commands see the present time from here on, however long they take.
    pub fn freeze(&mut self) {
        self.is_frozen = true;
    }

    pub fn thaw(&mut self) {
        self.is_frozen = false;
        self.see_last();
    }

    #[inline]
    pub fn now(&self) -> UnixMillis {
        self.millis
    }

    /// Microseconds since 1970-01-01 UTC.
    #[inline]
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// When the last command ended.
    #[inline]
    pub fn last(&self) -> Moment {
        self.last
    }

    /// What commands see is the time at which the last one ended.
    #[inline]
    fn see_last(&mut self) {
        self.micros = self.wall_micros + (self.last.nanos_since(self.at) / 1000) as i64;
        self.millis = self.micros / 1000;
    }
}

/// Milliseconds since 1970-01-01 UTC.
pub fn wall_clock() -> UnixMillis {
    wall_clock_micros() / 1000
}

/// Microseconds since 1970-01-01 UTC.
pub(super) fn wall_clock_micros() -> i64 {
    (nanos_of(ClockId::CLOCK_REALTIME) / 1000) as i64
}

/// A clock's time; 0 of one that the system does not have, or that stands before its beginning.
#[inline]
fn nanos_of(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else { return 0 };
    let (seconds, nanos) = (time.tv_sec().max(0) as u64, time.tv_nsec().max(0) as u64);
    seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_with_each_command_and_stands_still_while_frozen() {
        let mut clock = Clock::at(5_000_000);
        assert_eq!((clock.now(), clock.micros()), (5_000, 5_000_000));
        let later = |clock: &mut Clock, nanos| {
            clock.at = Moment(clock.at.0 - nanos);
            clock.advance();
        };
        later(&mut clock, 2_000_000);
        assert!(clock.micros() >= 5_002_000 && clock.now() == clock.micros() / 1000);
        let frozen = clock.micros();
        clock.freeze();
        later(&mut clock, 3_000_000);
        assert_eq!((clock.micros(), clock.now()), (frozen, frozen / 1000));
        clock.thaw();
        assert!(clock.micros() >= 5_005_000 && clock.now() == clock.micros() / 1000);
    }

    #[test]
    fn the_time_of_day_is_the_systems() {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let system = since.expect("a clock that is set").as_millis() as i64;
        assert!((wall_clock() - system).abs() < 60_000);
        assert!(Moment::now() >= Moment::now() || Moment::now().0 > 0);
    }
}

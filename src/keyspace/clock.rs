//! The time that commands see.

use nix::time::ClockId;

pub use super::moment::Moment;
use super::moment::nanos_of;
use super::ticker::Ticker;
use crate::base::time::UnixMillis;

/// The time of day, carried on by the monotonic clock between two looks at it. It stands still
/// while a transaction runs: for all of its commands a key has expired, or for none.
pub(super) struct Clock {
    wall_micros: i64,
    at: Moment,
    /// When the command before this one ended.
    last: Moment,
    /// What commands see: the same, or when time began to stand still.
    seen: Moment,
    /// That as a time of day in milliseconds, as nearly everybody asks for it, and when the next
    /// one begins.
    millis: UnixMillis,
    next_milli_at: Moment,
    is_frozen: bool,
    ticker: Ticker,
}

const NANOS_PER_MICRO: i64 = 1000;
const MICROS_PER_MILLI: i64 = 1000;

impl Clock {
    pub fn read() -> Clock {
        Clock::at(wall_clock_micros())
    }

    /// As if this were the time of day.
    pub fn at(wall_micros: i64) -> Clock {
        let at = Moment::now();
        let mut clock = Clock {
            wall_micros,
            at,
            last: at,
            seen: at,
            millis: 0,
            next_milli_at: at,
            is_frozen: false,
            ticker: Ticker::new(),
        };
        clock.see_milli();
        clock
    }

    /// Looks at the clocks again.
    pub fn read_again(&mut self) {
        self.wall_micros = wall_clock_micros();
        self.at = self.ticker.read();
        self.last = self.at;
        self.is_frozen = false;
        self.seen = self.at;
        self.see_milli();
    }

    /// A command has ended; how long it took, in nanoseconds.
    #[inline]
    pub fn advance(&mut self) -> u64 {
        // The quick reading may stand a little behind one by the clock itself.
        let ended = self.ticker.now().max(self.last);
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
        self.wall_micros + self.seen.nanos_since(self.at) as i64 / NANOS_PER_MICRO
    }

    /// When the last command ended.
    #[inline]
    pub fn last(&self) -> Moment {
        self.last
    }

    /// What commands see is the time at which the last one ended.
    #[inline]
    fn see_last(&mut self) {
        self.seen = self.last;
        if self.seen >= self.next_milli_at {
            self.see_milli();
        }
    }

    fn see_milli(&mut self) {
        let micros = self.micros();
        self.millis = micros.div_euclid(MICROS_PER_MILLI);
        let left = MICROS_PER_MILLI - micros.rem_euclid(MICROS_PER_MILLI);
        let from_at = micros - self.wall_micros + left;
        self.next_milli_at = self.at.plus_nanos((from_at * NANOS_PER_MICRO) as u64);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_with_each_command_and_stands_still_while_frozen() {
        let mut clock = Clock::at(5_000_000);
        assert_eq!((clock.now(), clock.micros()), (5_000, 5_000_000));
        let later = |clock: &mut Clock, nanos| {
            for moment in
                [&mut clock.at, &mut clock.last, &mut clock.seen, &mut clock.next_milli_at]
            {
                *moment = moment.minus_nanos(nanos);
            }
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
    }
}

//! The time that commands see.

use std::time::{Duration, Instant};

use crate::base::time::UnixMillis;

/// The time of day, carried on by the monotonic clock between two looks at it. It stands still
/// while a transaction runs: for all of its commands a key has expired, or for none.
pub(super) struct Clock {
    wall_micros: i64,
    at: Instant,
    /// When the command before this one ended.
    last: Instant,
    /// The time of day then, or when time began to stand still.
    micros: i64,
    is_frozen: bool,
}

impl Clock {
    pub fn read() -> Clock {
        Clock::at(wall_clock_micros())
    }

    /// As if this were the time of day.
    pub fn at(wall_micros: i64) -> Clock {
        let at = Instant::now();
        Clock { wall_micros, at, last: at, micros: wall_micros, is_frozen: false }
    }

    /// A command has ended; how long it took.
    pub fn advance(&mut self) -> Duration {
        let ended = Instant::now();
        let took = ended - self.last;
        self.last = ended;
        if !self.is_frozen {
            self.micros = self.micros_of(ended);
        }
        took
    }

    /// Commands see the present time from here on, however long they take.
    pub fn freeze(&mut self) {
        self.is_frozen = true;
    }

    pub fn thaw(&mut self) {
        self.is_frozen = false;
        self.micros = self.micros_of(self.last);
    }

    pub fn now(&self) -> UnixMillis {
        self.micros / 1000
    }

    /// Microseconds since 1970-01-01 UTC.
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// When the last command ended.
    pub fn last(&self) -> Instant {
        self.last
    }

    fn micros_of(&self, instant: Instant) -> i64 {
        self.wall_micros + (instant - self.at).as_micros() as i64
    }
}

/// Milliseconds since 1970-01-01 UTC.
pub fn wall_clock() -> UnixMillis {
    wall_clock_micros() / 1000
}

/// Microseconds since 1970-01-01 UTC.
pub(super) fn wall_clock_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros() as i64)
}

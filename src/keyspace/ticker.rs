//! A quick way to read the monotonic clock, for the time that each command takes: the processor's
//! own counter, which is put right by the clock itself again and again.

use super::moment::Moment;

/// So many ticks after the clock was read it is read again: about a millisecond.
const TICKS_MAX: u64 = 1 << 22;
/// The rate is known when it was measured over so long.
const MEASURED_NANOS: u64 = 10_000_000;
/// Then it is measured anew: the system may turn its clock a little faster or slower.
const MEASURED_AGAIN_NANOS: u64 = 1_000_000_000;

/// The clock is read in fewer ticks, unless the thread was stopped in between.
const READ_TICKS_MAX: u64 = 1 << 12;
const TRIES: usize = 4;

/// Two readings at one time.
#[derive(Clone, Copy)]
struct Reading {
    ticks: u64,
    at: Moment,
    /// They are not far apart.
    is_sure: bool,
}

impl Reading {
    fn now(counter: Counter) -> Reading {
        let mut before = counter.read();
        let mut at = Moment::now();
        for _ in 0..TRIES {
            let ticks = counter.read();
            if ticks.wrapping_sub(before) <= READ_TICKS_MAX {
                return Reading { ticks, at, is_sure: true };
            }
            before = ticks;
            at = Moment::now();
        }
        Reading { ticks: before, at, is_sure: false }
    }
}

pub(super) struct Ticker {
    /// `None`: there is none that goes on evenly.
    counter: Option<Counter>,
    /// When the clock was read last.
    last: Reading,
    /// The rate is measured from there on.
    first: Reading,
    /// Nanoseconds a tick, in parts of 2^32; 0 while it is not known.
    rate: u64,
}

impl Ticker {
    pub(super) fn new() -> Ticker {
        let counter = Counter::find();
        let none = Reading { ticks: 0, at: Moment::now(), is_sure: false };
        let now = counter.map_or(none, Reading::now);
        Ticker { counter, last: now, first: now, rate: 0 }
    }

    /// The time by the clock itself.
    pub(super) fn read(&mut self) -> Moment {
        let Some(counter) = self.counter else { return Moment::now() };
        self.last = Reading::now(counter);
        if !self.last.is_sure {
            return self.last.at;
        }
        if !self.first.is_sure {
            self.first = self.last;
        }
        let nanos = self.last.at.nanos_since(self.first.at);
        let wanted = if self.rate == 0 { MEASURED_NANOS } else { MEASURED_AGAIN_NANOS };
        if nanos >= wanted {
            self.measure(nanos);
        }
        self.last.at
    }

    #[cold]
    fn measure(&mut self, nanos: u64) {
        let ticks = self.last.ticks.saturating_sub(self.first.ticks);
        let rate = (u128::from(nanos) << 32).checked_div(u128::from(ticks));
        // A counter that stood still, went back or goes slower than four nanoseconds a tick is none.
        self.rate = rate.and_then(|rate| u64::try_from(rate).ok()).unwrap_or(0);
        if self.rate >> 34 != 0 {
            self.rate = 0;
        }
        self.first = self.last;
    }

    /// The time, as near as the counter tells: by some nanoseconds.
    #[inline]
    pub(super) fn now(&mut self) -> Moment {
        if let (Some(counter), true) = (self.counter, self.rate > 0 && self.last.is_sure) {
            // One that went back has passed very many.
            let passed = counter.read().wrapping_sub(self.last.ticks);
            if passed <= TICKS_MAX {
                return self.last.at.plus_nanos((passed * self.rate) >> 32);
            }
        }
        self.read()
    }
}

/// That there is a counter to be read.
#[derive(Clone, Copy)]
struct Counter(());

#[cfg(target_arch = "x86_64")]
impl Counter {
    /// The time stamp counter, if it goes on evenly whatever the processor does.
    fn find() -> Option<Counter> {
        use std::arch::x86_64::__cpuid;
        const POWER_LEAF: u32 = 0x8000_0007;
        const IS_INVARIANT: u32 = 1 << 8;
        let has_leaf = __cpuid(0x8000_0000).eax >= POWER_LEAF;
        (has_leaf && __cpuid(POWER_LEAF).edx & IS_INVARIANT != 0).then_some(Counter(()))
    }

    #[inline]
    fn read(self) -> u64 {
        // SAFETY: every x86-64 has it, and no system that runs this forbids it: the clock itself
        // is read by it.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Counter {
    fn find() -> Option<Counter> {
        None
    }

    fn read(self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_tells_the_time_of_the_clock() {
        let mut ticker = Ticker::new();
        let began = Moment::now();
        let (mut before, mut compared) = (ticker.read(), 0);
        while Moment::now().nanos_since(began) < 3 * MEASURED_NANOS {
            let earliest = Moment::now();
            let told = ticker.now();
            let latest = Moment::now();
            // What one reading, and the rate by two of them, may be off.
            let slack = 10_000;
            assert!(told.plus_nanos(slack) >= earliest, "{told:?} {earliest:?}");
            assert!(latest.plus_nanos(slack) >= told, "{told:?} {latest:?}");
            compared += u32::from(told > before);
            before = told;
        }
        assert!(compared > 0);
        while ticker.counter.is_some() && ticker.rate == 0 {
            ticker.read();
        }
    }

    #[test]
    fn a_counter_that_jumps_is_put_right_by_the_clock() {
        let mut ticker = Ticker::new();
        (ticker.rate, ticker.last.is_sure) = (1 << 32, true);
        for jump in [u64::MAX / 2, 1 << 40] {
            ticker.last.ticks = ticker.last.ticks.wrapping_sub(jump);
            let (earliest, told) = (Moment::now(), ticker.now());
            assert!(told >= earliest && told <= Moment::now(), "{jump}");
        }
    }
}

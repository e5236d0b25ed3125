//! How recently or often a key was used: the 24 bits of an entry, and what a file says of them.

use super::reader::Record;
use super::writer::Usage;
use crate::base::time::UnixMillis;
use crate::config::value::choice::MaxmemoryPolicy;

/// The counter of a key of which nothing is known, as in Redis.
const FREQUENCY_INITIAL: u8 = 5;
const FIELD_BITS: u32 = 24;

/// What the 24 bits mean under the eviction policy, and the time on their clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageClock {
    /// Unix time in seconds, the lower 24 bits.
    Lru { seconds: u32 },
    /// Unix time in minutes, the lower 16 bits, above an 8-bit counter. The counter loses one
    /// every `decay_minutes`, none when that is 0.
    Lfu { minutes: u16, decay_minutes: u32 },
}

impl UsageClock {
    /// The clock of a policy; those that look at neither age nor frequency note the age.
    #[inline]
    pub fn new(policy: MaxmemoryPolicy, lfu_decay_minutes: u32, now: UnixMillis) -> Self {
        const MINUTE_MILLIS: i64 = 60_000;
        match policy {
            MaxmemoryPolicy::AllkeysLfu | MaxmemoryPolicy::VolatileLfu => UsageClock::Lfu {
                minutes: (now / MINUTE_MILLIS) as u16,
                decay_minutes: lfu_decay_minutes,
            },
            _ => UsageClock::Lru { seconds: (now / 1000) as u32 & mask() },
        }
    }

    /// The clock of a policy that picks keys by it, which is when a file states their use.
    pub fn stated(
        policy: MaxmemoryPolicy,
        lfu_decay_minutes: u32,
        now: UnixMillis,
    ) -> Option<Self> {
        use MaxmemoryPolicy::{AllkeysLfu, AllkeysLru, VolatileLfu, VolatileLru};
        matches!(policy, AllkeysLru | VolatileLru | AllkeysLfu | VolatileLfu)
            .then(|| UsageClock::new(policy, lfu_decay_minutes, now))
    }

    /// The 24 bits of a new key.
    #[inline]
    pub fn fresh(self) -> u32 {
        self.field_of(None, None)
    }

    /// The 24 bits of a key that had `field` and is used now. The counter grows by chance, the
    /// rarer the higher it is and the greater `log_factor`; `random` is uniform.
    #[inline]
    pub fn used(self, field: u32, log_factor: u32, random: u64) -> u32 {
        match self.usage(field) {
            Usage::IdleSeconds(_) => self.fresh(),
            Usage::Frequency(counter) => {
                let above = u64::from(counter.saturating_sub(FREQUENCY_INITIAL));
                let one_in = above.saturating_mul(u64::from(log_factor)) + 1;
                let grows = random.is_multiple_of(one_in);
                self.field_of(None, Some(counter.saturating_add(u8::from(grows))))
            }
        }
    }

    /// What to write of an entry with these 24 bits.
    pub fn usage(self, field: u32) -> Usage {
        match self {
            UsageClock::Lru { seconds } => {
                Usage::IdleSeconds(u64::from(seconds.wrapping_sub(field) & mask()))
            }
            UsageClock::Lfu { decay_minutes, .. } => {
                let elapsed = u32::from(self.minutes_since(field));
                let lost = elapsed.checked_div(decay_minutes).unwrap_or(0);
                Usage::Frequency(u32::from(field as u8).saturating_sub(lost) as u8)
            }
        }
    }

    /// How soon a key with these 24 bits should be evicted: the greater, the sooner. Of keys that were
    /// used as often, the one that was used longer ago.
    pub fn eviction_score(self, field: u32) -> u64 {
        match (self, self.usage(field)) {
            (_, Usage::IdleSeconds(seconds)) => seconds,
            (clock, Usage::Frequency(counter)) => {
                let rarity = u64::from(u8::MAX - counter);
                rarity << u16::BITS | u64::from(clock.minutes_since(field))
            }
        }
    }

    /// Whole minutes since the last use; 0 where they are not noted.
    fn minutes_since(self, field: u32) -> u16 {
        match self {
            UsageClock::Lru { .. } => 0,
            UsageClock::Lfu { minutes, .. } => minutes.wrapping_sub((field >> 8) as u16),
        }
    }

    /// The 24 bits for a key that was read; as if used now where the record does not tell.
    pub fn field(self, record: &Record<'_>) -> u32 {
        self.field_of(record.idle_seconds, record.frequency)
    }

    /// As [`UsageClock::field`]: of the two, the one that the clock does not know is passed over.
    pub fn field_of(self, idle_seconds: Option<u64>, frequency: Option<u8>) -> u32 {
        match self {
            UsageClock::Lru { seconds } => {
                let idle = idle_seconds.unwrap_or(0).min(u64::from(mask())) as u32;
                seconds.wrapping_sub(idle) & mask()
            }
            UsageClock::Lfu { minutes, .. } => {
                let counter = frequency.unwrap_or(FREQUENCY_INITIAL);
                u32::from(minutes) << 8 | u32::from(counter)
            }
        }
    }
}

const fn mask() -> u32 {
    (1 << FIELD_BITS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::value::NewValue;

    fn record(idle_seconds: Option<u64>, frequency: Option<u8>) -> Record<'static> {
        Record { key: b"k", value: NewValue::Int(1), expires_at: None, idle_seconds, frequency }
    }

    #[test]
    fn idle_time_comes_back_also_when_the_clock_wraps() {
        for (seconds, idle) in [(1000, 0), (1000, 999), (5, 100), (5, (1 << 24) - 1)] {
            let clock = UsageClock::Lru { seconds };
            let field = clock.field(&record(Some(idle), None));
            assert_eq!(clock.usage(field), Usage::IdleSeconds(idle));
        }
        let clock = UsageClock::Lru { seconds: 7 };
        assert_eq!(clock.field(&record(None, None)), 7);
        assert_eq!(clock.usage(clock.field(&record(Some(u64::MAX), None))), {
            Usage::IdleSeconds((1 << 24) - 1)
        });
    }

    #[test]
    fn a_counter_grows_by_chance_and_ends_at_255() {
        let clock = UsageClock::new(MaxmemoryPolicy::AllkeysLfu, 1, 120_000);
        assert_eq!(clock.usage(clock.fresh()), Usage::Frequency(FREQUENCY_INITIAL));
        let used = |counter, random| {
            clock.usage(clock.used(clock.field_of(None, Some(counter)), 10, random))
        };
        assert_eq!(used(5, 7), Usage::Frequency(6));
        assert_eq!(used(6, 22), Usage::Frequency(7));
        assert_eq!(used(6, 23), Usage::Frequency(6));
        assert_eq!(used(255, 0), Usage::Frequency(255));
    }

    #[test]
    fn other_policies_note_when_a_key_was_used() {
        let clock = UsageClock::new(MaxmemoryPolicy::NoEviction, 1, 5_000_000);
        let before = clock.field_of(Some(70), Some(9));
        assert_eq!(clock.usage(before), Usage::IdleSeconds(70));
        assert_eq!(clock.usage(clock.used(before, 10, 1)), Usage::IdleSeconds(0));
    }

    #[test]
    fn a_counter_decays_with_the_minutes() {
        let then = UsageClock::Lfu { minutes: 65_530, decay_minutes: 2 };
        let field = then.field(&record(None, Some(9)));
        let later = |minutes, decay_minutes| UsageClock::Lfu { minutes, decay_minutes };
        assert_eq!(then.usage(field), Usage::Frequency(9));
        assert_eq!(later(4, 2).usage(field), Usage::Frequency(4));
        assert_eq!(later(4, 1).usage(field), Usage::Frequency(0));
        assert_eq!(later(4, 0).usage(field), Usage::Frequency(9));
    }
}

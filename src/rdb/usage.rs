//! How recently or often a key was used: the 24 bits of an entry, and what a file says of them.

use super::reader::Record;
use super::writer::Usage;

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
    /// What to write of an entry with these 24 bits.
    pub fn usage(self, field: u32) -> Usage {
        match self {
            UsageClock::Lru { seconds } => {
                Usage::IdleSeconds(u64::from(seconds.wrapping_sub(field) & mask()))
            }
            UsageClock::Lfu { minutes, decay_minutes } => {
                let elapsed = u32::from(minutes.wrapping_sub((field >> 8) as u16));
                let lost = elapsed.checked_div(decay_minutes).unwrap_or(0);
                Usage::Frequency(u32::from(field as u8).saturating_sub(lost) as u8)
            }
        }
    }

    /// The 24 bits for a key that was read; as if used now where the record does not tell.
    pub fn field(self, record: &Record<'_>) -> u32 {
        match self {
            UsageClock::Lru { seconds } => {
                let idle = record.idle_seconds.unwrap_or(0).min(u64::from(mask())) as u32;
                seconds.wrapping_sub(idle) & mask()
            }
            UsageClock::Lfu { minutes, .. } => {
                let counter = record.frequency.unwrap_or(FREQUENCY_INITIAL);
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

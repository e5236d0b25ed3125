//! That a key was used: what its entry notes of it, for eviction.

use crate::rdb::usage::UsageClock;
use crate::store::entry::Entry;

/// How a command's uses of keys are noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// What the 24 bits of an entry mean, and the time.
    pub clock: UsageClock,
    /// `lfu-log-factor`.
    pub lfu_log_factor: u32,
    /// Looking a key up counts as a use: not for CLIENT NO-TOUCH.
    pub touches: bool,
}

impl Uses {
    /// Notes in an entry that it was used. `count`: any number that changes.
    #[inline]
    pub(super) fn stamp(self, entry: &Entry, count: u64) {
        if !self.touches {
            return;
        }
        let field = match self.clock {
            UsageClock::Lru { seconds } => seconds,
            UsageClock::Lfu { .. } => {
                self.clock.used(entry.lru(), self.lfu_log_factor, mixed(count))
            }
        };
        entry.set_lru(field);
    }

    /// The 24 bits of a key that is set, in the place of one that was stamped before: a counter
    /// goes on from where it was.
    #[inline]
    pub(super) fn after_set(self, old: Option<&Entry>) -> u32 {
        match (self.clock, old) {
            (UsageClock::Lfu { .. }, Some(old)) => old.lru(),
            _ => self.clock.fresh(),
        }
    }
}

/// Chance enough for a counter that is an estimate: the bits of a count, mixed.
fn mixed(count: u64) -> u64 {
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

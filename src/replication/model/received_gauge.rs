//! What INFO shows of the master's stream that came and was not applied yet, read where commands run
//! while the link to the master writes it.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;

/// No byte waits.
const NONE: i64 = i64::MIN;

/// Set by the MasterLink after each read and each batch.
#[derive(Debug)]
pub struct ReceivedGauge {
    received: AtomicI64,
    waiting_since: AtomicI64,
}

impl Default for ReceivedGauge {
    fn default() -> Self {
        ReceivedGauge { received: AtomicI64::new(0), waiting_since: AtomicI64::new(NONE) }
    }
}

impl ReceivedGauge {
    /// `waiting_since`: when the first byte came that is not applied.
    pub fn show(&self, received: Offset, waiting_since: Option<UnixMillis>) {
        self.received.store(received, Relaxed);
        self.waiting_since.store(waiting_since.unwrap_or(NONE), Relaxed);
    }

    /// Bytes that came and are not applied, and for how many milliseconds the first has waited.
    pub fn lag(&self, applied: Offset, now: UnixMillis) -> (u64, i64) {
        let bytes = u64::try_from(self.received.load(Relaxed).saturating_sub(applied)).unwrap_or(0);
        let millis = match self.waiting_since.load(Relaxed) {
            NONE => 0,
            _ if bytes == 0 => 0,
            since => now.saturating_sub(since).max(0),
        };
        (bytes, millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_applied_does_not_wait_though_the_link_has_yet_to_hear_of_it() {
        let gauge = ReceivedGauge::default();
        assert_eq!(gauge.lag(5, 1000), (0, 0));
        gauge.show(100, Some(400));
        assert_eq!((gauge.lag(30, 1000), gauge.lag(100, 1000)), ((70, 600), (0, 0)));
        gauge.show(100, None);
        assert_eq!(gauge.lag(100, 2000), (0, 0));
        assert_eq!(gauge.lag(30, 300), (70, 0));
    }
}

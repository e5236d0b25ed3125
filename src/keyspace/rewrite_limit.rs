//! Rewrites of the log that fail again and again: each is tried later than the one before.

use crate::base::time::UnixMillis;

/// After so many failures in a row a rewrite waits for longer and longer.
const FAILURES_WITHOUT_LIMIT: u64 = 3;
const DELAY_MINUTES_MAX: i64 = 60;

/// When a rewrite that has failed several times may be tried again.
#[derive(Default)]
pub(super) struct RewriteLimit {
    delay_minutes: i64,
    next_at: Option<UnixMillis>,
}

impl RewriteLimit {
    /// Whether none may begin now, after so many failures in a row.
    pub fn holds(&mut self, failures: u64, now: i64) -> bool {
        if failures < FAILURES_WITHOUT_LIMIT {
            *self = RewriteLimit::default();
            return false;
        }
        if let Some(next_at) = self.next_at {
            let holds = now < next_at;
            if !holds {
                self.next_at = None;
            }
            return holds;
        }
        self.delay_minutes = (self.delay_minutes * 2).clamp(1, DELAY_MINUTES_MAX);
        self.next_at = Some(now + self.delay_minutes * 60_000);
        log::warn!(
            "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {} \
             minutes",
            self.delay_minutes
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rewrite_that_fails_again_and_again_waits_longer_each_time() {
        let mut limit = RewriteLimit::default();
        assert!(!limit.holds(2, 0));
        assert!(limit.holds(3, 0) && limit.holds(3, 59_999));
        assert!(!limit.holds(3, 60_000));
        assert!(limit.holds(4, 60_001));
        assert_eq!(limit.delay_minutes, 2);
        for _ in 0..10 {
            let next_at = limit.next_at.unwrap();
            assert!(!limit.holds(5, next_at));
            assert!(limit.holds(5, next_at));
        }
        assert_eq!(limit.delay_minutes, DELAY_MINUTES_MAX);
        assert!(!limit.holds(0, 0));
        assert_eq!(limit.delay_minutes, 0);
    }
}

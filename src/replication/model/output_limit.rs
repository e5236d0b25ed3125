//! When a replica has fallen so far behind that its link is closed
//! (`client-output-buffer-limit replica <hard> <soft> <soft seconds>`).

use crate::base::time::UnixMillis;
use crate::replication::model::progress::seconds;

/// The limit of the class; 0 means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimit {
    pub hard_bytes: u64,
    pub soft_bytes: u64,
    pub soft_seconds: i64,
}

impl OutputLimit {
    /// What is in force where nobody has set any.
    pub const DEFAULT: OutputLimit =
        OutputLimit { hard_bytes: 256 << 20, soft_bytes: 64 << 20, soft_seconds: 60 };

    /// What holds for a replica. Below the backlog's size a limit makes no sense: the bytes are in
    /// memory anyway, and a replica that was let in from the start of the backlog would be closed
    /// at once, to come back the same way. Redis raises the hard limit only.
    pub fn for_replica(self, backlog_size_bytes: u64) -> OutputLimit {
        let raise = |limit: u64| if limit == 0 { 0 } else { limit.max(backlog_size_bytes) };
        OutputLimit {
            hard_bytes: raise(self.hard_bytes),
            soft_bytes: raise(self.soft_bytes),
            ..self
        }
    }
}

/// One replica's standing with its limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputWatch {
    /// Since when the soft limit is reached without a break, in seconds of the clock.
    soft_since: Option<i64>,
}

impl OutputWatch {
    /// Whether the link is to be closed, when `behind_bytes` are still to be sent.
    pub fn overcome(&mut self, limit: OutputLimit, behind_bytes: u64, now: UnixMillis) -> bool {
        let reached = |limit: u64| limit > 0 && behind_bytes >= limit;
        if reached(limit.hard_bytes) {
            return true;
        }
        if !reached(limit.soft_bytes) {
            self.soft_since = None;
            return false;
        }
        match self.soft_since {
            None => {
                self.soft_since = Some(seconds(now));
                false
            }
            Some(since) => seconds(now) - since > limit.soft_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: OutputLimit = OutputLimit { hard_bytes: 256, soft_bytes: 64, soft_seconds: 60 };

    #[test]
    fn the_hard_limit_closes_at_once() {
        let mut watch = OutputWatch::default();
        assert!(!watch.overcome(LIMIT, 255, 0));
        assert!(watch.overcome(LIMIT, 256, 0));
    }

    #[test]
    fn the_soft_limit_closes_when_it_lasts_longer_than_its_seconds() {
        let mut watch = OutputWatch::default();
        assert!(!watch.overcome(LIMIT, 64, 1_000));
        assert!(!watch.overcome(LIMIT, 200, 61_000));
        assert!(watch.overcome(LIMIT, 64, 62_000));
    }

    #[test]
    fn a_break_starts_the_soft_seconds_anew() {
        let mut watch = OutputWatch::default();
        watch.overcome(LIMIT, 64, 0);
        watch.overcome(LIMIT, 63, 50_000);
        assert!(!watch.overcome(LIMIT, 64, 100_000));
        assert!(!watch.overcome(LIMIT, 64, 160_000));
        assert!(watch.overcome(LIMIT, 64, 161_000));
    }

    #[test]
    fn zero_is_no_limit_and_the_backlog_is_the_least() {
        let none = OutputLimit { hard_bytes: 0, soft_bytes: 0, soft_seconds: 0 };
        assert!(!OutputWatch::default().overcome(none, u64::MAX, 0));
        assert_eq!(none.for_replica(1000), none);
        let raised = LIMIT.for_replica(100);
        assert_eq!((raised.hard_bytes, raised.soft_bytes), (256, 100));
    }
}

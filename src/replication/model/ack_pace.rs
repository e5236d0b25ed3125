//! When a replica tells its master how far it is: soon after it has come further, so that WAIT,
//! FAILOVER and whoever looks at its lag need not wait for the clock, and not for each command.
//!
//! Beside this it acknowledges once a second, come what may, and whenever it is asked.

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;

/// Between two acknowledgements that nobody has asked for.
pub const PERIOD_MILLIS: u64 = 20;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckStep {
    /// The master knows it all, or will be told at the time that was set before.
    Rest,
    Acknowledge,
    /// Ask again after so many milliseconds.
    LookAfter(u64),
}

/// What is acknowledged: what is applied, and what is safe in the append-only log, if there is one.
pub type Reached = (Offset, Option<Offset>);

/// What was said last, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct AckPace {
    told: Option<(Reached, UnixMillis)>,
    is_set: bool,
}

impl AckPace {
    /// This was told, for whatever reason.
    pub fn told(&mut self, reached: Reached, now: UnixMillis) {
        self.told = Some((reached, now));
    }

    /// We may have come further.
    pub fn advanced(&mut self, reached: Reached, now: UnixMillis) -> AckStep {
        let Some((told, at)) = self.told else { return AckStep::Acknowledge };
        if told == reached || self.is_set {
            return AckStep::Rest;
        }
        // A clock that was set back lengthens no wait.
        let passed = u64::try_from(now.saturating_sub(at)).unwrap_or(PERIOD_MILLIS);
        match PERIOD_MILLIS.saturating_sub(passed) {
            0 => AckStep::Acknowledge,
            left => {
                self.is_set = true;
                AckStep::LookAfter(left)
            }
        }
    }

    /// The time that was set has come.
    pub fn woken(&mut self, reached: Reached) -> AckStep {
        self.is_set = false;
        match self.told {
            Some((told, _)) if told == reached => AckStep::Rest,
            _ => AckStep::Acknowledge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AckStep::*;
    use super::*;

    #[test]
    fn the_first_progress_after_a_rest_is_told_at_once_and_the_next_by_the_period() {
        let mut pace = AckPace::default();
        assert_eq!(pace.advanced((10, None), 1000), Acknowledge);
        pace.told((10, None), 1000);
        assert_eq!(pace.advanced((10, None), 1001), Rest);
        assert_eq!(pace.advanced((20, None), 1005), LookAfter(15));
        assert_eq!(pace.advanced((30, None), 1006), Rest, "one look is set");
        assert_eq!(pace.woken((30, None)), Acknowledge);
        pace.told((30, None), 1020);
        assert_eq!(pace.advanced((40, None), 1040), Acknowledge);
    }

    #[test]
    fn a_stream_that_never_rests_is_acknowledged_fifty_times_a_second() {
        let mut pace = AckPace::default();
        let (mut acks, mut look) = (0, None);
        for now in 0..1000 {
            let offset = now * 100;
            let step = match look.take_if(|at| *at == now) {
                Some(_) => pace.woken((offset, None)),
                None => pace.advanced((offset, None), now),
            };
            match step {
                Acknowledge => {
                    acks += 1;
                    pace.told((offset, None), now);
                }
                LookAfter(millis) => look = Some(now + millis as i64),
                Rest => {}
            }
        }
        assert_eq!(acks, 50);
    }

    #[test]
    fn what_has_become_safe_is_progress_too() {
        let mut pace = AckPace::default();
        pace.told((10, Some(5)), 1000);
        assert_eq!(pace.advanced((10, Some(5)), 1500), Rest);
        assert_eq!(pace.advanced((10, Some(10)), 1500), Acknowledge);
        assert_eq!(pace.advanced((10, Some(10)), 1001), LookAfter(19));
        assert_eq!(pace.woken((10, Some(10))), Acknowledge);
    }

    #[test]
    fn what_was_told_when_asked_is_not_told_again() {
        let mut pace = AckPace::default();
        pace.told((10, None), 1000);
        assert_eq!(pace.advanced((20, None), 1001), LookAfter(19));
        pace.told((20, None), 1002);
        assert_eq!(pace.woken((20, None)), Rest);
        assert_eq!(pace.advanced((30, None), 1003), LookAfter(19));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let mut pace = AckPace::default();
        pace.told((10, None), 1_000_000);
        assert_eq!(pace.advanced((20, None), 5), Acknowledge);
    }
}

//! Whether the master can be reached by those who forward to it.
//!
//! ```text
//!                  an errand does not arrive
//!   all errands go ────────────────────────► one tries, the others wait ──┐ PATIENCE
//!         ▲  ▲           one has arrived           │                      ▼
//!         │  └─────────────────────────────────────┘     others are refused at once, and one tries
//!         └────────────────────────────────────────────  a second if the replication link stands
//! ```
//!
//! So a master that is restarted, or that hands over to a third server of which we hear a little
//! later, costs clients a wait and no error; and one behind a network that swallows everything costs
//! one client its time, not all of them.

use crate::base::time::UnixMillis;

/// How long errands wait for a master that does not take them.
pub const PATIENCE_MILLIS: i64 = 5000;
/// How soon the next one tries.
const RETRY_MILLIS: i64 = 100;
/// The same when patience is over.
const LATER_MILLIS: i64 = 1000;
/// One that tries, and of which nothing is heard for so long, is no longer waited for: its client is
/// gone.
const TRIAL_MILLIS: i64 = 10_000;

/// What an errand is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Advice {
    Go,
    /// It asks again then.
    Wait {
        until: UnixMillis,
    },
    /// For this reason.
    GiveUp(String),
}

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Reach(Option<Trouble>);

#[derive(Debug)]
struct Trouble {
    since: UnixMillis,
    next_trial_at: UnixMillis,
    reason: String,
}

impl Trouble {
    fn is_patient(&self, now: UnixMillis) -> bool {
        now < self.since.saturating_add(PATIENCE_MILLIS)
    }
}

impl Reach {
    /// An errand is to set out. `is_linked`: our own link to the master stands.
    pub fn ask(&mut self, is_linked: bool, now: UnixMillis) -> Advice {
        // A clock that was set back tells nothing of how long it has been.
        self.0.take_if(|trouble| now < trouble.since);
        let Some(trouble) = &mut self.0 else { return Advice::Go };
        let is_patient = trouble.is_patient(now);
        if now >= trouble.next_trial_at && (is_patient || is_linked) {
            trouble.next_trial_at = now.saturating_add(TRIAL_MILLIS);
            return Advice::Go;
        }
        match is_patient {
            true => Advice::Wait { until: now.saturating_add(RETRY_MILLIS) },
            false => Advice::GiveUp(trouble.reason.clone()),
        }
    }

    /// One that set out at `sent_at` did not arrive, and nothing of it ran. Whether it is to set out
    /// again.
    pub fn failed(&mut self, reason: &str, sent_at: UnixMillis, now: UnixMillis) -> bool {
        let since = self.0.as_ref().map(|trouble| trouble.since).filter(|&since| since <= now);
        let since = since.unwrap_or(sent_at.min(now));
        let trouble = Trouble { since, next_trial_at: now, reason: reason.to_owned() };
        let is_patient = trouble.is_patient(now);
        let pause = if is_patient { RETRY_MILLIS } else { LATER_MILLIS };
        let next_trial_at = now.saturating_add(pause);
        self.0 = Some(Trouble { next_trial_at, ..trouble });
        is_patient
    }

    /// One has arrived, or the master is another one.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: fn(UnixMillis) -> Advice = |now| Advice::Wait { until: now + RETRY_MILLIS };

    fn give_up() -> Advice {
        Advice::GiveUp("refused".to_owned())
    }

    #[test]
    fn one_tries_while_the_others_wait_and_all_go_when_it_has_arrived() {
        let mut reach = Reach::default();
        assert_eq!((reach.ask(false, 0), reach.ask(false, 0)), (Advice::Go, Advice::Go));
        assert!(reach.failed("refused", 10, 20));
        assert_eq!(reach.ask(false, 30), WAIT(30));
        assert_eq!(reach.ask(false, 120), Advice::Go);
        assert_eq!(reach.ask(false, 300), WAIT(300), "one is away");
        reach.clear();
        assert_eq!((reach.ask(false, 301), reach.ask(false, 301)), (Advice::Go, Advice::Go));
    }

    #[test]
    fn patience_counts_from_when_the_first_set_out_and_then_nobody_waits() {
        let mut reach = Reach::default();
        assert!(!reach.failed("refused", 0, PATIENCE_MILLIS), "a black hole has used it up");
        assert_eq!(reach.ask(false, PATIENCE_MILLIS), give_up());
        assert_eq!(reach.ask(false, PATIENCE_MILLIS * 9), give_up(), "the link says it is away");
        assert_eq!(reach.ask(true, PATIENCE_MILLIS + 1), give_up(), "a second is not over");
        let later = PATIENCE_MILLIS + LATER_MILLIS;
        assert_eq!((reach.ask(true, later), reach.ask(true, later)), (Advice::Go, give_up()));
        assert!(!reach.failed("refused", later, later + 5));
    }

    #[test]
    fn one_that_tried_and_is_not_heard_of_again_is_not_waited_for() {
        let mut reach = Reach::default();
        reach.failed("refused", 0, 1);
        assert_eq!(reach.ask(true, 4000), Advice::Go);
        assert_eq!(reach.ask(true, 4001), WAIT(4001));
        assert_eq!(reach.ask(true, 5001), give_up());
        assert_eq!(reach.ask(true, 4000 + TRIAL_MILLIS), Advice::Go);
    }

    #[test]
    fn a_clock_that_is_set_back_begins_anew() {
        let mut reach = Reach::default();
        assert!(reach.failed("refused", 9000, 9001));
        assert!(reach.failed("refused", 9000, 100));
        assert_eq!(reach.ask(false, 150), WAIT(150));
        assert_eq!(reach.ask(false, 99), Advice::Go);
        for extreme in [UnixMillis::MIN, UnixMillis::MAX] {
            reach.failed("refused", extreme, extreme);
            reach.ask(true, extreme);
        }
    }
}

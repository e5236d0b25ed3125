//! What clients may not do for a time, and why: CLIENT PAUSE, FAILOVER, the end of the process.
//!
//! ```text
//!            1    2    3    4    5    6    7
//! client     |---- all -----|
//! shutdown        |-------- writes --------|
//! paused     [ all          ][ writes      ]
//! ```

use crate::base::time::UnixMillis;

/// Who pauses. A pause of one is not ended by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausePurpose {
    /// CLIENT PAUSE.
    Client,
    /// FAILOVER, until the replica has taken over or it is given up.
    Failover,
    /// SHUTDOWN, while replicas catch up and the last file is written.
    Shutdown,
}

/// What waits, from mild to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseScope {
    /// Commands that may write or reach the replicas.
    Writes,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pause {
    scope: PauseScope,
    /// The first moment at which it is over.
    until: UnixMillis,
}

const PURPOSES: usize = PausePurpose::Shutdown as usize + 1;

/// The pauses, one for each purpose. Those that have lapsed may be among them: what holds is told
/// by [`Pauses::at`] alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    by_purpose: [Option<Pause>; PURPOSES],
    /// Nothing is paused from here on: the usual question costs one look.
    over_at: UnixMillis,
}

impl Pauses {
    /// What is paused at `now`.
    #[inline]
    pub fn at(&self, now: UnixMillis) -> Option<PauseScope> {
        if now >= self.over_at {
            return None;
        }
        self.running(now).map(|pause| pause.scope).max()
    }

    /// Pauses until `until`. A pause for the same purpose that still runs is made neither shorter
    /// nor milder; one that has lapsed does not count any more.
    pub fn begin(
        &mut self,
        purpose: PausePurpose,
        scope: PauseScope,
        until: UnixMillis,
        now: UnixMillis,
    ) {
        let slot = &mut self.by_purpose[purpose as usize];
        let running = slot.filter(|pause| now < pause.until);
        *slot = Some(running.map_or(Pause { scope, until }, |running| Pause {
            scope: running.scope.max(scope),
            until: running.until.max(until),
        }));
        self.settle();
    }

    pub fn end(&mut self, purpose: PausePurpose) {
        self.by_purpose[purpose as usize] = None;
        self.settle();
    }

    /// When less than now is paused, if nobody says otherwise before.
    pub fn eases_at(&self, now: UnixMillis) -> Option<UnixMillis> {
        let scope = self.at(now)?;
        self.running(now).filter(|pause| pause.scope == scope).map(|pause| pause.until).max()
    }

    fn running(&self, now: UnixMillis) -> impl Iterator<Item = &Pause> {
        self.by_purpose.iter().flatten().filter(move |pause| now < pause.until)
    }

    fn settle(&mut self) {
        let ends = self.by_purpose.iter().flatten().map(|pause| pause.until);
        self.over_at = ends.max().unwrap_or(UnixMillis::MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::PausePurpose::{Client, Shutdown};
    use super::PauseScope::{All, Writes};
    use super::*;

    #[test]
    fn a_pause_holds_to_the_millisecond() {
        let mut pauses = Pauses::default();
        assert_eq!((pauses.at(0), pauses.eases_at(0)), (None, None));
        pauses.begin(Client, Writes, 10, 5);
        assert_eq!((pauses.at(9), pauses.eases_at(9)), (Some(Writes), Some(10)));
        assert_eq!((pauses.at(10), pauses.eases_at(10)), (None, None));
    }

    #[test]
    fn a_pause_that_runs_is_made_neither_shorter_nor_milder() {
        let mut pauses = Pauses::default();
        pauses.begin(Client, All, 10, 0);
        pauses.begin(Client, Writes, 20, 0);
        assert_eq!((pauses.at(19), pauses.at(20)), (Some(All), None));
        pauses.begin(Client, Writes, 5, 0);
        assert_eq!(pauses.at(19), Some(All));
    }

    #[test]
    fn a_pause_that_has_lapsed_does_not_make_the_next_one_stricter_or_longer() {
        let mut pauses = Pauses::default();
        pauses.begin(Client, All, 100, 0);
        pauses.begin(Client, Writes, 150, 100);
        assert_eq!((pauses.at(149), pauses.at(150)), (Some(Writes), None));
    }

    #[test]
    fn of_two_purposes_the_stricter_holds_as_long_as_it_runs() {
        let mut pauses = Pauses::default();
        pauses.begin(Client, All, 10, 0);
        pauses.begin(Shutdown, Writes, 20, 0);
        assert_eq!((pauses.at(9), pauses.eases_at(9)), (Some(All), Some(10)));
        assert_eq!((pauses.at(10), pauses.eases_at(10)), (Some(Writes), Some(20)));
        pauses.end(Client);
        assert_eq!((pauses.at(9), pauses.eases_at(9)), (Some(Writes), Some(20)));
        pauses.end(Shutdown);
        assert_eq!(pauses.at(9), None);
    }
}

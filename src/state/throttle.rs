//! How fast clients may write while a replica lags: an allowance in bytes of the stream, which grows
//! with time and is used up by what is written. Who decides the pace: `replication::model::flow`.
//!
//! Clients stand in line: a turn that has begun writing writes on until it is over, and nobody who
//! comes later is let in before those who wait.

use std::collections::BTreeMap;

use crate::base::ids::ClientId;
use crate::base::offset::{self, Offset};
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot};
use crate::replication::model::flow::Pace;

/// Nobody is delayed for longer by it: with many writers at once, the pace is faster than wished.
pub const LONGEST_DELAY_MILLIS: i64 = 10_000;
/// What is not used of the allowance is good for so long.
const KEPT_MILLIS: i64 = 50;

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Throttle {
    pace: Option<Pace>,
    since: Option<UnixMillis>,
    /// Thousandths of a byte that may be written now; below 0 when more was.
    allowance: i64,
    /// Up to when it has grown, and up to where of the stream it was used up.
    grown_to: UnixMillis,
    used_to: Offset,
    /// Whose turn it is, once it was let in.
    admitted: Option<ClientSlot>,
    /// Those who were let go on and have yet to have their turn, with what it may write.
    passes: BTreeMap<ClientId, i64>,
    has_line: bool,
    delayed_writes: u64,
    delayed_millis: u64,
}

impl Throttle {
    #[inline]
    pub fn is_on(&self) -> bool {
        self.pace.is_some()
    }

    /// How fast, and for whose sake; `None`: as fast as they can.
    pub fn pace(&self) -> Option<Pace> {
        self.pace
    }

    /// Since when it is on.
    pub fn since(&self) -> Option<UnixMillis> {
        self.since
    }

    /// Turns that had to wait, and for how long together.
    pub fn delayed(&self) -> (u64, u64) {
        (self.delayed_writes, self.delayed_millis)
    }

    /// Sets another pace; what was allowed at the one before is settled. Whether it was switched on
    /// or off.
    pub fn set_pace(&mut self, pace: Option<Pace>, now: UnixMillis, stream: Offset) -> bool {
        self.settle(now, stream);
        let was_on = self.is_on();
        self.pace = pace;
        if was_on == self.is_on() {
            return false;
        }
        self.since = pace.map(|_| now);
        self.allowance = 0;
        (self.grown_to, self.used_to) = (now, stream);
        true
    }

    /// The next turn begins.
    #[inline]
    pub fn begin_turn(&mut self, client: ClientKey) {
        if self.passes.is_empty() {
            self.admitted = None;
            return;
        }
        let pass = self.passes.remove(&client.id);
        self.admitted = pass.map(|_| client.slot);
    }

    /// Whether a client may write in its turn.
    pub fn admits(&mut self, client: ClientSlot, now: UnixMillis, stream: Offset) -> bool {
        if self.admitted != Some(client) {
            self.settle(now, stream);
            let is_let_in = !self.has_line && self.left() > 0;
            self.admitted = is_let_in.then_some(client);
        }
        self.admitted == Some(client)
    }

    /// Whether somebody waits.
    pub fn set_line(&mut self, has_line: bool) {
        self.has_line = has_line;
    }

    /// Whether the first of the line, who waits `since` then, goes on; `bytes`: what it has to write.
    pub fn lets_go(
        &mut self,
        client: ClientKey,
        bytes: usize,
        since: UnixMillis,
        now: UnixMillis,
        stream: Offset,
    ) -> bool {
        self.settle(now, stream);
        // A clock that was set back ends the delay too.
        let is_early = (since..since.saturating_add(LONGEST_DELAY_MILLIS)).contains(&now);
        if self.is_on() && self.left() <= 0 && is_early {
            return false;
        }
        if self.is_on() {
            self.passes.insert(client.id, thousandths(bytes as u64));
        }
        true
    }

    /// A turn has waited since then.
    pub fn note_delay(&mut self, since: UnixMillis, now: UnixMillis) {
        self.delayed_writes += 1;
        self.delayed_millis += u64::try_from(now - since).unwrap_or(0);
    }

    /// When the first of the line, who waits `since` then, goes on at the latest.
    pub fn opens_at(&self, since: UnixMillis) -> UnixMillis {
        let latest = since.saturating_add(LONGEST_DELAY_MILLIS);
        let Some(pace) = self.pace else { return self.grown_to };
        let wanted = 1_i64.saturating_sub(self.left()).max(0);
        let per_milli = i64::try_from(pace.bytes_per_second).unwrap_or(i64::MAX);
        let millis = match per_milli {
            0 => i64::MAX,
            per_milli => wanted / per_milli + 1,
        };
        self.grown_to.saturating_add(millis).min(latest)
    }

    /// What is left when those who were let go have had their turn.
    fn left(&self) -> i64 {
        self.passes.values().fold(self.allowance, |left, pass| left.saturating_sub(*pass))
    }

    fn settle(&mut self, now: UnixMillis, stream: Offset) {
        let Some(pace) = self.pace else { return };
        let used = offset::bytes_between(self.used_to, stream.max(self.used_to)) as u64;
        self.used_to = stream;
        let allowance = self.allowance.saturating_sub(thousandths(used));
        let millis = (now - self.grown_to).max(0);
        self.grown_to = now;
        // A byte a second is a thousandth a millisecond.
        let per_milli = i64::try_from(pace.bytes_per_second).unwrap_or(i64::MAX);
        let grown = allowance.saturating_add(per_milli.saturating_mul(millis));
        self.allowance = grown.min(allowance.max(per_milli.saturating_mul(KEPT_MILLIS)));
    }
}

fn thousandths(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(slot: ClientSlot) -> ClientKey {
        ClientKey { slot, id: slot as u64 + 100 }
    }

    fn pace(bytes_per_second: u64) -> Option<Pace> {
        Some(Pace { bytes_per_second, client: 1, lag_bytes: 1, limit_bytes: 2 })
    }

    /// A client's turn of so many bytes. Whether it was let in.
    fn turn(
        throttle: &mut Throttle,
        slot: ClientSlot,
        bytes: i64,
        at: &mut Offset,
        now: i64,
    ) -> bool {
        throttle.begin_turn(key(slot));
        let is_let_in = throttle.admits(slot, now, *at);
        *at += if is_let_in { bytes } else { 0 };
        is_let_in
    }

    #[test]
    fn as_much_is_written_as_the_pace_allows() {
        let mut throttle = Throttle::default();
        assert!(throttle.set_pace(pace(10_000), 0, 0));
        let mut at = 0;
        for now in 0..10_000 {
            turn(&mut throttle, 1, 700, &mut at, now);
        }
        assert!((99_000..=101_000).contains(&at), "{at}");
    }

    #[test]
    fn a_turn_that_was_let_in_goes_on_until_it_is_over() {
        let mut throttle = Throttle::default();
        throttle.set_pace(pace(1000), 0, 0);
        throttle.begin_turn(key(1));
        assert!(!throttle.admits(1, 0, 0));
        assert!(throttle.admits(1, 1, 0));
        assert!(throttle.admits(1, 1, 5000), "its next command");
        assert!(!throttle.admits(2, 1, 5000));
        throttle.begin_turn(key(1));
        assert!(!throttle.admits(1, 5000, 5000), "the debt is as long as it was large");
        assert!(throttle.admits(1, 5010, 5000));
    }

    #[test]
    fn nobody_is_let_in_before_those_who_wait() {
        let mut throttle = Throttle::default();
        throttle.set_pace(pace(1000), 0, 0);
        throttle.set_line(true);
        let mut at = 0;
        assert!(!turn(&mut throttle, 2, 1, &mut at, 40));
        assert!(throttle.lets_go(key(1), 30, 0, 40, 0));
        assert!(throttle.lets_go(key(3), 30, 0, 40, 0), "there was room for ten more");
        assert!(!throttle.lets_go(key(4), 30, 0, 40, 0));
        throttle.set_line(false);
        assert!(!turn(&mut throttle, 2, 1, &mut at, 41), "they have passes");
        assert!(turn(&mut throttle, 3, 30, &mut at, 41) && turn(&mut throttle, 1, 30, &mut at, 41));
        assert!(!turn(&mut throttle, 2, 1, &mut at, 42));
    }

    #[test]
    fn the_line_moves_on_when_it_is_said_to() {
        let mut throttle = Throttle::default();
        throttle.set_pace(pace(1000), 0, 0);
        assert_eq!(throttle.opens_at(0), 1);
        throttle.settle(0, 500);
        assert_eq!(throttle.opens_at(0), 501);
        assert!(
            !throttle.lets_go(key(1), 9, 0, 500, 500) && throttle.lets_go(key(1), 9, 0, 501, 500)
        );
    }

    #[test]
    fn nobody_waits_for_longer_than_the_longest_delay() {
        let mut throttle = Throttle::default();
        throttle.set_pace(pace(0), 0, 0);
        assert_eq!(throttle.opens_at(7), 7 + LONGEST_DELAY_MILLIS);
        assert!(!throttle.lets_go(key(1), 9, 7, LONGEST_DELAY_MILLIS + 6, 0));
        assert!(throttle.lets_go(key(1), 9, 7, LONGEST_DELAY_MILLIS + 7, 0));
        let mut at = 0;
        assert!(turn(&mut throttle, 1, 5, &mut at, LONGEST_DELAY_MILLIS + 7));
    }

    #[test]
    fn it_is_switched_once_and_lets_everybody_go_at_its_end() {
        let mut throttle = Throttle::default();
        assert!(!throttle.set_pace(None, 0, 0));
        assert!(throttle.set_pace(pace(0), 5, 0) && !throttle.set_pace(pace(9), 6, 0));
        assert_eq!(throttle.since(), Some(5));
        throttle.set_line(true);
        assert!(throttle.set_pace(None, 7, 0));
        assert_eq!((throttle.since(), throttle.opens_at(6) <= 7), (None, true));
        assert!(throttle.lets_go(key(1), 9, 6, 7, 0) && throttle.passes.is_empty());
        throttle.note_delay(6, 7);
        assert_eq!(throttle.delayed(), (1, 1));
    }
}

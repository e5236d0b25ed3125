//! How far a replica is behind, in time: who writes (or receives) a stream remembers when it grew,
//! and so needs nobody else's clock and no byte in the stream to say how old the first byte is that
//! a replica has not acknowledged.
//!
//! ```text
//!   positions   ├──────────┬───┬──┬─┤ end
//!   points      0 at 100   |   |  6 at 790       the byte after 0 came at 100, that after 6 at 790
//!   acknowledged     ▲ 3: the byte after it came at 100 or later, before the next point
//! ```

use std::collections::VecDeque;

use crate::base::offset::{self, Offset};
use crate::base::time::UnixMillis;

/// Points kept at most: 16 KiB.
const POINTS_MAX: usize = 1024;
/// When there are too many, those go that are closer together than this part of their age.
const KEPT_PART: i64 = 16;
/// What was written in the last half minute tells how much is written.
const RATE_MILLIS: i64 = 30_000;
/// A clock that goes back by more was set.
const SET_BACK_MILLIS: i64 = 1000;
/// How often a stock replica acknowledges.
const STOCK_ACK_MILLIS: i64 = 1000;

/// When a stream grew: exact to the millisecond at its end, to a sixteenth of the age before that.
#[derive(Clone, Debug, Default)]
pub struct StreamTimes {
    /// The position before a byte and when that byte came, both ascending.
    points: VecDeque<(Offset, UnixMillis)>,
}

impl StreamTimes {
    /// Bytes came behind `position`. A time a little before the last one is taken for that; a clock
    /// that was set back makes what is remembered of no use.
    pub fn grew(&mut self, position: Offset, now: UnixMillis) {
        if self.points.back().is_some_and(|&(_, at)| at - now > SET_BACK_MILLIS) {
            self.points.clear();
        }
        match self.points.back() {
            Some(&(last, at)) if now <= at || position <= last => return,
            _ => self.points.push_back((position, now)),
        }
        if self.points.len() > POINTS_MAX {
            self.thin(now);
        }
    }

    /// Keeps few of the old points, and so many that the age is known as well as promised.
    fn thin(&mut self, now: UnixMillis) {
        let mut kept: VecDeque<(Offset, UnixMillis)> = VecDeque::with_capacity(POINTS_MAX + 1);
        let mut points = std::mem::take(&mut self.points).into_iter().rev().peekable();
        while let Some(point) = points.next() {
            let is_close = match (kept.front(), points.peek()) {
                (Some(newer), Some(older)) => (newer.1 - older.1) * KEPT_PART <= now - newer.1,
                _ => false,
            };
            if !is_close {
                kept.push_front(point);
            }
        }
        // After ages.
        kept.drain(..kept.len().saturating_sub(POINTS_MAX));
        self.points = kept;
    }

    /// The stream goes on elsewhere, or the clock does.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// How much was written a second of late, where the stream ends at `end`; 0 when that is not
    /// known.
    pub fn bytes_per_second(&self, end: Offset, now: UnixMillis) -> f64 {
        let recent = self.points.iter().find(|point| now - point.1 <= RATE_MILLIS);
        let Some(&(position, at)) = recent.filter(|point| now > point.1) else { return 0.0 };
        offset::bytes_between(position, end) as f64 * 1000.0 / (now - at) as f64
    }

    /// When the byte after `position`, which is there, came, or shortly before; `None`: longer ago
    /// than is remembered.
    pub fn since(&self, position: Offset) -> Option<UnixMillis> {
        let behind = self.points.partition_point(|point| point.0 <= position);
        self.points.get(behind.checked_sub(1)?).map(|point| point.1)
    }

    /// How old the byte after `position` is, in milliseconds: 0 if there is none before `end`, else
    /// as old as anything that is remembered, at least.
    pub fn age_millis(&self, position: Offset, end: Offset, now: UnixMillis) -> i64 {
        if position >= end {
            return 0;
        }
        let since = self.since(position).or_else(|| self.points.front().map(|point| point.1));
        since.map_or(0, |since| (now - since).max(0))
    }
}

/// How far a replica is behind its master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Not acknowledged as applied.
    pub bytes: u64,
    /// How old the first byte is that it has not applied / not even received. `None`: it does not
    /// tell apart.
    pub applied_millis: i64,
    pub received_millis: Option<i64>,
}

/// What a replica said of itself.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledged {
    pub applied: Offset,
    /// `None`: it does not tell.
    pub received: Option<Offset>,
    /// When it said so.
    pub at: UnixMillis,
}

impl Lag {
    /// Of a replica that said this, where the stream ends at `end`. One of another make says once a
    /// second how far it is: what counts is how late that came, and how long it has been silent
    /// beyond a second.
    pub fn of(said: Acknowledged, times: &StreamTimes, end: Offset, now: UnixMillis) -> Lag {
        let Acknowledged { applied, received, at } = said;
        // Where the stream goes on elsewhere, its readers are gone soon.
        let bytes = offset::bytes_between(applied.min(end), end) as u64;
        match received {
            Some(received) => Lag {
                bytes,
                applied_millis: times.age_millis(applied, end, now),
                received_millis: Some(times.age_millis(received.max(applied), end, now)),
            },
            None => {
                let silent = (now - at).max(0);
                let late = times.age_millis(applied, end, now) - silent.min(STOCK_ACK_MILLIS);
                Lag { bytes, applied_millis: late.max(0), received_millis: None }
            }
        }
    }
}

/// Milliseconds that the rest of something takes at the speed so far; `None` when nobody knows.
pub fn left_millis(done: u64, total: u64, passed_millis: i64) -> Option<i64> {
    let left = total.checked_sub(done)?;
    let passed = u128::try_from(passed_millis).ok()?;
    let millis = (u128::from(left) * passed).checked_div(u128::from(done))?;
    i64::try_from(millis).ok()
}

/// Seconds, rounded up, as INFO shows [`left_millis`].
pub fn eta_seconds(done: u64, total: u64, passed_millis: i64) -> Option<i64> {
    left_millis(done, total, passed_millis).map(|millis| millis.saturating_add(999) / 1000)
}

/// Which share of `total` is done, of a hundred; 0 when nobody knows.
pub fn percent(done: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { (done as f64 * 100.0 / total as f64).min(100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_what_a_replica_lacks_is_counted_from_when_it_was_written() {
        let mut times = StreamTimes::default();
        times.grew(0, 100);
        times.grew(6, 790);
        assert_eq!(times.age_millis(3, 10, 800), 700);
        assert_eq!(times.age_millis(6, 10, 800), 10);
        assert_eq!(times.age_millis(10, 10, 800), 0, "there is nothing that it lacks");
        assert_eq!(times.age_millis(3, 10, 50), 0, "the clock was set back");
    }

    #[test]
    fn what_was_written_before_anything_is_remembered_is_as_old_as_that_at_least() {
        let mut times = StreamTimes::default();
        assert_eq!(times.age_millis(3, 10, 800), 0);
        times.grew(6, 790);
        assert_eq!((times.since(3), times.age_millis(3, 10, 800)), (None, 10));
        times.clear();
        assert_eq!(times.since(7), None);
    }

    #[test]
    fn the_rate_is_that_of_the_last_half_minute() {
        let mut times = StreamTimes::default();
        assert_eq!(times.bytes_per_second(0, 0), 0.0);
        times.grew(0, 0);
        times.grew(1_000_000, 90_000);
        assert_eq!(times.bytes_per_second(1_000_500, 90_000), 0.0, "there is no time in it");
        assert_eq!(times.bytes_per_second(1_020_000, 100_000), 2000.0);
        assert_eq!(times.bytes_per_second(1_020_000, 200_000), 0.0);
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_adds_no_points() {
        let mut times = StreamTimes::default();
        for (position, now) in [(0, 100), (5, 100), (6, 40), (7, 101)] {
            times.grew(position, now);
        }
        assert_eq!((times.since(6), times.since(7)), (Some(100), Some(101)));
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew() {
        let mut times = StreamTimes::default();
        times.grew(0, 1_000_000);
        times.grew(5, 7000);
        assert_eq!((times.since(3), times.age_millis(5, 9, 7400)), (None, 400));
    }

    #[test]
    fn after_weeks_of_writes_memory_is_bounded_and_ages_are_known_to_a_sixteenth() {
        let mut times = StreamTimes::default();
        let mut now = 0;
        // A write each millisecond for a while, then each second, then each minute.
        let steps = [(1, 20_000), (1000, 20_000), (60_000, 20_000), (1, 20_000)];
        let mut written = Vec::new();
        for (step, count) in steps {
            for _ in 0..count {
                let position = written.len() as Offset;
                times.grew(position, now);
                written.push(now);
                assert!(times.points.len() <= POINTS_MAX);
                now += step;
            }
        }
        let end = written.len() as Offset;
        for position in (0..end).step_by(7) {
            let Some(since) = times.since(position) else { continue };
            let came = written[position as usize];
            let (exact, shown) = (now - came, now - since);
            assert!(shown >= exact, "position {position}: {shown} for {exact}");
            assert!(
                shown <= exact + exact / 8 + 60_000,
                "position {position}: {shown} for {exact}"
            );
        }
        assert_eq!(times.since(end - 1), Some(now - 1));
        assert!(times.since(0).is_some(), "{} points", times.points.len());
    }

    fn said(applied: Offset, at: UnixMillis, received: Option<Offset>) -> Acknowledged {
        Acknowledged { applied, received, at }
    }

    fn times() -> StreamTimes {
        let mut times = StreamTimes::default();
        (0..10).for_each(|i| times.grew(i * 100, i * 1000));
        times
    }

    #[test]
    fn what_ours_received_and_what_it_applied_are_told_apart() {
        let lag = Lag::of(said(300, 8990, Some(800)), &times(), 1000, 9000);
        let expected = Lag { bytes: 700, applied_millis: 6000, received_millis: Some(1000) };
        assert_eq!(lag, expected);
        let lag = Lag::of(said(1000, 8990, Some(1000)), &times(), 1000, 9000);
        assert_eq!(lag, Lag { bytes: 0, applied_millis: 0, received_millis: Some(0) });
    }

    /// Else each would seem up to a second late on a master that is written to.
    #[test]
    fn a_stock_replica_is_not_late_for_acknowledging_once_a_second() {
        let of =
            |acked, at, now| Lag::of(said(acked, at, None), &times(), 1000, now).applied_millis;
        // Its ACK had all of 9000 ms when it came.
        assert_eq!(of(900, 9000, 9900), 0);
        assert_eq!(of(900, 9000, 10_500), 500);
        assert_eq!(of(700, 9000, 9000), 2000, "it was late when it said so");
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_is_done_did() {
        assert_eq!(left_millis(25, 100, 1000), Some(3000));
        assert_eq!(eta_seconds(25, 100, 1001), Some(4));
        assert_eq!((left_millis(0, 100, 1000), left_millis(101, 100, 1000)), (None, None));
        assert_eq!(left_millis(1, u64::MAX, i64::MAX), None);
        assert_eq!(left_millis(5, 10, -5), None, "the clock was set back");
        assert_eq!((percent(1, 0), percent(1, 4), percent(9, 4)), (0.0, 25.0, 100.0));
    }
}

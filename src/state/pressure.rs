//! How memory stands against `maxmemory`.

use std::collections::VecDeque;

/// Whether there is room, and for how long there was none. Times are microseconds since 1970.
#[derive(Debug, Default)]
pub struct Pressure {
    /// Nothing can be evicted any more: what may need memory is refused.
    pub is_full: bool,
    over_since: Option<i64>,
    /// How long there was too much, but for the time that runs.
    over_micros: i64,
}

impl Pressure {
    /// More is in use than is allowed; `is_full`: and nothing goes.
    pub fn is_over(&mut self, now_micros: i64, is_full: bool) {
        self.over_since.get_or_insert(now_micros);
        self.is_full = is_full;
    }

    /// There is room.
    pub fn has_room(&mut self, now_micros: i64) {
        self.over_micros += self.current_over_micros(now_micros);
        self.over_since = None;
        self.is_full = false;
    }

    /// Whether there was too much when it was looked at last.
    #[inline]
    pub fn was_over(&self) -> bool {
        self.over_since.is_some()
    }

    /// For how long there has been too much.
    pub fn current_over_micros(&self, now_micros: i64) -> i64 {
        self.over_since.map_or(0, |since| now_micros.saturating_sub(since).max(0))
    }

    /// For how long there was too much in all.
    pub fn total_over_micros(&self, now_micros: i64) -> i64 {
        self.over_micros + self.current_over_micros(now_micros)
    }

    /// CONFIG RESETSTAT.
    pub fn reset_stats(&mut self, now_micros: i64) {
        self.over_micros = 0;
        self.over_since = self.over_since.map(|_| now_micros);
    }
}

/// What the server takes for itself beside what it took at its start: logs, tables of channels, free
/// buffers, connections. It is what the allocator has handed out and nobody else accounts for.
///
/// That may be something else too: what snapshots and the garbage thread hold, messages on their way.
/// So it is the least that was found of late, while no snapshot was taken, and no more than when the
/// limit was set.
#[derive(Debug, Default)]
pub struct OwnMemory {
    found: VecDeque<usize>,
    /// What it was when `maxmemory` was set; `None`: it is not.
    most: Option<usize>,
}

impl OwnMemory {
    const MAX_BYTES: usize = 1 << 20;
    /// So many looks are of late.
    const LOOKS: usize = 10;

    /// So many bytes are not accounted for.
    pub fn look(&mut self, unaccounted: usize) {
        if self.found.len() == Self::LOOKS {
            self.found.pop_front();
        }
        self.found.push_back(unaccounted);
    }

    /// From now on it is no more than it is now, if there is a limit.
    pub fn bound(&mut self, has_limit: bool) {
        self.most = has_limit.then(|| self.least());
    }

    pub fn bytes(&self) -> usize {
        self.least().min(self.most.unwrap_or(Self::MAX_BYTES))
    }

    fn least(&self) -> usize {
        self.found.iter().min().map_or(0, |&least| least.min(Self::MAX_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_takes_for_itself_the_least_that_was_found_of_late() {
        let mut own = OwnMemory::default();
        assert_eq!(own.bytes(), 0);
        for (unaccounted, bytes) in [(100, 100), (500, 100), (90, 90), (4000, 90)] {
            own.look(unaccounted);
            assert_eq!(own.bytes(), bytes);
        }
        own.bound(true);
        (0..20).for_each(|_| own.look(200));
        assert_eq!(own.bytes(), 90);
        own.bound(true);
        assert_eq!(own.bytes(), 200);
        (0..10).for_each(|_| own.look(usize::MAX));
        assert_eq!(own.bytes(), 200);
        own.bound(false);
        assert_eq!(own.bytes(), OwnMemory::MAX_BYTES);
        own.look(7);
        assert_eq!(own.bytes(), 7);
    }

    #[test]
    fn the_time_without_room_is_added_up() {
        let mut pressure = Pressure::default();
        pressure.has_room(5);
        pressure.is_over(10, false);
        pressure.is_over(20, true);
        assert!(pressure.is_full && pressure.was_over());
        assert_eq!((pressure.current_over_micros(30), pressure.total_over_micros(30)), (20, 20));
        pressure.has_room(40);
        assert!(!pressure.is_full && !pressure.was_over());
        pressure.is_over(50, false);
        assert_eq!((pressure.current_over_micros(51), pressure.total_over_micros(51)), (1, 31));
        pressure.reset_stats(60);
        assert_eq!((pressure.current_over_micros(61), pressure.total_over_micros(61)), (1, 1));
    }
}

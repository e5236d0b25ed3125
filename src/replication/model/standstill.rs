//! Whether silence is the peer's fault. A process that stood still (stopped, or busy with one long
//! command) has still to read what its peers sent meanwhile, and must not give them up before.

use crate::base::time::UnixMillis;

/// A clock that ticks each second and comes so late tells of a standstill.
const LATE_MILLIS: i64 = 2000;
/// So long after one, everything that waited in the sockets has been read.
const READING_MILLIS: i64 = 500;

/// Watches the ticks of a link.
#[derive(Clone, Copy, Debug)]
pub struct Standstill {
    last_tick: UnixMillis,
    ended_at: Option<UnixMillis>,
}

impl Standstill {
    /// A clock that begins now.
    pub fn new(now: UnixMillis) -> Self {
        Standstill { last_tick: now, ended_at: None }
    }

    /// The clock ticked. Whether the peer's silence may be held against it.
    pub fn tick(&mut self, now: UnixMillis) -> bool {
        let last = std::mem::replace(&mut self.last_tick, now);
        if now - last > LATE_MILLIS {
            self.ended_at = Some(now);
        }
        self.ended_at.is_none_or(|ended| now - ended >= READING_MILLIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_standstill_a_peer_is_judged_only_when_it_was_read() {
        let mut standstill = Standstill::new(0);
        let mut tick = |now| standstill.tick(now);
        assert!(tick(1000) && tick(2000) && tick(3900));
        // The ticks that were missed come at once, then one in time.
        assert!(!tick(8000) && !tick(8000) && !tick(8001));
        assert!(!tick(8400) && tick(9400) && tick(10_400));
    }
}

//! `rdb-key-save-delay` and `key-load-delay`: slow files, for tests.

use std::time::Duration;

/// A wait that grows with the keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyDelay {
    /// For each key; negative: one microsecond for so many keys.
    micros: i32,
    keys_seen: u64,
}

impl KeyDelay {
    pub fn new(micros: i32) -> KeyDelay {
        KeyDelay { micros, keys_seen: 0 }
    }

    /// How long to wait, now that so many keys are done in all.
    pub fn due(&mut self, keys: u64) -> Duration {
        let seen = std::mem::replace(&mut self.keys_seen, keys);
        let delay = u64::from(self.micros.unsigned_abs());
        Duration::from_micros(match self.micros {
            0 => 0,
            1.. => keys.saturating_sub(seen).saturating_mul(delay),
            _ => (keys / delay).saturating_sub(seen / delay),
        })
    }

    /// The keys after those that were seen, up to `keys`, if each is waited for.
    pub fn each_to(&self, keys: u64) -> std::ops::Range<u64> {
        if self.micros > 0 { self.keys_seen..keys } else { keys..keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_for_the_keys_since_the_last_one() {
        let mut delay = KeyDelay::new(100);
        assert_eq!(delay.due(20), Duration::from_millis(2));
        assert_eq!(delay.due(20), Duration::ZERO);
        assert_eq!(delay.due(30), Duration::from_millis(1));
        assert_eq!(KeyDelay::new(-10).due(25), Duration::from_micros(2));
        let mut rare = KeyDelay::new(-10);
        let waits = (1..=25).map(|keys| rare.due(keys));
        assert_eq!(waits.sum::<Duration>(), Duration::from_micros(2));
        assert_eq!(KeyDelay::new(0).due(25), Duration::ZERO);
    }
}

//! Whether the data set of a full sync has room beside the one that serves.

/// What memory there is.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// In use here.
    pub used_bytes: u64,
    /// `Some`: the limit is heeded; 0: there is none.
    pub maxmemory: Option<u64>,
    /// What the machine, or the group that we are in, has left; `None`: the system does not tell.
    pub available_bytes: Option<u64>,
}

/// The new data set needs more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub needed_bytes: u64,
    pub free_bytes: u64,
}

/// What a server without data has in use at most.
const EMPTY_BYTES: u64 = 4 << 20;

impl Room {
    /// Whether so much is less than so many per cent of what is here, or no data at all; never if
    /// that is 0 per cent.
    pub fn is_next_to_nothing(self, needed_bytes: u64, percent: u32) -> bool {
        percent > 0 && needed_bytes < EMPTY_BYTES.max(self.used_bytes / 100 * u64::from(percent))
    }

    /// Whether so much more finds no room.
    pub fn shortage(self, needed_bytes: u64) -> Option<Shortage> {
        let below_limit = self.maxmemory.filter(|&limit| limit > 0);
        let below_limit = below_limit.map(|limit| limit.saturating_sub(self.used_bytes));
        let free_bytes = [below_limit, self.available_bytes].into_iter().flatten().min()?;
        (needed_bytes > free_bytes).then_some(Shortage { needed_bytes, free_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { used_bytes: 60, maxmemory: None, available_bytes: None };

    #[test]
    fn a_master_that_may_have_lost_its_data_has_next_to_nothing() {
        let room = Room { used_bytes: 1 << 30, ..ROOM };
        for (needed, percent, is_little) in [
            (1 << 20, 1, true),
            (1 << 20, 0, false),
            (10 << 20, 1, true),
            (11 << 20, 1, false),
            (11 << 20, 2, true),
        ] {
            assert_eq!(room.is_next_to_nothing(needed, percent), is_little, "{needed} {percent}");
        }
        assert!(ROOM.is_next_to_nothing(1, 1) && !ROOM.is_next_to_nothing(5 << 20, 1));
    }

    #[test]
    fn what_nobody_limits_has_room() {
        assert_eq!(ROOM.shortage(u64::MAX), None);
        assert_eq!(Room { maxmemory: Some(0), ..ROOM }.shortage(u64::MAX), None);
    }

    #[test]
    fn the_tighter_of_both_limits_counts() {
        let shortage = |free_bytes| Some(Shortage { needed_bytes: 50, free_bytes });
        let room = Room { maxmemory: Some(100), available_bytes: Some(49), ..ROOM };
        assert_eq!(room.shortage(50), shortage(40));
        assert_eq!(room.shortage(40), None);
        assert_eq!(Room { available_bytes: Some(9), ..room }.shortage(50), shortage(9));
        assert_eq!(Room { maxmemory: Some(10), ..room }.shortage(50), shortage(0));
        assert_eq!(Room { maxmemory: None, ..room }.shortage(50), shortage(49));
    }
}

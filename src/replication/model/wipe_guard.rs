//! Whether a replica takes a full sync that would leave it with next to nothing: a master that was
//! restarted without its data, and offers that to those who still have it.

/// What is known of a full sync when it is complete, before it takes the place of what is there.
#[derive(Clone, Copy, Debug)]
pub struct Replacement {
    /// Keys that we have, which another server has given us or we loaded to follow one.
    pub kept_keys: usize,
    pub new_keys: usize,
    /// The master's history is the one that we follow: what is missing there was deleted there.
    pub is_same_history: bool,
    /// `replica-wipe-guard`: of our keys the new data set has to have so many per cent; 0: it may
    /// have none.
    pub percent: u32,
}

impl Replacement {
    /// Whether ours is kept.
    pub fn is_refused(self) -> bool {
        let Replacement { kept_keys, new_keys, is_same_history, percent } = self;
        let is_short = (new_keys as u128) * 100 < (kept_keys as u128) * u128::from(percent);
        is_short && !is_same_history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(kept_keys: usize, new_keys: usize, percent: u32) -> bool {
        let other = Replacement { kept_keys, new_keys, is_same_history: false, percent };
        let same = Replacement { is_same_history: true, ..other };
        assert!(!same.is_refused(), "a master may delete what it has");
        other.is_refused()
    }

    #[test]
    fn data_is_kept_from_a_master_that_has_less_than_its_share_of_it() {
        assert!(is_refused(1, 0, 1));
        assert!(!is_refused(1, 1, 1) && !is_refused(100, 1, 1));
        assert!(is_refused(101, 1, 1));
        assert!(is_refused(10, 4, 50) && !is_refused(10, 5, 50));
        assert!(is_refused(10, 9, 100) && !is_refused(10, 10, 100));
        assert!(is_refused(usize::MAX, usize::MAX - 1, 100));
    }

    #[test]
    fn nothing_is_kept_where_nothing_is_or_where_it_is_switched_off() {
        assert!(!is_refused(0, 0, 100) && !is_refused(0, 5, 100));
        assert!(!is_refused(1_000_000, 0, 0));
    }
}

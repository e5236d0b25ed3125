//! What a database knows of its keys' deadlines at once. Which keys are due the tree knows: each of
//! its nodes keeps the soonest deadline below it, which costs no memory a key.

use crate::base::time::UnixMillis;

/// How many keys have a deadline, and their mean; where the search for what is due has come to.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    count: usize,
    sum: i128,
    /// A place in the order of the hash: see [`super::tree::Tree::pop_due`].
    pub(super) searched_to: u64,
}

impl Deadlines {
    /// The number of keys that expire.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The mean of all deadlines.
    pub fn mean(&self) -> Option<UnixMillis> {
        let count = i128::try_from(self.count).ok().filter(|count| *count > 0)?;
        UnixMillis::try_from(self.sum / count).ok()
    }

    /// Replaces what is noted of a key.
    #[inline]
    pub(super) fn change(&mut self, old: Option<UnixMillis>, new: Option<UnixMillis>) {
        self.sum += i128::from(new.unwrap_or(0)) - i128::from(old.unwrap_or(0));
        self.count += usize::from(new.is_some());
        self.count -= usize::from(old.is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_a_deadline_are_counted_and_averaged() {
        let mut deadlines = Deadlines::default();
        for at in [30, -10, 20, 20] {
            deadlines.change(None, Some(at));
        }
        assert_eq!((deadlines.count(), deadlines.mean()), (4, Some(15)));
        deadlines.change(Some(30), Some(-10));
        deadlines.change(Some(20), None);
        assert_eq!((deadlines.count(), deadlines.mean()), (3, Some(0)));
        [-10, -10, 20].into_iter().for_each(|at| deadlines.change(Some(at), None));
        assert_eq!((deadlines.count(), deadlines.mean()), (0, None));
    }

    #[test]
    fn the_mean_of_extreme_deadlines_does_not_overflow() {
        let mut deadlines = Deadlines::default();
        (0..1_000).for_each(|_| deadlines.change(None, Some(UnixMillis::MAX)));
        assert_eq!(deadlines.mean(), Some(UnixMillis::MAX));
    }
}

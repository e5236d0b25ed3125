//! What was looked up, while it is not decided yet whether it stays.

use std::marker::PhantomData;
use std::ptr::NonNull;

/// A value found in its owner: either it is handed out for as long as the owner was lent, or the
/// owner is had back, to take the value out. The borrow checker allows only one of the two when a
/// function returns the value on one of its ways alone.
pub struct Found<'a, O, V> {
    owner: NonNull<O>,
    value: NonNull<V>,
    /// The borrow that the pointers stand for.
    borrow: PhantomData<&'a mut O>,
}

impl<'a, O, V> Found<'a, O, V> {
    /// Looks for a value.
    #[inline]
    pub fn find(owner: &'a mut O, find: impl FnOnce(&O) -> Option<&V>) -> Option<Found<'a, O, V>> {
        let owner = NonNull::from(owner);
        // SAFETY: it was lent to us just now.
        let value = NonNull::from(find(unsafe { owner.as_ref() })?);
        Some(Found { owner, value, borrow: PhantomData })
    }

    /// The value, to be looked at.
    #[inline]
    pub fn value(&self) -> &V {
        // SAFETY: it was borrowed from the owner, which nobody has reached since.
        unsafe { self.value.as_ref() }
    }

    /// The value.
    #[inline]
    pub fn into_value(self) -> &'a V {
        // SAFETY: as above; the owner stays borrowed for 'a.
        unsafe { self.value.as_ref() }
    }

    /// The owner, which is free to change.
    pub fn into_owner(mut self) -> &'a mut O {
        // SAFETY: the owner was lent for 'a, and the value is not reachable any more.
        unsafe { self.owner.as_mut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd_or_removed(numbers: &mut Vec<u32>) -> Option<&u32> {
        let found = Found::find(numbers, |numbers| numbers.last())?;
        if *found.value() % 2 == 1 {
            return Some(found.into_value());
        }
        found.into_owner().pop();
        None
    }

    #[test]
    fn what_was_found_is_had_or_its_owner_is_changed() {
        let mut numbers = vec![1, 2];
        assert_eq!(odd_or_removed(&mut numbers), None);
        assert_eq!(odd_or_removed(&mut numbers), Some(&1));
        assert_eq!(numbers, [1]);
    }
}

//! A counted pointer with a count of eight bytes: what an `Arc` has besides, a second count for weak
//! pointers, costs memory in every node of a collection, and time at every change.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::holders::Holders;
use super::memory::size_class;

/// A holder of a value that is shared until one of its holders changes it.
pub struct Shared<T>(NonNull<Counted<T>>);

#[repr(C)]
struct Counted<T> {
    holders: Holders,
    value: T,
}

// SAFETY: as an `Arc`: who holds it may read the value on any thread, and the last one drops it.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The bytes allocated for one, rounded as the allocator does.
    pub const BYTES: usize = size_class(size_of::<Counted<T>>());

    pub fn new(value: T) -> Shared<T> {
        let counted = Box::new(Counted { holders: Holders::one(), value });
        Shared(NonNull::from(Box::leak(counted)))
    }

    /// Where the value is.
    pub fn as_ptr(this: &Self) -> *const T {
        // SAFETY: the block is there as long as it has a holder; only an address is made.
        unsafe { &raw const (*this.0.as_ptr()).value }
    }

    /// Whether both hold one value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        this.0 == other.0
    }

    /// Gives the hold up for the value's address, to be taken back by [`Shared::from_raw`].
    pub fn into_raw(this: Self) -> *const T {
        let address = Shared::as_ptr(&this);
        std::mem::forget(this);
        address
    }

    /// Takes the hold that [`Shared::into_raw`] gave up.
    ///
    /// # Safety
    /// It gave that address, and the hold is taken back once.
    pub unsafe fn from_raw(address: *const T) -> Shared<T> {
        let offset = std::mem::offset_of!(Counted<T>, value);
        // SAFETY: the caller vouches that the address is that of the value in a block.
        Shared(unsafe { NonNull::new_unchecked(address.cast_mut().byte_sub(offset).cast()) })
    }

    /// One hold more, at an address as [`Shared::into_raw`] gives it.
    ///
    /// # Safety
    /// It is the value of a block that has a holder, and the hold is taken by
    /// [`Shared::from_raw`] once.
    pub unsafe fn add_hold(address: *const T) {
        // SAFETY: as the caller vouches; the hold of another is not given up here.
        let held = ManuallyDrop::new(unsafe { Shared::from_raw(address) });
        held.counted().holders.add();
    }

    /// Whether nobody else holds it.
    #[inline]
    pub fn is_unique(this: &Self) -> bool {
        this.counted().holders.is_one()
    }

    /// The value, to be changed, if nobody else holds it.
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if !Shared::is_unique(this) {
            return None;
        }
        // SAFETY: this is the only holder, and borrowed mutably.
        Some(unsafe { &mut this.0.as_mut().value })
    }

    #[inline]
    fn counted(&self) -> &Counted<T> {
        // SAFETY: the block is there as long as it has a holder.
        unsafe { self.0.as_ref() }
    }

    /// Drops the value and frees its block.
    ///
    /// # Safety
    /// The last hold has just been given up.
    #[cold]
    unsafe fn free(&mut self) {
        // SAFETY: it came from a box, and nobody can reach it any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl<T: Clone> Shared<T> {
    /// The value, to be changed: a copy of it, if others hold it too.
    #[inline]
    pub fn make_mut(this: &mut Self) -> &mut T {
        if !Shared::is_unique(this) {
            Shared::become_copy(this);
        }
        // SAFETY: this is the only holder, and borrowed mutably.
        unsafe { &mut this.0.as_mut().value }
    }

    #[cold]
    fn become_copy(this: &mut Self) {
        *this = Shared::new(T::clone(this));
    }

    /// The value itself, or a copy of it if others hold it too.
    pub fn unwrap_or_clone(this: Self) -> T {
        if !Shared::is_unique(&this) {
            return T::clone(&this);
        }
        // SAFETY: it came from a box, and this is its only holder, which is given up.
        let counted = unsafe { Box::from_raw(this.0.as_ptr()) };
        std::mem::forget(this);
        counted.value
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T> AsRef<T> for Shared<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.counted().holders.add();
        Shared(self.0)
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        if self.counted().holders.remove() {
            // SAFETY: that was the last hold.
            unsafe { self.free() };
        }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        T::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_copied_when_it_changes_while_others_hold_it() {
        let mut one = Shared::new(vec![1]);
        let place = Shared::as_ptr(&one);
        Shared::make_mut(&mut one).push(2);
        assert_eq!(Shared::as_ptr(&one), place, "nobody else held it");
        let other = one.clone();
        assert!(Shared::get_mut(&mut one).is_none());
        Shared::make_mut(&mut one).push(3);
        assert_eq!((&one[..], &other[..]), (&[1, 2, 3][..], &[1, 2][..]));
        assert_eq!(Shared::unwrap_or_clone(other), [1, 2]);
    }

    #[test]
    fn a_hold_is_given_up_for_an_address_and_taken_back() {
        let held = std::sync::Arc::new(());
        let shared = Shared::new((7_u8, held.clone()));
        let address = Shared::into_raw(shared.clone());
        assert_eq!(address, Shared::as_ptr(&shared));
        drop(shared);
        assert_eq!(std::sync::Arc::strong_count(&held), 2);
        // SAFETY: given by `into_raw`, once.
        let back = unsafe { Shared::from_raw(address) };
        assert_eq!(*back, (7, held.clone()));
        drop(back);
        assert_eq!(std::sync::Arc::strong_count(&held), 1);
    }

    #[test]
    fn the_last_of_many_threads_frees_it() {
        let shared = Shared::new(String::from("text"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let mine = shared.clone();
                scope.spawn(move || (0..1000).for_each(|_| assert_eq!(*mine.clone(), "text")));
            }
        });
        assert!(Shared::is_unique(&shared));
    }
}

//! An intset or a listpack in one pointer.
//!
//! Their first four bytes tell them apart: an intset begins with its width, 2, 4 or 8, and a
//! listpack with its bytes, which are 7 if it is empty, and else 9 or more, since no entry takes
//! less than 2.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::store::packed::{ALIGN, Intset, Listpack};
use crate::store::value::compact::Packed;

/// One of the two.
#[repr(C)]
pub(super) union Small {
    ints: ManuallyDrop<Intset>,
    pack: ManuallyDrop<Listpack>,
    /// Both are a pointer to 8 bytes or more, aligned to [`ALIGN`].
    start: NonNull<u32>,
}

pub(super) enum SmallRef<'a> {
    Ints(&'a Intset),
    Pack(&'a Listpack),
}

pub(super) enum SmallMut<'a> {
    Ints(&'a mut Intset),
    Pack(&'a mut Listpack),
}

const _: () = assert!(
    size_of::<Intset>() == size_of::<NonNull<u32>>()
        && size_of::<Listpack>() == size_of::<NonNull<u32>>()
        && align_of::<u32>() <= ALIGN
);

// SAFETY: it is a pointer that is never null, aligned to `ALIGN`.
unsafe impl Packed for Small {}
// SAFETY: it owns one of the two, and both may be sent and shared.
unsafe impl Send for Small {}
// SAFETY: as above.
unsafe impl Sync for Small {}

impl Small {
    pub(super) fn ints(ints: Intset) -> Small {
        Small { ints: ManuallyDrop::new(ints) }
    }

    pub(super) fn pack(pack: Listpack) -> Small {
        Small { pack: ManuallyDrop::new(pack) }
    }

    #[inline]
    fn is_ints(&self) -> bool {
        // SAFETY: whichever it is, it is a pointer to as many bytes that were written, which change
        // through `&mut self` only.
        let beginning = unsafe { self.start.read() };
        matches!(u32::from_le(beginning), 2 | 4 | 8)
    }

    #[inline]
    pub(super) fn form(&self) -> SmallRef<'_> {
        // SAFETY: the beginning says which it is.
        unsafe {
            match self.is_ints() {
                true => SmallRef::Ints(&self.ints),
                false => SmallRef::Pack(&self.pack),
            }
        }
    }

    #[inline]
    pub(super) fn form_mut(&mut self) -> SmallMut<'_> {
        // SAFETY: the beginning says which it is, and each stays what it is however it changes.
        unsafe {
            match self.is_ints() {
                true => SmallMut::Ints(&mut self.ints),
                false => SmallMut::Pack(&mut self.pack),
            }
        }
    }
}

impl Clone for Small {
    fn clone(&self) -> Small {
        match self.form() {
            SmallRef::Ints(ints) => Small::ints(ints.clone()),
            SmallRef::Pack(pack) => Small::pack(pack.clone()),
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // SAFETY: the beginning says which it is, and it is not used any more.
        unsafe {
            match self.is_ints() {
                true => ManuallyDrop::drop(&mut self.ints),
                false => ManuallyDrop::drop(&mut self.pack),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ints(small: &Small) -> bool {
        matches!(small.form(), SmallRef::Ints(_))
    }

    #[test]
    fn intsets_and_packs_are_told_apart_in_every_size() {
        let mut ints = Small::ints(Intset::new());
        let mut pack = Small::pack(Listpack::new());
        for shift in 0..63 {
            assert!(is_ints(&ints) && !is_ints(&pack));
            assert!(is_ints(&ints.clone()) && !is_ints(&pack.clone()));
            match (ints.form_mut(), pack.form_mut()) {
                (SmallMut::Ints(ints), SmallMut::Pack(pack)) => {
                    assert!(ints.insert(1 << shift).expect("room"));
                    pack.push_back(1 << shift).expect("room");
                }
                _ => unreachable!("they are what they were"),
            }
        }
        let SmallRef::Ints(ints) = ints.form() else { unreachable!() };
        let SmallRef::Pack(pack) = pack.form() else { unreachable!() };
        assert_eq!((ints.len(), pack.len()), (63, 63));
    }
}

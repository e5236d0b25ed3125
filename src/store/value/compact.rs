//! A collection in one word: packed while it is small, and shared behind a count when it is large.
//!
//! The lowest bit of the pointer, which all allocations leave free, says which it is. So a small
//! collection is one allocation, and the entry that holds it another.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use crate::store::packed::Listpack;
use crate::store::shared::Shared;

/// A packed form: one pointer.
///
/// # Safety
/// It is nothing but a pointer, never null, to an allocation aligned to 2 bytes at least, and so it
/// stays however it changes.
pub unsafe trait Packed: Clone + Send + Sync {}

// SAFETY: `repr(transparent)` over a pointer that is never null, aligned to `packed::ALIGN`.
unsafe impl Packed for Listpack {}

const LARGE: usize = 1;

/// The packed form `P` or the large one, `L`, a clone of which shares what it can.
pub struct Compact<P: Packed, L: Clone + Send + Sync> {
    /// A `P` as it is, or what `Shared<L>::into_raw` gave with the tag [`LARGE`].
    pointer: NonNull<u8>,
    forms: PhantomData<(P, Shared<L>)>,
}

/// What it is, to read.
pub enum Form<'a, P, L> {
    Pack(&'a P),
    Large(&'a L),
}

/// What it is, to change. The large form is this one's own: a copy of it, if it was shared.
pub enum FormMut<'a, P, L> {
    Pack(&'a mut P),
    Large(&'a mut L),
}

// SAFETY: it owns one of the two, or a hold of it, and both may be sent and shared.
unsafe impl<P: Packed, L: Clone + Send + Sync> Send for Compact<P, L> {}
// SAFETY: as above.
unsafe impl<P: Packed, L: Clone + Send + Sync> Sync for Compact<P, L> {}

impl<P: Packed, L: Clone + Send + Sync> Compact<P, L> {
    const FITS: () = assert!(size_of::<P>() == size_of::<NonNull<u8>>() && align_of::<L>() > LARGE);

    /// In its packed form.
    pub fn pack(pack: P) -> Self {
        let () = Self::FITS;
        let pack = ManuallyDrop::new(pack);
        // SAFETY: it is a pointer that is never null, of this size.
        let pointer = unsafe { ptr::read((&raw const *pack).cast::<NonNull<u8>>()) };
        Compact { pointer, forms: PhantomData }
    }

    /// In its large form.
    pub fn large(large: L) -> Self {
        Compact { pointer: Self::tagged(Shared::new(large)), forms: PhantomData }
    }

    fn tagged(large: Shared<L>) -> NonNull<u8> {
        let () = Self::FITS;
        let pointer = Shared::into_raw(large).cast_mut().cast::<u8>();
        // SAFETY: what a `Shared` holds is never at null, with the tag or without.
        unsafe { NonNull::new_unchecked(pointer.map_addr(|address| address | LARGE)) }
    }

    #[inline]
    pub fn is_large(&self) -> bool {
        self.pointer.addr().get() & LARGE != 0
    }

    /// What `Shared::into_raw` gave. Only of the large form.
    fn untagged(&self) -> *const L {
        self.pointer.as_ptr().map_addr(|address| address & !LARGE).cast()
    }

    #[inline]
    pub fn form(&self) -> Form<'_, P, L> {
        if self.is_large() {
            // SAFETY: this holds the `Shared`, and changes it only through `&mut self`.
            Form::Large(unsafe { &*self.untagged() })
        } else {
            // SAFETY: what is kept is the bits of a `P`.
            Form::Pack(unsafe { &*(&raw const self.pointer).cast::<P>() })
        }
    }

    /// The pack, while it is one.
    pub fn as_pack(&self) -> Option<&P> {
        match self.form() {
            Form::Pack(pack) => Some(pack),
            Form::Large(_) => None,
        }
    }

    /// The large form, when it has it.
    pub fn as_large(&self) -> Option<&L> {
        match self.form() {
            Form::Pack(_) => None,
            Form::Large(large) => Some(large),
        }
    }

    #[inline]
    pub fn form_mut(&mut self) -> FormMut<'_, P, L> {
        if !self.is_large() {
            // SAFETY: what is kept is the bits of a `P`, and stays so however that changes.
            return FormMut::Pack(unsafe { &mut *(&raw mut self.pointer).cast::<P>() });
        }
        // SAFETY: this holds it; the hold goes on in `pointer`.
        let mut large = unsafe { Shared::from_raw(self.untagged()) };
        if Shared::get_mut(&mut large).is_none() {
            large = Shared::new(L::clone(&large));
        }
        self.pointer = Self::tagged(large);
        // SAFETY: nobody else holds it, and the borrow of this one lasts as long.
        FormMut::Large(unsafe { &mut *self.untagged().cast_mut() })
    }

    /// Becomes large, by what is made of the pack, if it is not yet, and gives that to change.
    pub fn enlarge(&mut self, large_of: impl FnOnce(&mut P) -> L) -> &mut L {
        if let FormMut::Pack(pack) = self.form_mut() {
            *self = Compact::large(large_of(pack));
        }
        match self.form_mut() {
            FormMut::Pack(_) => unreachable!("it is large by now"),
            FormMut::Large(large) => large,
        }
    }
}

impl<P: Packed, L: Clone + Send + Sync> Clone for Compact<P, L> {
    fn clone(&self) -> Self {
        match self.form() {
            Form::Pack(pack) => Compact::pack(pack.clone()),
            Form::Large(_) => {
                // SAFETY: this holds one, and another is made for the clone.
                unsafe { Shared::add_hold(self.untagged()) };
                Compact { pointer: self.pointer, forms: PhantomData }
            }
        }
    }
}

impl<P: Packed, L: Clone + Send + Sync> Drop for Compact<P, L> {
    fn drop(&mut self) {
        if self.is_large() {
            // SAFETY: the hold that this one had.
            drop(unsafe { Shared::from_raw(self.untagged()) });
        } else {
            // SAFETY: the bits of a `P`, which is not used any more.
            unsafe { ptr::drop_in_place((&raw mut self.pointer).cast::<P>()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Value = Compact<Listpack, Vec<String>>;

    fn show(value: &Value) -> String {
        match value.form() {
            Form::Pack(pack) => format!("{pack:?}"),
            Form::Large(large) => large.join(" "),
        }
    }

    #[test]
    fn clones_keep_what_they_were_in_either_form() {
        let mut value = Value::pack(Listpack::from_elements([&b"1"[..]]).expect("room"));
        let small = value.clone();
        match value.form_mut() {
            FormMut::Pack(pack) => pack.push_back(b"2").expect("room"),
            FormMut::Large(_) => unreachable!("it is small"),
        }
        assert_eq!((show(&value), show(&small)), ("[1, 2]".into(), "[1]".into()));
        value = Value::large(vec!["a".to_owned()]);
        let large = value.clone();
        for word in ["b", "c"] {
            match value.form_mut() {
                FormMut::Pack(_) => unreachable!("it is large"),
                FormMut::Large(large) => large.push(word.to_owned()),
            }
        }
        assert_eq!((show(&value), show(&large)), ("a b c".into(), "a".into()));
        drop(value);
        assert_eq!(show(&large), "a");
    }
}

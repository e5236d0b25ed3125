//! Bytes behind one pointer, whose first bytes tell how many they are. All `unsafe` code of the
//! packs is here.
//!
//! ```text
//! Thin ──► | head: says the total | the rest           | unused up to the size class |
//!          0                      F::HEAD_BYTES        total                size_class(total)
//! ```
//!
//! Two rules make the safe interface sound. The head of what is allocated changes only together
//! with the allocation, so the layout to free follows from it; and every byte before the total has
//! been written. While there is nothing but a head and an end, the pointer is that of a static.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::slice;

use crate::store::memory::size_class;

/// What the pointer of a pack is aligned to.
pub const ALIGN: usize = 16;

/// As much of the beginning as tells the total.
type Head = [u8; 8];

/// The bytes of a pack that is empty, and as many more as an allocation would have.
#[repr(C, align(16))]
pub(super) struct Empty(pub [u8; 16]);

const _: () = assert!(align_of::<Empty>() == ALIGN && size_class(1) == size_of::<Empty>());

/// A way to pack bytes.
pub(super) trait Format: 'static {
    /// The bytes of the head: at most 8.
    const HEAD_BYTES: usize;
    /// The bytes of a pack that is empty: at least those of the head, and at most 16. No other has
    /// as many, and each has 8 at least.
    const EMPTY_BYTES: usize;
    /// What they are: one static, always the same.
    fn empty() -> &'static Empty;
    /// The total that a head states; what stands behind it does not matter.
    fn total_bytes(head: Head) -> usize;
}

/// An owned pack of bytes.
#[repr(transparent)]
pub(super) struct Thin<F: Format> {
    start: NonNull<u8>,
    format: PhantomData<F>,
}

// SAFETY: the bytes are owned, and changed through `&mut` only.
unsafe impl<F: Format> Send for Thin<F> {}
// SAFETY: as above.
unsafe impl<F: Format> Sync for Thin<F> {}

impl<F: Format> Thin<F> {
    /// One that is empty, which takes no memory.
    pub(super) fn empty() -> Self {
        const {
            assert!(F::HEAD_BYTES <= 8 && F::HEAD_BYTES <= F::EMPTY_BYTES);
            assert!(F::EMPTY_BYTES <= 16);
        }
        Thin { start: NonNull::from(F::empty()).cast(), format: PhantomData }
    }

    /// One of `total` bytes: a head that states them, and what `fill` writes behind it.
    pub(super) fn build(total: usize, head: &[u8], fill: impl FnOnce(&mut Filler<'_>)) -> Self {
        let mut thin = Self::empty();
        let rest = F::HEAD_BYTES..F::EMPTY_BYTES;
        thin.splice(rest, total - F::HEAD_BYTES, head, fill);
        thin
    }

    /// The bytes.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: as many were written, and a change needs `&mut self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.total()) }
    }

    /// The number of bytes.
    #[inline]
    pub(super) fn total(&self) -> usize {
        F::total_bytes(self.head())
    }

    /// The bytes allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        if self.is_static() { 0 } else { size_class(self.total()) }
    }

    /// Puts `inserted` bytes that `fill` writes in place of a range behind the head, and `head` in
    /// place of the beginning; it must state the number of bytes that there are then. If nothing
    /// is left, `fill` is not asked.
    #[inline]
    pub(super) fn splice(
        &mut self,
        replaced: Range<usize>,
        inserted: usize,
        head: &[u8],
        fill: impl FnOnce(&mut Filler<'_>),
    ) {
        let old_total = self.total();
        let Range { start: at, end } = replaced;
        assert!(F::HEAD_BYTES <= at && at <= end && end <= old_total, "a range of the pack");
        assert!(head.len() <= F::HEAD_BYTES);
        let total = old_total - (end - at) + inserted;
        let mut new_head = self.head();
        new_head[..head.len()].copy_from_slice(head);
        assert_eq!(F::total_bytes(new_head), total, "a head that tells the total");
        if total == F::EMPTY_BYTES {
            *self = Self::empty();
            return;
        }
        assert!(total >= size_of::<Head>(), "no pack is between that and what is empty");
        let tail = old_total - end;
        self.reserve(old_total, total);
        // SAFETY: there is room for the larger total, so for the tail in both of its places and for
        // what is put between; the gap is filled before anybody reads it, and the head is as it is
        // to be before the allocation shrinks or anything can go wrong.
        unsafe {
            let start = self.start.as_ptr();
            if at + inserted != end {
                ptr::copy(start.add(end), start.add(at + inserted), tail);
            }
            ptr::copy_nonoverlapping(head.as_ptr(), start, head.len());
            self.shrink(old_total, total);
            let gap = self.start.as_ptr().add(at);
            let mut filler = Filler { next: gap, room: inserted, pack: PhantomData };
            fill(&mut filler);
            debug_assert_eq!(filler.room, 0, "as many bytes as were announced");
        }
    }

    /// Whether nothing is allocated.
    #[inline]
    fn is_static(&self) -> bool {
        ptr::eq(self.start.as_ptr(), F::empty().0.as_ptr())
    }

    #[inline]
    fn head(&self) -> Head {
        // SAFETY: the static and every pack that is not empty have 8 bytes or more.
        unsafe { self.start.as_ptr().cast::<Head>().read() }
    }

    /// Makes room for `total` bytes, if they are more than `old_total`; leaves the head as it is.
    #[inline]
    fn reserve(&mut self, old_total: usize, total: usize) {
        if self.is_static() {
            let start = allocate(total);
            // SAFETY: whatever is put behind what is empty makes it longer, and both have room.
            unsafe { ptr::copy_nonoverlapping(self.start.as_ptr(), start.as_ptr(), old_total) };
            self.start = start;
        } else if size_class(total) > size_class(old_total) {
            self.reallocate(old_total, total);
        }
    }

    /// Gives back what `total` bytes need no more.
    #[inline]
    fn shrink(&mut self, old_total: usize, total: usize) {
        if size_class(total) < size_class(old_total) {
            self.reallocate(old_total, total);
        }
    }

    fn reallocate(&mut self, old_total: usize, total: usize) {
        // SAFETY: that was the layout for the old total, and a class is never 0.
        let start =
            unsafe { realloc(self.start.as_ptr(), layout_of(old_total), size_class(total)) };
        match NonNull::new(start) {
            Some(start) => self.start = start,
            None => handle_alloc_error(layout_of(total)),
        }
    }
}

impl<F: Format> Clone for Thin<F> {
    fn clone(&self) -> Self {
        let total = self.total();
        if self.is_static() {
            return Self::empty();
        }
        let start = allocate(total);
        // SAFETY: both have as many bytes, and one of them is new.
        unsafe { ptr::copy_nonoverlapping(self.start.as_ptr(), start.as_ptr(), total) };
        Thin { start, format: PhantomData }
    }
}

impl<F: Format> Drop for Thin<F> {
    fn drop(&mut self) {
        if !self.is_static() {
            // SAFETY: it is owned, and the head states the total that the layout follows from.
            unsafe { dealloc(self.start.as_ptr(), layout_of(self.total())) };
        }
    }
}

fn allocate(total: usize) -> NonNull<u8> {
    let layout = layout_of(total);
    // SAFETY: a class is never 0.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

/// The layout of an allocation for `total` bytes.
#[expect(clippy::expect_used, reason = "a pack is at most a few GiB")]
fn layout_of(total: usize) -> Layout {
    Layout::from_size_align(size_class(total), ALIGN).expect("far from the end of the addresses")
}

/// The bytes that are being put into a pack, to be written from the first to the last.
pub(super) struct Filler<'a> {
    next: *mut u8,
    room: usize,
    pack: PhantomData<&'a mut [u8]>,
}

impl Filler<'_> {
    /// Writes the next ones.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.room, "no more than there is room for");
        // SAFETY: there is room for as many, and nobody else reaches it.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.next, bytes.len());
            self.next = self.next.add(bytes.len());
        }
        self.room -= bytes.len();
    }
}

impl Drop for Filler<'_> {
    /// Nothing stays unwritten, not even when a panic comes between.
    fn drop(&mut self) {
        // SAFETY: there is room for as many.
        unsafe { ptr::write_bytes(self.next, 0, self.room) };
    }
}

//! Bytes behind one counted pointer.
//!
//! ```text
//! offset 0    4      8
//! | holders  | len  | bytes ...
//! |  u32     | u32  |
//! ```
//! The allocation has exactly the size class of header and bytes, so its layout is known from the
//! length. A clone is one more holder; who changes bytes that others hold too gets a copy.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::fmt;
use std::ptr::{self, NonNull};
use std::slice;

use crate::store::holders::Holders;
use crate::store::memory::size_class;

const HEADER_BYTES: usize = size_of::<Header>();
const ALIGN: usize = 8;
const _: () = assert!(HEADER_BYTES == 8);

/// More is never kept in one piece.
pub const MAX_BYTES: usize = 1 << 31;

#[repr(C)]
struct Header {
    holders: Holders,
    len: u32,
}

/// Up to `MAX_BYTES` bytes; a pointer that is never null.
#[repr(transparent)]
pub struct Buffer(NonNull<Header>);

// SAFETY: the bytes change only through the one holder that is borrowed mutably, and the count is
// atomic.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

fn layout_of(len: usize) -> Layout {
    assert!(len <= MAX_BYTES, "a buffer of {len} bytes");
    let bytes = size_class(HEADER_BYTES + len);
    // SAFETY: the alignment is a power of two, and the size is far below the largest.
    unsafe { Layout::from_size_align_unchecked(bytes, ALIGN) }
}

impl Buffer {
    /// A copy of these bytes.
    pub fn new(bytes: &[u8]) -> Buffer {
        let buffer = Buffer::allocate(bytes.len());
        // SAFETY: as many bytes follow the header of the new allocation, which nobody else has.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.start(), bytes.len()) };
        buffer
    }

    /// The bytes are not written yet.
    fn allocate(len: usize) -> Buffer {
        let layout = layout_of(len);
        // SAFETY: the layout is not of size zero.
        let Some(header) = NonNull::new(unsafe { alloc(layout) }.cast::<Header>()) else {
            handle_alloc_error(layout);
        };
        // SAFETY: the allocation is large and aligned enough for a header.
        unsafe { header.write(Header { holders: Holders::one(), len: len as u32 }) };
        Buffer(header)
    }

    fn header(&self) -> &Header {
        // SAFETY: a holder keeps the allocation alive; `len` changes only when there is one.
        unsafe { self.0.as_ref() }
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: the bytes follow the header in the same allocation.
        unsafe { self.0.as_ptr().cast::<u8>().add(HEADER_BYTES) }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.header().len as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes were written there, and change only through `&mut self`.
        unsafe { slice::from_raw_parts(self.start(), self.len()) }
    }

    /// What the allocation takes, rounded as the allocator does.
    pub fn memory_bytes(&self) -> usize {
        layout_of(self.len()).size()
    }

    /// The bytes, to change; a copy takes the place of what others hold too.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        if !self.header().holders.is_one() {
            *self = Buffer::new(self.bytes());
        }
        let len = self.len();
        // SAFETY: nobody else holds them, and the borrow lasts as long as this one's.
        unsafe { slice::from_raw_parts_mut(self.start(), len) }
    }

    /// Puts `inserted` bytes, which are given back to be written, in the place of `removed` bytes
    /// from `at` on.
    ///
    /// # Panics
    /// The place is not within the bytes, or there would be more than `MAX_BYTES`.
    pub fn splice(&mut self, at: usize, removed: usize, inserted: usize) -> &mut [u8] {
        let old = self.len();
        assert!(at <= old && removed <= old - at, "{at} and {removed} of {old} bytes");
        let tail = old - at - removed;
        let new = at + inserted + tail;
        if self.header().holders.is_one() {
            self.splice_own((old, new), (at + removed, at + inserted, tail));
        } else {
            let (before, after) = (&self.bytes()[..at], &self.bytes()[at + removed..]);
            let copy = Buffer::allocate(new);
            // SAFETY: the new allocation has room for both and what comes between.
            unsafe {
                ptr::copy_nonoverlapping(before.as_ptr(), copy.start(), before.len());
                let end = copy.start().add(at + inserted);
                ptr::copy_nonoverlapping(after.as_ptr(), end, after.len());
                ptr::write_bytes(copy.start().add(at), 0, inserted);
            }
            *self = copy;
        }
        // SAFETY: the gap lies within the bytes, all of which are initialised: with what was there,
        // or zeros. Nobody else holds them.
        unsafe { slice::from_raw_parts_mut(self.start().add(at), inserted) }
    }

    /// As [`Buffer::splice`], for the only holder: moves `tail` bytes from one place to another.
    fn splice_own(&mut self, (old, new): (usize, usize), (from, to, tail): (usize, usize, usize)) {
        let (before, after) = (layout_of(old), layout_of(new));
        // What shrinks is moved before the end is cut off, what grows after there is room.
        if new < old {
            self.move_within(from, to, tail);
        }
        if before.size() != after.size() {
            // SAFETY: allocated with `before`; nobody else holds it; the new size is not zero.
            let moved = unsafe { realloc(self.0.as_ptr().cast(), before, after.size()) };
            let Some(header) = NonNull::new(moved.cast::<Header>()) else {
                handle_alloc_error(after);
            };
            self.0 = header;
        }
        // SAFETY: nobody else holds it.
        unsafe { (*self.0.as_ptr()).len = new as u32 };
        if new > old {
            // SAFETY: the bytes from the old end on are in the allocation.
            unsafe { ptr::write_bytes(self.start().add(old), 0, new - old) };
            self.move_within(from, to, tail);
        }
    }

    /// Both places are within the allocation.
    fn move_within(&mut self, from: usize, to: usize, count: usize) {
        // SAFETY: the caller vouches for the places; nobody else holds the bytes.
        unsafe { ptr::copy(self.start().add(from), self.start().add(to), count) };
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        self.header().holders.add();
        Buffer(self.0)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let layout = layout_of(self.len());
        if self.header().holders.remove() {
            // SAFETY: this was the last holder, and the layout is that of the allocation.
            unsafe { dealloc(self.0.as_ptr().cast(), layout) };
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn splices_do_what_they_do_to_a_vector_and_clones_stay_what_they_were() {
        let mut random = Random::from_seed(7);
        let mut model: Vec<u8> = Vec::new();
        let mut buffer = Buffer::new(b"");
        let mut held: Vec<(Buffer, Vec<u8>)> = Vec::new();
        for round in 0..3000u64 {
            let at = random.below(model.len() as u64 + 1) as usize;
            let removed = random.below((model.len() - at) as u64 + 1).min(40) as usize;
            let most = if model.len() > 2000 { 3 } else { 60 };
            let new: Vec<u8> = (0..random.below(most)).map(|i| (round + i) as u8).collect();
            buffer.splice(at, removed, new.len()).copy_from_slice(&new);
            model.splice(at..at + removed, new);
            assert_eq!(buffer.bytes(), model, "round {round}");
            assert_eq!(buffer.memory_bytes(), size_class(8 + model.len()));
            if random.below(10) == 0 {
                held.push((buffer.clone(), model.clone()));
            }
            if held.len() > 5 {
                let (clone, was) = held.swap_remove(random.below(6) as usize);
                assert_eq!(clone.bytes(), was);
            }
        }
    }
}

//! Buckets: the lines that a leaf is made of.
//!
//! ```text
//! offset 0                48              60    61      62  64
//! | entries: 8 x 6        | tags: u16 x 6 | used | passed | - |
//! ```
//!
//! A bucket is one line of 64 bytes with six entries and their tags, so that looking for an entry
//! fetches one line. Bit `i` of `used` says that place `i` holds an entry. `passed` counts the
//! entries that belong here or before but were put in a later bucket because this one was full: a
//! search goes on to the next bucket only if it is not zero. At 255 it stays there.
//!
//! In a leaf's first bucket, places 0 and 1 are the head of the leaf and never used.

use crate::store::entry::Entry;

pub(super) const BUCKET_BYTES: usize = 64;
pub(super) const PLACES: usize = 6;

const TAGS_OFFSET: usize = 48;
const USED_OFFSET: usize = 60;
const PASSED_OFFSET: usize = 61;
const ALL_USED: u8 = (1 << PLACES) - 1;

/// The address of a bucket. Only as good as the leaf that it was taken from.
///
/// # Safety
/// All functions want the bucket to be one of a leaf that is held, and those that write want that
/// holder to be the only one.
#[derive(Clone, Copy)]
pub(super) struct Bucket(pub(super) *mut u8);

impl Bucket {
    /// Empties the bucket, whatever was there.
    pub(super) unsafe fn clear(self) {
        // SAFETY: the caller vouches for the bucket.
        unsafe { self.0.add(TAGS_OFFSET).write_bytes(0, BUCKET_BYTES - TAGS_OFFSET) };
    }

    /// A bit for each place that holds an entry.
    #[inline]
    pub(super) unsafe fn used(self) -> u8 {
        // SAFETY: the caller vouches for the bucket.
        unsafe { self.0.add(USED_OFFSET).read() }
    }

    #[inline]
    pub(super) unsafe fn passed(self) -> u8 {
        // SAFETY: the caller vouches for the bucket.
        unsafe { self.0.add(PASSED_OFFSET).read() }
    }

    pub(super) unsafe fn count_passing(self) {
        // SAFETY: the caller vouches for the bucket.
        unsafe { self.0.add(PASSED_OFFSET).write(self.passed().saturating_add(1)) };
    }

    pub(super) unsafe fn uncount_passing(self) {
        // SAFETY: the caller vouches for the bucket.
        unsafe {
            if self.passed() != u8::MAX {
                self.0.add(PASSED_OFFSET).write(self.passed() - 1);
            }
        }
    }

    /// The address of an entry's place.
    #[inline]
    pub(super) fn entry(self, place: usize) -> *mut Entry {
        debug_assert!(place < PLACES);
        self.0.wrapping_add(place * size_of::<Entry>()).cast()
    }

    pub(super) unsafe fn tag(self, place: usize) -> u16 {
        debug_assert!(place < PLACES);
        // SAFETY: the caller vouches for the bucket.
        unsafe { self.0.add(TAGS_OFFSET + place * size_of::<u16>()).cast::<u16>().read() }
    }

    /// A place that holds no entry; `kept` places are not given.
    pub(super) unsafe fn free_place(self, kept: u8) -> Option<usize> {
        // SAFETY: the caller vouches for the bucket.
        let free = ALL_USED & !unsafe { self.used() } & !kept;
        (free != 0).then(|| free.trailing_zeros() as usize)
    }

    /// Puts an entry in a free place.
    pub(super) unsafe fn put(self, place: usize, tag: u16, entry: Entry) {
        debug_assert!(place < PLACES);
        // SAFETY: the caller vouches for the bucket.
        unsafe {
            self.entry(place).write(entry);
            self.0.add(TAGS_OFFSET + place * size_of::<u16>()).cast::<u16>().write(tag);
            self.0.add(USED_OFFSET).write(self.used() | 1 << place);
        }
    }

    /// Takes the entry out of a used place.
    pub(super) unsafe fn take(self, place: usize) -> Entry {
        // SAFETY: the caller vouches for the bucket; once the bit is cleared, the entry counts as
        // moved.
        unsafe {
            self.0.add(USED_OFFSET).write(self.used() & !(1 << place));
            self.entry(place).read()
        }
    }

    /// A bit for each used place whose tag is this one.
    #[inline]
    pub(super) unsafe fn matches(self, tag: u16) -> u8 {
        // SAFETY: the caller vouches for the bucket, which ends 16 bytes behind the first tag.
        unsafe { equal_lanes(self.0.add(TAGS_OFFSET), tag) & self.used() }
    }
}

/// A bit for each of eight 16-bit lanes that is equal to `tag`.
///
/// # Safety
/// 16 initialised bytes can be read at `lanes`.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn equal_lanes(lanes: *const u8, tag: u16) -> u8 {
    use std::arch::x86_64::*;
    // SAFETY: SSE2 is part of x86-64; the caller vouches for the bytes.
    unsafe {
        let equal = _mm_cmpeq_epi16(_mm_loadu_si128(lanes.cast()), _mm_set1_epi16(tag as i16));
        _mm_movemask_epi8(_mm_packs_epi16(equal, equal)) as u8
    }
}

/// # Safety
/// 16 initialised bytes can be read at `lanes`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
unsafe fn equal_lanes(lanes: *const u8, tag: u16) -> u8 {
    // SAFETY: the caller vouches for the bytes.
    let lanes = unsafe { lanes.cast::<[u16; 8]>().read_unaligned() };
    lanes.iter().rev().fold(0, |bits, lane| bits << 1 | u8::from(*lane == tag))
}

//! Leaves: up to 54 entries under their tags, in buckets.
//!
//! ```text
//! | head | 4 entries, tags | 6 entries, tags | ... up to 10 buckets, of 64 bytes each |
//!   head = holders u32, len u32, soonest i64, in place of the first bucket's first two entries
//! ```
//!
//! The lower bits of a tag choose the bucket in which an entry belongs; if it is full, the entry
//! goes into the next one that is not. Leaves are kept a little under full, so that most entries
//! are where they belong.

use std::alloc::{Layout, dealloc};
use std::marker::PhantomData;
use std::mem;
use std::ptr;

use super::bucket::{BUCKET_BYTES, Bucket, PLACES};
use super::pointer::{Node, ORDERED_CODE, allocate, leaf_size_code, leaf_start};
use super::soonest::{NEVER, Soonest};
use crate::store::entry::Entry;
use crate::store::holders::Holders;
use crate::store::memory::{prefetch, size_class};

/// The most entries that a leaf takes before it is split: what ten buckets hold well.
pub(in super::super) const LEAF_MAX_ENTRIES: usize = max_len(10);
const _: () = assert!(least_buckets_for(LEAF_MAX_ENTRIES) < ORDERED_CODE);

/// The bits of a tag that choose the bucket: those that differ in a leaf of any extent.
const HOME_BITS: u32 = 10;

#[repr(C)]
pub(super) struct Head {
    holders: Holders,
    pub(super) len: u32,
    soonest: Soonest,
}

/// The places of the first bucket that the head takes, a bit for each.
pub(super) const HEAD_PLACES: u8 = 0b11;
const _: () = assert!(size_of::<Head>() == HEAD_PLACES.count_ones() as usize * size_of::<Entry>());

/// How many entries a leaf of that many buckets takes.
pub(super) const fn max_len(bucket_count: usize) -> usize {
    bucket_count * PLACES - HEAD_PLACES.count_ones() as usize - (bucket_count - 1) / 2
}

/// How many buckets a leaf of that many entries has: those that fill a size class. Panics above
/// [`LEAF_MAX_ENTRIES`].
pub(super) fn buckets_for(len: usize) -> usize {
    const SMALL: [u8; LEAF_MAX_ENTRIES + 1] = {
        let mut table = [0; LEAF_MAX_ENTRIES + 1];
        let mut len = 0;
        while len <= LEAF_MAX_ENTRIES {
            table[len] = least_buckets_for(len) as u8;
            len += 1;
        }
        table
    };
    usize::from(SMALL[len])
}

const fn least_buckets_for(len: usize) -> usize {
    let mut bucket_count = len / PLACES + 1;
    loop {
        bucket_count = size_class(bucket_count * BUCKET_BYTES) / BUCKET_BYTES;
        if max_len(bucket_count) >= len {
            return bucket_count;
        }
        bucket_count += 1;
    }
}

#[expect(clippy::expect_used, reason = "the pointer has room for a few buckets alone")]
fn layout(bucket_count: usize) -> Layout {
    Layout::from_size_align(bucket_count * BUCKET_BYTES, BUCKET_BYTES)
        .expect("a leaf fits the address space")
}

/// Where an entry is in its leaf.
#[derive(Clone, Copy)]
pub(in super::super) struct Position {
    pub(super) bucket: usize,
    pub(super) place: usize,
}

impl Node {
    /// A leaf with room for that many entries.
    pub(in super::super) fn leaf(room: usize) -> Node {
        Node::leaf_of_buckets(buckets_for(room))
    }

    fn leaf_of_buckets(bucket_count: usize) -> Node {
        let start = allocate(layout(bucket_count));
        let (holders, soonest) = (Holders::one(), Soonest::new(NEVER));
        // SAFETY: the block is that large.
        unsafe {
            start.cast::<Head>().write(Head { holders, len: 0, soonest });
            (0..bucket_count).for_each(|bucket| Bucket(start.add(bucket * BUCKET_BYTES)).clear());
        }
        Node::of_leaf(start, bucket_count)
    }

    /// The node as a leaf, if it is one.
    #[inline]
    pub(in super::super) fn as_leaf(&self) -> Option<Leaf<'_>> {
        self.is_leaf().then_some(Leaf { pointer: self.0, node: PhantomData })
    }
}

/// A leaf that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(in super::super) struct Leaf<'a> {
    /// The tagged pointer, or null for the leaf without entries.
    pub(super) pointer: *mut u8,
    pub(super) node: PhantomData<&'a Node>,
}

impl<'a> Leaf<'a> {
    #[inline]
    pub(super) fn start(self) -> *mut u8 {
        leaf_start(self.pointer)
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.pointer.is_null()
    }

    #[inline]
    pub(super) fn bucket_count(self) -> usize {
        leaf_size_code(self.pointer)
    }

    /// A time at or before every deadline of the entries; `None` if there is no block.
    #[inline]
    pub(in super::super) fn soonest(self) -> Option<&'a Soonest> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: a block begins with its head and is held for 'a; this field is atomic.
        Some(unsafe { &(*self.start().cast::<Head>()).soonest })
    }

    #[inline]
    pub(super) fn bucket(self, index: usize) -> Bucket {
        Bucket(self.start().wrapping_add(index * BUCKET_BYTES))
    }

    pub(super) fn buckets(self) -> impl Iterator<Item = Bucket> + use<> {
        let start = self.start();
        let address = move |index| start.wrapping_add(index * BUCKET_BYTES);
        (0..self.bucket_count()).map(move |index| Bucket(address(index)))
    }

    /// The bucket in which an entry of this tag belongs.
    #[inline]
    pub(super) fn home_of(self, tag: u16) -> usize {
        let bits = usize::from(tag) & ((1 << HOME_BITS) - 1);
        (bits * self.bucket_count()) >> HOME_BITS
    }

    pub(super) fn after(self, bucket: usize) -> usize {
        if bucket + 1 == self.bucket_count() { 0 } else { bucket + 1 }
    }

    #[inline]
    pub(in super::super) fn len(self) -> usize {
        if self.is_empty() {
            return 0;
        }
        // SAFETY: a block begins with its head, whose length changes only through its one holder,
        // borrowed mutably.
        unsafe { (*self.start().cast::<Head>()).len as usize }
    }

    #[inline]
    pub(super) fn block_bytes(self) -> usize {
        self.bucket_count() * BUCKET_BYTES
    }

    /// The entries, in no order.
    #[inline]
    pub(in super::super) fn entries(self) -> Entries<'a> {
        Entries { leaf: self, bucket: 0, used: 0, next_bucket: 0 }
    }

    /// The entries with their tags.
    pub(in super::super) fn tagged(self) -> impl Iterator<Item = (u16, &'a Entry)> {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            let entry = entries.next()?;
            let place = (ptr::from_ref(entry).addr() % BUCKET_BYTES) / size_of::<Entry>();
            // SAFETY: the entry was found in that bucket, at that place.
            Some((unsafe { self.bucket(entries.bucket).tag(place) }, entry))
        })
    }

    /// The first entry that has this tag and that `wanted` accepts.
    #[inline]
    pub(in super::super) fn find(
        self,
        tag: u16,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Option<(Position, &'a Entry)> {
        let mut bucket = self.home_of(tag);
        for _ in 0..self.bucket_count() {
            // SAFETY: the bucket is one of this leaf, which is held for 'a, and a place that
            // matches holds an entry.
            unsafe {
                let line = self.bucket(bucket);
                let mut matches = line.matches(tag);
                while matches != 0 {
                    let place = matches.trailing_zeros() as usize;
                    let entry = &*line.entry(place);
                    if wanted(entry) {
                        return Some((Position { bucket, place }, entry));
                    }
                    matches &= matches - 1;
                }
                if line.passed() == 0 {
                    return None;
                }
            }
            bucket = self.after(bucket);
        }
        None
    }

    /// Lets the processor fetch what `find` reads first.
    #[inline]
    pub(in super::super) fn prefetch_home(self, tag: u16) {
        prefetch(self.bucket(self.home_of(tag)).0);
    }

    /// Lets the processor fetch what every change writes to.
    #[inline]
    pub(in super::super) fn prefetch_head(self) {
        prefetch(self.start());
    }

    /// A leaf with its own holders of the same entries, at the same places.
    pub(super) fn copy(self) -> Node {
        let copy = Node::leaf_of_buckets(self.bucket_count());
        let (from, to) = (self.start(), leaf_start(copy.0));
        let to_head = to.cast::<Head>();
        let after_head = self.block_bytes() - size_of::<Head>();
        self.entries().for_each(|entry| mem::forget(entry.clone()));
        // SAFETY: both blocks are that large. The pointers that are copied count as holders by the
        // clones that were forgotten.
        unsafe {
            let (from, to) = (from.add(size_of::<Head>()), to.add(size_of::<Head>()));
            ptr::copy_nonoverlapping(from, to, after_head);
            (*to_head).len = self.len() as u32;
            (*to_head).soonest.set(self.soonest().map_or(NEVER, Soonest::get));
        }
        copy
    }

    /// Drops the entries and frees the block.
    ///
    /// # Safety
    /// There is a block, and its last holder is gone.
    pub(super) unsafe fn free(self) {
        for bucket in self.buckets() {
            // SAFETY: nobody else can reach the entries.
            unsafe {
                while bucket.used() != 0 {
                    drop(bucket.take(bucket.used().trailing_zeros() as usize));
                }
            }
        }
        // SAFETY: the block was allocated with this layout.
        unsafe { dealloc(self.start(), layout(self.bucket_count())) };
    }
}

/// The entries of a leaf.
#[derive(Clone)]
pub(in super::super) struct Entries<'a> {
    leaf: Leaf<'a>,
    /// The bucket that is being visited, and a bit for each entry of it still to come.
    bucket: usize,
    used: u8,
    next_bucket: usize,
}

impl Entries<'_> {
    /// Of no leaf at all.
    pub(in super::super) const NONE: Entries<'static> = {
        let leaf = Leaf { pointer: ptr::null_mut(), node: PhantomData };
        Entries { leaf, bucket: 0, used: 0, next_bucket: 0 }
    };
}

// SAFETY: stands for a shared borrow of the leaf, which is `Sync`.
unsafe impl Send for Entries<'_> {}
// SAFETY: as above.
unsafe impl Sync for Entries<'_> {}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a Entry;

    #[inline]
    fn next(&mut self) -> Option<&'a Entry> {
        while self.used == 0 {
            if self.next_bucket >= self.leaf.bucket_count() {
                return None;
            }
            self.bucket = self.next_bucket;
            self.next_bucket += 1;
            // SAFETY: the bucket is one of the leaf, which is held for 'a.
            self.used = unsafe { self.leaf.bucket(self.bucket).used() };
        }
        let place = self.used.trailing_zeros() as usize;
        self.used &= self.used - 1;
        // SAFETY: the place holds an entry.
        Some(unsafe { &*self.leaf.bucket(self.bucket).entry(place) })
    }
}

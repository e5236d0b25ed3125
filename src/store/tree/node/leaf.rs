//! Leaves: up to 62 entries under their tags.
//!
//! ```text
//! | holders u32 | len u32 | capacity u32 | tags: u16 x capacity | pad | entries: 8 x capacity |
//! ```

use std::alloc::{Layout, dealloc};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::AtomicU32;

use super::{ALIGN, Node, POINTER_BYTES, allocate, tags};
use crate::store::entry::Entry;
use crate::store::memory::{prefetch, size_class};

/// The most entries that a leaf takes before it is split: what a block of 640 bytes holds. Only
/// keys that collide in all bits that the tree looks at make a leaf longer.
pub(in super::super) const LEAF_MAX_ENTRIES: usize = 62;

/// No block is smaller: what a short search reads.
const MIN_ROOM: usize = 3;

const TAG_BYTES: usize = size_of::<u16>();
const TAGS_OFFSET: usize = size_of::<Header>();

#[repr(C)]
struct Header {
    holders: AtomicU32,
    len: u32,
    capacity: u32,
}

/// A leaf that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(in super::super) struct Leaf<'a> {
    /// The block, or null for the leaf without entries.
    pub(super) start: *mut u8,
    pub(super) node: PhantomData<&'a Node>,
}

impl<'a> Leaf<'a> {
    #[inline]
    fn header(self) -> Option<&'a Header> {
        // SAFETY: a block begins with its header, which changes only through its one holder,
        // borrowed mutably.
        unsafe { self.start.cast::<Header>().as_ref() }
    }

    #[inline]
    pub(in super::super) fn len(self) -> usize {
        self.header().map_or(0, |header| header.len as usize)
    }

    #[inline]
    pub(super) fn capacity(self) -> usize {
        self.header().map_or(0, |header| header.capacity as usize)
    }

    /// The entries, in no order.
    #[inline]
    pub(in super::super) fn entries(self) -> &'a [Entry] {
        let Some(header) = self.header() else { return &[] };
        // SAFETY: `len` entries are there for as long as the node is held.
        unsafe {
            let entries = self.start.add(entries_offset(header.capacity as usize)).cast();
            slice::from_raw_parts(entries, header.len as usize)
        }
    }

    /// Each entry's tag, in the order of the entries.
    pub(in super::super) fn tags(self) -> &'a [u16] {
        let Some(header) = self.header() else { return &[] };
        // SAFETY: `len` tags are there for as long as the node is held.
        unsafe { slice::from_raw_parts(self.start.add(TAGS_OFFSET).cast(), header.len as usize) }
    }

    /// The place of the first entry that has this tag and that `wanted` accepts.
    #[inline]
    pub(in super::super) fn find(
        self,
        tag: u16,
        mut wanted: impl FnMut(&Entry) -> bool,
    ) -> Option<usize> {
        let entries = self.entries();
        let mut window = 0;
        while window < entries.len() {
            let mut matches = self.matches(tag, window, entries.len());
            while matches != 0 {
                let index = window + matches.trailing_zeros() as usize;
                if wanted(&entries[index]) {
                    return Some(index);
                }
                matches &= matches - 1;
            }
            window += tags::LONG;
        }
        None
    }

    /// Lets the processor fetch what `find` reads first.
    #[inline]
    pub(in super::super) fn prefetch_tags(self) {
        const LINE_BYTES: usize = 64;
        (0..3).for_each(|line| prefetch(self.start.wrapping_add(line * LINE_BYTES)));
    }

    /// The pointer to the first entry that has this tag, not read yet.
    #[inline]
    pub(in super::super) fn first_with(self, tag: u16) -> Option<&'a Entry> {
        let entries = self.entries();
        if entries.is_empty() {
            return None;
        }
        entries.get(self.matches(tag, 0, entries.len()).trailing_zeros() as usize)
    }

    /// A bit for each of the next 64 tags that is the one looked for. Compares whole groups, since
    /// a branch on the length would be mispredicted more often than it saves anything.
    #[inline]
    fn matches(self, tag: u16, window: usize, len: usize) -> u64 {
        // SAFETY: blocks are long enough for what is read here, and it is initialised: for a
        // capacity up to 16, 32 bytes behind the header; for a longer one, 128. `new_block` sees
        // to both. A further window begins below `len`, with 64 tags and their entries before it.
        let matches = unsafe {
            let tags = self.start.add(TAGS_OFFSET + window * TAG_BYTES);
            if self.capacity() <= tags::SHORT {
                tags::matches_short(tags, tag)
            } else {
                tags::matches_long(tags, tag)
            }
        };
        let beyond = tags::LONG.saturating_sub(len - window);
        matches & (u64::MAX >> beyond)
    }
}

/// The only holder of a leaf, borrowed mutably. There is a block.
pub(in super::super) struct LeafMut<'a> {
    pub(super) node: &'a mut Node,
}

impl<'a> LeafMut<'a> {
    #[inline]
    fn as_ref(&self) -> Leaf<'_> {
        Leaf { start: self.node.0, node: PhantomData }
    }

    /// # Safety
    /// The first `len` tags and entries are initialised, and those beyond are given up.
    unsafe fn set_len(&mut self, len: usize) {
        // SAFETY: the block begins with its header, and this is the only holder.
        unsafe { (*self.node.0.cast::<Header>()).len = len as u32 };
    }

    fn tag_at(&mut self, index: usize) -> *mut u16 {
        self.node.0.wrapping_add(TAGS_OFFSET + index * TAG_BYTES).cast()
    }

    fn entry_at(&mut self, index: usize) -> *mut Entry {
        let entries = entries_offset(self.as_ref().capacity());
        self.node.0.wrapping_add(entries + index * POINTER_BYTES).cast()
    }

    pub(in super::super) fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// The entry at that place. Panics if there is none.
    #[inline]
    pub(in super::super) fn into_entry_mut(mut self, index: usize) -> &'a mut Entry {
        assert!(index < self.len(), "place {index} of {}", self.len());
        // SAFETY: there is an entry, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *self.entry_at(index) }
    }

    /// Makes room for so many more entries.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) {
        let room = self.len() + more;
        if room > self.as_ref().capacity() {
            self.resize(room);
        }
    }

    /// Adds an entry.
    #[inline]
    pub(in super::super) fn push(&mut self, tag: u16, entry: Entry) {
        self.reserve(1);
        let len = self.len();
        // SAFETY: there is room for one more.
        unsafe {
            self.tag_at(len).write(tag);
            self.entry_at(len).write(entry);
            self.set_len(len + 1);
        }
    }

    /// Takes the last entry with its tag.
    pub(in super::super) fn pop(&mut self) -> Option<(u16, Entry)> {
        let last = self.len().checked_sub(1)?;
        // SAFETY: there is an entry, which counts as moved once the length excludes it.
        unsafe {
            self.set_len(last);
            Some((self.tag_at(last).read(), self.entry_at(last).read()))
        }
    }

    /// Takes the entry at that place; the last one moves there. Panics if there is none.
    pub(in super::super) fn swap_remove(&mut self, index: usize) -> Entry {
        assert!(index < self.len(), "place {index} of {}", self.len());
        let (tag, last) = self.pop().expect("there is an entry at the place");
        if index == self.len() {
            return last;
        }
        // SAFETY: the place is below the new length.
        unsafe {
            self.tag_at(index).write(tag);
            self.entry_at(index).replace(last)
        }
    }

    /// Moves to a smaller block if much of this one is unused.
    pub(in super::super) fn shrink(&mut self) {
        let len = self.len();
        if capacity_for(len + len / 8 + 2) < self.as_ref().capacity() {
            self.resize(len);
        }
    }

    /// Moves to a block with room for `room` entries.
    fn resize(&mut self, room: usize) {
        let (len, old_capacity) = (self.len(), self.as_ref().capacity());
        assert!(len <= room);
        let mut new = Node::leaf(room);
        let mut to = LeafMut { node: &mut new };
        // SAFETY: both blocks have room for `len`; the entries move, and the old block is freed
        // without dropping them.
        unsafe {
            ptr::copy_nonoverlapping(self.tag_at(0), to.tag_at(0), len);
            ptr::copy_nonoverlapping(self.entry_at(0), to.entry_at(0), len);
            to.set_len(len);
            dealloc(self.node.0, layout(old_capacity));
            ptr::write(self.node, new);
        }
    }
}

/// A block without entries, with room for so many.
pub(super) fn new_block(room: usize) -> NonNull<u8> {
    let capacity = capacity_for(room);
    let layout = layout(capacity);
    let start = allocate(layout);
    let header = Header { holders: AtomicU32::new(1), len: 0, capacity: capacity as u32 };
    // A search reads groups of tags, beyond those in use and beyond the tags' end: see `matches`.
    let searched = if capacity <= tags::SHORT { tags::SHORT } else { tags::LONG };
    let zeroed = entries_offset(capacity).max(TAGS_OFFSET + searched * TAG_BYTES);
    assert!(zeroed <= layout.size());
    // SAFETY: the block is that large.
    unsafe {
        start.cast::<Header>().write(header);
        ptr::write_bytes(start.as_ptr().add(TAGS_OFFSET), 0, zeroed - TAGS_OFFSET);
    }
    start
}

/// Drops a leaf's entries and frees its block.
///
/// # Safety
/// The leaf has a block, and its last holder is gone.
pub(super) unsafe fn free(leaf: Leaf<'_>) {
    let (len, capacity) = (leaf.len(), leaf.capacity());
    // SAFETY: nobody else can reach the entries, and the block has the layout of its capacity.
    unsafe {
        let entries = leaf.start.add(entries_offset(capacity)).cast::<Entry>();
        ptr::drop_in_place(ptr::slice_from_raw_parts_mut(entries, len));
        dealloc(leaf.start, layout(capacity));
    }
}

/// Where the entries begin in a leaf of that capacity.
#[inline]
const fn entries_offset(capacity: usize) -> usize {
    (TAGS_OFFSET + capacity * TAG_BYTES).next_multiple_of(ALIGN)
}

const fn bytes(capacity: usize) -> usize {
    entries_offset(capacity) + capacity * POINTER_BYTES
}

/// The most entries that the block holds that has room for `room`.
fn capacity_for(room: usize) -> usize {
    const SMALL: [u8; LEAF_MAX_ENTRIES + 1] = {
        let mut table = [0; LEAF_MAX_ENTRIES + 1];
        let mut room = 0;
        while room <= LEAF_MAX_ENTRIES {
            table[room] = fill_class(room) as u8;
            room += 1;
        }
        table
    };
    match SMALL.get(room) {
        Some(capacity) => usize::from(*capacity),
        None => fill_class(room),
    }
}

const fn fill_class(room: usize) -> usize {
    let mut capacity = if room < MIN_ROOM { MIN_ROOM } else { room };
    let class = size_class(bytes(capacity));
    while bytes(capacity + 1) <= class {
        capacity += 1;
    }
    capacity
}

/// The layout of a block, whose capacity fills its size class.
pub(super) fn layout(capacity: usize) -> Layout {
    let bytes = size_class(bytes(capacity));
    Layout::from_size_align(bytes, ALIGN).expect("a leaf fits the address space")
}

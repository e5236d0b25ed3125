//! The memory of the tree's nodes: counted, tagged pointers to leaves and branches. All of the
//! tree's `unsafe` code is here.
//!
//! ```text
//! leaf    | holders u32 | len u32 | capacity u32 | tags: u16 x capacity | pad | entries: 8 x capacity |
//! branch  | holders u32 | len u8, capacity u8 | entry count u64 | starts u64 | children: 8 x capacity |
//! ```
//!
//! A branch divides its part of the hash space into 64 slots; each child covers one slot or more,
//! and bit `s` of `starts` says that a child begins at slot `s`. So a child is found by counting
//! bits, a leaf that covers several slots is split by one more bit and pointer, and a branch takes
//! no more memory than it has children. The lowest bit of a pointer tells a branch from a leaf;
//! null is a leaf without entries.
//!
//! Blocks are as large as a size class of the allocator, and take all that fits.
//!
//! What makes the safe interface sound: a node is changed only through [`LeafMut`] and
//! [`BranchMut`], which exist only while its one holder is borrowed mutably; making one of them
//! copies a node that has other holders. The contents are freed by the holder whose decrement
//! reaches zero.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use crate::store::entry::Entry;
use crate::store::memory::size_class;

/// The slots of a branch: six bits of the hash.
pub(super) const SLOTS: u32 = 64;

/// The most entries that a leaf takes before it is split: what a block of 640 bytes holds.
pub(super) const LEAF_MAX_ENTRIES: usize = 62;

const ALIGN: usize = 8;
const BRANCH_TAG: usize = 1;
const TAG_BYTES: usize = size_of::<u16>();
const POINTER_BYTES: usize = size_of::<Entry>();
const _: () = assert!(size_of::<Entry>() == 8 && size_of::<Node>() == 8);

/// Both headers begin with the count.
#[repr(C)]
struct LeafHeader {
    holders: AtomicU32,
    len: u32,
    capacity: u32,
}

#[repr(C)]
struct BranchHeader {
    holders: AtomicU32,
    len: u8,
    capacity: u8,
    /// All entries below this branch.
    entry_count: u64,
    /// Bit `s`: a child begins at slot `s`. Bit 0 is always set; there are `len` ones.
    starts: u64,
}

/// A holder of a branch, of a leaf, or of nothing: a leaf without entries.
#[repr(transparent)]
pub(super) struct Node(*mut u8);

// SAFETY: nodes hold counts, plain data, entries (`Send + Sync`) and other nodes. They change only
// through their last holder, and the count is atomic.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Entry>();
};

/// What a node is.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    Leaf(Leaf<'a>),
    Branch(Branch<'a>),
}

impl Node {
    /// A leaf without entries.
    pub(super) const EMPTY: Node = Node(ptr::null_mut());

    /// A leaf with room for that many entries.
    pub(super) fn leaf(room: usize) -> Node {
        let capacity = leaf_capacity(room);
        let layout = leaf_layout(capacity);
        let start = allocate(layout);
        let header = LeafHeader { holders: AtomicU32::new(1), len: 0, capacity: capacity as u32 };
        // SAFETY: the block is that large: there is always room for two entries. What a search may
        // read behind the last tag in use is zeroed: see `group::matches`.
        unsafe {
            start.cast::<LeafHeader>().write(header);
            let zeroed = entries_offset(capacity) + 2 * POINTER_BYTES - TAGS_OFFSET;
            ptr::write_bytes(start.as_ptr().add(TAGS_OFFSET), 0, zeroed);
        }
        Node(start.as_ptr())
    }

    /// A branch with one child for all of its slots.
    pub(super) fn branch(only: Node, entry_count: u64) -> Node {
        let mut node = Node::branch_block(1);
        // SAFETY: the block was just made, with room for a child.
        unsafe {
            let header = node.branch_header_mut();
            (header.len, header.entry_count, header.starts) = (1, entry_count, 1);
            node.children_start().write(only);
        }
        node
    }

    fn branch_block(room: usize) -> Node {
        let capacity = branch_capacity(room);
        let start = allocate(branch_layout(capacity));
        let header = BranchHeader {
            holders: AtomicU32::new(1),
            len: 0,
            capacity: capacity as u8,
            entry_count: 0,
            starts: 0,
        };
        // SAFETY: the block is that large.
        unsafe { start.cast::<BranchHeader>().write(header) };
        Node(start.as_ptr().map_addr(|address| address | BRANCH_TAG))
    }

    #[inline]
    pub(super) fn view(&self) -> View<'_> {
        if self.is_branch() {
            View::Branch(Branch { start: self.start().cast(), node: PhantomData })
        } else {
            View::Leaf(Leaf { start: self.start(), node: PhantomData })
        }
    }

    #[inline]
    pub(super) fn is_branch(&self) -> bool {
        self.0.addr() & BRANCH_TAG != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Whether both hold the same node.
    pub(super) fn same(&self, other: &Node) -> bool {
        ptr::eq(self.0, other.0)
    }

    /// All entries at or below this node.
    #[inline]
    pub(super) fn entry_count(&self) -> u64 {
        match self.view() {
            View::Leaf(leaf) => leaf.len() as u64,
            View::Branch(branch) => branch.entry_count(),
        }
    }

    /// The bytes allocated for this node alone.
    pub(super) fn block_bytes(&self) -> usize {
        match self.view() {
            View::Leaf(_) if self.is_empty() => 0,
            View::Leaf(leaf) => leaf_layout(leaf.capacity()).size(),
            View::Branch(branch) => branch_layout(usize::from(branch.header().capacity)).size(),
        }
    }

    /// The leaf, to change it: copied if others hold it, with room for `more` entries.
    /// Panics if this is a branch.
    #[inline]
    pub(super) fn leaf_mut(&mut self, more: usize) -> LeafMut<'_> {
        assert!(!self.is_branch(), "a branch is not a leaf");
        if self.is_empty() {
            *self = Node::leaf(more);
        } else if !self.is_unique() {
            *self = self.copy_of_leaf(more);
        } else {
            let (len, capacity) = (self.leaf_header().len, self.leaf_header().capacity);
            if len as usize + more > capacity as usize {
                self.resize_leaf(len as usize + more);
            }
        }
        LeafMut { node: self }
    }

    /// The branch, to change it: copied if others hold it. Panics if this is a leaf.
    #[inline]
    pub(super) fn branch_mut(&mut self) -> BranchMut<'_> {
        assert!(self.is_branch(), "a leaf is not a branch");
        if !self.is_unique() {
            *self = self.copy_of_branch();
        }
        BranchMut { node: self }
    }

    /// A copy with its own holders of the same entries.
    #[cold]
    fn copy_of_leaf(&self, more: usize) -> Node {
        let View::Leaf(leaf) = self.view() else { unreachable!("asked of leaves only") };
        let mut copy = Node::leaf(leaf.len() + more);
        for (tag, entry) in leaf.tags().iter().zip(leaf.entries()) {
            LeafMut { node: &mut copy }.push_within_capacity(*tag, entry.clone());
        }
        copy
    }

    /// A copy with its own holders of the same children.
    #[cold]
    fn copy_of_branch(&self) -> Node {
        let View::Branch(branch) = self.view() else { unreachable!("asked of branches only") };
        let mut copy = Node::branch_block(branch.children().len());
        for (index, child) in branch.children().iter().enumerate() {
            // SAFETY: the block has room for that many; the length counts what is written.
            unsafe {
                copy.children_start().add(index).write(child.clone());
                copy.branch_header_mut().len += 1;
            }
        }
        // SAFETY: nobody else holds the copy.
        let header = unsafe { copy.branch_header_mut() };
        (header.entry_count, header.starts) = (branch.entry_count(), branch.starts());
        copy
    }

    /// Moves a leaf without other holders to a block with room for `room` entries.
    fn resize_leaf(&mut self, room: usize) {
        let View::Leaf(old) = self.view() else { unreachable!("asked of leaves only") };
        let (len, old_capacity) = (old.len(), old.capacity());
        debug_assert!(len <= room && self.is_unique());
        let new = Node::leaf(room);
        // SAFETY: both blocks have room for `len`; the entries move, and the old block is freed
        // without dropping them.
        unsafe {
            let (from, to) = (self.start(), new.start());
            ptr::copy_nonoverlapping(from.add(TAGS_OFFSET), to.add(TAGS_OFFSET), len * TAG_BYTES);
            ptr::copy_nonoverlapping(
                from.add(entries_offset(old_capacity)),
                to.add(entries_offset(new.leaf_header().capacity as usize)),
                len * POINTER_BYTES,
            );
            (*to.cast::<LeafHeader>()).len = len as u32;
            dealloc(from, leaf_layout(old_capacity));
            ptr::write(self, new);
        }
    }

    /// Moves a branch without other holders to a block with room for `room` children.
    fn resize_branch(&mut self, room: usize) {
        let View::Branch(old) = self.view() else { unreachable!("asked of branches only") };
        let (len, old_capacity) = (old.children().len(), usize::from(old.header().capacity));
        debug_assert!(len <= room && self.is_unique());
        let mut new = Node::branch_block(room);
        // SAFETY: both blocks have room for `len`; the children move, and the old block is freed
        // without dropping them.
        unsafe {
            ptr::copy_nonoverlapping(self.children_start(), new.children_start(), len);
            let header = new.branch_header_mut();
            (header.len, header.entry_count, header.starts) =
                (len as u8, old.entry_count(), old.starts());
            dealloc(self.start(), branch_layout(old_capacity));
            ptr::write(self, new);
        }
    }

    #[inline]
    fn is_unique(&self) -> bool {
        // SAFETY: not null when asked; both headers begin with the count. Acquire pairs with the
        // release of the holders that are gone: their reads are over.
        unsafe { (*self.start().cast::<AtomicU32>()).load(Ordering::Acquire) == 1 }
    }

    #[inline]
    fn start(&self) -> *mut u8 {
        self.0.map_addr(|address| address & !BRANCH_TAG)
    }

    fn leaf_header(&self) -> &LeafHeader {
        debug_assert!(!self.is_branch() && !self.is_empty());
        // SAFETY: a leaf's block begins with its header.
        unsafe { &*self.start().cast() }
    }

    /// # Safety
    /// This is a branch that nobody else holds.
    unsafe fn branch_header_mut(&mut self) -> &mut BranchHeader {
        // SAFETY: a branch's block begins with its header.
        unsafe { &mut *self.start().cast() }
    }

    /// Where the children of a branch begin.
    fn children_start(&self) -> *mut Node {
        debug_assert!(self.is_branch());
        self.start().wrapping_add(size_of::<BranchHeader>()).cast()
    }
}

impl Clone for Node {
    #[inline]
    fn clone(&self) -> Self {
        if !self.is_empty() {
            // SAFETY: both headers begin with the count. Relaxed: the cloner holds the node.
            let holders = unsafe { &*self.start().cast::<AtomicU32>() };
            if holders.fetch_add(1, Ordering::Relaxed) > i32::MAX as u32 {
                // Only leaked clones get here; going on would free the node under its holders.
                std::process::abort();
            }
        }
        Node(self.0)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.is_empty() {
            return;
        }
        // SAFETY: both headers begin with the count; the last holder drops what the block holds
        // and frees it with the layout that its capacity gives. Branches nest at most as deep as
        // the hash has levels.
        unsafe {
            let holders = &*self.start().cast::<AtomicU32>();
            if holders.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
            match self.view() {
                View::Leaf(leaf) => {
                    let entries = leaf.entries_start();
                    ptr::drop_in_place(ptr::slice_from_raw_parts_mut(entries, leaf.len()));
                    dealloc(self.start(), leaf_layout(leaf.capacity()));
                }
                View::Branch(branch) => {
                    let (len, capacity) = (branch.header().len, branch.header().capacity);
                    let children = self.children_start();
                    ptr::drop_in_place(ptr::slice_from_raw_parts_mut(children, len.into()));
                    dealloc(self.start(), branch_layout(capacity.into()));
                }
            }
        }
    }
}

/// A leaf that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    /// Null for the leaf without entries.
    start: *mut u8,
    node: PhantomData<&'a Node>,
}

impl<'a> Leaf<'a> {
    #[inline]
    pub(super) fn len(self) -> usize {
        // SAFETY: a leaf's block begins with its header, which changes only through its one
        // holder, borrowed mutably.
        if self.start.is_null() { 0 } else { unsafe { (*self.header()).len as usize } }
    }

    fn capacity(self) -> usize {
        // SAFETY: as above.
        if self.start.is_null() { 0 } else { unsafe { (*self.header()).capacity as usize } }
    }

    #[inline]
    fn header(self) -> *const LeafHeader {
        self.start.cast()
    }

    #[inline]
    fn entries_start(self) -> *mut Entry {
        self.start.wrapping_add(entries_offset(self.capacity())).cast()
    }

    /// The entries, in no order.
    #[inline]
    pub(super) fn entries(self) -> &'a [Entry] {
        if self.start.is_null() {
            return &[];
        }
        // SAFETY: `len` entries are there for as long as the node is held.
        unsafe { slice::from_raw_parts(self.entries_start(), self.len()) }
    }

    /// Each entry's tag, in the order of the entries.
    pub(super) fn tags(self) -> &'a [u16] {
        if self.start.is_null() {
            return &[];
        }
        // SAFETY: `len` tags are there for as long as the node is held.
        unsafe { slice::from_raw_parts(self.start.add(TAGS_OFFSET).cast(), self.len()) }
    }

    /// The place of the first entry that has this tag and that `wanted` accepts.
    #[inline]
    pub(super) fn find(self, tag: u16, mut wanted: impl FnMut(&Entry) -> bool) -> Option<usize> {
        let entries = self.entries();
        let mut group_start = 0;
        while group_start < entries.len() {
            // SAFETY: this is a leaf's block, and the group begins before its length.
            let mut matches = unsafe { group::matches(self.start, group_start, tag) };
            while let Some(offset) = matches.next() {
                let index = group_start + offset;
                if let Some(entry) = entries.get(index)
                    && wanted(entry)
                {
                    return Some(index);
                }
            }
            group_start += group::LEN;
        }
        None
    }
}

/// A branch that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(super) struct Branch<'a> {
    start: *const BranchHeader,
    node: PhantomData<&'a Node>,
}

impl<'a> Branch<'a> {
    #[inline]
    fn header(self) -> &'a BranchHeader {
        // SAFETY: the block begins with its header, which changes only through its one holder,
        // borrowed mutably.
        unsafe { &*self.start }
    }

    #[inline]
    pub(super) fn entry_count(self) -> u64 {
        self.header().entry_count
    }

    #[inline]
    pub(super) fn starts(self) -> u64 {
        self.header().starts
    }

    /// The children in the order of their slots.
    #[inline]
    pub(super) fn children(self) -> &'a [Node] {
        // SAFETY: `len` children are there for as long as the node is held.
        unsafe { slice::from_raw_parts(self.start.add(1).cast(), self.header().len.into()) }
    }

    /// Which child covers the slot.
    #[inline]
    pub(super) fn index_of(self, slot: u32) -> usize {
        let up_to_slot = u64::MAX >> (SLOTS - 1 - slot);
        (self.starts() & up_to_slot).count_ones() as usize - 1
    }

    /// The child that covers the slot.
    #[inline]
    pub(super) fn child(self, slot: u32) -> &'a Node {
        &self.children()[self.index_of(slot)]
    }

    /// The first slot and the number of slots of the child that covers the slot.
    pub(super) fn extent_of(self, slot: u32) -> (u32, u32) {
        let up_to_slot = u64::MAX >> (SLOTS - 1 - slot);
        let first = SLOTS - 1 - (self.starts() & up_to_slot).leading_zeros();
        let end = (self.starts() & !up_to_slot).trailing_zeros();
        (first, end - first)
    }
}

/// The only holder of a leaf, borrowed mutably.
pub(super) struct LeafMut<'a> {
    node: &'a mut Node,
}

impl<'a> LeafMut<'a> {
    pub(super) fn len(&self) -> usize {
        self.node.leaf_header().len as usize
    }

    /// The entry at that place. Panics if there is none.
    #[inline]
    pub(super) fn into_entry_mut(self, index: usize) -> &'a mut Entry {
        let View::Leaf(leaf) = self.node.view() else { unreachable!("made of leaves only") };
        assert!(index < leaf.len(), "place {index} of {}", leaf.len());
        // SAFETY: there is an entry, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *leaf.entries_start().add(index) }
    }

    /// Adds an entry.
    #[inline]
    pub(super) fn push(&mut self, tag: u16, entry: Entry) {
        let (len, capacity) = (self.len(), self.node.leaf_header().capacity as usize);
        if len == capacity {
            self.node.resize_leaf(len + 1);
        }
        self.push_within_capacity(tag, entry);
    }

    #[inline]
    fn push_within_capacity(&mut self, tag: u16, entry: Entry) {
        let View::Leaf(leaf) = self.node.view() else { unreachable!("made of leaves only") };
        let len = leaf.len();
        assert!(len < leaf.capacity(), "a leaf of {len} entries is full");
        // SAFETY: there is room for one more, and this is the only holder.
        unsafe {
            self.node.start().add(TAGS_OFFSET).cast::<u16>().add(len).write(tag);
            leaf.entries_start().add(len).write(entry);
            (*self.node.start().cast::<LeafHeader>()).len = len as u32 + 1;
        }
    }

    /// Takes the last entry with its tag.
    pub(super) fn pop(&mut self) -> Option<(u16, Entry)> {
        let View::Leaf(leaf) = self.node.view() else { unreachable!("made of leaves only") };
        let last = leaf.len().checked_sub(1)?;
        let tag = leaf.tags()[last];
        // SAFETY: there is an entry, which counts as moved once the length excludes it.
        unsafe {
            (*self.node.start().cast::<LeafHeader>()).len = last as u32;
            Some((tag, leaf.entries_start().add(last).read()))
        }
    }

    /// Takes the entry at that place; the last one moves there. Panics if there is none.
    pub(super) fn swap_remove(&mut self, index: usize) -> Entry {
        assert!(index < self.len(), "place {index} of {}", self.len());
        let (tag, last) = self.pop().expect("there is an entry at the place");
        if index == self.len() {
            return last;
        }
        let View::Leaf(leaf) = self.node.view() else { unreachable!("made of leaves only") };
        // SAFETY: the place holds an entry and a tag, and this is the only holder.
        unsafe {
            self.node.start().add(TAGS_OFFSET).cast::<u16>().add(index).write(tag);
            leaf.entries_start().add(index).replace(last)
        }
    }

    /// Moves to a smaller block if much of this one is unused.
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        if leaf_capacity(len + len / 8 + 2) < self.node.leaf_header().capacity as usize {
            self.node.resize_leaf(len);
        }
    }
}

/// The only holder of a branch, borrowed mutably.
pub(super) struct BranchMut<'a> {
    node: &'a mut Node,
}

impl<'a> BranchMut<'a> {
    #[inline]
    pub(super) fn as_ref(&self) -> Branch<'_> {
        Branch { start: self.node.start().cast(), node: PhantomData }
    }

    #[inline]
    fn header(&mut self) -> &mut BranchHeader {
        // SAFETY: this is a branch and its only holder.
        unsafe { self.node.branch_header_mut() }
    }

    /// The number of all entries below.
    #[inline]
    pub(super) fn entry_count_mut(&mut self) -> &mut u64 {
        &mut self.header().entry_count
    }

    /// The child that covers the slot.
    #[inline]
    pub(super) fn child_mut(&mut self, slot: u32) -> &mut Node {
        let index = self.as_ref().index_of(slot);
        &mut self.children_mut()[index]
    }

    /// The child that covers the slot, for as long as the branch was borrowed.
    #[inline]
    pub(super) fn into_child_mut(self, slot: u32) -> &'a mut Node {
        let branch = self.as_ref();
        let (index, len) = (branch.index_of(slot), branch.children().len());
        assert!(index < len);
        // SAFETY: there is such a child, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *self.node.children_start().add(index) }
    }

    #[inline]
    fn children_mut(&mut self) -> &mut [Node] {
        let len = self.as_ref().children().len();
        // SAFETY: `len` children are there, and this is the only holder.
        unsafe { slice::from_raw_parts_mut(self.node.children_start(), len) }
    }

    /// Lets a new child begin at a slot; the one that covered it ends before.
    pub(super) fn split_at(&mut self, slot: u32, child: Node) {
        assert!(slot < SLOTS && self.as_ref().starts() & (1 << slot) == 0, "slot {slot}");
        let len = self.as_ref().children().len();
        if len == usize::from(self.header().capacity) {
            self.node.resize_branch(len + 1);
        }
        let index = self.as_ref().index_of(slot) + 1;
        // SAFETY: there is room for one more, `index` is at most `len`, and this is the only
        // holder.
        unsafe {
            let place = self.node.children_start().add(index);
            ptr::copy(place, place.add(1), len - index);
            place.write(child);
        }
        let header = self.header();
        header.len += 1;
        header.starts |= 1 << slot;
    }

    /// Takes the child that begins at a slot, not the first; the one before takes over its slots.
    pub(super) fn join_at(&mut self, slot: u32) -> Node {
        assert!(0 < slot && slot < SLOTS && self.as_ref().starts() & (1 << slot) != 0);
        let (index, len) = (self.as_ref().index_of(slot), self.as_ref().children().len());
        let header = self.header();
        header.len -= 1;
        header.starts &= !(1 << slot);
        // SAFETY: there is a child at `index`, below `len`; it moves out and the rest close up.
        unsafe {
            let place = self.node.children_start().add(index);
            let child = place.read();
            ptr::copy(place.add(1), place, len - index - 1);
            child
        }
    }
}

const TAGS_OFFSET: usize = size_of::<LeafHeader>();

/// Where the entries begin in a leaf of that capacity.
#[inline]
const fn entries_offset(capacity: usize) -> usize {
    (TAGS_OFFSET + capacity * TAG_BYTES).next_multiple_of(ALIGN)
}

const fn leaf_bytes(capacity: usize) -> usize {
    entries_offset(capacity) + capacity * POINTER_BYTES
}

/// The most entries that a leaf's block holds that has room for `room`.
fn leaf_capacity(room: usize) -> usize {
    const SMALL: [u8; LEAF_MAX_ENTRIES + 1] = {
        let mut table = [0; LEAF_MAX_ENTRIES + 1];
        let mut room = 0;
        while room <= LEAF_MAX_ENTRIES {
            table[room] = fill_leaf_class(if room < 2 { 2 } else { room }) as u8;
            room += 1;
        }
        table
    };
    match SMALL.get(room) {
        Some(capacity) => usize::from(*capacity),
        None => fill_leaf_class(room),
    }
}

const fn fill_leaf_class(room: usize) -> usize {
    let class = size_class(leaf_bytes(room));
    let mut capacity = room;
    while leaf_bytes(capacity + 1) <= class {
        capacity += 1;
    }
    capacity
}

/// The layout of a leaf, whose capacity fills its size class.
fn leaf_layout(capacity: usize) -> Layout {
    let bytes = size_class(leaf_bytes(capacity));
    Layout::from_size_align(bytes, ALIGN).expect("a leaf fits the address space")
}

fn branch_bytes(capacity: usize) -> usize {
    size_of::<BranchHeader>() + capacity * POINTER_BYTES
}

/// The most children, up to one a slot, that a branch's block holds that has room for `room`.
fn branch_capacity(room: usize) -> usize {
    let class = size_class(branch_bytes(room));
    ((class - size_of::<BranchHeader>()) / POINTER_BYTES).min(SLOTS as usize)
}

fn branch_layout(capacity: usize) -> Layout {
    let bytes = size_class(branch_bytes(capacity));
    Layout::from_size_align(bytes, ALIGN).expect("a branch fits the address space")
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: no node has size zero.
    match NonNull::new(unsafe { alloc(layout) }) {
        Some(start) => start,
        None => handle_alloc_error(layout),
    }
}

/// Comparing eight tags at a time.
mod group {
    use super::{TAG_BYTES, TAGS_OFFSET};

    pub(super) const LEN: usize = 8;

    /// Which of the eight tags from `first` on are equal to `tag`. Those past the leaf's length
    /// may be anything.
    ///
    /// # Safety
    /// `leaf` is a leaf's block and `first` a multiple of 8 below its length. Then 16 bytes can be
    /// read there: they end at most 14 bytes behind the tags, where the first two entries are, and
    /// all of that was zeroed when the leaf was made.
    #[inline]
    pub(super) unsafe fn matches(leaf: *const u8, first: usize, tag: u16) -> Matches {
        // SAFETY: the caller vouches for the bytes.
        unsafe { compare(leaf.add(TAGS_OFFSET + first * TAG_BYTES), tag) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    unsafe fn compare(tags: *const u8, tag: u16) -> Matches {
        use std::arch::x86_64::*;
        // SAFETY: SSE2 is part of x86-64; the caller vouches for 16 readable bytes.
        unsafe {
            let tags = _mm_loadu_si128(tags.cast());
            let equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16(tag as i16));
            Matches(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())) as u32)
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    unsafe fn compare(tags: *const u8, tag: u16) -> Matches {
        // SAFETY: the caller vouches for 16 readable bytes.
        let tags = unsafe { tags.cast::<[u16; LEN]>().read_unaligned() };
        let bits = (0..LEN).map(|i| u32::from(tags[i] == tag) << i);
        Matches(bits.fold(0, |all, bit| all | bit))
    }

    /// A bit for each tag that is equal, taken from the lowest.
    pub(super) struct Matches(u32);

    impl Iterator for Matches {
        type Item = usize;

        #[inline]
        fn next(&mut self) -> Option<usize> {
            if self.0 == 0 {
                return None;
            }
            let offset = self.0.trailing_zeros() as usize;
            self.0 &= self.0 - 1;
            Some(offset)
        }
    }
}

//! Branches: 64 slots of the hash order, divided among the children.
//!
//! ```text
//! | holders u32 | len u8, capacity u8 | entry count u64 | starts u64 | children: 8 x capacity |
//! ```
//!
//! Each child covers one slot or more, and bit `s` of `starts` says that a child begins at slot
//! `s`. So a child is found by counting bits, a leaf that covers several slots is split by one more
//! bit and pointer, and a branch takes no more memory than it has children.

use std::alloc::{Layout, dealloc};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::AtomicU32;

use super::{ALIGN, Node, POINTER_BYTES, allocate};
use crate::store::memory::size_class;

/// The slots of a branch: six bits of the hash.
pub(in super::super) const SLOTS: u32 = 64;

const CHILDREN_OFFSET: usize = size_of::<Header>();

#[repr(C)]
struct Header {
    holders: AtomicU32,
    len: u8,
    capacity: u8,
    /// All entries below this branch.
    entry_count: u64,
    /// Bit `s`: a child begins at slot `s`. Bit 0 is always set; there are `len` ones.
    starts: u64,
}

/// A branch that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(in super::super) struct Branch<'a> {
    pub(super) start: *mut u8,
    pub(super) node: PhantomData<&'a Node>,
}

impl<'a> Branch<'a> {
    #[inline]
    fn header(self) -> &'a Header {
        // SAFETY: the block begins with its header, which changes only through its one holder,
        // borrowed mutably.
        unsafe { &*self.start.cast() }
    }

    pub(super) fn capacity(self) -> usize {
        self.header().capacity.into()
    }

    #[inline]
    pub(in super::super) fn entry_count(self) -> u64 {
        self.header().entry_count
    }

    #[inline]
    pub(in super::super) fn starts(self) -> u64 {
        self.header().starts
    }

    /// The children in the order of their slots.
    #[inline]
    pub(in super::super) fn children(self) -> &'a [Node] {
        // SAFETY: `len` children are there for as long as the node is held.
        unsafe {
            let children = self.start.add(CHILDREN_OFFSET).cast();
            slice::from_raw_parts(children, self.header().len.into())
        }
    }

    /// Which child covers the slot.
    #[inline]
    fn index_of(self, slot: u32) -> usize {
        (self.starts() & up_to(slot)).count_ones() as usize - 1
    }

    /// The child that covers the slot.
    #[inline]
    pub(in super::super) fn child(self, slot: u32) -> &'a Node {
        &self.children()[self.index_of(slot)]
    }

    /// The first slot and the number of slots of the child that covers the slot.
    pub(in super::super) fn extent_of(self, slot: u32) -> (u32, u32) {
        let first = SLOTS - 1 - (self.starts() & up_to(slot)).leading_zeros();
        let end = (self.starts() & !up_to(slot)).trailing_zeros();
        (first, end - first)
    }
}

/// The bits of all slots up to this one.
#[inline]
fn up_to(slot: u32) -> u64 {
    u64::MAX >> (SLOTS - 1 - slot)
}

/// The only holder of a branch, borrowed mutably.
pub(in super::super) struct BranchMut<'a> {
    pub(super) node: &'a mut Node,
}

impl<'a> BranchMut<'a> {
    #[inline]
    pub(in super::super) fn as_ref(&self) -> Branch<'_> {
        Branch { start: self.node.start(), node: PhantomData }
    }

    #[inline]
    fn header(&mut self) -> &mut Header {
        // SAFETY: the block begins with its header, and this is the only holder.
        unsafe { &mut *self.node.start().cast() }
    }

    fn child_at(&mut self, index: usize) -> *mut Node {
        self.node.start().wrapping_add(CHILDREN_OFFSET + index * POINTER_BYTES).cast()
    }

    /// The number of all entries below.
    #[inline]
    pub(in super::super) fn entry_count_mut(&mut self) -> &mut u64 {
        &mut self.header().entry_count
    }

    /// The child that covers the slot.
    #[inline]
    pub(in super::super) fn child_mut(&mut self, slot: u32) -> &mut Node {
        BranchMut { node: self.node }.into_child_mut(slot)
    }

    /// The child that covers the slot, for as long as the branch was borrowed.
    #[inline]
    pub(in super::super) fn into_child_mut(mut self, slot: u32) -> &'a mut Node {
        let index = self.as_ref().index_of(slot);
        assert!(index < self.as_ref().children().len());
        // SAFETY: there is such a child, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *self.child_at(index) }
    }

    /// Lets a new child begin at a slot; the one that covered it ends before.
    pub(in super::super) fn split_at(&mut self, slot: u32, child: Node) {
        assert!(slot < SLOTS && self.as_ref().starts() & (1 << slot) == 0, "slot {slot}");
        let len = self.as_ref().children().len();
        if len == self.as_ref().capacity() {
            self.resize(len + 1);
        }
        let index = self.as_ref().index_of(slot) + 1;
        // SAFETY: there is room for one more, and `index` is at most `len`.
        unsafe {
            let place = self.child_at(index);
            ptr::copy(place, place.add(1), len - index);
            place.write(child);
        }
        let header = self.header();
        header.len += 1;
        header.starts |= 1 << slot;
    }

    /// Takes the child that begins at a slot, not the first; the one before takes over its slots.
    pub(in super::super) fn join_at(&mut self, slot: u32) -> Node {
        assert!(0 < slot && slot < SLOTS && self.as_ref().starts() & (1 << slot) != 0);
        let (index, len) = (self.as_ref().index_of(slot), self.as_ref().children().len());
        let header = self.header();
        header.len -= 1;
        header.starts &= !(1 << slot);
        // SAFETY: there is a child at `index`, below `len`; it moves out and the rest close up.
        unsafe {
            let place = self.child_at(index);
            let child = place.read();
            ptr::copy(place.add(1), place, len - index - 1);
            child
        }
    }

    /// Gives a new block its children, for which it has room, and what is to be known of them.
    pub(super) fn fill(
        &mut self,
        children: impl IntoIterator<Item = Node>,
        entry_count: u64,
        starts: u64,
    ) {
        for child in children {
            let len = self.as_ref().children().len();
            assert!(len < self.as_ref().capacity());
            // SAFETY: there is room for one more; the length counts what is written.
            unsafe { self.child_at(len).write(child) };
            self.header().len += 1;
        }
        assert_eq!(starts.count_ones(), u32::from(self.header().len));
        (self.header().entry_count, self.header().starts) = (entry_count, starts);
    }

    /// Moves to a block with room for `room` children.
    #[cold]
    fn resize(&mut self, room: usize) {
        let (entry_count, starts) = (self.as_ref().entry_count(), self.as_ref().starts());
        let (len, old_capacity) = (self.as_ref().children().len(), self.as_ref().capacity());
        assert!(len <= room);
        let mut new = Node::branch_block(room);
        let mut to = BranchMut { node: &mut new };
        // SAFETY: both blocks have room for `len`; the children move, and the old block is freed
        // without dropping them.
        unsafe {
            ptr::copy_nonoverlapping(self.child_at(0), to.child_at(0), len);
            let header = to.header();
            (header.len, header.entry_count, header.starts) = (len as u8, entry_count, starts);
            dealloc(self.node.start(), layout(old_capacity));
            ptr::write(self.node, new);
        }
    }
}

/// A block without children, with room for so many.
pub(super) fn new_block(room: usize) -> NonNull<u8> {
    let capacity = capacity_for(room);
    let start = allocate(layout(capacity));
    let header = Header {
        holders: AtomicU32::new(1),
        len: 0,
        capacity: capacity as u8,
        entry_count: 0,
        starts: 0,
    };
    // SAFETY: the block is that large.
    unsafe { start.cast::<Header>().write(header) };
    start
}

/// Drops a branch's children and frees its block.
///
/// # Safety
/// The branch's last holder is gone.
pub(super) unsafe fn free(branch: Branch<'_>) {
    let (len, capacity) = (branch.children().len(), branch.capacity());
    // SAFETY: nobody else can reach the children, and the block has the layout of its capacity.
    unsafe {
        let children = branch.start.add(CHILDREN_OFFSET).cast::<Node>();
        ptr::drop_in_place(ptr::slice_from_raw_parts_mut(children, len));
        dealloc(branch.start, layout(capacity));
    }
}

fn bytes(capacity: usize) -> usize {
    CHILDREN_OFFSET + capacity * POINTER_BYTES
}

/// The most children, up to one a slot, that the block holds that has room for `room`.
fn capacity_for(room: usize) -> usize {
    ((size_class(bytes(room)) - CHILDREN_OFFSET) / POINTER_BYTES).min(SLOTS as usize)
}

pub(super) fn layout(capacity: usize) -> Layout {
    let bytes = size_class(bytes(capacity));
    Layout::from_size_align(bytes, ALIGN).expect("a branch fits the address space")
}

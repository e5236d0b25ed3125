//! Branches: 64 slots of the hash order, divided among the children.
//!
//! ```text
//! | holders u32 | - | entry count u64 | soonest i64 | cells: 1, 2, 4, ... or 64 nodes |
//! ```
//!
//! The next bits of the hash choose a cell, as many bits as there are cells. A leaf that covers more
//! than one cell stands in each of them, counted once; so a leaf is split by giving half of its
//! cells to a new one, and only when it has one cell the cells are doubled. A child that is no leaf
//! covers one slot: there are 64 cells then.

use std::alloc::{Layout, dealloc};
use std::marker::PhantomData;
use std::mem;
use std::ops::Range;
use std::ptr;
use std::slice;

use super::place::{Place, SLOT_BITS};
use super::pointer::{Node, allocate, branch_size_code, branch_start};
use super::soonest::Soonest;
use crate::base::time::UnixMillis;
use crate::store::holders::Holders;
use crate::store::memory::size_class;

/// The slots of a branch: six bits of the hash.
pub(in super::super) const SLOTS: u32 = 1 << SLOT_BITS;

const ALIGN: usize = 16;
const CELLS_OFFSET: usize = size_of::<Head>();

#[repr(C)]
pub(super) struct Head {
    holders: Holders,
    /// All entries below this branch.
    pub(super) entry_count: u64,
    soonest: Soonest,
}

/// The bytes of a head and its cells.
fn block_len(cell_bits: u32) -> usize {
    CELLS_OFFSET + (size_of::<Node>() << cell_bits)
}

#[expect(clippy::expect_used, reason = "the pointer has room for 64 cells at most")]
pub(super) fn layout(cell_bits: u32) -> Layout {
    Layout::from_size_align(size_class(block_len(cell_bits)), ALIGN)
        .expect("a branch fits the address space")
}

impl Node {
    /// A branch of `1 << cell_bits` cells. The caller sees to the counts of what stands in them.
    pub(super) fn branch_of_cells(
        cell_bits: u32,
        entry_count: u64,
        soonest: UnixMillis,
        mut cell: impl FnMut(usize) -> *mut u8,
    ) -> Node {
        let start = allocate(layout(cell_bits));
        // SAFETY: the block is that large.
        unsafe {
            let (holders, soonest) = (Holders::one(), Soonest::new(soonest));
            start.cast::<Head>().write(Head { holders, entry_count, soonest });
            let cells = start.add(CELLS_OFFSET).cast::<*mut u8>();
            (0..1 << cell_bits).for_each(|index| cells.add(index).write(cell(index)));
        }
        Node::of_branch(start, cell_bits)
    }

    /// The node as a branch, if it is one.
    #[inline]
    pub(in super::super) fn as_branch(&self) -> Option<Branch<'_>> {
        self.is_branch().then_some(Branch { pointer: self.0, node: PhantomData })
    }
}

/// A branch that somebody holds for `'a`.
#[derive(Clone, Copy)]
pub(in super::super) struct Branch<'a> {
    /// The tagged pointer.
    pub(super) pointer: *mut u8,
    pub(super) node: PhantomData<&'a Node>,
}

impl<'a> Branch<'a> {
    #[inline]
    pub(super) fn start(self) -> *mut u8 {
        branch_start(self.pointer)
    }

    #[inline]
    pub(super) fn cell_bits(self) -> u32 {
        branch_size_code(self.pointer)
    }

    #[inline]
    pub(super) fn cells_start(self) -> *mut Node {
        self.start().wrapping_add(CELLS_OFFSET).cast()
    }

    /// The cells in the order of their slots; the same leaf may stand in several beside each other.
    #[inline]
    pub(super) fn cells(self) -> &'a [Node] {
        // SAFETY: that many cells are there for as long as the node is held.
        unsafe { slice::from_raw_parts(self.cells_start(), 1 << self.cell_bits()) }
    }

    #[inline]
    pub(in super::super) fn entry_count(self) -> u64 {
        // SAFETY: the block begins with its head, where the entry count changes only through its
        // one holder, borrowed mutably.
        unsafe { (*self.start().cast::<Head>()).entry_count }
    }

    /// A time at or before every deadline below.
    #[inline]
    pub(in super::super) fn soonest(self) -> &'a Soonest {
        // SAFETY: the block begins with its head and is held for 'a; this field is atomic.
        unsafe { &(*self.start().cast::<Head>()).soonest }
    }

    #[inline]
    pub(super) fn block_bytes(self) -> usize {
        size_class(block_len(self.cell_bits()))
    }

    /// The child that covers a place.
    #[inline]
    pub(in super::super) fn child(self, place: Place) -> &'a Node {
        // SAFETY: the index has as many bits as there are cells.
        unsafe { &*self.cells_start().add(place.cell(self.cell_bits())) }
    }

    /// The child that covers a slot, the first slot that it covers, and how many it covers.
    pub(in super::super) fn child_at_slot(self, slot: u32) -> (&'a Node, u32, u32) {
        let shift = SLOT_BITS - self.cell_bits();
        let run = self.run_of((slot >> shift) as usize);
        (&self.cells()[run.start], (run.start as u32) << shift, (run.len() as u32) << shift)
    }

    /// The children in the order of their slots.
    #[inline]
    pub(in super::super) fn children(self) -> Children<'a> {
        Children { cells: self.cells() }
    }

    /// All cells in which the child of this one stands. Beside one another, empty leaves are one.
    pub(super) fn run_of(self, cell: usize) -> Range<usize> {
        let cells = self.cells();
        let (mut first, mut len) = (cell, 1);
        while len < cells.len() {
            let twin = first ^ len;
            if !cells[twin..twin + len].iter().all(|other| other.same(&cells[cell])) {
                break;
            }
            (first, len) = (first.min(twin), len * 2);
        }
        first..first + len
    }

    /// A branch with its own holders of the same children.
    pub(super) fn copy(self) -> Node {
        self.children().for_each(|child| mem::forget(child.clone()));
        let (entries, soonest) = (self.entry_count(), self.soonest().get());
        Node::branch_of_cells(self.cell_bits(), entries, soonest, |index| self.cells()[index].0)
    }

    /// Drops the children and frees the block.
    ///
    /// # Safety
    /// The last holder is gone.
    pub(super) unsafe fn free(self) {
        for child in self.children() {
            // SAFETY: each child is read once, and nobody reads it again.
            drop(unsafe { ptr::read(child) });
        }
        // SAFETY: the block was allocated with this layout.
        unsafe { dealloc(self.start(), layout(self.cell_bits())) };
    }
}

/// The children of a branch, each once.
#[derive(Clone)]
pub(in super::super) struct Children<'a> {
    cells: &'a [Node],
}

impl<'a> Children<'a> {
    pub(super) const NONE: Children<'static> = Children { cells: &[] };

    /// As if the node were the only child of a branch.
    pub(in super::super) fn only(node: &'a Node) -> Self {
        Children { cells: slice::from_ref(node) }
    }

    /// The child that comes next, not taken yet.
    pub(in super::super) fn peek(&self) -> Option<&'a Node> {
        self.cells.first()
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = &'a Node;

    #[inline]
    fn next(&mut self) -> Option<&'a Node> {
        let (child, rest) = self.cells.split_first()?;
        let again = rest.iter().take_while(|other| other.same(child)).count();
        self.cells = &rest[again..];
        Some(child)
    }
}

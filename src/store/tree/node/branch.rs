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
use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut, Range};
use std::ptr;
use std::slice;
use std::sync::atomic::AtomicU32;

use super::leaf::Position;
use super::place::{Place, SLOT_BITS};
use super::soonest::{NEVER, Soonest};
use super::{BRANCH_SIZE_MASK, BRANCH_TAG, Node, SIZE_SHIFT, allocate};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;
use crate::store::memory::size_class;

/// The slots of a branch: six bits of the hash.
pub(in super::super) const SLOTS: u32 = 1 << SLOT_BITS;

const ALIGN: usize = 16;
const CELLS_OFFSET: usize = size_of::<Head>();

#[repr(C)]
struct Head {
    holders: AtomicU32,
    /// All entries below this branch.
    entry_count: u64,
    soonest: Soonest,
}

fn layout(cell_bits: u32) -> Layout {
    let bytes = CELLS_OFFSET + (size_of::<Node>() << cell_bits);
    Layout::from_size_align(size_class(bytes), ALIGN).expect("a branch fits the address space")
}

impl Node {
    /// A branch with one child for all of its slots.
    pub(in super::super) fn branch(only: Node, entry_count: u64) -> Node {
        let mut node = Node::branch_of_cells(0, |_| ptr::null_mut());
        let mut branch = BranchMut { node: &mut node };
        branch.as_ref().soonest().set(only.soonest());
        branch.set(0..1, only);
        *branch.entry_count_mut() = entry_count;
        node
    }

    /// A branch of `1 << cell_bits` cells. The caller sees to the counts of what stands in them.
    fn branch_of_cells(cell_bits: u32, mut cell: impl FnMut(usize) -> *mut u8) -> Node {
        let start = allocate(layout(cell_bits));
        // SAFETY: the block is that large.
        unsafe {
            let (holders, soonest) = (AtomicU32::new(1), Soonest::new(NEVER));
            start.cast::<Head>().write(Head { holders, entry_count: 0, soonest });
            let cells = start.add(CELLS_OFFSET).cast::<*mut u8>();
            (0..1 << cell_bits).for_each(|index| cells.add(index).write(cell(index)));
        }
        let code = (cell_bits as usize) << SIZE_SHIFT;
        Node(start.map_addr(|address| address | code | BRANCH_TAG))
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
        self.pointer.map_addr(|address| address & !(BRANCH_SIZE_MASK | BRANCH_TAG))
    }

    #[inline]
    fn cell_bits(self) -> u32 {
        ((self.pointer.addr() & BRANCH_SIZE_MASK) >> SIZE_SHIFT) as u32
    }

    #[inline]
    fn cells_start(self) -> *mut Node {
        self.start().wrapping_add(CELLS_OFFSET).cast()
    }

    /// The cells in the order of their slots; the same leaf may stand in several beside each other.
    #[inline]
    fn cells(self) -> &'a [Node] {
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

    pub(super) fn block_bytes(self) -> usize {
        layout(self.cell_bits()).size()
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
    fn run_of(self, cell: usize) -> Range<usize> {
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
    #[cold]
    pub(super) fn copy(self) -> Node {
        self.children().for_each(|child| mem::forget(child.clone()));
        let mut copy = Node::branch_of_cells(self.cell_bits(), |index| self.cells()[index].0);
        BranchMut { node: &mut copy }.take_over(self);
        copy
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

/// The only holder of a branch, borrowed mutably.
pub(in super::super) struct BranchMut<'a> {
    pub(super) node: &'a mut Node,
}

impl<'a> BranchMut<'a> {
    #[inline]
    pub(in super::super) fn as_ref(&self) -> Branch<'_> {
        Branch { pointer: self.node.0, node: PhantomData }
    }

    /// The number of all entries below.
    #[inline]
    pub(in super::super) fn entry_count_mut(&mut self) -> &mut u64 {
        // SAFETY: the block begins with its head, and this is the only holder.
        unsafe { &mut (*self.as_ref().start().cast::<Head>()).entry_count }
    }

    /// Says of what is below the same as another branch.
    fn take_over(&mut self, other: Branch<'_>) {
        *self.entry_count_mut() = other.entry_count();
        self.as_ref().soonest().set(other.soonest().get());
    }

    /// The child that covers a place, to change or replace it.
    #[inline]
    pub(in super::super) fn child_mut(&mut self, place: Place) -> ChildMut<'_> {
        let cell = place.cell(self.as_ref().cell_bits());
        // SAFETY: the cell keeps the holder, which is this one's alone until it is put back.
        let child = unsafe { ptr::read(&self.as_ref().cells()[cell]) };
        ChildMut { branch: BranchMut { node: self.node }, cell, child: ManuallyDrop::new(child) }
    }

    /// The child that covers a place and is no leaf, for as long as this one was borrowed.
    #[inline]
    pub(in super::super) fn into_single_child_mut(self, place: Place) -> &'a mut Node {
        let branch = self.as_ref();
        assert!(!branch.child(place).is_leaf(), "a leaf may stand in several cells");
        // SAFETY: only a leaf stands in several, and the borrow of the only holder lasts for 'a.
        unsafe { &mut *branch.cells_start().add(place.cell(branch.cell_bits())) }
    }

    /// An entry that was found in the leaf that covers a place: the leaf becomes this tree's own.
    /// The entry's deadline may become `at`.
    #[inline]
    pub(in super::super) fn into_entry_mut(
        mut self,
        place: Place,
        position: Position,
        at: UnixMillis,
    ) -> &'a mut Entry {
        if !self.as_ref().child(place).is_unique() {
            self.child_mut(place).unshare();
        }
        let mut leaf = ManuallyDrop::new(Node(self.as_ref().child(place).0));
        let mut leaf = leaf.leaf_mut();
        leaf.lower(at);
        let entry = ptr::from_mut(leaf.into_entry_mut(position));
        // SAFETY: the leaf has no other holder than this branch, which has none other than the one
        // whose borrow lasts for 'a.
        unsafe { &mut *entry }
    }

    /// The cells of the child that covers a place.
    pub(in super::super) fn cells_of(&self, place: Place) -> Range<usize> {
        self.as_ref().run_of(place.cell(self.as_ref().cell_bits()))
    }

    /// The cells beside those, which belong together with them: the other half of the cells that
    /// one leaf had before it was split. `None` if these are all cells, or if those are not one
    /// child's.
    pub(in super::super) fn twin_of(&self, cells: &Range<usize>) -> Option<Range<usize>> {
        if cells.len() == self.as_ref().cells().len() {
            return None;
        }
        let first = cells.start ^ cells.len();
        Some(self.as_ref().run_of(first)).filter(|twin| *twin == (first..first + cells.len()))
    }

    /// The first slot of a cell.
    pub(in super::super) fn first_slot_of(&self, cell: usize) -> usize {
        cell << (SLOT_BITS - self.as_ref().cell_bits())
    }

    /// The child that stands in a cell.
    pub(in super::super) fn child_in(&self, cell: usize) -> &Node {
        &self.as_ref().cells()[cell]
    }

    /// Takes the child that stands in just these cells; they are empty then.
    pub(in super::super) fn take(&mut self, cells: Range<usize>) -> Node {
        let whole =
            self.child_in(cells.start).is_empty() || self.as_ref().run_of(cells.start) == cells;
        assert!(whole, "the child stands in other cells too");
        // SAFETY: the holder moves out, since all of its cells are overwritten.
        let child = unsafe { ptr::read(&self.as_ref().cells()[cells.start]) };
        self.write(cells, ptr::null_mut());
        child
    }

    /// Lets a child stand in these cells, which are empty.
    pub(in super::super) fn set(&mut self, cells: Range<usize>, child: Node) {
        assert!(self.as_ref().cells()[cells.clone()].iter().all(Node::is_empty));
        assert!(cells.len() == 1 || child.is_leaf(), "only a leaf stands in several");
        self.write(cells, ManuallyDrop::new(child).0);
    }

    /// Overwrites cells. The caller sees to the counts.
    fn write(&mut self, cells: Range<usize>, child: *mut u8) {
        assert!(cells.end <= self.as_ref().cells().len());
        for cell in cells {
            // SAFETY: there is such a cell, and this is the only holder.
            unsafe { self.as_ref().cells_start().cast::<*mut u8>().add(cell).write(child) };
        }
    }

    /// Doubles the cells; `false` if there is one a slot.
    pub(in super::super) fn double(&mut self) -> bool {
        let cell_bits = self.as_ref().cell_bits();
        let possible = cell_bits < SLOT_BITS;
        if possible {
            self.resize(cell_bits + 1, |new| new / 2);
        }
        possible
    }

    /// Halves the cells as often as no child stands in one alone.
    pub(in super::super) fn halve(&mut self) {
        while let (pairs, []) = self.as_ref().cells().as_chunks::<2>()
            && pairs.iter().all(|[one, other]| one.same(other))
        {
            self.resize(self.as_ref().cell_bits() - 1, |new| new * 2);
        }
    }

    /// Moves to a block of other cells, in each of which stands what stood in `old_cell` of it.
    fn resize(&mut self, cell_bits: u32, old_cell: impl Fn(usize) -> usize) {
        let old = self.as_ref();
        let mut new = Node::branch_of_cells(cell_bits, |index| old.cells()[old_cell(index)].0);
        BranchMut { node: &mut new }.take_over(old);
        let (start, layout) = (old.start(), layout(old.cell_bits()));
        // SAFETY: the children stand in the new block now, so the old one is freed without
        // dropping them, and overwritten without dropping it.
        unsafe {
            dealloc(start, layout);
            ptr::write(self.node, new);
        }
    }
}

/// A child of a branch, taken out to be changed. When this is dropped, the child stands again in
/// all cells where it stood.
pub(in super::super) struct ChildMut<'a> {
    branch: BranchMut<'a>,
    cell: usize,
    child: ManuallyDrop<Node>,
}

impl Deref for ChildMut<'_> {
    type Target = Node;

    #[inline]
    fn deref(&self) -> &Node {
        &self.child
    }
}

impl DerefMut for ChildMut<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Node {
        &mut self.child
    }
}

impl Drop for ChildMut<'_> {
    #[inline]
    fn drop(&mut self) {
        // The cells still hold the pointer that was taken out, perhaps to a block that is freed: it
        // is compared and not followed.
        let run = self.branch.as_ref().run_of(self.cell);
        assert!(run.len() == 1 || self.child.is_leaf(), "only a leaf stands in several");
        self.branch.write(run, self.child.0);
    }
}

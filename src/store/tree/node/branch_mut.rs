//! Branches in change: their children taken out, put in and divided anew among the cells.

use std::alloc::dealloc;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut, Range};
use std::ptr;

use super::branch::{Branch, Head, layout};
use super::leaf::Position;
use super::place::{Place, SLOT_BITS};
use super::pointer::Node;
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

impl Node {
    /// A branch with one child for all of its slots.
    pub(in super::super) fn branch(only: Node, entry_count: u64) -> Node {
        let only = ManuallyDrop::new(only);
        Node::branch_of_cells(0, entry_count, only.soonest(), |_| only.0)
    }

    /// The branch, to change it: copied if others hold it. Panics if this is none.
    #[inline]
    pub(in super::super) fn branch_mut(&mut self) -> BranchMut<'_> {
        assert!(self.is_branch(), "not a branch");
        self.unshare();
        BranchMut { node: self }
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

    /// The bytes allocated for the branch alone.
    #[inline]
    pub(in super::super) fn block_bytes(&self) -> usize {
        self.as_ref().block_bytes()
    }

    /// The number of all entries below.
    #[inline]
    pub(in super::super) fn entry_count_mut(&mut self) -> &mut u64 {
        // SAFETY: the block begins with its head, and this is the only holder.
        unsafe { &mut (*self.as_ref().start().cast::<Head>()).entry_count }
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
        let (entries, soonest) = (old.entry_count(), old.soonest().get());
        let cell = |index| old.cells()[old_cell(index)].0;
        let new = Node::branch_of_cells(cell_bits, entries, soonest, cell);
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

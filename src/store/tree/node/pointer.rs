//! A holder of a node: a counted, tagged pointer.
//!
//! ```text
//! | address of the block ... | size code | 1 |   a branch: the size code is log2 of its cells
//! | address of the block ... | size code | 0 |   a leaf: the size code is how many buckets it has
//! | address of the block ... | all ones  | 0 |   an ordered node
//! | 0                                        |   a leaf without entries
//! ```
//!
//! The size is in the pointer so that a lookup finds the one line that it needs of a node without
//! reading the node's head first: waiting for memory is what a lookup in a big tree does.
//!
//! Every block begins with the count of its holders.

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::ptr;

use crate::store::entry::Entry;
use crate::store::holders::Holders;
use crate::store::memory::prefetch;

const BRANCH_TAG: usize = 1;
const SIZE_SHIFT: u32 = 1;
/// Branches are aligned to 16 bytes and leaves to 64: what the tag and the size code need.
const BRANCH_SIZE_MASK: usize = 0b1110;
const LEAF_SIZE_MASK: usize = 0b11_1110;
/// The size code of an ordered node, which no leaf has.
pub(super) const ORDERED_CODE: usize = LEAF_SIZE_MASK >> SIZE_SHIFT;
const _: () = assert!(size_of::<Entry>() == 8 && size_of::<Node>() == 8);

/// A holder of a branch, of a leaf, of an ordered node, or of nothing: a leaf without entries.
#[repr(transparent)]
pub(in super::super) struct Node(pub(super) *mut u8);

// SAFETY: nodes hold counts, plain data, entries (`Send + Sync`) and other nodes. They change only
// through their last holder, and the count is atomic.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Entry>();
};

impl Node {
    /// A leaf without entries.
    pub(in super::super) const EMPTY: Node = Node(ptr::null_mut());

    /// Of a block aligned to 16 bytes with `1 << cell_bits` cells.
    pub(super) fn of_branch(start: *mut u8, cell_bits: u32) -> Node {
        let code = (cell_bits as usize) << SIZE_SHIFT;
        Node(start.map_addr(|address| address | code | BRANCH_TAG))
    }

    /// Of a block aligned to 64 bytes: the number of a leaf's buckets, or [`ORDERED_CODE`].
    pub(super) fn of_leaf(start: *mut u8, size_code: usize) -> Node {
        Node(start.map_addr(|address| address | size_code << SIZE_SHIFT))
    }

    #[inline]
    pub(in super::super) fn is_branch(&self) -> bool {
        self.0.addr() & BRANCH_TAG != 0
    }

    #[inline]
    pub(in super::super) fn is_ordered(&self) -> bool {
        !self.is_branch() && self.0.addr() & LEAF_SIZE_MASK == LEAF_SIZE_MASK
    }

    #[inline]
    pub(in super::super) fn is_leaf(&self) -> bool {
        !self.is_branch() && !self.is_ordered()
    }

    #[inline]
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Whether both hold the same node.
    #[inline]
    pub(in super::super) fn same(&self, other: &Node) -> bool {
        ptr::eq(self.0, other.0)
    }

    /// Lets the processor fetch the head of the node while other work is done.
    #[inline]
    pub(in super::super) fn prefetch(&self) {
        prefetch(self.start());
    }

    #[inline]
    fn start(&self) -> *mut u8 {
        if self.is_branch() { branch_start(self.0) } else { leaf_start(self.0) }
    }

    /// Whether this is the only holder of a node that is not empty.
    #[inline]
    pub(super) fn is_unique(&self) -> bool {
        self.holders().is_one()
    }

    /// The count of holders of a node that is not empty.
    #[inline]
    pub(super) fn holders(&self) -> &Holders {
        debug_assert!(!self.is_empty());
        // SAFETY: every block begins with the count, and this holder keeps it alive.
        unsafe { &*self.start().cast() }
    }
}

impl Clone for Node {
    #[inline]
    fn clone(&self) -> Self {
        if !self.is_empty() {
            self.holders().add();
        }
        Node(self.0)
    }
}

/// The block of a branch.
#[inline]
pub(super) fn branch_start(pointer: *mut u8) -> *mut u8 {
    pointer.map_addr(|address| address & !(BRANCH_SIZE_MASK | BRANCH_TAG))
}

/// The cell bits of a branch.
#[inline]
pub(super) fn branch_size_code(pointer: *mut u8) -> u32 {
    ((pointer.addr() & BRANCH_SIZE_MASK) >> SIZE_SHIFT) as u32
}

/// The block of a leaf or an ordered node.
#[inline]
pub(super) fn leaf_start(pointer: *mut u8) -> *mut u8 {
    pointer.map_addr(|address| address & !LEAF_SIZE_MASK)
}

/// The buckets of a leaf; none if it has no block.
#[inline]
pub(super) fn leaf_size_code(pointer: *mut u8) -> usize {
    (pointer.addr() & LEAF_SIZE_MASK) >> SIZE_SHIFT
}

/// A new block, whose contents are not initialised.
pub(super) fn allocate(layout: Layout) -> *mut u8 {
    debug_assert!(layout.size() > 0);
    // SAFETY: no node has size zero.
    let start = unsafe { alloc(layout) };
    if start.is_null() {
        handle_alloc_error(layout);
    }
    start
}

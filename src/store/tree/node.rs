//! The memory of the tree's nodes: counted, tagged pointers to leaves and branches. All of the
//! tree's `unsafe` code is here and in the submodules.
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
//! What makes the safe interface sound: a node is changed only through [`LeafMut`], [`BranchMut`]
//! and `ordered_mut`, whose borrows last only while its one holder is borrowed mutably; taking one
//! copies a node that has other holders. What is [`Soonest`] below a node is atomic and may change
//! at any time. The contents are freed by the holder whose decrement reaches zero.

mod branch;
mod bucket;
mod leaf;
mod ordered;
mod place;
mod soonest;

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering, fence};

pub(super) use self::branch::{Branch, BranchMut, Children, SLOTS};
pub(super) use self::leaf::{Entries, LEAF_MAX_ENTRIES, Leaf, LeafMut};
pub(super) use self::ordered::{Items, Ordered};
pub(super) use self::place::{BRANCH_BITS, DEEPEST, Place, SLOT_BITS, slot_of_tag, tag_above};
pub(super) use self::soonest::{NEVER, Soonest};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;
use crate::store::memory::prefetch;

const BRANCH_TAG: usize = 1;
const SIZE_SHIFT: u32 = 1;
/// Branches are aligned to 16 bytes and leaves to 64: what the tag and the size code need.
const BRANCH_SIZE_MASK: usize = 0b1110;
const LEAF_SIZE_MASK: usize = 0b11_1110;
/// The size code of an ordered node, which no leaf has.
const ORDERED_CODE: usize = LEAF_SIZE_MASK >> SIZE_SHIFT;
const _: () = assert!(size_of::<Entry>() == 8 && size_of::<Node>() == 8);

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
    Ordered(&'a Ordered),
}

/// The block of an ordered node.
#[repr(C, align(64))]
struct OrderedBlock {
    holders: AtomicU32,
    ordered: Ordered,
}

impl Node {
    /// A leaf without entries.
    pub(super) const EMPTY: Node = Node(ptr::null_mut());

    #[inline]
    pub(super) fn view(&self) -> View<'_> {
        if self.is_branch() {
            View::Branch(Branch { pointer: self.0, node: PhantomData })
        } else if self.0.addr() & LEAF_SIZE_MASK == LEAF_SIZE_MASK {
            // SAFETY: the tag says what the block is, which is held for as long as the view.
            View::Ordered(unsafe { &(*self.ordered_block()).ordered })
        } else {
            View::Leaf(Leaf { pointer: self.0, node: PhantomData })
        }
    }

    /// An ordered node.
    pub(super) fn ordered(ordered: Ordered) -> Node {
        let block = Box::new(OrderedBlock { holders: AtomicU32::new(1), ordered });
        let start = Box::into_raw(block).cast::<u8>();
        Node(start.map_addr(|address| address | ORDERED_CODE << SIZE_SHIFT))
    }

    fn ordered_block(&self) -> *mut OrderedBlock {
        self.0.map_addr(|address| address & !LEAF_SIZE_MASK).cast()
    }

    #[inline]
    pub(super) fn is_branch(&self) -> bool {
        self.0.addr() & BRANCH_TAG != 0
    }

    #[inline]
    pub(super) fn is_leaf(&self) -> bool {
        matches!(self.view(), View::Leaf(_))
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Whether both hold the same node.
    #[inline]
    pub(super) fn same(&self, other: &Node) -> bool {
        ptr::eq(self.0, other.0)
    }

    /// All entries at or below this node.
    #[inline]
    pub(super) fn entry_count(&self) -> u64 {
        match self.view() {
            View::Leaf(leaf) => leaf.len() as u64,
            View::Branch(branch) => branch.entry_count(),
            View::Ordered(ordered) => ordered.len(),
        }
    }

    /// A time at or before every deadline at or below this node.
    #[inline]
    pub(super) fn soonest(&self) -> UnixMillis {
        match self.view() {
            View::Leaf(leaf) => leaf.soonest().map_or(NEVER, Soonest::get),
            View::Branch(branch) => branch.soonest().get(),
            View::Ordered(ordered) => ordered.soonest(),
        }
    }

    /// The bytes allocated for this node alone.
    pub(super) fn block_bytes(&self) -> usize {
        match self.view() {
            View::Leaf(leaf) => leaf.block_bytes(),
            View::Branch(branch) => branch.block_bytes(),
            View::Ordered(ordered) => size_of::<OrderedBlock>() + ordered.memory_bytes(),
        }
    }

    /// Lets the processor fetch the head of the node while other work is done.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(self.start());
    }

    /// The leaf, to change it: copied if others hold it. Entries stay at their places. Panics if
    /// this is none.
    #[inline]
    pub(super) fn leaf_mut(&mut self) -> LeafMut<'_> {
        assert!(self.is_leaf(), "not a leaf");
        if self.is_empty() {
            *self = Node::leaf(1);
        }
        self.unshare();
        LeafMut { node: self }
    }

    /// The branch, to change it: copied if others hold it. Panics if this is none.
    #[inline]
    pub(super) fn branch_mut(&mut self) -> BranchMut<'_> {
        assert!(self.is_branch(), "not a branch");
        self.unshare();
        BranchMut { node: self }
    }

    /// The ordered entries, to change them: copied if others hold the node. Panics if this is none.
    pub(super) fn ordered_mut(&mut self) -> &mut Ordered {
        assert!(matches!(self.view(), View::Ordered(_)), "not an ordered node");
        self.unshare();
        // SAFETY: the tag says what the block is, and this is its only holder, borrowed mutably.
        unsafe { &mut (*self.ordered_block()).ordered }
    }

    /// Makes this the only holder, if need be of a copy.
    #[inline]
    fn unshare(&mut self) {
        if !self.is_empty() && !self.is_unique() {
            *self = match self.view() {
                View::Leaf(leaf) => leaf.copy(),
                View::Branch(branch) => branch.copy(),
                View::Ordered(ordered) => Node::ordered(ordered.clone()),
            };
        }
    }

    /// Whether this is the only holder of a node that is not empty.
    #[inline]
    fn is_unique(&self) -> bool {
        // Acquire pairs with the release of the holders that are gone: their reads are over.
        self.holders().load(Ordering::Acquire) == 1
    }

    #[inline]
    fn holders(&self) -> &AtomicU32 {
        debug_assert!(!self.is_empty());
        // SAFETY: every block begins with the count, and this holder keeps it alive.
        unsafe { &*self.start().cast() }
    }

    #[inline]
    fn start(&self) -> *mut u8 {
        match self.view() {
            View::Leaf(leaf) => leaf.start(),
            View::Branch(branch) => branch.start(),
            View::Ordered(_) => self.ordered_block().cast(),
        }
    }
}

impl Clone for Node {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: the cloner holds the node already.
        if !self.is_empty() && self.holders().fetch_add(1, Ordering::Relaxed) > i32::MAX as u32 {
            // Only leaked clones get here; going on would free the node under its holders.
            std::process::abort();
        }
        Node(self.0)
    }
}

impl Drop for Node {
    /// Branches nest at most as deep as the hash has levels, and so does this.
    fn drop(&mut self) {
        if self.is_empty() || self.holders().fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        fence(Ordering::Acquire);
        // SAFETY: this was the last holder.
        match self.view() {
            View::Leaf(leaf) => unsafe { leaf.free() },
            View::Branch(branch) => unsafe { branch.free() },
            // SAFETY: the block came from a box.
            View::Ordered(_) => drop(unsafe { Box::from_raw(self.ordered_block()) }),
        }
    }
}

/// A new block, whose contents are not initialised.
fn allocate(layout: Layout) -> *mut u8 {
    debug_assert!(layout.size() > 0);
    // SAFETY: no node has size zero.
    let start = unsafe { alloc(layout) };
    if start.is_null() {
        handle_alloc_error(layout);
    }
    start
}

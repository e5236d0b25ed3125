//! The memory of the tree's nodes: counted, tagged pointers to leaves and branches. All of the
//! tree's `unsafe` code is here and in the submodules.
//!
//! The lowest bit of a pointer tells a branch from a leaf; null is a leaf without entries. The
//! blocks, which `leaf` and `branch` draw, begin with the count of their holders, are as large as a
//! size class of the allocator, and take all that fits.
//!
//! What makes the safe interface sound: a node is changed only through [`LeafMut`] and
//! [`BranchMut`], which exist only while its one holder is borrowed mutably; making one of them
//! copies a node that has other holders. The contents are freed by the holder whose decrement
//! reaches zero.

mod branch;
mod leaf;
mod tags;

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering, fence};

pub(super) use self::branch::{Branch, BranchMut, SLOTS};
pub(super) use self::leaf::{LEAF_MAX_ENTRIES, Leaf, LeafMut};
use crate::store::entry::Entry;
use crate::store::memory::prefetch;

const BRANCH_TAG: usize = 1;
const ALIGN: usize = 8;
const POINTER_BYTES: usize = size_of::<Entry>();
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
}

impl Node {
    /// A leaf without entries.
    pub(super) const EMPTY: Node = Node(ptr::null_mut());

    /// A leaf with room for that many entries.
    pub(super) fn leaf(room: usize) -> Node {
        Node(leaf::new_block(room).as_ptr())
    }

    /// A branch with one child for all of its slots.
    pub(super) fn branch(only: Node, entry_count: u64) -> Node {
        let mut node = Node::branch_block(1);
        BranchMut { node: &mut node }.fill([only], entry_count, 1);
        node
    }

    /// A branch without children, to be filled at once, with room for so many.
    fn branch_block(room: usize) -> Node {
        Node(branch::new_block(room).as_ptr().map_addr(|address| address | BRANCH_TAG))
    }

    #[inline]
    pub(super) fn view(&self) -> View<'_> {
        if self.is_branch() {
            View::Branch(Branch { start: self.start(), node: PhantomData })
        } else {
            View::Leaf(Leaf { start: self.0, node: PhantomData })
        }
    }

    #[inline]
    pub(super) fn is_branch(&self) -> bool {
        self.0.addr() & BRANCH_TAG != 0
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Lets the processor fetch the head of the node while other work is done.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(self.start());
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
            View::Leaf(leaf) => leaf::layout(leaf.capacity()).size(),
            View::Branch(branch) => branch::layout(branch.capacity()).size(),
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
            self.copy_leaf(more);
        }
        let mut leaf = LeafMut { node: self };
        leaf.reserve(more);
        leaf
    }

    /// The branch, to change it: copied if others hold it. Panics if this is a leaf.
    #[inline]
    pub(super) fn branch_mut(&mut self) -> BranchMut<'_> {
        assert!(self.is_branch(), "a leaf is not a branch");
        if !self.is_unique() {
            self.copy_branch();
        }
        BranchMut { node: self }
    }

    /// Changes this holder to one of a copy, which holds the same entries.
    #[cold]
    fn copy_leaf(&mut self, more: usize) {
        let View::Leaf(leaf) = self.view() else { unreachable!("asked of leaves only") };
        let mut copy = Node::leaf(leaf.len() + more);
        let mut to = LeafMut { node: &mut copy };
        for (tag, entry) in leaf.tags().iter().zip(leaf.entries()) {
            to.push(*tag, entry.clone());
        }
        *self = copy;
    }

    /// Changes this holder to one of a copy, which holds the same children.
    #[cold]
    fn copy_branch(&mut self) {
        let View::Branch(branch) = self.view() else { unreachable!("asked of branches only") };
        let mut copy = Node::branch_block(branch.children().len());
        let children = branch.children().iter().cloned();
        BranchMut { node: &mut copy }.fill(children, branch.entry_count(), branch.starts());
        *self = copy;
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
        self.0.map_addr(|address| address & !BRANCH_TAG)
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
            View::Leaf(leaf) => unsafe { leaf::free(leaf) },
            View::Branch(branch) => unsafe { branch::free(branch) },
        }
    }
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: no node has size zero.
    match NonNull::new(unsafe { alloc(layout) }) {
        Some(start) => start,
        None => handle_alloc_error(layout),
    }
}

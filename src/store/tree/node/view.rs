//! What a node is, and how it is shared, copied and freed whatever it is.

use super::branch::{Branch, Children};
use super::leaf::Leaf;
use super::ordered::Ordered;
use super::ordered_block::BLOCK_BYTES;
use super::pointer::Node;
use super::soonest::{NEVER, Soonest};
use crate::base::time::UnixMillis;

/// What a node is.
#[derive(Clone, Copy)]
pub(in super::super) enum View<'a> {
    Leaf(Leaf<'a>),
    Branch(Branch<'a>),
    Ordered(&'a Ordered),
}

impl Node {
    #[inline]
    pub(in super::super) fn view(&self) -> View<'_> {
        if let Some(branch) = self.as_branch() {
            View::Branch(branch)
        } else if let Some(leaf) = self.as_leaf() {
            View::Leaf(leaf)
        } else {
            View::Ordered(self.as_ordered())
        }
    }

    /// All entries at or below this node.
    #[inline]
    pub(in super::super) fn entry_count(&self) -> u64 {
        match self.view() {
            View::Leaf(leaf) => leaf.len() as u64,
            View::Branch(branch) => branch.entry_count(),
            View::Ordered(ordered) => ordered.len(),
        }
    }

    /// A time at or before every deadline at or below this node.
    #[inline]
    pub(in super::super) fn soonest(&self) -> UnixMillis {
        match self.view() {
            View::Leaf(leaf) => leaf.soonest().map_or(NEVER, Soonest::get),
            View::Branch(branch) => branch.soonest().get(),
            View::Ordered(ordered) => ordered.soonest(),
        }
    }

    /// The bytes allocated for this node alone.
    #[inline]
    pub(in super::super) fn block_bytes(&self) -> usize {
        match self.view() {
            View::Leaf(leaf) => leaf.block_bytes(),
            View::Branch(branch) => branch.block_bytes(),
            View::Ordered(ordered) => BLOCK_BYTES + ordered.part_bytes(),
        }
    }

    /// What stands right below this node: nothing below a leaf.
    pub(in super::super) fn children(&self) -> Children<'_> {
        self.as_branch().map_or(Children::NONE, Branch::children)
    }

    /// Makes this the only holder, if need be of a copy.
    #[inline]
    pub(super) fn unshare(&mut self) {
        if !self.is_empty() && !self.is_unique() {
            *self = self.copy();
        }
    }

    #[cold]
    fn copy(&self) -> Node {
        match self.view() {
            View::Leaf(leaf) => leaf.copy(),
            View::Branch(branch) => branch.copy(),
            View::Ordered(ordered) => Node::ordered(ordered.clone()),
        }
    }
}

impl Drop for Node {
    /// Branches nest at most as deep as the hash has levels, and so does this.
    fn drop(&mut self) {
        if self.is_empty() || !self.holders().remove() {
            return;
        }
        // SAFETY: this was the last holder.
        match self.view() {
            View::Leaf(leaf) => unsafe { leaf.free() },
            View::Branch(branch) => unsafe { branch.free() },
            View::Ordered(_) => unsafe { self.free_ordered() },
        }
    }
}

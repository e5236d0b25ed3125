//! Ordered nodes as blocks of the tree.

use super::ordered::Ordered;
use super::pointer::{Node, ORDERED_CODE, leaf_start};
use crate::store::holders::Holders;

#[repr(C, align(64))]
struct Block {
    holders: Holders,
    ordered: Ordered,
}

/// What a block takes besides the parts of its order.
pub(super) const BLOCK_BYTES: usize = size_of::<Block>();

impl Node {
    /// An ordered node.
    pub(in super::super) fn ordered(ordered: Ordered) -> Node {
        let block = Box::new(Block { holders: Holders::one(), ordered });
        Node::of_leaf(Box::into_raw(block).cast(), ORDERED_CODE)
    }

    /// The ordered entries. Panics if this is no ordered node.
    pub(super) fn as_ordered(&self) -> &Ordered {
        // SAFETY: the block is held for as long as this is borrowed, and changes only through its
        // one holder, borrowed mutably.
        unsafe { &(*self.ordered_block()).ordered }
    }

    /// The ordered entries, to change them: copied if others hold the node. Panics if this is none.
    pub(in super::super) fn ordered_mut(&mut self) -> &mut Ordered {
        assert!(self.is_ordered(), "not an ordered node");
        self.unshare();
        // SAFETY: the tag says what the block is, and this is its only holder, borrowed mutably.
        unsafe { &mut (*self.ordered_block()).ordered }
    }

    /// Panics if this is no ordered node.
    fn ordered_block(&self) -> *mut Block {
        assert!(self.is_ordered(), "not an ordered node");
        leaf_start(self.0).cast()
    }

    /// Drops the entries and frees the block. Panics if this is no ordered node.
    ///
    /// # Safety
    /// The last holder is gone.
    pub(super) unsafe fn free_ordered(&self) {
        // SAFETY: the block came from a box, and nobody else reaches it.
        drop(unsafe { Box::from_raw(self.ordered_block()) });
    }
}

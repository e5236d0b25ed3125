//! The memory of the tree's nodes. All of the tree's `unsafe` code is in the submodules: `pointer`
//! is what holds a node, `leaf`, `branch` and `ordered` are what it may be, and `leaf_mut` and
//! `branch_mut` change it.
//!
//! What makes the safe interface sound: a node is changed only through [`leaf_mut::LeafMut`], [`BranchMut`]
//! and `ordered_mut`, whose borrows last only while its one holder is borrowed mutably; taking one
//! copies a node that has other holders. What is [`soonest::Soonest`] below a node is atomic and may change
//! at any time. The contents are freed by the holder whose decrement reaches zero.

mod branch;
mod branch_mut;
mod bucket;
mod leaf;
mod leaf_mut;
mod ordered;
mod ordered_block;
mod place;
mod pointer;
mod soonest;
mod view;

pub(super) use self::branch::{Branch, Children, SLOTS};
pub(super) use self::branch_mut::BranchMut;
pub(super) use self::leaf::{Entries, LEAF_MAX_ENTRIES, Leaf};
pub(super) use self::ordered::{Items, Ordered};
pub(super) use self::place::{BRANCH_BITS, DEEPEST, Place, SLOT_BITS, slot_of_tag, tag_above};
pub(super) use self::pointer::Node;
pub(super) use self::soonest::NEVER;
pub(super) use self::view::View;

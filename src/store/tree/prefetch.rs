//! Fetching what several lookups will read, all at once.
//!
//! A lookup in a big tree waits for the memory again and again, each time for what the last wait
//! brought. The waits of different keys overlap when their lookups go in step.

use super::hash::KeyHasher;
use super::node::{Leaf, Node, Place, View};

/// How many lookups go in step: about as many lines as a core fetches at the same time.
const IN_STEP: usize = 16;

/// Fetches what the lookups of these keys will read.
pub(super) fn prefetch_all<'k>(
    root: &Node,
    hasher: &KeyHasher,
    keys: impl IntoIterator<Item = &'k [u8]>,
) {
    let mut keys = keys.into_iter();
    let mut leaves = [None; IN_STEP];
    loop {
        let mut count = 0;
        for (leaf, key) in leaves.iter_mut().zip(&mut keys) {
            *leaf = leaf_of(root, Place::at_root(hasher.hash(key)));
            count += 1;
        }
        for (leaf, tag) in leaves[..count].iter().flatten() {
            leaf.find(*tag, |entry| {
                entry.prefetch();
                true
            });
        }
        if count < IN_STEP {
            return;
        }
    }
}

/// Fetches what taking the entry of a key out will change, but not the entry itself.
pub(super) fn prefetch_removal(root: &Node, hasher: &KeyHasher, key: &[u8]) {
    if let Some((leaf, _)) = leaf_of(root, Place::at_root(hasher.hash(key))) {
        leaf.prefetch_head();
    }
}

/// The leaf in which a key belongs, being fetched, and the key's tag in it.
#[inline]
fn leaf_of(root: &Node, mut place: Place) -> Option<(Leaf<'_>, u16)> {
    let mut node = root;
    while let View::Branch(branch) = node.view() {
        let child = branch.child(place);
        if let View::Leaf(leaf) = child.view() {
            leaf.prefetch_home(place.tag());
            return Some((leaf, place.tag()));
        }
        (node, place) = (child, place.below());
    }
    None
}

//! Visiting every entry of a tree that nobody changes meanwhile.

use std::iter::FusedIterator;
use std::slice;

use super::node::{Node, View};
use crate::store::entry::Entry;

/// All entries in the order of their leaves. Borrows: no count is touched.
pub struct Iter<'a> {
    /// The rest of the leaf that is being visited.
    entries: slice::Iter<'a, Entry>,
    /// The rest of each branch on the path, the deepest last.
    path: Vec<slice::Iter<'a, Node>>,
    left: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let path = vec![slice::from_ref(root).iter()];
        Iter { entries: [].iter(), path, left: root.entry_count() as usize }
    }

    /// Goes on to the next leaf.
    #[cold]
    fn next_leaf(&mut self) -> bool {
        while let Some(nodes) = self.path.last_mut() {
            match nodes.next().map(Node::view) {
                Some(View::Leaf(leaf)) => {
                    self.entries = leaf.entries().iter();
                    return true;
                }
                Some(View::Branch(branch)) => self.path.push(branch.children().iter()),
                None => {
                    self.path.pop();
                }
            }
        }
        false
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Entry;

    #[inline]
    fn next(&mut self) -> Option<&'a Entry> {
        loop {
            if let Some(entry) = self.entries.next() {
                self.left -= 1;
                return Some(entry);
            }
            if !self.next_leaf() {
                return None;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

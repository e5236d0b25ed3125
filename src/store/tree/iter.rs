//! Visiting every entry of a tree that nobody changes meanwhile.

use std::iter::FusedIterator;
use std::slice;

use super::node::{Node, View};
use crate::store::entry::Entry;

/// All entries in the order of their leaves. Borrows: no count is touched.
///
/// Entries lie all over the memory, so those of the next leaf are fetched while the ones of this
/// leaf are handed out.
pub struct Iter<'a> {
    /// The rest of the leaf that is being visited.
    entries: slice::Iter<'a, Entry>,
    /// The leaf to visit next, fetched already.
    upcoming: &'a [Entry],
    /// The rest of each branch on the path, the deepest last.
    path: Vec<slice::Iter<'a, Node>>,
    left: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let path = vec![slice::from_ref(root).iter()];
        let left = root.entry_count() as usize;
        let mut iter = Iter { entries: [].iter(), upcoming: &[], path, left };
        iter.upcoming = iter.fetch_leaf();
        iter
    }

    /// Goes on to the next leaf that has entries; `false` at the end.
    #[cold]
    fn next_leaf(&mut self) -> bool {
        self.entries = self.upcoming.iter();
        self.upcoming = self.fetch_leaf();
        self.entries.len() > 0
    }

    /// The entries of the first leaf not seen yet that has some; none at the end.
    fn fetch_leaf(&mut self) -> &'a [Entry] {
        while let Some(nodes) = self.path.last_mut() {
            match nodes.next().map(Node::view) {
                Some(View::Leaf(leaf)) if leaf.len() == 0 => {}
                Some(View::Leaf(leaf)) => {
                    nodes.as_slice().first().inspect(|after| after.prefetch());
                    leaf.entries().iter().for_each(Entry::prefetch);
                    return leaf.entries();
                }
                Some(View::Branch(branch)) => self.path.push(branch.children().iter()),
                None => drop(self.path.pop()),
            }
        }
        &[]
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

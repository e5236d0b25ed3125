//! Visiting every entry of a tree that nobody changes meanwhile.

use std::iter::FusedIterator;

use super::node::{Children, Entries, Items, Node, View};
use crate::store::entry::Entry;

/// All entries in the order of their leaves. Borrows: no count is touched.
///
/// Entries lie all over the memory, so those of the next leaf are fetched while the ones of this
/// leaf are handed out.
pub struct Iter<'a> {
    /// The rest of the leaf that is being visited.
    entries: Run<'a>,
    /// The leaf to visit next, fetched already.
    upcoming: Run<'a>,
    /// The rest of each branch on the path, the deepest last.
    path: Vec<Children<'a>>,
    left: usize,
}

/// What stands together: the entries of a leaf or of an ordered node.
enum Run<'a> {
    Leaf(Entries<'a>),
    Ordered(Items<'a>),
}

impl<'a> Run<'a> {
    const NONE: Run<'static> = Run::Leaf(Entries::NONE);

    #[inline]
    fn next(&mut self) -> Option<&'a Entry> {
        match self {
            Run::Leaf(entries) => entries.next(),
            Run::Ordered(items) => items.next().map(|(_, entry)| entry),
        }
    }
}

impl<'a> Iter<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let path = vec![Children::only(root)];
        let left = root.entry_count() as usize;
        let mut iter = Iter { entries: Run::NONE, upcoming: Run::NONE, path, left };
        iter.upcoming = iter.fetch_leaf().unwrap_or(Run::NONE);
        iter
    }

    /// Goes on to the next leaf; past the last one, to none.
    #[cold]
    fn next_leaf(&mut self) {
        let upcoming = self.fetch_leaf().unwrap_or(Run::NONE);
        self.entries = std::mem::replace(&mut self.upcoming, upcoming);
    }

    /// The entries of the first leaf not fetched yet.
    fn fetch_leaf(&mut self) -> Option<Run<'a>> {
        while let Some(nodes) = self.path.last_mut() {
            match nodes.next().map(Node::view) {
                Some(View::Leaf(leaf)) => {
                    nodes.peek().inspect(|after| after.prefetch());
                    leaf.entries().for_each(Entry::prefetch);
                    return Some(Run::Leaf(leaf.entries()));
                }
                Some(View::Ordered(ordered)) => return Some(Run::Ordered(ordered.iter_from(0))),
                Some(View::Branch(branch)) => self.path.push(branch.children()),
                None => drop(self.path.pop()),
            }
        }
        None
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Entry;

    #[inline]
    fn next(&mut self) -> Option<&'a Entry> {
        // The count tells the end, so that what is behind it need not be looked at.
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(entry);
            }
            self.next_leaf();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

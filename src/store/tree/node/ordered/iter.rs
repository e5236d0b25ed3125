//! The entries of an ordered node in their order.

use std::slice;
use std::sync::Arc;

use super::part::{Content, Item, Part};
use crate::store::entry::Entry;

/// Entries with the second hash of their keys. Borrows: no count is touched.
#[derive(Clone)]
pub(in super::super::super) struct Items<'a> {
    items: slice::Iter<'a, Item>,
    /// The rest of each part on the path, the deepest last.
    path: Vec<slice::Iter<'a, Arc<Part>>>,
}

impl<'a> Items<'a> {
    pub(super) fn new(root: &'a Part, from: u64) -> Self {
        let mut iter = Items { items: [].iter(), path: Vec::new() };
        iter.enter(root, from);
        iter
    }

    /// Goes down to the first item from that order on, which may be the one after this part.
    fn enter(&mut self, mut part: &'a Part, from: u64) {
        loop {
            match &part.content {
                Content::Items(items) => {
                    let first = items.partition_point(|item| item.order < from);
                    self.items = items[first..].iter();
                    return;
                }
                Content::Parts(parts) => {
                    let after = parts.partition_point(|part| part.first().0 < from);
                    let first = after.saturating_sub(1);
                    self.path.push(parts[first + 1..].iter());
                    part = &parts[first];
                }
            }
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (u64, &'a Entry);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.items.next() {
                return Some((item.order, &item.entry));
            }
            match self.path.last_mut()?.next() {
                Some(part) => self.enter(part, 0),
                None => drop(self.path.pop()),
            }
        }
    }
}

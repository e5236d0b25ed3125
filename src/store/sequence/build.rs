//! Building a sequence from its first item to its last.

use super::item::Item;
use super::join::join;
use super::node::{BRANCH_MAX, Child, LEAF_MAX, Node};
use super::row::Row;
use super::tree::Tree;

/// Takes items in their order and makes full nodes of them, each of which is written once.
pub struct Builder<T: Item> {
    items: Row<T>,
    /// The children of the branch that is being filled on each level, the lowest first.
    levels: Vec<Row<Child<T>>>,
}

impl<T: Item> Builder<T> {
    pub fn new() -> Self {
        Builder { items: Row::with_room(0), levels: Vec::new() }
    }

    /// Puts an item behind the others.
    pub fn push(&mut self, item: T) {
        self.items.push(item);
        if self.items.len() == LEAF_MAX {
            let leaf = std::mem::replace(&mut self.items, Row::with_room(LEAF_MAX));
            self.put(Child::new(Node::Leaf(leaf)));
        }
    }

    /// Puts a full node into the branch above it.
    fn put(&mut self, mut child: Child<T>) {
        for children in &mut self.levels {
            children.push(child);
            if children.len() < BRANCH_MAX {
                return;
            }
            let full = std::mem::replace(children, Row::with_room(BRANCH_MAX));
            child = Child::new(Node::Branch(full));
        }
        self.levels.push(Row::from_iter([child]));
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Option<Tree<T>> {
        self.items.fit();
        let last = (!self.items.is_empty()).then(|| Child::new(Node::Leaf(self.items)));
        let mut tree = last.map(|top| Tree { top, height: 0 });
        for (level, mut children) in self.levels.into_iter().enumerate() {
            children.fit();
            let before = Tree::of_children(children, level as u32 + 1);
            tree = match (before, tree) {
                (Some(before), Some(tree)) => Some(join(before, tree)),
                (before, tree) => before.or(tree),
            };
        }
        tree
    }
}

impl<T: Item> Default for Builder<T> {
    fn default() -> Self {
        Builder::new()
    }
}

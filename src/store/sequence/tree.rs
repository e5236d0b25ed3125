//! A root with its height: a sequence that has items.

use super::descent::Descent;
use super::find::{Find, Gap};
use super::insert::insert;
use super::item::Item;
use super::modify::modify;
use super::node::{Child, Edges, Node};
use super::remove::remove;
use super::row::Row;

#[derive(Clone)]
pub(super) struct Tree<T: Item> {
    pub(super) top: Child<T>,
    /// How many branches are above each leaf.
    pub(super) height: u32,
}

impl<T: Item> Tree<T> {
    pub(super) fn of_one(item: T) -> Tree<T> {
        Tree { top: Child::new(Node::Leaf(Row::from_iter([item]))), height: 0 }
    }

    /// The tree of these children of a branch that would have this height, as low as it can be.
    pub(super) fn of_children(mut children: Row<Child<T>>, height: u32) -> Option<Tree<T>> {
        match children.len() {
            0 | 1 => Some(Tree { top: children.pop()?, height: height - 1 }),
            _ => Some(Tree { top: Child::new(Node::Branch(children)), height }),
        }
    }

    pub(super) fn get(&self, mut place: impl Find<T>) -> Option<&T> {
        if !place.is_below(&self.top) {
            return None;
        }
        let mut place = Descent::new(&self.top, place);
        let mut node = &self.top.node;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[place.child(children)].node,
                Node::Leaf(items) => return items.get(place.item(items)),
            }
        }
    }

    pub(super) fn leaf(&self, mut place: impl Gap<T>) -> &[T] {
        let mut node = &self.top.node;
        loop {
            match &**node {
                Node::Branch(children) => node = &children[place.child(children)].node,
                Node::Leaf(items) => return items,
            }
        }
    }

    pub(super) fn insert(&mut self, gap: impl Gap<T>, item: T) {
        let mut gap = Descent::new(&self.top, gap);
        let right = insert(&mut self.top, &mut gap, item, Edges::ROOT);
        self.grow(right);
    }

    /// Puts what was split off from the root behind it, below a new root.
    pub(super) fn grow(&mut self, right: Option<Child<T>>) {
        let Some(right) = right else { return };
        let both = Row::from_iter([self.top.clone(), right]);
        self.top = Child::new(Node::Branch(both));
        self.height += 1;
    }

    /// Takes an item out. The root is an empty leaf if it was the only one.
    pub(super) fn remove(&mut self, mut place: impl Find<T>) -> Option<T> {
        if !place.is_below(&self.top) {
            return None;
        }
        let mut place = Descent::new(&self.top, place);
        let removed = remove(&mut self.top, &mut place, Edges::ROOT);
        self.shrink();
        Some(removed)
    }

    /// Lets an only child take the root's place.
    pub(super) fn shrink(&mut self) {
        while let Node::Branch(children) = &*self.top.node
            && let [only] = &children[..]
        {
            self.top = only.clone();
            self.height -= 1;
        }
    }

    pub(super) fn modify<R>(
        &mut self,
        mut place: impl Find<T>,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        if !place.is_below(&self.top) {
            return None;
        }
        let mut place = Descent::new(&self.top, place);
        Some(modify(&mut self.top, &mut place, change))
    }

    /// Whether the root is an empty leaf.
    pub(super) fn is_empty(&self) -> bool {
        self.top.node.width() == 0
    }
}

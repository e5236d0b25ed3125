//! Nodes, and what their parents keep of them.

use super::item::{Item, Sums};
use super::row::{Row, Side};
use crate::store::shared::Shared;

/// The most items of a leaf, and the least of one that is not on an edge.
pub(super) const LEAF_MAX: usize = 64;
pub(super) const LEAF_MIN: usize = LEAF_MAX / 2;
/// The most children of a branch, and the least of one that is not on an edge.
pub(super) const BRANCH_MAX: usize = 32;
pub(super) const BRANCH_MIN: usize = BRANCH_MAX / 2;
/// The least and the most on an edge.
pub(super) const LEAF_WIDTHS: (usize, usize) = (1, LEAF_MAX);
pub(super) const BRANCH_WIDTHS: (usize, usize) = (2, BRANCH_MAX);

/// A node. All leaves are equally far from the root.
#[derive(Clone)]
pub enum Node<T: Item> {
    /// At least one item between two operations.
    Leaf(Row<T>),
    /// At least two children between two operations.
    Branch(Row<Child<T>>),
}

/// A node, and what is known of it without a look at it.
#[derive(Clone)]
pub struct Child<T: Item> {
    pub(super) node: Shared<Node<T>>,
    /// Of the items at or below the node and of all nodes there, this one among them.
    pub(super) sums: Sums,
    /// The mark of the first item at or below the node.
    pub(super) mark: T::Mark,
}

impl<T: Item> Node<T> {
    /// What an empty node takes, with its count of holders.
    const HEAD_BYTES: usize = Shared::<Self>::BYTES;

    /// How many items or children stand in the node itself.
    pub(super) fn width(&self) -> usize {
        match self {
            Node::Leaf(items) => items.len(),
            Node::Branch(children) => children.len(),
        }
    }

    /// The bytes allocated for the node itself.
    pub(super) fn own_bytes(&self) -> usize {
        let row = match self {
            Node::Leaf(items) => items.bytes(),
            Node::Branch(children) => children.bytes(),
        };
        Self::HEAD_BYTES + row
    }

    pub(super) fn sums(&self) -> Sums {
        let mut sums: Sums = match self {
            Node::Leaf(items) => items.iter().map(Sums::of_item).collect(),
            Node::Branch(children) => children.iter().map(|child| child.sums).collect(),
        };
        sums += Sums::of_bytes(self.own_bytes());
        sums
    }

    /// The mark of the first item, which is there.
    pub(super) fn mark(&self) -> &T::Mark {
        match self {
            Node::Leaf(items) => items[0].mark(),
            Node::Branch(children) => &children[0].mark,
        }
    }

    /// Whether the node has fewer items or children than it should, there where it is.
    pub(super) fn is_short(&self, edges: Edges) -> bool {
        let least = match (self, edges.left || edges.right) {
            (Node::Leaf(_), true) => LEAF_WIDTHS.0,
            (Node::Leaf(_), false) => LEAF_MIN,
            (Node::Branch(_), true) => BRANCH_WIDTHS.0,
            (Node::Branch(_), false) => BRANCH_MIN,
        };
        self.width() < least
    }
}

impl<T: Item> Child<T> {
    pub(super) fn new(node: Node<T>) -> Child<T> {
        let (sums, mark) = (node.sums(), node.mark().clone());
        Child { node: Shared::new(node), sums, mark }
    }

    /// The sums of the node itself, without what is in it.
    pub(super) fn own_sums(&self) -> Sums {
        Sums::of_bytes(self.node.own_bytes())
    }

    /// The node has changed: of its parts, that at `at` did, and those that did made `before` and
    /// make `after`, the node's own sums among the first.
    #[inline(always)]
    pub(super) fn note(&mut self, at: usize, before: Sums, after: Sums) {
        self.sums -= before;
        self.sums += after;
        self.sums += self.own_sums();
        if at == 0 {
            self.mark = self.node.mark().clone();
        }
    }

    /// Whether others hold the node too, so that it is copied before it changes.
    pub(super) fn is_shared(&self) -> bool {
        !Shared::is_unique(&self.node)
    }

    /// The node, to be changed: copied if others hold it. What is known of it is to be told.
    pub(super) fn node_mut(&mut self) -> &mut Node<T> {
        Shared::make_mut(&mut self.node)
    }

    /// Finds out anew what is known of the node.
    pub(super) fn look_again(&mut self) {
        self.sums = self.node.sums();
        self.mark = self.node.mark().clone();
    }

    /// Evens this child and the one behind it out, which is as far from the items; gives that one
    /// back unless this one has taken all of it.
    pub(super) fn even_out(&mut self, right: Child<T>) -> Option<Child<T>> {
        let mut right = Shared::unwrap_or_clone(right.node);
        match (self.node_mut(), &mut right) {
            (Node::Leaf(left), Node::Leaf(right)) => left.even_out(right, LEAF_MAX),
            (Node::Branch(left), Node::Branch(right)) => left.even_out(right, BRANCH_MAX),
            _ => unreachable!("neighbours are equally far from the items"),
        }
        self.look_again();
        (right.width() > 0).then(|| Child::new(right))
    }
}

/// Which edges of the tree a node is on.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    pub(super) left: bool,
    pub(super) right: bool,
}

impl Edges {
    /// Those of the root.
    pub(super) const ROOT: Edges = Edges { left: true, right: true };
    /// Those of a node between others.
    pub(super) const NONE: Edges = Edges { left: false, right: false };

    /// Those of the child at `at` of a node of that width.
    pub(super) fn of_child(self, at: usize, width: usize) -> Edges {
        Edges { left: self.left && at == 0, right: self.right && at + 1 == width }
    }

    /// On which side a node grows when it gets something more at its `first` or `last` end.
    pub(super) fn grows(self, first: bool, last: bool) -> Option<Side> {
        match () {
            () if self.left && first => Some(Side::Left),
            () if self.right && last => Some(Side::Right),
            () => None,
        }
    }
}

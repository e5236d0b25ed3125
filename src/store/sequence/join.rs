//! Putting trees beside one another, and parting them.
//!
//! Where two trees meet, the nodes on their edges come to stand between others, and so have to be
//! at least half full. That holds for parts of one tree, and else is seen to by `tidy`. The roots
//! may be short in any case.

use super::find::{Gap, Index};
use super::item::Item;
use super::node::{BRANCH_WIDTHS, Child, Edges, Node};
use super::remove::mend;
use super::row::Side;
use super::tree::Tree;
use crate::store::shared::Shared;

/// The place of the child on an edge.
fn place_on(side: Side, width: usize) -> usize {
    match side {
        Side::Left => 0,
        Side::Right => width - 1,
    }
}

/// Both, one behind the other.
pub(super) fn append<T: Item>(left: Option<Tree<T>>, right: Option<Tree<T>>) -> Option<Tree<T>> {
    match (left, right) {
        (Some(mut left), Some(mut right)) => {
            tidy(&mut left.top, Side::Right);
            left.shrink();
            tidy(&mut right.top, Side::Left);
            right.shrink();
            Some(join(left, right))
        }
        (left, right) => left.or(right),
    }
}

/// Makes the nodes below a node on an edge at least half full.
fn tidy<T: Item>(top: &mut Child<T>, side: Side) {
    if let Node::Leaf(_) = *top.node {
        return;
    }
    let Node::Branch(children) = top.node_mut() else { return };
    let at = place_on(side, children.len());
    tidy(&mut children[at], side);
    if children[at].node.is_short(Edges::NONE) {
        mend(children, at);
    }
    top.look_again();
}

/// Both, one behind the other; where they meet, the nodes below their roots are at least half full.
pub(super) fn join<T: Item>(mut left: Tree<T>, mut right: Tree<T>) -> Tree<T> {
    if left.height < right.height {
        let levels = right.height - left.height;
        let split = put_beside(&mut right.top, levels, left.top, Side::Left);
        right.grow(split);
        return right;
    }
    let split = match left.height - right.height {
        0 => meet(&mut left.top, right.top),
        levels => put_beside(&mut left.top, levels, right.top, Side::Right),
    };
    left.grow(split);
    left
}

fn join_parts<T: Item>(left: Option<Tree<T>>, right: Option<Tree<T>>) -> Option<Tree<T>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(join(left, right)),
        (left, right) => left.or(right),
    }
}

/// Lets two neighbours be at least half full, or gives the right one to the left one.
fn meet<T: Item>(left: &mut Child<T>, right: Child<T>) -> Option<Child<T>> {
    if left.node.is_short(Edges::NONE) || right.node.is_short(Edges::NONE) {
        left.even_out(right)
    } else {
        Some(right)
    }
}

/// Puts a child on an edge, so many levels below this branch. If the branch has become too wide,
/// gives its right part.
fn put_beside<T: Item>(
    top: &mut Child<T>,
    levels: u32,
    new: Child<T>,
    side: Side,
) -> Option<Child<T>> {
    let Node::Branch(children) = top.node_mut() else {
        unreachable!("there are branches on these levels")
    };
    let at = place_on(side, children.len());
    let right = match (levels, side) {
        (1, Side::Right) => meet(&mut children[at], new),
        (1, Side::Left) => {
            let old = std::mem::replace(&mut children[at], new);
            meet(&mut children[at], old)
        }
        _ => put_beside(&mut children[at], levels - 1, new, side),
    };
    let right = right.and_then(|right| {
        children.insert_or_split(at + 1, right, BRANCH_WIDTHS, None).map(Node::Branch)
    });
    top.look_again();
    right.map(Child::new)
}

/// The items before an index, and the others.
pub(super) fn split<T: Item>(tree: Tree<T>, mut at: Index) -> (Option<Tree<T>>, Option<Tree<T>>) {
    let Tree { top, height } = tree;
    if at.0 == 0 {
        return (None, Some(Tree { top, height }));
    }
    if at.0 >= top.sums.items {
        return (Some(Tree { top, height }), None);
    }
    match Shared::unwrap_or_clone(top.node) {
        Node::Leaf(mut items) => {
            let right = items.split_off(at.gap(&items));
            let part = |items| Some(Tree { top: Child::new(Node::Leaf(items)), height });
            (part(items), part(right))
        }
        Node::Branch(mut children) => {
            let place = at.child(&children);
            let behind = children.split_off(place + 1);
            let middle = children.pop().map(|top| Tree { top, height: height - 1 });
            let (left, right) = middle.map_or((None, None), |middle| split(middle, at));
            let before = Tree::of_children(children, height);
            (join_parts(before, left), join_parts(right, Tree::of_children(behind, height)))
        }
    }
}

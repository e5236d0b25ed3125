//! Changing an item in its place.

use super::find::Find;
use super::item::{Item, Sums};
use super::node::{Child, Node};

/// Lets `change` change an item that is below a node.
pub(super) fn modify<T: Item, R>(
    top: &mut Child<T>,
    place: &mut impl Find<T>,
    change: impl FnOnce(&mut T) -> R,
) -> R {
    // What the node itself takes changes only when it has to be copied.
    let (mut before, mut after) = match top.is_shared() {
        true => (top.own_sums(), Sums::of_bytes(top.node_mut().own_bytes())),
        false => (Sums::default(), Sums::default()),
    };
    let (changed, result) = match top.node_mut() {
        Node::Leaf(items) => {
            let at = place.item(items);
            let item = &mut items[at];
            before += Sums::of_item(item);
            let result = change(item);
            after += Sums::of_item(item);
            (at, result)
        }
        Node::Branch(children) => {
            let at = place.child(children);
            let child = &mut children[at];
            before += child.sums;
            let result = modify(child, place, change);
            after += child.sums;
            (at, result)
        }
    };
    top.sums -= before;
    top.sums += after;
    if changed == 0 {
        top.mark = top.node.mark().clone();
    }
    result
}

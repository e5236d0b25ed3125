//! Taking an item out.

use super::find::Find;
use super::item::{Item, Sums};
use super::node::{Child, Edges, Node};
use super::row::Row;

/// Takes out an item that is below a node. The node may have become short by that, which is the
/// caller's to mend, and a leaf may have become empty.
pub(super) fn remove<T: Item>(top: &mut Child<T>, place: &mut impl Find<T>, edges: Edges) -> T {
    let (mut before, mut after) = (top.own_sums(), Sums::default());
    let (changed, removed) = match top.node_mut() {
        Node::Leaf(items) => {
            let at = place.item(items);
            let removed = items.remove(at);
            before += Sums::of_item(&removed);
            (at, removed)
        }
        Node::Branch(children) => {
            let at = place.child(children);
            let edges = edges.of_child(at, children.len());
            let child = &mut children[at];
            before += child.sums;
            let removed = remove(child, place, edges);
            if child.node.is_short(edges) {
                mend(children, at);
                top.look_again();
                return removed;
            }
            after += child.sums;
            (at, removed)
        }
    };
    if top.node.width() > 0 {
        top.note(changed, before, after);
    }
    removed
}

/// Does away with a short child: drops it if it is empty, else evens it out with a neighbour.
pub(super) fn mend<T: Item>(children: &mut Row<Child<T>>, at: usize) {
    if children[at].node.width() == 0 {
        children.remove(at);
        return;
    }
    let left = at.saturating_sub(1);
    if left + 1 < children.len() {
        let right = children.remove(left + 1);
        if let Some(right) = children[left].even_out(right) {
            children.insert(left + 1, right);
        }
    }
}

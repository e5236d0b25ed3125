//! Putting an item in.

use super::find::Gap;
use super::item::{Item, Sums};
use super::node::{BRANCH_WIDTHS, Child, Edges, LEAF_WIDTHS, Node};

/// Puts an item into a gap below a node. If the node has become too wide, gives its right part, to
/// stand behind it.
pub(super) fn insert<T: Item>(
    top: &mut Child<T>,
    gap: &mut impl Gap<T>,
    item: T,
    edges: Edges,
) -> Option<Child<T>> {
    let (mut before, mut after) = (top.own_sums(), Sums::default());
    let (changed, right) = match top.node_mut() {
        Node::Leaf(items) => {
            let at = gap.gap(items);
            after += Sums::of_item(&item);
            let grows = edges.grows(at == 0, at == items.len());
            (at, items.insert_or_split(at, item, LEAF_WIDTHS, grows).map(Node::Leaf))
        }
        Node::Branch(children) => {
            let at = gap.child(children);
            let edges = edges.of_child(at, children.len());
            let child = &mut children[at];
            before += child.sums;
            let right = insert(child, gap, item, edges);
            after += child.sums;
            let right = right.and_then(|right| {
                after += right.sums;
                let grows = edges.grows(true, true);
                children.insert_or_split(at + 1, right, BRANCH_WIDTHS, grows)
            });
            (at, right.map(Node::Branch))
        }
    };
    let Some(right) = right else {
        top.note(changed, before, after);
        return None;
    };
    top.look_again();
    Some(Child::new(right))
}

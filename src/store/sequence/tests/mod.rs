//! Sequences against vectors, under seeds that a failure prints.

mod check;
mod edges;
mod model;
mod sharing;

use std::sync::Arc;

use super::node::{BRANCH_MAX, Child, LEAF_MAX, Node};
use super::{Index, Item, Last, Place, Sequence, Weight};

/// What a test puts in: found by its number, and of some weight, and shared as the items of a
/// sorted set are.
#[derive(Clone, Debug, PartialEq)]
struct Thing(Arc<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    number: u64,
    weight: u64,
}

impl Thing {
    fn new(number: u64, weight: u64) -> Thing {
        Thing(Arc::new(Inner { number, weight }))
    }

    fn number(&self) -> u64 {
        self.0.number
    }
}

impl Item for Thing {
    /// Itself, as a sorted set has it: the marks keep up with the items or the test sees it.
    type Mark = Thing;

    fn mark(&self) -> &Thing {
        self
    }

    fn weight(&self) -> u64 {
        self.0.weight
    }

    fn bytes(&self) -> usize {
        40 + self.0.weight as usize
    }
}

/// A number that weighs 1, found by place alone.
impl Item for u64 {
    type Mark = ();

    fn mark(&self) -> &() {
        &()
    }
}

const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Sequence<crate::store::sequence::tests::Thing>>();
};

fn numbers(sequence: &Sequence<u64>) -> Vec<u64> {
    sequence.iter().copied().collect()
}

//! What a sequence is made of, and how its items are added up.

use std::ops::{AddAssign, SubAssign};

/// An item of a sequence: a counted pointer, perhaps with something beside it that is often asked
/// for. All that is asked here must be quick.
pub trait Item: Clone {
    /// By what items are found that stand in an order; `()` if they are found by place alone. A
    /// branch keeps a clone of the first item's mark for each child: it may be the item itself.
    type Mark: Clone;

    /// The item's mark.
    fn mark(&self) -> &Self::Mark;

    /// What the item counts for among weights.
    fn weight(&self) -> u64 {
        1
    }

    /// The bytes allocated for it outside the sequence, if they are to be counted there.
    fn bytes(&self) -> usize {
        0
    }
}

/// What is before a place in a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of items: the index of the next one.
    pub index: u64,
    /// What they weigh together.
    pub weight: u64,
}

/// What some items make together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) items: u64,
    pub(super) weight: u64,
    /// Of the items, as they say, and of all nodes.
    pub(super) bytes: u64,
}

impl Sums {
    pub(super) fn of_item(item: &impl Item) -> Sums {
        Sums { items: 1, weight: item.weight(), bytes: item.bytes() as u64 }
    }

    pub(super) fn of_bytes(bytes: usize) -> Sums {
        Sums { bytes: bytes as u64, ..Sums::default() }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        self.items += other.items;
        self.weight += other.weight;
        self.bytes += other.bytes;
    }
}

impl SubAssign for Sums {
    fn sub_assign(&mut self, other: Sums) {
        self.items -= other.items;
        self.weight -= other.weight;
        self.bytes -= other.bytes;
    }
}

impl FromIterator<Sums> for Sums {
    fn from_iter<I: IntoIterator<Item = Sums>>(all: I) -> Sums {
        let mut sum = Sums::default();
        all.into_iter().for_each(|sums| sum += sums);
        sum
    }
}

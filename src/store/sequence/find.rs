//! How places in a sequence are named, and how a search goes down to one.

use super::item::Item;
use super::node::Child;

/// What names a gap: between two items, before the first, or behind the last.
pub trait Gap<T: Item> {
    /// Whether it is searched for by halving what it may be in.
    #[doc(hidden)]
    const BY_HALVES: bool = false;

    /// Which of these children the search goes on in.
    #[doc(hidden)]
    fn child(&mut self, children: &[Child<T>]) -> usize;

    /// The gap among these items, by how many of them are before it.
    #[doc(hidden)]
    fn gap(&mut self, items: &[T]) -> usize;
}

/// What names an item.
pub trait Find<T: Item>: Gap<T> {
    /// Whether there is such an item at or below this node.
    #[doc(hidden)]
    fn is_below(&mut self, top: &Child<T>) -> bool;

    /// Which of these items it is, if it is one of them.
    #[doc(hidden)]
    fn item(&mut self, items: &[T]) -> usize {
        self.gap(items)
    }
}

/// The item with that index, from the front on from 0; or the gap before it. Behind the last index
/// there is the last gap.
#[derive(Clone, Copy, Debug)]
pub struct Index(pub u64);

/// The item in which that unit of weight is, from the front on from 0; or the gap before it. Behind
/// the last unit there is the last gap.
#[derive(Clone, Copy, Debug)]
pub struct Weight(pub u64);

/// The last item for whose mark this holds; or the gap behind it. It must hold for all marks up to
/// some place in the sequence, and for none from there on.
#[derive(Clone, Copy, Debug)]
pub struct Last<F>(pub F);

/// The first item, or the gap before it.
#[derive(Clone, Copy, Debug)]
pub struct Front;

/// The last item, or the gap behind it.
#[derive(Clone, Copy, Debug)]
pub struct Back;

/// Goes over these as long as `left` reaches beyond them, and is lessened by each; where it ends,
/// at the last one at the latest.
fn pass<X>(left: &mut u64, all: &[X], amount: impl Fn(&X) -> u64) -> usize {
    let mut at = 0;
    for each in all.split_last().map_or(all, |(_, before)| before) {
        let amount = amount(each);
        if *left < amount {
            break;
        }
        *left -= amount;
        at += 1;
    }
    at
}

impl<T: Item> Gap<T> for Index {
    fn child(&mut self, children: &[Child<T>]) -> usize {
        pass(&mut self.0, children, |child| child.sums.items)
    }

    fn gap(&mut self, items: &[T]) -> usize {
        usize::try_from(self.0).map_or(items.len(), |index| index.min(items.len()))
    }
}

impl<T: Item> Find<T> for Index {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        self.0 < top.sums.items
    }
}

impl<T: Item> Gap<T> for Weight {
    fn child(&mut self, children: &[Child<T>]) -> usize {
        pass(&mut self.0, children, |child| child.sums.weight)
    }

    fn gap(&mut self, items: &[T]) -> usize {
        let at = pass(&mut self.0, items, T::weight);
        let is_behind = items.get(at).is_some_and(|item| self.0 >= item.weight());
        at + usize::from(is_behind)
    }
}

impl<T: Item> Find<T> for Weight {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        self.0 < top.sums.weight
    }
}

impl<T: Item, F: FnMut(&T::Mark) -> bool> Gap<T> for Last<F> {
    const BY_HALVES: bool = true;

    fn child(&mut self, children: &[Child<T>]) -> usize {
        children.partition_point(|child| (self.0)(&child.mark)).saturating_sub(1)
    }

    fn gap(&mut self, items: &[T]) -> usize {
        items.partition_point(|item| (self.0)(item.mark()))
    }
}

impl<T: Item, F: FnMut(&T::Mark) -> bool> Find<T> for Last<F> {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        (self.0)(&top.mark)
    }

    fn item(&mut self, items: &[T]) -> usize {
        self.gap(items).saturating_sub(1)
    }
}

impl<T: Item> Gap<T> for Front {
    fn child(&mut self, _: &[Child<T>]) -> usize {
        0
    }

    fn gap(&mut self, _: &[T]) -> usize {
        0
    }
}

impl<T: Item> Find<T> for Front {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        top.sums.items > 0
    }
}

impl<T: Item> Gap<T> for Back {
    fn child(&mut self, children: &[Child<T>]) -> usize {
        children.len() - 1
    }

    fn gap(&mut self, items: &[T]) -> usize {
        items.len()
    }
}

impl<T: Item> Find<T> for Back {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        top.sums.items > 0
    }

    fn item(&mut self, items: &[T]) -> usize {
        items.len() - 1
    }
}

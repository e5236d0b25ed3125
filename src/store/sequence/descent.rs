//! Going down to a place with the nodes on the way fetched from memory as a whole.

use super::find::{Find, Gap};
use super::item::Item;
use super::node::Child;
use crate::store::memory::prefetch;

/// The lower nodes of a longer sequence are hardly ever in the processor's caches.
const WARM_MAX_ITEMS: u64 = 1 << 17;
/// Nor are those of a sequence of fewer, larger items, which drive one another out: blocks of a
/// hash, a list or a stream.
const WARM_MAX_BYTES: u64 = 1 << 22;

/// What a processor fetches from memory at once.
const LINE_BYTES: usize = 64;

/// The place that a search goes down to. A search by halves in a node would wait for memory at each
/// step; when that is to be feared, all of the node is fetched before the first.
pub(super) struct Descent<G> {
    to: G,
    fetches: bool,
}

impl<G> Descent<G> {
    /// A search from this node on.
    pub(super) fn new<T: Item>(top: &Child<T>, to: G) -> Descent<G>
    where
        G: Gap<T>,
    {
        let is_cold = top.sums.items > WARM_MAX_ITEMS || top.sums.bytes > WARM_MAX_BYTES;
        Descent { to, fetches: G::BY_HALVES && is_cold }
    }

    fn fetch<X>(&self, all: &[X]) {
        if self.fetches {
            let lines = size_of_val(all).div_ceil(LINE_BYTES);
            let start = all.as_ptr().cast::<[u8; LINE_BYTES]>();
            (0..lines).for_each(|line| prefetch(start.wrapping_add(line)));
        }
    }
}

impl<T: Item, G: Gap<T>> Gap<T> for Descent<G> {
    #[inline]
    fn child(&mut self, children: &[Child<T>]) -> usize {
        self.fetch(children);
        self.to.child(children)
    }

    #[inline]
    fn gap(&mut self, items: &[T]) -> usize {
        self.fetch(items);
        self.to.gap(items)
    }
}

impl<T: Item, G: Find<T>> Find<T> for Descent<G> {
    fn is_below(&mut self, top: &Child<T>) -> bool {
        self.to.is_below(top)
    }

    #[inline]
    fn item(&mut self, items: &[T]) -> usize {
        self.fetch(items);
        self.to.item(items)
    }
}

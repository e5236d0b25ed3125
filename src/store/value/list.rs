//! Lists: one listpack while they are small, then a sequence of blocks.
//!
//! ```text
//! small   listpack
//! large   counted: sequence of blocks: listpacks, each of about `list-max-listpack-size`, and
//!         elements that are longer than that
//! ```
//! So a change copies no more than one block under a snapshot, wherever it is, and finds its place
//! in the time of a few steps, however long the list is.

mod block;
mod blocks;
mod elements;
mod limit;
mod side;
#[cfg(test)]
mod tests;

use std::iter;
use std::ops::Range;

pub use self::block::Block;
use self::block::BlockElements;
use self::blocks::Blocks;
pub use self::blocks::Removed;
pub use self::elements::Elements;
pub use self::limit::ListLimit;
pub use self::side::Side;
use super::compact::{Compact, Form, FormMut};
use super::contract::{Collection, Type, Value};
use crate::store::digest::Digest;
use crate::store::event::EventClass;
use crate::store::packed::listpack::Needle;
use crate::store::packed::{Element, Full, Listpack};

/// Elements in an order.
#[derive(Clone)]
#[repr(transparent)]
pub struct List(Compact<Listpack, Blocks>);

impl Default for List {
    fn default() -> List {
        List(Compact::pack(Listpack::new()))
    }
}

/// One after the other, what a list is made of.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    Pack(&'a Listpack),
    /// One element that is longer than a pack may be.
    Plain(&'a [u8]),
}

impl List {
    /// A list of these blocks, whose elements follow one another.
    pub fn of_blocks(blocks: impl IntoIterator<Item = Block>, limit: ListLimit) -> List {
        let blocks = blocks.into_iter().filter(|block| !block.is_empty());
        let mut list = List(Compact::large(Blocks::new(blocks.collect(), limit)));
        list.pack_within(limit);
        list
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.len(),
            Form::Large(blocks) => blocks.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it is made of.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let (one, many) = match self.0.form() {
            Form::Pack(pack) => (Some(Part::Pack(pack)), None),
            Form::Large(blocks) => (None, Some(blocks.iter_from(0))),
        };
        one.into_iter().chain(many.into_iter().flatten().map(|block| match block {
            Block::Pack(pack) => Part::Pack(pack),
            Block::Plain(text) => Part::Plain(text),
        }))
    }

    /// How many parts there are.
    pub fn part_count(&self) -> usize {
        match self.0.form() {
            Form::Pack(_) => 1,
            Form::Large(blocks) => blocks.count(),
        }
    }

    /// The element at an end.
    pub fn end(&self, side: Side) -> Option<Element<'_>> {
        let mut elements = match self.0.form() {
            Form::Pack(pack) => BlockElements::of_pack(pack, 0),
            Form::Large(blocks) => blocks.end(side)?.elements(0),
        };
        match side {
            Side::Left => elements.next(),
            Side::Right => elements.next_back(),
        }
    }

    /// The `index`-th element.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        match self.0.form() {
            Form::Pack(pack) => Some(pack.get(pack.seek(index)?)),
            Form::Large(blocks) => {
                let (block, offset) = blocks.locate(index)?;
                blocks.block(block)?.elements(offset).next()
            }
        }
    }

    /// The elements from one place up to another.
    pub fn range(&self, range: Range<usize>) -> Elements<'_> {
        match self.0.form() {
            Form::Pack(pack) => Elements::of_pack(pack, range),
            Form::Large(blocks) => Elements::of_blocks(blocks, range),
        }
    }

    pub fn iter(&self) -> Elements<'_> {
        self.range(0..self.len())
    }

    /// So many elements from the last one on, backward.
    pub fn iter_back(&self, most: usize) -> Elements<'_> {
        match self.0.form() {
            Form::Pack(pack) => Elements::of_pack_back(pack, most),
            Form::Large(blocks) => Elements::of_blocks_back(blocks, most),
        }
    }

    /// Where the first element from `from` on stands that equals these bytes.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let needle = Needle::new(bytes);
        let found = self.range(from..self.len()).next_match(&needle)?;
        Some(from + found)
    }

    /// Where elements stand that equal these bytes, looking at so many from one end.
    pub fn matches<'a>(
        &'a self,
        bytes: &'a [u8],
        from_end: bool,
        looked_at: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let needle = Needle::new(bytes);
        let len = self.len();
        let mut elements = match from_end {
            true => self.iter_back(looked_at),
            false => self.range(0..looked_at.min(len)),
        };
        let mut passed = 0;
        iter::from_fn(move || {
            let i = passed + elements.next_match(&needle)?;
            passed = i + 1;
            Some(if from_end { len - passed } else { i })
        })
    }

    /// Becomes large if it would be with so many elements more, of so many bytes.
    pub fn make_room(&mut self, (count, bytes): (usize, usize), limit: ListLimit) {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                if !limit.fits(pack.total_bytes().saturating_add(bytes), pack.len() + count) {
                    self.enlarge(limit);
                }
            }
            FormMut::Large(blocks) => blocks.limit = limit,
        }
    }

    /// Becomes large, and gives the blocks.
    fn enlarge(&mut self, limit: ListLimit) -> &mut Blocks {
        self.0.enlarge(|pack| {
            let pack = std::mem::take(pack);
            let blocks = Some(pack).filter(|pack| !pack.is_empty()).map(Block::from);
            Blocks::new(blocks.into_iter().collect(), limit)
        })
    }

    /// Changes the pack while it is small and has room, else the blocks.
    fn change(
        &mut self,
        pack: impl FnOnce(&mut Listpack) -> Result<(), Full>,
        blocks: impl FnOnce(&mut Blocks),
    ) {
        if let FormMut::Pack(small) = self.0.form_mut()
            && pack(small).is_ok()
        {
            return;
        }
        blocks(self.enlarge(ListLimit::default()));
    }

    /// Adds an element at an end; [`List::make_room`] comes before.
    pub fn push(&mut self, side: Side, text: &[u8]) {
        self.change(|pack| side.push(pack, text), |blocks| blocks.push(side, text));
    }

    /// Takes the element at an end out, once `taker` has had it; gives what that gives.
    pub fn pop<R>(&mut self, side: Side, taker: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        match self.0.form_mut() {
            FormMut::Pack(pack) => blocks::pop_end(pack, side, taker),
            FormMut::Large(blocks) => {
                let taken = blocks.pop(side, taker);
                self.shrink();
                taken
            }
        }
    }

    /// Puts an element before the `index`-th, or behind the last; [`List::make_room`] comes before.
    pub fn insert(&mut self, index: usize, text: &[u8]) {
        let insert =
            |pack: &mut Listpack| pack.insert_all(pack.seek(index), &[Element::from(text)]);
        self.change(insert, |blocks| blocks.insert(index, text));
    }

    /// Puts an element in the place of the `index`-th, if there is one; [`List::make_room`] comes
    /// before.
    pub fn set(&mut self, index: usize, text: &[u8]) {
        let set = |pack: &mut Listpack| match pack.seek(index) {
            Some(position) => pack.replace(position, text),
            None => Ok(()),
        };
        self.change(set, |blocks| blocks.set(index, text));
        self.shrink();
    }

    /// Takes out the first `most` elements from one end on that equal these bytes; gives how many
    /// there were.
    pub fn remove_equal(&mut self, bytes: &[u8], side: Side, most: usize) -> usize {
        let needle = Needle::new(bytes);
        match self.0.form_mut() {
            FormMut::Pack(pack) => blocks::remove_equal(pack, &needle, side, most),
            FormMut::Large(blocks) => {
                let removed = blocks.remove_equal(&needle, side, most);
                self.shrink();
                removed
            }
        }
    }

    /// Takes out all elements but those in a range. What is large of it is given back.
    pub fn keep(&mut self, range: Range<usize>) -> Removed {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                pack.remove_range(range.end, usize::MAX);
                pack.remove_range(0, range.start);
                Removed::new()
            }
            FormMut::Large(blocks) => {
                let removed = blocks.keep(range);
                self.shrink();
                removed
            }
        }
    }

    /// Becomes small again when it is well below what makes it large.
    fn shrink(&mut self) {
        if let Form::Large(blocks) = self.0.form() {
            let half = blocks.limit.half();
            self.pack_within(half);
        }
    }

    fn pack_within(&mut self, limit: ListLimit) {
        let Form::Large(blocks) = self.0.form() else { return };
        if blocks.count() > 1 {
            return;
        }
        let pack = match blocks.end(Side::Left).map(Block::pack) {
            None => Listpack::new(),
            Some(Some(pack)) if limit.fits(pack.total_bytes(), pack.len()) => pack.clone(),
            Some(_) => return,
        };
        self.0 = Compact::pack(pack);
    }
}

impl Value for List {
    const TYPE: Type = Type { name: "list", number: 1, events: EventClass::List };

    fn encoding_name(&self) -> &'static str {
        "quicklist"
    }

    fn is_slow_to_drop(&self) -> bool {
        matches!(self.0.form(), Form::Large(blocks) if blocks.is_slow_to_drop())
    }

    fn memory_bytes(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.memory_bytes(),
            Form::Large(blocks) => blocks.memory_bytes(),
        }
    }

    fn digest(&self, digest: &mut Digest) {
        let mut digits = itoa::Buffer::new();
        self.iter().for_each(|element| digest.mix(element.text(&mut digits)));
    }
}

impl Collection for List {
    fn is_empty(&self) -> bool {
        List::is_empty(self)
    }
}

//! Lists: one listpack while they are small, then a sequence of them.
//!
//! ```text
//! small   listpack
//! large   counted: sequence of listpacks, each of about `list-max-listpack-size`
//! ```
//! An element that is longer than a block may be stands in a block of its own. So a change copies
//! no more than one block under a snapshot, wherever it is, and finds its place in the time of a
//! few steps, however long the list is.

mod blocks;
mod elements;
mod limit;
mod side;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::blocks::Blocks;
pub use self::blocks::Removed;
pub use self::elements::Elements;
pub use self::limit::ListLimit;
pub use self::side::Side;
use super::compact::{Compact, Form, FormMut};
use super::contract::{Collection, Type, Value};
use crate::store::digest::Digest;
use crate::store::event::EventClass;
use crate::store::pack::{Element, Listpack, Sought};

/// Elements in an order.
#[derive(Clone)]
#[repr(transparent)]
pub struct List(Compact<Listpack, Blocks>);

impl Default for List {
    fn default() -> List {
        List(Compact::pack(Listpack::default()))
    }
}

impl List {
    /// A list of these blocks, whose elements follow one another.
    pub fn of_blocks(blocks: impl IntoIterator<Item = Listpack>, limit: ListLimit) -> List {
        let blocks = blocks.into_iter().filter(|block| !block.is_empty());
        let mut list = List(Compact::large(Blocks::new(blocks.collect(), limit)));
        list.pack_if(|block| limit.fits(block.bytes().len(), block.len()));
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

    /// The blocks, one behind the other.
    pub fn blocks(&self) -> impl Iterator<Item = &Listpack> {
        let (one, many) = match self.0.form() {
            Form::Pack(pack) => (Some(pack), None),
            Form::Large(blocks) => (None, Some(blocks.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// How many blocks there are.
    pub fn block_count(&self) -> usize {
        match self.0.form() {
            Form::Pack(_) => 1,
            Form::Large(blocks) => blocks.count(),
        }
    }

    /// The element at an end.
    pub fn end(&self, side: Side) -> Option<Element<'_>> {
        let pack = match self.0.form() {
            Form::Pack(pack) => pack,
            Form::Large(blocks) => blocks.end(side)?,
        };
        match side {
            Side::Left => pack.get(0),
            Side::Right => pack.last(),
        }
    }

    /// The `index`-th element.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        match self.0.form() {
            Form::Pack(pack) => pack.get(index),
            Form::Large(blocks) => {
                let (block, offset) = blocks.locate(index)?;
                blocks.block(block)?.get(offset)
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

    /// All elements, the last one first.
    pub fn iter_back(&self) -> Elements<'_> {
        match self.0.form() {
            Form::Pack(pack) => Elements::of_pack_back(pack),
            Form::Large(blocks) => Elements::of_blocks_back(blocks),
        }
    }

    /// Where the first element from `from` on stands that equals these bytes.
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let sought = Sought::new(bytes);
        let found = self.range(from..self.len()).position(|element| sought.is(element))?;
        Some(from + found)
    }

    /// Where elements stand that equal these bytes, looking at so many from one end.
    pub fn matches<'a>(
        &'a self,
        bytes: &'a [u8],
        from_end: bool,
        looked_at: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let sought = Sought::new(bytes);
        let last = self.len().wrapping_sub(1);
        let elements = if from_end { self.iter_back() } else { self.iter() };
        let places = elements.take(looked_at).enumerate();
        places.filter_map(move |(i, element)| {
            sought.is(element).then_some(if from_end { last - i } else { i })
        })
    }

    /// Becomes large if it would be with so many elements more, of so many bytes.
    pub fn make_room(&mut self, (count, bytes): (usize, usize), limit: ListLimit) {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                if limit.fits(pack.bytes().len() + bytes, pack.len() + count) {
                    return;
                }
                let pack = std::mem::take(pack);
                let blocks = Some(pack).filter(|pack| !pack.is_empty()).into_iter().collect();
                self.0 = Compact::large(Blocks::new(blocks, limit));
            }
            FormMut::Large(blocks) => blocks.limit = limit,
        }
    }

    /// Adds an element at an end; [`List::make_room`] comes before.
    pub fn push(&mut self, side: Side, bytes: &[u8]) {
        match (self.0.form_mut(), side) {
            (FormMut::Pack(pack), Side::Left) => pack.push_front(bytes),
            (FormMut::Pack(pack), Side::Right) => pack.push_back(bytes),
            (FormMut::Large(blocks), side) => blocks.push(side, bytes),
        }
    }

    /// Takes the element at an end out.
    pub fn pop(&mut self, side: Side) -> Option<Vec<u8>> {
        let element = self.end(side)?.to_vec();
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                let place = match side {
                    Side::Left => pack.first(),
                    Side::Right => pack.before(pack.end())?,
                };
                pack.remove(place, 1);
            }
            FormMut::Large(blocks) => {
                blocks.pop(side);
                self.shrink();
            }
        }
        Some(element)
    }

    /// Puts an element before the `index`-th, or behind the last; [`List::make_room`] comes before.
    pub fn insert(&mut self, index: usize, bytes: &[u8]) {
        match self.0.form_mut() {
            FormMut::Pack(pack) => pack.insert(pack.place(index), bytes),
            FormMut::Large(blocks) => blocks.insert(index, bytes),
        }
    }

    /// Puts an element in the place of the `index`-th; [`List::make_room`] comes before.
    pub fn set(&mut self, index: usize, bytes: &[u8]) {
        match self.0.form_mut() {
            FormMut::Pack(pack) => pack.replace(pack.place(index), bytes),
            FormMut::Large(blocks) => {
                blocks.set(index, bytes);
                self.shrink();
            }
        }
    }

    /// Takes out the first `most` elements from one end on that equal these bytes; gives how many
    /// there were.
    pub fn remove_equal(&mut self, bytes: &[u8], side: Side, most: usize) -> usize {
        let sought = Sought::new(bytes);
        match self.0.form_mut() {
            FormMut::Pack(pack) => blocks::remove_equal(pack, &sought, side, most),
            FormMut::Large(blocks) => {
                let removed = blocks.remove_equal(&sought, side, most);
                self.shrink();
                removed
            }
        }
    }

    /// Takes out all elements but those in a range. What is large of it is given back.
    pub fn keep(&mut self, range: Range<usize>) -> Removed {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                let places = (pack.place(range.start), pack.place(range.end));
                pack.keep(places, range.len());
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
            self.pack_if(|block| half.fits(block.bytes().len(), block.len()));
        }
    }

    fn pack_if(&mut self, is_small: impl Fn(&Listpack) -> bool) {
        let Form::Large(blocks) = self.0.form() else { return };
        let pack = match (blocks.count(), blocks.end(Side::Left)) {
            (0, _) => Listpack::default(),
            (1, Some(block)) if is_small(block) => block.clone(),
            _ => return,
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
        self.iter().for_each(|element| digest.mix(element.as_bytes(&mut digits)));
    }
}

impl Collection for List {
    fn is_empty(&self) -> bool {
        List::is_empty(self)
    }
}

//! A block of a large list.

use super::limit::ListLimit;
use super::side::Side;
use crate::store::memory::taken_bytes;
use crate::store::packed::listpack::{Entries, Needle};
use crate::store::packed::{Element, Listpack};
use crate::store::sequence::Item;
use crate::store::shared::Shared;

/// Some elements, shared until one of them changes.
#[derive(Clone, Debug)]
pub enum Block {
    Pack(Shared<Listpack>),
    /// One element that is longer than a pack may be.
    Plain(Shared<Vec<u8>>),
}

impl Block {
    /// A block of one element.
    pub fn of(text: &[u8], limit: ListLimit) -> Block {
        let mut pack = Listpack::new();
        let fits = limit.fits(Listpack::entry_bytes(text), 1) && pack.push_back(text).is_ok();
        if fits { Block::from(pack) } else { Block::Plain(Shared::new(text.to_vec())) }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Block::Pack(pack) => pack.len(),
            Block::Plain(_) => 1,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pack, if it is one.
    pub fn pack(&self) -> Option<&Listpack> {
        match self {
            Block::Pack(pack) => Some(pack),
            Block::Plain(_) => None,
        }
    }

    /// The pack, if it is one, to change: a copy of it, if it is shared.
    pub fn pack_mut(&mut self) -> Option<&mut Listpack> {
        match self {
            Block::Pack(pack) => Some(Shared::make_mut(pack)),
            Block::Plain(_) => None,
        }
    }

    /// Whether another element has room in it.
    pub fn has_room(&self, text: &[u8], limit: ListLimit) -> bool {
        self.pack().is_some_and(|pack| {
            limit.fits(pack.total_bytes() + Listpack::entry_bytes(text), pack.len() + 1)
        })
    }

    /// Puts an element at an end, if it takes one.
    pub fn push(&mut self, side: Side, text: &[u8]) -> bool {
        self.pack_mut().is_some_and(|pack| side.push(pack, text).is_ok())
    }

    /// The `index`-th element.
    pub fn get(&self, index: usize) -> Option<Element<'_>> {
        self.elements(index).next()
    }

    pub fn last(&self) -> Option<Element<'_>> {
        self.elements(0).next_back()
    }

    /// The elements from one on.
    pub fn elements(&self, from: usize) -> BlockElements<'_> {
        match self {
            Block::Pack(pack) => BlockElements::of_pack(pack, from),
            Block::Plain(text) if from == 0 => BlockElements::Plain(Some(text)),
            Block::Plain(_) => BlockElements::Plain(None),
        }
    }
}

impl From<Listpack> for Block {
    fn from(pack: Listpack) -> Block {
        Block::Pack(Shared::new(pack))
    }
}

impl Item for Block {
    type Mark = ();

    fn mark(&self) -> &() {
        &()
    }

    fn weight(&self) -> u64 {
        self.len() as u64
    }

    fn bytes(&self) -> usize {
        match self {
            Block::Pack(pack) => Shared::<Listpack>::BYTES + pack.memory_bytes(),
            Block::Plain(text) => Shared::<Vec<u8>>::BYTES + taken_bytes(text.capacity()),
        }
    }
}

/// Elements of a block, from both ends.
pub enum BlockElements<'a> {
    Pack(Entries<'a>),
    Plain(Option<&'a [u8]>),
}

impl<'a> BlockElements<'a> {
    pub const NONE: BlockElements<'static> = BlockElements::Plain(None);

    /// The elements of a pack from one on.
    pub fn of_pack(pack: &'a Listpack, from: usize) -> BlockElements<'a> {
        match from {
            0 => BlockElements::Pack(pack.entries()),
            _ => pack.seek(from).map_or(BlockElements::NONE, |position| {
                BlockElements::Pack(pack.entries_from(position))
            }),
        }
    }
}

impl BlockElements<'_> {
    /// Passes over elements up to the first that is sought, and over that; at most `most` of them.
    /// How many it passed over before it found one, or altogether if it found none.
    pub fn next_match(&mut self, needle: &Needle<'_>, most: usize) -> Result<usize, usize> {
        match self {
            BlockElements::Pack(entries) => entries.next_match(needle, most),
            BlockElements::Plain(text) => plain_match(text, needle, most),
        }
    }

    /// As [`BlockElements::next_match`], from the end.
    pub fn next_back_match(&mut self, needle: &Needle<'_>, most: usize) -> Result<usize, usize> {
        match self {
            BlockElements::Pack(entries) => entries.next_back_match(needle, most),
            BlockElements::Plain(text) => plain_match(text, needle, most),
        }
    }
}

fn plain_match(text: &mut Option<&[u8]>, needle: &Needle<'_>, most: usize) -> Result<usize, usize> {
    match text.take_if(|_| most > 0) {
        Some(text) if needle.is(text) => Ok(0),
        Some(_) => Err(1),
        None => Err(0),
    }
}

impl<'a> Iterator for BlockElements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            BlockElements::Pack(entries) => entries.next().map(|(_, element)| element),
            BlockElements::Plain(text) => text.take().map(Element::Str),
        }
    }
}

impl DoubleEndedIterator for BlockElements<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            BlockElements::Pack(entries) => entries.next_back().map(|(_, element)| element),
            BlockElements::Plain(text) => text.take().map(Element::Str),
        }
    }
}

//! Walking over the entries of a block, from either end.

use super::id::StreamId;
use super::layout::{DELETED, SAME_FIELDS};
use crate::store::packed::listpack::{Entries, Position};
use crate::store::packed::{Element, Listpack};

/// An entry, to read.
#[derive(Clone, Debug)]
pub struct StreamEntry<'a> {
    pub id: StreamId,
    /// How many fields it has.
    pub len: usize,
    /// Where its fields' names are, if they are those of the block's head.
    names: Option<Entries<'a>>,
    /// Its values, with the names if these are its own.
    texts: Entries<'a>,
}

impl<'a> StreamEntry<'a> {
    /// Fields with their values.
    pub fn fields(&self) -> impl Iterator<Item = (Element<'a>, Element<'a>)> + use<'a> {
        let StreamEntry { mut names, mut texts, len, .. } = self.clone();
        let pairs = std::iter::from_fn(move || {
            let (_, name) = names.as_mut().unwrap_or(&mut texts).next()?;
            Some((name, texts.next()?.1))
        });
        pairs.take(len)
    }
}

/// An entry in its place, deleted or not.
#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    /// Of its flags.
    pub position: Position,
    pub is_deleted: bool,
    pub entry: StreamEntry<'a>,
}

/// The entries of a block. What it walks over was checked, or made here: where an element is not
/// what it should be, it ends.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    id: StreamId,
    pack: &'a Listpack,
    names: Entries<'a>,
    name_count: usize,
    rest: Entries<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(id: StreamId, pack: &'a Listpack) -> Walk<'a> {
        let mut rest = pack.entries();
        rest.skip_entries(2);
        let name_count = count(&mut rest).unwrap_or(0);
        let names = rest.clone();
        rest.skip_entries(name_count);
        rest.skip_entries(1);
        Walk { id, pack, names, name_count, rest }
    }

    /// Whether these are the fields of the block's head.
    pub(super) fn has_fields<'f>(&self, fields: impl ExactSizeIterator<Item = &'f [u8]>) -> bool {
        let mut digits = itoa::Buffer::new();
        fields.len() == self.name_count
            && fields
                .zip(self.names.clone())
                .all(|(field, (_, name))| name.text(&mut digits) == field)
    }

    /// The entry at the beginning of `rest`, which is left behind it.
    fn read(&self, rest: &mut Entries<'a>) -> Option<Slot<'a>> {
        let (position, flags) = rest.next()?;
        let flags = flags.int()?;
        let distance = (rest.next()?.1.int()?, rest.next()?.1.int()?);
        let is_same = flags & SAME_FIELDS != 0;
        let len = if is_same { self.name_count } else { count(rest)? };
        let names = is_same.then(|| self.names.clone());
        let texts = rest.clone();
        rest.skip_entries(if is_same { len } else { len.saturating_mul(2) });
        rest.skip_entries(1);
        let entry = StreamEntry { id: self.id.plus(distance), len, names, texts };
        Some(Slot { position, is_deleted: flags & DELETED != 0, entry })
    }
}

fn count(rest: &mut Entries<'_>) -> Option<usize> {
    usize::try_from(rest.next()?.1.int()?).ok()
}

impl<'a> Iterator for Walk<'a> {
    type Item = Slot<'a>;

    fn next(&mut self) -> Option<Slot<'a>> {
        let mut rest = self.rest.clone();
        let slot = self.read(&mut rest);
        self.rest = rest;
        slot
    }
}

impl<'a> DoubleEndedIterator for Walk<'a> {
    fn next_back(&mut self) -> Option<Slot<'a>> {
        let elements = usize::try_from(self.rest.next_back()?.1.int()?).ok()?;
        let first = elements.checked_sub(1)?;
        let (position, _) = self.rest.nth_back(first)?;
        self.read(&mut self.pack.entries_from(position))
    }
}

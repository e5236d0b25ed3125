//! A block of a stream: entries in a listpack, laid out as in Redis.
//!
//! ```text
//! head    live | deleted | n | field ... | 0                    the fields of the first entry
//! entry   flags | ms | seq | n | field | value | ... | elements that the entry has before this one
//!         flags | ms | seq | value | ...             | the same, of one with the fields of the head
//! ```
//! An ID is noted by how far it is from the block's own, that of the first entry it ever had. Entries
//! are deleted by a flag; a block goes when its last one does.

use std::sync::Arc;

use super::check::check;
use super::fault::StreamFault;
use super::id::StreamId;
use super::layout::{DELETED, FIXED_ELEMENTS, SAME_FIELDS};
use super::limit::StreamLimit;
use super::walk::{Slot, StreamEntry, Walk};
use crate::store::memory::counted_bytes;
use crate::store::packed::listpack::Position;
use crate::store::packed::{Element, Full, Listpack};
use crate::store::sequence::Item;

/// Some entries, shared until one of them changes. There is one at least, perhaps a deleted one.
#[derive(Clone, Debug)]
pub struct Block(Arc<Body>);

#[derive(Clone, Debug)]
struct Body {
    /// The block's own ID: none of its entries has a lower one.
    id: StreamId,
    /// Entries that are there, and that were deleted, as the pack says: a pack has far fewer than
    /// these can say.
    live: u32,
    deleted: u32,
    pack: Listpack,
}

/// With what counts its holders it fills a size class: there are few entries to a block.
const _: () = assert!(counted_bytes::<Body>() == 48);

impl Block {
    /// A block of one entry, with fields and values in turn.
    pub(super) fn of_entry(id: StreamId, pairs: &[&[u8]]) -> Result<Block, Full> {
        let fields = pairs.len() / 2;
        let mut head = vec![Element::Int(1), Element::Int(0), Element::Int(fields as i64)];
        head.extend(pairs.iter().step_by(2).map(|field| Element::Str(field)));
        head.push(Element::Int(0));
        push_entry(&mut head, id.minus(id), pairs, true);
        let pack = Listpack::from_elements(head)?;
        Ok(Block(Arc::new(Body { id, live: 1, deleted: 0, pack })))
    }

    /// A block from outside, after a check of all that is in it.
    pub fn from_pack(id: StreamId, pack: Listpack) -> Result<Block, StreamFault> {
        let (live, deleted) = check(id, &pack)?;
        Ok(Block(Arc::new(Body { id, live: live as u32, deleted: deleted as u32, pack })))
    }

    pub fn id(&self) -> StreamId {
        self.0.id
    }

    pub fn pack(&self) -> &Listpack {
        &self.0.pack
    }

    /// Entries that are there.
    pub fn live(&self) -> u64 {
        self.0.live.into()
    }

    /// All entries, the deleted ones too.
    pub(super) fn walk(&self) -> Walk<'_> {
        Walk::new(self.0.id, &self.0.pack)
    }

    /// The entries that are there.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = StreamEntry<'_>> {
        self.walk().filter(|slot| !slot.is_deleted).map(|slot| slot.entry)
    }

    /// The ID of the last entry, deleted or not.
    pub(super) fn last_id(&self) -> Option<StreamId> {
        self.walk().next_back().map(|slot| slot.entry.id)
    }

    /// The entry of that ID, if it is there.
    pub(super) fn find(&self, id: StreamId) -> Option<Slot<'_>> {
        let slot = self.walk().find(|slot| slot.entry.id >= id)?;
        (slot.entry.id == id && !slot.is_deleted).then_some(slot)
    }

    /// Whether another entry has room in it.
    pub(super) fn has_room(&self, pairs: &[&[u8]], text_bytes: usize, limit: StreamLimit) -> bool {
        let size = (self.0.pack.total_bytes(), u64::from(self.0.live) + u64::from(self.0.deleted));
        limit.has_room(size, (text_bytes, pairs.len() + FIXED_ELEMENTS + 2))
    }

    /// Puts an entry behind the last; [`Block::has_room`] comes before.
    pub(super) fn append(&mut self, id: StreamId, pairs: &[&[u8]]) -> Result<(), Full> {
        let fields = pairs.iter().step_by(2).copied();
        let is_same = self.walk().has_fields(fields);
        let mut elements = Vec::with_capacity(pairs.len() + FIXED_ELEMENTS + 2);
        push_entry(&mut elements, id.minus(self.0.id), pairs, is_same);
        let body = Arc::make_mut(&mut self.0);
        body.pack.insert_all(None, &elements)?;
        body.live += 1;
        body.write_counts();
        Ok(())
    }

    /// Deletes entries that are there, by where they are.
    pub(super) fn delete(&mut self, positions: &[Position]) {
        let body = Arc::make_mut(&mut self.0);
        for &position in positions {
            let flags = body.pack.get(position).int().unwrap_or(0) | DELETED;
            // As long as before: the flags are numbers below 4.
            let _ = body.pack.replace(position, flags);
        }
        let count = positions.len() as u32;
        body.live -= count.min(body.live);
        body.deleted += count;
        body.write_counts();
    }
}

impl Body {
    /// Notes the counts in the pack. There was room for the entries that are counted, and so there
    /// is for these.
    fn write_counts(&mut self) {
        let Some(live) = self.pack.first() else { return };
        let _ = self.pack.replace(live, i64::from(self.live));
        let Some(deleted) = self.pack.after(live) else { return };
        if self.pack.get(deleted).int() != Some(i64::from(self.deleted)) {
            let _ = self.pack.replace(deleted, i64::from(self.deleted));
        }
    }
}

/// The elements of an entry.
fn push_entry<'a>(
    elements: &mut Vec<Element<'a>>,
    (ms, seq): (i64, i64),
    pairs: &[&'a [u8]],
    is_same: bool,
) {
    let fields = pairs.len() / 2;
    let flags = if is_same { SAME_FIELDS } else { 0 };
    elements.extend([flags, ms, seq].map(Element::Int));
    let count = if is_same {
        elements.extend(pairs.iter().skip(1).step_by(2).map(|value| Element::Str(value)));
        fields + FIXED_ELEMENTS
    } else {
        elements.push(Element::Int(fields as i64));
        elements.extend(pairs.iter().map(|text| Element::Str(text)));
        2 * fields + 1 + FIXED_ELEMENTS
    };
    elements.push(Element::Int(count as i64));
}

impl Item for Block {
    type Mark = StreamId;

    fn mark(&self) -> &StreamId {
        &self.0.id
    }

    fn weight(&self) -> u64 {
        self.live()
    }

    fn bytes(&self) -> usize {
        counted_bytes::<Body>() + self.0.pack.memory_bytes()
    }
}

//! The entries of a stream, and what is counted of them.

use std::cmp::min;

use super::block::Block;
use super::id::StreamId;
use super::limit::StreamLimit;
use super::range::Range;
use super::walk::StreamEntry;
use crate::store::packed::Full;
use crate::store::packed::listpack::Position;
use crate::store::sequence::{Back, Index, Last, Sequence, Weight};

/// What was trimmed, to be dropped where that may take its time.
pub type Trimmed = Sequence<Block>;

/// Entries in the order of their IDs: blocks, each found by its own ID, which weigh as much as
/// there are entries in them.
#[derive(Clone, Default)]
pub struct Log {
    blocks: Sequence<Block>,
    counters: Counters,
}

/// What is known of the entries besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Of the first entry; 0-0 if there is none.
    pub first_id: StreamId,
    /// No entry that comes may have this ID or a lower one.
    pub last_id: StreamId,
    /// The highest ID of an entry that XDEL has deleted.
    pub max_deleted_id: StreamId,
    /// How many entries there ever were.
    pub entries_added: u64,
}

/// What is taken out from the front.
#[derive(Clone, Copy, Debug)]
pub struct Trim {
    pub until: Until,
    /// Whole blocks only.
    pub is_approximate: bool,
    /// No more blocks than have so many entries together.
    pub limit: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// So many entries are left.
    Length(u64),
    /// None with a lower ID is left.
    Id(StreamId),
}

impl Log {
    /// A log of these blocks, which are in order.
    pub(super) fn new(blocks: Sequence<Block>, counters: Counters) -> Log {
        Log { blocks, counters }
    }

    /// The number of entries.
    pub fn len(&self) -> u64 {
        self.blocks.weight()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    pub fn blocks(&self) -> &Sequence<Block> {
        &self.blocks
    }

    /// The entries from one ID to another, both included.
    pub fn range(&self, from: StreamId, to: StreamId) -> Range<'_> {
        Range::forward(&self.blocks, from, to)
    }

    /// The same, the last one first.
    pub fn range_back(&self, from: StreamId, to: StreamId) -> Range<'_> {
        Range::back(&self.blocks, from, to)
    }

    pub fn first(&self) -> Option<StreamEntry<'_>> {
        self.blocks.get(Weight(0))?.entries().next()
    }

    pub fn last(&self) -> Option<StreamEntry<'_>> {
        let last = self.len().checked_sub(1)?;
        self.blocks.get(Weight(last))?.entries().next_back()
    }

    /// The ID of the first entry, deleted or not, that is still in its place. What is trimmed by
    /// whole blocks is told to replicas by it.
    pub fn first_kept_id(&self) -> Option<StreamId> {
        self.blocks.first()?.walk().next().map(|slot| slot.entry.id)
    }

    pub fn contains(&self, id: StreamId) -> bool {
        self.get(id).is_some()
    }

    pub fn get(&self, id: StreamId) -> Option<StreamEntry<'_>> {
        let block = self.blocks.get(Last(|first: &StreamId| *first <= id))?;
        block.find(id).map(|slot| slot.entry)
    }

    /// Adds an entry, with fields and values in turn, whose ID is above the last one.
    pub(super) fn append(
        &mut self,
        id: StreamId,
        pairs: &[&[u8]],
        limit: StreamLimit,
    ) -> Result<(), Full> {
        let text_bytes = pairs.iter().map(|text| text.len()).sum();
        let has_room =
            self.blocks.last().is_some_and(|block| block.has_room(pairs, text_bytes, limit));
        match has_room {
            true => {
                self.blocks.modify(Back, |block| block.append(id, pairs)).unwrap_or(Err(Full))?
            }
            false => self.blocks.push_back(Block::of_entry(id, pairs)?),
        }
        let counters = &mut self.counters;
        counters.entries_added = counters.entries_added.wrapping_add(1);
        counters.last_id = id;
        if self.blocks.weight() == 1 {
            self.counters.first_id = id;
        }
        Ok(())
    }

    /// Deletes entries; gives how many of them there were.
    pub(super) fn delete(&mut self, ids: &[StreamId]) -> u64 {
        let mut deleted = 0;
        let mut is_first_gone = false;
        for &id in ids {
            if !self.delete_one(id) {
                continue;
            }
            deleted += 1;
            is_first_gone |= id == self.counters.first_id;
            self.counters.max_deleted_id = self.counters.max_deleted_id.max(id);
        }
        if is_first_gone {
            self.find_first();
        }
        deleted
    }

    fn delete_one(&mut self, id: StreamId) -> bool {
        let place = Last(|first: &StreamId| *first <= id);
        let Some(block) = self.blocks.get(place) else { return false };
        let Some(position) = block.find(id).map(|slot| slot.position) else { return false };
        match block.live() {
            1 => drop(self.blocks.remove(place)),
            _ => drop(self.blocks.modify(place, |block| block.delete(&[position]))),
        }
        true
    }

    fn find_first(&mut self) {
        self.counters.first_id = self.first().map_or(StreamId::MIN, |entry| entry.id);
    }

    /// Takes entries out from the front; gives how many, and the blocks that went.
    pub(super) fn trim(&mut self, trim: Trim) -> (u64, Trimmed) {
        let before = self.len();
        let whole = self.whole_blocks_until(trim.until);
        let within_limit = trim.limit.map_or(u64::MAX, |limit| self.blocks_of_at_most(limit));
        let gone = self.blocks.remove_range(0..min(whole, within_limit));
        if !trim.is_approximate {
            self.trim_first_block(trim.until);
        }
        let trimmed = before - self.len();
        if trimmed > 0 {
            self.find_first();
        }
        (trimmed, gone)
    }

    /// How many blocks at the front have no more entries than that together.
    fn blocks_of_at_most(&self, entries: u64) -> u64 {
        match entries < self.blocks.weight() {
            true => self.blocks.cursor(Weight(entries)).place().index,
            false => self.blocks.len(),
        }
    }

    /// How many blocks at the front may go as a whole.
    fn whole_blocks_until(&self, until: Until) -> u64 {
        match until {
            Until::Length(length) => {
                let Some(surplus) = self.len().checked_sub(length).filter(|&surplus| surplus > 0)
                else {
                    return 0;
                };
                let mut blocks = self.blocks_of_at_most(surplus);
                // What has no entries any more stays when enough have gone.
                let block = |index: u64| self.blocks.get(Index(index));
                let gone = |blocks| self.blocks.cursor(Index(blocks)).place().weight;
                if gone(blocks) == surplus {
                    while blocks > 0 && block(blocks - 1).is_some_and(|block| block.live() == 0) {
                        blocks -= 1;
                    }
                }
                blocks
            }
            Until::Id(id) => {
                let begun = self.blocks.partition_point(|first| *first < id).index;
                let last = begun.checked_sub(1).and_then(|last| self.blocks.get(Index(last)));
                match last.and_then(Block::last_id) {
                    Some(last) if last >= id => begun - 1,
                    _ => begun,
                }
            }
        }
    }

    /// Deletes entries of the first block, which stays.
    fn trim_first_block(&mut self, until: Until) {
        let surplus = match until {
            Until::Length(length) => self.len().saturating_sub(length),
            Until::Id(_) => u64::MAX,
        };
        let Some(block) = self.blocks.first() else { return };
        let goes = |id: StreamId| match until {
            Until::Length(_) => true,
            Until::Id(lowest) => id < lowest,
        };
        let slots = block.walk().take_while(|slot| goes(slot.entry.id));
        let positions: Vec<Position> = slots
            .filter(|slot| !slot.is_deleted)
            .take(usize::try_from(surplus).unwrap_or(usize::MAX))
            .map(|slot| slot.position)
            .collect();
        if !positions.is_empty() {
            self.blocks.modify(Index(0), |block| block.delete(&positions));
        }
    }
}

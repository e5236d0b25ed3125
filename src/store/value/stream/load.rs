//! Putting a stream together from a file or a peer, and finding what is wrong with it.

use super::block::Block;
use super::fault::StreamFault;
use super::group::{Consumer, Group};
use super::id::StreamId;
use super::log::{Counters, Log};
use super::name::Name;
use super::pending::Pending;
use crate::base::time::UnixMillis;
use crate::store::packed::Listpack;
use crate::store::sequence::{Builder, Sequence};

/// Takes blocks in their order.
#[derive(Default)]
pub struct LogLoader {
    blocks: Builder<Block>,
    last: Option<StreamId>,
}

impl LogLoader {
    /// Takes the next block.
    ///
    /// # Errors
    /// It is none, or does not come behind the one before it.
    pub fn push(&mut self, id: StreamId, pack: Listpack) -> Result<(), StreamFault> {
        let block = Block::from_pack(id, pack)?;
        if self.last.is_some_and(|last| id <= last) {
            return Err(StreamFault::NotAscending(id));
        }
        self.last = block.last_id();
        self.blocks.push(block);
        Ok(())
    }

    /// All entries. The last ID is not below that of the last entry, whatever is stated, and the
    /// first one is that of the first entry.
    ///
    /// # Errors
    /// There are others than `stated_len` tells of.
    pub fn finish(self, stated_len: u64, counters: Counters) -> Result<Log, StreamFault> {
        let blocks: Sequence<Block> = self.blocks.into();
        let found = blocks.weight();
        if found != stated_len {
            return Err(StreamFault::WrongLength { stated: stated_len, found });
        }
        let mut log = Log::new(blocks, counters);
        let first_id = log.first().map_or(StreamId::MIN, |entry| entry.id);
        let counters = log.counters_mut();
        counters.last_id = counters.last_id.max(self.last.unwrap_or_default());
        counters.first_id = first_id;
        Ok(log)
    }
}

/// Takes what is pending in a group, then its consumers.
pub struct GroupLoader {
    group: Group,
    pending: Vec<Unowned>,
    consumers: Sequence<Consumer>,
}

/// Pending, and of whom, when that has been told.
struct Unowned {
    id: StreamId,
    delivered_at: UnixMillis,
    deliveries: u64,
    consumer: Option<Name>,
}

impl GroupLoader {
    pub fn new(group: Group) -> GroupLoader {
        GroupLoader { group, pending: Vec::new(), consumers: Sequence::new() }
    }

    /// Takes the next of what is pending.
    ///
    /// # Errors
    /// It does not come behind the one before it.
    pub fn push_pending(
        &mut self,
        id: StreamId,
        delivered_at: UnixMillis,
        deliveries: u64,
    ) -> Result<(), StreamFault> {
        if self.pending.last().is_some_and(|last| id <= last.id) {
            return Err(StreamFault::PendingNotAscending(id));
        }
        self.pending.push(Unowned { id, delivered_at, deliveries, consumer: None });
        Ok(())
    }

    /// Takes a consumer with what is pending of it.
    ///
    /// # Errors
    /// There is one of that name, or something is pending that is not in the group, or of another.
    pub fn push_consumer(
        &mut self,
        name: &[u8],
        (seen_at, active_at): (UnixMillis, Option<UnixMillis>),
        ids: &[StreamId],
    ) -> Result<(), StreamFault> {
        if super::group::find_by_name(&self.consumers, name).is_some() {
            return Err(StreamFault::RepeatedConsumer);
        }
        let name = Name::from(name);
        let mut own = Builder::new();
        let mut last = None;
        for &id in ids {
            // The same again is found below.
            if last.is_some_and(|last| id < last) {
                return Err(StreamFault::PendingNotAscending(id));
            }
            last = Some(id);
            let place = self.pending.binary_search_by_key(&id, |pending| pending.id);
            let pending = place.ok().and_then(|place| self.pending.get_mut(place));
            let pending = pending.ok_or(StreamFault::NotPending(id))?;
            if pending.consumer.replace(name.clone()).is_some() {
                return Err(StreamFault::PendingTwice(id));
            }
            own.push(id);
        }
        let consumer = Consumer::new(name, seen_at, active_at).with_pending(own.into());
        super::group::put_by_name(&mut self.consumers, consumer);
        Ok(())
    }

    /// The group.
    ///
    /// # Errors
    /// Something is pending of nobody.
    pub fn finish(mut self) -> Result<Group, StreamFault> {
        let mut pending = Builder::new();
        for Unowned { id, delivered_at, deliveries, consumer } in self.pending {
            let consumer = consumer.ok_or(StreamFault::NoConsumer(id))?;
            pending.push(Pending { id, delivered_at, deliveries, consumer });
        }
        self.group.fill(pending.into(), self.consumers);
        Ok(self.group)
    }
}

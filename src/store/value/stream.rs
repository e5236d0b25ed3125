//! Streams: entries that are added at the end and stay until they are deleted or trimmed, and groups
//! of consumers who read them.
//!
//! ```text
//! log      sequence of blocks by ID, each a listpack of about `stream-node-max-entries` entries;
//!          counters of what was added and deleted
//! groups   sequence by name: of each what is pending, by ID, and its consumers
//! ```
//! A clone shares all of it. A stream without entries is one nevertheless: it knows the last ID, and
//! its groups.

mod block;
mod check;
mod counters;
mod fault;
mod group;
mod id;
mod layout;
mod limit;
mod load;
mod log;
mod name;
mod pending;
mod range;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

pub use self::block::Block;
pub use self::fault::StreamFault;
pub use self::group::{Consumer, Group, UNKNOWN_READS};
pub use self::id::StreamId;
pub use self::limit::StreamLimit;
pub use self::load::{GroupLoader, LogLoader};
pub use self::log::{Counters, Log, Trim, Trimmed, Until};
pub use self::name::Name;
pub use self::pending::Pending;
pub use self::range::Range;
pub use self::walk::StreamEntry;
use super::contract::{Collection, Type, Value};
use crate::store::digest::Digest;
use crate::store::event::EventClass;
use crate::store::memory::counted_bytes;
use crate::store::packed::Full;
use crate::store::sequence::Sequence;

/// Groups that take more are dropped faster by handing them to the garbage thread.
const QUICK_DROP_MAX_BYTES: usize = 32 * 1024;

/// Entries, and who reads them.
#[derive(Clone, Default)]
#[repr(transparent)]
pub struct Stream(Arc<Body>);

#[derive(Clone, Default)]
struct Body {
    log: Log,
    groups: Sequence<Group>,
}

impl Stream {
    /// A stream of entries without groups.
    pub fn of_log(log: Log) -> Stream {
        Stream(Arc::new(Body { log, groups: Sequence::new() }))
    }

    /// The entries.
    pub fn log(&self) -> &Log {
        &self.0.log
    }

    fn log_mut(&mut self) -> &mut Log {
        &mut Arc::make_mut(&mut self.0).log
    }

    /// Adds an entry, with fields and values in turn, whose ID is above the last one.
    pub fn append(
        &mut self,
        id: StreamId,
        pairs: &[&[u8]],
        limit: StreamLimit,
    ) -> Result<(), Full> {
        self.log_mut().append(id, pairs, limit)
    }

    /// Deletes entries; gives how many of them there were.
    pub fn delete(&mut self, ids: &[StreamId]) -> u64 {
        match ids.iter().any(|&id| self.log().contains(id)) {
            true => self.log_mut().delete(ids),
            false => 0,
        }
    }

    /// Takes entries out from the front; gives how many, and the blocks that went.
    pub fn trim(&mut self, trim: Trim) -> (u64, Trimmed) {
        self.log_mut().trim(trim)
    }

    /// Sets what is counted of the entries; the first ID is that of the first one, whatever is said.
    pub fn set_counters(&mut self, counters: Counters) {
        let log = self.log_mut();
        *log.counters_mut() = Counters { first_id: log.counters().first_id, ..counters };
    }

    /// In the order of their names.
    pub fn groups(&self) -> &Sequence<Group> {
        &self.0.groups
    }

    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        group::find_by_name(&self.0.groups, name)
    }

    /// Adds a group; `false` if there is one of that name.
    pub fn add_group(&mut self, group: Group) -> bool {
        let is_new = self.group(group.name()).is_none();
        if is_new {
            group::put_by_name(&mut Arc::make_mut(&mut self.0).groups, group);
        }
        is_new
    }

    /// Takes a group out.
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Group> {
        group::take_by_name(&mut Arc::make_mut(&mut self.0).groups, name)
    }

    /// Changes a group, with a view of the entries.
    pub fn change_group<R>(
        &mut self,
        name: &[u8],
        change: impl FnOnce(&Log, &mut Group) -> R,
    ) -> Option<R> {
        let Body { log, groups } = Arc::make_mut(&mut self.0);
        group::change_by_name(groups, name, |group| change(log, group))
    }
}

impl Value for Stream {
    const TYPE: Type = Type { name: "stream", number: 6, events: EventClass::Stream };

    fn encoding_name(&self) -> &'static str {
        "stream"
    }

    fn is_slow_to_drop(&self) -> bool {
        self.log().blocks().is_slow_to_drop() || self.groups().memory_bytes() > QUICK_DROP_MAX_BYTES
    }

    fn memory_bytes(&self) -> usize {
        counted_bytes::<Body>() + self.log().blocks().memory_bytes() + self.groups().memory_bytes()
    }

    /// Of the entries alone, as in Redis.
    fn digest(&self, digest: &mut Digest) {
        let mut digits = itoa::Buffer::new();
        for entry in self.log().range(StreamId::MIN, StreamId::MAX) {
            digest.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
            for (field, value) in entry.fields() {
                digest.mix(field.text(&mut digits));
                digest.mix(value.text(&mut digits));
            }
        }
    }
}

impl Collection for Stream {
    /// Its key goes by DEL alone.
    fn is_empty(&self) -> bool {
        false
    }
}

//! Consumer groups: how far each has read, and what its consumers have still to acknowledge.
//!
//! ```text
//! group      pending: by ID, each with its consumer's name      in step: an ID is in one
//!            consumers: by name, each with the IDs it has       consumer's list and the group's
//! ```
//! Both are sequences: a clone shares them, and a change copies a node of each level.

use std::sync::Arc;

use super::id::StreamId;
use super::name::Name;
use super::pending::{self, Pending};
use crate::base::time::UnixMillis;
use crate::store::memory::counted_bytes;
use crate::store::sequence::{Item, Last, Sequence};

/// `entries_read` of a group of which it is not known.
pub const UNKNOWN_READS: i64 = -1;

/// A group; a clone shares all of it.
#[derive(Clone)]
pub struct Group(Arc<Body>);

#[derive(Clone)]
struct Body {
    name: Name,
    last_id: StreamId,
    entries_read: i64,
    pending: Sequence<Pending>,
    consumers: Sequence<Consumer>,
}

/// Who reads for a group.
#[derive(Clone)]
pub struct Consumer(Arc<ConsumerBody>);

#[derive(Clone)]
struct ConsumerBody {
    name: Name,
    seen_at: UnixMillis,
    active_at: Option<UnixMillis>,
    pending: Sequence<StreamId>,
}

impl Group {
    pub fn new(name: Name, last_id: StreamId, entries_read: i64) -> Group {
        let (pending, consumers) = (Sequence::new(), Sequence::new());
        Group(Arc::new(Body { name, last_id, entries_read, pending, consumers }))
    }

    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// The last entry that it has read.
    pub fn last_id(&self) -> StreamId {
        self.0.last_id
    }

    /// How many of the entries that ever were are up to the last one; [`UNKNOWN_READS`] if that is
    /// not known.
    pub fn entries_read(&self) -> i64 {
        self.0.entries_read
    }

    pub fn set_position(&mut self, last_id: StreamId, entries_read: i64) {
        let body = Arc::make_mut(&mut self.0);
        (body.last_id, body.entries_read) = (last_id, entries_read);
    }

    /// All that is pending, in order.
    pub fn pending(&self) -> &Sequence<Pending> {
        &self.0.pending
    }

    /// What is pending from an ID on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = &Pending> {
        pending::from(&self.0.pending, id)
    }

    /// What is known of an entry that is pending.
    pub fn find_pending(&self, id: StreamId) -> Option<&Pending> {
        pending::find(&self.0.pending, id)
    }

    /// In the order of their names.
    pub fn consumers(&self) -> &Sequence<Consumer> {
        &self.0.consumers
    }

    pub fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        find_by_name(&self.0.consumers, name)
    }

    /// Adds a consumer; gives its name as it is shared, and whether it is new.
    pub fn add_consumer(&mut self, name: &[u8], now: UnixMillis) -> (Name, bool) {
        if let Some(there) = self.consumer(name) {
            return (there.name().clone(), false);
        }
        let consumer = Consumer::new(Name::from(name), now, None);
        let name = consumer.name().clone();
        put_by_name(&mut Arc::make_mut(&mut self.0).consumers, consumer);
        (name, true)
    }

    /// Takes a consumer out with all that is pending of it; gives how much that was.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<u64> {
        let body = Arc::make_mut(&mut self.0);
        let consumer = take_by_name(&mut body.consumers, name)?;
        for &id in consumer.pending().iter() {
            pending::take(&mut body.pending, id);
        }
        Some(consumer.pending().len())
    }

    /// Notes that a consumer was here, and whether it got something.
    pub fn note_consumer(&mut self, name: &Name, now: UnixMillis, is_active: bool) {
        self.change_consumer(name, |consumer| {
            consumer.seen_at = now;
            if is_active {
                consumer.active_at = Some(now);
            }
        });
    }

    /// Sets when a consumer got something last.
    pub fn set_active(&mut self, name: &Name, active_at: Option<UnixMillis>) {
        self.change_consumer(name, |consumer| consumer.active_at = active_at);
    }

    fn change_consumer<R>(
        &mut self,
        name: &Name,
        change: impl FnOnce(&mut ConsumerBody) -> R,
    ) -> Option<R> {
        let consumers = &mut Arc::make_mut(&mut self.0).consumers;
        let change = |consumer: &mut Consumer| change(Arc::make_mut(&mut consumer.0));
        consumers.modify(by_name(name), change)
    }

    /// Makes an entry pending of one of the consumers, whoever had it before.
    pub fn assign(&mut self, pending: Pending) {
        let (id, consumer) = (pending.id, pending.consumer.clone());
        let before = self.find_pending(id).map(|before| before.consumer.clone());
        let list = &mut Arc::make_mut(&mut self.0).pending;
        match &before {
            Some(_) => drop(list.replace(pending::at(id), pending)),
            None => list.insert(pending::at(id), pending),
        }
        if before.as_ref() == Some(&consumer) {
            return;
        }
        if let Some(before) = before {
            self.change_consumer(&before, |before| pending::take(&mut before.pending, id));
        }
        self.change_consumer(&consumer, |consumer| {
            consumer.pending.insert(pending::at(id), id);
        });
    }

    /// Notes that an entry that is pending was delivered to its consumer again.
    pub fn deliver_again(&mut self, id: StreamId, now: UnixMillis) {
        if self.find_pending(id).is_some() {
            Arc::make_mut(&mut self.0).pending.modify(pending::at(id), |pending| {
                pending.delivered_at = now;
                pending.deliveries = pending.deliveries.wrapping_add(1);
            });
        }
    }

    /// An entry is pending no more; gives what was known of it.
    pub fn acknowledge(&mut self, id: StreamId) -> Option<Pending> {
        self.find_pending(id)?;
        let pending = pending::take(&mut Arc::make_mut(&mut self.0).pending, id)?;
        self.change_consumer(&pending.consumer, |consumer| {
            pending::take(&mut consumer.pending, id);
        });
        Some(pending)
    }

    /// Of a file: puts all in at once. The parts are in order and in step.
    pub(super) fn fill(&mut self, pending: Sequence<Pending>, consumers: Sequence<Consumer>) {
        let body = Arc::make_mut(&mut self.0);
        (body.pending, body.consumers) = (pending, consumers);
    }
}

impl Consumer {
    pub(super) fn new(name: Name, seen_at: UnixMillis, active_at: Option<UnixMillis>) -> Consumer {
        let pending = Sequence::new();
        Consumer(Arc::new(ConsumerBody { name, seen_at, active_at, pending }))
    }

    pub(super) fn with_pending(self, ids: Sequence<StreamId>) -> Consumer {
        let mut consumer = self;
        Arc::make_mut(&mut consumer.0).pending = ids;
        consumer
    }

    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// When it asked for something last.
    pub fn seen_at(&self) -> UnixMillis {
        self.0.seen_at
    }

    /// When it got something last, if it ever did.
    pub fn active_at(&self) -> Option<UnixMillis> {
        self.0.active_at
    }

    /// The IDs of what is pending of it.
    pub fn pending(&self) -> &Sequence<StreamId> {
        &self.0.pending
    }

    /// The same from an ID on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = StreamId> {
        pending::from(&self.0.pending, id).copied()
    }
}

fn by_name(name: &[u8]) -> Last<impl FnMut(&Name) -> bool + Copy> {
    Last(move |other: &Name| **other <= *name)
}

/// The item of a name, if there is one.
pub(super) fn find_by_name<'a, T: Item<Mark = Name>>(
    items: &'a Sequence<T>,
    name: &[u8],
) -> Option<&'a T> {
    items.get(by_name(name)).filter(|item| **item.mark() == *name)
}

/// Puts in an item whose name is not there.
pub(super) fn put_by_name<T: Item<Mark = Name>>(items: &mut Sequence<T>, item: T) {
    let name = item.mark().clone();
    items.insert(by_name(&name), item);
}

/// Takes the item of a name out, if there is one.
pub(super) fn take_by_name<T: Item<Mark = Name>>(
    items: &mut Sequence<T>,
    name: &[u8],
) -> Option<T> {
    find_by_name(items, name)?;
    items.remove(by_name(name))
}

/// Changes the item of a name, if there is one.
pub(super) fn change_by_name<T: Item<Mark = Name>, R>(
    items: &mut Sequence<T>,
    name: &[u8],
    change: impl FnOnce(&mut T) -> R,
) -> Option<R> {
    find_by_name(items, name)?;
    items.modify(by_name(name), change)
}

impl Item for Group {
    type Mark = Name;

    fn mark(&self) -> &Name {
        &self.0.name
    }

    fn bytes(&self) -> usize {
        let body = &self.0;
        let lists = body.pending.memory_bytes() + body.consumers.memory_bytes();
        counted_bytes::<Body>() + body.name.memory_bytes() + lists
    }
}

impl Item for Consumer {
    type Mark = Name;

    fn mark(&self) -> &Name {
        &self.0.name
    }

    fn bytes(&self) -> usize {
        let body = &self.0;
        counted_bytes::<ConsumerBody>() + body.name.memory_bytes() + body.pending.memory_bytes()
    }
}

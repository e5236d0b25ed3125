//! Entries that were delivered and not acknowledged.

use super::id::StreamId;
use super::name::Name;
use crate::base::time::UnixMillis;
use crate::store::sequence::{Item, Last, Sequence};

/// As a group knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub id: StreamId,
    /// When it was delivered last, as whoever claimed it said.
    pub delivered_at: UnixMillis,
    /// How often it was delivered.
    pub deliveries: u64,
    /// Whose it is: one of the group's consumers, who knows of it too.
    pub consumer: Name,
}

impl Pending {
    /// Milliseconds since it was delivered. The time may be any, before 1970 or to come.
    pub fn idle_millis(&self, now: UnixMillis) -> i64 {
        now.wrapping_sub(self.delivered_at)
    }

    /// Whether it was delivered too lately to be claimed by who asks for so much idle time.
    pub fn is_fresher_than(&self, min_idle_millis: i64, now: UnixMillis) -> bool {
        min_idle_millis > 0 && self.idle_millis(now) < min_idle_millis
    }
}

impl Item for Pending {
    type Mark = StreamId;

    fn mark(&self) -> &StreamId {
        &self.id
    }
}

/// As a consumer knows one.
impl Item for StreamId {
    type Mark = StreamId;

    fn mark(&self) -> &StreamId {
        self
    }
}

/// The place of an ID, or the gap behind the last one before it.
pub(super) fn at(id: StreamId) -> Last<impl FnMut(&StreamId) -> bool + Copy> {
    Last(move |other: &StreamId| *other <= id)
}

/// The item of an ID, if there is one.
pub(super) fn find<T: Item<Mark = StreamId>>(items: &Sequence<T>, id: StreamId) -> Option<&T> {
    items.get(at(id)).filter(|item| *item.mark() == id)
}

/// Takes the item of an ID out, if there is one.
pub(super) fn take<T: Item<Mark = StreamId>>(items: &mut Sequence<T>, id: StreamId) -> Option<T> {
    find(items, id)?;
    items.remove(at(id))
}

/// The items from an ID on.
pub(super) fn from<T: Item<Mark = StreamId>>(
    items: &Sequence<T>,
    id: StreamId,
) -> impl Iterator<Item = &T> {
    let mut cursor = items.cursor(Last(move |other: &StreamId| *other < id));
    std::iter::from_fn(move || cursor.next())
}

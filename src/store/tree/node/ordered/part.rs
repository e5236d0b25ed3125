//! The parts of an ordered node: items, or other parts.

use std::sync::Arc;

use crate::base::time::UnixMillis;
use crate::store::entry::Entry;
use crate::store::memory::{counted_bytes, size_class};
use crate::store::tree::node::soonest::{NEVER, Soonest};

/// A part that has come to this many items or parts is split. Each has the room for them from its
/// beginning, so that what it takes does not depend on what became of it.
const ROOM: usize = 64;
/// The most that a part has between two operations.
pub(super) const PART_MAX: usize = ROOM - 1;
/// Two neighbours that have no more than this together become one.
pub(super) const JOIN_MAX: usize = PART_MAX / 2;

#[derive(Clone)]
pub(super) struct Part {
    /// All entries at or below this part.
    pub(super) len: u64,
    pub(super) soonest: Soonest,
    pub(super) content: Content,
}

pub(super) enum Content {
    Items(Vec<Item>),
    /// Not empty, and neither are the parts.
    Parts(Vec<Arc<Part>>),
}

/// An entry, and the second hash of its key.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) order: u64,
    pub(super) entry: Entry,
}

/// What a search goes by.
pub(super) type Rank<'a> = (u64, &'a [u8]);

impl Item {
    fn rank(&self) -> Rank<'_> {
        (self.order, self.entry.key())
    }
}

/// A vector with the room of a part.
pub(super) fn roomy<T>(from: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut vec = Vec::with_capacity(ROOM);
    vec.extend(from);
    vec
}

impl Clone for Content {
    fn clone(&self) -> Self {
        match self {
            Content::Items(items) => Content::Items(roomy(items.iter().cloned())),
            Content::Parts(parts) => Content::Parts(roomy(parts.iter().cloned())),
        }
    }
}

impl Part {
    pub(super) fn of(content: Content) -> Part {
        let (len, soonest) = match &content {
            Content::Items(items) => (items.len() as u64, earliest_deadline(items)),
            Content::Parts(parts) => (parts.iter().map(|part| part.len).sum(), earliest(parts)),
        };
        Part { len, soonest: Soonest::new(soonest), content }
    }

    /// What the part itself takes in bytes.
    pub(super) fn own_bytes(&self) -> usize {
        let room = match &self.content {
            Content::Items(_) => size_class(ROOM * size_of::<Item>()),
            Content::Parts(_) => size_class(ROOM * size_of::<Arc<Part>>()),
        };
        counted_bytes::<Part>() + room
    }

    pub(super) fn first(&self) -> Rank<'_> {
        let mut part = self;
        loop {
            match &part.content {
                Content::Items(items) => return items[0].rank(),
                Content::Parts(parts) => part = &parts[0],
            }
        }
    }

    /// Adds an item; if this part has become too long, gives its upper half to be put behind it.
    /// `bytes` grows by what the new parts take.
    pub(super) fn insert(&mut self, item: Item, bytes: &mut usize) -> Option<Part> {
        self.len += 1;
        self.soonest.lower(deadline(&item.entry));
        match &mut self.content {
            Content::Items(items) => {
                let at = find(items, item.rank()).unwrap_or_else(|at| at);
                items.insert(at, item);
            }
            Content::Parts(parts) => {
                let at = covering(parts, item.rank());
                if let Some(right) = Arc::make_mut(&mut parts[at]).insert(item, bytes) {
                    parts.insert(at + 1, Arc::new(right));
                }
            }
        }
        self.split(bytes)
    }

    fn split(&mut self, bytes: &mut usize) -> Option<Part> {
        let right = match &mut self.content {
            Content::Items(items) if items.len() > PART_MAX => {
                Content::Items(roomy(items.drain(items.len() / 2..)))
            }
            Content::Parts(parts) if parts.len() > PART_MAX => {
                Content::Parts(roomy(parts.drain(parts.len() / 2..)))
            }
            _ => return None,
        };
        let right = Part::of(right);
        self.len -= right.len;
        *bytes += right.own_bytes();
        Some(right)
    }

    /// Takes out an item that is there. `bytes` shrinks by what the parts that go have taken.
    pub(super) fn remove(&mut self, rank: Rank<'_>, bytes: &mut usize) -> Option<Entry> {
        let removed = match &mut self.content {
            Content::Items(items) => items.remove(find(items, rank).ok()?).entry,
            Content::Parts(parts) => {
                let at = covering(parts, rank);
                let removed = Arc::make_mut(&mut parts[at]).remove(rank, bytes)?;
                tidy(parts, at, bytes);
                removed
            }
        };
        self.len -= 1;
        Some(removed)
    }

    /// How many items or parts stand in this part itself.
    pub(super) fn width(&self) -> usize {
        match &self.content {
            Content::Items(items) => items.len(),
            Content::Parts(parts) => parts.len(),
        }
    }

    /// Takes over all of the part behind this one.
    fn append(&mut self, right: Part) {
        self.len += right.len;
        self.soonest.lower(right.soonest.get());
        match (&mut self.content, right.content) {
            (Content::Items(own), Content::Items(more)) => own.extend(more),
            (Content::Parts(own), Content::Parts(more)) => own.extend(more),
            _ => unreachable!("neighbours are equally far from the items"),
        }
    }

    /// See [`Ordered::find_due`](super::Ordered::find_due).
    pub(super) fn find_due(&self, now: UnixMillis, looks: &mut u32) -> Option<&Entry> {
        if *looks == 0 || self.soonest.get() >= now {
            return None;
        }
        match &self.content {
            Content::Items(items) => {
                *looks -= 1;
                items.iter().for_each(|item| item.entry.prefetch());
                let due = items.iter().find(|item| deadline(&item.entry) < now);
                if due.is_none() {
                    self.soonest.set(earliest_deadline(items));
                }
                due.map(|item| &item.entry)
            }
            Content::Parts(parts) => {
                let due = parts.iter().find_map(|part| part.find_due(now, looks));
                if due.is_none() {
                    self.soonest.set(earliest(parts));
                }
                due
            }
        }
    }
}

/// After a removal in the part at `at`: drops it if it is empty, joins it with a neighbour if both
/// are small.
fn tidy(parts: &mut Vec<Arc<Part>>, at: usize, bytes: &mut usize) {
    if parts[at].width() == 0 {
        *bytes -= parts.remove(at).own_bytes();
        return;
    }
    for left in [Some(at), at.checked_sub(1)].into_iter().flatten() {
        if left + 1 < parts.len() && parts[left].width() + parts[left + 1].width() <= JOIN_MAX {
            let right = parts.remove(left + 1);
            *bytes -= right.own_bytes();
            Arc::make_mut(&mut parts[left]).append(Arc::unwrap_or_clone(right));
            return;
        }
    }
}

pub(super) fn find(items: &[Item], rank: Rank<'_>) -> Result<usize, usize> {
    items.binary_search_by(|item| item.rank().cmp(&rank))
}

/// The part in which a rank belongs.
pub(super) fn covering(parts: &[Arc<Part>], rank: Rank<'_>) -> usize {
    parts.partition_point(|part| part.first() <= rank).saturating_sub(1)
}

fn deadline(entry: &Entry) -> UnixMillis {
    entry.expires_at().unwrap_or(NEVER)
}

pub(super) fn earliest_deadline(items: &[Item]) -> UnixMillis {
    items.iter().map(|item| deadline(&item.entry)).min().unwrap_or(NEVER)
}

pub(super) fn earliest(parts: &[Arc<Part>]) -> UnixMillis {
    parts.iter().map(|part| part.soonest.get()).min().unwrap_or(NEVER)
}

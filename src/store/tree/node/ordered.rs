//! Ordered nodes: where more keys share all of the hash's branch bits than a leaf takes.
//!
//! A good hash never gives that; somebody who knows the seed can. The entries stand in a B+tree, by
//! the second hash of their keys and then by the keys' bytes, so that finding, adding and removing
//! stay logarithmic whatever the keys are, and SCAN can go on inside the node.
//!
//! The parts are counted and copied before they change while others hold them, as the nodes of the
//! trie are.

mod iter;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(in super::super) use self::iter::Items;
use super::soonest::{NEVER, Soonest};
use crate::base::time::UnixMillis;
use crate::store::entry::Entry;

/// The most items of a part, and the most parts of a part.
const PART_MAX: usize = 64;
/// Two neighbours that have no more than this together become one.
const JOIN_MAX: usize = PART_MAX / 2;

/// Entries in the order of the second hash and the key. A clone shares all parts.
#[derive(Clone)]
pub(in super::super) struct Ordered {
    root: Arc<Part>,
}

#[derive(Clone)]
struct Part {
    /// All entries at or below this part.
    len: u64,
    soonest: Soonest,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Items(Vec<Item>),
    /// Not empty, and neither are the parts.
    Parts(Vec<Arc<Part>>),
}

/// An entry, and the second hash of its key.
#[derive(Clone)]
pub(super) struct Item {
    order: u64,
    entry: Entry,
}

/// What a search goes by.
type Rank<'a> = (u64, &'a [u8]);

impl Item {
    fn rank(&self) -> Rank<'_> {
        (self.order, self.entry.key())
    }
}

impl Ordered {
    /// No entries yet.
    pub(in super::super) fn new() -> Self {
        let part = Part { len: 0, soonest: Soonest::new(NEVER), content: Content::Items(vec![]) };
        Ordered { root: Arc::new(part) }
    }

    pub(in super::super) fn len(&self) -> u64 {
        self.root.len
    }

    /// See [`Soonest`].
    pub(in super::super) fn soonest(&self) -> UnixMillis {
        self.root.soonest.get()
    }

    /// The entry of a key, whose second hash is given.
    pub(in super::super) fn get(&self, order: u64, key: &[u8]) -> Option<&Entry> {
        let mut part = &*self.root;
        loop {
            match &part.content {
                Content::Parts(parts) => part = &parts[covering(parts, (order, key))],
                Content::Items(items) => {
                    let at = find(items, (order, key)).ok()?;
                    return Some(&items[at].entry);
                }
            }
        }
    }

    /// The entry of a key that is there, to be changed in its place, which becomes this node's own;
    /// its deadline may become `at`.
    pub(in super::super) fn get_mut(
        &mut self,
        order: u64,
        key: &[u8],
        at: UnixMillis,
    ) -> Option<&mut Entry> {
        self.get(order, key)?;
        let mut part = Arc::make_mut(&mut self.root);
        loop {
            part.soonest.lower(at);
            match &mut part.content {
                Content::Parts(parts) => {
                    let covering = covering(parts, (order, key));
                    part = Arc::make_mut(&mut parts[covering]);
                }
                Content::Items(items) => {
                    let at = find(items, (order, key)).ok()?;
                    return Some(&mut items[at].entry);
                }
            }
        }
    }

    /// A key that is there has got this deadline.
    pub(in super::super) fn lower(&self, order: u64, key: &[u8], at: UnixMillis) {
        let mut part = &*self.root;
        loop {
            part.soonest.lower(at);
            match &part.content {
                Content::Parts(parts) => part = &parts[covering(parts, (order, key))],
                Content::Items(_) => return,
            }
        }
    }

    /// Adds an entry, whose key is not there yet.
    pub(in super::super) fn insert(&mut self, order: u64, entry: Entry) {
        let Some(right) = Arc::make_mut(&mut self.root).insert(Item { order, entry }) else {
            return;
        };
        let parts = vec![self.root.clone(), Arc::new(right)];
        self.root = Arc::new(Part::of(Content::Parts(parts)));
    }

    /// Takes the entry of a key out.
    pub(in super::super) fn remove(&mut self, order: u64, key: &[u8]) -> Option<Entry> {
        self.get(order, key)?;
        let removed = Arc::make_mut(&mut self.root).remove((order, key));
        while let Content::Parts(parts) = &self.root.content
            && let [only] = &parts[..]
        {
            self.root = only.clone();
        }
        removed
    }

    /// The entry at that place in the order.
    pub(in super::super) fn nth(&self, mut index: u64) -> Option<&Entry> {
        let mut part = &*self.root;
        loop {
            match &part.content {
                Content::Items(items) => {
                    return items.get(usize::try_from(index).ok()?).map(|item| &item.entry);
                }
                Content::Parts(parts) => {
                    part = parts.iter().find(|part| {
                        let is_in = index < part.len;
                        index -= if is_in { 0 } else { part.len };
                        is_in
                    })?;
                }
            }
        }
    }

    /// All entries, each with the second hash of its key, from that hash on.
    pub(in super::super) fn iter_from(&self, order: u64) -> Items<'_> {
        Items::new(&self.root, order)
    }

    /// An entry whose deadline is before `now`. Where there is none, that is noted, in no more than
    /// `looks` parts, which are counted down.
    pub(in super::super) fn find_due(&self, now: UnixMillis, looks: &mut u32) -> Option<&Entry> {
        self.root.find_due(now, looks)
    }

    /// The bytes allocated, without the entries.
    pub(in super::super) fn memory_bytes(&self) -> usize {
        self.root.memory_bytes()
    }
}

impl Part {
    fn of(content: Content) -> Part {
        let (len, soonest) = match &content {
            Content::Items(items) => (items.len() as u64, earliest_deadline(items)),
            Content::Parts(parts) => (parts.iter().map(|part| part.len).sum(), earliest(parts)),
        };
        Part { len, soonest: Soonest::new(soonest), content }
    }

    fn first(&self) -> Rank<'_> {
        let mut part = self;
        loop {
            match &part.content {
                Content::Items(items) => return items[0].rank(),
                Content::Parts(parts) => part = &parts[0],
            }
        }
    }

    /// Adds an item; if this part has become too long, gives its upper half to be put behind it.
    fn insert(&mut self, item: Item) -> Option<Part> {
        self.len += 1;
        self.soonest.lower(deadline(&item.entry));
        match &mut self.content {
            Content::Items(items) => {
                let at = find(items, item.rank()).unwrap_or_else(|at| at);
                items.insert(at, item);
            }
            Content::Parts(parts) => {
                let at = covering(parts, item.rank());
                if let Some(right) = Arc::make_mut(&mut parts[at]).insert(item) {
                    parts.insert(at + 1, Arc::new(right));
                }
            }
        }
        self.split()
    }

    fn split(&mut self) -> Option<Part> {
        let right = match &mut self.content {
            Content::Items(items) if items.len() > PART_MAX => {
                Content::Items(items.split_off(items.len() / 2))
            }
            Content::Parts(parts) if parts.len() > PART_MAX => {
                Content::Parts(parts.split_off(parts.len() / 2))
            }
            _ => return None,
        };
        let right = Part::of(right);
        self.len -= right.len;
        Some(right)
    }

    /// Takes out an item that is there.
    fn remove(&mut self, rank: Rank<'_>) -> Option<Entry> {
        let removed = match &mut self.content {
            Content::Items(items) => items.remove(find(items, rank).ok()?).entry,
            Content::Parts(parts) => {
                let at = covering(parts, rank);
                let removed = Arc::make_mut(&mut parts[at]).remove(rank)?;
                tidy(parts, at);
                removed
            }
        };
        self.len -= 1;
        Some(removed)
    }

    /// How many items or parts stand in this part itself.
    fn width(&self) -> usize {
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

    fn find_due(&self, now: UnixMillis, looks: &mut u32) -> Option<&Entry> {
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

    fn memory_bytes(&self) -> usize {
        let below = match &self.content {
            Content::Items(items) => items.capacity() * size_of::<Item>(),
            Content::Parts(parts) => {
                let each: usize = parts.iter().map(|part| part.memory_bytes()).sum();
                parts.capacity() * size_of::<Arc<Part>>() + each
            }
        };
        size_of::<Part>() + below
    }
}

/// After a removal in the part at `at`: drops it if it is empty, joins it with a neighbour if both
/// are small.
fn tidy(parts: &mut Vec<Arc<Part>>, at: usize) {
    if parts[at].width() == 0 {
        parts.remove(at);
        return;
    }
    for left in [Some(at), at.checked_sub(1)].into_iter().flatten() {
        if left + 1 < parts.len() && parts[left].width() + parts[left + 1].width() <= JOIN_MAX {
            let right = parts.remove(left + 1);
            Arc::make_mut(&mut parts[left]).append(Arc::unwrap_or_clone(right));
            return;
        }
    }
}

fn find(items: &[Item], rank: Rank<'_>) -> Result<usize, usize> {
    items.binary_search_by(|item| item.rank().cmp(&rank))
}

/// The part in which a rank belongs.
fn covering(parts: &[Arc<Part>], rank: Rank<'_>) -> usize {
    parts.partition_point(|part| part.first() <= rank).saturating_sub(1)
}

fn deadline(entry: &Entry) -> UnixMillis {
    entry.expires_at().unwrap_or(NEVER)
}

fn earliest_deadline(items: &[Item]) -> UnixMillis {
    items.iter().map(|item| deadline(&item.entry)).min().unwrap_or(NEVER)
}

fn earliest(parts: &[Arc<Part>]) -> UnixMillis {
    parts.iter().map(|part| part.soonest.get()).min().unwrap_or(NEVER)
}

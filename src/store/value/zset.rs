//! Sorted sets: one listpack while they are small, then a table of members beside a sequence of all
//! elements in their order.
//!
//! ```text
//! small   listpack: member, score, member, score, ..., in order
//! large   counted: table by member, and sequence by score and member
//! ```
//! So a score is found by its member, and an element by its place or by what stands before it, in
//! the time of a few steps however many there are; a change under a snapshot copies a leaf and its
//! path in each of both.

mod build;
mod elements;
mod large;
mod limit;
mod pack;
mod score;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use self::build::{Builder, Sums};
pub use self::elements::Elements;
use self::large::Large;
pub use self::limit::SortedSetLimit;
pub use self::pack::is_sorted;
pub use self::score::{put_packed as put_packed_score, read as read_score};
use super::compact::{Compact, Form, FormMut};
use super::contract::{Collection, Type, Value};
use crate::base::number::format_f64_17g;
use crate::store::digest::Digest;
use crate::store::event::EventClass;
use crate::store::packed::{Element, Listpack};
use crate::store::table::Table;

/// Members, each once, in the order of their scores, and of their bytes where these are equal.
#[derive(Clone)]
#[repr(transparent)]
pub struct SortedSet(Compact<Listpack, Large>);

/// The end of the order where something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Min,
    Max,
}

/// What became of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    pub old: Option<f64>,
    /// What was decided; `None` left all as it was.
    pub new: Option<f64>,
}

impl Change {
    pub fn is_added(&self) -> bool {
        self.old.is_none() && self.new.is_some()
    }

    pub fn is_update(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.old != self.new
    }
}

impl Default for SortedSet {
    fn default() -> SortedSet {
        SortedSet::of_pack(Listpack::new())
    }
}

impl SortedSet {
    /// A sorted set of a pack of members, each once, with their scores, in order.
    pub fn of_pack(pack: Listpack) -> SortedSet {
        SortedSet(Compact::pack(pack))
    }

    /// The pack, while it is small.
    pub fn pack(&self) -> Option<&Listpack> {
        self.0.as_pack()
    }

    /// The members with their scores in no order, when it is large.
    pub fn table(&self) -> Option<&Table> {
        self.0.as_large().map(Large::table)
    }

    /// The number of members.
    #[inline]
    pub fn len(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.len() / pack::STRIDE,
            Form::Large(large) => large.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self.0.form() {
            Form::Pack(pack) => pack.is_empty(),
            Form::Large(large) => large.len() == 0,
        }
    }

    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self.0.form() {
            Form::Pack(pack) => pack::find(pack, member).map(|(_, score)| score),
            Form::Large(large) => large.score(member),
        }
    }

    /// How many elements stand before a member's, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match self.0.form() {
            Form::Pack(pack) => {
                let (position, score) = pack::find(pack, member)?;
                Some((pack.entries_before(position).count() / pack::STRIDE, score))
            }
            Form::Large(large) => large.rank(member),
        }
    }

    /// Whether nobody has a higher or a lower score than all that hold this: the number of elements
    /// that stand first for whose scores it holds, which it does for none behind them.
    pub fn count_scores(&self, mut holds: impl FnMut(f64) -> bool) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack::count_first(pack, |_, score| holds(pack::score_of(score))),
            Form::Large(large) => large.count_first(|element| holds(element.score)),
        }
    }

    /// As [`SortedSet::count_scores`], by members, whose order is that of the elements if all have
    /// one score.
    pub fn count_members(&self, mut holds: impl FnMut(&[u8]) -> bool) -> usize {
        match self.0.form() {
            Form::Pack(pack) => {
                pack::count_first(pack, |member, _| holds(member.text(&mut itoa::Buffer::new())))
            }
            Form::Large(large) => large.count_first(|element| holds(element.entry.key())),
        }
    }

    /// Gives a member the score that `decide` makes of the one it has, if it makes one.
    #[inline]
    pub fn update(
        &mut self,
        member: &[u8],
        limit: SortedSetLimit,
        decide: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> Change {
        let FormMut::Pack(small) = self.0.form_mut() else {
            return self.update_large(member, decide);
        };
        let found = pack::find(small, member);
        let old = found.map(|(_, score)| score);
        let new = decide(old);
        let Some(score) = new.filter(|_| new != old) else { return Change { old, new } };
        if let Some((position, _)) = found {
            small.remove_entries(position, pack::STRIDE);
        }
        // Also if the limit is another one by now, as in Redis: only what comes anew is measured.
        let fits = found.is_some() || limit.fits(small.len() / pack::STRIDE + 1, member.len());
        if !fits || pack::insert(small, member, score).is_err() {
            self.update_large(member, |_| Some(score));
        }
        Change { old, new }
    }

    fn update_large(
        &mut self,
        member: &[u8],
        decide: impl FnOnce(Option<f64>) -> Option<f64>,
    ) -> Change {
        let (old, new) = self.enlarge().update(member, decide);
        Change { old, new }
    }

    /// Gives a member a score.
    pub fn set(&mut self, member: &[u8], score: f64, limit: SortedSetLimit) -> Change {
        self.update(member, limit, |_| Some(score))
    }

    /// Takes a member out; `false` if it is not there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self.0.form_mut() {
            FormMut::Pack(pack) => match pack.find(member, pack::STRIDE) {
                Some(position) => {
                    pack.remove_entries(position, pack::STRIDE);
                    true
                }
                None => false,
            },
            FormMut::Large(large) => large.remove(member),
        }
    }

    /// Takes out the elements at these places, as far as they are there.
    pub fn remove_range(&mut self, places: Range<usize>) {
        let places = places.start.min(self.len())..places.end.min(self.len());
        if places.is_empty() {
            return;
        }
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                pack.remove_range(places.start * pack::STRIDE, places.len() * pack::STRIDE);
            }
            FormMut::Large(large) => large.remove_range(places),
        }
    }

    /// Takes out the element at one end; gives what `taker` makes of it.
    pub fn pop<R>(&mut self, end: End, taker: impl FnOnce(&[u8], f64) -> R) -> Option<R> {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                let position = match end {
                    End::Min => pack.first()?,
                    End::Max => pack.before(pack.last()?)?,
                };
                let mut entries = pack.entries_from(position);
                let (member, score) = (entries.next()?.1, pack::score_of(entries.next()?.1));
                let taken = taker(member.text(&mut itoa::Buffer::new()), score);
                pack.remove_entries(position, pack::STRIDE);
                Some(taken)
            }
            FormMut::Large(large) => {
                let (entry, score) = large.pop(end == End::Max)?;
                Some(taker(entry.key(), score))
            }
        }
    }

    /// Becomes large, and gives that.
    fn enlarge(&mut self) -> &mut Large {
        self.0.enlarge(|pack| {
            let mut large = Large::new();
            let mut digits = itoa::Buffer::new();
            for (member, score) in pack.iter().pairs() {
                let score = pack::score_of(score);
                large.update(member.text(&mut digits), |_| Some(score));
            }
            large
        })
    }

    /// Becomes large if it is larger than that.
    pub fn fit(&mut self, limit: SortedSetLimit) {
        if self.len() > limit.max_members {
            self.enlarge();
        }
    }

    /// The elements at these places, the first or the last one first.
    pub fn range(&self, places: Range<usize>, is_backward: bool) -> Elements<'_> {
        let places = places.start.min(self.len())..places.end.min(self.len());
        match self.0.form() {
            Form::Pack(pack) => Elements::of_pack(pack, places, is_backward),
            Form::Large(large) => Elements::of_large(large, places, is_backward),
        }
    }

    /// All elements in order.
    pub fn iter(&self) -> Elements<'_> {
        self.range(0..self.len(), false)
    }

    /// All elements, the last one first.
    pub fn iter_back(&self) -> Elements<'_> {
        self.range(0..self.len(), true)
    }

    /// The element at a place.
    pub fn nth(&self, place: usize) -> Option<(Element<'_>, f64)> {
        match self.0.form() {
            Form::Pack(_) => self.range(place..place.checked_add(1)?, false).next(),
            Form::Large(large) => {
                let element = large.nth(place)?;
                Some((Element::Str(element.entry.key()), element.score))
            }
        }
    }

    /// Hands over the elements at these places.
    pub fn at_places(
        &self,
        places: impl IntoIterator<Item = u64>,
        mut then: impl FnMut(Element<'_>, f64),
    ) {
        let found = |place: &u64| usize::try_from(*place).ok();
        match self.0.form() {
            Form::Pack(pack) => {
                let groups = pack.groups(pack::STRIDE);
                for place in places {
                    let Some(position) = found(&place).and_then(|i| groups.get(i)) else {
                        continue;
                    };
                    let mut entries = pack.entries_from(*position);
                    if let (Some((_, member)), Some((_, score))) = (entries.next(), entries.next())
                    {
                        then(member, pack::score_of(score));
                    }
                }
            }
            Form::Large(large) => {
                for place in places {
                    if let Some(element) = found(&place).and_then(|i| large.nth(i)) {
                        then(Element::Str(element.entry.key()), element.score);
                    }
                }
            }
        }
    }

    /// Walks over the elements in steps: see [`Table::scan`]. A small one is one step, in order.
    pub fn scan(&self, cursor: u64, count: usize, mut seen: impl FnMut(Element<'_>, f64)) -> u64 {
        match self.0.form() {
            Form::Pack(_) => {
                self.iter().for_each(|(member, score)| seen(member, score));
                0
            }
            Form::Large(large) => large.table().scan(cursor, count, |entry| {
                seen(Element::Str(entry.key()), score::of_entry(entry));
            }),
        }
    }
}

impl Builder {
    /// All of them, as small as they may be.
    pub fn finish(self, limit: SortedSetLimit) -> SortedSet {
        SortedSet(self.into_form(limit))
    }
}

impl Sums {
    /// All of them, as small as they may be.
    pub fn finish(self, limit: SortedSetLimit) -> SortedSet {
        self.into_builder().finish(limit)
    }
}

impl Value for SortedSet {
    const TYPE: Type = Type { name: "zset", number: 3, events: EventClass::SortedSet };

    fn encoding_name(&self) -> &'static str {
        match self.0.form() {
            Form::Pack(_) => "listpack",
            Form::Large(_) => "skiplist",
        }
    }

    fn is_slow_to_drop(&self) -> bool {
        self.0.as_large().is_some_and(Large::is_slow_to_drop)
    }

    fn memory_bytes(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.memory_bytes(),
            Form::Large(large) => large.memory_bytes(),
        }
    }

    fn prefetch(&self, names: &[&[u8]]) {
        if let Some(large) = self.0.as_large().filter(|large| large.is_cold()) {
            large.table().prefetch(names.iter().copied());
        }
    }

    fn digest(&self, digest: &mut Digest) {
        let (mut digits, mut text) = (itoa::Buffer::new(), Vec::new());
        for (member, score) in self.iter() {
            let mut pair = Digest::default();
            pair.mix(member.text(&mut digits));
            text.clear();
            format_f64_17g(score, &mut text);
            pair.mix(&text);
            digest.add_digest(&pair);
        }
    }
}

impl Collection for SortedSet {
    fn is_empty(&self) -> bool {
        SortedSet::is_empty(self)
    }
}

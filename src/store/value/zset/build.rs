//! Making a sorted set of many elements.

use super::large::{Large, Scored};
use super::limit::SortedSetLimit;
use super::score::{self, Packed};
use crate::store::entry::Entry;
use crate::store::packed::listpack;
use crate::store::packed::{Element, Full, Listpack};
use crate::store::table::Table;
use crate::store::value::compact::Compact;

/// Takes elements in any order. What comes in order, first or last element first, takes less time.
pub struct Builder {
    scores: Table,
    /// The same, as they came.
    elements: Vec<Scored>,
    /// Of the members, in bytes.
    longest: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    pub fn new() -> Builder {
        Builder { scores: Table::of_elements(), elements: Vec::new(), longest: 0 }
    }

    /// Adds an element; `false` if its member is there already.
    pub fn push(&mut self, member: &[u8], score: f64) -> bool {
        let mut slot = self.scores.slot(member);
        if slot.entry().is_some() {
            return false;
        }
        let element = Scored::new(member, score);
        slot.insert(element.entry.clone());
        drop(slot);
        self.elements.push(element);
        self.longest = self.longest.max(member.len());
        true
    }

    /// All of them, as small as they may be.
    pub(super) fn into_form(self, limit: SortedSetLimit) -> Compact<Listpack, Large> {
        let Builder { scores, mut elements, longest } = self;
        if elements.is_sorted_by(|one, other| one.cmp(other).is_gt()) {
            elements.reverse();
        } else if !elements.is_sorted_by(|one, other| one.cmp(other).is_lt()) {
            elements.sort_unstable_by(Scored::cmp);
        }
        if limit.fits(elements.len(), longest)
            && let Ok(pack) = pack_of(&elements)
        {
            return Compact::pack(pack);
        }
        Compact::large(Large::of_sorted(scores, elements.into_iter()))
    }
}

fn pack_of(elements: &[Scored]) -> Result<Listpack, Full> {
    let mut pack = listpack::Builder::new();
    for element in elements {
        pack.push(Element::Str(element.entry.key()))?;
        pack.push(Packed::of(element.score).element())?;
    }
    Ok(pack.finish())
}

/// Adds scores up, or chooses among them, before they stand in an order.
#[derive(Default)]
pub struct Sums(Option<Table>);

impl Sums {
    /// Gives a member the score that this makes of the one it has.
    pub fn add(&mut self, member: &[u8], sum: impl FnOnce(Option<f64>) -> f64) {
        let mut slot = self.0.get_or_insert_with(Table::of_elements).slot(member);
        let score = sum(slot.entry().map(score::of_entry));
        slot.insert(score::entry(member, score));
    }

    /// The same elements, to be put in order.
    pub(super) fn into_builder(self) -> Builder {
        let Some(scores) = self.0 else { return Builder::new() };
        let elements: Vec<Scored> = scores.iter().map(Scored::of_entry).collect();
        let longest = scores.iter().map(|entry: &Entry| entry.key().len()).max().unwrap_or(0);
        Builder { scores, elements, longest }
    }
}

//! Elements of a sorted set, one after the other.

use std::ops::Range;

use super::large::{Large, Scored};
use super::pack::{STRIDE, score_of};
use crate::store::packed::listpack::Entries;
use crate::store::packed::{Element, Listpack};
use crate::store::sequence::Iter;

/// Members with their scores, from the first to the last or the other way.
pub struct Elements<'a> {
    walk: Walk<'a>,
    left: usize,
    is_backward: bool,
}

enum Walk<'a> {
    Pack(Entries<'a>),
    Order(Iter<'a, Scored>),
}

impl<'a> Elements<'a> {
    pub(super) fn of_pack(pack: &'a Listpack, places: Range<usize>, is_backward: bool) -> Self {
        let entries = match is_backward {
            false => pack.seek(places.start * STRIDE).map(|at| pack.entries_from(at)),
            true => match pack.seek(places.end * STRIDE) {
                Some(end) => Some(pack.entries_before(end)),
                None => Some(pack.entries()),
            },
        };
        let left = if entries.is_some() { places.len() } else { 0 };
        let entries = entries.unwrap_or_else(|| pack.entries());
        Elements { walk: Walk::Pack(entries), left, is_backward }
    }

    pub(super) fn of_large(large: &'a Large, places: Range<usize>, is_backward: bool) -> Self {
        let left = places.len();
        Elements { walk: Walk::Order(large.range(places)), left, is_backward }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (Element<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.walk {
            Walk::Pack(entries) if self.is_backward => {
                let score = entries.next_back()?.1;
                Some((entries.next_back()?.1, score_of(score)))
            }
            Walk::Pack(entries) => {
                let member = entries.next()?.1;
                Some((member, score_of(entries.next()?.1)))
            }
            Walk::Order(elements) => {
                let element = match self.is_backward {
                    true => elements.next_back(),
                    false => elements.next(),
                };
                element.map(|element| (Element::Str(element.entry.key()), element.score))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

//! A small sorted set: member, score, member, score, ..., in order.

use super::score::{self, Packed};
use crate::store::packed::listpack::Position;
use crate::store::packed::{Element, Full, Listpack};

/// A member and its score.
pub(super) const STRIDE: usize = 2;

/// A member, where it stands, and its score.
pub(super) fn find(pack: &Listpack, member: &[u8]) -> Option<(Position, f64)> {
    let position = pack.find(member, STRIDE)?;
    let mut entries = pack.entries_from(position);
    Some((position, score_of(entries.nth(1)?.1)))
}

/// What stands in a pack of ours is a score.
#[inline]
pub(super) fn score_of(element: Element<'_>) -> f64 {
    score::read(element).unwrap_or_default()
}

/// Puts a member in that is not there.
pub(super) fn insert(pack: &mut Listpack, member: &[u8], score: f64) -> Result<(), Full> {
    let before = place_of(pack, member, score);
    pack.insert_all(before, &[Element::Str(member), Packed::of(score).element()])
}

fn place_of(pack: &Listpack, member: &[u8], score: f64) -> Option<Position> {
    let mut entries = pack.entries();
    while let (Some((position, other)), Some((_, other_score))) = (entries.next(), entries.next()) {
        let mut digits = itoa::Buffer::new();
        let scores = (score_of(other_score), score);
        if score::order(scores, || (other.text(&mut digits), member)).is_gt() {
            return Some(position);
        }
    }
    None
}

/// How many elements stand first for which this holds.
pub(super) fn count_first(
    pack: &Listpack,
    mut holds: impl FnMut(Element<'_>, Element<'_>) -> bool,
) -> usize {
    pack.iter().pairs().take_while(|(member, score)| holds(*member, *score)).count()
}

/// Whether all elements of a pack of somebody else are in order.
pub fn is_sorted(pack: &Listpack) -> bool {
    let mut digits = [itoa::Buffer::new(), itoa::Buffer::new()];
    let [one_digits, other_digits] = &mut digits;
    let mut pairs = pack.iter().pairs().map(|(member, score)| (member, score_of(score)));
    let Some(mut last) = pairs.next() else { return true };
    for next in pairs {
        let order =
            score::order((last.1, next.1), || (last.0.text(one_digits), next.0.text(other_digits)));
        if order.is_gt() {
            return false;
        }
        last = next;
    }
    true
}

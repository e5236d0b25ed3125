//! Scores: doubles, never NaN, and what is kept of them.
//!
//! ```text
//! in a pack     an integer, or the text of the double in 17 digits, as in Redis
//! in an entry   the bits of the double as an integer, the last byte first: those of round numbers
//!               are zeros at its high end, of which an entry keeps none
//! ```

use std::cmp::Ordering;

use crate::base::number::{format_f64_17g, parse_f64};
use crate::store::entry::Entry;
use crate::store::packed::Element;
use crate::store::value::{NewValue, ValueRef};

/// Integers up to this are doubles too, so that a pack may keep them as integers.
const INTEGER_MAX: f64 = (i64::MAX / 2) as f64;

/// A score as a pack keeps it.
pub(super) enum Packed {
    Int(i64),
    Text(Vec<u8>),
}

impl Packed {
    pub(super) fn of(score: f64) -> Packed {
        let integer = score as i64;
        if score.abs() <= INTEGER_MAX && integer as f64 == score {
            return Packed::Int(integer);
        }
        let mut text = Vec::with_capacity(24);
        format_f64_17g(score, &mut text);
        Packed::Text(text)
    }

    pub(super) fn element(&self) -> Element<'_> {
        match self {
            Packed::Int(number) => Element::Int(*number),
            Packed::Text(text) => Element::Str(text),
        }
    }
}

/// Appends the text of a score as a pack keeps it.
pub fn put_packed(score: f64, out: &mut Vec<u8>) {
    Packed::of(score).element().put(out);
}

/// The score that an element of a pack says, if it is one.
#[inline]
pub fn read(element: Element<'_>) -> Option<f64> {
    match element {
        Element::Int(number) => Some(number as f64),
        Element::Str(text) => parse_f64(text),
    }
}

/// An element of the table.
pub(super) fn entry(member: &[u8], score: f64) -> Entry {
    let word = score.to_bits().swap_bytes() as i64;
    Entry::element(member, NewValue::Int(word), None)
}

/// The score in an element of the table.
#[inline]
pub(super) fn of_entry(entry: &Entry) -> f64 {
    match entry.value() {
        ValueRef::Int(word) => f64::from_bits((word as u64).swap_bytes()),
        _ => unreachable!("an element was made with a score"),
    }
}

/// The order of two elements: by score, then by member.
#[inline]
pub fn order<'a>(
    (one, other): (f64, f64),
    members: impl FnOnce() -> (&'a [u8], &'a [u8]),
) -> Ordering {
    match one.partial_cmp(&other) {
        None | Some(Ordering::Equal) => {
            let (one, other) = members();
            one.cmp(other)
        }
        Some(order) => order,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_from_packs_and_entries() {
        let scores = [
            0.0,
            1.0,
            -1.0,
            0.1,
            1e17,
            4.6e18,
            4.7e18,
            -4.7e18,
            1e300,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for score in scores {
            let packed = Packed::of(score);
            assert_eq!(read(packed.element()).map(f64::to_bits), Some(score.to_bits()), "{score}");
            let entry = entry(b"member", score);
            assert_eq!(of_entry(&entry).to_bits(), score.to_bits(), "{score}");
        }
        assert!(matches!(Packed::of(-0.0), Packed::Int(0)), "as in Redis");
        assert!(of_entry(&entry(b"", -0.0)).is_sign_negative());
        assert_eq!(read(Element::Str(b"nan")), None);
        assert_eq!(read(Element::Str(b"x")), None);
    }

    #[test]
    fn round_scores_take_few_bytes() {
        let bytes = |score| entry(b"0123456789", score).memory_bytes();
        assert_eq!((bytes(1.0), bytes(0.1)), (32, 32));
        let bytes = |score| entry(b"01234", score).memory_bytes();
        assert_eq!((bytes(1.0), bytes(0.1)), (16, 32));
    }
}

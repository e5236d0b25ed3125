//! Places in an ordered collection, as commands give them: negative ones count from the end.

use std::ops::Range;

/// The place of one element among `len`; `None`: there is none.
pub fn place(len: usize, index: i64) -> Option<usize> {
    let index = match index < 0 {
        true => len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
        false => usize::try_from(index).ok()?,
    };
    (index < len).then_some(index)
}

/// The elements from `start` to `stop`, both of them part of it, as far as there are any.
pub fn span(len: usize, start: i64, stop: i64) -> Range<usize> {
    let from_front = |index: i64| match index < 0 {
        true => (len as i64).saturating_add(index),
        false => index,
    };
    let (start, stop) = (from_front(start).max(0), from_front(stop).min(len as i64 - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_either_end() {
        assert_eq!(
            [0, 2, 3, -1, -3, -4].map(|i| place(3, i)),
            [Some(0), Some(2), None, Some(2), Some(0), None]
        );
        assert_eq!([i64::MIN, i64::MAX, 0].map(|i| place(0, i)), [None; 3]);
        assert_eq!(place(3, i64::MIN), None);
    }

    #[test]
    fn a_span_is_cut_to_what_is_there() {
        let cases = [
            ((0, -1), 0..5),
            ((1, 3), 1..4),
            ((-3, -2), 2..4),
            ((4, 100), 4..5),
            ((5, 100), 0..0),
            ((3, 1), 0..0),
            ((-100, 100), 0..5),
            ((-100, -100), 0..0),
            ((i64::MIN, i64::MAX), 0..5),
            ((i64::MAX, i64::MIN), 0..0),
        ];
        for ((start, stop), expected) in cases {
            assert_eq!(span(5, start, stop), expected, "{start} {stop}");
        }
        assert_eq!(span(0, 0, -1), 0..0);
    }
}

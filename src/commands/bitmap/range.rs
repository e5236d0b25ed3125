//! Which bits: `start end [BYTE | BIT]`. Both ends are part of it, negative ones count from the end
//! of the string.

use std::ops::Range;

use crate::commands::docs::Arg;
use crate::commands::error::CommandError;

pub(super) const UNIT_ARG: Arg =
    Arg::one_of("index_unit", &[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")])
        .since("7.0.0")
        .optional();

/// What `start` and `end` count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Byte,
    Bit,
}

impl Unit {
    pub(super) fn parse(word: &[u8]) -> Result<Unit, CommandError> {
        if word.eq_ignore_ascii_case(b"bit") {
            Ok(Unit::Bit)
        } else if word.eq_ignore_ascii_case(b"byte") {
            Ok(Unit::Byte)
        } else {
            Err(CommandError::Syntax)
        }
    }

    /// The bits of a string of `len` bytes from `start` to `end`; may be empty.
    pub(super) fn bits(self, len: usize, start: i64, end: i64) -> Range<u64> {
        let bits_each = if self == Unit::Bit { 1 } else { 8 };
        let units = len as i64 * (8 / bits_each);
        let place = |index: i64| if index < 0 { (units + index).max(0) } else { index };
        let (start, end) = (place(start), place(end).min(units - 1));
        if start > end {
            return 0..0;
        }
        (start * bits_each) as u64..((end + 1) * bits_each) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        assert_eq!(Unit::Byte.bits(6, 0, -1), 0..48);
        assert_eq!(Unit::Byte.bits(6, 1, 1), 8..16);
        assert_eq!(Unit::Bit.bits(6, 5, 30), 5..31);
        assert_eq!(Unit::Bit.bits(6, -2, 100), 46..48);
        assert_eq!(Unit::Byte.bits(6, i64::MIN, i64::MAX), 0..48);
        assert_eq!(Unit::Bit.bits(6, -100, -90), 0..1);
        for empty in [(5, 4), (6, 6), (-1, -2), (i64::MAX, i64::MIN)] {
            assert!(Unit::Byte.bits(6, empty.0, empty.1).is_empty(), "{empty:?}");
        }
        assert!(Unit::Byte.bits(0, 0, -1).is_empty());
    }
}

//! `GETRANGE key start end`, `SUBSTR` by its old name: both ends are part of it, negative ones
//! count from the end of the string.

use std::ops::Range;

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::big_string::StrRef;

pub const GETRANGE: Command = Command::new("getrange", 4, getrange)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::String])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::String, "2.4.0", "Returns a part of a string value.")
    .complexity("O(N) where N is the length of the returned string")
    .arguments(&[Arg::KEY, Arg::integer("start"), Arg::integer("end")]);

pub const SUBSTR: Command = GETRANGE
    .sibling("substr", getrange)
    .docs(Group::String, "1.0.0", "Returns a part of a string value.")
    .doc_flags(&["deprecated"])
    .deprecated("2.0.0", "`GETRANGE`");

fn getrange(call: &mut Call<'_>) -> Outcome {
    let (start, end) = (call.integer(2)?, call.integer(3)?);
    let mut digits = itoa::Buffer::new();
    let value = call.keys.read::<Str>(call.args.get(1))?;
    let string = value.and_then(|value| value.as_str(&mut digits)).unwrap_or(StrRef::Whole(b""));
    let part = part(string.len(), start, end);
    call.reply.bulk_pieces(part.len(), string.range(part));
    Ok(())
}

/// What there is of a string of `len` bytes from `start` to `end`.
fn part(len: usize, start: i64, end: i64) -> Range<usize> {
    let len = len as i64;
    let place = |index: i64| if index < 0 { (len + index).max(0) } else { index };
    // Both before the beginning: clamped they would be the first byte.
    let is_reversed = start < 0 && end < 0 && start > end;
    let (start, end) = (place(start), place(end).min(len - 1));
    if is_reversed || start > end {
        return 0..0;
    }
    start as usize..end as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn getrange_cuts_text_and_numbers() {
        let mut server = TestServer::new();
        server.check(&[("SET a 12345", "OK"), ("GETRANGE a 1 2", "\"23\"")]);
        server.check(&[("SUBSTR a -2 -1", "\"45\""), ("GETRANGE missing 0 -1", "\"\"")]);
        server.check(&[("GETRANGE a x 1", "-ERR value is not an integer or out of range")]);
    }

    #[test]
    fn a_part_is_cut_to_what_is_there() {
        let cases: [(i64, i64, &[u8]); 12] = [
            (0, -1, b"hello"),
            (0, 0, b"h"),
            (4, 100, b"o"),
            (5, 100, b""),
            (-100, 100, b"hello"),
            (-100, -100, b"h"),
            (-3, -2, b"ll"),
            (-2, -3, b""),
            (-10, -20, b""),
            (3, 1, b""),
            (i64::MIN, i64::MAX, b"hello"),
            (i64::MAX, i64::MIN, b""),
        ];
        for (start, end, expected) in cases {
            assert_eq!(&b"hello"[part(5, start, end)], expected, "{start} {end}");
        }
        assert!(part(0, 0, -1).is_empty());
    }
}

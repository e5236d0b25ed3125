//! `BITPOS key bit [start [end [BYTE | BIT]]]`
//!
//! Without an end, zeros follow the string, so that a search for a zero always finds one; with one,
//! only what is there is searched.

use std::ops::Range;

use super::range::{UNIT_ARG, Unit};
use crate::base::bits::find_bit;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::big_string::StrRef;

pub const BITPOS: Command = Command::new("bitpos", -3, bitpos)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Bitmap, "2.8.7", "Finds the first bit of a string that is set, or clear.")
    .complexity("O(N) where N is the length of the string or range")
    .history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
    .arguments(&[
        Arg::KEY,
        Arg::integer("bit"),
        Arg::block(
            "index",
            &[
                Arg::integer("start"),
                Arg::block("end_index", &[Arg::integer("end"), UNIT_ARG]).optional(),
            ],
        )
        .optional(),
    ]);

fn bitpos(call: &mut Call<'_>) -> Outcome {
    let bit = match call.integer(2)? {
        bit @ (0 | 1) => bit == 1,
        _ => return Err(CommandError::BitposBit),
    };
    let range = parse(call);
    let mut digits = itoa::Buffer::new();
    let value = call.keys.read::<Str>(call.args.get(1))?;
    // As in Redis: a key that is not there has no range that could be wrong.
    let Some(string) = value.and_then(|value| value.as_str(&mut digits)) else {
        call.reply.int(if bit { -1 } else { 0 });
        return Ok(());
    };
    let (start, end, unit) = range?;
    let bits = unit.bits(string.len(), start, end.unwrap_or(-1));
    let zeros_follow = !bit && end.is_none() && !bits.is_empty();
    let beyond = if zeros_follow { string.len() as i64 * 8 } else { -1 };
    call.reply.int(find(string, bits, bit).map_or(beyond, |at| at as i64));
    Ok(())
}

/// Start, end if there is one, and what they count.
fn parse(call: &Call<'_>) -> Result<(i64, Option<i64>, Unit), CommandError> {
    if call.argc() > 6 {
        return Err(CommandError::Syntax);
    }
    let start = if call.argc() > 3 { call.integer(3)? } else { 0 };
    let unit = call.args.iter().nth(5).map_or(Ok(Unit::Byte), Unit::parse)?;
    let end = if call.argc() > 4 { Some(call.integer(4)?) } else { None };
    Ok((start, end, unit))
}

/// The first of some bits that is `bit`.
fn find(string: StrRef<'_>, bits: Range<u64>, bit: bool) -> Option<u64> {
    if bits.is_empty() {
        return None;
    }
    let bytes = (bits.start / 8) as usize..bits.end.div_ceil(8) as usize;
    let first = string.byte(bytes.start)?;
    // What comes before in the first byte is not looked for.
    let mask = 0xff >> (bits.start % 8);
    let first = [if bit { first & mask } else { first | !mask }];
    let rest = string.range(bytes.start + 1..bytes.end);
    let mut at = bytes.start as u64 * 8;
    for piece in std::iter::once(&first[..]).chain(rest) {
        if let Some(index) = find_bit(piece, bit) {
            return Some(at + index as u64).filter(|found| bits.contains(found));
        }
        at += piece.len() as u64 * 8;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_zero_is_found_behind_a_string_only_when_no_end_is_given() {
        let mut server = TestServer::new();
        server.run_args(&[b"SET", b"f", b"\xff\xff\xff"]);
        server.check(&[("BITPOS f 0", "24"), ("BITPOS f 0 0", "24"), ("BITPOS f 0 -1", "24")]);
        server.check(&[("BITPOS f 0 0 -1", "-1"), ("BITPOS f 0 0 -1 BIT", "-1")]);
        server.check(&[
            ("BITPOS f 0 3", "-1"),
            ("BITPOS f 1 9 -1 BIT", "9"),
            ("BITPOS f 1 1", "8"),
        ]);
        server.check(&[("SET e \"\"", "OK"), ("BITPOS e 0", "-1"), ("BITPOS e 1", "-1")]);
        server.check(&[("BITPOS missing 0", "0"), ("BITPOS missing 1", "-1")]);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_redis() {
        let mut server = TestServer::new();
        let integer = "-ERR value is not an integer or out of range";
        let bit = "-ERR The bit argument must be 1 or 0.";
        server.check(&[
            ("BITPOS a x", integer),
            ("BITPOS a 2", bit),
            ("BITPOS a 1 x y z z", "-1"),
            ("SET a foobar", "OK"),
            ("BITPOS a 0 x 2 bit 4", "-ERR syntax error"),
            ("BITPOS a 0 x 2 no", integer),
            ("BITPOS a 0 1 x no", "-ERR syntax error"),
            ("BITPOS a 0 1 x bit", integer),
        ]);
    }

    #[test]
    fn any_part_of_a_long_string_is_searched() {
        let mut bytes = vec![0; 2_000_000];
        bytes[70_000] = 0b0001_1000;
        for bit in [true, false] {
            let string = crate::store::big_string::BigString::from(&bytes[..]);
            let found = |bits| find(string.as_str(), bits, bit);
            assert_eq!(found(0..16_000_000), Some(560_003), "{bit}");
            assert_eq!(found(560_004..16_000_000), Some(560_004), "{bit}");
            assert_eq!(found(560_005..16_000_000), None, "{bit}");
            assert_eq!(found(560_000..560_003), None, "{bit}");
            assert_eq!(found(560_000..560_004), Some(560_003), "{bit}");
            bytes.iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
}

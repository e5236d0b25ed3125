//! `BITCOUNT key [start end [BYTE | BIT]]`

use std::ops::Range;

use super::range::{UNIT_ARG, Unit};
use crate::base::bits::count_ones;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::Str;
use crate::store::big_string::StrRef;

pub const BITCOUNT: Command = Command::new("bitcount", -2, bitcount)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Bitmap])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Bitmap, "2.6.0", "Counts the bits of a string that are set.")
    .complexity("O(N) where N is the length of the string or range")
    .history(&[("7.0.0", "Added the `BYTE|BIT` option.")])
    .arguments(&[
        Arg::KEY,
        Arg::block("index", &[Arg::integer("start"), Arg::integer("end"), UNIT_ARG]).optional(),
    ]);

fn bitcount(call: &mut Call<'_>) -> Outcome {
    let range = parse(call);
    let mut digits = itoa::Buffer::new();
    let value = call.keys.read::<Str>(call.args.get(1))?;
    // As in Redis: a key that is not there has no range that could be wrong.
    let Some(string) = value.and_then(|value| value.as_str(&mut digits)) else {
        call.reply.int(0);
        return Ok(());
    };
    let bits = match range? {
        Some((start, end, unit)) => unit.bits(string.len(), start, end),
        None => Unit::Byte.bits(string.len(), 0, -1),
    };
    call.reply.int(ones(string, bits) as i64);
    Ok(())
}

/// Start, end and what they count.
fn parse(call: &Call<'_>) -> Result<Option<(i64, i64, Unit)>, CommandError> {
    match call.argc() {
        2 => return Ok(None),
        4 | 5 => {}
        _ => return Err(CommandError::Syntax),
    }
    let (start, end) = (call.integer(2)?, call.integer(3)?);
    if start < 0 && end < 0 && start > end {
        // Empty in Redis whatever they count, which is not even looked at.
        return Ok(Some((1, 0, Unit::Byte)));
    }
    let unit = call.args.iter().nth(4).map_or(Ok(Unit::Byte), Unit::parse);
    Ok(Some((start, end, unit?)))
}

/// How many of some bits are set.
fn ones(string: StrRef<'_>, bits: Range<u64>) -> u64 {
    if bits.is_empty() {
        return 0;
    }
    let bytes = (bits.start / 8) as usize..bits.end.div_ceil(8) as usize;
    // The bytes at the ends have bits that do not belong to it.
    let before = !(0xff >> (bits.start % 8)) as u8;
    let behind = match (bits.end % 8) as u8 {
        0 => 0,
        own => 0xff >> own,
    };
    let edges = [(bytes.start, before), (bytes.end - 1, behind)];
    let excess =
        edges.map(|(index, mask)| u64::from((string.byte(index).unwrap_or(0) & mask).count_ones()));
    string.range(bytes).map(count_ones).sum::<u64>() - excess[0] - excess[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn bits_are_counted_in_bytes_and_parts_of_bytes() {
        let mut server = TestServer::new();
        server.check(&[("SET a foobar", "OK"), ("BITCOUNT a", "26"), ("BITCOUNT a 0 0", "4")]);
        server.check(&[("BITCOUNT a 1 1", "6"), ("BITCOUNT a 1 1 BYTE", "6")]);
        server.check(&[("BITCOUNT a 5 30 BIT", "17"), ("BITCOUNT a -1000 -900 bit", "0")]);
        server.check(&[("BITCOUNT a -1000 -900", "4"), ("BITCOUNT a -5 -6", "0")]);
        server.check(&[("SET a 5", "OK"), ("BITCOUNT a", "4")]);
    }

    #[test]
    fn a_missing_key_is_judged_before_the_range() {
        let mut server = TestServer::new();
        let integer = "-ERR value is not an integer or out of range";
        server.check(&[("BITCOUNT a x y z z", "0"), ("BITCOUNT a 1", "0"), ("SET a foobar", "OK")]);
        server.check(&[
            ("BITCOUNT a 1", "-ERR syntax error"),
            ("BITCOUNT a 0 1 BIT x", "-ERR syntax error"),
            ("BITCOUNT a x 1 no", integer),
            ("BITCOUNT a 0 x no", integer),
            ("BITCOUNT a 0 1 no", "-ERR syntax error"),
            ("BITCOUNT a -1 -2 no", "0"),
            ("BITCOUNT a -1 -2 BIT no", "-ERR syntax error"),
        ]);
    }

    #[test]
    fn any_part_of_a_long_string_is_counted() {
        let bytes: Vec<u8> = (0..2_000_000u32).map(|i| (i * 7 / 8) as u8).collect();
        let string = crate::store::big_string::BigString::from(&bytes[..]);
        let is_set = |bit: u64| bytes[(bit / 8) as usize] & 0x80 >> (bit % 8) != 0;
        for bits in
            [0..16, 3..5, 7..9, 524_280..524_300, 524_289..1_048_577, 15_999_991..16_000_000]
        {
            let expected = bits.clone().filter(|&bit| is_set(bit)).count() as u64;
            assert_eq!(ones(string.as_str(), bits.clone()), expected, "{bits:?}");
        }
    }
}

//! `BITOP <AND | OR | XOR | NOT> destkey key [key ...]`

use std::convert::Infallible;

use crate::base::bits::Operation;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::keys::{EventClass, Str};
use crate::store::big_string::BigString;
use crate::store::value::NewValue;

pub const BITOP: Command = Command::new("bitop", -4, bitop)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Bitmap])
    .keys(&[
        KeySpec::at(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::range(3, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .docs(Group::Bitmap, "2.6.0", "Combines strings bit by bit and stores the result.")
    .complexity("O(N) where N is the length of the longest string")
    .arguments(&[Arg::string("operation"), Arg::key("destkey", 0), Arg::key("key", 1).multiple()]);

/// What is done with all strings before the next bytes: fits into the nearest cache.
const BLOCK_BYTES: usize = 16 * 1024;

fn bitop(call: &mut Call<'_>) -> Outcome {
    let operation = Operation::named(call.arg(1)).ok_or(CommandError::Syntax)?;
    if operation == Operation::Not && call.argc() != 4 {
        return Err(CommandError::BitopNot);
    }
    let mut sources = Vec::with_capacity(call.argc() - 3);
    for key in call.args.iter().skip(3) {
        let value = call.keys.read::<Str>(key)?;
        sources.push(value.and_then(|value| value.to_big_string()).unwrap_or_default());
    }
    let len = sources.iter().map(BigString::len).max().unwrap_or(0);
    let destination = call.arg(2);
    if len == 0 {
        call.keys.delete_destination(destination);
    } else {
        let result = combined(operation, &sources, len);
        let mut opened = call.keys.open_any(destination);
        opened.set(NewValue::Object(result.into()), None);
        opened.changed_as(EventClass::String, "set");
    }
    call.reply.int(len as i64);
    Ok(())
}

/// The strings combined, the shorter ones filled up with zeros to `len` bytes.
fn combined(operation: Operation, sources: &[BigString], len: usize) -> BigString {
    let mut done = 0;
    let made = BigString::from_pieces(len, |piece_len| {
        let mut piece = Vec::with_capacity(piece_len);
        while piece.len() < piece_len {
            let block_len = BLOCK_BYTES.min(piece_len - piece.len());
            append_block(&mut piece, operation, sources, done..done + block_len);
            done += block_len;
        }
        Ok::<_, Infallible>(piece)
    });
    match made {
        Ok(string) => string,
        Err(never) => match never {},
    }
}

/// Appends the bytes of a range of the result.
fn append_block(
    piece: &mut Vec<u8>,
    operation: Operation,
    sources: &[BigString],
    range: std::ops::Range<usize>,
) {
    let Some((first, others)) = sources.split_first() else { return };
    let start = piece.len();
    let part = |source: &BigString| range.start.min(source.len())..range.end.min(source.len());
    first.as_str().range(part(first)).for_each(|bytes| piece.extend_from_slice(bytes));
    piece.resize(start + range.len(), 0);
    operation.begin(&mut piece[start..]);
    for other in others {
        let mut rest = &mut piece[start..];
        for bytes in other.as_str().range(part(other)) {
            let (now, later) = rest.split_at_mut(bytes.len());
            operation.combine(now, bytes);
            rest = later;
        }
        operation.combine(rest, &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn strings_are_combined_and_the_result_replaces_whatever_was_there() {
        let mut server = TestServer::new();
        server.check(&[("SET a abc", "OK"), ("SET b 17", "OK"), ("SET d x EX 100", "OK")]);
        server.check(&[("BITOP AND d a b", "3"), ("GET d", "\"!\\\"\\x00\""), ("TTL d", "-1")]);
        server.check(&[("BITOP or d a b missing", "3"), ("GET d", "\"qwc\"")]);
        server.check(&[("BITOP XOR d a a", "3"), ("GET d", "\"\\x00\\x00\\x00\"")]);
        server.check(&[("BITOP NOT a a", "3"), ("GET a", "\"\\x9e\\x9d\\x9c\"")]);
        server.check(&[("BITOP AND n b", "2"), ("GET n", "\"17\"")]);
        server.check(&[("OBJECT ENCODING n", "\"raw\"")]);
    }

    #[test]
    fn an_empty_result_deletes_the_destination() {
        let mut server = TestServer::new();
        server.check(&[("SET d x", "OK"), ("SET e \"\"", "OK")]);
        server.check(&[("BITOP AND d missing e", "0"), ("EXISTS d", "0")]);
        server.check(&[("BITOP AND d missing e", "0"), ("BITOP NOT e e", "0"), ("EXISTS e", "0")]);
        let stream = server.stream();
        assert_eq!(stream[3..], ["BITOP AND d missing e", "BITOP NOT e e"]);
    }

    #[test]
    fn an_expired_destination_is_deleted_as_any_other() {
        let mut server = TestServer::new();
        server.check(&[("SET d x PX 5", "OK")]);
        server.stream();
        server.now += 6;
        server.check(&[("BITOP OR d missing", "0"), ("EXISTS d", "0")]);
        assert_eq!(server.stream(), ["BITOP OR d missing"]);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_redis() {
        let mut server = TestServer::new();
        let not = "-ERR BITOP NOT must be called with a single source key.";
        server.check(&[("BITOP nand d a", "-ERR syntax error"), ("BITOP NOT d a b", not)]);
    }

    #[test]
    fn long_strings_are_combined_as_short_ones_are() {
        let lens = [5, 70_000, 1 << 20, (1 << 20) + 70_001];
        let plain: Vec<Vec<u8>> =
            lens.iter().map(|&len| (0..len).map(|i| (i % 253) as u8).collect()).collect();
        let sources: Vec<BigString> = plain.iter().map(|b| BigString::from(&b[..])).collect();
        for (one, a) in sources.iter().zip(&plain) {
            for (other, b) in sources.iter().zip(&plain) {
                let len = a.len().max(b.len());
                let at = |bytes: &[u8], i: usize| bytes.get(i).copied().unwrap_or(0);
                let pair = [one.clone(), other.clone()];
                let check = |operation, apply: fn(u8, u8) -> u8| {
                    let expected: Vec<u8> = (0..len).map(|i| apply(at(a, i), at(b, i))).collect();
                    let result = combined(operation, &pair, len);
                    assert!(*result.as_str().to_whole() == expected, "{operation:?} {len}");
                };
                check(Operation::And, |a, b| a & b);
                check(Operation::Or, |a, b| a | b);
                check(Operation::Xor, |a, b| a ^ b);
            }
        }
    }
}

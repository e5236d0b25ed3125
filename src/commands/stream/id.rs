//! IDs as clients write them: `ms-seq`, or `ms` with the other part left to the command.

use crate::base::number::parse_i64;
use crate::commands::error::CommandError;
use crate::resp::request::Args;
use crate::store::value::stream::StreamId;

/// A longer one is none.
const TEXT_MAX_BYTES: usize = 127;

/// The ID of a new entry, as XADD gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    /// `*`
    Auto,
    /// `ms-*`
    Ms(u64),
    Given(StreamId),
}

/// Reads an ID; if only `ms` is given, the rest is `missing_seq`.
///
/// # Errors
/// It is none; neither are `-` and `+`.
pub fn parse(text: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    match parts(text)? {
        (ms, None) => Ok(StreamId::new(ms, missing_seq)),
        (ms, Some(seq)) => Ok(StreamId::new(ms, number(seq)?)),
    }
}

/// [`parse`], where `-` and `+` are the lowest and the highest ID.
pub fn parse_or_end(text: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    match until_nul(text) {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        _ => parse(text, missing_seq),
    }
}

/// The ID of a new entry.
pub fn parse_new(text: &[u8]) -> Result<NewId, CommandError> {
    match parts(text)? {
        (ms, None) => Ok(NewId::Given(StreamId::new(ms, 0))),
        (ms, Some(b"*")) => Ok(NewId::Ms(ms)),
        (ms, Some(seq)) => Ok(NewId::Given(StreamId::new(ms, number(seq)?))),
    }
}

/// The `i`-th argument as the first ID of an interval: `(` before it leaves it out.
pub fn interval_start(args: Args<'_>, i: usize) -> Result<StreamId, CommandError> {
    match args.get(i) {
        [b'(', id @ ..] if !id.is_empty() => {
            parse(id, 0)?.next().ok_or(CommandError::IntervalStart)
        }
        id => parse_or_end(id, 0),
    }
}

/// The `i`-th argument as the last ID of an interval: `(` before it leaves it out.
pub fn interval_end(args: Args<'_>, i: usize) -> Result<StreamId, CommandError> {
    match args.get(i) {
        [b'(', id @ ..] if !id.is_empty() => {
            parse(id, u64::MAX)?.previous().ok_or(CommandError::IntervalEnd)
        }
        id => parse_or_end(id, u64::MAX),
    }
}

/// The arguments from one on as IDs.
pub fn parse_all(args: Args<'_>, from: usize) -> Result<Vec<StreamId>, CommandError> {
    (from..args.len()).map(|i| parse(args.get(i), 0)).collect()
}

/// What is before and behind the first dash.
fn parts(text: &[u8]) -> Result<(u64, Option<&[u8]>), CommandError> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(CommandError::StreamId);
    }
    let text = until_nul(text);
    match text.iter().position(|&byte| byte == b'-') {
        Some(dash) => {
            let (ms, seq) = text.split_at(dash);
            Ok((number(ms)?, seq.get(1..)))
        }
        None => Ok((number(text)?, None)),
    }
}

/// As C sees it.
fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Reads a part. What is no strict number is read as by C's `strtoull`: blanks, a sign and zeros
/// may stand before it, and a minus wraps around.
fn number(text: &[u8]) -> Result<u64, CommandError> {
    if let Some(number) = parse_i64(text) {
        return u64::try_from(number).map_err(|_| CommandError::StreamId);
    }
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b);
    let rest = text.get(blanks.count()..).unwrap_or_default();
    let (is_negative, digits) = match rest {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    match digits.iter().try_fold(0, add) {
        Some(number) if !digits.is_empty() => {
            Ok(if is_negative { number.wrapping_neg() } else { number })
        }
        _ => Err(CommandError::StreamId),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = u64::MAX;

    #[test]
    fn ids_are_read_as_redis_reads_them() {
        let good: [(&[u8], (u64, u64)); 9] = [
            (b"1-2", (1, 2)),
            (b"15", (15, 7)),
            (b"18446744073709551615-18446744073709551615", (MAX, MAX)),
            (b"007-01", (7, 1)),
            (b" 1- +2", (1, 2)),
            (b"1--02", (1, MAX - 1)),
            (b"1-2\0junk", (1, 2)),
            (b"\t\x0b1-2", (1, 2)),
            (b"0-0", (0, 0)),
        ];
        for (text, (ms, seq)) in good {
            let id = StreamId::new(ms, seq);
            assert_eq!(parse(text, 7), Ok(id), "{}", text.escape_ascii());
            let new = if text == b"15" { StreamId::new(15, 0) } else { id };
            assert_eq!(parse_new(text), Ok(NewId::Given(new)));
        }
        let long = [&b"0".repeat(126)[..], b"-1"].concat();
        let bad: [&[u8]; 16] = [
            b"",
            b"-",
            b"+",
            b"1-",
            b"-1",
            b"1--2",
            b"1-x",
            b"x-1",
            b"1-2 ",
            b"1-2-3",
            b"1 -2",
            b"$",
            b">",
            b"18446744073709551616",
            b"1-0x1",
            &long,
        ];
        for text in bad {
            assert_eq!(parse(text, 7), Err(CommandError::StreamId), "{}", text.escape_ascii());
            assert_eq!(parse_new(text), Err(CommandError::StreamId));
        }
        assert_eq!(parse(b"1-*", 7), Err(CommandError::StreamId));
        assert_eq!(parse_new(b"1-*"), Ok(NewId::Ms(1)));
        assert_eq!(parse_or_end(b"-", 7), Ok(StreamId::MIN));
        assert_eq!(parse_or_end(b"+\0", 7), Ok(StreamId::MAX));
    }
}

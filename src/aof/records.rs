//! What stands in a file of commands, one record after the other.
//!
//! ```text
//! *3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n     a command
//! #TS:1700000000\r\n                          an annotation
//! ```

use std::ops::Range;

use super::mark::Mark;

/// As long as a line of Redis's annotations may be.
const LINE_BYTES_MAX: usize = 1024;

/// One record. Its length in bytes comes beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Its arguments are where they were asked for.
    Command,
    Mark(Mark),
    /// Any other annotation.
    Annotation,
}

/// The bytes are no record, whatever may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The record at the beginning of `input`, and its length in bytes. Of a command `args` gets the
/// places of the arguments in `input`, of which there is at least one. `None`: `input` ends within
/// it.
///
/// # Errors
/// There is none.
pub fn next(
    input: &[u8],
    args: &mut Vec<Range<usize>>,
) -> Result<Option<(Record, usize)>, Malformed> {
    let Some(&first) = input.first() else { return Ok(None) };
    match first {
        b'#' => annotation(input),
        b'*' => command(input, args),
        _ => Err(Malformed),
    }
}

fn annotation(input: &[u8]) -> Result<Option<(Record, usize)>, Malformed> {
    let Some((line, len)) = line(input)? else { return Ok(None) };
    Ok(Some((Mark::parse(line).map_or(Record::Annotation, Record::Mark), len)))
}

fn command(
    input: &[u8],
    args: &mut Vec<Range<usize>>,
) -> Result<Option<(Record, usize)>, Malformed> {
    args.clear();
    let Some((count, mut at)) = number(input, b'*')? else { return Ok(None) };
    if count == 0 || count > i32::MAX as usize {
        return Err(Malformed);
    }
    for _ in 0..count {
        let rest = input.get(at..).unwrap_or_default();
        let Some((len, header)) = number(rest, b'$')? else { return Ok(None) };
        let start = at + header;
        let end = start.checked_add(len).ok_or(Malformed)?;
        match input.get(end..).unwrap_or_default() {
            [b'\r', b'\n', ..] => {}
            [] | [b'\r'] => return Ok(None),
            _ => return Err(Malformed),
        }
        args.push(start..end);
        at = end + 2;
    }
    Ok(Some((Record::Command, at)))
}

/// The number of a header, and the header's length.
fn number(input: &[u8], kind: u8) -> Result<Option<(usize, usize)>, Malformed> {
    match input.first() {
        None => return Ok(None),
        Some(&first) if first != kind => return Err(Malformed),
        Some(_) => {}
    }
    let Some((line, len)) = line(input)? else { return Ok(None) };
    let digits = line.get(1..).unwrap_or_default();
    let number = crate::base::number::parse_u64(digits).ok_or(Malformed)?;
    Ok(Some((usize::try_from(number).map_err(|_| Malformed)?, len)))
}

/// The first line without its end, and its length with that.
fn line(input: &[u8]) -> Result<Option<(&[u8], usize)>, Malformed> {
    let start = input.get(..input.len().min(LINE_BYTES_MAX)).unwrap_or_default();
    let Some(end) = memchr::memchr(b'\n', start) else {
        return if start.len() < LINE_BYTES_MAX { Ok(None) } else { Err(Malformed) };
    };
    let line = start.get(..end).unwrap_or_default();
    Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(input: &[u8]) -> Result<Option<(Record, usize)>, Malformed> {
        next(input, &mut Vec::new())
    }

    #[test]
    fn a_command_is_taken_apart_and_every_part_of_it_is_an_end_within() {
        let input = b"*3\r\n$3\r\nset\r\n$0\r\n\r\n$2\r\nv\n\r\nrest";
        let (mut args, len) = (Vec::new(), input.len() - 4);
        assert_eq!(next(input, &mut args), Ok(Some((Record::Command, len))));
        let args: Vec<_> = args.into_iter().map(|place| &input[place]).collect();
        assert_eq!(args, [&b"set"[..], b"", b"v\n"]);
        for end in 0..len {
            assert_eq!(one(&input[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn annotations_are_told_from_commands() {
        assert_eq!(one(b"#TS:1\r\n*1"), Ok(Some((Record::Annotation, 7))));
        assert_eq!(one(b"#TS:1"), Ok(None));
        let id = crate::base::ids::ReplId::from_bytes(&[b'a'; 40]).unwrap();
        let mark = Mark { id, offset: 7, second: None };
        let line = mark.line();
        assert_eq!(one(&line), Ok(Some((Record::Mark(mark), line.len()))));
        assert_eq!(one(&[b'#'; 1024]), Err(Malformed));
    }

    #[test]
    fn what_is_no_record_is_malformed() {
        for input in [
            "set k v\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*x\r\n",
            "*1\r\n+OK\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n$1\r\nab\r\n",
            "*4294967296\r\n",
            "*1\r\n$18446744073709551615\r\n",
            "*1\r\n$99999999999999999999\r\n",
        ] {
            assert_eq!(one(input.as_bytes()), Err(Malformed), "{input}");
        }
    }
}

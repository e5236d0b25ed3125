//! The quick way: a complete command, spelled as every writer spells it.

use crate::resp::limits::PlainLimits;
use crate::resp::request::Span;

/// The quick way through a complete command in its canonical encoding within the limits, which
/// is nearly every one. Pushes its arguments and returns its end; on `None` nothing has happened.
#[inline]
pub(super) fn plain_command(
    buf: &[u8],
    start: usize,
    base: usize,
    args: &mut Vec<Span>,
    limits: &PlainLimits,
) -> Option<usize> {
    let (count, mut rest) = plain_number(buf.get(start..)?, b'*')?;
    if count == 0 || count > limits.arguments {
        return None;
    }
    let args_before = args.len();
    for _ in 0..count {
        match plain_bulk(rest, limits) {
            Some((len, text, after)) => {
                args.push(Span { start: base + buf.len() - text.len(), len });
                rest = after;
            }
            None => {
                args.truncate(args_before);
                return None;
            }
        }
    }
    Some(buf.len() - rest.len())
}

/// The length of the argument that is announced at the front, what begins with its first byte, and
/// what follows its line end.
#[inline]
fn plain_bulk<'a>(rest: &'a [u8], limits: &PlainLimits) -> Option<(usize, &'a [u8], &'a [u8])> {
    let (len, text) = plain_number(rest, b'$')?;
    let after = text.get(len..)?.strip_prefix(b"\r\n")?;
    (len <= limits.bulk_bytes).then_some((len, text, after))
}

/// Reads the mark, one to nine digits and `\r\n`. Returns the number and what follows.
#[inline]
fn plain_number(line: &[u8], mark: u8) -> Option<(usize, &[u8])> {
    let digit = |byte: u8| usize::from(byte - b'0');
    match *line {
        [m, a @ b'0'..=b'9', b'\r', b'\n', ref rest @ ..] if m == mark => Some((digit(a), rest)),
        [m, a @ b'1'..=b'9', b @ b'0'..=b'9', b'\r', b'\n', ref rest @ ..] if m == mark => {
            Some((10 * digit(a) + digit(b), rest))
        }
        [m, ref digits @ ..] if m == mark && matches!(digits, [b'1'..=b'9', ..]) => {
            long_plain_number(digits)
        }
        _ => None,
    }
}

/// One to nine digits and `\r\n`; as [`plain_number`].
fn long_plain_number(digits: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (i, byte) in digits.iter().enumerate().take(10) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Some((number, digits.get(i..)?.strip_prefix(b"\r\n")?));
        }
        number = number * 10 + usize::from(digit);
    }
    None
}

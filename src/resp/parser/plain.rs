//! The quick way: a complete command, spelled as every writer spells it.

use crate::resp::limits::Limits;
use crate::resp::request::Span;

/// The quick way through a complete command in its canonical encoding within the limits, which
/// is nearly every one. Pushes its arguments and returns its end; on `None` nothing has happened.
#[inline]
pub(super) fn plain_command(
    buf: &[u8],
    start: usize,
    base: usize,
    args: &mut Vec<Span>,
    limits: &Limits,
) -> Option<usize> {
    let (count, mut pos) = plain_number(buf, start, b'*')?;
    if count == 0 || limits.check_arguments(Some(count as i64)).is_err() {
        return None;
    }
    let args_before = args.len();
    for _ in 0..count {
        match plain_bulk(buf, pos, limits) {
            Some((start, len)) => {
                args.push(Span { start: base + start, len });
                pos = start + len + 2;
            }
            None => {
                args.truncate(args_before);
                return None;
            }
        }
    }
    Some(pos)
}

/// Where the argument that is announced at `pos` begins, and its length.
#[inline]
fn plain_bulk(buf: &[u8], pos: usize, limits: &Limits) -> Option<(usize, usize)> {
    let (len, start) = plain_number(buf, pos, b'$')?;
    limits.check_bulk(Some(len as i64)).ok()?;
    // No overflow: nine digits, and a place in the buffer.
    let end = buf.get(start + len..start + len + 2)?;
    (end == b"\r\n").then_some((start, len))
}

/// Reads the mark, one to nine digits and `\r\n`. Returns the number and the place after it.
#[inline]
fn plain_number(buf: &[u8], pos: usize, mark: u8) -> Option<(usize, usize)> {
    let line = buf.get(pos..)?;
    match *line {
        [m, digit @ b'0'..=b'9', b'\r', b'\n', ..] if m == mark => {
            return Some((usize::from(digit - b'0'), pos + 4));
        }
        [m, b'1'..=b'9', ..] if m == mark => {}
        _ => return None,
    }
    let mut number = 0;
    for (i, byte) in line.iter().enumerate().take(11).skip(1) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            let end = line.get(i..i + 2)?;
            return (end == b"\r\n").then_some((number, pos + i + 2));
        }
        number = number * 10 + usize::from(digit);
    }
    None
}

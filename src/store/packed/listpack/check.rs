//! Bytes from outside, before they become a pack.

use super::entry::{Link, decode, shortest_len};
use super::head::{END, HEAD_BYTES, Head};
use crate::store::packed::limits::MAX_BYTES;
use crate::store::packed::malformed::Malformed;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The number of entries.
    pub(super) count: usize,
    /// Whether each entry is the shortest for its element.
    pub(super) is_shortest: bool,
}

/// Looks at every byte: header, each entry with the length behind it, end, number of entries.
pub(super) fn check(bytes: &[u8]) -> Result<Found, Malformed> {
    let too_short = Malformed::TooShort { bytes: bytes.len() };
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(too_short)?;
    let (&end, mut rest) = rest.split_last().ok_or(too_short)?;
    let head = Head::of(*head);
    if head.total != bytes.len() {
        return Err(Malformed::WrongTotal { stated: head.total as u64, bytes: bytes.len() });
    }
    if bytes.len() > MAX_BYTES {
        return Err(Malformed::TooLong { bytes: bytes.len() });
    }
    if end != END {
        return Err(Malformed::NoEnd);
    }
    let mut found = Found { count: 0, is_shortest: true };
    while !rest.is_empty() {
        let at = bytes.len() - 1 - rest.len();
        let (element, len) = decode(rest).ok_or(Malformed::BadEntry { at })?;
        let (_, behind) = rest.split_at(len);
        rest = behind_link(behind, len).ok_or(Malformed::BadLink { at: at + len })?;
        found.count += 1;
        // Every other way to write an element is longer.
        found.is_shortest &= shortest_len(element) == len;
    }
    match head.count {
        Some(stated) if stated != found.count => {
            Err(Malformed::WrongCount { stated: stated as u64, found: found.count })
        }
        _ => Ok(found),
    }
}

/// What is behind the link of an entry of that length, if it begins with that.
#[inline]
fn behind_link(bytes: &[u8], len: usize) -> Option<&[u8]> {
    match bytes.split_first() {
        // Nearly all links are one byte.
        Some((&link, rest)) if len < 0x80 && usize::from(link) == len => Some(rest),
        _ => bytes.strip_prefix(Link::of(len).bytes()),
    }
}

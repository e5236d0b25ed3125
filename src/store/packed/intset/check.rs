//! Bytes from outside, before they become a set.

use super::iter::{Iter, Numbers};
use super::layout::{HEAD_BYTES, Head};
use crate::store::packed::limits::MAX_BYTES;
use crate::store::packed::malformed::Malformed;

/// Looks at all: the header, and that the numbers ascend, each once. A set that is empty is refused,
/// as Redis does.
pub(super) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let too_short = Malformed::TooShort { bytes: bytes.len() };
    let (head, area) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(too_short)?;
    let head = Head::of(*head);
    let width = head.width.ok_or(Malformed::BadEntry { at: 0 })?;
    let stated = HEAD_BYTES as u64 + width.bytes() as u64 * head.count as u64;
    if stated != bytes.len() as u64 {
        return Err(Malformed::WrongTotal { stated, bytes: bytes.len() });
    }
    if bytes.len() > MAX_BYTES {
        return Err(Malformed::TooLong { bytes: bytes.len() });
    }
    let mut numbers = Iter::of(Numbers::of(width, area), head.count);
    let mut last = numbers.next().ok_or(too_short)?;
    for (i, number) in numbers.enumerate() {
        if number <= last {
            return Err(Malformed::Unsorted { at: HEAD_BYTES + width.bytes() * (i + 1) });
        }
        last = number;
    }
    Ok(())
}

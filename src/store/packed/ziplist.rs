//! Elements in order, as Redis kept them before it had listpacks: lists, hashes and sorted sets up
//! to 6.2. Read only.
//!
//! ```text
//! | total bytes u32 | last entry u32 | entries u16 | entry | entry | ... | 0xff |
//! 0                 4                8             10                    total - 1
//!
//! entry: | length of the entry before | encoding, or number | data            |
//!        | 1 byte up to 253, or       | 00llllll            | text of l bytes |
//!        | 254 and u32                | 01llllll llllllll   | text of l bytes |
//!                                     | 10...... u32        | text of as many |
//!                                     | 11000000            | i16             |
//!                                     | 11010000            | i32             |
//!                                     | 11100000            | i64             |
//!                                     | 11110000            | i24             |
//!                                     | 11111110            | i8              |
//!                                     | 1111nnnn, 1 to 13   | the number n - 1 |
//! ```
//! The lengths of texts have their high bits first; all else is little-endian. The number of
//! entries is 65,535 if there are as many or more. The length of the entry before may take five
//! bytes where one would do: Redis does not shrink it.

use super::element::Element;
use super::malformed::Malformed;

const HEAD_BYTES: usize = 10;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;
/// From here on, the length of the entry before takes five bytes.
const LONG_LINK: u8 = 254;

/// The elements of a ziplist whose every byte was checked.
#[derive(Clone, Copy, Debug)]
pub struct Ziplist<'a> {
    entries: &'a [u8],
    count: usize,
}

impl<'a> Ziplist<'a> {
    /// Checks what a file or a peer sent: header, each entry and the length before it, the last
    /// entry, the end, the number of entries.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let too_short = Malformed::TooShort { bytes: bytes.len() };
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(too_short)?;
        let (&end, entries) = rest.split_last().ok_or(too_short)?;
        let [a, b, c, d, e, f, g, h, count @ ..] = *head;
        let total = u32::from_le_bytes([a, b, c, d]);
        if u64::from(total) != bytes.len() as u64 {
            return Err(Malformed::WrongTotal { stated: total.into(), bytes: bytes.len() });
        }
        if end != END {
            return Err(Malformed::NoEnd);
        }
        let (count, last) = walk(entries, u16::from_le_bytes(count))?;
        let stated_last = u32::from_le_bytes([e, f, g, h]);
        if last.is_some_and(|last| u64::from(stated_last) != last as u64) {
            return Err(Malformed::BadLink { at: 4 });
        }
        Ok(Ziplist { entries, count })
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements, in order. A text may say a number.
    pub fn iter(&self) -> Iter<'a> {
        Iter { rest: self.entries, left: self.count }
    }
}

impl<'a> IntoIterator for &Ziplist<'a> {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Passes over all entries: how many there are, which has to be as stated, and where the last one
/// begins in the ziplist.
fn walk(entries: &[u8], stated: u16) -> Result<(usize, Option<usize>), Malformed> {
    let (mut rest, mut before, mut count, mut last) = (entries, 0, 0, None);
    while !rest.is_empty() {
        let at = HEAD_BYTES + entries.len() - rest.len();
        let entry = decode(rest).ok_or(Malformed::BadEntry { at })?;
        if u64::from(entry.before) != before as u64 {
            return Err(Malformed::BadLink { at });
        }
        rest = rest.get(entry.len..).ok_or(Malformed::BadEntry { at })?;
        (before, last) = (entry.len, Some(at));
        count += 1;
    }
    if stated != COUNT_UNKNOWN && usize::from(stated) != count {
        return Err(Malformed::WrongCount { stated: stated.into(), found: count });
    }
    Ok((count, last))
}

/// The elements of a ziplist, in order.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let entry = decode(self.rest)?;
        self.rest = self.rest.get(entry.len..)?;
        self.left -= 1;
        Some(entry.element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// One entry.
struct Entry<'a> {
    element: Element<'a>,
    /// All its bytes.
    len: usize,
    /// What it says of the bytes of the entry before.
    before: u32,
}

/// The entry at the beginning of `bytes`; `None` if none begins or ends there.
fn decode(bytes: &[u8]) -> Option<Entry<'_>> {
    let (&first, rest) = bytes.split_first()?;
    let (before, rest) = match first {
        END => return None,
        LONG_LINK => {
            let (before, rest) = rest.split_first_chunk()?;
            (u32::from_le_bytes(*before), rest)
        }
        _ => (first.into(), rest),
    };
    let (element, len) = element(rest)?;
    Some(Entry { element, len: bytes.len() - rest.len() + len, before })
}

/// The element whose encoding begins `bytes`, and the bytes of both.
fn element(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let (&encoding, rest) = bytes.split_first()?;
    let int = |number: i64, width: usize| Some((Element::Int(number), 1 + width));
    let text = |head: usize, len: usize| {
        let end = head.checked_add(len)?;
        Some((Element::Str(bytes.get(head..end)?), end))
    };
    match encoding {
        0x00..=0x3f => text(1, encoding.into()),
        0x40..=0x7f => text(2, u16::from_be_bytes([encoding & 0x3f, *rest.first()?]).into()),
        0x80..=0xbf => text(5, u32::from_be_bytes(*rest.first_chunk()?) as usize),
        0xc0 => int(i16::from_le_bytes(*rest.first_chunk()?).into(), 2),
        0xd0 => int(i32::from_le_bytes(*rest.first_chunk()?).into(), 4),
        0xe0 => int(i64::from_le_bytes(*rest.first_chunk()?), 8),
        0xf0 => {
            let [low, middle, high] = *rest.first_chunk()?;
            int((i32::from_le_bytes([0, low, middle, high]) >> 8).into(), 3)
        }
        0xf1..=0xfd => int(i64::from(encoding & 0x0f) - 1, 0),
        0xfe => int(i8::from_le_bytes(*rest.first_chunk()?).into(), 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

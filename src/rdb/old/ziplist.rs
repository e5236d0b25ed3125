//! A ziplist, of Redis before 7.0.
//!
//! ```text
//! | total bytes | offset of the last | count  | element | ... | 0xff |
//! |  u32 LE     |  u32 LE            | u16 LE |
//!
//! element: the length of the one before (1 byte, or 0xfe and u32 LE), then
//! | 00llllll                  | text | 01llllll 1 byte, big endian      | text
//! | 10000000 u32 big endian   | text | 11000000 i16 | 11010000 i32 | 11100000 i64
//! | 11110000 24 bits | 11111110 i8   | 11110001 to 11111101: 0 to 12     (LE)
//! ```

use crate::store::pack::Element;

const HEADER_BYTES: usize = 10;
const END: u8 = 0xff;
const LONG_BEFORE: u8 = 0xfe;
const UNKNOWN_COUNT: u16 = u16::MAX;

/// The elements in these bytes, in their order; `None`: they are no ziplist.
pub fn elements(bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let total = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let tail = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    let count = u16::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
    if total != bytes.len() || *bytes.get(HEADER_BYTES..)?.last()? != END {
        return None;
    }
    let end = total - 1;
    let mut elements = Vec::new();
    let (mut at, mut last, mut before) = (HEADER_BYTES, HEADER_BYTES, 0);
    while at < end {
        let (stated, width) = length_before(bytes.get(at..end)?)?;
        let (element, len) = element(bytes.get(at + width..end)?)?;
        if stated != before {
            return None;
        }
        elements.push(element);
        (last, before) = (at, width + len);
        at += before;
    }
    let is_true = count == UNKNOWN_COUNT || usize::from(count) == elements.len();
    (at == end && tail == last && is_true).then_some(elements)
}

/// The length of the element before this one, and how many bytes say so.
fn length_before(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.first()? {
        LONG_BEFORE => Some((u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?) as usize, 5)),
        END => None,
        len => Some((usize::from(len), 1)),
    }
}

/// The element behind that, and its bytes.
fn element(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let first = *bytes.first()?;
    let text = |head: usize, len: usize| {
        let end = head.checked_add(len)?;
        Some((Element::Str(bytes.get(head..end)?), end))
    };
    let int = |width: usize| {
        let mut le = [0; 8];
        le.get_mut(8 - width..)?.copy_from_slice(bytes.get(1..=width)?);
        Some((Element::Int(i64::from_le_bytes(le) >> (8 * (8 - width))), 1 + width))
    };
    match first {
        0..=0x3f => text(1, usize::from(first)),
        0x40..=0x7f => text(2, usize::from(first & 0x3f) << 8 | usize::from(*bytes.get(1)?)),
        0x80 => text(5, u32::from_be_bytes(*bytes.get(1..)?.first_chunk()?) as usize),
        0xc0 => int(2),
        0xd0 => int(4),
        0xe0 => int(8),
        0xf0 => int(3),
        0xfe => int(1),
        0xf1..=0xfd => Some((Element::Int(i64::from(first & 0x0f) - 1), 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RPUSH l 0 12 13 -2 300 70000 99999999999 hello`, and a string of 64 bytes.
    fn sample() -> Vec<u8> {
        let long = [&[0x40, 64][..], &[b'x'; 64]].concat();
        let parts: [&[u8]; 9] = [
            b"\xf1",
            b"\xfd",
            b"\xfe\x0d",
            b"\xfe\xfe",
            b"\xc0\x2c\x01",
            b"\xf0\x70\x11\x01",
            b"\xe0\xff\xe7\x76\x48\x17\0\0\0",
            b"\x05hello",
            &long,
        ];
        let (mut body, mut before, mut last) = (Vec::new(), 0, 0);
        for part in parts {
            last = HEADER_BYTES + body.len();
            body.push(before as u8);
            body.extend_from_slice(part);
            before = part.len() + 1;
        }
        let total = HEADER_BYTES + body.len() + 1;
        let mut bytes = (total as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(&(last as u32).to_le_bytes());
        bytes.extend_from_slice(&9u16.to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.push(END);
        bytes
    }

    #[test]
    fn every_kind_of_element_is_read() {
        let bytes = sample();
        let texts: Vec<_> =
            elements(&bytes).expect("a ziplist").iter().map(Element::to_vec).collect();
        let long = "x".repeat(64);
        let expected = ["0", "12", "13", "-2", "300", "70000", "99999999999", "hello", &long];
        assert_eq!(texts, expected.map(|text| text.as_bytes().to_vec()));
    }

    #[test]
    fn bytes_that_are_cut_or_changed_are_refused_or_read_without_harm() {
        let good = sample();
        assert!((0..good.len()).all(|len| elements(&good[..len]).is_none()));
        for i in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[i] ^= 1 << bit;
                let _ = elements(&bytes);
            }
        }
        assert_eq!(elements(b"\x0b\0\0\0\x0a\0\0\0\0\0\xff"), Some(Vec::new()));
    }
}

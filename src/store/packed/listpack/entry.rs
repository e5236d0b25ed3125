//! One entry as bytes.
//!
//! ```text
//! | encoding, or number  | data                  | length of the two before, to walk back |
//! | 0xxxxxxx             |                       | 7 bits a byte, the highest first, all  |   0..=127
//! | 10llllll             | text of l bytes       | but the first byte with bit 7 set:     |
//! | 110xxxxx xxxxxxxx    |                       | 1 byte  up to 127                      |   13 bits, signed
//! | 1110llll llllllll    | text of l bytes       | 2 bytes below 16,383 (sic)             |
//! | 11110000 u32         | text of u32 bytes     | 3 bytes below 2,097,151                |
//! | 11110001 i16         |                       | 4 bytes below 268,435,455              |
//! | 11110010 i24         |                       | 5 bytes from there on                  |
//! | 11110011 i32         |                       |                                        |
//! | 11110100 i64         |                       |                                        |
//! ```
//! Texts' lengths of 13 bits have the high bits first; all else is little-endian.

use crate::store::memory::same_key;
use crate::store::packed::element::Element;

/// The most bytes of an encoding with its number.
const HEAD_MAX_BYTES: usize = 9;

/// An element as an entry's bytes.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    head: [u8; HEAD_MAX_BYTES],
    head_bytes: usize,
    data: &'a [u8],
    link: Link,
}

impl<'a> Entry<'a> {
    /// The shortest entry for an element.
    #[inline]
    pub(super) fn of(element: Element<'a>) -> Self {
        match element {
            Element::Int(number) => Entry::of_int(number),
            Element::Str(text) => match Element::of(text) {
                Element::Int(number) => Entry::of_int(number),
                Element::Str(text) => Entry::of_text(text),
            },
        }
    }

    fn of_int(number: i64) -> Self {
        let bytes = number.to_le_bytes();
        let mut head = [0; HEAD_MAX_BYTES];
        let mut with = |encoding: u8, width: usize| {
            head[0] = encoding;
            head[1..=width].copy_from_slice(&bytes[..width]);
            1 + width
        };
        let head_bytes = match number {
            0..=0x7f => with(bytes[0], 0),
            -0x1000..=0xfff => {
                head[0] = 0xc0 | bytes[1] & 0x1f;
                head[1] = bytes[0];
                2
            }
            -0x8000..=0x7fff => with(0xf1, 2),
            -0x80_0000..=0x7f_ffff => with(0xf2, 3),
            -0x8000_0000..=0x7fff_ffff => with(0xf3, 4),
            _ => with(0xf4, 8),
        };
        Entry { head, head_bytes, data: &[], link: Link::of(head_bytes) }
    }

    fn of_text(data: &'a [u8]) -> Self {
        let len = data.len();
        let mut head = [0; HEAD_MAX_BYTES];
        let head_bytes = match len {
            0..64 => {
                head[0] = 0x80 | len as u8;
                1
            }
            64..4096 => {
                head[0] = 0xe0 | (len >> 8) as u8;
                head[1] = len as u8;
                2
            }
            _ => {
                head[0] = 0xf0;
                // What is longer is refused by its size, before anything is written.
                head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                5
            }
        };
        Entry { head, head_bytes, data, link: Link::of(head_bytes + len) }
    }

    /// The bytes of encoding and data.
    #[inline]
    pub(super) fn encoding_len(&self) -> usize {
        self.head_bytes + self.data.len()
    }

    /// All bytes of the entry.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.encoding_len() + self.link.width
    }

    /// The bytes, in three parts.
    #[inline]
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [&self.head[..self.head_bytes], self.data, self.link.bytes()]
    }

    /// Whether it is that of a text.
    pub(super) fn is_of(&self, text: &[u8]) -> bool {
        let other = Entry::of(Element::Str(text));
        self.head == other.head && self.data == other.data
    }

    /// Whether `bytes` begin with it.
    #[inline]
    pub(super) fn begins(&self, bytes: &[u8]) -> bool {
        // The first byte sorts out nearly all others: it has the length of a short text.
        bytes.first() == Some(&self.head[0])
            && (self.head_bytes == 1
                || bytes.get(1..self.head_bytes) == self.head.get(1..self.head_bytes))
            && bytes
                .get(self.head_bytes..self.encoding_len())
                .is_some_and(|data| same_key(data, self.data))
    }
}

/// The length of an entry's encoding and data, as it stands behind them.
#[derive(Clone, Copy)]
pub(super) struct Link {
    bytes: [u8; 5],
    width: usize,
}

impl Link {
    #[inline]
    pub(super) fn of(len: usize) -> Self {
        let width = Link::width(len);
        let mut bytes = [0; 5];
        if width == 1 {
            bytes[0] = len as u8;
            return Link { bytes, width };
        }
        for (i, byte) in bytes[..width].iter_mut().rev().enumerate() {
            *byte = (len >> (7 * i)) as u8 | 0x80;
        }
        bytes[0] &= 0x7f;
        Link { bytes, width }
    }

    /// How many bytes it takes. The borders from the second on are one lower than they could be:
    /// Redis has them so.
    #[inline]
    pub(super) fn width(len: usize) -> usize {
        match len {
            0..128 => 1,
            128..16_383 => 2,
            16_383..2_097_151 => 3,
            2_097_151..268_435_455 => 4,
            _ => 5,
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.width]
    }
}

/// The element at the beginning of `bytes`, and how many its encoding and data take. `None` if
/// none begins there, or ends there.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let text = |head: usize, len: usize| {
        let end = head.checked_add(len)?;
        Some((Element::Str(bytes.get(head..end)?), end))
    };
    match first {
        0..=0x7f => Some((Element::Int(first.into()), 1)),
        0x80..=0xbf => text(1, usize::from(first & 0x3f)),
        0xc0..=0xdf => {
            let number = i16::from_be_bytes([first & 0x1f, *rest.first()?]);
            // The thirteenth bit is the sign.
            Some((Element::Int(i64::from(number << 3 >> 3)), 2))
        }
        0xe0..=0xef => text(2, usize::from(u16::from_be_bytes([first & 0x0f, *rest.first()?]))),
        0xf0 => text(5, u32::from_le_bytes(*rest.first_chunk()?) as usize),
        0xf1 => Some((Element::Int(i16::from_le_bytes(*rest.first_chunk()?).into()), 3)),
        0xf2 => {
            let [low, middle, high] = *rest.first_chunk()?;
            let number = i32::from_le_bytes([0, low, middle, high]) >> 8;
            Some((Element::Int(number.into()), 4))
        }
        0xf3 => Some((Element::Int(i32::from_le_bytes(*rest.first_chunk()?).into()), 5)),
        0xf4 => Some((Element::Int(i64::from_le_bytes(*rest.first_chunk()?)), 9)),
        0xf5..=0xff => None,
    }
}

/// The bytes of encoding and data of the shortest entry for an element.
#[inline]
pub(super) fn shortest_len(element: Element<'_>) -> usize {
    match element.shortest() {
        Element::Int(number) => match number {
            0..=0x7f => 1,
            -0x1000..=0xfff => 2,
            -0x8000..=0x7fff => 3,
            -0x80_0000..=0x7f_ffff => 4,
            -0x8000_0000..=0x7fff_ffff => 5,
            _ => 9,
        },
        Element::Str(text) => {
            let head = match text.len() {
                0..64 => 1,
                64..4096 => 2,
                _ => 5,
            };
            head + text.len()
        }
    }
}

/// The bytes of the whole entry at the beginning of `bytes`.
#[inline]
pub(super) fn whole_len(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    // Nearly all entries are short, and their links one byte.
    let len = match first {
        0..=0x7f => 1,
        0x80..=0xbf => 1 + usize::from(first & 0x3f),
        0xc0..=0xdf => 2,
        _ => decode(bytes)?.1,
    };
    Some(len + Link::width(len))
}

/// The bytes of the whole entry at the end of `bytes`.
#[inline]
pub(super) fn last_whole_len(bytes: &[u8]) -> Option<usize> {
    let mut len = 0;
    for (i, &byte) in bytes.iter().rev().take(5).enumerate() {
        len |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some(len + Link::width(len));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(element: Element<'_>) -> Vec<u8> {
        Entry::of(element).parts().concat()
    }

    #[test]
    fn numbers_take_the_encoding_that_redis_gives_them() {
        let cases: [(i64, &[u8]); 20] = [
            (0, &[0, 1]),
            (127, &[0x7f, 1]),
            (128, &[0xc0, 128, 2]),
            (-1, &[0xdf, 0xff, 2]),
            (4095, &[0xcf, 0xff, 2]),
            (-4096, &[0xd0, 0, 2]),
            (4096, &[0xf1, 0, 0x10, 3]),
            (-4097, &[0xf1, 0xff, 0xef, 3]),
            (32767, &[0xf1, 0xff, 0x7f, 3]),
            (-32768, &[0xf1, 0, 0x80, 3]),
            (32768, &[0xf2, 0, 0x80, 0, 4]),
            (-32769, &[0xf2, 0xff, 0x7f, 0xff, 4]),
            (8_388_607, &[0xf2, 0xff, 0xff, 0x7f, 4]),
            (-8_388_608, &[0xf2, 0, 0, 0x80, 4]),
            (8_388_608, &[0xf3, 0, 0, 0x80, 0, 5]),
            (i64::from(i32::MAX), &[0xf3, 0xff, 0xff, 0xff, 0x7f, 5]),
            (i64::from(i32::MIN), &[0xf3, 0, 0, 0, 0x80, 5]),
            (1 << 31, &[0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9]),
            (i64::MAX, &[0xf4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 9]),
            (i64::MIN, &[0xf4, 0, 0, 0, 0, 0, 0, 0, 0x80, 9]),
        ];
        for (number, bytes) in cases {
            assert_eq!(bytes_of(Element::Int(number)), bytes, "{number}");
            assert_eq!(bytes_of(Element::Str(number.to_string().as_bytes())), bytes, "{number}");
            let (element, len) = decode(bytes).unwrap();
            assert!(matches!(element, Element::Int(same) if same == number));
            assert_eq!((len, shortest_len(element)), (bytes.len() - 1, len));
        }
    }

    #[test]
    fn texts_have_lengths_of_6_12_and_32_bits() {
        for (len, head) in [
            (0, &[0x80][..]),
            (1, &[0x81]),
            (63, &[0xbf]),
            (64, &[0xe0, 64]),
            (4095, &[0xef, 0xff]),
            (4096, &[0xf0, 0, 0x10, 0, 0]),
            (70_000, &[0xf0, 0x70, 0x11, 1, 0]),
        ] {
            let text = vec![b'x'; len];
            let bytes = bytes_of(Element::Str(&text));
            assert!(bytes.starts_with(head), "{len}");
            assert_eq!(shortest_len(Element::Str(&text)), head.len() + len);
            assert_eq!(decode(&bytes), Some((Element::Str(&text), head.len() + len)));
            for cut in 0..head.len() + len.min(100) {
                assert_eq!(decode(&bytes[..cut]), None);
            }
        }
    }

    #[test]
    fn links_are_read_back_at_the_borders_of_their_widths() {
        let borders = [
            (127, 1),
            (128, 2),
            (16_382, 2),
            (16_383, 3),
            (16_384, 3),
            (2_097_150, 3),
            (2_097_151, 4),
            (268_435_454, 4),
            (268_435_455, 5),
            (1 << 30, 5),
        ];
        for (len, width) in borders {
            let link = Link::of(len);
            assert_eq!(link.bytes().len(), width, "{len}");
            assert_eq!(last_whole_len(link.bytes()), Some(len + width), "{len}");
        }
        assert_eq!(Link::of(16_382).bytes(), [0x7f, 0xfe]);
        assert_eq!(Link::of(16_383).bytes(), [0, 0xff, 0xff]);
        assert_eq!(last_whole_len(&[0x80; 9]), None);
        assert_eq!(last_whole_len(&[]), None);
    }

    #[test]
    fn an_entry_begins_only_what_holds_the_same_element() {
        let texts = ["", "0", "12", "a", "b", "ab", "-5", "70000", "99999999999"];
        let long = ["x".repeat(63), "x".repeat(64), "y".repeat(64), "x".repeat(5000)];
        let all: Vec<&str> = texts.into_iter().chain(long.iter().map(String::as_str)).collect();
        for one in &all {
            for other in &all {
                let entry = Entry::of(Element::Str(one.as_bytes()));
                let bytes = bytes_of(Element::Str(other.as_bytes()));
                assert_eq!(entry.begins(&bytes), one == other);
                assert!(!entry.begins(&bytes[..entry.encoding_len().min(bytes.len()) - 1]));
            }
        }
    }
}

//! How one element stands in a listpack.
//!
//! ```text
//! | first byte | then                     |
//! |  0nnnnnnn  |                          | an integer of 0 to 127
//! |  10llllll  | text                     | a string of up to 63 bytes
//! |  110nnnnn  | 1 byte                   | an integer of 13 bits
//! |  1110llll  | 1 byte, text             | a string of up to 4095 bytes
//! |  11110000  | 4 bytes LE, text         | a longer string
//! |  11110001 to 11110100 | 2, 3, 4, 8 LE | an integer
//! ```
//! Behind each element stands how many bytes it takes, so that it is found from the end: 7 bits a
//! byte, the highest first, all but the first byte marked by their highest bit.

use crate::base::number::parse_i64;

/// Before the first element: the total and the count.
pub(super) const HEADER_BYTES: usize = 6;
/// Behind the last element.
pub(super) const END: u8 = 0xff;
/// A count that is not known.
pub(super) const UNKNOWN_COUNT: u16 = u16::MAX;
/// A pack from outside is not longer than this.
pub(super) const MAX_BYTES: usize = 1 << 30;

/// Longer texts are no integer.
const MAX_INTEGER_TEXT: usize = 20;

/// An element as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    Int(i64),
    Str(&'a [u8]),
}

impl<'a> Element<'a> {
    /// Its bytes; `digits` holds an integer's.
    pub fn as_bytes<'b>(&self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Element::Int(number) => digits.format(number).as_bytes(),
            Element::Str(bytes) => bytes,
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.as_bytes(&mut itoa::Buffer::new()).to_vec()
    }

    /// The length of its bytes.
    pub fn len(&self) -> usize {
        match self {
            Element::Int(_) => self.as_bytes(&mut itoa::Buffer::new()).len(),
            Element::Str(bytes) => bytes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Element::Str(b""))
    }
}

/// Bytes that elements are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub bytes: &'a [u8],
    /// What they would be kept as, if that is an integer.
    pub number: Option<i64>,
}

impl<'a> Sought<'a> {
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Sought<'a> {
        Sought { bytes, number: as_integer(bytes) }
    }

    #[inline]
    pub fn is(&self, element: Element<'_>) -> bool {
        match element {
            Element::Int(number) => self.number == Some(number),
            Element::Str(bytes) => self.number.is_none() && self.bytes == bytes,
        }
    }
}

/// The integer that these bytes are kept as.
#[inline]
fn as_integer(bytes: &[u8]) -> Option<i64> {
    if bytes.len() > MAX_INTEGER_TEXT { None } else { parse_i64(bytes) }
}

/// An element on its way into a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded<'a> {
    head: [u8; 9],
    head_len: usize,
    text: &'a [u8],
}

impl<'a> Encoded<'a> {
    pub fn of(bytes: &'a [u8]) -> Encoded<'a> {
        match as_integer(bytes) {
            Some(number) => Encoded::of_int(number),
            None => Encoded::of_str(bytes),
        }
    }

    pub fn of_int(number: i64) -> Encoded<'static> {
        let mut head = [0; 9];
        let le = number.to_le_bytes();
        let head_len = match number {
            0..=127 => {
                head[0] = number as u8;
                1
            }
            -4096..=4095 => {
                let bits = (number as u16) & 0x1fff;
                head[0] = 0xc0 | (bits >> 8) as u8;
                head[1] = bits as u8;
                2
            }
            _ => {
                let (mark, width) = match number {
                    -0x8000..=0x7fff => (0xf1, 2),
                    -0x80_0000..=0x7f_ffff => (0xf2, 3),
                    -0x8000_0000..=0x7fff_ffff => (0xf3, 4),
                    _ => (0xf4, 8),
                };
                head[0] = mark;
                head[1..=width].copy_from_slice(&le[..width]);
                1 + width
            }
        };
        Encoded { head, head_len, text: b"" }
    }

    fn of_str(text: &'a [u8]) -> Encoded<'a> {
        let mut head = [0; 9];
        let head_len = match text.len() {
            len @ 0..64 => {
                head[0] = 0x80 | len as u8;
                1
            }
            len @ 64..4096 => {
                head[0] = 0xe0 | (len >> 8) as u8;
                head[1] = len as u8;
                2
            }
            len => {
                head[0] = 0xf0;
                head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                5
            }
        };
        Encoded { head, head_len, text }
    }

    fn body_len(&self) -> usize {
        self.head_len + self.text.len()
    }

    /// What it takes, with the length behind it.
    pub fn len(&self) -> usize {
        let body = self.body_len();
        body + back_len_width(body)
    }

    /// Writes it into so many bytes.
    pub fn write(&self, to: &mut [u8]) {
        let body = self.body_len();
        let (head, rest) = to.split_at_mut(self.head_len);
        head.copy_from_slice(&self.head[..self.head_len]);
        let (text, back) = rest.split_at_mut(self.text.len());
        text.copy_from_slice(self.text);
        let last = back.len() - 1;
        for (i, byte) in back.iter_mut().enumerate() {
            let bits = (body >> (7 * (last - i))) as u8 & 0x7f;
            *byte = if i == 0 { bits } else { bits | 0x80 };
        }
    }
}

/// What an element of these bytes takes in a pack.
pub fn element_bytes(bytes: &[u8]) -> usize {
    Encoded::of(bytes).len()
}

/// How many bytes the length behind an element takes.
pub(super) const fn back_len_width(body: usize) -> usize {
    match body {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        2_097_152..268_435_456 => 4,
        _ => 5,
    }
}

/// The element at the beginning of `bytes`, and how many bytes it takes without the length behind
/// it; `None`: there is none, or not all of it.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let first = *bytes.first()?;
    let text = |head: usize, len: usize| {
        let end = head.checked_add(len)?;
        Some((Element::Str(bytes.get(head..end)?), end))
    };
    let int = |width: usize| {
        let mut le = [0; 8];
        le[8 - width..].copy_from_slice(bytes.get(1..=width)?);
        let number = i64::from_le_bytes(le) >> (8 * (8 - width));
        Some((Element::Int(number), 1 + width))
    };
    match first {
        0..=0x7f => Some((Element::Int(i64::from(first)), 1)),
        0x80..=0xbf => text(1, usize::from(first & 0x3f)),
        0xc0..=0xdf => {
            let bits = u16::from(first & 0x1f) << 8 | u16::from(*bytes.get(1)?);
            // The 13th bit is the sign.
            let number = (bits << 3) as i16 >> 3;
            Some((Element::Int(i64::from(number)), 2))
        }
        0xe0..=0xef => {
            let len = usize::from(first & 0x0f) << 8 | usize::from(*bytes.get(1)?);
            text(2, len)
        }
        0xf0 => {
            let len = u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?);
            text(5, len as usize)
        }
        0xf1 => int(2),
        0xf2 => int(3),
        0xf3 => int(4),
        0xf4 => int(8),
        0xf5..=0xff => None,
    }
}

/// Where the element begins that ends at `end`, the length behind it included; `None`: that length
/// makes no sense.
#[inline]
pub(super) fn start_before(bytes: &[u8], end: usize) -> Option<usize> {
    let mut body = 0usize;
    for width in 1..=5 {
        let byte = *bytes.get(end.checked_sub(width)?)?;
        body |= usize::from(byte & 0x7f) << (7 * (width - 1));
        if byte & 0x80 == 0 {
            return end.checked_sub(width)?.checked_sub(body);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &[u8]) -> Vec<u8> {
        let encoded = Encoded::of(bytes);
        let mut out = vec![0; encoded.len()];
        encoded.write(&mut out);
        out
    }

    #[test]
    fn elements_stand_as_redis_writes_them() {
        let cases: [(&[u8], &[u8]); 14] = [
            (b"0", b"\x00\x01"),
            (b"127", b"\x7f\x01"),
            (b"128", b"\xc0\x80\x02"),
            (b"-1", b"\xdf\xff\x02"),
            (b"4095", b"\xcf\xff\x02"),
            (b"-4096", b"\xd0\x00\x02"),
            (b"4096", b"\xf1\x00\x10\x03"),
            (b"-32769", b"\xf2\xff\x7f\xff\x04"),
            (b"8388608", b"\xf3\x00\x00\x80\x00\x05"),
            (b"2147483648", b"\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09"),
            (b"", b"\x80\x01"),
            (b"abc", b"\x83abc\x04"),
            (b"01", b"\x8201\x03"),
            (b"-0", b"\x82-0\x03"),
        ];
        for (text, bytes) in cases {
            assert_eq!(encode(text).escape_ascii().to_string(), bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn what_is_written_is_read_from_both_ends() {
        let lengths = [0, 1, 62, 63, 64, 125, 126, 127, 128, 4095, 4096, 16_380, 16_384, 2_097_152];
        let texts = lengths.map(|len| vec![b'x'; len]);
        let numbers =
            [0, 127, 128, 4095, 4096, 32767, 32768, 8388607, 8388608, 2147483647, i64::MAX]
                .into_iter()
                .flat_map(|number: i64| [number, -number, number.wrapping_add(1), -number - 1]);
        let numbers = numbers.map(|number| number.to_string().into_bytes());
        for text in texts.into_iter().chain(numbers) {
            let bytes = encode(&text);
            let (element, body) = decode(&bytes).expect("whole");
            assert_eq!(element.to_vec(), text);
            assert_eq!(element.len(), text.len());
            assert!(Sought::new(&text).is(element));
            assert_eq!(body + back_len_width(body), bytes.len());
            assert_eq!(start_before(&bytes, bytes.len()), Some(0));
            assert_eq!(element_bytes(&text), bytes.len());
            assert!(decode(&bytes[..body - 1]).is_none_or(|(_, short)| short < body));
        }
    }

    #[test]
    fn an_integer_equals_only_its_exact_text() {
        for (text, number) in [("1", 1), ("-5", -5)] {
            assert!(Sought::new(text.as_bytes()).is(Element::Int(number)));
        }
        for text in ["01", "+1", "1 ", "1.0", ""] {
            assert!(!Sought::new(text.as_bytes()).is(Element::Int(1)), "{text}");
            assert!(Sought::new(text.as_bytes()).is(Element::Str(text.as_bytes())));
        }
    }
}

//! One element of a pack.

use std::cmp::Ordering;
use std::fmt;

use bytes::BufMut;

use crate::base::number::parse_i64;

/// An element: a number if it is the exact decimal text of an `i64`, else a text.
///
/// What a listpack gives out is always in that form. What is put into one, or comes from an older
/// encoding, may be a text that says a number; it is stored as the number. Two elements are equal when they have the same text.
#[derive(Clone, Copy)]
pub enum Element<'a> {
    Int(i64),
    Str(&'a [u8]),
}

impl<'a> Element<'a> {
    /// The element of a text.
    #[inline]
    pub fn of(text: &'a [u8]) -> Self {
        parse_i64(text).map_or(Element::Str(text), Element::Int)
    }

    /// In the form in which a pack gives it out.
    #[inline]
    pub fn shortest(self) -> Self {
        match self {
            Element::Int(number) => Element::Int(number),
            Element::Str(text) => Element::of(text),
        }
    }

    /// The number, if the text says one.
    #[inline]
    pub fn int(self) -> Option<i64> {
        match self {
            Element::Int(number) => Some(number),
            Element::Str(text) => parse_i64(text),
        }
    }

    /// The text; `buffer` holds that of a number.
    #[inline]
    pub fn text<'b>(self, buffer: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Element::Int(number) => buffer.format(number).as_bytes(),
            Element::Str(text) => text,
        }
    }

    /// The length of the text in bytes.
    pub fn text_len(self) -> usize {
        self.text(&mut itoa::Buffer::new()).len()
    }

    /// A copy of the text.
    pub fn to_vec(self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }

    /// Appends the text.
    #[inline]
    pub fn put(self, out: &mut impl BufMut) {
        out.put_slice(self.text(&mut itoa::Buffer::new()));
    }

    /// How the text compares with another, byte by byte.
    #[inline]
    pub fn cmp_text(self, other: &[u8]) -> Ordering {
        self.text(&mut itoa::Buffer::new()).cmp(other)
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Element::Str(one), Element::Str(other)) => one == other,
            (one, other) => one.int() == other.int(),
        }
    }
}

impl Eq for Element<'_> {}

impl PartialEq<[u8]> for Element<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        *self == Element::Str(other)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Int(number) => write!(f, "{number}"),
            Element::Str(text) => write!(f, "\"{}\"", text.escape_ascii()),
        }
    }
}

impl<'a> From<&'a [u8]> for Element<'a> {
    fn from(text: &'a [u8]) -> Self {
        Element::Str(text)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Element<'a> {
    fn from(text: &'a [u8; N]) -> Self {
        Element::Str(text)
    }
}

impl<'a> From<&'a Vec<u8>> for Element<'a> {
    fn from(text: &'a Vec<u8>) -> Self {
        Element::Str(text)
    }
}

impl From<i64> for Element<'_> {
    fn from(number: i64) -> Self {
        Element::Int(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_number_only_if_the_number_gives_back_the_text() {
        for number in [0, 7, -7, i64::MIN, i64::MAX] {
            let text = number.to_string().into_bytes();
            assert!(matches!(Element::of(&text), Element::Int(n) if n == number));
            assert_eq!(Element::Int(number).to_vec(), text);
            assert_eq!(Element::Int(number).text_len(), text.len());
        }
        for text in [&b""[..], b"-0", b"+1", b"01", b" 1", b"1.0", b"9223372036854775808"] {
            assert!(matches!(Element::of(text), Element::Str(same) if same == text));
        }
    }

    #[test]
    fn elements_are_equal_and_ordered_by_their_texts() {
        assert_eq!(Element::Int(12), Element::Str(b"12"));
        assert_eq!(&Element::Int(-5), b"-5".as_slice());
        assert_ne!(Element::Int(12), Element::Str(b"012"));
        assert_ne!(Element::Str(b""), Element::Int(0));
        assert_ne!(Element::Str(b"a"), Element::Str(b"b"));
        assert_eq!(Element::Int(100).cmp_text(b"20"), Ordering::Less);
        assert_eq!(Element::Str(b"b").cmp_text(b"b"), Ordering::Equal);
    }
}

//! Fields with their values, as Redis kept small hashes before 2.6. Read only.
//!
//! ```text
//! | fields u8 | length | field | length | unused u8 | value | unused bytes | length | ... | 0xff |
//!
//! length: 1 byte up to 253, or 254 and u32, little-endian
//! ```
//! The number of fields is 254 if there are as many or more. A value that became shorter leaves
//! bytes unused behind it.

use super::malformed::Malformed;

const END: u8 = 0xff;
const COUNT_UNKNOWN: u8 = 254;
/// From here on, a length takes five bytes.
const LONG_LENGTH: u8 = 254;

/// The fields of a zipmap whose every byte was checked.
#[derive(Clone, Copy, Debug)]
pub struct Zipmap<'a> {
    pairs: &'a [u8],
    count: usize,
}

impl<'a> Zipmap<'a> {
    /// Checks what a file or a peer sent: each length, the end, the number of fields.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let too_short = Malformed::TooShort { bytes: bytes.len() };
        let (&stated, rest) = bytes.split_first().ok_or(too_short)?;
        let (&end, pairs) = rest.split_last().ok_or(too_short)?;
        if end != END {
            return Err(Malformed::NoEnd);
        }
        let (mut rest, mut count) = (pairs, 0);
        while !rest.is_empty() {
            let at = 1 + pairs.len() - rest.len();
            rest = decode(rest).ok_or(Malformed::BadEntry { at })?.1;
            count += 1;
        }
        if stated != COUNT_UNKNOWN && usize::from(stated) != count {
            return Err(Malformed::WrongCount { stated: stated.into(), found: count });
        }
        Ok(Zipmap { pairs, count })
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The fields with their values, in order.
    pub fn iter(&self) -> Iter<'a> {
        Iter { rest: self.pairs, left: self.count }
    }
}

impl<'a> IntoIterator for &Zipmap<'a> {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The fields of a zipmap with their values, in order.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = decode(self.rest)?;
        self.rest = rest;
        self.left -= 1;
        Some(pair)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// A field, its value and what is behind them; `None` if they do not end in `bytes`.
fn decode(bytes: &[u8]) -> Option<((&[u8], &[u8]), &[u8])> {
    let (len, rest) = length(bytes)?;
    let (field, rest) = rest.split_at_checked(len)?;
    let (len, rest) = length(rest)?;
    let (&unused, rest) = rest.split_first()?;
    let (value, rest) = rest.split_at_checked(len)?;
    Some(((field, value), rest.get(usize::from(unused)..)?))
}

/// A length, and what is behind it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..LONG_LENGTH => Some((first.into(), rest)),
        LONG_LENGTH => {
            let (len, rest) = rest.split_first_chunk()?;
            let len = u32::from_le_bytes(*len) as usize;
            // A short one has one form only, as Redis has it.
            (len >= usize::from(LONG_LENGTH)).then_some((len, rest))
        }
        END => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::packed::element::Element;
    use crate::store::packed::listpack::Listpack;

    #[track_caller]
    fn assert_is(bytes: &[u8], pairs: &[(&[u8], &[u8])]) {
        let zipmap = Zipmap::from_bytes(bytes).unwrap();
        assert_eq!((zipmap.len(), zipmap.iter().len()), (pairs.len(), pairs.len()));
        assert!(zipmap.iter().eq(pairs.iter().copied()));
        let flat = zipmap.iter().flat_map(|(field, value)| [field, value]);
        let pack = Listpack::from_elements(flat).unwrap();
        assert!(pack.iter().step_by(2).eq(pairs.iter().map(|(field, _)| Element::Str(field))));
        for cut in 0..bytes.len() {
            assert!(Zipmap::from_bytes(&bytes[..cut]).is_err());
        }
    }

    #[track_caller]
    fn refused(bytes: &[u8]) -> Malformed {
        Zipmap::from_bytes(bytes).unwrap_err()
    }

    #[test]
    fn a_hash_of_an_old_file_is_read() {
        assert_is(b"\x02\x02f1\x02\0v1\x02f2\x02\0v2\xff", &[(b"f1", b"v1"), (b"f2", b"v2")]);
    }

    #[test]
    fn unused_bytes_and_long_lengths_are_passed_over() {
        let long = [b'x'; 254];
        let bytes = [
            &b"\x03\x01a\x01\x03b???\xfe\xfe\0\0\0"[..],
            &long,
            b"\xfe\xfe\0\0\0\0",
            &long,
            b"\0\0\0\xff",
        ];
        assert_is(&bytes.concat(), &[(b"a", b"b"), (&long, &long), (b"", b"")]);
    }

    #[test]
    fn an_empty_one_and_one_whose_count_is_not_told_are_read() {
        assert_is(b"\0\xff", &[]);
        assert_is(b"\xfe\x01a\x01\0b\xff", &[(b"a", b"b")]);
    }

    #[test]
    fn what_is_no_zipmap_is_refused() {
        assert_eq!(refused(b""), Malformed::TooShort { bytes: 0 });
        assert_eq!(refused(b"\0"), Malformed::TooShort { bytes: 1 });
        assert_eq!(refused(b"\0\0"), Malformed::NoEnd);
        let wrong = |stated, found| Malformed::WrongCount { stated, found };
        assert_eq!(refused(b"\x02\x01a\x01\0b\xff"), wrong(2, 1));
        assert_eq!(refused(b"\xff\x01a\x01\0b\xff"), wrong(255, 1));
        let bad: [&[u8]; 8] = [
            b"\x01\x02a\xff",
            b"\x01\x01a\xff",
            b"\x01\x01a\x01\xff",
            b"\x01\x01a\x02\0b\xff",
            b"\x01\x01a\x01\x01b\xff",
            b"\x01\xfe\xff\xff\xff\xff\xff",
            b"\x01\xfe\0\0\0\xff",
            b"\x01\xfe\x01\0\0\0a\x01\0b\xff",
        ];
        for bytes in bad {
            assert_eq!(refused(bytes), Malformed::BadEntry { at: 1 }, "{bytes:?}");
        }
        assert_eq!(refused(b"\x01\xff"), wrong(1, 0));
        let second = b"\x02\x01a\x01\0b\x01a\xff\xff";
        assert_eq!(refused(second), Malformed::BadEntry { at: 6 });
    }
}

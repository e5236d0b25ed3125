//! Lengths, and the marks of specially encoded strings that stand in their place.
//!
//! ```text
//! 00LLLLLL                 0..=63
//! 01LLLLLL LLLLLLLL        0..=16383
//! 10000000 u32 big endian
//! 10000001 u64 big endian
//! 11EEEEEE                 no length: the string has the special encoding E
//! ```

use std::io::Read;

use super::error::{RdbError, RdbErrorKind};
use super::input::Input;

const FOURTEEN_BITS: u8 = 0x40;
const FOUR_BYTES: u8 = 0x80;
const EIGHT_BYTES: u8 = 0x81;
const SPECIAL: u8 = 0xc0;

/// The string is one signed byte.
pub const INT8: u8 = 0;
/// The string is an i16, little endian.
pub const INT16: u8 = 1;
/// The string is an i32, little endian.
pub const INT32: u8 = 2;
/// The string is compressed: its packed length, its length, its packed bytes.
pub const LZF: u8 = 3;

/// What stands where a length may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// A length or number.
    Plain(u64),
    /// The special encoding of a string: one of [`INT8`] to [`LZF`], if the file is sound.
    Special(u8),
}

/// Appends a length.
#[inline]
pub fn put(length: u64, out: &mut Vec<u8>) {
    match length {
        0..=0x3f => out.push(length as u8),
        0x40..=0x3fff => {
            out.extend_from_slice(&[FOURTEEN_BITS | (length >> 8) as u8, length as u8]);
        }
        0x4000..=0xffff_ffff => {
            out.push(FOUR_BYTES);
            out.extend_from_slice(&(length as u32).to_be_bytes());
        }
        _ => {
            out.push(EIGHT_BYTES);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
}

/// Appends the mark of a special encoding.
#[inline]
pub fn put_special(encoding: u8, out: &mut Vec<u8>) {
    out.push(SPECIAL | encoding);
}

/// Reads a length or the mark of a special encoding.
#[inline(always)]
pub fn read<R: Read>(input: &mut Input<R>) -> Result<Length, RdbError> {
    let first = input.byte()?;
    match first & SPECIAL {
        0 => Ok(Length::Plain(first.into())),
        FOURTEEN_BITS => {
            let second = input.byte()?;
            Ok(Length::Plain(u64::from(first & 0x3f) << 8 | u64::from(second)))
        }
        SPECIAL => Ok(Length::Special(first & 0x3f)),
        _ => read_wide(first, input),
    }
}

fn read_wide<R: Read>(first: u8, input: &mut Input<R>) -> Result<Length, RdbError> {
    match first {
        FOUR_BYTES => Ok(Length::Plain(u32::from_be_bytes(input.array()?).into())),
        EIGHT_BYTES => Ok(Length::Plain(u64::from_be_bytes(input.array()?))),
        _ => Err(input.error(RdbErrorKind::BadLength(first))),
    }
}

/// Reads a length where no special encoding may stand.
#[inline]
pub fn read_plain<R: Read>(input: &mut Input<R>) -> Result<u64, RdbError> {
    match read(input)? {
        Length::Plain(length) => Ok(length),
        Length::Special(encoding) => Err(input.error(RdbErrorKind::BadLength(SPECIAL | encoding))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back_in_the_fewest_bytes() {
        let cases = [
            (0, 1),
            (63, 1),
            (64, 2),
            (16_383, 2),
            (16_384, 5),
            (u64::from(u32::MAX), 5),
            (u64::from(u32::MAX) + 1, 9),
            (u64::MAX, 9),
        ];
        for (length, bytes) in cases {
            let mut out = Vec::new();
            put(length, &mut out);
            assert_eq!(out.len(), bytes, "{length}");
            assert_eq!(read_plain(&mut Input::new(&out[..])).unwrap(), length);
        }
    }

    #[test]
    fn a_special_encoding_is_no_plain_length() {
        let mut out = Vec::new();
        put_special(LZF, &mut out);
        assert_eq!(read(&mut Input::new(&out[..])).unwrap(), Length::Special(LZF));
        let error = read_plain(&mut Input::new(&out[..])).unwrap_err();
        assert!(matches!(error.kind, RdbErrorKind::BadLength(0xc3)));
    }

    #[test]
    fn an_unknown_width_is_refused() {
        for first in 0x82..=0xbf {
            let input = [first, 0, 0, 0, 0, 0, 0, 0, 0];
            assert!(read(&mut Input::new(&input[..])).is_err());
        }
    }
}

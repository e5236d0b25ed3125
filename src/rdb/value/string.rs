//! Strings: values, keys and the text inside everything else.
//!
//! ```text
//! length bytes                           as it is
//! INT8 i8 | INT16 i16 | INT32 i32        the exact decimal text of the number
//! LZF packed-length length packed-bytes  compressed, when that saves more than four bytes
//! ```

use std::io::{self, Read};

use crate::base::number::parse_i64;
use crate::store::big_string::BigString;
use crate::store::packed::{Element, Malformed};
use crate::store::value::{INLINE_STRING_MAX_BYTES, NewValue, Object};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length::{self, Length};
use super::super::lzf;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};

/// The longest text of an `i32`.
const INT_TEXT_MAX_BYTES: usize = 11;
/// Up to this length compression is not tried, as in Redis.
pub const PLAIN_MAX_BYTES: usize = 20;
/// What compression must save, as in Redis.
const SAVED_MIN_BYTES: usize = 4;
/// Memory kept from one string to the next.
const SCRATCH_KEPT_BYTES: usize = 1024 * 1024;

/// Writes a string that is no number's text.
#[inline]
pub fn encode_text<S: ChunkSink>(text: &[u8], out: &mut Output<S>) -> io::Result<()> {
    if text.len() > PLAIN_MAX_BYTES
        && let Some(packed) = out.pack(text, text.len() - SAVED_MIN_BYTES)
    {
        return encode_packed(packed, text.len(), out);
    }
    length::put(text.len() as u64, out.chunk());
    out.put(text)
}

/// Writes a string.
#[inline]
pub fn encode<S: ChunkSink>(text: &[u8], out: &mut Output<S>) -> io::Result<()> {
    if text.len() <= INT_TEXT_MAX_BYTES
        && let Some(number) = parse_i64(text)
        && put_small_int(number, out.chunk())
    {
        return Ok(());
    }
    encode_text(text, out)
}

impl Coded for BigString {
    const CODES: &'static [u8] = &[opcode::STRING];

    fn type_code(&self, _: Dialect) -> u8 {
        opcode::STRING
    }

    /// Only compression takes a copy of a string that lies in chunks.
    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        let text = self.as_str();
        if text.whole().is_some() || out.may_pack(text.len()) {
            return encode(&text.to_whole(), out);
        }
        length::put(text.len() as u64, out.chunk());
        text.pieces().try_for_each(|piece| out.put(piece))
    }

    /// Short ones too, which are kept inline.
    #[inline]
    fn decode<'a, R: Read>(
        _: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        Ok(match text(input, scratch)? {
            Text::Int(number) => NewValue::Int(number),
            Text::Borrowed(text) => NewValue::Str(text),
            Text::Owned(text) => NewValue::Object(Object::String(text)),
        })
    }
}

/// Writes an element of a pack.
pub fn encode_element<S: ChunkSink>(element: Element<'_>, out: &mut Output<S>) -> io::Result<()> {
    match element {
        Element::Int(number) => encode_int(number, out),
        Element::Str(text) => encode_text(text, out),
    }
}

/// Writes an element of a collection, which may be a text that says a number.
pub fn encode_member<S: ChunkSink>(element: Element<'_>, out: &mut Output<S>) -> io::Result<()> {
    match element {
        Element::Int(number) => encode_int(number, out),
        Element::Str(text) => encode(text, out),
    }
}

/// Writes the decimal text of a number.
#[inline]
pub fn encode_int<S: ChunkSink>(number: i64, out: &mut Output<S>) -> io::Result<()> {
    if put_small_int(number, out.chunk()) {
        return Ok(());
    }
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number).as_bytes();
    length::put(text.len() as u64, out.chunk());
    out.put(text)
}

fn encode_packed<S: ChunkSink>(packed: Vec<u8>, len: usize, out: &mut Output<S>) -> io::Result<()> {
    length::put_special(length::LZF, out.chunk());
    length::put(packed.len() as u64, out.chunk());
    length::put(len as u64, out.chunk());
    out.put(&packed)?;
    out.keep_packed(packed);
    Ok(())
}

/// Appends a number of up to 32 bits; `false` and nothing for a larger one.
#[inline]
fn put_small_int(number: i64, out: &mut Vec<u8>) -> bool {
    if let Ok(number) = i8::try_from(number) {
        length::put_special(length::INT8, out);
        out.push(number as u8);
    } else if let Ok(number) = i16::try_from(number) {
        length::put_special(length::INT16, out);
        out.extend_from_slice(&number.to_le_bytes());
    } else if let Ok(number) = i32::try_from(number) {
        length::put_special(length::INT32, out);
        out.extend_from_slice(&number.to_le_bytes());
    } else {
        return false;
    }
    true
}

/// A string as it was decoded.
enum Text<'a> {
    Int(i64),
    /// In the input's buffer or in the scratch memory.
    Borrowed(&'a [u8]),
    /// In memory of its own: longer than what an entry keeps inline.
    Owned(BigString),
}

/// Reads a string that is a key or other text, in place of what `out` held.
#[inline]
pub fn decode_text<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), RdbError> {
    out.clear();
    match text(input, scratch)? {
        Text::Int(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
        Text::Borrowed(text) => out.extend_from_slice(text),
        Text::Owned(text) => text.as_str().pieces().for_each(|piece| out.extend_from_slice(piece)),
    }
    Ok(())
}

/// Reads a string that is `what`: something packed.
pub fn read_packed<R: Read, T>(
    what: &'static str,
    input: &mut Input<R>,
    scratch: &mut Scratch,
    then: impl FnOnce(&[u8]) -> Result<T, Malformed>,
) -> Result<T, RdbError> {
    let read = with_text(input, scratch, then)?;
    read.map_err(|fault| input.error(RdbErrorKind::BadValue(what, fault)))
}

/// Reads a string and hands its bytes to `then`.
pub fn with_text<R: Read, T>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    then: impl FnOnce(&[u8]) -> T,
) -> Result<T, RdbError> {
    Ok(match text(input, scratch)? {
        Text::Int(number) => then(itoa::Buffer::new().format(number).as_bytes()),
        Text::Borrowed(text) => then(text),
        Text::Owned(text) => then(&text.as_str().to_whole()),
    })
}

/// Passes over a string.
pub fn skip<R: Read>(input: &mut Input<R>) -> Result<(), RdbError> {
    let bytes = match length::read(input)? {
        Length::Plain(len) => len,
        Length::Special(length::INT8) => 1,
        Length::Special(length::INT16) => 2,
        Length::Special(length::INT32) => 4,
        Length::Special(length::LZF) => {
            let packed = length::read_plain(input)?;
            length::read_plain(input)?;
            packed
        }
        Length::Special(other) => return Err(unknown(other, input)),
    };
    input.skip(bytes)
}

#[inline]
fn text<'a, R: Read>(
    input: &'a mut Input<R>,
    scratch: &'a mut Scratch,
) -> Result<Text<'a>, RdbError> {
    match length::read(input)? {
        Length::Plain(len) if len <= INLINE_STRING_MAX_BYTES as u64 => {
            Ok(Text::Borrowed(input.bytes(len, &mut scratch.packed)?))
        }
        Length::Plain(len) => {
            let len = usize::try_from(len).map_err(|_| input.error(RdbErrorKind::ShortRead))?;
            Ok(Text::Owned(BigString::from_pieces(len, |len| input.owned(len as u64))?))
        }
        Length::Special(length::INT8) => Ok(Text::Int(i8::from_le_bytes(input.array()?).into())),
        Length::Special(length::INT16) => Ok(Text::Int(i16::from_le_bytes(input.array()?).into())),
        Length::Special(length::INT32) => Ok(Text::Int(i32::from_le_bytes(input.array()?).into())),
        Length::Special(length::LZF) => unpack(input, scratch),
        Length::Special(other) => Err(unknown(other, input)),
    }
}

fn unpack<'a, R: Read>(
    input: &mut Input<R>,
    scratch: &'a mut Scratch,
) -> Result<Text<'a>, RdbError> {
    let packed_len = length::read_plain(input)?;
    let len = length::read_plain(input)?;
    if !lzf::may_expand_to(packed_len, len) {
        return Err(input.error(RdbErrorKind::BadCompression));
    }
    let Scratch { packed, text, .. } = scratch;
    if packed.capacity() > SCRATCH_KEPT_BYTES {
        *packed = Vec::new();
    }
    let place = input.offset();
    let packed = input.bytes(packed_len, packed)?;
    // The packed bytes have arrived, so `len` is at most 88 times that.
    let unpacked = len as usize;
    let bad = || RdbErrorKind::BadCompression.at(place);
    if unpacked <= INLINE_STRING_MAX_BYTES {
        text.resize(unpacked, 0);
        lzf::decompress(packed, text).ok_or_else(bad)?;
        return Ok(Text::Borrowed(text));
    }
    let mut owned = Vec::new();
    owned.try_reserve_exact(unpacked).map_err(|_| RdbErrorKind::ShortRead.at(place))?;
    owned.resize(unpacked, 0);
    lzf::decompress(packed, &mut owned).ok_or_else(bad)?;
    Ok(Text::Owned(BigString::from(owned)))
}

#[cold]
fn unknown<R: Read>(encoding: u8, input: &Input<R>) -> RdbError {
    input.error(RdbErrorKind::UnknownStringEncoding(encoding))
}

#[cfg(test)]
mod tests {
    use super::super::super::lzf::Compressor;
    use super::super::super::output::WriteSink;
    use super::*;

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut out = Output::new(WriteSink(&mut bytes)).compress(Compressor::new());
        encode(text, &mut out).unwrap();
        out.finish().unwrap();
        bytes
    }

    fn decoded(bytes: &[u8]) -> Result<Vec<u8>, RdbError> {
        let mut text = Vec::new();
        decode_text(&mut Input::new(bytes), &mut Scratch::default(), &mut text)?;
        Ok(text)
    }

    #[test]
    fn numbers_take_the_fewest_bytes() {
        let cases: [(&[u8], usize); 12] = [
            (b"0", 2),
            (b"-128", 2),
            (b"127", 2),
            (b"128", 3),
            (b"-32768", 3),
            (b"32768", 5),
            (b"-2147483648", 5),
            (b"2147483647", 5),
            (b"2147483648", 11),
            (b"-0", 3),
            (b"007", 4),
            (b"+7", 3),
        ];
        for (text, bytes) in cases {
            assert_eq!(encoded(text).len(), bytes, "{}", text.escape_ascii());
            assert_eq!(decoded(&encoded(text)).unwrap(), text);
        }
    }

    #[test]
    fn an_int_and_its_text_are_written_alike() {
        for number in [0, -1, 200, 1 << 20, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            let mut out = Output::new(WriteSink(&mut bytes));
            encode_int(number, &mut out).unwrap();
            out.finish().unwrap();
            assert_eq!(bytes, encoded(number.to_string().as_bytes()));
        }
    }

    #[test]
    fn strings_from_21_bytes_are_compressed_when_it_saves_more_than_4() {
        assert_eq!(encoded(&[b'a'; 20]).len(), 21);
        assert!(encoded(&[b'a'; 21]).len() < 12);
        assert_eq!(encoded(b"abcdefghijklmnopqrstuvwxyz").len(), 27);
        for len in [21, 64, 1024, 1025, 20_000, 300_000] {
            let text: Vec<u8> = (0..len).map(|i| (i / 7 % 50) as u8).collect();
            let bytes = encoded(&text);
            assert!(bytes.len() < len);
            assert_eq!(decoded(&bytes).unwrap(), text);
            let mut input = Input::new(&bytes[..]);
            skip(&mut input).unwrap();
            assert_eq!(input.offset(), bytes.len() as u64);
        }
    }

    #[test]
    fn a_compressed_string_that_claims_too_much_is_refused_before_memory_is_taken() {
        let bytes = [0xc3, 2, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        assert!(matches!(decoded(&bytes).unwrap_err().kind, RdbErrorKind::BadCompression));
    }

    #[test]
    fn a_compressed_string_of_another_length_is_refused() {
        let mut bytes = encoded(&[b'a'; 30]);
        bytes[2] = 31;
        assert!(matches!(decoded(&bytes).unwrap_err().kind, RdbErrorKind::BadCompression));
        assert!(matches!(
            decoded(&[0xc4, 0]).unwrap_err().kind,
            RdbErrorKind::UnknownStringEncoding(4)
        ));
    }
}

//! A small decoder of replies, for what a master answers to the handshake and for tests.

use std::fmt;

use memchr::memchr;

use crate::base::number::parse_i64;

/// How deep aggregates may nest.
const MAX_DEPTH: usize = 32;

/// The longest line of a status, error or number, in bytes.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// One reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Simple(Vec<u8>),
    /// Without the leading `-`.
    Error(Vec<u8>),
    Int(i64),
    Bulk(Vec<u8>),
    /// `$-1`, `*-1` and `_`.
    Null,
    Array(Vec<Value>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// The text after `,`.
    Double(Vec<u8>),
    Bool(bool),
    BigNumber(Vec<u8>),
    /// The three characters of the format, and the text.
    Verbatim(Vec<u8>, Vec<u8>),
    Attribute(Vec<(Value, Value)>),
}

/// The bytes are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// No type begins with this byte.
    UnknownType(u8),
    BadNumber,
    BadBool,
    BadVerbatim,
    MissingLineEnd,
    LineTooLong,
    TooDeep,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::UnknownType(byte) => {
                write!(f, "unknown reply type '{}'", byte.escape_ascii())
            }
            DecodeError::BadNumber => f.write_str("bad number in reply"),
            DecodeError::BadBool => f.write_str("bad boolean in reply"),
            DecodeError::BadVerbatim => f.write_str("verbatim reply without a format"),
            DecodeError::MissingLineEnd => f.write_str("bulk reply without a line end"),
            DecodeError::LineTooLong => f.write_str("reply line too long"),
            DecodeError::TooDeep => f.write_str("reply nested too deep"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes the first reply. Returns it with its length in bytes; `None` when it is incomplete.
pub fn decode(bytes: &[u8]) -> Result<Option<(Value, usize)>, DecodeError> {
    let mut reader = Reader { bytes, pos: 0 };
    Ok(reader.value(0)?.map(|value| (value, reader.pos)))
}

/// Decodes all replies. `None` when the last one is incomplete.
pub fn decode_all(mut bytes: &[u8]) -> Result<Option<Vec<Value>>, DecodeError> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let Some((value, len)) = decode(bytes)? else { return Ok(None) };
        values.push(value);
        bytes = bytes.get(len..).unwrap_or_default();
    }
    Ok(Some(values))
}

struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
}

/// `Ok(None)` is an incomplete reply, everywhere.
type Decoded<T> = Result<Option<T>, DecodeError>;

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Decoded<Value> {
        if depth == MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        let Some(&marker) = self.bytes.get(self.pos) else { return Ok(None) };
        if !b"+-:$*_,#(=%~>|".contains(&marker) {
            return Err(DecodeError::UnknownType(marker));
        }
        let Some(line) = self.line()? else { return Ok(None) };
        let text = line.to_vec();
        Ok(Some(match marker {
            b'+' => Value::Simple(text),
            b'-' => Value::Error(text),
            b',' => Value::Double(text),
            b'(' => Value::BigNumber(text),
            b'_' => Value::Null,
            b':' => Value::Int(parse_i64(line).ok_or(DecodeError::BadNumber)?),
            b'#' => match line {
                b"t" => Value::Bool(true),
                b"f" => Value::Bool(false),
                _ => return Err(DecodeError::BadBool),
            },
            b'$' | b'=' => return self.bulk(marker, line),
            _ => return self.aggregate(marker, line, depth),
        }))
    }

    fn bulk(&mut self, marker: u8, line: &[u8]) -> Decoded<Value> {
        let Some(len) = length(line)? else { return Ok(Some(Value::Null)) };
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let Some((text, after)) = rest.split_at_checked(len) else { return Ok(None) };
        let Some(line_end) = after.first_chunk::<2>() else { return Ok(None) };
        if line_end != b"\r\n" {
            return Err(DecodeError::MissingLineEnd);
        }
        self.pos += len + 2;
        match (marker, text) {
            (b'$', text) => Ok(Some(Value::Bulk(text.to_vec()))),
            (_, [a, b, c, b':', text @ ..]) => {
                Ok(Some(Value::Verbatim(vec![*a, *b, *c], text.to_vec())))
            }
            _ => Err(DecodeError::BadVerbatim),
        }
    }

    fn aggregate(&mut self, marker: u8, line: &[u8], depth: usize) -> Decoded<Value> {
        let Some(len) = length(line)? else { return Ok(Some(Value::Null)) };
        if matches!(marker, b'%' | b'|') {
            let Some(pairs) = self.pairs(len, depth)? else { return Ok(None) };
            return Ok(Some(if marker == b'%' {
                Value::Map(pairs)
            } else {
                Value::Attribute(pairs)
            }));
        }
        let mut values = Vec::new();
        for _ in 0..len {
            let Some(value) = self.value(depth + 1)? else { return Ok(None) };
            values.push(value);
        }
        Ok(Some(match marker {
            b'~' => Value::Set(values),
            b'>' => Value::Push(values),
            _ => Value::Array(values),
        }))
    }

    fn pairs(&mut self, len: usize, depth: usize) -> Decoded<Vec<(Value, Value)>> {
        let mut pairs = Vec::new();
        for _ in 0..len {
            let Some(key) = self.value(depth + 1)? else { return Ok(None) };
            let Some(value) = self.value(depth + 1)? else { return Ok(None) };
            pairs.push((key, value));
        }
        Ok(Some(pairs))
    }

    /// The text between the mark and the line end.
    fn line(&mut self) -> Decoded<&'a [u8]> {
        let rest = self.bytes.get(self.pos + 1..).unwrap_or_default();
        let Some(end) = memchr(b'\n', rest) else {
            let too_long = rest.len() > MAX_LINE_BYTES;
            return if too_long { Err(DecodeError::LineTooLong) } else { Ok(None) };
        };
        self.pos += 1 + end + 1;
        let line = rest.get(..end).unwrap_or_default();
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The number of a `$` or aggregate line; `None` is -1, which stands for nothing.
fn length(line: &[u8]) -> Decoded<usize> {
    match parse_i64(line) {
        Some(-1) => Ok(None),
        Some(n) => n.try_into().map(Some).map_err(|_| DecodeError::BadNumber),
        None => Err(DecodeError::BadNumber),
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;
    use crate::resp::reply::{Protocol, Reply};

    fn one_of_each() -> BytesMut {
        let mut out = BytesMut::new();
        let mut reply = Reply::new(&mut out, Protocol::Resp3);
        reply.push(13);
        reply.simple("OK");
        reply.error(b"ERR no");
        reply.int(-5);
        reply.bulk(b"a\r\nb");
        reply.null();
        reply.array(1);
        reply.bool(true);
        reply.set(1);
        reply.bool(false);
        reply.map(1);
        reply.bulk(b"k");
        reply.double(0.5);
        reply.big_number("123");
        reply.verbatim("txt", b"abc");
        reply.attribute(1);
        reply.int(1);
        reply.int(2);
        reply.empty_array();
        reply.raw(b"$-1\r\n*-1\r\n");
        out
    }

    #[test]
    fn every_type_is_decoded_once_it_is_complete() {
        let bytes = one_of_each();
        let expected = Value::Push(vec![
            Value::Simple(b"OK".to_vec()),
            Value::Error(b"ERR no".to_vec()),
            Value::Int(-5),
            Value::Bulk(b"a\r\nb".to_vec()),
            Value::Null,
            Value::Array(vec![Value::Bool(true)]),
            Value::Set(vec![Value::Bool(false)]),
            Value::Map(vec![(Value::Bulk(b"k".to_vec()), Value::Double(b"0.5".to_vec()))]),
            Value::BigNumber(b"123".to_vec()),
            Value::Verbatim(b"txt".to_vec(), b"abc".to_vec()),
            Value::Attribute(vec![(Value::Int(1), Value::Int(2))]),
            Value::Array(vec![]),
            Value::Null,
        ]);
        let len = bytes.len() - 5;
        assert_eq!(decode(&bytes), Ok(Some((expected.clone(), len))));
        assert_eq!(decode_all(&bytes), Ok(Some(vec![expected, Value::Null])));
        assert!((0..len).all(|len| decode(&bytes[..len]) == Ok(None)));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let nested = b"*1\r\n".repeat(1_000_000);
        let long = b"+".repeat(70_000);
        let cases: &[(&[u8], DecodeError)] = &[
            (b"GET\r\n", DecodeError::UnknownType(b'G')),
            (b":1x\r\n", DecodeError::BadNumber),
            (b"$-2\r\n", DecodeError::BadNumber),
            (b"*x\r\n", DecodeError::BadNumber),
            (b"#x\r\n", DecodeError::BadBool),
            (b"=3\r\nabc\r\n", DecodeError::BadVerbatim),
            (b"$3\r\nabcd\r\n", DecodeError::MissingLineEnd),
            (&nested, DecodeError::TooDeep),
            (&long, DecodeError::LineTooLong),
        ];
        for (bytes, error) in cases {
            assert_eq!(
                decode(bytes),
                Err(*error),
                "{}",
                bytes[..8.min(bytes.len())].escape_ascii()
            );
        }
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        for announced in ["$9223372036854775807\r\n", "*9223372036854775807\r\n:1\r\n"] {
            assert_eq!(decode(announced.as_bytes()), Ok(None));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn changed_bytes_never_panic(at in 0usize..120, byte in any::<u8>()) {
            let mut bytes = one_of_each();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = decode_all(&bytes);
        }
    }
}

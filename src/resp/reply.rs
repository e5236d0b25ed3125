//! Replies, written in the protocol of the client that asked.

use bytes::{BufMut, BytesMut};

use super::request::push_header;
use crate::base::number::{format_f64_shortest, push_i64};

/// The version of RESP that a client speaks: 2 until it says `HELLO 3`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

impl Protocol {
    /// The version of a HELLO's argument; `None` for one that does not exist.
    pub fn from_version(version: i64) -> Option<Self> {
        match version {
            2 => Some(Protocol::Resp2),
            3 => Some(Protocol::Resp3),
            _ => None,
        }
    }

    pub fn version(self) -> u8 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// Where the header of an aggregate stands whose length is not known yet; see
/// [`Reply::begin_array`]. Must be ended, innermost first.
#[must_use = "an aggregate that is begun must be ended"]
pub struct Deferred {
    at: usize,
    marker: u8,
}

/// Up to this, doubles without a fraction are written as the integers that they are.
const INTEGER_DOUBLE_MAX: f64 = (1_i64 << 53) as f64;

/// What a deferred header takes before its length is known: right for lengths below 10.
const DEFERRED_HEADER: &[u8; 4] = b"*0\r\n";

/// Writes replies at the end of a buffer.
///
/// | | RESP2 | RESP3 |
/// |---|---|---|
/// | `null`, `null_array` | `$-1`, `*-1` | `_` |
/// | `map`, `set`, `push` | `*2n`, `*n`, `*n` | `%n`, `~n`, `>n` |
/// | `double`, `big_number`, `verbatim` | bulk string | `,` `(` `=` |
/// | `bool` | `:1` or `:0` | `#t` or `#f` |
pub struct Reply<'a> {
    out: &'a mut BytesMut,
    protocol: Protocol,
    /// A client for whom more bytes are there is closed.
    most_bytes: Option<usize>,
}

impl<'a> Reply<'a> {
    pub fn new(out: &'a mut BytesMut, protocol: Protocol) -> Self {
        Reply { out, protocol, most_bytes: None }
    }

    /// For a client that is closed when the buffer holds more than so many bytes.
    pub fn within(self, most_bytes: Option<usize>) -> Self {
        Reply { most_bytes, ..self }
    }

    /// Whether there is a limit to what it may hold.
    pub fn is_bounded(&self) -> bool {
        self.most_bytes.is_some()
    }

    /// Whether it is longer than its client may be sent: nobody will read it, so that what is long
    /// need not be ended.
    pub fn is_lost(&self) -> bool {
        self.most_bytes.is_some_and(|most| self.out.len() > most)
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// From here on, replies are written in another protocol (HELLO answers in the new one).
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// How many bytes the buffer holds. To undo replies, give it to [`truncate`](Self::truncate).
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after `position`.
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    #[inline]
    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    /// A status. Must not hold a line end.
    pub fn simple(&mut self, text: &str) {
        debug_assert!(!text.contains(['\r', '\n']), "a status is one line");
        self.line(b'+', text.as_bytes());
    }

    /// An error: its code, a space and its text, without the leading `-`. Line ends become
    /// spaces, since the text may quote the client.
    pub fn error(&mut self, text: &[u8]) {
        let start = self.out.len() + 1;
        self.line(b'-', text);
        let written = self.out.get_mut(start..start + text.len()).unwrap_or_default();
        for byte in written {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
    }

    #[inline]
    pub fn int(&mut self, number: i64) {
        self.number(b':', number);
    }

    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.out.reserve(bytes.len() + 32);
        push_header(self.out, b'$', bytes.len());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// A bulk string of pieces that are `len` bytes together.
    pub fn bulk_pieces<'p>(&mut self, len: usize, pieces: impl Iterator<Item = &'p [u8]>) {
        self.out.reserve(len + 32);
        push_header(self.out, b'$', len);
        let start = self.out.len();
        pieces.for_each(|piece| self.out.extend_from_slice(piece));
        debug_assert_eq!(self.out.len() - start, len, "the header is true");
        self.out.extend_from_slice(b"\r\n");
    }

    /// An array of bulk strings.
    pub fn bulks<T: AsRef<[u8]>>(&mut self, all: &[T]) {
        self.array(all.len());
        all.iter().for_each(|bytes| self.bulk(bytes.as_ref()));
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, number: i64) {
        self.bulk(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Nothing, where a string or number would stand.
    #[inline]
    pub fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"$-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// Nothing, where an array would stand.
    pub fn null_array(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"*-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// The header of `n` elements, which follow.
    #[inline]
    pub fn array(&mut self, n: usize) {
        push_header(self.out, b'*', n);
    }

    pub fn empty_array(&mut self) {
        self.raw(b"*0\r\n");
    }

    /// The header of `n` keys with their values.
    pub fn map(&mut self, n: usize) {
        match self.protocol {
            Protocol::Resp2 => push_header(self.out, b'*', 2 * n),
            Protocol::Resp3 => push_header(self.out, b'%', n),
        }
    }

    pub fn set(&mut self, n: usize) {
        self.header(b'~', n);
    }

    /// The header of a message that answers no request.
    pub fn push(&mut self, n: usize) {
        self.header(b'>', n);
    }

    /// The header of `n` attributes with their values, before the reply that they describe.
    /// RESP2 has none: ask [`protocol`](Self::protocol) first.
    pub fn attribute(&mut self, n: usize) {
        debug_assert_eq!(self.protocol, Protocol::Resp3, "RESP2 has no attributes");
        push_header(self.out, b'|', n);
    }

    pub fn double(&mut self, number: f64) {
        // Most are round; the others are worth an allocation.
        if number != 0.0 && number.abs() <= INTEGER_DOUBLE_MAX && number.trunc() == number {
            return self.typed(b',', itoa::Buffer::new().format(number as i64).as_bytes());
        }
        let mut text = Vec::with_capacity(32);
        format_f64_shortest(number, &mut text);
        self.typed(b',', &text);
    }

    /// A double whose text is given.
    pub fn double_text(&mut self, text: &[u8]) {
        self.typed(b',', text);
    }

    pub fn bool(&mut self, value: bool) {
        match (self.protocol, value) {
            (Protocol::Resp2, true) => self.raw(b":1\r\n"),
            (Protocol::Resp2, false) => self.raw(b":0\r\n"),
            (Protocol::Resp3, true) => self.raw(b"#t\r\n"),
            (Protocol::Resp3, false) => self.raw(b"#f\r\n"),
        }
    }

    pub fn big_number(&mut self, digits: &str) {
        self.typed(b'(', digits.as_bytes());
    }

    /// Text for human eyes; `format` is three characters, `txt` or `mkd`.
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        debug_assert_eq!(format.len(), 3, "a verbatim format has three characters");
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                push_header(self.out, b'=', format.len() + 1 + text.len());
                self.raw(format.as_bytes());
                self.raw(b":");
                self.raw(text);
                self.raw(b"\r\n");
            }
        }
    }

    /// Bytes that are encoded already.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Begins an array whose length is given by [`end_array`](Self::end_array).
    pub fn begin_array(&mut self) -> Deferred {
        self.begin(b'*')
    }

    /// Begins a set whose length is given by [`end_array`](Self::end_array).
    pub fn begin_set(&mut self) -> Deferred {
        match self.protocol {
            Protocol::Resp2 => self.begin(b'*'),
            Protocol::Resp3 => self.begin(b'~'),
        }
    }

    /// Begins a map whose length is given by [`end_map`](Self::end_map).
    pub fn begin_map(&mut self) -> Deferred {
        match self.protocol {
            Protocol::Resp2 => self.begin(b'*'),
            Protocol::Resp3 => self.begin(b'%'),
        }
    }

    /// Ends an array or set of `n` elements.
    #[expect(clippy::indexing_slicing, reason = "the header that was begun is there, see `begin`")]
    pub fn end_array(&mut self, deferred: Deferred, n: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(n).as_bytes();
        let Deferred { at, marker } = deferred;
        let more_bytes = digits.len() - 1;
        if more_bytes > 0 {
            // Too long for the placeholder: what was written since moves up.
            let end = self.out.len();
            self.out.put_bytes(0, more_bytes);
            self.out.copy_within(at + 2..end, at + 2 + more_bytes);
        }
        self.out[at] = marker;
        self.out[at + 1..at + 1 + digits.len()].copy_from_slice(digits);
    }

    /// Ends a map of `n` keys with their values.
    pub fn end_map(&mut self, deferred: Deferred, n: usize) {
        let elements = if deferred.marker == b'*' { 2 * n } else { n };
        self.end_array(deferred, elements);
    }

    fn begin(&mut self, marker: u8) -> Deferred {
        let at = self.out.len();
        self.raw(DEFERRED_HEADER);
        Deferred { at, marker }
    }

    /// The header of a RESP3 aggregate that RESP2 shows as an array.
    fn header(&mut self, marker: u8, n: usize) {
        match self.protocol {
            Protocol::Resp2 => push_header(self.out, b'*', n),
            Protocol::Resp3 => push_header(self.out, marker, n),
        }
    }

    /// A RESP3 line that RESP2 shows as a bulk string.
    fn typed(&mut self, marker: u8, text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => self.line(marker, text),
        }
    }

    fn line(&mut self, marker: u8, text: &[u8]) {
        self.out.reserve(text.len() + 3);
        self.out.put_u8(marker);
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(b"\r\n");
    }

    fn number(&mut self, marker: u8, number: i64) {
        self.out.put_u8(marker);
        push_i64(self.out, number);
        self.out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests;

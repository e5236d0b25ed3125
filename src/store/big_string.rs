//! Strings out of line, shared by their clones until one of them changes.
//!
//! ```text
//! up to 1 MiB   counted: bytes              copied whole when it changes while shared
//! longer        counted: chunk, chunk, ...  copied are the pointers and the chunks that change
//! ```
//! So a change under a snapshot never copies more than about 1 MiB, however long the string is, and
//! growing moves nothing.

mod chunks;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

pub use self::chunks::{CHUNK_BYTES, Chunks};
use super::digest::Digest;
use super::memory::{counted_bytes, taken_bytes};
use super::value::contract::{STRING, Type, Value};

/// A longer string is kept as chunks.
pub const WHOLE_MAX_BYTES: usize = 1024 * 1024;

/// A string that takes more memory is given back to the system page by page when it is dropped.
const QUICK_DROP_MAX_BYTES: usize = 256 * 1024;

/// A string that is shared by its clones until one of them changes it.
#[derive(Clone, Debug, Default)]
pub struct BigString(Arc<Body>);

/// One level below the count, so that the handle in an entry stays one pointer.
#[derive(Clone, Debug)]
enum Body {
    /// At most [`WHOLE_MAX_BYTES`].
    Whole(Vec<u8>),
    /// More than that.
    Chunked(Chunks),
}

/// A string in one piece takes no more than if there were no other form.
const _: () = assert!(counted_bytes::<Body>() == counted_bytes::<Vec<u8>>());

impl Default for Body {
    fn default() -> Self {
        Body::Whole(Vec::new())
    }
}

impl BigString {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes, to read.
    pub fn as_str(&self) -> StrRef<'_> {
        match &*self.0 {
            Body::Whole(bytes) => StrRef::Whole(bytes),
            Body::Chunked(chunks) => StrRef::Chunked(chunks),
        }
    }

    /// Makes a string of `len` bytes of pieces: `next` is asked for a piece of each length. Takes
    /// no more memory than the pieces that were given, whatever `len` claims.
    pub fn from_pieces<E>(
        len: usize,
        mut next: impl FnMut(usize) -> Result<Vec<u8>, E>,
    ) -> Result<BigString, E> {
        let body = if len <= WHOLE_MAX_BYTES {
            Body::Whole(next(len)?)
        } else {
            Body::Chunked(Chunks::from_pieces(len, next)?)
        };
        Ok(BigString(Arc::new(body)))
    }

    /// Writes `part` over what is there from `offset` on, and beyond the end; between the end and
    /// `offset` come zeros. Copies what is shared and changes.
    pub fn write_at(&mut self, offset: usize, part: &[u8]) {
        let end = offset + part.len();
        if end > WHOLE_MAX_BYTES {
            self.make_chunked();
        }
        match self.body_mut(end) {
            Body::Chunked(chunks) => chunks.write_at(offset, part),
            Body::Whole(bytes) => {
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[offset..end].copy_from_slice(part);
            }
        }
    }

    /// All bytes, to change in place, if they lie in one piece. Copies them if they are shared.
    pub fn whole_mut(&mut self) -> Option<&mut [u8]> {
        match Arc::make_mut(&mut self.0) {
            Body::Whole(bytes) => Some(bytes),
            Body::Chunked(_) => None,
        }
    }

    /// The bytes, not shared. If they are copied and will grow to `end`, the copy gets the room
    /// that growing would give it, so that it is copied once.
    fn body_mut(&mut self, end: usize) -> &mut Body {
        if Arc::get_mut(&mut self.0).is_none()
            && let Body::Whole(bytes) = &*self.0
            && bytes.len() < end
        {
            let mut copy = Vec::with_capacity(end.max(2 * bytes.len()).min(WHOLE_MAX_BYTES));
            copy.extend_from_slice(bytes);
            self.0 = Arc::new(Body::Whole(copy));
        }
        Arc::make_mut(&mut self.0)
    }

    /// Cuts what is whole into chunks.
    fn make_chunked(&mut self) {
        if let Body::Whole(bytes) = &*self.0 {
            self.0 = Arc::new(Body::Chunked(Chunks::from(&bytes[..])));
        }
    }
}

impl Value for BigString {
    const TYPE: Type = STRING;

    fn encoding_name(&self) -> &'static str {
        "raw"
    }

    fn is_slow_to_drop(&self) -> bool {
        match &*self.0 {
            Body::Whole(bytes) => bytes.capacity() > QUICK_DROP_MAX_BYTES,
            Body::Chunked(_) => true,
        }
    }

    fn memory_bytes(&self) -> usize {
        let out_of_line = match &*self.0 {
            Body::Whole(bytes) => taken_bytes(bytes.capacity()),
            Body::Chunked(chunks) => chunks.memory_bytes(),
        };
        counted_bytes::<Body>() + out_of_line
    }

    fn digest(&self, digest: &mut Digest) {
        digest.mix_pieces(self.as_str().pieces());
    }
}

impl From<Vec<u8>> for BigString {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() > WHOLE_MAX_BYTES {
            return BigString::from(&bytes[..]);
        }
        BigString(Arc::new(Body::Whole(bytes)))
    }
}

impl From<&[u8]> for BigString {
    fn from(bytes: &[u8]) -> Self {
        BigString(Arc::new(if bytes.len() <= WHOLE_MAX_BYTES {
            Body::Whole(bytes.to_vec())
        } else {
            Body::Chunked(Chunks::from(bytes))
        }))
    }
}

/// The bytes of a string as they lie in memory, to read.
#[derive(Clone, Copy, Debug)]
pub enum StrRef<'a> {
    /// In one piece: every string up to [`WHOLE_MAX_BYTES`], so every number and all else that
    /// has to be short.
    Whole(&'a [u8]),
    /// In several.
    Chunked(&'a Chunks),
}

impl<'a> StrRef<'a> {
    /// Their number.
    pub fn len(self) -> usize {
        match self {
            StrRef::Whole(bytes) => bytes.len(),
            StrRef::Chunked(chunks) => chunks.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one at `index`, if there is one.
    #[inline]
    pub fn byte(self, index: usize) -> Option<u8> {
        match self {
            StrRef::Whole(bytes) => bytes.get(index).copied(),
            StrRef::Chunked(chunks) => chunks.byte(index),
        }
    }

    /// Copies those from `start` on into `to`, as far as both go.
    pub fn copy_to(self, start: usize, to: &mut [u8]) {
        let end = start.saturating_add(to.len()).min(self.len());
        let mut to = to.iter_mut();
        let pieces = self.range(start.min(end)..end);
        pieces.flatten().zip(&mut to).for_each(|(byte, place)| *place = *byte);
    }

    /// All of them, if they lie in one piece.
    pub fn whole(self) -> Option<&'a [u8]> {
        match self {
            StrRef::Whole(bytes) => Some(bytes),
            StrRef::Chunked(_) => None,
        }
    }

    /// All of them, piece by piece.
    pub fn pieces(self) -> impl Iterator<Item = &'a [u8]> {
        self.range(0..self.len())
    }

    /// Some of them, piece by piece; touches no others. The range ends within the string.
    pub fn range(self, range: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        let (whole, chunks) = match self {
            StrRef::Whole(bytes) => (Some(&bytes[range]), None),
            StrRef::Chunked(chunks) => (None, Some(chunks.range(range))),
        };
        iter::chain(whole, chunks.into_iter().flatten())
    }

    /// All of them in one piece: a copy if they lie in several.
    pub fn to_whole(self) -> Cow<'a, [u8]> {
        match self {
            StrRef::Whole(bytes) => Cow::Borrowed(bytes),
            StrRef::Chunked(chunks) => {
                let mut copy = Vec::with_capacity(chunks.len());
                self.pieces().for_each(|piece| copy.extend_from_slice(piece));
                Cow::Owned(copy)
            }
        }
    }
}

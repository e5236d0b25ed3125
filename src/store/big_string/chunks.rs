//! Bytes in chunks of one size, each shared on its own.

use std::ops::Range;
use std::sync::Arc;

use crate::store::memory::{counted_bytes, taken_bytes};

/// The size of every chunk but the last. What a change under a snapshot copies: one chunk, and a
/// pointer for each; at 512 MiB the pointers take as much as a chunk.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Some bytes. A clone shares all chunks.
#[derive(Clone, Debug, Default)]
pub struct Chunks {
    /// Each of `CHUNK_BYTES` bytes but the last, which has 1 to that many.
    chunks: Vec<Arc<Vec<u8>>>,
    /// How many of them are the same memory as the one before: a run of zeros is one chunk.
    repeats: usize,
}

impl Chunks {
    pub(super) fn from_pieces<E>(
        len: usize,
        mut next: impl FnMut(usize) -> Result<Vec<u8>, E>,
    ) -> Result<Chunks, E> {
        let mut chunks = Chunks::default();
        let mut missing = len;
        while missing > 0 {
            let chunk = next(missing.min(CHUNK_BYTES))?;
            assert_eq!(chunk.len(), missing.min(CHUNK_BYTES), "a piece of the length asked for");
            missing -= chunk.len();
            chunks.chunks.push(Arc::new(chunk));
        }
        chunks.chunks.shrink_to_fit();
        Ok(chunks)
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.chunks.split_last().map_or(0, |(last, full)| full.len() * CHUNK_BYTES + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The byte at `index`, if there is one.
    pub(super) fn byte(&self, index: usize) -> Option<u8> {
        self.chunks.get(index / CHUNK_BYTES)?.get(index % CHUNK_BYTES).copied()
    }

    /// The bytes of a range, which ends within, piece by piece.
    pub(super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} of {}", self.len());
        let first = range.start / CHUNK_BYTES;
        let chunks = &self.chunks[first..range.end.div_ceil(CHUNK_BYTES).max(first)];
        chunks.iter().enumerate().map(move |(i, chunk)| {
            let at = (first + i) * CHUNK_BYTES;
            &chunk[range.start.saturating_sub(at)..(range.end - at).min(CHUNK_BYTES)]
        })
    }

    /// See [`BigString::write_at`](super::BigString::write_at).
    pub(super) fn write_at(&mut self, offset: usize, part: &[u8]) {
        let len = self.len();
        if offset > len {
            self.fill(offset);
        }
        let (over, beyond) = part.split_at(part.len().min(self.len() - offset));
        self.overwrite(offset, over);
        self.extend(beyond);
    }

    fn overwrite(&mut self, mut at: usize, mut part: &[u8]) {
        while !part.is_empty() {
            let chunk = self.chunk_mut(at / CHUNK_BYTES);
            let place = &mut chunk[at % CHUNK_BYTES..];
            let (now, later) = part.split_at(part.len().min(place.len()));
            place[..now.len()].copy_from_slice(now);
            at += now.len();
            part = later;
        }
    }

    /// A chunk, not shared.
    fn chunk_mut(&mut self, index: usize) -> &mut Vec<u8> {
        let is_as = |one: usize, other: Option<&Arc<_>>| {
            other.is_some_and(|other| Arc::ptr_eq(&self.chunks[one], other))
        };
        let before = index.checked_sub(1).and_then(|before| self.chunks.get(before));
        let repeats = [before, self.chunks.get(index + 1)];
        self.repeats -= repeats.into_iter().filter(|&beside| is_as(index, beside)).count();
        Arc::make_mut(&mut self.chunks[index])
    }

    fn extend(&mut self, bytes: &[u8]) {
        let (now, later) = bytes.split_at(bytes.len().min(self.room()));
        if !now.is_empty() {
            self.last_mut(now.len()).extend_from_slice(now);
        }
        self.chunks.extend(later.chunks(CHUNK_BYTES).map(|chunk| Arc::new(chunk.to_vec())));
    }

    /// Appends zeros up to a length. Whole chunks of them are one chunk, held many times.
    fn fill(&mut self, len: usize) {
        let missing = len - self.len();
        let now = missing.min(self.room());
        if now > 0 {
            let last = self.last_mut(now);
            last.resize(last.len() + now, 0);
        }
        let (full, rest) = ((missing - now) / CHUNK_BYTES, (missing - now) % CHUNK_BYTES);
        if full > 0 {
            let zeros = Arc::new(vec![0; CHUNK_BYTES]);
            self.chunks.resize(self.chunks.len() + full, zeros);
            self.repeats += full - 1;
        }
        if rest > 0 {
            self.chunks.push(Arc::new(vec![0; rest]));
        }
    }

    /// The bytes for which the last chunk has room.
    fn room(&self) -> usize {
        self.chunks.last().map_or(0, |last| CHUNK_BYTES - last.len())
    }

    /// The last chunk, for which `room` was found, not shared and with room for `more` bytes; it
    /// doubles, but not beyond a chunk.
    fn last_mut(&mut self, more: usize) -> &mut Vec<u8> {
        let last = self.chunk_mut(self.chunks.len() - 1);
        let needed = last.len() + more;
        if last.capacity() < needed {
            let capacity = needed.max(2 * last.len()).min(CHUNK_BYTES);
            last.reserve_exact(capacity - last.len());
        }
        last
    }

    /// The bytes allocated, rounded as the allocator does. A run of zeros is one chunk, and counts
    /// once.
    pub(super) fn memory_bytes(&self) -> usize {
        let pointers = taken_bytes(self.chunks.capacity() * size_of::<Arc<Vec<u8>>>());
        let Some(last) = self.chunks.last() else { return pointers };
        let held = self.chunks.len() - self.repeats;
        let bytes = (held - 1) * taken_bytes(CHUNK_BYTES) + taken_bytes(last.capacity());
        pointers + held * counted_bytes::<Vec<u8>>() + bytes
    }

    /// Whether the count of repeats is true.
    #[cfg(test)]
    pub(super) fn counts_repeats(&self) -> bool {
        let pairs = self.chunks.windows(2);
        self.repeats == pairs.filter(|pair| Arc::ptr_eq(&pair[0], &pair[1])).count()
    }

    /// Where each chunk lies.
    #[cfg(test)]
    pub(super) fn addresses(&self) -> Vec<usize> {
        self.chunks.iter().map(|chunk| chunk.as_ptr() as usize).collect()
    }
}

impl From<&[u8]> for Chunks {
    fn from(bytes: &[u8]) -> Self {
        let room = Vec::with_capacity(bytes.len().div_ceil(CHUNK_BYTES));
        let mut chunks = Chunks { chunks: room, repeats: 0 };
        chunks.extend(bytes);
        chunks
    }
}

//! Bytes out: chunks of about the same size, summed and handed to a sink.

use std::io::{self, Write};
use std::mem;

use bytes::Bytes;

use crate::base::crc64::Crc64;

use super::dialect::Dialect;
use super::lzf::{self, Compressor};

/// The size of a chunk. A chunk is longer only by the end of the record that filled it.
pub const CHUNK_BYTES: usize = 128 * 1024;
/// Up to this length a string is copied whole, so that a chunk exceeds [`CHUNK_BYTES`] by less
/// than [`CHUNK_SLACK_BYTES`]; a longer one is cut at chunk borders.
const WHOLE_STRING_BYTES: usize = 4 * 1024;
const CHUNK_SLACK_BYTES: usize = 4 * WHOLE_STRING_BYTES;

/// Where the chunks go: a file, some replicas, memory. May block for as long as it likes.
pub trait ChunkSink {
    /// Takes the next chunk. An error stops the writer, which passes it on.
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()>;

    /// Is told now and then how many keys were encoded so far.
    fn keys_encoded(&mut self, _keys: u64) {}
}

impl<S: ChunkSink + ?Sized> ChunkSink for &mut S {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        (**self).write_chunk(chunk)
    }

    fn keys_encoded(&mut self, keys: u64) {
        (**self).keys_encoded(keys);
    }
}

/// Chunks into an `io::Write`, one call each.
pub struct WriteSink<W>(pub W);

impl<W: Write> ChunkSink for WriteSink<W> {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        self.0.write_all(&chunk)
    }
}

/// The chunk that is being filled, and what was handed out before it.
///
/// The `put` calls only fill; [`Output::pass`] between two records, or between two elements of
/// a big value, hands out a chunk once it is full.
pub struct Output<S> {
    sink: S,
    /// Below `CHUNK_BYTES + CHUNK_SLACK_BYTES` after each `pass`.
    chunk: Vec<u8>,
    chunk_capacity: usize,
    /// The bytes handed out.
    passed_bytes: u64,
    /// Of the bytes handed out; `None` when nobody will ask.
    crc: Option<Crc64>,
    /// `None` when strings are not to be compressed.
    compressor: Option<Compressor>,
    /// A compressed string before its length is known; kept for its memory.
    packed: Vec<u8>,
    dialect: Dialect,
}

impl<S: ChunkSink> Output<S> {
    /// An output of whole chunks.
    pub fn new(sink: S) -> Self {
        Output::with_capacity(sink, CHUNK_BYTES + CHUNK_SLACK_BYTES)
    }

    /// An output that is expected to hold `capacity` bytes at a time.
    pub fn with_capacity(sink: S, capacity: usize) -> Self {
        Output {
            sink,
            chunk: Vec::with_capacity(capacity),
            chunk_capacity: capacity,
            passed_bytes: 0,
            crc: None,
            compressor: None,
            packed: Vec::new(),
            dialect: Dialect::default(),
        }
    }

    /// Computes the checksum from here on.
    pub fn sum(mut self) -> Self {
        self.crc = Some(Crc64::new());
        self
    }

    /// Writes values in the layouts that this reader knows.
    pub fn speak(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Compresses strings.
    pub fn compress(mut self, compressor: Compressor) -> Self {
        self.compressor = Some(compressor);
        self
    }

    /// The chunk being filled, to append to: a few short things before the next `pass`.
    #[inline]
    pub fn chunk(&mut self) -> &mut Vec<u8> {
        &mut self.chunk
    }

    /// Hands out the chunk if it is full.
    #[inline]
    pub fn pass(&mut self) -> io::Result<()> {
        if self.chunk.len() < CHUNK_BYTES { Ok(()) } else { self.hand_out() }
    }

    /// Appends bytes of any length.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= WHOLE_STRING_BYTES {
            self.chunk.extend_from_slice(bytes);
            return self.pass();
        }
        self.put_in_pieces(bytes)
    }

    fn put_in_pieces(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.pass()?;
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.chunk.len();
            let (piece, rest) = bytes.split_at(bytes.len().min(room));
            self.chunk.extend_from_slice(piece);
            bytes = rest;
            self.pass()?;
        }
        Ok(())
    }

    /// Whether [`Output::pack`] would try a string of `len` bytes.
    pub fn may_pack(&self, len: usize) -> bool {
        self.compressor.is_some() && len <= lzf::INPUT_MAX_BYTES
    }

    /// Compresses `text` to at most `limit` bytes. The result goes back with
    /// [`Output::keep_packed`], so that its memory serves the next string.
    pub fn pack(&mut self, text: &[u8], limit: usize) -> Option<Vec<u8>> {
        self.packed.clear();
        let packs = self.compressor.as_mut()?.compress(text, &mut self.packed, limit);
        packs.then(|| mem::take(&mut self.packed))
    }

    /// Takes back what [`Output::pack`] gave, unless it has become big.
    pub fn keep_packed(&mut self, packed: Vec<u8>) {
        if packed.capacity() <= CHUNK_BYTES {
            self.packed = packed;
        }
    }

    /// Where the chunks go.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The bytes appended so far.
    pub fn offset(&self) -> u64 {
        self.passed_bytes + self.chunk.len() as u64
    }

    /// The checksum of everything appended; 0 when none is computed.
    pub fn checksum(&self) -> u64 {
        let Some(crc) = &self.crc else { return 0 };
        let mut crc = crc.clone();
        crc.update(&self.chunk);
        crc.value()
    }

    /// Hands out what is left and gives the sink back.
    pub fn finish(mut self) -> io::Result<S> {
        if !self.chunk.is_empty() {
            self.hand_out()?;
        }
        Ok(self.sink)
    }

    #[cold]
    fn hand_out(&mut self) -> io::Result<()> {
        let chunk = mem::replace(&mut self.chunk, Vec::with_capacity(self.chunk_capacity));
        if let Some(crc) = &mut self.crc {
            crc.update(&chunk);
        }
        self.passed_bytes += chunk.len() as u64;
        self.sink.write_chunk(Bytes::from(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Chunks(Vec<Bytes>);

    impl ChunkSink for Chunks {
        fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
            self.0.push(chunk);
            Ok(())
        }
    }

    #[test]
    fn chunks_have_about_the_same_size_whatever_is_put() {
        let mut chunks = Chunks::default();
        let mut output = Output::new(&mut chunks).sum();
        let text: Vec<u8> = (0..1_000_000u32).map(|i| (i % 249) as u8).collect();
        let mut put = Vec::new();
        for len in [1, 100, 4096, 4097, 500_000, 130_000, 131_072, 7, 4096, 999_999] {
            output.put(&text[..len]).unwrap();
            put.extend_from_slice(&text[..len]);
        }
        assert_eq!(output.offset(), put.len() as u64);
        assert_eq!(output.checksum(), Crc64::of(&put));
        output.finish().unwrap();
        let sizes: Vec<usize> = chunks.0.iter().map(Bytes::len).collect();
        let (last, whole) = sizes.split_last().unwrap();
        assert!(whole.iter().all(|size| (CHUNK_BYTES..CHUNK_BYTES + 4096).contains(size)));
        assert!(*last <= CHUNK_BYTES);
        assert_eq!(chunks.0.concat(), put);
    }

    #[test]
    fn an_error_of_the_sink_stops_the_output() {
        struct Full;
        impl ChunkSink for Full {
            fn write_chunk(&mut self, _: Bytes) -> io::Result<()> {
                Err(io::ErrorKind::StorageFull.into())
            }
        }
        let mut output = Output::new(Full);
        let error = output.put(&vec![0; 2 * CHUNK_BYTES]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

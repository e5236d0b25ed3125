//! What waits in an output queue, while something does.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// Strings shorter than this are put together while the socket is behind.
const SHORT_BYTES: usize = 1024;
/// How long they become together.
const CHUNK_BYTES: usize = 16 * 1024;

/// Byte strings in order, counted. A long string is kept as it is, and may be shared with other
/// queues. Short ones behind others are copied into chunks, so that a million small messages take
/// little more than their bytes.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: VecDeque<Queued>,
    /// The chunk that is filled, behind all of `queue`. Not empty only if that is not.
    chunk: BytesMut,
    bytes: usize,
    /// What is held for them, in bytes.
    memory_bytes: usize,
}

#[derive(Debug)]
struct Queued {
    bytes: Bytes,
    /// What is allocated for them.
    memory_bytes: usize,
}

impl Waiting {
    /// A string that is not empty.
    pub fn push(&mut self, bytes: Bytes) {
        if bytes.len() >= SHORT_BYTES || self.queue.is_empty() {
            let memory_bytes = bytes.len();
            self.push_whole(bytes, memory_bytes);
            return;
        }
        if self.chunk.len() + bytes.len() > CHUNK_BYTES {
            self.end_chunk();
        }
        if self.chunk.capacity() - self.chunk.len() < bytes.len() {
            let room = (2 * self.chunk.capacity()).clamp(SHORT_BYTES, CHUNK_BYTES);
            self.chunk.reserve(room - self.chunk.len());
        }
        self.bytes += bytes.len();
        self.chunk.extend_from_slice(&bytes);
    }

    /// Takes what is in `buffer` with what is allocated for it.
    pub fn push_buffer(&mut self, buffer: &mut BytesMut) {
        if !buffer.is_empty() {
            let memory_bytes = buffer.capacity();
            self.push_whole(std::mem::take(buffer).freeze(), memory_bytes);
        }
    }

    /// Takes what is in a big `buffer`, which has room for up to twice as much: the allocator cuts
    /// that off where it is.
    pub fn push_long(&mut self, buffer: &mut BytesMut) {
        let mut bytes = Vec::from(std::mem::take(buffer));
        bytes.shrink_to_fit();
        let memory_bytes = bytes.capacity();
        self.push_whole(bytes.into(), memory_bytes);
    }

    fn push_whole(&mut self, bytes: Bytes, memory_bytes: usize) {
        self.end_chunk();
        self.bytes += bytes.len();
        self.memory_bytes += memory_bytes;
        self.queue.push_back(Queued { bytes, memory_bytes });
    }

    fn end_chunk(&mut self) {
        if !self.chunk.is_empty() {
            let memory_bytes = self.chunk.capacity();
            self.memory_bytes += memory_bytes;
            let bytes = std::mem::take(&mut self.chunk).freeze();
            self.queue.push_back(Queued { bytes, memory_bytes });
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Buffers that wait.
    pub fn buffers(&self) -> usize {
        self.queue.len() + usize::from(!self.chunk.is_empty())
    }

    /// What is held for the bytes that wait, in bytes; never less than they are.
    pub fn memory_bytes(&self) -> usize {
        let places = self.queue.capacity() * size_of::<Queued>();
        size_of::<Waiting>() + self.memory_bytes + self.chunk.capacity() + places
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Points `slices` at the first strings. Returns at how many.
    pub fn point<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let queued = self.queue.iter().map(|queued| &*queued.bytes);
        let waiting = queued.chain((!self.chunk.is_empty()).then_some(&*self.chunk));
        for (slice, bytes) in slices.iter_mut().zip(waiting) {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        count
    }

    /// So many bytes of the front are written.
    pub fn advance(&mut self, mut taken: usize) {
        self.bytes = self.bytes.saturating_sub(taken);
        while let Some(front) = self.queue.front_mut() {
            if taken < front.bytes.len() {
                front.bytes.advance(taken);
                return;
            }
            taken -= front.bytes.len();
            self.memory_bytes -= front.memory_bytes;
            self.queue.pop_front();
        }
        if taken < self.chunk.len() {
            self.chunk.advance(taken);
            self.end_chunk();
            return;
        }
        self.chunk = BytesMut::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(queue: &Waiting) -> Vec<u8> {
        let queued = queue.queue.iter().flat_map(|queued| queued.bytes.to_vec());
        queued.chain(queue.chunk.to_vec()).collect()
    }

    #[test]
    fn many_short_strings_take_little_more_than_their_bytes() {
        let mut queue = Waiting::default();
        for _ in 0..100_000 {
            queue.push(Bytes::from_static(b"+1234567890\r\n"));
        }
        assert_eq!(queue.bytes(), 1_300_000);
        assert!((1_300_000..1_400_000).contains(&queue.memory_bytes()), "{queue:?}");
        assert!(queue.buffers() < 100);
    }

    #[test]
    fn strings_leave_in_order_whatever_is_taken_at_a_time() {
        for step in [7, 1000, 1023, 40_000] {
            let mut queue = Waiting::default();
            let mut sent = Vec::new();
            for i in 0..300u16 {
                let bytes = vec![i as u8; [10, 900, 1024, 1, 3000][usize::from(i % 5)]];
                sent.extend_from_slice(&bytes);
                queue.push(Bytes::from(bytes));
            }
            let mut gone = 0;
            while !queue.is_empty() {
                assert_eq!(queue.bytes(), sent.len() - gone);
                let taken = step.min(queue.bytes());
                queue.advance(taken);
                gone += taken;
                if gone % 997 == 0 {
                    assert_eq!(left(&queue), &sent[gone..]);
                }
            }
            assert_eq!(gone, sent.len());
        }
    }

    #[test]
    fn the_whole_buffer_of_replies_is_counted() {
        let mut queue = Waiting::default();
        let mut buffer = BytesMut::with_capacity(10_000);
        buffer.extend_from_slice(b"+OK\r\n");
        queue.push_buffer(&mut buffer);
        assert_eq!((queue.bytes(), buffer.capacity()), (5, 0));
        assert!(queue.memory_bytes() >= 10_000);
    }

    #[test]
    fn long_replies_wait_in_a_buffer_of_their_length() {
        let mut queue = Waiting::default();
        let mut buffer = BytesMut::with_capacity(32 << 20);
        buffer.resize(20 << 20, b'x');
        queue.push_long(&mut buffer);
        assert_eq!((queue.bytes(), buffer.capacity()), (20 << 20, 0));
        assert!(queue.memory_bytes() < 21 << 20, "{}", queue.memory_bytes());
    }
}

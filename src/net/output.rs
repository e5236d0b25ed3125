//! Reply bytes that the socket has not taken yet.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};

use super::stream::Stream;

/// Buffers given to one `writev`.
const BUFFERS_PER_WRITE: usize = 16;

/// A queue of byte strings, counted.
#[derive(Debug, Default)]
pub struct OutputQueue {
    queue: VecDeque<Bytes>,
    bytes: usize,
}

impl OutputQueue {
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.queue.push_back(bytes);
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Buffers that wait.
    pub fn buffers(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Writes until the queue is empty or the socket is full. Adds what was written to `written`.
    pub fn poll_flush(
        &mut self,
        stream: &mut Stream,
        task: &mut Context<'_>,
        written: &mut u64,
    ) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); BUFFERS_PER_WRITE];
            let count = self.queue.len().min(BUFFERS_PER_WRITE);
            for (slice, bytes) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(bytes);
            }
            let taken = ready!(stream.poll_write(task, &slices[..count]))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += taken as u64;
            self.advance(taken);
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut taken: usize) {
        self.bytes -= taken;
        while let Some(front) = self.queue.front_mut() {
            if taken < front.len() {
                front.advance(taken);
                return;
            }
            taken -= front.len();
            self.queue.pop_front();
        }
    }
}

//! Reply bytes that the socket has not taken yet.

mod waiting;

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};

use self::waiting::Waiting;
use super::stream::Stream;

/// Buffers given to one `writev`.
const BUFFERS_PER_WRITE: usize = 16;
/// The buffer of replies of this length and more is cut to their length and not used again.
const LONG_BYTES: usize = 64 * 1024;

/// A queue of byte strings, counted, which takes one pointer while it is empty: most connections
/// are idle, and their sockets take what is written at once.
#[derive(Debug, Default)]
pub struct OutputQueue(Option<Box<Waiting>>);

impl OutputQueue {
    fn waiting(&mut self) -> &mut Waiting {
        self.0.get_or_insert_default()
    }

    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.waiting().push(bytes);
        }
    }

    /// Moves replies behind what waits, and leaves their buffer empty.
    pub fn push_replies(&mut self, replies: &mut BytesMut) {
        match replies.len() {
            0 => {}
            LONG_BYTES.. => self.waiting().push_long(replies),
            _ => self.waiting().push_buffer(replies),
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.bytes())
    }

    /// Buffers that wait.
    pub fn buffers(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.buffers())
    }

    /// What is held for the bytes that wait, in bytes; never less than they are.
    pub fn memory_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.memory_bytes())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Writes until the queue is empty or the socket is full. Adds what was written to `written`.
    pub fn poll_flush(
        &mut self,
        stream: &mut Stream,
        task: &mut Context<'_>,
        written: &mut u64,
    ) -> Poll<io::Result<()>> {
        while let Some(waiting) = &mut self.0 {
            let mut slices = [IoSlice::new(&[]); BUFFERS_PER_WRITE];
            let count = waiting.point(&mut slices);
            let (slices, _) = slices.split_at(count);
            let taken = ready!(stream.poll_write(task, slices))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += taken as u64;
            waiting.advance(taken);
            if waiting.is_empty() {
                self.0 = None;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// As [`poll_flush`](Self::poll_flush), with `replies` behind the queue, which are then empty:
    /// when the socket takes them at once, as it nearly always does, they are not queued at all and
    /// their buffer stays with its owner.
    pub fn poll_flush_with(
        &mut self,
        replies: &mut BytesMut,
        stream: &mut Stream,
        task: &mut Context<'_>,
        written: &mut u64,
    ) -> Poll<io::Result<()>> {
        if replies.len() >= LONG_BYTES {
            self.push_replies(replies);
        }
        while self.is_empty() && !replies.is_empty() {
            match stream.poll_write(task, &[IoSlice::new(replies)]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(taken)) if taken == replies.len() => {
                    *written += taken as u64;
                    replies.clear();
                }
                Poll::Ready(Ok(taken)) => {
                    *written += taken as u64;
                    replies.advance(taken);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.waiting().push_buffer(replies);
                    return Poll::Pending;
                }
            }
        }
        self.push_replies(replies);
        self.poll_flush(stream, task, written)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read;

    use super::*;

    #[test]
    fn an_empty_queue_holds_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let runtime = runtime.expect("a runtime");
        let _guard = runtime.enter();
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        ours.set_nonblocking(true).expect("set");
        let ours = tokio::net::UnixStream::from_std(ours).expect("a stream");
        let mut stream = Stream::Unix(ours);
        let mut queue = OutputQueue::default();
        for _ in 0..10 {
            queue.push(Bytes::from(vec![0; 2000]));
        }
        assert!(queue.bytes() == 20_000 && queue.memory_bytes() > 20_000);
        let (mut written, mut read) = (0, vec![0; 20_000]);
        let flush = poll_fn(|task| queue.poll_flush(&mut stream, task, &mut written));
        runtime.block_on(flush).expect("written");
        theirs.read_exact(&mut read).expect("all of it");
        assert_eq!((written, queue.bytes(), queue.memory_bytes()), (20_000, 0, 0));
        assert!(queue.is_empty());
    }
}

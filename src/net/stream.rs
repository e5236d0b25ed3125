//! A client's socket: TCP or unix.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::net::{TcpStream, UnixStream};

#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Reads what fits into the spare room of `buffer`. 0: the peer has closed its side.
    pub fn poll_read(
        &self,
        task: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        loop {
            let read = match self {
                Stream::Tcp(stream) => {
                    ready!(stream.poll_read_ready(task))?;
                    stream.try_read_buf(buffer)
                }
                Stream::Unix(stream) => {
                    ready!(stream.poll_read_ready(task))?;
                    stream.try_read_buf(buffer)
                }
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => return Poll::Ready(read),
            }
        }
    }

    /// Writes as much of `buffers` as the socket takes.
    pub fn poll_write(
        &self,
        task: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let written = match self {
                Stream::Tcp(stream) => {
                    ready!(stream.poll_write_ready(task))?;
                    match buffers {
                        [one] => stream.try_write(one),
                        many => stream.try_write_vectored(many),
                    }
                }
                Stream::Unix(stream) => {
                    ready!(stream.poll_write_ready(task))?;
                    stream.try_write_vectored(buffers)
                }
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                written => return Poll::Ready(written),
            }
        }
    }

    /// TCP_NODELAY; nothing on a unix socket.
    pub fn set_nodelay(&self, on: bool) {
        if let Stream::Tcp(stream) = self {
            // A socket that is gone shows itself at the next read.
            let _ = stream.set_nodelay(on);
        }
    }

    pub fn fd(&self) -> RawFd {
        match self {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
        }
    }
}

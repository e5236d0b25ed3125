//! A client's socket: TCP or unix.

use std::future::Future;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Reads what fits into the spare room of `buffer`. 0: the peer has closed its side.
    ///
    /// By `AsyncRead`, which takes a read that did not fill the room as "nothing more is there":
    /// `try_read_buf` would ask the system again, a call for nothing with every request.
    pub fn poll_read(
        &mut self,
        task: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => pin!(stream.read_buf(buffer)).poll(task),
            Stream::Unix(stream) => pin!(stream.read_buf(buffer)).poll(task),
        }
    }

    /// Whether there may be something to read, for who has no buffer ready.
    pub fn poll_readable(&self, task: &mut Context<'_>) -> Poll<()> {
        match self {
            Stream::Tcp(stream) => stream.poll_read_ready(task).map(drop),
            Stream::Unix(stream) => stream.poll_read_ready(task).map(drop),
        }
    }

    /// Writes as much of `buffers` as the socket takes.
    pub fn poll_write(
        &mut self,
        task: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match (self, buffers) {
            (Stream::Tcp(stream), [one]) => Pin::new(stream).poll_write(task, one),
            (Stream::Tcp(stream), many) => Pin::new(stream).poll_write_vectored(task, many),
            (Stream::Unix(stream), many) => Pin::new(stream).poll_write_vectored(task, many),
        }
    }

    /// TCP_NODELAY; nothing on a unix socket.
    pub fn set_nodelay(&self, on: bool) {
        if let Stream::Tcp(stream) = self {
            // A socket that is gone shows itself at the next read.
            let _ = stream.set_nodelay(on);
        }
    }

    /// `ip:port` of the other end, or `path:0` of the unix socket; empty when it is gone.
    pub fn peer_name(&self) -> String {
        match self {
            Stream::Tcp(stream) => {
                stream.peer_addr().map(|address| address.to_string()).unwrap_or_default()
            }
            Stream::Unix(stream) => {
                let local = stream.local_addr().ok();
                let path = local.as_ref().and_then(|address| address.as_pathname());
                path.map(|path| format!("{}:0", path.display())).unwrap_or_default()
            }
        }
    }

    pub fn fd(&self) -> RawFd {
        match self {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
        }
    }
}

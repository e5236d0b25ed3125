//! The socket to the master: what comes and goes, and what is done with it in each phase.

use std::task::{Context as Task, Poll};

use actix::prelude::*;

use super::{LOADER_BYTES_MAX, MasterLink, Phase};
use crate::base::text::system_text;
use crate::net::output::OutputQueue;
use crate::net::socket_loop::SocketOwner;
use crate::replication::model::lines::{self, log_line};
use crate::replication::model::reconnect::Attempt;

/// Room made for one read, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of the stream kept while a batch is applied or a data set is loaded; then the socket's
/// buffer, and the master's, have to do.
const STREAM_BYTES_MAX: usize = 4 << 20;

impl SocketOwner for MasterLink {
    fn poll_socket(&mut self, ctx: &mut Context<Self>, task: &mut Task<'_>) -> Poll<()> {
        // It is closed and opened again, and other things than the socket give it work.
        if self.waker.as_ref().is_none_or(|waker| !waker.will_wake(task.waker())) {
            self.waker = Some(task.waker().clone());
        }
        self.round(ctx, task);
        Poll::Pending
    }
}

impl MasterLink {
    /// One round: write, work on what is there, read.
    fn round(&mut self, ctx: &mut Context<Self>, task: &mut Task<'_>) {
        loop {
            self.work(ctx);
            self.queue_ack();
            let Some(stream) = &mut self.stream else { return self.end_if_used_up(ctx) };
            match self.output.poll_flush(stream, task, &mut self.written_bytes) {
                // What came before the master closed can still be read.
                Poll::Ready(Err(_)) if self.outlives_its_socket() => {
                    self.output = OutputQueue::default();
                }
                Poll::Ready(Err(error)) => return self.socket_failed(Some(error), ctx),
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
            if !self.wants_input() {
                return;
            }
            self.input.reserve(READ_BYTES.max(self.parser.wanted_bytes()));
            let Some(stream) = &mut self.stream else { return };
            match stream.poll_read(task, &mut self.input) {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => self.socket_failed(None, ctx),
                Poll::Ready(Err(error)) => self.socket_failed(Some(error), ctx),
                Poll::Ready(Ok(count)) => {
                    self.read_bytes += count as u64;
                    self.connection_bytes += count as u64;
                    self.status.last_io = (self.now)();
                    self.status.is_silent = false;
                    if matches!(self.phase, Phase::Streaming) {
                        self.note_received(count);
                    }
                }
            }
        }
    }

    /// Whether there is room for more.
    pub(super) fn wants_input(&self) -> bool {
        match self.phase {
            Phase::Idle | Phase::Connecting => false,
            Phase::Handshake(_) => true,
            Phase::Transfer { .. } => self.loader_behind < LOADER_BYTES_MAX,
            Phase::Loading { .. } | Phase::Streaming => {
                self.input.len() < STREAM_BYTES_MAX
                    || (self.batch.is_some() && matches!(self.phase, Phase::Streaming))
            }
        }
    }

    /// What came whole is the master's last word: a data set is loaded to its end, and the complete
    /// commands behind it are applied, before the link begins anew where they end. A master that
    /// died may have no other heir.
    fn outlives_its_socket(&self) -> bool {
        matches!(self.phase, Phase::Loading { .. } | Phase::Streaming)
    }

    pub(super) fn lose_socket(&mut self) {
        self.stream = None;
        self.output = OutputQueue::default();
        self.wake();
    }

    /// Has the socket loop look for work that no message brought.
    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Without a socket: when all that came over it is applied, there is no more to wait for.
    fn end_if_used_up(&mut self, ctx: &mut Context<Self>) {
        if matches!(self.phase, Phase::Streaming) && self.batch.is_some() {
            self.retry(Attempt::LinkLost, ctx);
        }
    }

    fn socket_failed(&mut self, error: Option<std::io::Error>, ctx: &mut Context<Self>) {
        if self.outlives_its_socket() {
            return self.lose_socket();
        }
        let text = error.map_or("connection lost".to_owned(), |e| system_text(&e));
        let kind = match &mut self.phase {
            Phase::Handshake(handshake) => {
                let step = handshake.on_disconnect(&text);
                step.log.iter().for_each(log_line);
                Attempt::Fresh
            }
            Phase::Transfer { .. } => {
                log_line(&lines::replica::transfer_failed(&text));
                Attempt::TransferFailed
            }
            _ => Attempt::Fresh,
        };
        self.retry(kind, ctx);
    }

    /// Works on the input until more must be read or a message must come.
    fn work(&mut self, ctx: &mut Context<Self>) {
        loop {
            let progressed = match &self.phase {
                Phase::Handshake(_) => self.handshake_line(ctx),
                Phase::Transfer { .. } => self.transfer_event(ctx),
                Phase::Streaming => self.submit(ctx),
                Phase::Idle | Phase::Connecting | Phase::Loading { .. } => false,
            };
            if !progressed {
                return;
            }
        }
    }
}

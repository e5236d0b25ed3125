//! The way out: replies and pushes, and what a client may leave unread of them.

use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::{Connection, Phase};
use crate::clients::Gauges;
use crate::keyspace::messages::LimitKind;

/// A buffer for replies that grew beyond this is given back as soon as they are written.
const REPLIES_KEPT_BYTES: usize = 64 * 1024;

impl Connection {
    /// Writes the output queue and the replies that came. `Err`: the socket is gone or the client
    /// is over its limit.
    pub(super) fn write(&mut self, task: &mut Task<'_>) -> Result<(), ()> {
        let Some(stream) = &mut self.stream else { return Err(()) };
        if matches!(self.phase, Phase::Gone) {
            return Err(());
        }
        let mut none = BytesMut::new();
        let replies = self.exchange.as_mut().map_or(&mut none, |exchange| &mut exchange.output);
        let most = self.limits.and_then(|limits| limits.unwritten_bytes());
        if most.is_some_and(|most| self.output.bytes() + replies.len() > most) {
            self.over_limit = Some(LimitKind::Output);
            return Err(());
        }
        let mut flushed = Poll::Ready(Ok(()));
        if !(replies.is_empty() && self.output.is_empty()) {
            let written_before = self.written_bytes;
            flushed = self.output.poll_flush_with(replies, stream, task, &mut self.written_bytes);
            if replies.capacity() > REPLIES_KEPT_BYTES {
                *replies = BytesMut::new();
            }
            Gauges::add(&self.gauges.moved, (self.written_bytes - written_before) as usize);
            self.publish_output();
        }
        if self.exchange.as_ref().is_some_and(|exchange| exchange.is_done())
            && let Some(exchange) = self.exchange.take()
        {
            self.pool.give_exchange(exchange);
        }
        match flushed {
            Poll::Ready(Ok(())) => {
                self.above_soft_since = None;
                Ok(())
            }
            Poll::Ready(Err(_)) => Err(()),
            Poll::Pending => self.check_output_limit(),
        }
    }

    fn publish_output(&self) {
        let waiting_memory = if self.output.is_empty() { 0 } else { self.output.memory_bytes() };
        Gauges::set(&self.gauges.output, waiting_memory);
        Gauges::set(&self.gauges.output_buffers, self.output.buffers());
    }

    fn check_output_limit(&mut self) -> Result<(), ()> {
        let Some(limits) = self.limits else { return Ok(()) };
        let bytes = self.output.bytes() as u64;
        let over_hard = limits.output_hard_bytes > 0 && bytes >= limits.output_hard_bytes;
        let above_soft = limits.output_soft_bytes > 0 && bytes >= limits.output_soft_bytes;
        let over_soft = if above_soft {
            let since = *self.above_soft_since.get_or_insert_with(Instant::now);
            since.elapsed() > Duration::from_secs(limits.output_soft_seconds)
        } else {
            self.above_soft_since = None;
            false
        };
        if over_hard || over_soft {
            self.over_limit = Some(LimitKind::Output);
            return Err(());
        }
        Ok(())
    }
}

//! What a Connection receives.

use std::sync::Arc;

use actix::{Message, Recipient};
use bytes::{Bytes, BytesMut};

use crate::clients::{ClientKey, Gauges};
use crate::net::stream::Stream;
use crate::resp::exchange::Exchange;
use crate::resp::limits::Limits;

/// Everything the keyspace has for a connection, on one edge and so in order.
#[derive(Message)]
#[rtype(result = "()")]
pub enum ToConnection {
    /// The client has its ID; reading begins.
    Welcome { client: ClientKey, limits: ConnectionLimits },
    /// The client is not taken: write this and close.
    Refuse { error: Bytes },
    /// The batch that was sent comes back with its replies.
    Replies { exchange: Box<Exchange>, then: After },
    /// Replies so far, if there are any, of a batch that stays away (a command of it waits), or
    /// bytes beside the replies.
    Push { bytes: Bytes },
    /// Close at once, whatever was not written yet.
    Close,
    /// Look whether the output is over its limit for too long; `rest`: the client is silent, so
    /// give back what room its input has.
    Tend { rest: bool },
    /// The limits changed.
    SetLimits { limits: ConnectionLimits },
    /// Give the socket away, with the replies before it written, and end.
    HandOver { to: Recipient<AdoptSocket> },
}

/// What follows the replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Continue,
    /// Close when they are written.
    Close,
}

/// Limits of one connection; set by its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub request: Limits,
    /// Reply bytes at which it is closed at once; 0: no limit.
    pub output_hard_bytes: u64,
    /// Reply bytes at which it is closed when it stays above for `output_soft_seconds`.
    pub output_soft_bytes: u64,
    pub output_soft_seconds: u64,
}

impl ConnectionLimits {
    /// What Redis's fixed buffer for replies takes, which no limit forbids, in bytes.
    const FIXED_BUFFER_BYTES: usize = 16 * 1024;

    /// The most bytes that may be there for a client before any is written, where Redis judges
    /// them; `None`: there is no limit.
    pub fn unwritten_bytes(&self) -> Option<usize> {
        let hard = Some(self.output_hard_bytes).filter(|bytes| *bytes > 0)?;
        Some(usize::try_from(hard).unwrap_or(usize::MAX).max(Self::FIXED_BUFFER_BYTES))
    }
}

/// A socket changes hands: from a Connection to the ReplicationManager.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AdoptSocket {
    pub client: ClientKey,
    pub stream: Stream,
    /// Bytes read and not yet used.
    pub unread: BytesMut,
    /// What its client takes.
    pub gauges: Arc<Gauges>,
}

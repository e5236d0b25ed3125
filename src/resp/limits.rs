//! What a peer may send at most, and what it is told when it sends something else.

use std::fmt;

/// The longest inline command, and the longest `*<count>` or `$<length>` line, in bytes before
/// its end (`PROTO_INLINE_MAX_SIZE`).
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// The most arguments a command may announce (Redis 7: `INT_MAX`).
pub const MAX_ARGUMENTS: i64 = i32::MAX as i64;

/// The most arguments a command may announce before its client is authenticated.
pub const MAX_ARGUMENTS_UNAUTHENTICATED: i64 = 10;

/// The longest argument in bytes before its client is authenticated.
pub const MAX_BULK_BYTES_UNAUTHENTICATED: i64 = 16_384;

/// The longest argument of all, whatever the settings and whoever sends it: what is longer cannot
/// be a key here.
pub const MAX_BULK_BYTES: i64 = u32::MAX as i64;

/// The limits that hold for one connection at the moment of one [`parse`](super::parser::Parser::parse).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `proto-max-bulk-len`: the longest argument, in bytes. Does not bind a master.
    pub max_bulk_bytes: i64,
    /// `client-query-buffer-limit`: the most bytes that are not yet taken for an argument, so that
    /// it bounds each argument and not their sum. Does not bind a master.
    pub max_query_buffer_bytes: usize,
    /// Authentication is required and has not happened yet: the small limits hold.
    pub unauthenticated: bool,
    /// The peer is our master: its stream is trusted in size, but never comes inline.
    pub from_master: bool,
}

/// What no limit forbids, so that nearly every command is checked with two comparisons.
pub(super) struct PlainLimits {
    /// How many arguments a command may have at least.
    pub arguments: usize,
    /// How long each of them may be at least, in bytes.
    pub bulk_bytes: usize,
}

impl Default for Limits {
    /// The limits of an authenticated client with the default settings.
    fn default() -> Self {
        Limits {
            max_bulk_bytes: 512 << 20,
            max_query_buffer_bytes: 1 << 30,
            unauthenticated: false,
            from_master: false,
        }
    }
}

impl Limits {
    /// The limits for the stream of our master.
    pub fn master() -> Self {
        Limits { from_master: true, ..Limits::default() }
    }

    /// What passes [`check_arguments`](Self::check_arguments) and [`check_bulk`](Self::check_bulk)
    /// for certain.
    pub(super) fn plain(&self) -> PlainLimits {
        let mut most = (MAX_ARGUMENTS, MAX_BULK_BYTES);
        if !self.from_master {
            let buffered = i64::try_from(self.max_query_buffer_bytes).unwrap_or(i64::MAX) - 2;
            most.1 = most.1.min(self.max_bulk_bytes).min(buffered);
        }
        if self.unauthenticated {
            most.0 = most.0.min(MAX_ARGUMENTS_UNAUTHENTICATED);
            most.1 = most.1.min(MAX_BULK_BYTES_UNAUTHENTICATED);
        }
        if most.1 < 0 {
            return PlainLimits { arguments: 0, bulk_bytes: 0 };
        }
        PlainLimits { arguments: most.0 as usize, bulk_bytes: most.1 as usize }
    }

    /// Checks the number in a `*<count>` line; `None` is text that is no number.
    #[inline]
    pub(super) fn check_arguments(&self, count: Option<i64>) -> Result<i64, ProtocolError> {
        match count {
            Some(n) if n > MAX_ARGUMENTS_UNAUTHENTICATED && n <= MAX_ARGUMENTS => {
                if self.unauthenticated {
                    return Err(ProtocolError::UnauthenticatedMultibulkLength);
                }
                Ok(n)
            }
            Some(n) if n <= MAX_ARGUMENTS => Ok(n),
            _ => Err(ProtocolError::InvalidMultibulkLength),
        }
    }

    /// Checks the number in a `$<length>` line; `None` is text that is no number.
    #[inline]
    pub(super) fn check_bulk(&self, length: Option<i64>) -> Result<usize, ProtocolError> {
        let max_bytes =
            if self.from_master { MAX_BULK_BYTES } else { self.max_bulk_bytes.min(MAX_BULK_BYTES) };
        match length {
            Some(n) if (0..=max_bytes).contains(&n) => {
                if n > MAX_BULK_BYTES_UNAUTHENTICATED && self.unauthenticated {
                    return Err(ProtocolError::UnauthenticatedBulkLength);
                }
                // With its line end, all of it waits in the buffer before it is an argument.
                let buffered_bytes = (n as usize).saturating_add(2);
                if !self.from_master && buffered_bytes > self.max_query_buffer_bytes {
                    return Err(ProtocolError::QueryBufferLimit(buffered_bytes));
                }
                Ok(n as usize)
            }
            _ => Err(ProtocolError::InvalidBulkLength),
        }
    }
}

/// Why a connection is closed: its peer does not speak the protocol, or too much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    InvalidMultibulkLength,
    UnauthenticatedMultibulkLength,
    /// The byte that stood where a `$` was due.
    ExpectedDollar(u8),
    InvalidBulkLength,
    UnauthenticatedBulkLength,
    TooBigMbulkCountString,
    TooBigBulkCountString,
    TooBigInlineRequest,
    UnbalancedQuotes,
    /// Our master sent an inline command: the stream is corrupt.
    InlineFromMaster,
    /// An argument that `client-query-buffer-limit` has no room for; holds how many bytes it takes.
    QueryBufferLimit(usize),
}

impl ProtocolError {
    /// The error reply that the peer gets before the connection closes, as bytes to send; `None`
    /// where Redis closes without a word.
    pub fn reply(&self) -> Option<Vec<u8>> {
        let got;
        let text: &[u8] = match self {
            ProtocolError::ExpectedDollar(byte) => {
                // A line end inside an error line becomes a space, as in every error reply.
                let byte = if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
                got = [&b"expected '$', got '"[..], &[byte, b'\'']].concat();
                &got
            }
            ProtocolError::InvalidMultibulkLength => b"invalid multibulk length",
            ProtocolError::UnauthenticatedMultibulkLength => b"unauthenticated multibulk length",
            ProtocolError::InvalidBulkLength => b"invalid bulk length",
            ProtocolError::UnauthenticatedBulkLength => b"unauthenticated bulk length",
            ProtocolError::TooBigMbulkCountString => b"too big mbulk count string",
            ProtocolError::TooBigBulkCountString => b"too big bulk count string",
            ProtocolError::TooBigInlineRequest => b"too big inline request",
            ProtocolError::UnbalancedQuotes => b"unbalanced quotes in request",
            ProtocolError::InlineFromMaster | ProtocolError::QueryBufferLimit(_) => return None,
        };
        Some([b"-ERR Protocol error: ", text, b"\r\n"].concat())
    }
}

/// The words of the log line, `Protocol error (<these>) from client: ...`.
impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProtocolError::InvalidMultibulkLength => "invalid mbulk count",
            ProtocolError::UnauthenticatedMultibulkLength => "unauth mbulk count",
            ProtocolError::ExpectedDollar(_) => "expected $ but got something else",
            ProtocolError::InvalidBulkLength => "invalid bulk length",
            ProtocolError::UnauthenticatedBulkLength => "unauth bulk length",
            ProtocolError::TooBigMbulkCountString => "too big mbulk count string",
            ProtocolError::TooBigBulkCountString => "too big bulk count string",
            ProtocolError::TooBigInlineRequest => "too big inline request",
            ProtocolError::UnbalancedQuotes => "unbalanced quotes in inline request",
            ProtocolError::InlineFromMaster => "Master using the inline protocol. Desync?",
            ProtocolError::QueryBufferLimit(_) => "query buffer limit reached",
        })
    }
}

impl std::error::Error for ProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_all_that_no_check_refuses() {
        let settings = [0, 1, 2, 3, 1000, 16_384, 1 << 20, 512 << 20, MAX_BULK_BYTES, i64::MAX];
        for max_bulk_bytes in settings {
            for max_query_buffer_bytes in settings.map(|bytes| bytes as usize) {
                for [unauthenticated, from_master] in
                    [[false, false], [true, false], [false, true], [true, true]]
                {
                    let limits = Limits {
                        max_bulk_bytes,
                        max_query_buffer_bytes,
                        unauthenticated,
                        from_master,
                    };
                    let PlainLimits { arguments, bulk_bytes } = limits.plain();
                    if arguments == 0 {
                        assert!(limits.check_bulk(Some(0)).is_err(), "{limits:?}");
                        continue;
                    }
                    let (arguments, bulk_bytes) = (arguments as i64, bulk_bytes as i64);
                    assert!(limits.check_arguments(Some(arguments)).is_ok(), "{limits:?}");
                    assert!(limits.check_arguments(Some(arguments + 1)).is_err(), "{limits:?}");
                    assert!(limits.check_bulk(Some(bulk_bytes)).is_ok(), "{limits:?}");
                    assert!(limits.check_bulk(Some(bulk_bytes + 1)).is_err(), "{limits:?}");
                }
            }
        }
    }
}

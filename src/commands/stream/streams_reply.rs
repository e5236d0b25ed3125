//! Streams with their entries: a map in RESP3, an array of pairs in RESP2; nothing when there are
//! none.

use crate::resp::reply::{Deferred, Protocol, Reply};

/// A reply that begins with the first stream.
#[derive(Default)]
pub struct StreamsReply {
    begun: Option<Deferred>,
    count: usize,
}

impl StreamsReply {
    /// A stream, whose entries follow.
    pub fn stream(&mut self, reply: &mut Reply<'_>, key: &[u8]) {
        let is_map = reply.protocol() == Protocol::Resp3;
        if self.begun.is_none() {
            self.begun = Some(if is_map { reply.begin_map() } else { reply.begin_array() });
        }
        if !is_map {
            reply.array(2);
        }
        reply.bulk(key);
        self.count += 1;
    }

    /// `false`: there was none, and nothing is written.
    pub fn end(self, reply: &mut Reply<'_>) -> bool {
        let Some(begun) = self.begun else { return false };
        match reply.protocol() {
            Protocol::Resp2 => reply.end_array(begun, self.count),
            Protocol::Resp3 => reply.end_map(begun, self.count),
        }
        true
    }
}

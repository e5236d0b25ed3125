//! Replies that are not given before their writes are safe elsewhere, and become errors when that
//! does not come about.

use std::ops::Range;

use bytes::BytesMut;

/// The reply of a command that wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldReply {
    /// Where it is among the replies of its batch.
    pub reply: Range<usize>,
    /// How many replicas are to have acknowledged `offset`.
    pub quorum: usize,
    pub offset: i64,
}

/// Those of one batch, in their order.
#[derive(Debug, Default)]
pub struct HeldReplies(Vec<HeldReply>);

impl HeldReplies {
    pub fn push(&mut self, held: HeldReply) {
        self.0.push(held);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing is waited for any more; keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many replicas have to acknowledge which offset for all to be safe; `None`: there are
    /// none.
    pub fn wanted(&self) -> Option<(usize, i64)> {
        let quorum = self.0.iter().map(|held| held.quorum).max()?;
        Some((quorum, self.0.last()?.offset))
    }

    /// Puts `error`, a whole reply, in the place of each that is not safe. How many those are.
    pub fn refuse(
        &mut self,
        output: &mut BytesMut,
        error: &[u8],
        is_safe: impl Fn(usize, i64) -> bool,
    ) -> u64 {
        let replies = std::mem::take(output);
        let (mut kept_from, mut refused) = (0, 0);
        let unsafe_ones = self.0.drain(..).filter(|held| !is_safe(held.quorum, held.offset));
        for HeldReply { reply, .. } in unsafe_ones {
            output.extend_from_slice(replies.get(kept_from..reply.start).unwrap_or_default());
            output.extend_from_slice(error);
            kept_from = reply.end;
            refused += 1;
        }
        output.extend_from_slice(replies.get(kept_from..).unwrap_or_default());
        refused
    }

    /// The memory that it holds, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.0.capacity() * size_of::<HeldReply>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(entries: &[(Range<usize>, usize, i64)]) -> HeldReplies {
        let mut replies = HeldReplies::default();
        for (reply, quorum, offset) in entries.iter().cloned() {
            replies.push(HeldReply { reply, quorum, offset });
        }
        replies
    }

    #[test]
    fn all_are_safe_when_the_last_of_them_is_by_the_highest_number() {
        assert_eq!(held(&[]).wanted(), None);
        assert_eq!(held(&[(0..1, 2, 10), (1..2, 1, 30)]).wanted(), Some((2, 30)));
    }

    #[test]
    fn only_what_is_not_safe_becomes_an_error_and_the_rest_stays_in_its_place() {
        let refuse = |entries: &[(Range<usize>, usize, i64)], acked: i64| {
            let mut output = BytesMut::from(&b"+OK\r\n$1\r\na\r\n:1\r\n"[..]);
            let refused =
                held(entries).refuse(&mut output, b"-NO\r\n", |_, offset| offset <= acked);
            (refused, String::from_utf8_lossy(&output).into_owned())
        };
        let both = [(0..5, 1, 10), (12..16, 1, 20)];
        assert_eq!(refuse(&both, 20), (0, "+OK\r\n$1\r\na\r\n:1\r\n".to_owned()));
        assert_eq!(refuse(&both, 10), (1, "+OK\r\n$1\r\na\r\n-NO\r\n".to_owned()));
        assert_eq!(refuse(&both, 9), (2, "-NO\r\n$1\r\na\r\n-NO\r\n".to_owned()));
    }
}

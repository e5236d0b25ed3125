//! Elements of sorted sets as replies.

use crate::commands::elements::ReplyElements;
use crate::resp::reply::{Protocol, Reply};
use crate::store::packed::Element;

/// How elements are shown: members alone, or each with its score: in RESP2 behind it, in RESP3 as
/// a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Members,
    Scored,
}

impl Shown {
    pub fn with_scores(with_scores: bool) -> Shown {
        if with_scores { Shown::Scored } else { Shown::Members }
    }

    /// The header of so many elements.
    pub fn begin(self, reply: &mut Reply<'_>, count: usize) {
        reply.array(match (self, reply.protocol()) {
            (Shown::Scored, Protocol::Resp2) => count * 2,
            _ => count,
        });
    }

    #[inline]
    pub fn put(self, reply: &mut Reply<'_>, member: Element<'_>, score: f64) {
        if self == Shown::Scored && reply.protocol() == Protocol::Resp3 {
            reply.array(2);
        }
        reply.element(member);
        if self == Shown::Scored {
            reply.double(score);
        }
    }

    /// All of these elements, as many as it says.
    pub fn put_all<'e>(
        self,
        reply: &mut Reply<'_>,
        count: usize,
        elements: impl Iterator<Item = (Element<'e>, f64)>,
    ) {
        self.begin(reply, count);
        elements.for_each(|(member, score)| self.put(reply, member, score));
    }
}

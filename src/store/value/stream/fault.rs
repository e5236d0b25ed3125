//! What is wrong with a stream from a file or a peer.

use std::fmt;

use super::id::StreamId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The elements of a block are not a head and entries.
    BadBlock,
    /// A block states other numbers of entries than it has.
    WrongBlockCounts,
    /// An entry or block that does not come behind the one before it.
    NotAscending(StreamId),
    /// The stream states another number of entries than it has.
    WrongLength { stated: u64, found: u64 },
    /// A name of a group that stands there twice.
    RepeatedGroup,
    /// A name of a consumer that stands twice in its group.
    RepeatedConsumer,
    /// Pending twice in a group, or not in ascending order.
    PendingNotAscending(StreamId),
    /// Pending of a consumer, but not in the group.
    NotPending(StreamId),
    /// Pending of two consumers, or twice of one.
    PendingTwice(StreamId),
    /// Pending in a group, but of no consumer.
    NoConsumer(StreamId),
}

impl fmt::Display for StreamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamFault::BadBlock => f.write_str("a block is not made of entries"),
            StreamFault::WrongBlockCounts => {
                f.write_str("a block has other entries than it states")
            }
            StreamFault::NotAscending(id) => write!(f, "entry {id} is out of order"),
            StreamFault::WrongLength { stated, found } => {
                write!(f, "{stated} entries are stated, there are {found}")
            }
            StreamFault::RepeatedGroup => f.write_str("a group stands there twice"),
            StreamFault::RepeatedConsumer => f.write_str("a consumer stands there twice"),
            StreamFault::PendingNotAscending(id) => write!(f, "{id} is pending out of order"),
            StreamFault::NotPending(id) => write!(f, "{id} is pending of a consumer alone"),
            StreamFault::PendingTwice(id) => write!(f, "{id} is pending twice"),
            StreamFault::NoConsumer(id) => write!(f, "{id} is pending of no consumer"),
        }
    }
}

impl std::error::Error for StreamFault {}

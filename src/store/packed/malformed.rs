//! What is wrong with bytes from a file or a peer.

use std::fmt;

/// Why bytes are not what they are said to be. `at` is an offset into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They cannot even hold the header and the end.
    TooShort { bytes: usize },
    /// They are more than anybody packs.
    TooLong { bytes: usize },
    /// The header states another number of bytes.
    WrongTotal { stated: u64, bytes: usize },
    /// The last byte does not mark the end.
    NoEnd,
    /// No entry begins here, or one that reaches beyond the end.
    BadEntry { at: usize },
    /// What stands behind or before an entry about its length is wrong.
    BadLink { at: usize },
    /// The number here is not larger than the one before it.
    Unsorted { at: usize },
    /// The header states another number of entries.
    WrongCount { stated: u64, found: usize },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Malformed::TooShort { bytes } => write!(f, "{bytes} bytes are too few"),
            Malformed::TooLong { bytes } => write!(f, "{bytes} bytes are too many"),
            Malformed::WrongTotal { stated, bytes } => {
                write!(f, "the header states {stated} bytes, there are {bytes}")
            }
            Malformed::NoEnd => f.write_str("the last byte does not mark the end"),
            Malformed::BadEntry { at } => write!(f, "no entry that fits at byte {at}"),
            Malformed::BadLink { at } => write!(f, "a wrong length of a neighbour at byte {at}"),
            Malformed::Unsorted { at } => write!(f, "a number out of order at byte {at}"),
            Malformed::WrongCount { stated, found } => {
                write!(f, "the header states {stated} entries, there are {found}")
            }
        }
    }
}

impl std::error::Error for Malformed {}

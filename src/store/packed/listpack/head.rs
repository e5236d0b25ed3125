//! The six bytes at the beginning of a pack.

use crate::store::packed::thin::{Empty, Format};

pub(super) const HEAD_BYTES: usize = 6;
/// The byte behind the last entry.
pub(super) const END: u8 = 0xff;
/// The bytes of a pack without entries.
pub(super) const EMPTY_BYTES: usize = HEAD_BYTES + 1;
/// What stands for all numbers of entries from here on.
const COUNT_UNKNOWN: usize = u16::MAX as usize;

/// What a head says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// All bytes of the pack.
    pub(super) total: usize,
    /// The number of entries, if it is below 65,535.
    pub(super) count: Option<usize>,
}

impl Head {
    #[inline]
    pub(super) fn of([a, b, c, d, e, f]: [u8; HEAD_BYTES]) -> Self {
        let count = usize::from(u16::from_le_bytes([e, f]));
        Head {
            total: u32::from_le_bytes([a, b, c, d]) as usize,
            count: (count < COUNT_UNKNOWN).then_some(count),
        }
    }

    #[inline]
    pub(super) fn bytes(total: usize, count: usize) -> [u8; HEAD_BYTES] {
        let [a, b, c, d] = (total as u32).to_le_bytes();
        let [e, f] = (count.min(COUNT_UNKNOWN) as u16).to_le_bytes();
        [a, b, c, d, e, f]
    }
}

/// How a listpack lies in memory.
pub(super) enum Layout {}

impl Format for Layout {
    const HEAD_BYTES: usize = HEAD_BYTES;
    const EMPTY_BYTES: usize = EMPTY_BYTES;

    fn empty() -> &'static Empty {
        static EMPTY: Empty = {
            let mut bytes = [0; 16];
            bytes[0] = EMPTY_BYTES as u8;
            bytes[HEAD_BYTES] = END;
            Empty(bytes)
        };
        &EMPTY
    }

    #[inline]
    fn total_bytes([a, b, c, d, ..]: [u8; 8]) -> usize {
        u32::from_le_bytes([a, b, c, d]) as usize
    }
}

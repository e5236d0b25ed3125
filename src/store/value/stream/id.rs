//! The ID of an entry: a time and a number, `ms-seq`.

use std::fmt;

/// IDs are ordered by time, then by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds since 1970, where the server chose it.
    pub ms: u64,
    /// Tells those of one millisecond apart.
    pub seq: u64,
}

impl StreamId {
    /// `0-0`, which no entry has.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    pub const fn new(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    /// The one behind it; `None` behind the last.
    pub fn next(self) -> Option<StreamId> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The one before it; `None` before the first.
    pub fn previous(self) -> Option<StreamId> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(StreamId { seq, ..self }),
            None => Some(StreamId { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }

    /// As it stands in an RDB.
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.ms) << 64) | u128::from(self.seq)).to_be_bytes()
    }

    /// From an RDB.
    pub fn from_bytes(bytes: [u8; 16]) -> StreamId {
        let both = u128::from_be_bytes(bytes);
        StreamId { ms: (both >> 64) as u64, seq: both as u64 }
    }

    /// How far it is from another, as a block notes it: both parts wrap around.
    pub(super) fn minus(self, other: StreamId) -> (i64, i64) {
        (self.ms.wrapping_sub(other.ms) as i64, self.seq.wrapping_sub(other.seq) as i64)
    }

    /// What is as far from it as a block notes.
    pub(super) fn plus(self, (ms, seq): (i64, i64)) -> StreamId {
        StreamId { ms: self.ms.wrapping_add(ms as u64), seq: self.seq.wrapping_add(seq as u64) }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_carry_from_one_part_into_the_other_and_end_at_the_ends() {
        let id = StreamId::new;
        for (one, other) in
            [(id(1, 2), id(1, 3)), (id(1, u64::MAX), id(2, 0)), (id(0, 0), id(0, 1))]
        {
            assert_eq!((one.next(), other.previous()), (Some(other), Some(one)));
            assert!(one < other);
        }
        assert_eq!((StreamId::MAX.next(), StreamId::MIN.previous()), (None, None));
    }

    #[test]
    fn ids_come_back_from_bytes_and_from_their_distance() {
        let ids =
            [StreamId::MIN, StreamId::new(5, u64::MAX), StreamId::new(1 << 63, 7), StreamId::MAX];
        for one in ids {
            assert_eq!(StreamId::from_bytes(one.to_bytes()), one);
            for other in ids {
                assert_eq!(one.plus(other.minus(one)), other);
                assert_eq!(one.to_bytes().cmp(&other.to_bytes()), one.cmp(&other));
            }
        }
        assert_eq!(StreamId::new(15, 3).to_string(), "15-3");
    }
}

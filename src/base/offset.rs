//! Positions in a replication stream.

/// How many bytes of the stream have been made so far: the position behind byte number `n`,
/// counted from 1, is `n`. Signed 64 bits, as Redis keeps and prints it. `-1` stands for "none"
/// only where a field says so.
///
/// Everything inside works with positions and half-open ranges. Redis's texts count differently
/// in two places only: `PSYNC` asks for the first byte that is *wanted* ([`wanted_byte`]), and
/// `repl_backlog_first_byte_offset` names the first byte that is *held*.
pub type Offset = i64;

/// The largest offset that is taken from a peer or a file. A stream of 10 GB a second takes 14
/// years to come from here to the end of the range, where positions could not be told apart.
pub const LARGEST_TAKEN: Offset = i64::MAX / 2;

/// The offset, if a peer or a file may say so.
pub fn taken(offset: i64) -> Option<Offset> {
    (0..=LARGEST_TAKEN).contains(&offset).then_some(offset)
}

/// The number of the first byte that one who has everything up to `position` still wants: what
/// `PSYNC <replid> <offset>` carries.
pub fn wanted_byte(position: Offset) -> i64 {
    position.saturating_add(1)
}

/// The inverse of [`wanted_byte`]: what a peer has that asks for byte number `wanted`.
pub fn position_before(wanted: i64) -> Offset {
    wanted.saturating_sub(1)
}

/// `from + bytes`, stopping at the largest offset instead of wrapping: a hostile peer may send us
/// an offset that is close to it.
pub fn advance(from: Offset, bytes: usize) -> Offset {
    from.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The number of bytes in `from..to`; 0 when there are none.
pub fn bytes_between(from: Offset, to: Offset) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psync_asks_for_the_byte_after_the_position() {
        assert_eq!(wanted_byte(0), 1);
        assert_eq!(position_before(wanted_byte(1397)), 1397);
    }

    #[test]
    fn an_offset_near_the_end_of_the_range_is_not_taken() {
        assert_eq!((taken(0), taken(LARGEST_TAKEN)), (Some(0), Some(LARGEST_TAKEN)));
        assert_eq!((taken(-1), taken(LARGEST_TAKEN + 1), taken(i64::MAX)), (None, None, None));
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_the_range() {
        assert_eq!(advance(i64::MAX - 1, 10), i64::MAX);
        assert_eq!(wanted_byte(i64::MAX), i64::MAX);
        assert_eq!(position_before(i64::MIN), i64::MIN);
        assert_eq!(bytes_between(5, 3), 0);
        assert_eq!(bytes_between(i64::MIN, i64::MAX), i64::MAX as usize);
        assert_eq!(bytes_between(3, 5), 2);
    }
}

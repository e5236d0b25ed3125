//! Where everything lies in an intset.

use crate::store::packed::thin::{Empty, Format};

pub(super) const HEAD_BYTES: usize = 8;

/// How many bytes a number takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    Two = 2,
    Four = 4,
    Eight = 8,
}

impl Width {
    /// The narrowest for a number.
    #[inline]
    pub(super) fn of(number: i64) -> Self {
        if i16::try_from(number).is_ok() {
            Width::Two
        } else if i32::try_from(number).is_ok() {
            Width::Four
        } else {
            Width::Eight
        }
    }

    pub(super) fn bytes(self) -> usize {
        self as usize
    }
}

/// What a head says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// `None` if it is none that numbers have.
    pub(super) width: Option<Width>,
    pub(super) count: usize,
}

impl Head {
    #[inline]
    pub(super) fn of([a, b, c, d, count @ ..]: [u8; HEAD_BYTES]) -> Self {
        let width = match u32::from_le_bytes([a, b, c, d]) {
            2 => Some(Width::Two),
            4 => Some(Width::Four),
            8 => Some(Width::Eight),
            _ => None,
        };
        Head { width, count: u32::from_le_bytes(count) as usize }
    }

    /// The head of a set.
    #[inline]
    pub(super) fn bytes(width: Width, count: usize) -> [u8; HEAD_BYTES] {
        let [a, b, c, d] = (width as u32).to_le_bytes();
        // A set has at most 1 GiB.
        let [e, f, g, h] = (count as u32).to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }
}

/// How an intset lies in memory.
pub(super) enum Layout {}

impl Format for Layout {
    const HEAD_BYTES: usize = HEAD_BYTES;
    const EMPTY_BYTES: usize = HEAD_BYTES;

    fn empty() -> &'static Empty {
        static EMPTY: Empty = Empty([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        &EMPTY
    }

    #[inline]
    fn total_bytes([a, b, c, d, count @ ..]: [u8; HEAD_BYTES]) -> usize {
        let width = u32::from_le_bytes([a, b, c, d]) as usize;
        HEAD_BYTES + width * u32::from_le_bytes(count) as usize
    }
}

/// The number in some bytes, of which there are as many as a width says.
#[inline]
pub(super) fn read<const WIDTH: usize>(bytes: &[u8; WIDTH]) -> i64 {
    let mut wide = [0; 8];
    // In the high bytes, so that the shift brings the sign down with it.
    wide[8 - WIDTH..].copy_from_slice(bytes);
    i64::from_le_bytes(wide) >> (64 - 8 * WIDTH)
}

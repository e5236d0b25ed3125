//! How large a block of a stream becomes: `stream-node-max-bytes` and `stream-node-max-entries`.

use crate::store::packed::MAX_BYTES;

/// What an element takes at most beside its text: its head, and its length behind it.
const ELEMENT_MAX_BYTES: usize = 16;
/// By how much the counts at the beginning of a block may grow.
const COUNTS_GROWTH_BYTES: usize = 32;

/// The most bytes and entries of a block; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimit {
    pub max_bytes: usize,
    /// Those that were deleted count too.
    pub max_entries: u64,
}

impl Default for StreamLimit {
    /// As the settings are unless they are told otherwise.
    fn default() -> StreamLimit {
        StreamLimit { max_bytes: 4096, max_entries: 100 }
    }
}

impl StreamLimit {
    /// Whether a block of that size takes another entry, of so many elements whose texts have so
    /// many bytes.
    pub(super) fn has_room(
        self,
        (block_bytes, block_entries): (usize, u64),
        (text_bytes, elements): (usize, usize),
    ) -> bool {
        let max_bytes = if self.max_bytes == 0 { MAX_BYTES } else { self.max_bytes.min(MAX_BYTES) };
        let with_texts = block_bytes.saturating_add(text_bytes);
        let whole = elements
            .saturating_mul(ELEMENT_MAX_BYTES)
            .saturating_add(with_texts)
            .saturating_add(COUNTS_GROWTH_BYTES);
        with_texts < max_bytes
            && whole <= MAX_BYTES
            && (self.max_entries == 0 || block_entries < self.max_entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_full_by_its_bytes_or_its_entries_and_never_above_the_size_of_a_pack() {
        let limit = StreamLimit { max_bytes: 100, max_entries: 3 };
        assert!(limit.has_room((50, 2), (49, 9)) && !limit.has_room((50, 2), (50, 9)));
        assert!(!limit.has_room((50, 3), (1, 9)));
        let none = StreamLimit { max_bytes: 0, max_entries: 0 };
        assert!(none.has_room((MAX_BYTES / 2, 1 << 40), (MAX_BYTES / 4, 9)));
        for (bytes, texts) in [(MAX_BYTES, 0), (MAX_BYTES - 100, 50), (0, MAX_BYTES)] {
            assert!(!none.has_room((bytes, 1), (texts, 9)));
        }
    }
}

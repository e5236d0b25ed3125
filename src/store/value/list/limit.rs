//! How large a block of a list becomes: `list-max-listpack-size`.

/// Blocks that are limited by their count of elements are limited to this as well, in bytes.
const COUNTED_MAX_BYTES: usize = 8192;

/// The most bytes and elements of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimit {
    max_bytes: usize,
    max_count: usize,
}

impl Default for ListLimit {
    /// As the setting is unless it is told otherwise.
    fn default() -> ListLimit {
        ListLimit::new(-2)
    }
}

impl ListLimit {
    /// `setting`: from -1 to -5 4 to 64 KiB, from 1 on a count.
    pub fn new(setting: i64) -> ListLimit {
        match setting {
            ..0 => {
                let power = setting.unsigned_abs().min(5) - 1;
                ListLimit { max_bytes: 4096 << power, max_count: usize::MAX }
            }
            // 0 is as 1 in Redis.
            0.. => ListLimit {
                max_bytes: COUNTED_MAX_BYTES,
                max_count: usize::try_from(setting.max(1)).unwrap_or(usize::MAX),
            },
        }
    }

    /// Whether a block of this size may be.
    #[inline]
    pub fn fits(self, bytes: usize, count: usize) -> bool {
        bytes <= self.max_bytes && count <= self.max_count
    }

    /// Half of it: below that a large list becomes small again.
    pub fn half(self) -> ListLimit {
        ListLimit { max_bytes: self.max_bytes / 2, max_count: self.max_count / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_sizes_or_counts() {
        let limits = [-1, -2, -5, -9].map(|setting| ListLimit::new(setting).max_bytes);
        assert_eq!(limits, [4096, 8192, 65536, 65536]);
        assert!(ListLimit::new(3).fits(8192, 3) && !ListLimit::new(3).fits(10, 4));
        assert!(!ListLimit::new(3).fits(8193, 1) && ListLimit::new(0).fits(10, 1));
    }
}

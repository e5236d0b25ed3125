//! How large a sorted set may be and still be one pack.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortedSetLimit {
    pub max_members: usize,
    /// Of a member.
    pub max_bytes: usize,
}

impl Default for SortedSetLimit {
    fn default() -> Self {
        SortedSetLimit { max_members: 128, max_bytes: 64 }
    }
}

impl SortedSetLimit {
    /// Nothing is packed: a pack does not know -0.
    pub const NONE_FITS: SortedSetLimit = SortedSetLimit { max_members: 0, max_bytes: 0 };

    /// Whether so many members, the longest of so many bytes, may be a pack.
    #[inline]
    pub fn fits(self, members: usize, bytes: usize) -> bool {
        members <= self.max_members && bytes <= self.max_bytes
    }
}

//! How large a set may be and still be small.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLimit {
    /// Members of a set of numbers.
    pub max_ints: usize,
    /// Members of a pack.
    pub max_members: usize,
    /// Of a member of a pack.
    pub max_bytes: usize,
}

impl Default for SetLimit {
    fn default() -> Self {
        SetLimit { max_ints: 512, max_members: 128, max_bytes: 64 }
    }
}

impl SetLimit {
    /// Whether a pack of so many members may get one more of so many bytes.
    #[inline]
    pub fn fits(self, members: usize, bytes: usize) -> bool {
        members < self.max_members && bytes <= self.max_bytes
    }
}

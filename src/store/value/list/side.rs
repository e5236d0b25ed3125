//! The ends of a list.

use crate::store::packed::{Full, Listpack};

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    /// Puts an element at this end of a pack.
    #[inline]
    pub(super) fn push(self, pack: &mut Listpack, text: &[u8]) -> Result<(), Full> {
        match self {
            Side::Left => pack.push_front(text),
            Side::Right => pack.push_back(text),
        }
    }
}

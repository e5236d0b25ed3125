//! How large a pack may become.

use std::fmt;

/// The largest pack; whatever would grow beyond it has to become another structure. Redis refuses
/// to grow a listpack at the same size.
pub const MAX_BYTES: usize = 1 << 30;

/// A pack would become larger than [`MAX_BYTES`]. It is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it would be larger than {MAX_BYTES} bytes")
    }
}

impl std::error::Error for Full {}

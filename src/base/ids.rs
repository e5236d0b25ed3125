//! Identifiers.

use std::fmt;

/// The number of databases that `SELECT` chooses from is a setting; this is an index into them.
pub type DbIndex = usize;

/// A client's number: unique for the life of the process, never reused, from 1.
pub type ClientId = u64;

/// A replication ID or run ID: 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplId([u8; 40]);

impl ReplId {
    /// The ID that stands for "no history": forty zeros.
    pub const NONE: ReplId = ReplId([b'0'; 40]);

    /// Makes an ID of 20 random bytes.
    pub fn from_random(random: [u8; 20]) -> Self {
        let digit = |bits: u8| if bits < 10 { b'0' + bits } else { b'a' + bits - 10 };
        let mut id = [0; 40];
        let (pairs, _) = id.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(random) {
            *pair = [byte >> 4, byte & 15].map(digit);
        }
        ReplId(id)
    }

    /// Takes the 40 characters that a peer or a file gives, as they are (Redis does not check
    /// that they are hexadecimal). `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(ReplId)
    }

    /// The 40 characters.
    pub fn as_bytes(&self) -> &[u8; 40] {
        &self.0
    }
}

impl fmt::Display for ReplId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for ReplId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

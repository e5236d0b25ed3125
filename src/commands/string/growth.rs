//! How long a string may become.

use crate::commands::call::Call;
use crate::commands::error::CommandError;

/// What the master may make a string grow to here, whose own limit is unknown.
const MASTER_STRING_MAX_BYTES: usize = 1 << 32;

/// The longest string that the caller may make.
pub fn string_max_bytes(call: &Call<'_>) -> usize {
    match call.origin.is_obeyed() {
        true => MASTER_STRING_MAX_BYTES,
        false => call.server.config.network.proto_max_bulk_len,
    }
}

/// The length of a string of `len` bytes and so many more.
///
/// # Errors
/// It is longer than `max_bytes`.
pub fn grown(len: usize, more: usize, max_bytes: usize) -> Result<usize, CommandError> {
    len.checked_add(more).filter(|&len| len <= max_bytes).ok_or(CommandError::StringTooLong)
}

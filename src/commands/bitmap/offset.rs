//! Which bit: the offset that commands take.

use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::error::CommandError;
use crate::commands::string::growth::string_max_bytes;

/// The `i`-th argument as the index of a bit, which lies within the longest string that there may
/// be.
pub(super) fn bit_offset(call: &Call<'_>, i: usize) -> Result<u64, CommandError> {
    let offset = parse_i64(call.arg(i)).ok_or(CommandError::BitOffset)?;
    within_limit(call, offset)
}

/// As [`bit_offset`]; `#<n>` is the beginning of the n-th field of so many bits.
pub(super) fn field_offset(call: &Call<'_>, i: usize, bits: u32) -> Result<u64, CommandError> {
    let Some(index) = call.arg(i).strip_prefix(b"#") else { return bit_offset(call, i) };
    let index = parse_i64(index).ok_or(CommandError::BitOffset)?;
    // It wraps in Redis: what its clients may write there, its replicas must be able to write here.
    within_limit(call, index.wrapping_mul(bits.into()))
}

fn within_limit(call: &Call<'_>, offset: i64) -> Result<u64, CommandError> {
    let offset = u64::try_from(offset).map_err(|_| CommandError::BitOffset)?;
    if offset / 8 < string_max_bytes(call) as u64 {
        Ok(offset)
    } else {
        Err(CommandError::BitOffset)
    }
}

/// The byte of a bit, and the bit's mask in it.
pub(super) fn place(offset: u64) -> (usize, u8) {
    ((offset / 8) as usize, 0x80 >> (offset % 8))
}

//! From strings to HyperLogLogs and back.

use crate::base::hyperloglog::{Corrupt, Draft, View};
use crate::commands::call::Call;
use crate::commands::error::CommandError;
use crate::commands::keys::{Open, Str};
use crate::store::big_string::{BigString, StrRef};
use crate::store::value::{INLINE_STRING_MAX_BYTES, NewValue, ObjectRef, ValueRef};

impl From<Corrupt> for CommandError {
    fn from(_: Corrupt) -> CommandError {
        CommandError::CorruptHyperLogLog
    }
}

/// A string as a HyperLogLog.
///
/// # Errors
/// It is none, or is so long that it can only be corrupt.
pub(super) fn view(value: ValueRef<'_>) -> Result<View<'_>, CommandError> {
    let string = match value {
        ValueRef::Str(bytes) => Some(StrRef::Whole(bytes)),
        ValueRef::Object(ObjectRef::String(string)) => Some(string.as_str()),
        ValueRef::Int(_) => None,
        ValueRef::Object(_) => None,
    };
    let beginning = string.and_then(|string| string.pieces().next());
    let view = beginning.and_then(View::of).ok_or(CommandError::NotHyperLogLog)?;
    match string.and_then(StrRef::whole) {
        Some(_) => Ok(view),
        None => Err(Corrupt.into()),
    }
}

/// The string that is open, if it is there, as a HyperLogLog.
///
/// # Errors
/// It is none.
pub(super) fn opened<'s>(string: &'s Open<'_, Str>) -> Result<Option<View<'s>>, CommandError> {
    string.get().map(view).transpose()
}

/// `hll-sparse-max-bytes`
pub(super) fn sparse_max_bytes(call: &Call<'_>) -> usize {
    call.server.config.types.hll_sparse_max_bytes
}

/// Puts a draft into the place of what is there.
pub(super) fn store(string: &mut Open<'_, Str>, draft: Draft) {
    let bytes = draft.into_bytes();
    if bytes.len() <= INLINE_STRING_MAX_BYTES {
        string.set(NewValue::RawStr(&bytes));
    } else {
        string.set(NewValue::Object(BigString::from(bytes).into()));
    }
}

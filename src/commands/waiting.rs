//! What the commands have in common that wait for a key to hold something: BLPOP and its like.

use std::ops::Range;

use super::call::Call;
use super::error::CommandError;
use crate::base::time::UnixMillis;
use crate::store::value::Value;
use crate::store::waiters::Wanted;

/// Tries the keys that these arguments name, one after the other, until `take` finds something at
/// one; whether it did. Who has waited looks at no other key than that which has woken it.
///
/// # Errors
/// That of `take`.
pub fn try_keys<'a>(
    call: &mut Call<'a>,
    keys: Range<usize>,
    mut take: impl FnMut(&mut Call<'a>, &'a [u8]) -> Result<bool, CommandError>,
) -> Result<bool, CommandError> {
    for i in keys {
        let key = call.arg(i);
        if call.woken_by.is_none_or(|woken_by| woken_by == key) && take(call, key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until one of the keys that these arguments name is a `T`. In a transaction that is over at
/// once: `false`.
#[must_use]
pub fn wait_for<T: Value>(
    call: &mut Call<'_>,
    keys: Range<usize>,
    deadline: Option<UnixMillis>,
) -> bool {
    if !call.in_transaction {
        call.wait_for_keys(keys, Wanted { value_type: T::TYPE, or_gone: false }, deadline);
    }
    !call.in_transaction
}

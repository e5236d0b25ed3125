//! The key that a command stores a collection in.

use super::call::Call;
use super::keys::EventClass;
use crate::store::value::{Collection, NewValue, Object};

/// Puts a collection in the place of what is at the key, or deletes that if the collection is
/// empty.
pub fn store<T: Collection + Into<Object>>(
    call: &mut Call<'_>,
    destination: &[u8],
    collection: T,
    event: &'static str,
) {
    if collection.is_empty() {
        call.keys.delete_destination(destination);
        return;
    }
    let class: EventClass = T::TYPE.events;
    let mut open = call.keys.open_any(destination);
    open.set(NewValue::Object(collection.into()), None);
    open.changed_as(class, event);
}

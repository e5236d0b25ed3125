//! What a command takes the value of a key for.

use crate::store::entry::Entry;
use crate::store::event::EventClass;
use crate::store::value::ValueRef;

/// A type of value, as the doors ask for it.
pub trait KeyType {
    /// A value as it is read.
    type Ref<'a>;

    /// The class of the events that tell of its changes.
    const EVENTS: EventClass;

    /// The value; `None` if it is of another type.
    fn read(entry: &Entry) -> Option<Self::Ref<'_>>;
}

/// Whatever is there: for commands that do not mind.
pub struct Any;

impl KeyType for Any {
    type Ref<'a> = &'a Entry;
    const EVENTS: EventClass = EventClass::Generic;

    #[inline]
    fn read(entry: &Entry) -> Option<&Entry> {
        Some(entry)
    }
}

/// A string.
pub struct Str;

impl KeyType for Str {
    type Ref<'a> = ValueRef<'a>;
    const EVENTS: EventClass = EventClass::String;

    #[inline]
    fn read(entry: &Entry) -> Option<ValueRef<'_>> {
        let value = entry.value();
        value.is_str().then_some(value)
    }
}

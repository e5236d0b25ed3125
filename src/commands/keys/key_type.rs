//! What a command takes the value of a key for.

use std::convert::Infallible;

use crate::store::entry::Entry;
use crate::store::event::EventClass;
use crate::store::value::contract::STRING;
use crate::store::value::{Collection, InTable, NewValue, Object, ValueRef};

/// A type of value, as the doors ask for it.
pub trait KeyType {
    /// A value as it is read.
    type Ref<'a>;

    /// A value that is made of elements one by one, before it is put in.
    type Draft;

    /// The class of the events that tell of its changes.
    const EVENTS: EventClass;

    /// The value; `None` if it is of another type.
    fn read(entry: &Entry) -> Option<Self::Ref<'_>>;

    /// Whether nothing is left of the value, so that its key goes.
    fn is_spent(_entry: &Entry) -> bool {
        false
    }

    /// A draft to be put in; `None` if it is empty.
    fn finish(draft: Self::Draft) -> Option<NewValue<'static>>;
}

/// Whatever is there: for commands that do not mind.
pub struct Any;

impl KeyType for Any {
    type Ref<'a> = &'a Entry;
    type Draft = Infallible;
    const EVENTS: EventClass = EventClass::Generic;

    #[inline]
    fn read(entry: &Entry) -> Option<&Entry> {
        Some(entry)
    }

    fn finish(draft: Infallible) -> Option<NewValue<'static>> {
        match draft {}
    }
}

/// A string.
pub struct Str;

impl KeyType for Str {
    type Ref<'a> = ValueRef<'a>;
    type Draft = Infallible;
    const EVENTS: EventClass = STRING.events;

    #[inline]
    fn read(entry: &Entry) -> Option<ValueRef<'_>> {
        let value = entry.value();
        value.is_str().then_some(value)
    }

    fn finish(draft: Infallible) -> Option<NewValue<'static>> {
        match draft {}
    }
}

/// Any collection stands for itself.
impl<T: Collection + InTable + Into<Object>> KeyType for T {
    type Ref<'a> = &'a T;
    type Draft = T;
    const EVENTS: EventClass = T::TYPE.events;

    #[inline]
    fn read(entry: &Entry) -> Option<&T> {
        entry.object()
    }

    #[inline]
    fn is_spent(entry: &Entry) -> bool {
        entry.object::<T>().is_some_and(T::is_empty)
    }

    fn finish(draft: T) -> Option<NewValue<'static>> {
        (!draft.is_empty()).then(|| NewValue::Object(draft.into()))
    }
}

//! Values out of line of all types: the one place that tells them apart, made of their table.

use std::fmt;

use super::contract::{Type, Value};
use crate::store::digest::Digest;

/// A type of the table.
pub trait InTable: Value {
    /// The value, if it is of this type.
    fn of(object: ObjectRef<'_>) -> Option<&Self>;

    /// As [`InTable::of`], to change.
    fn of_mut(object: ObjectMut<'_>) -> Option<&mut Self>;
}

macro_rules! define {
    ($($(#[$attribute:meta])* $name:ident($type:ty) = $kind:literal,)*) => {
        /// A value out of line. A clone shares what it can.
        #[derive(Clone)]
        pub enum Object {
            $($(#[$attribute])* $name($type),)*
        }

        /// A value out of line, as it is read.
        #[derive(Clone, Copy)]
        pub enum ObjectRef<'a> {
            $($(#[$attribute])* $name(&'a $type),)*
        }

        /// A value out of line, to change.
        pub enum ObjectMut<'a> {
            $($(#[$attribute])* $name(&'a mut $type),)*
        }

        $(
            $(#[$attribute])*
            const _: () = assert!(
                size_of::<$type>() == OBJECT_BYTES
                    && align_of::<$type>() <= OBJECT_BYTES
                    && is_kind($kind)
            );

            $(#[$attribute])*
            impl InTable for $type {
                #[inline]
                fn of(object: ObjectRef<'_>) -> Option<&Self> {
                    match object {
                        ObjectRef::$name(value) => Some(value),
                        _ => None,
                    }
                }

                #[inline]
                fn of_mut(object: ObjectMut<'_>) -> Option<&mut Self> {
                    match object {
                        ObjectMut::$name(value) => Some(value),
                        _ => None,
                    }
                }
            }

            $(#[$attribute])*
            impl From<$type> for Object {
                fn from(value: $type) -> Object {
                    Object::$name(value)
                }
            }
        )*

        impl Object {
            /// The kind of its type.
            pub(in crate::store) fn kind(&self) -> u8 {
                match self {
                    $($(#[$attribute])* Object::$name(_) => $kind,)*
                }
            }

            /// The value, to read.
            pub fn as_ref(&self) -> ObjectRef<'_> {
                match self {
                    $($(#[$attribute])* Object::$name(value) => ObjectRef::$name(value),)*
                }
            }

            /// Moves the value to `place`, as one of [`Object::kind`].
            ///
            /// # Safety
            /// There is room for [`OBJECT_BYTES`], aligned to as many.
            pub(in crate::store) unsafe fn write(self, place: *mut u8) {
                // SAFETY: each type is as large and aligned as that: asserted above.
                match self {
                    $($(#[$attribute])* Object::$name(value) => unsafe {
                        place.cast::<$type>().write(value);
                    })*
                }
            }
        }

        impl<'a> ObjectRef<'a> {
            /// The value at `place`.
            ///
            /// # Safety
            /// One of that kind was written there, and stays unchanged for 'a.
            #[inline]
            pub(in crate::store) unsafe fn at(kind: u8, place: *const u8) -> ObjectRef<'a> {
                // SAFETY: the caller vouches for the type.
                match kind {
                    $($(#[$attribute])* $kind => ObjectRef::$name(unsafe { &*place.cast() }),)*
                    other => unreachable!("no type has the kind {other:#x}"),
                }
            }

            /// The same value, shared.
            pub fn cloned(self) -> Object {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Object::$name(value.clone()),)*
                }
            }

            pub fn value_type(self) -> Type {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(_) => <$type as Value>::TYPE,)*
                }
            }

            /// See [`Value::encoding_name`].
            pub fn encoding_name(self) -> &'static str {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Value::encoding_name(value),)*
                }
            }

            /// See [`Value::is_slow_to_drop`].
            pub fn is_slow_to_drop(self) -> bool {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Value::is_slow_to_drop(value),)*
                }
            }

            /// See [`Value::memory_bytes`].
            #[inline]
            pub fn memory_bytes(self) -> usize {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Value::memory_bytes(value),)*
                }
            }

            /// See [`Value::prefetch`].
            pub fn prefetch(self, names: &[&[u8]]) {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Value::prefetch(value, names),)*
                }
            }

            /// See [`Value::digest`].
            pub fn digest(self, digest: &mut Digest) {
                match self {
                    $($(#[$attribute])* ObjectRef::$name(value) => Value::digest(value, digest),)*
                }
            }
        }

        impl<'a> ObjectMut<'a> {
            /// The value at `place`.
            ///
            /// # Safety
            /// One of that kind was written there, and nobody else reaches it for 'a.
            #[inline]
            pub(in crate::store) unsafe fn at(kind: u8, place: *mut u8) -> ObjectMut<'a> {
                // SAFETY: the caller vouches for the type.
                match kind {
                    $($(#[$attribute])* $kind => ObjectMut::$name(unsafe { &mut *place.cast() }),)*
                    other => unreachable!("no type has the kind {other:#x}"),
                }
            }

            /// Drops the value where it is.
            ///
            /// # Safety
            /// Nobody uses it afterwards.
            pub(in crate::store) unsafe fn drop_in_place(self) {
                // SAFETY: the caller vouches that it was the last use.
                match self {
                    $($(#[$attribute])* ObjectMut::$name(value) => unsafe {
                        std::ptr::drop_in_place(value);
                    })*
                }
            }
        }
    };
}

/// What a value out of line takes in an entry.
pub(in crate::store) const OBJECT_BYTES: usize = size_of::<usize>();

const fn is_kind(kind: u8) -> bool {
    matches!(kind, 0x02..=0x06 | 0x82..=0x86)
}

with_types!(define);

impl fmt::Debug for ObjectRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.value_type().name, self.encoding_name())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

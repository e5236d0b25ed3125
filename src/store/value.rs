//! Values: what an entry can hold, as given, as read, and out of line.

use super::big_string::{BigString, StrRef};

/// Longer strings are kept out of line, as [`BigString`]: an entry is copied whole when it changes
/// under a snapshot.
pub const INLINE_STRING_MAX_BYTES: usize = 1024;

/// The longest string that `OBJECT ENCODING` calls `embstr`, as in Redis.
pub const EMBSTR_MAX_BYTES: usize = 44;

/// A value to store.
#[derive(Debug)]
pub enum NewValue<'a> {
    /// A string, kept as an integer when it is the exact decimal text of an `i64`.
    Str(&'a [u8]),
    /// A string that stays text whatever it says (`INCRBYFLOAT`): encoding `embstr` if short.
    Text(&'a [u8]),
    /// A string that stays text and is meant to grow (`APPEND`, `SETRANGE`): encoding `raw`.
    RawStr(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A value that is already out of line.
    Object(Object),
}

/// A value as it is read.
#[derive(Debug, Clone, Copy)]
pub enum ValueRef<'a> {
    /// A string kept as an integer.
    Int(i64),
    /// A string kept inline.
    Str(&'a [u8]),
    /// A value out of line.
    Object(&'a Object),
}

impl<'a> ValueRef<'a> {
    /// The bytes of a string; `None` for every other type. `buffer` holds an integer's text.
    pub fn as_str<'b>(&self, buffer: &'b mut itoa::Buffer) -> Option<StrRef<'b>>
    where
        'a: 'b,
    {
        match *self {
            ValueRef::Int(number) => Some(StrRef::Whole(buffer.format(number).as_bytes())),
            ValueRef::Str(bytes) => Some(StrRef::Whole(bytes)),
            ValueRef::Object(Object::String(string)) => Some(string.as_str()),
        }
    }

    /// Whether it is a string.
    #[inline]
    pub fn is_str(&self) -> bool {
        match self {
            ValueRef::Int(_) | ValueRef::Str(_) | ValueRef::Object(Object::String(_)) => true,
        }
    }

    /// The length of a string in bytes; `None` for every other type.
    pub fn str_len(&self) -> Option<usize> {
        self.as_str(&mut itoa::Buffer::new()).map(StrRef::len)
    }

    /// The type as `TYPE` names it.
    pub fn type_name(&self) -> &'static str {
        match self {
            ValueRef::Int(_) | ValueRef::Str(_) => "string",
            ValueRef::Object(object) => object.type_name(),
        }
    }

    /// The same value, to store again under another key: text stays text, big values are shared.
    pub fn to_new(&self) -> NewValue<'a> {
        match *self {
            ValueRef::Int(number) => NewValue::Int(number),
            ValueRef::Str(bytes) => NewValue::Text(bytes),
            ValueRef::Object(object) => NewValue::Object(object.clone()),
        }
    }
}

/// A value out of line. A clone shares what it can.
#[derive(Debug, Clone)]
pub enum Object {
    /// A string longer than [`INLINE_STRING_MAX_BYTES`].
    String(BigString),
}

impl Object {
    /// The type as `TYPE` names it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Object::String(_) => "string",
        }
    }

    /// The encoding as `OBJECT ENCODING` names it.
    pub fn encoding_name(&self) -> &'static str {
        match self {
            Object::String(_) => "raw",
        }
    }

    /// Whether dropping it takes longer than handing it to the garbage thread.
    pub fn is_slow_to_drop(&self) -> bool {
        match self {
            Object::String(string) => string.is_slow_to_drop(),
        }
    }

    /// The bytes allocated out of line, rounded as the allocator does.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Object::String(string) => string.memory_bytes(),
        }
    }
}

//! Values: what an entry can hold, as given, as read, and out of line.

/// Hands the table of the types that are kept out of line to a macro: `Name(type) = kind`, a row
/// each.
///
/// The kind stands in the flags of an entry's block: `0x02` to `0x06` and `0x82` to `0x86`, each
/// for one type. The type is as large as one pointer.
macro_rules! with_types {
    ($then:ident) => {
        $then! {
            String(crate::store::big_string::BigString) = 0x02,
            List(crate::store::value::list::List) = 0x03,
            Hash(crate::store::value::hash::Hash) = 0x04,
            Set(crate::store::value::set::Set) = 0x05,
            SortedSet(crate::store::value::zset::SortedSet) = 0x06,
            Stream(crate::store::value::stream::Stream) = 0x82,
        }
    };
}
pub(crate) use with_types;

pub mod compact;
pub mod contract;
pub mod hash;
mod limits;
pub mod list;
mod object;
pub mod set;
pub mod stream;
pub mod zset;

use super::big_string::{BigString, StrRef};
use super::packed::Element;
use crate::base::number::{LongDouble, parse_i64};
pub use contract::{Collection, Type, Value};
pub use limits::Limits;
pub(in crate::store) use object::OBJECT_BYTES;
pub use object::{InTable, Object, ObjectMut, ObjectRef};

/// Longer strings are kept out of line, as `BigString`: an entry is copied whole when it changes
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
    Object(ObjectRef<'a>),
}

impl<'a> From<Element<'a>> for ValueRef<'a> {
    #[inline]
    fn from(element: Element<'a>) -> ValueRef<'a> {
        match element {
            Element::Int(number) => ValueRef::Int(number),
            Element::Str(text) => ValueRef::Str(text),
        }
    }
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
            ValueRef::Object(ObjectRef::String(string)) => Some(string.as_str()),
            ValueRef::Object(_) => None,
        }
    }

    /// A string of its own, to be held while other keys are opened: a long one is shared. `None`
    /// for every other type.
    pub fn to_big_string(&self) -> Option<BigString> {
        match *self {
            ValueRef::Int(number) => {
                Some(BigString::from(itoa::Buffer::new().format(number).as_bytes()))
            }
            ValueRef::Str(bytes) => Some(BigString::from(bytes)),
            ValueRef::Object(ObjectRef::String(string)) => Some(string.clone()),
            ValueRef::Object(_) => None,
        }
    }

    /// The integer that a string is the text of, as Redis reads one.
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        if let ValueRef::Int(number) = *self {
            return Some(number);
        }
        let mut digits = itoa::Buffer::new();
        self.as_str(&mut digits)?.whole().and_then(parse_i64)
    }

    /// The floating point number that a string is the text of, as Redis reads one.
    pub fn as_long_double(&self) -> Option<LongDouble> {
        if let ValueRef::Int(number) = *self {
            return Some(LongDouble::from(number));
        }
        let mut digits = itoa::Buffer::new();
        self.as_str(&mut digits)?.whole().and_then(LongDouble::parse)
    }

    /// Whether it is a string.
    #[inline]
    pub fn is_str(&self) -> bool {
        match self {
            ValueRef::Int(_) | ValueRef::Str(_) | ValueRef::Object(ObjectRef::String(_)) => true,
            ValueRef::Object(_) => false,
        }
    }

    /// The length of a string in bytes; `None` for every other type.
    pub fn str_len(&self) -> Option<usize> {
        self.as_str(&mut itoa::Buffer::new()).map(StrRef::len)
    }

    pub fn value_type(&self) -> Type {
        match self {
            ValueRef::Int(_) | ValueRef::Str(_) => contract::STRING,
            ValueRef::Object(object) => object.value_type(),
        }
    }

    /// The same value, to store again under another key: text stays text, big values are shared.
    pub fn to_new(&self) -> NewValue<'a> {
        match *self {
            ValueRef::Int(number) => NewValue::Int(number),
            ValueRef::Str(bytes) => NewValue::Text(bytes),
            ValueRef::Object(object) => NewValue::Object(object.cloned()),
        }
    }
}

//! Values: what an entry can hold, as given, as read, and out of line.

use std::sync::Arc;

use bytes::Bytes;

use super::memory::size_class;

/// Longer strings are kept out of line, as [`BigString`]: an entry is copied whole when it changes
/// under a snapshot.
pub const INLINE_STRING_MAX_BYTES: usize = 1024;

/// The longest string that `OBJECT ENCODING` calls `embstr`, as in Redis.
pub const EMBSTR_MAX_BYTES: usize = 44;

/// A string that takes more memory is given back to the system page by page when it is dropped.
const QUICK_DROP_MAX_BYTES: usize = 256 * 1024;

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
    pub fn as_str_bytes<'b>(&self, buffer: &'b mut itoa::Buffer) -> Option<&'b [u8]>
    where
        'a: 'b,
    {
        match *self {
            ValueRef::Int(number) => Some(buffer.format(number).as_bytes()),
            ValueRef::Str(bytes) => Some(bytes),
            ValueRef::Object(Object::String(string)) => Some(string.as_bytes()),
        }
    }

    /// The length of a string in bytes; `None` for every other type.
    pub fn str_len(&self) -> Option<usize> {
        self.as_str_bytes(&mut itoa::Buffer::new()).map(<[u8]>::len)
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
            Object::String(string) => string.0.capacity() > QUICK_DROP_MAX_BYTES,
        }
    }

    /// The bytes allocated out of line, rounded as the allocator does.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Object::String(string) => string.memory_bytes(),
        }
    }
}

/// A string that is shared by its clones until one of them changes it.
#[derive(Debug, Clone, Default)]
pub struct BigString(Arc<Vec<u8>>);

impl BigString {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The buffer to change: in place when nobody shares it, else a copy.
    pub fn make_mut(&mut self) -> &mut Vec<u8> {
        Arc::make_mut(&mut self.0)
    }

    /// [`BigString::make_mut`], filled up with zeros to at least `min_len` bytes. What is copied and
    /// grows gets the room that growing would give it, so that it is copied once.
    pub fn make_mut_filled(&mut self, min_len: usize) -> &mut Vec<u8> {
        let len = self.0.len();
        if len < min_len && Arc::get_mut(&mut self.0).is_none() {
            let mut copy = Vec::with_capacity(min_len.max(2 * len));
            copy.extend_from_slice(&self.0);
            self.0 = Arc::new(copy);
        }
        let bytes = self.make_mut();
        if bytes.len() < min_len {
            bytes.resize(min_len, 0);
        }
        bytes
    }

    /// The bytes for an output buffer, shared and not copied.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::from_owner(self.clone())
    }

    /// The bytes allocated, rounded as the allocator does.
    pub fn memory_bytes(&self) -> usize {
        size_class(size_of::<Vec<u8>>() + 2 * size_of::<usize>()) + size_class(self.0.capacity())
    }
}

impl From<Vec<u8>> for BigString {
    fn from(bytes: Vec<u8>) -> Self {
        BigString(Arc::new(bytes))
    }
}

impl From<&[u8]> for BigString {
    fn from(bytes: &[u8]) -> Self {
        BigString::from(bytes.to_vec())
    }
}

impl AsRef<[u8]> for BigString {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_big_string_is_copied_when_it_changes() {
        let mut string = BigString::from(vec![b'a'; 2000]);
        let kept = string.clone();
        let sent = string.to_bytes();
        string.make_mut().push(b'b');
        assert_eq!(
            (kept.as_bytes().len(), sent.len(), string.as_bytes().len()),
            (2000, 2000, 2001)
        );
    }

    #[test]
    fn a_shared_big_string_that_grows_is_copied_once() {
        let mut string = BigString::from(vec![b'a'; 100_000]);
        let kept = string.clone();
        let address = string.make_mut_filled(100_001).as_ptr();
        assert_eq!(string.make_mut_filled(200_000).as_ptr(), address);
        assert_eq!((kept.as_bytes().len(), string.as_bytes().len()), (100_000, 200_000));
        assert_eq!(string.as_bytes()[99_999..100_001], *b"a\0");
        assert_eq!(string.make_mut_filled(5).len(), 200_000);
    }

    #[test]
    fn bytes_of_a_big_string_are_not_copied() {
        let string = BigString::from(vec![7; 5000]);
        assert_eq!(string.to_bytes().as_ptr(), string.as_bytes().as_ptr());
    }
}

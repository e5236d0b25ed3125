//! An entry: one key, its value, its expiry and its LRU clock in one allocation.
//!
//! Entries are shared between the tree and its snapshots: a clone is one more holder of the same
//! memory. Only [`EntryMut`] changes one, in place while nobody else holds it and it stays in its
//! size class, else in a copy that takes its place.

mod block;
#[cfg(test)]
mod tests;

use std::fmt;

use self::block::{Block, BlockValue};
use super::big_string::{BigString, WHOLE_MAX_BYTES};
use super::digest::Digest;
use super::value::{
    EMBSTR_MAX_BYTES, INLINE_STRING_MAX_BYTES, InTable, NewValue, Object, ValueRef,
};
use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;

/// The longest key that an entry has room for, also of an element of a collection.
pub const KEY_BYTES_MAX: usize = u32::MAX as usize;

/// A counted pointer, 8 bytes, to a key with its value.
#[derive(Clone)]
#[repr(transparent)]
pub struct Entry(Block);

impl Entry {
    /// Makes an entry. `expires_at` is the last millisecond at which the key is still there.
    pub fn new(key: &[u8], value: NewValue<'_>, expires_at: Option<UnixMillis>) -> Entry {
        Entry(Block::new(key, block_value(value), expires_at, Some(0)))
    }

    /// Makes an element of a collection, of whose use nothing is noted.
    pub fn element(key: &[u8], value: NewValue<'_>, expires_at: Option<UnixMillis>) -> Entry {
        Entry(Block::new(key, block_value(value), expires_at, None))
    }

    /// Makes an element without a value, which reads as an empty string.
    pub fn member(key: &[u8]) -> Entry {
        Entry(Block::new(key, BlockValue::Nothing, None, None))
    }

    /// Whether the other is a holder of the same memory, and so neither has changed since it was
    /// cloned.
    pub fn is_same(&self, other: &Entry) -> bool {
        self.0.address() == other.0.address()
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        self.0.key()
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> ValueRef<'_> {
        self.0.value()
    }

    /// The last millisecond at which the key is still there.
    #[inline]
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.0.expires_at()
    }

    /// Whether the key is logically gone: strictly after its time, as in Redis.
    #[inline]
    pub fn is_expired(&self, now: UnixMillis) -> bool {
        self.expires_at().is_some_and(|at| now > at)
    }

    /// The LRU clock or LFU counter: 24 bits, whose meaning is the eviction policy's; 0 of an
    /// element.
    #[inline]
    pub fn lru(&self) -> u32 {
        self.0.lru().unwrap_or(0)
    }

    /// Sets the LRU clock or LFU counter, of which 24 bits are kept; also while a snapshot shares
    /// the entry.
    #[inline]
    pub fn set_lru(&self, lru: u32) {
        self.0.set_lru(lru & 0x00ff_ffff);
    }

    /// Lets the processor fetch the entry while other work is done.
    #[inline]
    pub fn prefetch(&self) {
        self.0.prefetch();
    }

    /// The value, if it is kept out of line and of that type.
    #[inline]
    pub fn object<T: InTable>(&self) -> Option<&T> {
        self.0.object().and_then(T::of)
    }

    /// The digest of key, value and whether it expires.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        digest.mix(self.key());
        self.digest_value(&mut digest);
        digest
    }

    /// The digest without the key: `DEBUG DIGEST-VALUE`.
    pub fn value_digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.digest_value(&mut digest);
        digest
    }

    fn digest_value(&self, digest: &mut Digest) {
        let value = self.value();
        digest.mix(&value.value_type().number.to_be_bytes());
        match value {
            ValueRef::Int(number) => digest.mix(itoa::Buffer::new().format(number).as_bytes()),
            ValueRef::Str(bytes) => digest.mix(bytes),
            ValueRef::Object(object) => object.digest(digest),
        }
        if self.expires_at().is_some() {
            digest.add(b"!!expire!!");
        }
    }

    /// The value's encoding as `OBJECT ENCODING` names it.
    pub fn encoding_name(&self) -> &'static str {
        match self.value() {
            ValueRef::Int(_) => "int",
            ValueRef::Str(bytes) if bytes.len() <= EMBSTR_MAX_BYTES && !self.0.is_raw_text() => {
                "embstr"
            }
            ValueRef::Str(_) => "raw",
            ValueRef::Object(object) => object.encoding_name(),
        }
    }

    /// The same value, to store under another key: an `embstr` stays one, a `raw` stays raw, big
    /// values are shared.
    pub fn to_new_value(&self) -> NewValue<'_> {
        match self.value() {
            ValueRef::Str(bytes) if self.0.is_raw_text() => NewValue::RawStr(bytes),
            value => value.to_new(),
        }
    }

    /// The same value and expiry under another name. Big values are shared, not copied.
    pub fn renamed(&self, key: &[u8]) -> Entry {
        Entry::new(key, self.to_new_value(), self.expires_at())
    }

    /// Whether dropping the value takes longer than handing it to the garbage thread.
    #[inline]
    pub fn is_slow_to_drop(&self) -> bool {
        self.0.object().is_some_and(|object| object.is_slow_to_drop())
    }

    /// The bytes allocated for the key and its value, rounded as the allocator does.
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        let out_of_line = self.0.object().map_or(0, |object| object.memory_bytes());
        self.0.allocated_bytes() + out_of_line
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &String::from_utf8_lossy(self.key()))
            .field("value", &self.value())
            .field("expires_at", &self.expires_at())
            .finish()
    }
}

/// Decides how a value is kept.
fn block_value(value: NewValue<'_>) -> BlockValue<'_> {
    if let Some(inline) = inline_value(&value) {
        return inline;
    }
    BlockValue::Object(match value {
        NewValue::Object(object) => object,
        NewValue::Str(bytes) | NewValue::Text(bytes) | NewValue::RawStr(bytes) => {
            Object::String(BigString::from(bytes))
        }
        NewValue::Int(number) => return BlockValue::Int(number),
    })
}

/// A value that is kept inline, as it is kept.
#[inline]
fn inline_value<'v>(value: &NewValue<'v>) -> Option<BlockValue<'v>> {
    let (bytes, raw) = match *value {
        NewValue::Int(number) => return Some(BlockValue::Int(number)),
        NewValue::Str(bytes) => match parse_i64(bytes) {
            Some(number) => return Some(BlockValue::Int(number)),
            None => (bytes, false),
        },
        NewValue::Text(bytes) => (bytes, false),
        NewValue::RawStr(bytes) => (bytes, true),
        NewValue::Object(_) => return None,
    };
    (bytes.len() <= INLINE_STRING_MAX_BYTES).then_some(BlockValue::Text { bytes, raw })
}

/// An entry in its place in the tree, to be changed. Reads go to the [`Entry`] behind it.
pub struct EntryMut<'a>(&'a mut Entry);

impl std::ops::Deref for EntryMut<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.0
    }
}

impl<'a> EntryMut<'a> {
    /// Takes the place in which an entry may be changed or replaced.
    ///
    /// The place's tree, or the index beside it, must be told of a changed expiry: use
    /// `Database::update`.
    pub fn new(place: &'a mut Entry) -> Self {
        EntryMut(place)
    }

    /// Puts another entry of the same key in this place; gives back the one that was there.
    pub fn put(self, entry: Entry) -> Entry {
        std::mem::replace(self.0, entry)
    }

    /// Replaces the value; the expiry stays.
    pub fn set_value(&mut self, value: NewValue<'_>) {
        self.replace(value, self.expires_at());
    }

    /// Replaces the value and the expiry; the LRU clock stays.
    pub fn replace(&mut self, value: NewValue<'_>, expires_at: Option<UnixMillis>) {
        self.write(block_value(value), expires_at);
    }

    /// Replaces an inline value by another where it lies, if that changes neither the bytes of the
    /// entry nor the expiry; `false`: nothing has happened.
    #[inline]
    pub fn replace_alike(&mut self, value: &NewValue<'_>, expires_at: Option<UnixMillis>) -> bool {
        if expires_at != self.expires_at() {
            return false;
        }
        match (inline_value(value), self.0.0.unique()) {
            // It fits where an inline value of the same size class was.
            (Some(value), Some(mut block)) => block.overwrite(value, expires_at).is_ok(),
            _ => false,
        }
    }

    /// Sets or removes the expiry.
    pub fn set_expires_at(&mut self, expires_at: Option<UnixMillis>) {
        if expires_at == self.expires_at() {
            return;
        }
        if let (Some(at), Some(mut block)) = (expires_at, self.0.0.unique())
            && block.set_expiry_field(at)
        {
            return;
        }
        let value = self.copied_value();
        self.0.0 = Block::new(self.0.key(), value, expires_at, self.0.0.lru());
    }

    /// The out-of-line value, for a change in place; `None` if the value is inline, or of another
    /// type.
    pub fn object_mut<T: InTable>(&mut self) -> Option<&mut T> {
        EntryMut(self.0).into_object_mut()
    }

    /// As [`EntryMut::object_mut`], for as long as the place is lent.
    #[inline]
    pub fn into_object_mut<T: InTable>(mut self) -> Option<&'a mut T> {
        self.object::<T>()?;
        self.unshare();
        T::of_mut(self.0.0.unique()?.into_object()?)
    }

    /// Appends to a string, which is `raw` from then on; gives its new length in bytes, or `None`
    /// for another type.
    pub fn append(&mut self, tail: &[u8]) -> Option<usize> {
        self.write_at(self.value().str_len()?, tail)
    }

    /// Writes `part` into a string from `offset` on, with zeros before it where nothing was; the
    /// string is `raw` from then on. Gives its length in bytes, or `None` for another type.
    pub fn write_at(&mut self, offset: usize, part: &[u8]) -> Option<usize> {
        let end = offset + part.len();
        let len = self.value().str_len()?.max(end);
        if len <= INLINE_STRING_MAX_BYTES {
            self.inline_str_mut(len)?[offset..end].copy_from_slice(part);
        } else {
            self.big_string_mut(len)?.write_at(offset, part);
        }
        Some(len)
    }

    /// Makes a string `raw`, whatever it says. `None` for another type.
    pub fn make_raw(&mut self) -> Option<()> {
        match self.object::<BigString>() {
            Some(_) => Some(()),
            None => self.make_inline_raw(self.value().str_len()?),
        }
    }

    /// The bytes of a string that lies in one piece, to change in place; it is `raw` from then on.
    pub fn into_whole_str_mut(mut self) -> Option<&'a mut [u8]> {
        if self.object::<BigString>().is_some() {
            return self.into_object_mut::<BigString>()?.whole_mut();
        }
        self.make_raw()?;
        self.unshare();
        self.0.0.unique()?.into_text()
    }

    /// The bytes of a string kept inline, made `raw` and filled up with zeros to `full_len` bytes.
    fn inline_str_mut(&mut self, full_len: usize) -> Option<&mut [u8]> {
        self.make_inline_raw(full_len)?;
        self.unshare();
        self.0.0.unique()?.into_text()
    }

    /// Makes a string kept inline `raw`, filled up with zeros to `full_len` bytes.
    fn make_inline_raw(&mut self, full_len: usize) -> Option<()> {
        let mut buffer = itoa::Buffer::new();
        let text = self.value().as_str(&mut buffer)?.whole()?;
        if text.len() != full_len || !self.0.0.is_raw_text() {
            let mut bytes = [0; INLINE_STRING_MAX_BYTES];
            bytes[..text.len()].copy_from_slice(text);
            self.set_value(NewValue::RawStr(&bytes[..full_len]));
        }
        Some(())
    }

    /// A string out of line, moved there, with the room to grow to `full_len`, if it is not yet.
    fn big_string_mut(&mut self, full_len: usize) -> Option<&mut BigString> {
        if self.object::<BigString>().is_none() {
            let mut buffer = itoa::Buffer::new();
            let text = self.value().as_str(&mut buffer)?.whole()?;
            let stays_whole = full_len <= WHOLE_MAX_BYTES;
            let mut bytes = Vec::with_capacity(if stays_whole { full_len } else { text.len() });
            bytes.extend_from_slice(text);
            self.set_value(NewValue::Object(Object::String(BigString::from(bytes))));
        }
        self.object_mut()
    }

    /// Writes in place if nobody shares the entry and the size class stays, else into a new entry.
    fn write(&mut self, value: BlockValue<'_>, expires_at: Option<UnixMillis>) {
        let value = match self.0.0.unique() {
            Some(mut block) => match block.overwrite(value, expires_at) {
                Ok(()) => return,
                Err(value) => value,
            },
            None => value,
        };
        self.0.0 = Block::new(self.0.key(), value, expires_at, self.0.0.lru());
    }

    /// Makes this the only holder of the entry.
    #[inline]
    fn unshare(&mut self) {
        if self.0.0.unique().is_none() {
            self.become_copy();
        }
    }

    #[cold]
    fn become_copy(&mut self) {
        let value = self.copied_value();
        self.0.0 = Block::new(self.0.key(), value, self.0.expires_at(), self.0.0.lru());
    }

    /// The value as it is kept, for a copy of the entry.
    fn copied_value(&self) -> BlockValue<'_> {
        match self.value() {
            _ if self.0.0.is_nothing() => BlockValue::Nothing,
            ValueRef::Int(number) => BlockValue::Int(number),
            ValueRef::Str(bytes) => BlockValue::Text { bytes, raw: self.0.0.is_raw_text() },
            ValueRef::Object(object) => BlockValue::Object(object.cloned()),
        }
    }
}

//! Hashes.
//!
//! ```text
//! HASH           count; of each field: two strings
//! HASH_ZIPMAP    a string: a zipmap
//! HASH_ZIPLIST   a string: a ziplist, field and value in turn
//! HASH_LISTPACK  a string: a listpack, the same
//! ```

use std::io::{self, Read};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::{pairs, string};
use crate::store::entry::KEY_BYTES_MAX;
use crate::store::packed::listpack::Builder;
use crate::store::packed::{Element, Listpack, Malformed, Zipmap};
use crate::store::value::hash::{Hash, HashLimit};
use crate::store::value::{NewValue, Object, ObjectRef, ValueRef};

/// Names of the layouts in errors.
const WHAT: &str = "Hash";
const LISTPACK: &str = "Hash listpack";
const ZIPLIST: &str = "Hash ziplist";
const ZIPMAP: &str = "Zipmap";

impl Coded for Hash {
    const CODES: &'static [u8] =
        &[opcode::HASH_LISTPACK, opcode::HASH, opcode::HASH_ZIPLIST, opcode::HASH_ZIPMAP];

    fn type_code(&self, dialect: Dialect) -> u8 {
        match (dialect, self.pack()) {
            (Dialect::Packed, Some(_)) => opcode::HASH_LISTPACK,
            _ => opcode::HASH,
        }
    }

    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        if let (Dialect::Packed, Some(pack)) = (out.dialect(), self.pack()) {
            return string::encode_text(pack.as_bytes(), out);
        }
        length::put(self.len() as u64, out.chunk());
        self.iter().try_for_each(|(field, value)| {
            string::encode_member(field, out)?;
            match value {
                ValueRef::Int(number) => string::encode_int(number, out),
                ValueRef::Str(text) => string::encode(text, out),
                ValueRef::Object(ObjectRef::String(text)) => text.encode(out),
                ValueRef::Object(_) => unreachable!("a field has a string"),
            }
        })
    }

    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        let limit = scratch.limits.hash;
        let hash = match code {
            opcode::HASH => read_fields(input, scratch)?,
            opcode::HASH_LISTPACK => {
                let pack = pairs::read_listpack(LISTPACK, input, scratch)?;
                of_pack(pack, limit, LISTPACK).map_err(|kind| input.error(kind))?
            }
            opcode::HASH_ZIPLIST => {
                let pack = pairs::read_ziplist(ZIPLIST, input, scratch)?;
                of_pack(pack, limit, ZIPLIST).map_err(|kind| input.error(kind))?
            }
            _ => {
                let hash = string::with_text(input, scratch, |bytes| read_zipmap(bytes, limit))?;
                hash.map_err(|kind| input.error(kind))?
            }
        };
        match hash.is_empty() {
            true => Err(input.error(RdbErrorKind::EmptyKey)),
            false => Ok(NewValue::Object(Object::from(hash))),
        }
    }
}

/// A hash of a pack of somebody else.
fn of_pack(pack: Listpack, limit: HashLimit, what: &'static str) -> Result<Hash, RdbErrorKind> {
    pairs::check(&pack, what)?;
    let mut hash = Hash::of_pack(pack);
    if hash.len() > limit.max_fields {
        hash.enlarge();
    }
    Ok(hash)
}

fn read_zipmap(bytes: &[u8], limit: HashLimit) -> Result<Hash, RdbErrorKind> {
    let mut fields = Builder::new();
    let zipmap =
        Zipmap::from_bytes(bytes).map_err(|fault| RdbErrorKind::BadValue(ZIPMAP, fault))?;
    if zipmap.is_empty() {
        // As in Redis it is no zipmap at all, where other layouts are keys without a value.
        let too_short = Malformed::TooShort { bytes: bytes.len() };
        return Err(RdbErrorKind::BadValue(ZIPMAP, too_short));
    }
    let mut fit = true;
    for text in zipmap.iter().flat_map(|(field, value)| [field, value]) {
        fit &= limit.fits(text.len());
        let too_long = Malformed::TooLong { bytes: bytes.len() };
        fields.push(text).map_err(|_| RdbErrorKind::BadValue(ZIPMAP, too_long))?;
    }
    let mut hash = of_pack(fields.finish(), limit, ZIPMAP)?;
    if !fit {
        hash.enlarge();
    }
    Ok(hash)
}

/// Reads field by field, into a pack as long as they fit into one.
fn read_fields<R: Read>(input: &mut Input<R>, scratch: &mut Scratch) -> Result<Hash, RdbError> {
    let limit = scratch.limits.hash;
    let count = length::read_plain(input)?;
    let mut reader = FieldReader { limit, packed: Builder::new(), hash: Hash::default() };
    if count > limit.max_fields as u64 {
        reader.hash.enlarge();
    }
    let mut field = Vec::new();
    for _ in 0..count {
        string::decode_text(input, scratch, &mut field)?;
        let taken = string::with_text(input, scratch, |value| reader.take(&field, value))?;
        taken.map_err(|kind| input.error(kind))?;
    }
    reader.finish().map_err(|kind| input.error(kind))
}

struct FieldReader {
    limit: HashLimit,
    /// All fields so far, while `hash` is empty and small.
    packed: Builder,
    hash: Hash,
}

impl FieldReader {
    fn take(&mut self, field: &[u8], value: &[u8]) -> Result<(), RdbErrorKind> {
        if self.hash.pack().is_some() {
            if [field, value].into_iter().all(|text| self.limit.fits(text.len()))
                && self.packed.push(field).and_then(|()| self.packed.push(value)).is_ok()
            {
                return Ok(());
            }
            self.hash = of_pack(self.packed.finish(), self.limit, WHAT)?;
            self.hash.enlarge();
        }
        if field.len() > KEY_BYTES_MAX {
            return Err(RdbErrorKind::KeyTooLong(field.len()));
        }
        match self.hash.set(field, Element::Str(value), self.limit).is_new {
            true => Ok(()),
            false => Err(RdbErrorKind::Repeated(WHAT)),
        }
    }

    fn finish(mut self) -> Result<Hash, RdbErrorKind> {
        match self.hash.pack() {
            Some(_) => of_pack(self.packed.finish(), self.limit, WHAT),
            None => Ok(self.hash),
        }
    }
}

#[cfg(test)]
mod tests;

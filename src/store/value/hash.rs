//! Hashes: one listpack while they are small, then a register.
//!
//! ```text
//! small   listpack: field, value, field, value, ...
//! large   counted: register of fields
//! ```

mod fields;
mod limit;
#[cfg(test)]
mod tests;

pub use self::fields::Fields;
pub use self::limit::HashLimit;
use super::ValueRef;
use super::compact::{Compact, Form, FormMut};
use super::contract::{Collection, Type, Value};
use crate::store::digest::Digest;
use crate::store::entry::Entry;
use crate::store::event::EventClass;
use crate::store::packed::{Element, Listpack};
use crate::store::register::{self, Outcome};
use crate::store::shared::Shared;

/// A field and its value, in a pack.
const STRIDE: usize = 2;

/// Fields with a value each.
#[derive(Clone)]
#[repr(transparent)]
pub struct Hash(Compact<Listpack, register::Fields>);

impl Default for Hash {
    fn default() -> Hash {
        Hash::of_pack(Listpack::new())
    }
}

impl Hash {
    /// A hash of a pack in which each field stands once, with its value behind it.
    pub fn of_pack(pack: Listpack) -> Hash {
        Hash(Compact::pack(pack))
    }

    /// The pack, while it is small.
    pub fn pack(&self) -> Option<&Listpack> {
        self.0.as_pack()
    }

    /// The register, when it is large.
    pub fn large(&self) -> Option<&register::Fields> {
        self.0.as_large()
    }

    /// The number of fields.
    #[inline]
    pub fn len(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.len() / STRIDE,
            Form::Large(table) => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self.0.form() {
            Form::Pack(pack) => pack.is_empty(),
            Form::Large(table) => table.is_empty(),
        }
    }

    /// The value of a field: a string.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<ValueRef<'_>> {
        match self.0.form() {
            Form::Pack(pack) => {
                let mut entries = pack.entries_from(pack.find(field, STRIDE)?);
                Some(ValueRef::from(entries.nth(1)?.1))
            }
            Form::Large(table) => table.get(field),
        }
    }

    pub fn contains(&self, field: &[u8]) -> bool {
        match self.0.form() {
            Form::Pack(pack) => pack.find(field, STRIDE).is_some(),
            Form::Large(table) => table.contains(field),
        }
    }

    /// All fields with their values.
    pub fn iter(&self) -> Fields<'_> {
        match self.0.form() {
            Form::Pack(pack) => Fields::of_pack(pack),
            Form::Large(table) => Fields::of_large(table),
        }
    }

    /// Gives a field a value.
    pub fn set(&mut self, field: &[u8], value: Element<'_>, limit: HashLimit) -> Outcome {
        if let FormMut::Pack(pack) = self.0.form_mut()
            && limit.fits(field.len())
            && limit.fits_value(value)
            && let Some(change) = set_in_pack(pack, field, value)
        {
            // Also if the limit is another one by now, as in Redis.
            if self.len() > limit.max_fields {
                self.enlarge();
            }
            return change;
        }
        self.enlarge().set(field, value)
    }

    /// Takes a field out; `None` if it is not there, else what takes long to drop of it.
    pub fn remove(&mut self, field: &[u8]) -> Option<Option<Entry>> {
        match self.0.form_mut() {
            FormMut::Pack(pack) => {
                let position = pack.find(field, STRIDE)?;
                pack.remove_entries(position, STRIDE);
                Some(None)
            }
            FormMut::Large(table) => table.remove(field),
        }
    }

    /// Becomes large, and gives the register.
    pub fn enlarge(&mut self) -> &mut register::Fields {
        self.0.enlarge(|pack| {
            let mut table = register::Fields::default();
            let mut digits = itoa::Buffer::new();
            for (field, value) in pack.iter().pairs() {
                let _ = table.set(field.text(&mut digits), value);
            }
            table
        })
    }

    /// The field at a place of the order that [`Hash::iter`] has, with its value.
    pub fn nth(&self, place: usize) -> Option<(Element<'_>, ValueRef<'_>)> {
        match self.0.form() {
            Form::Pack(pack) => {
                let position = pack.seek(place.checked_mul(STRIDE)?)?;
                Fields::of_entries(pack.entries_from(position)).next()
            }
            Form::Large(table) => {
                table.nth(place).map(|(field, value)| (Element::Str(field), value))
            }
        }
    }

    /// Hands over the fields at these places of the order that [`Hash::iter`] has.
    pub fn at_places(
        &self,
        places: impl IntoIterator<Item = u64>,
        mut then: impl FnMut(Element<'_>, ValueRef<'_>),
    ) {
        match self.0.form() {
            Form::Pack(pack) => {
                let groups = pack.groups(STRIDE);
                for place in places {
                    let Some(position) = groups.get(place as usize) else { continue };
                    let pair = Fields::of_entries(pack.entries_from(*position)).next();
                    pair.into_iter().for_each(|(field, value)| then(field, value));
                }
            }
            Form::Large(table) => {
                for place in places {
                    let Some((field, value)) = table.nth(place as usize) else { continue };
                    then(Element::Str(field), value);
                }
            }
        }
    }

    /// Walks over the fields in steps: see [`register::Register::scan`]. A small hash is one step.
    pub fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut seen: impl FnMut(Element<'_>, ValueRef<'_>),
    ) -> u64 {
        match self.0.form() {
            Form::Pack(pack) => {
                Fields::of_pack(pack).for_each(|(field, value)| seen(field, value));
                0
            }
            Form::Large(table) => {
                table.scan(cursor, count, |field, value| seen(Element::Str(field), value))
            }
        }
    }
}

/// `None`: there is no room.
fn set_in_pack(pack: &mut Listpack, field: &[u8], value: Element<'_>) -> Option<Outcome> {
    match pack.find(field, STRIDE).and_then(|field| pack.after(field)) {
        Some(position) => {
            pack.replace(position, value).ok()?;
            Some(Outcome::REPLACED)
        }
        None => {
            pack.insert_all(None, &[Element::Str(field), value]).ok()?;
            Some(Outcome::NEW)
        }
    }
}

impl Value for Hash {
    const TYPE: Type = Type { name: "hash", number: 4, events: EventClass::Hash };

    fn encoding_name(&self) -> &'static str {
        match self.0.form() {
            Form::Pack(_) => "listpack",
            Form::Large(_) => "hashtable",
        }
    }

    fn is_slow_to_drop(&self) -> bool {
        matches!(self.0.form(), Form::Large(table) if table.is_slow_to_drop())
    }

    fn memory_bytes(&self) -> usize {
        match self.0.form() {
            Form::Pack(pack) => pack.memory_bytes(),
            Form::Large(table) => Shared::<register::Fields>::BYTES + table.logical_bytes(),
        }
    }

    fn prefetch(&self, names: &[&[u8]]) {
        if let Some(table) = self.0.as_large().filter(|table| table.is_cold()) {
            table.prefetch(names);
        }
    }

    fn digest(&self, digest: &mut Digest) {
        let (mut digits, mut value_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        for (field, value) in self.iter() {
            let mut pair = Digest::default();
            pair.mix(field.text(&mut digits));
            if let Some(text) = value.as_str(&mut value_digits) {
                pair.mix_pieces(text.pieces());
            }
            digest.add_digest(&pair);
        }
    }
}

impl Collection for Hash {
    fn is_empty(&self) -> bool {
        Hash::is_empty(self)
    }
}

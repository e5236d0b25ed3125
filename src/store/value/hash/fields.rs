//! Walking over the fields of a hash.

use crate::store::packed::listpack::Entries;
use crate::store::packed::{Element, Listpack};
use crate::store::register::{self, Iter};
use crate::store::value::ValueRef;

/// Fields with their values.
pub struct Fields<'a>(Walk<'a>);

enum Walk<'a> {
    Pack(Entries<'a>),
    Large(Box<Iter<'a, true>>),
}

impl<'a> Fields<'a> {
    pub(super) fn of_pack(pack: &'a Listpack) -> Self {
        Fields::of_entries(pack.entries())
    }

    pub(super) fn of_entries(entries: Entries<'a>) -> Self {
        Fields(Walk::Pack(entries))
    }

    pub(super) fn of_large(large: &'a register::Fields) -> Self {
        Fields(Walk::Large(Box::new(large.iter())))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Element<'a>, ValueRef<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Walk::Pack(entries) => {
                let (_, field) = entries.next()?;
                Some((field, ValueRef::from(entries.next()?.1)))
            }
            Walk::Large(elements) => {
                elements.next().map(|(field, value)| (Element::Str(field), value))
            }
        }
    }
}

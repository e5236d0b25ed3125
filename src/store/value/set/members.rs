//! What a set is made of, and walking over its members.

use crate::store::packed::{Element, Intset, Listpack, intset, listpack};
use crate::store::register;

/// What a set is made of.
#[derive(Clone, Copy)]
pub enum SetForm<'a> {
    Ints(&'a Intset),
    Pack(&'a Listpack),
    Large(&'a register::Members),
}

/// Members.
pub struct Members<'a>(Walk<'a>);

enum Walk<'a> {
    Ints(intset::Iter<'a>),
    Pack(listpack::Iter<'a>),
    Large(Box<register::Iter<'a, false>>),
}

impl<'a> Members<'a> {
    pub(super) fn of(form: SetForm<'a>) -> Self {
        Members(match form {
            SetForm::Ints(ints) => Walk::Ints(ints.iter()),
            SetForm::Pack(pack) => Walk::Pack(pack.iter()),
            SetForm::Large(large) => Walk::Large(Box::new(large.iter())),
        })
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match &mut self.0 {
            Walk::Ints(numbers) => numbers.next().map(Element::Int),
            Walk::Pack(elements) => elements.next(),
            Walk::Large(elements) => elements.next().map(|(member, _)| Element::Str(member)),
        }
    }
}

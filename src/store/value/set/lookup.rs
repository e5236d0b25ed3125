//! Asking one set for many members.

use super::members::SetForm;
use crate::store::packed::listpack::Index;
use crate::store::packed::{Element, Intset, Listpack};
use crate::store::register;

/// From so many questions on, a pack is told its members by their hashes first.
const INDEX_MIN_QUESTIONS: usize = 8;

/// A set that is asked for many members.
pub enum Lookup<'a> {
    Ints(&'a Intset),
    Pack(&'a Listpack),
    Index(Index<'a>),
    Large(&'a register::Members),
}

impl<'a> Lookup<'a> {
    /// For about so many questions.
    pub(super) fn of(form: SetForm<'a>, questions: usize) -> Lookup<'a> {
        match form {
            SetForm::Ints(ints) => Lookup::Ints(ints),
            SetForm::Pack(pack) if questions < INDEX_MIN_QUESTIONS => Lookup::Pack(pack),
            SetForm::Pack(pack) => Lookup::Index(Index::of(pack)),
            SetForm::Large(large) => Lookup::Large(large),
        }
    }

    /// Whether the set has this member of another one.
    #[inline]
    pub fn contains(&self, member: Element<'_>) -> bool {
        let mut digits = itoa::Buffer::new();
        match self {
            Lookup::Ints(ints) => member.int().is_some_and(|number| ints.contains(number)),
            Lookup::Pack(pack) => pack.find(member.text(&mut digits), 1).is_some(),
            Lookup::Index(index) => index.contains(member.shortest()),
            Lookup::Large(large) => large.contains(member.text(&mut digits)),
        }
    }
}

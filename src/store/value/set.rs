//! Sets: numbers in order or one listpack while they are small, then a register.
//!
//! ```text
//! numbers   intset
//! small     listpack
//! large     counted: register of members
//! ```

mod limit;
mod lookup;
mod members;
mod small;
#[cfg(test)]
mod tests;

pub use self::limit::SetLimit;
pub use self::lookup::Lookup;
pub use self::members::{Members, SetForm};
use self::small::{Small, SmallMut, SmallRef};
use super::compact::{Compact, Form, FormMut};
use super::contract::{Collection, Type, Value};
use crate::base::number::parse_i64;
use crate::store::digest::Digest;
use crate::store::event::EventClass;
use crate::store::packed::{Element, Intset, Listpack};
use crate::store::register;
use crate::store::shared::Shared;

/// Members, each once, in no order.
#[derive(Clone)]
#[repr(transparent)]
pub struct Set(Compact<Small, register::Members>);

impl<'a> From<SmallRef<'a>> for SetForm<'a> {
    #[inline]
    fn from(small: SmallRef<'a>) -> SetForm<'a> {
        match small {
            SmallRef::Ints(ints) => SetForm::Ints(ints),
            SmallRef::Pack(pack) => SetForm::Pack(pack),
        }
    }
}

enum SetFormMut<'a> {
    Ints(&'a mut Intset),
    Pack(&'a mut Listpack),
    Large(&'a mut register::Members),
}

impl Default for Set {
    fn default() -> Set {
        Set::of_ints(Intset::new())
    }
}

impl Set {
    pub fn of_ints(ints: Intset) -> Set {
        Set(Compact::pack(Small::ints(ints)))
    }

    /// A set of a pack in which each member stands once.
    pub fn of_pack(pack: Listpack) -> Set {
        Set(Compact::pack(Small::pack(pack)))
    }

    #[inline]
    pub fn form(&self) -> SetForm<'_> {
        match self.0.form() {
            Form::Pack(small) => SetForm::from(small.form()),
            Form::Large(table) => SetForm::Large(table),
        }
    }

    #[inline]
    fn form_mut(&mut self) -> SetFormMut<'_> {
        match self.0.form_mut() {
            FormMut::Pack(small) => match small.form_mut() {
                SmallMut::Ints(ints) => SetFormMut::Ints(ints),
                SmallMut::Pack(pack) => SetFormMut::Pack(pack),
            },
            FormMut::Large(table) => SetFormMut::Large(table),
        }
    }

    /// The number of members.
    #[inline]
    pub fn len(&self) -> usize {
        match self.form() {
            SetForm::Ints(ints) => ints.len(),
            SetForm::Pack(pack) => pack.len(),
            SetForm::Large(table) => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        match self.form() {
            SetForm::Ints(ints) => parse_i64(member).is_some_and(|number| ints.contains(number)),
            SetForm::Pack(pack) => pack.find(member, 1).is_some(),
            SetForm::Large(table) => table.contains(member),
        }
    }

    /// [`Set::contains`] of a member of another set.
    #[inline]
    pub fn contains_element(&self, member: Element<'_>) -> bool {
        self.lookup(1).contains(member)
    }

    /// The set, to be asked for about so many members of others.
    pub fn lookup(&self, questions: usize) -> Lookup<'_> {
        Lookup::of(self.form(), questions)
    }

    /// All members.
    pub fn iter(&self) -> Members<'_> {
        Members::of(self.form())
    }

    /// Puts a member in; `false` if it is there already.
    pub fn add(&mut self, member: &[u8], limit: SetLimit) -> bool {
        let is_there = |pack: &Listpack| pack.find(member, 1).is_some();
        self.put(member, limit, is_there)
    }

    /// [`Set::add`] of a member that may be there only if the set is large or of numbers: no pack
    /// is searched for it.
    pub fn add_new(&mut self, member: Element<'_>, limit: SetLimit) {
        self.put(member.text(&mut itoa::Buffer::new()), limit, |_| false);
    }

    #[inline]
    fn put(
        &mut self,
        member: &[u8],
        limit: SetLimit,
        is_there: impl FnOnce(&Listpack) -> bool,
    ) -> bool {
        match self.form_mut() {
            SetFormMut::Ints(ints) => match parse_i64(member) {
                Some(number) => {
                    if let Ok(is_new) = ints.insert(number) {
                        if is_new && ints.len() > limit.max_ints {
                            self.enlarge();
                        }
                        return is_new;
                    }
                }
                None => {
                    if let Some(mut pack) = pack_of(ints, member, limit)
                        && pack.push_back(member).is_ok()
                    {
                        *self = Set::of_pack(pack);
                        return true;
                    }
                }
            },
            SetFormMut::Pack(pack) => {
                if is_there(pack) {
                    return false;
                }
                if limit.fits(pack.len(), member.len()) && pack.push_back(member).is_ok() {
                    return true;
                }
            }
            SetFormMut::Large(table) => return table.add(member),
        }
        self.enlarge().add(member)
    }

    /// [`Set::add`] of a member of another set.
    pub fn add_element(&mut self, member: Element<'_>, limit: SetLimit) -> bool {
        self.add(member.text(&mut itoa::Buffer::new()), limit)
    }

    /// Takes a member out; `false` if it is not there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self.form_mut() {
            SetFormMut::Ints(ints) => parse_i64(member).is_some_and(|number| ints.remove(number)),
            SetFormMut::Pack(pack) => {
                let position = pack.find(member, 1);
                position.inspect(|position| pack.remove(*position)).is_some()
            }
            SetFormMut::Large(table) => table.remove(member).is_some(),
        }
    }

    /// The member at a place of the order that [`Set::iter`] has.
    pub fn nth(&self, place: usize) -> Option<Element<'_>> {
        match self.form() {
            SetForm::Ints(ints) => ints.get(place).map(Element::Int),
            SetForm::Pack(pack) => pack.seek(place).map(|position| pack.get(position)),
            SetForm::Large(table) => table.nth(place).map(|(member, _)| Element::Str(member)),
        }
    }

    /// Takes out the member at a place of the order that [`Set::iter`] has, and gives its text.
    pub fn remove_nth(&mut self, place: usize) -> Option<Vec<u8>> {
        match self.form_mut() {
            SetFormMut::Ints(ints) => {
                let number = ints.remove_at(place)?;
                Some(itoa::Buffer::new().format(number).as_bytes().to_vec())
            }
            SetFormMut::Pack(pack) => {
                let position = pack.seek(place)?;
                let member = pack.get(position).to_vec();
                pack.remove(position);
                Some(member)
            }
            SetFormMut::Large(table) => {
                let member = table.nth(place)?.0.to_vec();
                table.remove(&member);
                Some(member)
            }
        }
    }

    /// Becomes large, and gives the register.
    pub fn enlarge(&mut self) -> &mut register::Members {
        self.0.enlarge(|small| {
            let mut table = register::Members::default();
            let mut digits = itoa::Buffer::new();
            for member in Members::of(SetForm::from(small.form())) {
                table.add(member.text(&mut digits));
            }
            table
        })
    }

    /// Hands over the members at these places of the order that [`Set::iter`] has.
    pub fn at_places(&self, places: impl IntoIterator<Item = u64>, then: impl FnMut(Element<'_>)) {
        let places = places.into_iter().map(|place| place as usize);
        match self.form() {
            SetForm::Ints(ints) => {
                places.filter_map(|place| ints.get(place)).map(Element::Int).for_each(then);
            }
            SetForm::Pack(pack) => {
                let positions = pack.groups(1);
                let found = places.filter_map(|place| positions.get(place));
                found.map(|position| pack.get(*position)).for_each(then);
            }
            SetForm::Large(table) => {
                let found = places.filter_map(|place| table.nth(place));
                found.map(|(member, _)| Element::Str(member)).for_each(then);
            }
        }
    }

    /// Walks over the members in steps: see [`register::Register::scan`]. A small set is one step.
    pub fn scan(&self, cursor: u64, count: usize, mut seen: impl FnMut(Element<'_>)) -> u64 {
        match self.form() {
            SetForm::Large(table) => {
                table.scan(cursor, count, |member, _| seen(Element::Str(member)))
            }
            SetForm::Ints(_) | SetForm::Pack(_) => {
                self.iter().for_each(seen);
                0
            }
        }
    }
}

/// The numbers of a set as a pack, if that may be one with a text of so many bytes more.
fn pack_of(ints: &Intset, member: &[u8], limit: SetLimit) -> Option<Listpack> {
    let ends = [ints.get(0), ints.len().checked_sub(1).and_then(|last| ints.get(last))];
    let longest = ends.into_iter().flatten().map(|end| Element::Int(end).text_len()).max();
    let longest = longest.unwrap_or(0).max(member.len());
    if !limit.fits(ints.len(), longest) {
        return None;
    }
    Listpack::from_elements(ints.iter()).ok()
}

impl Value for Set {
    const TYPE: Type = Type { name: "set", number: 2, events: EventClass::Set };

    /// A pack is called what it would be in Redis up to 7.0, which has none for sets.
    fn encoding_name(&self) -> &'static str {
        match self.form() {
            SetForm::Ints(_) => "intset",
            SetForm::Pack(_) | SetForm::Large(_) => "hashtable",
        }
    }

    fn is_slow_to_drop(&self) -> bool {
        matches!(self.form(), SetForm::Large(table) if table.is_slow_to_drop())
    }

    fn memory_bytes(&self) -> usize {
        match self.form() {
            SetForm::Ints(ints) => ints.memory_bytes(),
            SetForm::Pack(pack) => pack.memory_bytes(),
            SetForm::Large(table) => Shared::<register::Members>::BYTES + table.logical_bytes(),
        }
    }

    fn prefetch(&self, names: &[&[u8]]) {
        if let SetForm::Large(table) = self.form()
            && table.is_cold()
        {
            table.prefetch(names);
        }
    }

    fn digest(&self, digest: &mut Digest) {
        let mut digits = itoa::Buffer::new();
        self.iter().for_each(|member| digest.add(member.text(&mut digits)));
    }
}

impl Collection for Set {
    fn is_empty(&self) -> bool {
        Set::is_empty(self)
    }
}

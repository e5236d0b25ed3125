//! Sets.
//!
//! ```text
//! SET           count, strings
//! SET_INTSET    a string: an intset
//! SET_LISTPACK  a string: a listpack
//! ```
//! The last one is read but not written: Redis has it since 7.2, and what is written here is read
//! by all.

use std::io::{self, Read};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::string;
use crate::store::entry::KEY_BYTES_MAX;
use crate::store::packed::listpack::Builder;
use crate::store::packed::{Element, Intset, Listpack};
use crate::store::value::set::{Set, SetForm, SetLimit};
use crate::store::value::{NewValue, Object};

const WHAT: &str = "Set";

impl Coded for Set {
    const CODES: &'static [u8] = &[opcode::SET, opcode::SET_INTSET, opcode::SET_LISTPACK];

    fn type_code(&self, _: Dialect) -> u8 {
        match self.form() {
            SetForm::Ints(_) => opcode::SET_INTSET,
            SetForm::Pack(_) | SetForm::Large(_) => opcode::SET,
        }
    }

    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        if let SetForm::Ints(ints) = self.form() {
            return string::encode_text(ints.as_bytes(), out);
        }
        length::put(self.len() as u64, out.chunk());
        self.iter().try_for_each(|member| string::encode_member(member, out))
    }

    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        let limit = scratch.limits.set;
        let set = match code {
            opcode::SET => read_members(input, scratch)?,
            opcode::SET_INTSET => {
                let ints = string::read_packed("Intset", input, scratch, Intset::from_bytes)?;
                of_ints(ints, limit)
            }
            _ => {
                let pack =
                    string::read_packed("Set listpack", input, scratch, Listpack::from_bytes)?;
                if pack.has_repeats(1) {
                    return Err(input.error(RdbErrorKind::Repeated(WHAT)));
                }
                of_pack(pack, limit)
            }
        };
        match set.is_empty() {
            true => Err(input.error(RdbErrorKind::EmptyKey)),
            false => Ok(NewValue::Object(Object::from(set))),
        }
    }
}

fn of_ints(ints: Intset, limit: SetLimit) -> Set {
    let is_small = ints.len() <= limit.max_ints;
    let mut set = Set::of_ints(ints);
    if !is_small {
        set.enlarge();
    }
    set
}

fn of_pack(pack: Listpack, limit: SetLimit) -> Set {
    let is_small = pack.len() <= limit.max_members;
    let mut set = Set::of_pack(pack);
    if !is_small {
        set.enlarge();
    }
    set
}

fn read_members<R: Read>(input: &mut Input<R>, scratch: &mut Scratch) -> Result<Set, RdbError> {
    let limit = scratch.limits.set;
    let count = length::read_plain(input)?;
    let mut set = Set::default();
    let mut missing = count;
    if count > limit.max_ints.max(limit.max_members) as u64 {
        set.enlarge();
    } else if count <= limit.max_members as u64 {
        let (small, read) = read_small(count, input, scratch)?;
        (set, missing) = (small, count - read);
    }
    for _ in 0..missing {
        let added = string::with_text(input, scratch, |member| add(&mut set, member, limit))?;
        added.map_err(|kind| input.error(kind))?;
    }
    Ok(set)
}

fn add(set: &mut Set, member: &[u8], limit: SetLimit) -> Result<(), RdbErrorKind> {
    match member.len() {
        bytes if bytes > KEY_BYTES_MAX => Err(RdbErrorKind::KeyTooLong(bytes)),
        _ if set.add(member, limit) => Ok(()),
        _ => Err(RdbErrorKind::Repeated(WHAT)),
    }
}

/// Makes a pack of as many members as fit into one, which is written once: to add one to a pack
/// moves it and looks through all that are there. Gives how many it has read.
fn read_small<R: Read>(
    count: u64,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<(Set, u64), RdbError> {
    let limit = scratch.limits.set;
    let (mut members, mut has_text) = (Builder::new(), false);
    let mut read = 0;
    // One that does not fit into the pack, which changes the form of the set.
    let mut last = None;
    while read < count && last.is_none() {
        last = string::with_text(input, scratch, |member| {
            let element = Element::of(member);
            has_text |= matches!(element, Element::Str(_));
            let fits = member.len() <= limit.max_bytes && members.push(element).is_ok();
            (!fits).then(|| member.to_vec())
        })?;
        read += 1;
    }
    let pack = members.finish();
    if has_text && last.is_none() {
        return match pack.has_repeats(1) {
            true => Err(input.error(RdbErrorKind::Repeated(WHAT))),
            false => Ok((Set::of_pack(pack), read)),
        };
    }
    let (mut set, mut digits) = (Set::default(), itoa::Buffer::new());
    let mut again = |member: &[u8]| add(&mut set, member, limit).map_err(|kind| input.error(kind));
    pack.iter().try_for_each(|member| again(member.text(&mut digits)))?;
    last.iter().try_for_each(|member| again(member))?;
    Ok((set, read))
}

#[cfg(test)]
mod tests;

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
use crate::store::packed::{Intset, Listpack};
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
    if count > limit.max_ints.max(limit.max_members) as u64 {
        set.enlarge();
    }
    for _ in 0..count {
        let added = string::with_text(input, scratch, |member| {
            if member.len() > KEY_BYTES_MAX {
                Err(member.len())
            } else {
                Ok(set.add(member, limit))
            }
        })?;
        match added {
            Ok(true) => {}
            Ok(false) => return Err(input.error(RdbErrorKind::Repeated(WHAT))),
            Err(bytes) => return Err(input.error(RdbErrorKind::KeyTooLong(bytes))),
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests;

//! Sorted sets.
//!
//! ```text
//! ZSET           count; of each element: a string; the score: 253 NaN, 254 inf, 255 -inf, or the
//!                length of a text and the text
//! ZSET_2         count; of each element: a string, the score as f64 little endian
//! ZSET_ZIPLIST   a string: a ziplist, member and score in turn, in order
//! ZSET_LISTPACK  a string: a listpack, the same
//! ```
//! Those element by element begin with the last one, as redis-server writes them, and are read in
//! any order.

use std::io::{self, Read};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::{pairs, string};
use crate::base::number::parse_f64;
use crate::store::entry::KEY_BYTES_MAX;
use crate::store::packed::Listpack;
use crate::store::value::zset::{Builder, SortedSet, SortedSetLimit, is_sorted, read_score};
use crate::store::value::{NewValue, Object};

/// Names of the layouts in errors.
const WHAT: &str = "Sorted set";
const LISTPACK: &str = "Zset listpack";
const ZIPLIST: &str = "Zset ziplist";
/// What a score as a text begins with, instead of its length.
const NAN: u8 = 253;
const INFINITY: u8 = 254;
const NEGATIVE_INFINITY: u8 = 255;

impl Coded for SortedSet {
    const CODES: &'static [u8] =
        &[opcode::ZSET_LISTPACK, opcode::ZSET_2, opcode::ZSET, opcode::ZSET_ZIPLIST];

    fn type_code(&self, dialect: Dialect) -> u8 {
        match (dialect, self.pack()) {
            (Dialect::Packed, Some(_)) => opcode::ZSET_LISTPACK,
            _ => opcode::ZSET_2,
        }
    }

    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        if let (Dialect::Packed, Some(pack)) = (out.dialect(), self.pack()) {
            return string::encode_text(pack.as_bytes(), out);
        }
        length::put(self.len() as u64, out.chunk());
        self.iter_back().try_for_each(|(member, score)| {
            string::encode_member(member, out)?;
            out.put(&score.to_le_bytes())
        })
    }

    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        let limit = scratch.limits.zset;
        let read = match code {
            opcode::ZSET | opcode::ZSET_2 => Ok(read_elements(code, input, scratch)?),
            opcode::ZSET_LISTPACK => {
                of_pack(pairs::read_listpack(LISTPACK, input, scratch)?, limit, LISTPACK)
            }
            _ => of_pack(pairs::read_ziplist(ZIPLIST, input, scratch)?, limit, ZIPLIST),
        };
        let zset = read.map_err(|kind| input.error(kind))?;
        match zset.is_empty() {
            true => Err(input.error(RdbErrorKind::EmptyKey)),
            false => Ok(NewValue::Object(Object::from(zset))),
        }
    }
}

/// A sorted set of a pack of somebody else, which is put in order.
fn of_pack(
    pack: Listpack,
    limit: SortedSetLimit,
    what: &'static str,
) -> Result<SortedSet, RdbErrorKind> {
    pairs::check(&pack, what)?;
    if pack.iter().pairs().any(|(_, score)| read_score(score).is_none()) {
        return Err(RdbErrorKind::BadScore);
    }
    if is_sorted(&pack) {
        let mut zset = SortedSet::of_pack(pack);
        zset.fit(limit);
        return Ok(zset);
    }
    let (mut builder, mut digits) = (Builder::new(), itoa::Buffer::new());
    for (member, score) in pack.iter().pairs() {
        let score = read_score(score).ok_or(RdbErrorKind::BadScore)?;
        builder.push(member.text(&mut digits), score);
    }
    Ok(builder.finish(limit))
}

fn read_elements<R: Read>(
    code: u8,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<SortedSet, RdbError> {
    let limit = scratch.limits.zset;
    let count = length::read_plain(input)?;
    let (mut builder, mut member) = (Builder::new(), Vec::new());
    for _ in 0..count {
        string::decode_text(input, scratch, &mut member)?;
        let score = match code {
            opcode::ZSET_2 => Some(f64::from_le_bytes(input.array()?)),
            _ => read_text_score(input, scratch)?,
        };
        let score = score.filter(|score| !score.is_nan());
        let score = score.ok_or_else(|| input.error(RdbErrorKind::BadScore))?;
        if member.len() > KEY_BYTES_MAX {
            return Err(input.error(RdbErrorKind::KeyTooLong(member.len())));
        }
        if !builder.push(&member, score) {
            return Err(input.error(RdbErrorKind::Repeated(WHAT)));
        }
    }
    Ok(builder.finish(limit))
}

/// `None`: it is no number.
fn read_text_score<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<Option<f64>, RdbError> {
    Ok(match input.byte()? {
        NAN => None,
        INFINITY => Some(f64::INFINITY),
        NEGATIVE_INFINITY => Some(f64::NEG_INFINITY),
        length => parse_f64(input.bytes(length.into(), &mut scratch.packed)?),
    })
}

#[cfg(test)]
mod tests;

//! Looking at a block from outside, element by element.

use super::fault::StreamFault;
use super::id::StreamId;
use super::layout::{DELETED, FIXED_ELEMENTS, SAME_FIELDS};
use crate::store::packed::Listpack;
use crate::store::packed::listpack::Entries;

/// How many entries are there, and how many were deleted: as many as the block states.
pub(super) fn check(id: StreamId, pack: &Listpack) -> Result<(u64, u64), StreamFault> {
    let mut rest = pack.entries();
    let stated = (number(&mut rest)?, number(&mut rest)?);
    let name_count = number(&mut rest)?;
    pass(&mut rest, name_count)?;
    if number(&mut rest)? != 0 {
        return Err(StreamFault::BadBlock);
    }
    let (mut live, mut deleted) = (0, 0);
    let mut last = None;
    while let Some((_, flags)) = rest.next() {
        let flags = flags.int().ok_or(StreamFault::BadBlock)?;
        if flags & !(DELETED | SAME_FIELDS) != 0 {
            return Err(StreamFault::BadBlock);
        }
        let entry = id.plus((int(&mut rest)?, int(&mut rest)?));
        if entry < id || last.is_some_and(|last| entry <= last) {
            return Err(StreamFault::NotAscending(entry));
        }
        last = Some(entry);
        let is_same = flags & SAME_FIELDS != 0;
        let (fields, texts) = match is_same {
            true => (name_count, name_count),
            false => {
                let fields = number(&mut rest)?;
                (fields, fields.checked_mul(2).ok_or(StreamFault::BadBlock)?)
            }
        };
        pass(&mut rest, texts)?;
        // A number of fields more, with the fields.
        let elements = texts + FIXED_ELEMENTS as u64 + u64::from(!is_same);
        if fields == 0 || number(&mut rest)? != elements {
            return Err(StreamFault::BadBlock);
        }
        match flags & DELETED {
            0 => live += 1,
            _ => deleted += 1,
        }
    }
    match stated == (live, deleted) && last.is_some() {
        true => Ok((live, deleted)),
        false => Err(StreamFault::WrongBlockCounts),
    }
}

fn int(rest: &mut Entries<'_>) -> Result<i64, StreamFault> {
    rest.next().and_then(|(_, element)| element.int()).ok_or(StreamFault::BadBlock)
}

/// A number from 0 on, small enough that a few more can be added.
fn number(rest: &mut Entries<'_>) -> Result<u64, StreamFault> {
    u32::try_from(int(rest)?).map(u64::from).map_err(|_| StreamFault::BadBlock)
}

fn pass(rest: &mut Entries<'_>, count: u64) -> Result<(), StreamFault> {
    match rest.skip_entries(count as usize) {
        true => Ok(()),
        false => Err(StreamFault::BadBlock),
    }
}

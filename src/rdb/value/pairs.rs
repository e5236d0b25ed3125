//! Packs of pairs: fields with values, members with scores.

use std::io::Read;

use super::coded::Scratch;
use super::string;
use crate::rdb::error::{RdbError, RdbErrorKind};
use crate::rdb::input::Input;
use crate::store::packed::{Listpack, Malformed, Ziplist};

/// Reads a string that is a listpack; `what` names it in errors.
pub fn read_listpack<R: Read>(
    what: &'static str,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<Listpack, RdbError> {
    string::read_packed(what, input, scratch, Listpack::from_bytes)
}

/// Reads a string that is a ziplist.
pub fn read_ziplist<R: Read>(
    what: &'static str,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<Listpack, RdbError> {
    string::read_packed(what, input, scratch, |bytes| {
        let elements = Ziplist::from_bytes(bytes)?;
        Listpack::from_elements(elements.iter())
            .map_err(|_| Malformed::TooLong { bytes: bytes.len() })
    })
}

/// # Errors
/// An element without what belongs to it, or the same first element twice, of a value that is
/// `what`: its type and layout.
pub fn check(pack: &Listpack, what: &'static str) -> Result<(), RdbErrorKind> {
    if !pack.len().is_multiple_of(2) {
        return Err(RdbErrorKind::HalfPair(what));
    }
    match pack.has_repeats(2) {
        true => Err(RdbErrorKind::Repeated(what)),
        false => Ok(()),
    }
}

//! Strings. An integer is kept as such; a command that reads it sees its decimal text.

mod append;
mod expiry;
mod get;
mod getdel;
mod getex;
mod getrange;
mod getset;
mod incr;
mod incrbyfloat;
mod lcs;
mod mget;
mod mset;
mod set;
mod setrange;
mod strlen;

use super::call::Call;
use super::command::Command;
use super::error::CommandError;
use crate::resp::reply::Reply;
use crate::store::big_string::StrRef;
use crate::store::value::ValueRef;

pub const COMMANDS: &[Command] = &[
    append::APPEND,
    get::GET,
    getdel::GETDEL,
    getex::GETEX,
    getrange::GETRANGE,
    getrange::SUBSTR,
    getset::GETSET,
    incr::INCR,
    incr::DECR,
    incr::INCRBY,
    incr::DECRBY,
    incrbyfloat::INCRBYFLOAT,
    lcs::LCS,
    mget::MGET,
    mset::MSET,
    mset::MSETNX,
    set::SET,
    set::SETNX,
    set::SETEX,
    set::PSETEX,
    setrange::SETRANGE,
    strlen::STRLEN,
];

/// What the master may make a string grow to here, whose own limit is unknown.
const MASTER_STRING_MAX_BYTES: usize = 1 << 32;

/// Answers with the value of a key, or null when there is none.
///
fn bulk(reply: &mut Reply<'_>, value: Option<ValueRef<'_>>) {
    let mut digits = itoa::Buffer::new();
    match value.and_then(|value| value.as_str(&mut digits)) {
        None => reply.null(),
        Some(StrRef::Whole(bytes)) => reply.bulk(bytes),
        Some(string) => reply.bulk_pieces(string.len(), string.pieces()),
    }
}

/// The longest string that the caller may make.
fn string_max_bytes(call: &Call<'_>) -> usize {
    match call.origin.is_obeyed() {
        true => MASTER_STRING_MAX_BYTES,
        false => call.server.config.proto_max_bulk_len,
    }
}

/// The length of a string of `len` bytes and so many more.
///
/// # Errors
/// It is longer than `max_bytes`.
fn grown(len: usize, more: usize, max_bytes: usize) -> Result<usize, CommandError> {
    len.checked_add(more).filter(|&len| len <= max_bytes).ok_or(CommandError::StringTooLong)
}

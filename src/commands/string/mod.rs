//! Strings. An integer is kept as such; a command that reads it sees its decimal text.

mod append;
mod expiry;
mod get;
mod getdel;
mod getex;
mod getrange;
mod getset;
pub(super) mod growth;
mod incr;
pub mod incrbyfloat;
mod lcs;
mod mget;
mod mset;
mod set;
mod setrange;
mod strlen;

use super::command::Command;

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

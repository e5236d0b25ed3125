//! Strings as arrays of bits. The first bit is the most significant one of the first byte.

mod bitcount;
mod bitfield;
mod bitop;
mod bitpos;
mod getbit;
mod offset;
mod range;
mod setbit;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    bitcount::BITCOUNT,
    bitfield::BITFIELD,
    bitfield::BITFIELD_RO,
    bitop::BITOP,
    bitpos::BITPOS,
    getbit::GETBIT,
    setbit::SETBIT,
];

//! Commands on sets.

mod algebra;
mod diff;
mod inter;
mod members;
mod sadd;
mod smove;
mod spop;
mod srandmember;
mod sscan;
mod union;

use super::command::Command;

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    sadd::SADD,
    sadd::SREM,
    smove::SMOVE,
    members::SISMEMBER,
    members::SMISMEMBER,
    members::SCARD,
    members::SMEMBERS,
    spop::SPOP,
    srandmember::SRANDMEMBER,
    inter::SINTER,
    inter::SINTERCARD,
    inter::SINTERSTORE,
    union::SUNION,
    union::SUNIONSTORE,
    diff::SDIFF,
    diff::SDIFFSTORE,
    sscan::SSCAN,
];

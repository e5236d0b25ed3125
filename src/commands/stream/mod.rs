//! Commands on streams.

mod id;
mod reply;
mod trimming;
mod xadd;
mod xdel;
mod xlen;
mod xrange;
mod xsetid;
mod xtrim;

use super::command::Command;

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    xadd::XADD,
    xlen::XLEN,
    xrange::XRANGE,
    xrange::XREVRANGE,
    xdel::XDEL,
    xtrim::XTRIM,
    xsetid::XSETID,
];

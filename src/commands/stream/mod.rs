//! Commands on streams.

mod claiming;
mod id;
mod reply;
pub(super) mod request;
mod streams_reply;
mod told;
mod trimming;
mod xack;
mod xadd;
mod xautoclaim;
mod xclaim;
mod xdel;
mod xgroup;
mod xinfo;
mod xlen;
mod xpending;
mod xrange;
mod xread;
mod xreadgroup;
mod xsetid;
mod xtrim;

#[cfg(test)]
mod tests;

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
    xread::XREAD,
    xgroup::XGROUP,
    xreadgroup::XREADGROUP,
    xack::XACK,
    xpending::XPENDING,
    xclaim::XCLAIM,
    xautoclaim::XAUTOCLAIM,
    xinfo::XINFO,
];

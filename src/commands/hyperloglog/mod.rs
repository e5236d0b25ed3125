//! HyperLogLogs: strings in which elements are counted that are not kept (`base::hyperloglog`).

mod pfadd;
mod pfcount;
mod pfdebug;
mod pfmerge;
mod pfselftest;
mod string;

use super::command::Command;

pub const COMMANDS: &[Command] =
    &[pfadd::PFADD, pfcount::PFCOUNT, pfdebug::PFDEBUG, pfmerge::PFMERGE, pfselftest::PFSELFTEST];

//! Commands on lists.

mod blocking;
mod insert;
mod lmove;
mod lpos;
mod lrem;
mod lset;
mod ltrim;
mod mpop;
mod pop;
mod push;
mod range;
mod side;

use super::command::Command;

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    push::LPUSH,
    push::RPUSH,
    push::LPUSHX,
    push::RPUSHX,
    pop::LPOP,
    pop::RPOP,
    range::LLEN,
    range::LRANGE,
    range::LINDEX,
    lset::LSET,
    insert::LINSERT,
    lrem::LREM,
    ltrim::LTRIM,
    lpos::LPOS,
    lmove::LMOVE,
    lmove::RPOPLPUSH,
    lmove::BLMOVE,
    lmove::BRPOPLPUSH,
    mpop::LMPOP,
    mpop::BLMPOP,
    blocking::BLPOP,
    blocking::BRPOP,
];

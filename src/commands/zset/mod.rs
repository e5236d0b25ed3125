//! Commands on sorted sets.

mod algebra;
mod blocking;
mod bounds;
mod edges;
mod end;
mod reply;
mod zadd;
mod zcount;
mod zdiff;
mod zinter;
mod zmpop;
mod zpop;
mod zrandmember;
mod zrange;
mod zrank;
mod zrem;
mod zremrange;
mod zscan;
mod zscore;
mod zunion;

use super::command::Command;
pub use zadd::{Options, add_all};

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    zadd::ZADD,
    zadd::ZINCRBY,
    zrem::ZREM,
    zremrange::ZREMRANGEBYRANK,
    zremrange::ZREMRANGEBYSCORE,
    zremrange::ZREMRANGEBYLEX,
    zrange::ZRANGE,
    zrange::ZRANGESTORE,
    zrange::ZRANGEBYSCORE,
    zrange::ZRANGEBYLEX,
    zrange::ZREVRANGE,
    zrange::ZREVRANGEBYSCORE,
    zrange::ZREVRANGEBYLEX,
    zcount::ZCOUNT,
    zcount::ZLEXCOUNT,
    zscore::ZCARD,
    zscore::ZSCORE,
    zscore::ZMSCORE,
    zrank::ZRANK,
    zrank::ZREVRANK,
    zunion::ZUNION,
    zunion::ZUNIONSTORE,
    zinter::ZINTER,
    zinter::ZINTERSTORE,
    zinter::ZINTERCARD,
    zdiff::ZDIFF,
    zdiff::ZDIFFSTORE,
    zrandmember::ZRANDMEMBER,
    zpop::ZPOPMIN,
    zpop::ZPOPMAX,
    zmpop::ZMPOP,
    zmpop::BZMPOP,
    blocking::BZPOPMIN,
    blocking::BZPOPMAX,
    zscan::ZSCAN,
];

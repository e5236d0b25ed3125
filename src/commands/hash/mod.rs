//! Commands on hashes.

mod get;
mod getall;
mod hdel;
mod hincrby;
mod hincrbyfloat;
mod hrandfield;
mod hscan;
mod set;

use super::command::Command;

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    set::HSET,
    set::HMSET,
    set::HSETNX,
    get::HGET,
    get::HMGET,
    get::HEXISTS,
    get::HSTRLEN,
    get::HLEN,
    getall::HGETALL,
    getall::HKEYS,
    getall::HVALS,
    hdel::HDEL,
    hincrby::HINCRBY,
    hincrbyfloat::HINCRBYFLOAT,
    hrandfield::HRANDFIELD,
    hscan::HSCAN,
];

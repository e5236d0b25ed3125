//! What can be done with keys of any type, and with whole databases.

mod copy;
mod dbsize;
mod del;
mod dump;
mod exists;
mod expire;
mod flush;
mod keys;
mod migrate;
mod move_key;
mod object;
mod persist;
mod randomkey;
mod rename;
mod restore;
pub mod scan;
mod sort;
mod swapdb;
mod ttl;
mod type_name;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    copy::COPY,
    dbsize::DBSIZE,
    del::DEL,
    del::UNLINK,
    dump::DUMP,
    exists::EXISTS,
    exists::TOUCH,
    expire::EXPIRE,
    expire::EXPIREAT,
    expire::PEXPIRE,
    expire::PEXPIREAT,
    flush::FLUSHALL,
    flush::FLUSHDB,
    keys::KEYS,
    migrate::MIGRATE,
    move_key::MOVE,
    object::OBJECT,
    persist::PERSIST,
    randomkey::RANDOMKEY,
    rename::RENAME,
    rename::RENAMENX,
    restore::RESTORE,
    restore::RESTORE_ASKING,
    scan::SCAN,
    sort::SORT,
    sort::SORT_RO,
    swapdb::SWAPDB,
    ttl::EXPIRETIME,
    ttl::PEXPIRETIME,
    ttl::PTTL,
    ttl::TTL,
    type_name::TYPE,
];

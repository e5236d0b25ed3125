//! RDB files and DUMP payloads against redis-server: what we write it reads, what it writes we
//! read.

#[path = "../support/mod.rs"]
mod support;

mod data;
mod packed;
mod payloads;
mod read_redis;
mod write_for_redis;

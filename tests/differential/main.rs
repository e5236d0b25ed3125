//! The same random commands on our server and on redis-server: the same replies, the same
//! stream to the replicas, the same keys in the end.

#[path = "../support/mod.rs"]
mod support;

mod bits;
mod commands;
mod doubles;
mod drive;
mod geos;
mod hashes;
mod hyperloglogs;
mod lists;
mod pair;
mod resp3;
mod sets;
mod shape;
mod sharded;
mod sorts;
mod streams;
mod strings;
mod unordered;
mod waiters;
mod zsets;

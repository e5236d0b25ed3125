//! The data set: entries, the tree that holds them, databases, expiry.
//!
//! `entry` is one key with its value in one allocation, `big_string` a value out of line, `tree` the
//! hash trie whose snapshot is a clone of its root, `sequence` items in an order, shared in
//! the same way, `packed` small collections as Redis packs them, `table` a tree and what is known of
//! its deadlines and bytes, `register` the elements of a large hash or set, `database` one of keys, `dataset` all of these, `candidates` the keys of
//! which eviction thinks first, `garbage` the thread that
//! frees what is too big to free between two commands, `shared` the counted pointer to what
//! collections are made of.

pub mod big_string;
pub mod candidates;
pub mod database;
pub mod dataset;
pub mod digest;
pub mod entry;
pub mod event;
pub mod expire;
pub mod found;
pub mod garbage;
mod holders;
mod memory;
pub mod own_keys;
pub mod packed;
pub mod register;
pub mod sequence;
mod shared;
pub mod table;
pub mod tree;
pub mod tree_slot;
pub mod value;
pub mod waiters;
pub mod walk;
pub mod watch;

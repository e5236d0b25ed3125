//! Where values change from one representation to another.

use super::rules::{BYTES, COUNT, INT, number};
use crate::config::define::directives;

directives! {
    /// Where values change from one representation to another.
    Types;

    "hash-max-listpack-entries" | "hash-max-ziplist-entries" {Replication} =>
        hash_max_listpack_entries: usize = 512, COUNT;
    "hash-max-listpack-value" | "hash-max-ziplist-value" {Replication} =>
        hash_max_listpack_value: usize = 64, BYTES;
    /// Above 0: entries of a block; -1 to -5: 4 to 64 KiB a block.
    "list-max-listpack-size" | "list-max-ziplist-size" {Replication} =>
        list_max_listpack_size: i32 = -2, number(i32::MIN as i128, INT);
    "list-compress-depth" [NO_EFFECT] => list_compress_depth: u32 = 0, number(0, INT);
    "set-max-intset-entries" {Replication} => set_max_intset_entries: usize = 512, COUNT;
    "zset-max-listpack-entries" | "zset-max-ziplist-entries" {Replication} =>
        zset_max_listpack_entries: usize = 128, COUNT;
    "zset-max-listpack-value" | "zset-max-ziplist-value" {Replication} =>
        zset_max_listpack_value: usize = 64, BYTES;
    "hll-sparse-max-bytes" => hll_sparse_max_bytes: usize = 3000, BYTES;
    "stream-node-max-bytes" {Replication} => stream_node_max_bytes: usize = 4096, BYTES;
    "stream-node-max-entries" {Replication} => stream_node_max_entries: u64 = 100, COUNT;

    // Of later versions.

    "set-max-listpack-entries" [HIDDEN] {Replication} =>
        set_max_listpack_entries: usize = 128, COUNT;
    "set-max-listpack-value" [HIDDEN] {Replication} =>
        set_max_listpack_value: usize = 64, BYTES;
    "stream-idmp-duration" [HIDDEN NO_EFFECT] => stream_idmp_duration: u64 = 100, number(1, INT);
    "stream-idmp-maxsize" [HIDDEN NO_EFFECT] => stream_idmp_maxsize: u64 = 100, number(1, INT);
    "vset-force-single-threaded-execution" [HIDDEN NO_EFFECT] =>
        vset_force_single_threaded_execution: bool = false;
}

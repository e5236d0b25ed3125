//! The data set as a whole: how much, and how it is cleaned up.

use super::rules::{ANY, INT, LONG, memory, number};
use crate::config::define::directives;
use crate::config::value::choice::MaxmemoryPolicy;
use crate::config::value::number::NumberRule;

directives! {
    /// The data set as a whole: how much, and how it is cleaned up.
    Memory;

    "databases" [IMMUTABLE] => databases: usize = 16, number(1, INT);
    /// Where keys are evicted, or writes refused where the policy has none to evict; 0: nowhere.
    "maxmemory" {MemoryLimit Replication} => maxmemory: u64 = 0, memory(0, u64::MAX as i128);
    "maxmemory-policy" {MemoryLimit Replication} =>
        maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::NoEviction;
    "maxmemory-samples" => maxmemory_samples: u32 = 5, number(1, INT);
    "maxmemory-eviction-tenacity" => maxmemory_eviction_tenacity: u32 = 10, number(0, 100);
    /// What all clients together may take; below 0: as percent of `maxmemory`.
    "maxmemory-clients" {ClientMemory} =>
        maxmemory_clients: i64 = 0, NumberRule::memory_or_percent(LONG);
    "lfu-log-factor" => lfu_log_factor: u32 = 10, number(0, INT);
    /// In minutes.
    "lfu-decay-time" {Replication} => lfu_decay_time: u32 = 1, number(0, INT);
    "active-expire-effort" [NO_EFFECT] => active_expire_effort: u32 = 1, number(1, 10);
    "activerehashing" [NO_EFFECT] => activerehashing: bool = true;
    "lazyfree-lazy-eviction" => lazyfree_lazy_eviction: bool = false;
    "lazyfree-lazy-expire" => lazyfree_lazy_expire: bool = false;
    // What is slow to free is always freed on another thread, whatever these two say.
    "lazyfree-lazy-server-del" [NO_EFFECT] => lazyfree_lazy_server_del: bool = false;
    "lazyfree-lazy-user-del" [NO_EFFECT] => lazyfree_lazy_user_del: bool = false;
    "lazyfree-lazy-user-flush" => lazyfree_lazy_user_flush: bool = false;
    "activedefrag" [DEFAULT_ONLY] => activedefrag: bool = false;
    "active-defrag-ignore-bytes" [NO_EFFECT] =>
        active_defrag_ignore_bytes: u64 = 100 << 20, memory(1, LONG);
    "active-defrag-threshold-lower" [NO_EFFECT] =>
        active_defrag_threshold_lower: u32 = 10, number(0, 1000);
    "active-defrag-threshold-upper" [NO_EFFECT] =>
        active_defrag_threshold_upper: u32 = 100, number(0, 1000);
    "active-defrag-cycle-min" [NO_EFFECT] => active_defrag_cycle_min: u32 = 1, number(1, 99);
    "active-defrag-cycle-max" [NO_EFFECT] => active_defrag_cycle_max: u32 = 25, number(1, 99);
    "active-defrag-max-scan-fields" [NO_EFFECT] =>
        active_defrag_max_scan_fields: u64 = 1000, number(1, LONG);

    // Of later versions.

    "lazyexpire-nested-arbitrary-keys" [HIDDEN NO_EFFECT] =>
        lazyexpire_nested_arbitrary_keys: bool = true;
    "key-memory-histograms" [IMMUTABLE HIDDEN NO_EFFECT] => key_memory_histograms: bool = false;
    "active-defrag-cycle-us" [HIDDEN NO_EFFECT] =>
        active_defrag_cycle_us: u32 = 500, number(0, 100_000);
    /// The seed of the hash is drawn anew at each start.
    "hash-seed" [IMMUTABLE HIDDEN DEFAULT_ONLY] => hash_seed: String = String::new(), ANY;
    /// Keep what has expired for a tool that fills this server.
    "import-mode" [HIDDEN DEFAULT_ONLY] => import_mode: bool = false;
}

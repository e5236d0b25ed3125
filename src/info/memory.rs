//! The figures of [`MemoryFacts`](super::memory_facts::MemoryFacts).

use super::memory_facts::Excess;
use super::row::{Row, Section};
use super::value::Value;
use crate::config::value::choice::Choice;
use crate::telemetry::memory;
use crate::telemetry::process;

pub(super) const SECTION: Section = Section {
    name: "memory",
    title: "Memory",
    rows: &[
        Row::Field("used_memory", |facts| facts.memory().used().into()),
        Row::Field("used_memory_human", |facts| human(facts.memory().used())),
        Row::Field("used_memory_rss", |facts| facts.memory().resident.into()),
        Row::Field("used_memory_rss_human", |facts| human(facts.memory().resident)),
        Row::Field("used_memory_peak", |facts| facts.memory().peak.into()),
        Row::Field("used_memory_peak_human", |facts| human(facts.memory().peak)),
        Row::Field("used_memory_peak_perc", |facts| Value::Percent(facts.memory().peak_percent())),
        Row::Field("used_memory_overhead", |facts| facts.memory().overhead().into()),
        Row::Field("used_memory_startup", |facts| facts.memory().startup.into()),
        Row::Field("used_memory_dataset", |facts| facts.memory().dataset().into()),
        Row::Field("used_memory_dataset_perc", |facts| {
            Value::Percent(facts.memory().dataset_percent())
        }),
        Row::Field("allocator_allocated", |facts| facts.memory().allocator.allocated.into()),
        Row::Field("allocator_active", |facts| facts.memory().allocator.active.into()),
        Row::Field("allocator_resident", |facts| facts.memory().allocator.resident.into()),
        Row::Field("total_system_memory", |_| process::machine_memory_bytes().into()),
        Row::Field("total_system_memory_human", |_| human(process::machine_memory_bytes())),
        Row::Field("used_memory_lua", |_| 0.into()),
        Row::Field("used_memory_vm_eval", |_| 0.into()),
        Row::Field("used_memory_lua_human", |_| human(0)),
        Row::Field("used_memory_scripts_eval", |_| 0.into()),
        Row::Field("number_of_cached_scripts", |_| 0.into()),
        Row::Field("number_of_functions", |_| 0.into()),
        Row::Field("number_of_libraries", |_| 0.into()),
        Row::Field("used_memory_vm_functions", |_| 0.into()),
        Row::Field("used_memory_vm_total", |_| 0.into()),
        Row::Field("used_memory_vm_total_human", |_| human(0)),
        Row::Field("used_memory_functions", |_| 0.into()),
        Row::Field("used_memory_scripts", |_| 0.into()),
        Row::Field("used_memory_scripts_human", |_| human(0)),
        Row::Field("maxmemory", |facts| facts.server.config.memory.maxmemory.into()),
        Row::Field("maxmemory_human", |facts| Value::Bytes(facts.server.config.memory.maxmemory)),
        Row::Field("maxmemory_policy", |facts| {
            facts.server.config.memory.maxmemory_policy.name().into()
        }),
        Row::Field("allocator_frag_ratio", |facts| ratio(facts.memory().fragmentation())),
        Row::Field("allocator_frag_bytes", |facts| facts.memory().fragmentation().bytes().into()),
        Row::Field("allocator_rss_ratio", |facts| ratio(facts.memory().allocator_resident())),
        Row::Field("allocator_rss_bytes", |facts| {
            facts.memory().allocator_resident().bytes().into()
        }),
        Row::Field("rss_overhead_ratio", |facts| ratio(facts.memory().resident_overhead())),
        Row::Field("rss_overhead_bytes", |facts| facts.memory().resident_overhead().bytes().into()),
        Row::Field("mem_fragmentation_ratio", |facts| ratio(facts.memory().total_overhead())),
        Row::Field("mem_fragmentation_bytes", |facts| {
            facts.memory().total_overhead().bytes().into()
        }),
        Row::Field("mem_not_counted_for_evict", |facts| facts.memory().not_counted().into()),
        Row::Field("mem_replication_backlog", |facts| facts.memory().backlog.into()),
        Row::Field("mem_total_replication_buffers", |facts| {
            let memory = facts.memory();
            (memory.backlog + memory.backlog_beyond).into()
        }),
        Row::Field("mem_clients_slaves", |facts| facts.memory().replica_clients().into()),
        Row::Field("mem_clients_normal", |facts| facts.memory().normal_clients.into()),
        Row::Field("mem_cluster_links", |_| 0.into()),
        Row::Field("mem_aof_buffer", |_| 0.into()),
        Row::Field("mem_allocator", |_| memory::allocator_name().into()),
        Row::Field("active_defrag_running", |_| 0.into()),
        Row::Field("lazyfree_pending_objects", |facts| facts.garbage.pending().into()),
        Row::Field("lazyfreed_objects", |facts| facts.garbage.freed().into()),
    ],
    ..Section::DEFAULT
};

fn human(bytes: usize) -> Value {
    Value::Bytes(bytes as u64)
}

fn ratio(excess: Excess) -> Value {
    Value::Ratio(excess.factor())
}

//! Where the memory is.
//!
//! ```text
//! process resident set ⊇ allocator resident ⊇ allocator active ⊇ allocated (used_memory)
//!     used_memory = startup + replication backlog + clients + trees and expiry + dataset
//! ```

use super::{Facts, Row, Section, Value};
use crate::base::ids::DbIndex;
use crate::clients::{ClientKind, Session};
use crate::config::value::choice::Choice;
use crate::telemetry::memory::{self, Memory};
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
        Row::Field("allocator_frag_ratio", |facts| facts.memory().fragmentation().ratio()),
        Row::Field("allocator_frag_bytes", |facts| facts.memory().fragmentation().bytes().into()),
        Row::Field("allocator_rss_ratio", |facts| facts.memory().allocator_resident().ratio()),
        Row::Field("allocator_rss_bytes", |facts| {
            facts.memory().allocator_resident().bytes().into()
        }),
        Row::Field("rss_overhead_ratio", |facts| facts.memory().resident_overhead().ratio()),
        Row::Field("rss_overhead_bytes", |facts| facts.memory().resident_overhead().bytes().into()),
        Row::Field("mem_fragmentation_ratio", |facts| facts.memory().total_overhead().ratio()),
        Row::Field("mem_fragmentation_bytes", |facts| {
            facts.memory().total_overhead().bytes().into()
        }),
        Row::Field("mem_not_counted_for_evict", |facts| facts.memory().not_counted().into()),
        Row::Field("mem_replication_backlog", |facts| facts.memory().backlog.into()),
        Row::Field("mem_total_replication_buffers", |facts| {
            let memory = facts.memory();
            (memory.backlog + memory.replica_clients).into()
        }),
        Row::Field("mem_clients_slaves", |facts| facts.memory().replica_clients.into()),
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

/// The figures of the memory section and of MEMORY STATS, in bytes.
#[derive(Clone, Debug, Default)]
pub struct MemoryFacts {
    pub allocator: Memory,
    /// Of the process.
    pub resident: usize,
    pub peak: usize,
    /// Allocated when the server had just started.
    pub startup: usize,
    pub backlog: usize,
    pub replica_clients: usize,
    pub normal_clients: usize,
    /// Of the databases that have keys.
    pub databases: Vec<(DbIndex, usize)>,
    pub keys: usize,
    /// Of all keys and values.
    pub entries: usize,
}

impl MemoryFacts {
    pub(super) fn of(facts: &Facts<'_>) -> MemoryFacts {
        let server = facts.server;
        let allocator = memory::read();
        let (held, kept) = server.backlog_bytes();
        let clients = server.clients.iter().filter(|session| session.kind != ClientKind::Replica);
        let filled = facts.dataset.iter().enumerate().filter(|(_, database)| !database.is_empty());
        MemoryFacts {
            allocator,
            resident: process::resident_bytes(),
            peak: server.stats.peak_memory_bytes.max(allocator.allocated),
            startup: server.startup_memory_bytes,
            backlog: kept,
            replica_clients: held - kept,
            normal_clients: clients.map(Session::memory_bytes).sum(),
            databases: filled.map(|(index, db)| (index, db.estimated_node_bytes())).collect(),
            keys: facts.dataset.key_count(),
            entries: facts.dataset.entry_bytes(),
        }
    }

    pub fn used(&self) -> usize {
        self.allocator.allocated
    }

    /// What is there besides the keys and their values.
    pub fn overhead(&self) -> usize {
        let databases = self.databases.iter().map(|(_, node_bytes)| node_bytes);
        self.startup
            + self.backlog
            + self.replica_clients
            + self.normal_clients
            + databases.sum::<usize>()
    }

    /// Keys and values, by the bytes that the databases keep: not what buffers take, nor what
    /// snapshots still hold.
    pub fn dataset(&self) -> usize {
        self.entries
    }

    /// What does not count against `maxmemory`.
    fn not_counted(&self) -> usize {
        let counted = self.overhead() - self.replica_clients + self.entries;
        self.used().saturating_sub(counted)
    }

    /// What has come since the start; at least 1, to divide by.
    fn net(&self) -> usize {
        self.used().saturating_sub(self.startup).max(1)
    }

    /// The part of what has come since the start that is keys and values.
    pub fn dataset_percent(&self) -> f64 {
        // Keys that share a big value count it each.
        (self.dataset() as f64 * 100.0 / self.net() as f64).min(100.0)
    }

    pub fn peak_percent(&self) -> f64 {
        self.used() as f64 * 100.0 / self.peak.max(1) as f64
    }

    pub fn bytes_per_key(&self) -> usize {
        self.net().checked_div(self.keys).unwrap_or(0)
    }

    /// What the allocator's pages hold besides what was asked for.
    pub fn fragmentation(&self) -> Excess {
        Excess { whole: self.allocator.active, part: self.allocator.allocated }
    }

    /// What the allocator keeps besides the pages in use.
    pub fn allocator_resident(&self) -> Excess {
        Excess { whole: self.allocator.resident, part: self.allocator.active }
    }

    /// What the process has besides the allocator's.
    pub fn resident_overhead(&self) -> Excess {
        Excess { whole: self.resident, part: self.allocator.resident }
    }

    /// What the process has besides what was asked for.
    pub fn total_overhead(&self) -> Excess {
        Excess { whole: self.resident, part: self.used() }
    }
}

/// How much more one figure is than another, in bytes. Measured one after the other, the whole may
/// be less than the part.
#[derive(Clone, Copy, Debug)]
pub struct Excess {
    whole: usize,
    part: usize,
}

impl Excess {
    pub fn factor(self) -> f64 {
        if self.part == 0 { 0.0 } else { self.whole as f64 / self.part as f64 }
    }

    pub fn bytes(self) -> i64 {
        self.whole as i64 - self.part as i64
    }

    fn ratio(self) -> Value {
        Value::Ratio(self.factor())
    }
}

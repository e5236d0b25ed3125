//! Where the memory is.
//!
//! ```text
//! process resident set ⊇ allocator resident ⊇ allocator active ⊇ allocated (used_memory)
//!     used_memory = startup + replication backlog + clients + free buffers + trees + dataset
//! ```

use std::sync::atomic::Ordering;

use crate::base::ids::DbIndex;
use crate::clients::{ClientKind, Session};
use crate::state::Server;
use crate::store::dataset::Dataset;
use crate::telemetry::memory::{self, Memory};
use crate::telemetry::process;

/// The figures of the memory section and of MEMORY STATS, in bytes.
#[derive(Clone, Debug, Default)]
pub struct MemoryFacts {
    pub allocator: Memory,
    /// Of the process.
    pub resident: usize,
    pub peak: usize,
    /// Allocated when the server had just started.
    pub startup: usize,
    /// What the server seems to take for itself since then.
    pub own: usize,
    /// Up to its size.
    pub backlog: usize,
    /// Of that, what counts against `maxmemory`.
    pub backlog_counted: usize,
    /// What replicas keep it from giving back beyond that.
    pub backlog_beyond: usize,
    /// Of replicas, what is not the backlog's.
    pub replica_links: usize,
    pub normal_clients: usize,
    /// Buffers that connections share and nobody uses.
    pub free_buffers: usize,
    /// How long commands take, by command.
    pub durations: usize,
    /// Of the databases that have keys.
    pub databases: Vec<(DbIndex, usize)>,
    pub keys: usize,
    /// Of all keys and values.
    pub entries: usize,
}

impl MemoryFacts {
    pub(super) fn of(server: &Server, dataset: &Dataset) -> MemoryFacts {
        let allocator = memory::read();
        let (held, kept) = server.backlog_bytes();
        let is_replica = |session: &&Session| session.kind == ClientKind::Replica;
        let others = server.clients.iter().filter(|session| !is_replica(session));
        let filled = dataset.iter().enumerate().filter(|(_, database)| !database.is_empty());
        MemoryFacts {
            allocator,
            resident: process::resident_bytes(),
            peak: server.stats.peak_memory_bytes.max(allocator.used()),
            startup: server.startup_memory_bytes,
            own: server.own_memory.bytes(),
            durations: server.stats.duration_bytes,
            backlog: kept,
            backlog_counted: server.counted_backlog_bytes().min(kept),
            backlog_beyond: held - kept,
            replica_links: replica_bytes(server) - (held - kept),
            normal_clients: others.map(Session::memory_bytes).sum(),
            free_buffers: server.free_buffer_bytes.load(Ordering::Relaxed),
            databases: filled.map(|(index, db)| (index, db.node_bytes())).collect(),
            keys: dataset.key_count(),
            entries: dataset.entry_bytes(),
        }
    }

    pub fn used(&self) -> usize {
        self.allocator.used()
    }

    /// What is there besides the keys and their values.
    pub fn overhead(&self) -> usize {
        self.itemised() + self.replica_clients() + self.free_buffers
    }

    /// What replicas take: what they keep of the backlog beyond its size, and what their links hold.
    pub fn replica_clients(&self) -> usize {
        self.backlog_beyond + self.replica_links
    }

    /// The part of the overhead that counts against `maxmemory`.
    fn counted_overhead(&self) -> usize {
        self.itemised() - self.backlog + self.backlog_counted + self.own
    }

    fn itemised(&self) -> usize {
        let databases = self.databases.iter().map(|(_, node_bytes)| node_bytes);
        self.startup
            + self.durations
            + self.backlog
            + self.normal_clients
            + databases.sum::<usize>()
    }

    /// Keys and values, by the bytes that the databases keep: not what buffers take, nor what
    /// snapshots still hold.
    pub fn dataset(&self) -> usize {
        self.entries
    }

    /// What does not count against `maxmemory`.
    pub fn not_counted(&self) -> usize {
        self.used().saturating_sub(self.counted_overhead() + self.entries)
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

/// What replicas take: what they keep of the backlog beyond its size, and what their links hold.
pub fn replica_bytes(server: &Server) -> usize {
    let (held, kept) = server.backlog_bytes();
    let replicas = server.clients.iter().filter(|session| session.kind == ClientKind::Replica);
    held - kept + replicas.map(Session::own_memory_bytes).sum::<usize>()
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
}

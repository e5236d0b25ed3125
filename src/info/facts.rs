//! What the rows of INFO are read from.

use std::cell::OnceCell;

use super::memory_facts::MemoryFacts;
use crate::base::time::UnixMillis;
use crate::state::Server;
use crate::store::dataset::Dataset;
use crate::store::garbage::Garbage;
use crate::telemetry::process::{self, Cpu};
use crate::telemetry::stats::KeyspaceStats;

/// The names of the commands that `Stats::calls` counts.
pub trait CommandNames {
    /// `config|get` of a subcommand.
    fn full_name(&self, row: usize) -> &str;
}

/// What the rows are read from.
pub struct Facts<'a> {
    pub server: &'a Server,
    pub dataset: &'a Dataset,
    pub keyspace: &'a KeyspaceStats,
    pub garbage: &'a Garbage,
    pub commands: &'a dyn CommandNames,
    /// Keys that clients of a writable replica have written to expire.
    pub own_keys: usize,
    pub now: UnixMillis,
    /// The same in microseconds.
    pub(super) now_micros: i64,
    asked: Asked,
}

/// What is asked of the system, at most once.
#[derive(Default)]
struct Asked {
    memory: OnceCell<MemoryFacts>,
    cpu: OnceCell<Cpu>,
}

impl<'a> Facts<'a> {
    pub fn new(
        server: &'a Server,
        dataset: &'a Dataset,
        keyspace: &'a KeyspaceStats,
        garbage: &'a Garbage,
        commands: &'a dyn CommandNames,
        own_keys: usize,
        now_micros: i64,
    ) -> Facts<'a> {
        let (now, asked) = (now_micros / 1000, Asked::default());
        Facts { server, dataset, keyspace, garbage, commands, own_keys, now, now_micros, asked }
    }

    pub fn memory(&self) -> &MemoryFacts {
        self.asked.memory.get_or_init(|| MemoryFacts::of(self.server, self.dataset))
    }

    pub(super) fn cpu(&self) -> &Cpu {
        self.asked.cpu.get_or_init(process::cpu)
    }
}

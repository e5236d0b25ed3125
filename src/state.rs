//! All that commands read and change: the data set, and the server around it. Plain data; the
//! keyspace actor owns it, commands get it in a `Call`.

mod forwarding;
mod limits;
mod pause;
mod pressure;
mod role;
mod saved;
mod shutdown;
mod throttle;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use bytes::Bytes;

use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::{ClientSlot, Clients};
use crate::config::Config;
use crate::config::host::{Host, NoHost};
use crate::pubsub::PubSub;
use crate::rdb::usage::UsageClock;
use crate::replication::model::journal::Event;
use crate::store::dataset::Dataset;
use crate::store::garbage::Garbage;
use crate::store::own_keys::OwnKeys;
use crate::store::waiters::KeyWaiters;
use crate::store::watch::Watches;
use crate::telemetry::command_log::CommandLogs;
use crate::telemetry::latency::Latency;
use crate::telemetry::stats::{KeyspaceStats, Stats};

pub use forwarding::Forwarding;
pub use limits::{limits, replica_output_limit};
pub use pause::{PausePurpose, PauseScope, Pauses};
pub use pressure::{OwnMemory, Pressure};
pub use role::{LostData, Master, Replication};
pub use saved::{LoadProgress, LoadingStatus, LogPhase, LogStatus, Persistence};
pub use shutdown::{Shutdown, ShutdownStage};
pub use throttle::Throttle;

/// The whole of it.
pub struct State {
    pub dataset: Dataset,
    pub watches: Watches,
    /// Who waits for keys to hold something.
    pub waiters: KeyWaiters,
    /// What clients of a writable replica have written to expire.
    pub own_keys: OwnKeys,
    pub keyspace_stats: KeyspaceStats,
    pub garbage: Garbage,
    pub server: Server,
}

impl State {
    /// What a client's watched keys and subscriptions take, in bytes.
    pub fn table_bytes_of(&self, client: ClientSlot) -> usize {
        self.watches.memory_bytes(client) + self.server.pubsub.memory_bytes(client)
    }

    /// A master with nothing in it yet.
    pub fn new(config: Config, identity: Identity, garbage: Garbage, mut random: Random) -> State {
        State {
            dataset: Dataset::new(config.memory.databases, random.next_u64()),
            watches: Default::default(),
            waiters: Default::default(),
            own_keys: Default::default(),
            keyspace_stats: Default::default(),
            garbage,
            server: Server {
                replication: Replication {
                    last_ping_at: identity.started_at,
                    ..Replication::new(&mut random)
                },
                persistence: Persistence::new(identity.started_at),
                config,
                identity,
                clients: Clients::default(),
                pubsub: PubSub::default(),
                stats: Default::default(),
                command_logs: Default::default(),
                latency: Default::default(),
                pauses: Pauses::default(),
                throttle: Throttle::default(),
                migrating: Migrating::default(),
                random,
                startup_memory_bytes: crate::telemetry::memory::used_bytes(),
                active_expire: true,
                skips_checksums: false,
                cron_is_paused: false,
                loading: None,
                pressure: Pressure::default(),
                own_memory: OwnMemory::default(),
                free_buffer_bytes: Arc::default(),
                shutdown: Shutdown::default(),
                functions: Vec::new(),
                host: Box::new(NoHost),
            },
        }
    }
}

/// Everything but the data set.
pub struct Server {
    pub config: Config,
    pub identity: Identity,
    pub clients: Clients,
    pub pubsub: PubSub,
    pub stats: Stats,
    pub command_logs: CommandLogs,
    pub latency: Latency,
    pub replication: Replication,
    pub persistence: Persistence,
    pub pauses: Pauses,
    /// How fast clients may write.
    pub throttle: Throttle,
    pub migrating: Migrating,
    pub random: Random,
    /// Allocated when the server had just started.
    pub startup_memory_bytes: usize,
    /// DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: bool,
    /// Checksums of payloads and files are not compared (`DEBUG SET-SKIP-CHECKSUM-VALIDATION`).
    pub skips_checksums: bool,
    /// DEBUG PAUSE-CRON.
    pub cron_is_paused: bool,
    /// Present while a data set is loaded at start: commands answer LOADING.
    pub loading: Option<LoadingStatus>,
    /// How memory stands against `maxmemory`.
    pub pressure: Pressure,
    pub own_memory: OwnMemory,
    /// Buffers that connections share and nobody uses, in bytes.
    pub free_buffer_bytes: Arc<AtomicUsize>,
    pub shutdown: Shutdown,
    /// Libraries of functions that a file or a master had: kept for the next file, not run.
    pub functions: Vec<Bytes>,
    /// The process, which follows changed settings.
    pub host: Box<dyn Host>,
}

/// What is on its way to other servers.
#[derive(Debug, Default)]
pub struct Migrating {
    /// What would write to these waits, in whatever database they are.
    pub keys: HashSet<Box<[u8]>>,
    /// Connections that are kept for the next time.
    pub links: usize,
}

impl Server {
    /// Forty random digits.
    pub fn random_replid(&mut self) -> ReplId {
        let mut random = [0; 20];
        self.random.fill(&mut random);
        ReplId::from_random(random)
    }

    /// Adds to what REPLICATION HISTORY lists.
    pub fn keep_events(&mut self, events: impl IntoIterator<Item = Event>) {
        let max = self.config.replication.replication_history_len;
        events.into_iter().for_each(|event| self.replication.journal.add(event, max));
    }

    /// Takes over the function libraries of an RDB: they go into every RDB that is made from here
    /// on, but cannot be called yet.
    pub fn keep_functions(&mut self, functions: Vec<Bytes>) {
        if !functions.is_empty() {
            log::warn!(
                "The RDB holds {} function libraries: they are kept and passed on, but this server cannot run functions yet",
                functions.len()
            );
        }
        self.functions = functions;
    }

    /// The bytes of the backlog: all of them, and those that it would keep without replicas.
    pub fn backlog_bytes(&self) -> (usize, usize) {
        let held = self.replication.backlog.memory_bytes();
        if self.replication.replicas.is_empty() {
            return (held, held);
        }
        (held, held.min(self.config.replication.repl_backlog_size as usize))
    }

    /// The bytes of the backlog that count against `maxmemory`: no more than its size, also while it
    /// still holds what a replica that is gone has kept.
    pub fn counted_backlog_bytes(&self) -> usize {
        let size_bytes = self.config.replication.repl_backlog_size as usize;
        self.replication.backlog.memory_bytes().min(size_bytes)
    }

    /// More is in use than `maxmemory`, and nothing can be evicted.
    #[inline]
    pub fn is_out_of_memory(&self) -> bool {
        self.pressure.is_full && self.config.memory.maxmemory > 0
    }

    /// What entries note of their use under the policy that is set.
    #[inline]
    pub fn usage_clock(&self, now: UnixMillis) -> UsageClock {
        UsageClock::new(self.config.memory.maxmemory_policy, self.config.memory.lfu_decay_time, now)
    }
}

/// Who this process is.
#[derive(Clone, Debug)]
pub struct Identity {
    pub run_id: ReplId,
    pub pid: u32,
    pub started: Instant,
    pub started_at: UnixMillis,
    pub executable: PathBuf,
    /// Who waits for news of us: `no`, `systemd` or `upstart`.
    pub supervisor: &'static str,
    pub argv: Vec<OsString>,
}

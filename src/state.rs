//! All that commands read and change: the data set, and the server around it. Plain data; the
//! keyspace actor owns it, commands get it in a `Call`.

mod pause;
mod shutdown;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::base::ids::{ClientId, DbIndex, ReplId};
use crate::base::offset::Offset;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, Clients};
use crate::config::Config;
use crate::config::host::{Host, NoHost};
use crate::pubsub::PubSub;
use crate::rdb::usage::UsageClock;
use crate::replication::model::backlog_gauge::BacklogGauge;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::status::{MasterLinkStatus, ReplicaStatus};
use crate::replication::model::stream_writer::StreamWriter;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;
use crate::store::garbage::Garbage;
use crate::store::own_keys::OwnKeys;
use crate::store::watch::Watches;
use crate::telemetry::command_log::CommandLogs;
use crate::telemetry::latency::Latency;
use crate::telemetry::stats::{KeyspaceStats, Stats};

pub use pause::{PausePurpose, PauseScope, Pauses};
pub use shutdown::{Shutdown, ShutdownStage};

/// The whole of it.
pub struct State {
    pub dataset: Dataset,
    pub watches: Watches,
    /// What clients of a writable replica have written to expire.
    pub own_keys: OwnKeys,
    pub keyspace_stats: KeyspaceStats,
    pub garbage: Garbage,
    pub server: Server,
}

impl State {
    /// A master with nothing in it yet.
    pub fn new(config: Config, identity: Identity, garbage: Garbage, mut random: Random) -> State {
        State {
            dataset: Dataset::new(config.memory.databases, random.next_u64()),
            watches: Default::default(),
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
                random,
                startup_memory_bytes: crate::telemetry::memory::used_bytes(),
                active_expire: true,
                cron_is_paused: false,
                loading: None,
                used_memory_bytes: 0,
                shutdown: Shutdown::default(),
                functions: Vec::new(),
                host: Box::new(NoHost),
            },
        }
    }
}

impl State {
    /// Puts another data set in the place of ours, which is freed on the garbage thread.
    pub fn replace_dataset(&mut self, dataset: Dataset) {
        for db in 0..self.dataset.database_count() {
            self.watches.touch_swapped(db, &self.dataset, &dataset);
        }
        self.own_keys.clear();
        let old = std::mem::replace(&mut self.dataset, dataset);
        let keys = old.key_count();
        self.garbage.drop_later(old, keys);
    }

    /// Puts an entry of another data set among ours, in the place of one of the same key.
    pub fn merge(&mut self, db: DbIndex, entry: Entry) {
        self.watches.touch(db, entry.key());
        self.dataset[db].insert(entry);
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
    pub random: Random,
    /// Allocated when the server had just started.
    pub startup_memory_bytes: usize,
    /// DEBUG SET-ACTIVE-EXPIRE.
    pub active_expire: bool,
    /// DEBUG PAUSE-CRON.
    pub cron_is_paused: bool,
    /// Present while a data set is loaded at start: commands answer LOADING.
    pub loading: Option<LoadingStatus>,
    /// What counts against `maxmemory`, kept up to date while there is one.
    pub used_memory_bytes: usize,
    pub shutdown: Shutdown,
    /// Libraries of functions that a file or a master had: kept for the next file, not run.
    pub functions: Vec<Bytes>,
    /// The process, which follows changed settings.
    pub host: Box<dyn Host>,
}

impl Server {
    /// Forty random digits.
    pub fn random_replid(&mut self) -> ReplId {
        let mut random = [0; 20];
        self.random.fill(&mut random);
        ReplId::from_random(random)
    }
}

impl Server {
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

/// The history that we write or follow, and who follows us.
pub struct Replication {
    /// What we write, or pass on, and its history.
    pub stream: StreamWriter,
    /// What the replication manager shows of the backlog, which is its own.
    pub backlog: Arc<BacklogGauge>,
    /// Mirror of the manager's replicas, in the order they connected.
    pub replicas: BTreeMap<ClientId, ReplicaStatus>,
    /// `Some`: we are a replica.
    pub master: Option<Master>,
    /// The master that the transaction which runs has named: it is followed once its unit is
    /// complete, and is told of as if it were already.
    pub named_master: Option<Master>,
    /// Replicas that are online and lag less than `min-replicas-max-lag`.
    pub good_replicas: usize,
    /// Counts masters: what an earlier one has sent is told apart.
    pub epoch: u64,
    /// The links have yet to hear that we follow nobody any more.
    pub was_promoted: bool,
    /// Whether our history has a name that another server may know: it is offered to a master.
    pub may_continue: bool,
    /// The pseudo client that runs the master's stream.
    pub master_client: Option<ClientKey>,
    /// Our address and the master's on the link.
    pub link_addresses: (String, String),
    /// Bytes of a transaction of the master's that is not complete.
    pub held_back: BytesMut,
    /// Database that the master's stream has selected.
    pub master_stream_db: DbIndex,
    /// When the last PING went into the stream.
    pub last_ping_at: UnixMillis,
    /// Since when a master with a backlog has no replica.
    pub no_replicas_since: Option<UnixMillis>,
}

/// The master that we follow.
#[derive(Clone, Debug)]
pub struct Master {
    pub host: String,
    pub port: u16,
    pub link: MasterLinkStatus,
}

impl Master {
    pub fn is_at(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port == port
    }
}

impl Replication {
    /// Whether what happens here goes to a stream that somebody reads: a replica's is its master's.
    pub fn feeds_own(&self) -> bool {
        self.stream.is_feeding() && self.master.is_none()
    }

    /// A master at the beginning of its history, with no replicas.
    fn new(random: &mut Random) -> Replication {
        let mut id = [0; 20];
        random.fill(&mut id);
        Replication {
            stream: StreamWriter::new(ReplId::from_random(id)),
            backlog: Arc::default(),
            replicas: BTreeMap::new(),
            master: None,
            named_master: None,
            good_replicas: 0,
            epoch: 0,
            was_promoted: false,
            may_continue: false,
            master_client: None,
            link_addresses: Default::default(),
            held_back: Default::default(),
            master_stream_db: 0,
            last_ping_at: 0,
            no_replicas_since: None,
        }
    }

    pub fn is_replica(&self) -> bool {
        self.master.is_some()
    }

    /// We are to follow this master from now on. Until it answers, what we have of a history that
    /// others know is our offset: Sentinel promotes the replica that shows the highest.
    pub fn set_master(&mut self, host: String, port: u16, now: UnixMillis) {
        self.master = Some(self.new_master(host, port, now));
        self.named_master = None;
    }

    /// The transaction that runs says that we are to follow this master after it.
    pub fn name_master(&mut self, host: String, port: u16, now: UnixMillis) {
        self.named_master = Some(self.new_master(host, port, now));
    }

    /// Whom we follow, or do so after the transaction that runs: what INFO and ROLE tell.
    pub fn told_master(&self) -> Option<&Master> {
        self.named_master.as_ref().or(self.master.as_ref())
    }

    fn new_master(&self, host: String, port: u16, now: UnixMillis) -> Master {
        let mut link = MasterLinkStatus::new(host.clone(), port);
        if self.may_continue {
            link.read_offset = self.stream.offset();
            link.applied_offset = self.stream.offset();
        }
        if let Some(Master { link: before, .. }) = &self.master {
            link.down_since = if before.is_up() { Some(now) } else { before.down_since };
        }
        Master { host, port, link }
    }

    /// A master, or a replica of another, begins to follow this one. Returns what to log if it was
    /// a master, whose place in its history is offered to the new one.
    pub fn begin_following(&mut self, host: String, port: u16, now: UnixMillis) -> Option<LogLine> {
        let was_master = self.master.is_none();
        self.may_continue |= was_master;
        self.set_master(host, port, now);
        was_master.then(lines::replica::synthesizing_master)
    }

    /// Whether this is our master.
    pub fn follows(&self, host: &str, port: u16) -> bool {
        self.master.as_ref().is_some_and(|master| master.is_at(host, port))
    }

    /// We follow nobody any more: the history goes on as `id`, from what was applied.
    pub fn promote(&mut self, id: ReplId) -> LogLine {
        (self.master, self.named_master) = (None, None);
        self.may_continue = true;
        self.was_promoted = true;
        self.stream.promote(id)
    }

    /// How many online replicas have acknowledged `offset`.
    pub fn acknowledged(&self, offset: i64) -> usize {
        self.replicas.values().filter(|r| r.is_online() && r.offset >= offset).count()
    }

    /// Where the backlog begins; `None` if there is none.
    pub fn backlog_start(&self) -> Option<Offset> {
        self.stream.is_feeding().then(|| self.backlog.start(self.stream.last_reset()))
    }

    /// The database that the stream has selected at its end: `repl-stream-db` of an RDB.
    pub fn stream_db(&self) -> i64 {
        match self.master {
            Some(_) => self.master_stream_db as i64,
            None => self.stream.selected().unwrap_or(0) as i64,
        }
    }
}

/// What is saved and what is not.
#[derive(Debug)]
pub struct Persistence {
    /// Changes since the last successful save.
    pub dirty: u64,
    /// `dirty` when the save that runs took its snapshot.
    pub dirty_at_save: u64,
    pub saving: bool,
    pub save_scheduled: bool,
    pub save_started: Option<Instant>,
    pub save_started_at: UnixMillis,
    /// Of the background save that runs: keys written, and all of them.
    pub saved_keys: u64,
    pub keys_to_save: u64,
    pub last_save_at: UnixMillis,
    pub last_try_at: UnixMillis,
    pub last_save_ok: bool,
    /// Seconds; -1: none yet.
    pub last_save_seconds: i64,
    pub saves: u64,
    pub last_load_expired: u64,
    pub last_load_loaded: u64,
}

impl Persistence {
    /// Nothing saved and nothing to save. `now`: the start counts as the last save, as in Redis.
    pub fn new(now: UnixMillis) -> Persistence {
        Persistence {
            dirty: 0,
            dirty_at_save: 0,
            saving: false,
            save_scheduled: false,
            save_started: None,
            save_started_at: 0,
            saved_keys: 0,
            keys_to_save: 0,
            last_save_at: now,
            last_try_at: 0,
            last_save_ok: true,
            last_save_seconds: -1,
            saves: 0,
            last_load_expired: 0,
            last_load_loaded: 0,
        }
    }
}

/// How far a load has come.
#[derive(Clone, Debug)]
pub struct LoadingStatus {
    pub started_at: UnixMillis,
    pub total_bytes: u64,
    pub progress: Arc<LoadProgress>,
}

/// What the thread that loads has to tell.
#[derive(Debug, Default)]
pub struct LoadProgress {
    /// Used up so far.
    pub bytes: AtomicU64,
    /// What the file says of the memory that its writer had in use; 0 before it does.
    pub rdb_used_memory: AtomicU64,
}

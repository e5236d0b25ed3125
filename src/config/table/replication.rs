//! Following a master, and being followed.

use super::rules::{ANY, BYTES, COUNT, INT, LONG, PORT, memory, number};
use crate::config::define::directives;
use crate::config::value::choice::{DisklessLoad, PropagationError};
use crate::config::value::text::{Secret, TextRule, appenddirname};

directives! {
    /// Following a master, and being followed.
    Replication;

    /// The master's host and port.
    "replicaof" | "slaveof" [IMMUTABLE] => replicaof: Option<(String, u16)> = None;
    /// The password that the master asks for.
    "masterauth" || "primaryauth" [SENSITIVE] {Replication Forwarding} =>
        masterauth: Option<Secret> = None, ANY;
    /// The user to be on the master; none for its default user.
    "masteruser" || "primaryuser" [SENSITIVE] {Replication Forwarding} =>
        masteruser: Option<Secret> = None, ANY;
    /// Answer from old data while the link to the master is down.
    "replica-serve-stale-data" | "slave-serve-stale-data" => replica_serve_stale_data: bool = true;
    "replica-read-only" | "slave-read-only" => replica_read_only: bool = true;
    "replica-ignore-maxmemory" | "slave-ignore-maxmemory" {Replication} =>
        replica_ignore_maxmemory: bool = true;
    "replica-lazy-flush" | "slave-lazy-flush" [NO_EFFECT] => replica_lazy_flush: bool = false;
    /// The least is promoted first; 0 never.
    "replica-priority" | "slave-priority" => replica_priority: u32 = 100, number(0, INT);
    /// Whether Sentinel hears of this replica.
    "replica-announced" => replica_announced: bool = true;
    /// The address that the master shows for this replica.
    "replica-announce-ip" | "slave-announce-ip" {Replication} =>
        replica_announce_ip: Option<String> = None, ANY;
    /// The port that the master shows for this replica; 0 for the one that it listens on.
    "replica-announce-port" | "slave-announce-port" {Replication} =>
        replica_announce_port: u16 = 0, PORT;
    /// Go on with the master's writes when a save has failed, rather than end the process.
    "replica-ignore-disk-write-errors" =>
        replica_ignore_disk_write_errors: bool = false;
    /// Whether a replica ends its process when a command of its master's fails.
    "propagation-error-behavior" => propagation_error_behavior: PropagationError =
        PropagationError::Ignore;
    /// Stream a full sync, rather than save it to a file first.
    "repl-diskless-sync" {Replication} => repl_diskless_sync: bool = true;
    /// How long a full sync waits for more replicas to come. Redis waits 5: a snapshot that costs
    /// nothing need not be shared.
    "repl-diskless-sync-delay" {Replication} => repl_diskless_sync_delay: u64 = 0, number(0, INT);
    /// So many replicas do not wait for more; 0 for no such number.
    "repl-diskless-sync-max-replicas" {Replication} =>
        repl_diskless_sync_max_replicas: usize = 0, number(0, INT);
    /// What becomes of a replica's old data: it serves until the new is complete, which then takes its
    /// place, unless it is to go first.
    "repl-diskless-load" [DENY_LOADING] {Replication} =>
        repl_diskless_load: DisklessLoad = DisklessLoad::Disabled;
    /// The period of the PINGs that the master sends its replicas.
    "repl-ping-replica-period" | "repl-ping-slave-period" =>
        repl_ping_replica_period: u64 = 10, number(1, INT);
    /// A link over which nothing came for so long is given up.
    "repl-timeout" {Replication} => repl_timeout: u64 = 60, number(1, INT);
    "repl-disable-tcp-nodelay" {Replication} => repl_disable_tcp_nodelay: bool = false;
    /// The part of the stream that is kept for replicas that come back; 16 KiB at least.
    "repl-backlog-size" {Backlog} =>
        repl_backlog_size: u64 = 1 << 20, memory(1, LONG).clamped(16 << 10, LONG);
    /// How long it is kept without replicas; 0 for ever.
    "repl-backlog-ttl" => repl_backlog_ttl: u64 = 3600, COUNT;
    /// Refuse writes with fewer good replicas.
    "min-replicas-to-write" | "min-slaves-to-write" =>
        min_replicas_to_write: usize = 0, number(0, INT);
    /// A replica is good if it was heard of so recently.
    "min-replicas-max-lag" | "min-slaves-max-lag" => min_replicas_max_lag: u64 = 10, number(0, INT);

    // Of later versions.

    /// A full sync takes one connection, and what the master does meanwhile waits there.
    "repl-rdb-channel" [HIDDEN NO_EFFECT] => repl_rdb_channel: bool = false;
    "dual-channel-replication-enabled" [HIDDEN NO_EFFECT] =>
        dual_channel_replication_enabled: bool = false;
    "replica-full-sync-buffer-limit" [HIDDEN NO_EFFECT] =>
        replica_full_sync_buffer_limit: u64 = 0, BYTES;
    // Of ours alone.

    /// A replica keeps its data when a master of another history has fewer keys than so many per
    /// cent of its own, as one that was started without its data; 0: it takes what comes.
    "replica-wipe-guard" [HIDDEN] {Replication} => replica_wipe_guard: u32 = 1, number(0, 100);

    /// A replica sends its clients' writes on to its master, rather than refuse them.
    "replica-forward-writes" [HIDDEN] {Forwarding} => replica_forward_writes: bool = false;
    /// A write is answered when so many replicas have acknowledged it; 0: at once.
    "repl-ack-quorum" [HIDDEN] => repl_ack_quorum: usize = 0, number(0, INT);
    /// How long it is waited for them, in milliseconds.
    "repl-ack-timeout" [HIDDEN] => repl_ack_timeout: u64 = 1000, number(1, INT);
    /// What the backlog may grow to for replicas that lag; 0: a quarter of the data set, and 256 MB at
    /// least, as one replica may have in redis-server.
    "repl-memory-limit" [HIDDEN] {Replication} => repl_memory_limit: u64 = 0, BYTES;
    /// What is kept on disk of the stream, for replicas that come back or lag; 0: nothing. With
    /// `appendonly yes` the append-only log is there for that, and this is how far one may lag.
    "repl-backlog-disk-size" [HIDDEN] {Backlog} => repl_backlog_disk_size: u64 = 256 << 20, BYTES;
    /// The folder of that, in the working directory, where there are save points and no append-only
    /// log.
    "repl-backlog-dirname" [IMMUTABLE HIDDEN] => repl_backlog_dirname: String =
        "replbacklogdir".to_owned(), TextRule::checked(appenddirname);
    /// Slow clients' writes when half of that is in use, rather than drop the replica, which would
    /// begin anew and not get further.
    "repl-throttle" [HIDDEN] {Replication} => repl_throttle: bool = true;
    /// Entries that REPLICATION HISTORY keeps.
    "replication-history-len" [HIDDEN] =>
        replication_history_len: usize = 128, number(0, 10_000);

    "repl-mptcp" [IMMUTABLE HIDDEN DEFAULT_ONLY] => repl_mptcp: bool = false;
}

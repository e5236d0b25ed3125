//! The table: one row a directive, from which the fields of [`Config`], its defaults, `CONFIG
//! GET`, `SET` and `REWRITE`, files and the command line all follow.
//!
//! A row reads: the name, behind `|` an alias, behind `||` its name in a later Redis or in Valkey,
//! flags, the field and its type, the default, and a rule when the type has one. Times are in
//! seconds and sizes in bytes unless said.
//!
//! Why rows have `NO_EFFECT`: one thread serves connections and commands; nothing is rehashed or
//! evicted yet, and the allocator is left to itself; what takes long to free is always freed in the
//! background, what has expired is found by its time, a full sync is always loaded beside the data
//! set that serves, and payloads are always checked. Collections, ACLs, scripts and client-side
//! caching are not there yet, and `appendonly`, `tls-port` and `cluster-enabled` are refused so far.

use std::path::PathBuf;

use super::channels::Channels;
use super::define::directives;
use super::directive::{self, Field, Flags};
use super::value::buffer_limits::BufferLimits;
use super::value::choice::{
    AclPubsubDefault, AppendFsync, DisklessLoad, EndpointType, LogFormat, LogLevel,
    LogTimestampFormat, MaxmemoryPolicy, OomScoreAdj, PropagationError, Protected, RdbVersionCheck,
    SanitizeDumpPayload, Supervised, SyslogFacility, TlsAuthClients,
};
use super::value::keyspace_events::KeyspaceEvents;
use super::value::number::NumberRule;
use super::value::save::SavePoint;
use super::value::shutdown::ShutdownFlags;
use super::value::text::{
    Secret, TextRule, appenddirname, appendfilename, dbfilename, hostname, proc_title_template,
};

const INT: i128 = i32::MAX as i128;
const LONG: i128 = i64::MAX as i128;
const ANY: TextRule = TextRule::ANY;

const fn number(min: i128, max: i128) -> NumberRule {
    NumberRule::decimal(min, max)
}

const fn memory(min: i128, max: i128) -> NumberRule {
    NumberRule::memory(min, max)
}

/// One row of the table.
pub type Directive = directive::Directive<Config>;

/// The row with this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|row| row.spelling(name).is_some())
}

/// A command that got another name, or none: the empty name takes it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
}

directives! {
    // --- network -------------------------------------------------------------------------------

    /// The addresses to listen on; a `-` in front: not being there is no error.
    "bind" => bind: Vec<String> = vec!["*".to_owned(), "-::*".to_owned()];
    /// The local address of connections to the master.
    "bind-source-addr" => bind_source_addr: Option<String> = None, ANY;
    /// The TCP port; 0 for none.
    "port" => port: u16 = 6379, number(0, 65535);
    /// Connections that wait to be accepted.
    "tcp-backlog" [IMMUTABLE] => tcp_backlog: u32 = 511, number(0, INT);
    /// The period of TCP's own keep-alive probes; 0 for none.
    "tcp-keepalive" => tcp_keepalive: u64 = 300, number(0, INT);
    /// How long a client may be idle; 0 for ever.
    "timeout" => timeout: u64 = 0, number(0, INT);
    /// The path of a Unix socket to listen on as well.
    "unixsocket" [IMMUTABLE] => unixsocket: Option<PathBuf> = None, ANY;
    /// The mode of that socket's file; 0 leaves it.
    "unixsocketperm" [IMMUTABLE] => unixsocketperm: u32 = 0, NumberRule::octal(0, 0o777);
    /// Without a password, serve clients of this machine only.
    "protected-mode" => protected_mode: bool = true;
    /// The mark of all listening sockets, for the firewall.
    "socket-mark-id" [IMMUTABLE DEFAULT_ONLY] =>
        socket_mark_id: u32 = 0, number(0, u32::MAX as i128);
    /// The number of threads that serve connections.
    "io-threads" [IMMUTABLE NO_EFFECT] => io_threads: u32 = 1, number(1, 128);
    /// Only Redis has use for it.
    "io-threads-do-reads" [IMMUTABLE NO_EFFECT] => io_threads_do_reads: bool = false;
    /// How many clients at once.
    "maxclients" => maxclients: u32 = 10000, number(1, u32::MAX as i128);
    /// The replies that may wait for a client, by class.
    "client-output-buffer-limit" =>
        client_output_buffer_limit: BufferLimits = BufferLimits::DEFAULT;
    /// The bytes of requests that may wait for a client to be served.
    "client-query-buffer-limit" =>
        client_query_buffer_limit: usize = 1 << 30, memory(1 << 20, LONG);
    /// The longest argument.
    "proto-max-bulk-len" => proto_max_bulk_len: usize = 512 << 20, memory(1 << 20, LONG);
    /// How many keys clients' caches are tracked for.
    "tracking-table-max-keys" [NO_EFFECT] =>
        tracking_table_max_keys: usize = 1_000_000, number(0, LONG);

    // --- process -------------------------------------------------------------------------------

    /// Run in the background.
    "daemonize" [IMMUTABLE] => daemonize: bool = false;
    /// Who is told that the server is up.
    "supervised" [IMMUTABLE] => supervised: Supervised = Supervised::No;
    /// The file that holds the process ID.
    "pidfile" [IMMUTABLE] => pidfile: Option<PathBuf> = None, ANY;
    "loglevel" => loglevel: LogLevel = LogLevel::Notice;
    /// The file that the log goes to; empty for standard output.
    "logfile" [IMMUTABLE] => logfile: PathBuf = PathBuf::new(), ANY;
    /// Log to the system's log as well.
    "syslog-enabled" [IMMUTABLE] => syslog_enabled: bool = false;
    "syslog-ident" [IMMUTABLE] => syslog_ident: String = "redis".to_owned(), ANY;
    "syslog-facility" [IMMUTABLE] => syslog_facility: SyslogFacility = SyslogFacility::Local0;
    "crash-log-enabled" [NO_EFFECT] => crash_log_enabled: bool = true;
    "crash-memcheck-enabled" [NO_EFFECT] => crash_memcheck_enabled: bool = true;
    "use-exit-on-panic" [HIDDEN NO_EFFECT] => use_exit_on_panic: bool = false;
    "always-show-logo" [IMMUTABLE] => always_show_logo: bool = false;
    "set-proc-title" [IMMUTABLE] => set_proc_title: bool = true;
    "proc-title-template" => proc_title_template: String =
        "{title} {listen-addr} {server-mode}".to_owned(), TextRule::checked(proc_title_template);
    /// How often a second periodic work is done.
    "hz" => hz: u32 = 10, number(0, INT).clamped(1, 500);
    "dynamic-hz" [NO_EFFECT] => dynamic_hz: bool = true;
    "watchdog-period" [HIDDEN NO_EFFECT] => watchdog_period: u64 = 0, number(0, INT);
    /// How long a shutdown waits for replicas to catch up.
    "shutdown-timeout" => shutdown_timeout: u64 = 10, number(0, INT);
    "shutdown-on-sigint" => shutdown_on_sigint: ShutdownFlags = ShutdownFlags::default();
    "shutdown-on-sigterm" => shutdown_on_sigterm: ShutdownFlags = ShutdownFlags::default();
    "oom-score-adj" => oom_score_adj: OomScoreAdj = OomScoreAdj::No;
    /// For a master, a replica, a saving process.
    "oom-score-adj-values" => oom_score_adj_values: [i32; 3] = [0, 200, 800];
    "disable-thp" [IMMUTABLE] => disable_thp: bool = true;
    "jemalloc-bg-thread" [NO_EFFECT] => jemalloc_bg_thread: bool = true;
    "server_cpulist" || "server-cpulist" [IMMUTABLE DEFAULT_ONLY] => server_cpulist: Option<String> = None, ANY;
    "bio_cpulist" || "bio-cpulist" [IMMUTABLE DEFAULT_ONLY] => bio_cpulist: Option<String> = None, ANY;
    "aof_rewrite_cpulist" || "aof-rewrite-cpulist" [IMMUTABLE DEFAULT_ONLY] =>
        aof_rewrite_cpulist: Option<String> = None, ANY;
    "bgsave_cpulist" || "bgsave-cpulist" [IMMUTABLE DEFAULT_ONLY] => bgsave_cpulist: Option<String> = None, ANY;
    "ignore-warnings" [NO_EFFECT] => ignore_warnings: String = String::new(), ANY;
    /// Who may change `dir` and `dbfilename`.
    "enable-protected-configs" [IMMUTABLE] => enable_protected_configs: Protected = Protected::No;
    /// Who may use DEBUG.
    "enable-debug-command" [IMMUTABLE] => enable_debug_command: Protected = Protected::No;
    /// Who may use MODULE.
    "enable-module-command" [IMMUTABLE] =>
        enable_module_command: Protected = Protected::No;

    // --- security ------------------------------------------------------------------------------

    /// The default user's password.
    "requirepass" [SENSITIVE] => requirepass: Option<Secret> = None, ANY;
    "aclfile" [IMMUTABLE DEFAULT_ONLY] => aclfile: PathBuf = PathBuf::new(), ANY;
    /// How many entries ACL LOG keeps.
    "acllog-max-len" [NO_EFFECT] => acllog_max_len: usize = 128, number(0, LONG);
    /// The channels of a `user` line that names none.
    "acl-pubsub-default" => acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::ResetChannels;
    "sanitize-dump-payload" [NO_EFFECT] =>
        sanitize_dump_payload: SanitizeDumpPayload = SanitizeDumpPayload::No;
    "tls-port" [DEFAULT_ONLY] => tls_port: u16 = 0, number(0, 65535);
    "tls-cluster" [DEFAULT_ONLY] => tls_cluster: bool = false;
    "tls-replication" [DEFAULT_ONLY] => tls_replication: bool = false;
    "tls-auth-clients" [NO_EFFECT] => tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes;
    "tls-prefer-server-ciphers" [NO_EFFECT] => tls_prefer_server_ciphers: bool = false;
    "tls-session-caching" [NO_EFFECT] => tls_session_caching: bool = true;
    /// In sessions.
    "tls-session-cache-size" [NO_EFFECT] => tls_session_cache_size: u32 = 20 * 1024, number(0, INT);
    "tls-session-cache-timeout" [NO_EFFECT] => tls_session_cache_timeout: u64 = 300, number(0, INT);
    "tls-cert-file" [VOLATILE NO_EFFECT] => tls_cert_file: Option<PathBuf> = None, ANY;
    "tls-key-file" [VOLATILE NO_EFFECT] => tls_key_file: Option<PathBuf> = None, ANY;
    "tls-key-file-pass" [NO_EFFECT] => tls_key_file_pass: Option<Secret> = None, ANY;
    "tls-client-cert-file" [VOLATILE NO_EFFECT] =>
        tls_client_cert_file: Option<PathBuf> = None, ANY;
    "tls-client-key-file" [VOLATILE NO_EFFECT] => tls_client_key_file: Option<PathBuf> = None, ANY;
    "tls-client-key-file-pass" [NO_EFFECT] => tls_client_key_file_pass: Option<Secret> = None, ANY;
    "tls-dh-params-file" [VOLATILE NO_EFFECT] => tls_dh_params_file: Option<PathBuf> = None, ANY;
    "tls-ca-cert-file" [VOLATILE NO_EFFECT] => tls_ca_cert_file: Option<PathBuf> = None, ANY;
    "tls-ca-cert-dir" [VOLATILE NO_EFFECT] => tls_ca_cert_dir: Option<PathBuf> = None, ANY;
    "tls-protocols" [NO_EFFECT] => tls_protocols: Option<String> = None, ANY;
    "tls-ciphers" [NO_EFFECT] => tls_ciphers: Option<String> = None, ANY;
    "tls-ciphersuites" [NO_EFFECT] => tls_ciphersuites: Option<String> = None, ANY;

    // --- replication ---------------------------------------------------------------------------

    /// The master's host and port.
    "replicaof" | "slaveof" [IMMUTABLE] => replicaof: Option<(String, u16)> = None;
    /// The password that the master asks for.
    "masterauth" || "primaryauth" [SENSITIVE] => masterauth: Option<Secret> = None, ANY;
    /// The user to be on the master; none for its default user.
    "masteruser" || "primaryuser" [SENSITIVE] => masteruser: Option<Secret> = None, ANY;
    /// Answer from old data while the link to the master is down.
    "replica-serve-stale-data" | "slave-serve-stale-data" => replica_serve_stale_data: bool = true;
    "replica-read-only" | "slave-read-only" => replica_read_only: bool = true;
    "replica-ignore-maxmemory" | "slave-ignore-maxmemory" => replica_ignore_maxmemory: bool = true;
    "replica-lazy-flush" | "slave-lazy-flush" [NO_EFFECT] => replica_lazy_flush: bool = false;
    /// The least is promoted first; 0 never.
    "replica-priority" | "slave-priority" => replica_priority: u32 = 100, number(0, INT);
    /// Whether Sentinel hears of this replica.
    "replica-announced" => replica_announced: bool = true;
    /// The address that the master shows for this replica.
    "replica-announce-ip" | "slave-announce-ip" => replica_announce_ip: Option<String> = None, ANY;
    /// The port that the master shows for this replica; 0 for the one that it listens on.
    "replica-announce-port" | "slave-announce-port" =>
        replica_announce_port: u16 = 0, number(0, 65535);
    "replica-ignore-disk-write-errors" [NO_EFFECT] =>
        replica_ignore_disk_write_errors: bool = false;
    "propagation-error-behavior" [NO_EFFECT] => propagation_error_behavior: PropagationError =
        PropagationError::Ignore;
    /// Stream a full sync, rather than save it to a file first.
    "repl-diskless-sync" => repl_diskless_sync: bool = true;
    /// How long a full sync waits for more replicas to come. Redis waits 5: a snapshot that costs
    /// nothing need not be shared.
    "repl-diskless-sync-delay" => repl_diskless_sync_delay: u64 = 0, number(0, INT);
    /// So many replicas do not wait for more; 0 for no such number.
    "repl-diskless-sync-max-replicas" => repl_diskless_sync_max_replicas: usize = 0, number(0, INT);
    "repl-diskless-load" [DENY_LOADING NO_EFFECT] =>
        repl_diskless_load: DisklessLoad = DisklessLoad::Disabled;
    /// The period of the PINGs that the master sends its replicas.
    "repl-ping-replica-period" | "repl-ping-slave-period" =>
        repl_ping_replica_period: u64 = 10, number(1, INT);
    /// A link over which nothing came for so long is given up.
    "repl-timeout" => repl_timeout: u64 = 60, number(1, INT);
    "repl-disable-tcp-nodelay" => repl_disable_tcp_nodelay: bool = false;
    /// The part of the stream that is kept for replicas that come back; 16 KiB at least.
    "repl-backlog-size" =>
        repl_backlog_size: u64 = 1 << 20, memory(1, LONG).clamped(16 << 10, LONG);
    /// How long it is kept without replicas; 0 for ever.
    "repl-backlog-ttl" => repl_backlog_ttl: u64 = 3600, number(0, LONG);
    /// Refuse writes with fewer good replicas.
    "min-replicas-to-write" | "min-slaves-to-write" =>
        min_replicas_to_write: usize = 0, number(0, INT);
    /// A replica is good if it was heard of so recently.
    "min-replicas-max-lag" | "min-slaves-max-lag" => min_replicas_max_lag: u64 = 10, number(0, INT);

    // --- persistence ---------------------------------------------------------------------------

    /// When to save.
    "save" => save: Vec<SavePoint> = vec![
        SavePoint { seconds: 3600, changes: 1 },
        SavePoint { seconds: 300, changes: 100 },
        SavePoint { seconds: 60, changes: 10000 },
    ];
    /// The working directory, an absolute path once the server runs.
    "dir" [PROTECTED DENY_LOADING] => dir: PathBuf = PathBuf::from("."), TextRule::WRITTEN;
    "dbfilename" [PROTECTED] =>
        dbfilename: String = "dump.rdb".to_owned(), TextRule::checked(dbfilename);
    "rdbcompression" => rdbcompression: bool = true;
    "rdbchecksum" [IMMUTABLE] => rdbchecksum: bool = true;
    /// Delete RDB files of syncs when nothing else asks for them.
    "rdb-del-sync-files" [NO_EFFECT] => rdb_del_sync_files: bool = false;
    "rdb-save-incremental-fsync" => rdb_save_incremental_fsync: bool = true;
    /// Refuse writes after a save failed.
    "stop-writes-on-bgsave-error" => stop_writes_on_bgsave_error: bool = true;
    /// Microseconds to wait after each key that is saved; negative: once in so many keys.
    "rdb-key-save-delay" [HIDDEN] => rdb_key_save_delay: i32 = 0, number(i32::MIN as i128, INT);
    /// Microseconds to wait after each key that is loaded; negative: once in so many keys.
    "key-load-delay" [HIDDEN] => key_load_delay: i32 = 0, number(i32::MIN as i128, INT);
    "loading-process-events-interval-bytes" [HIDDEN NO_EFFECT] =>
        loading_process_events_interval_bytes: u64 =
        2 << 20, number(1024, INT);
    "appendonly" [DENY_LOADING DEFAULT_ONLY] => appendonly: bool = false;
    "appendfilename" [IMMUTABLE NO_EFFECT] => appendfilename: String =
        "appendonly.aof".to_owned(), TextRule::checked(appendfilename);
    "appenddirname" [IMMUTABLE NO_EFFECT] => appenddirname: String =
        "appendonlydir".to_owned(), TextRule::checked(appenddirname);
    "appendfsync" [NO_EFFECT] => appendfsync: AppendFsync = AppendFsync::Everysec;
    "no-appendfsync-on-rewrite" [NO_EFFECT] => no_appendfsync_on_rewrite: bool = false;
    "auto-aof-rewrite-percentage" [NO_EFFECT] =>
        auto_aof_rewrite_percentage: u32 = 100, number(0, INT);
    "auto-aof-rewrite-min-size" [NO_EFFECT] =>
        auto_aof_rewrite_min_size: u64 = 64 << 20, memory(0, LONG);
    "aof-load-truncated" [NO_EFFECT] => aof_load_truncated: bool = true;
    "aof-use-rdb-preamble" [NO_EFFECT] => aof_use_rdb_preamble: bool = true;
    "aof-timestamp-enabled" [NO_EFFECT] => aof_timestamp_enabled: bool = false;
    "aof-rewrite-incremental-fsync" [NO_EFFECT] => aof_rewrite_incremental_fsync: bool = true;
    "aof-disable-auto-gc" [NO_EFFECT] => aof_disable_auto_gc: bool = false;

    // --- memory --------------------------------------------------------------------------------

    "databases" [IMMUTABLE] => databases: usize = 16, number(1, INT);
    /// Where writes are refused; 0: nowhere. Nothing is evicted yet, whatever the policy.
    "maxmemory" => maxmemory: u64 = 0, memory(0, u64::MAX as i128);
    "maxmemory-policy" => maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::NoEviction;
    "maxmemory-samples" [NO_EFFECT] => maxmemory_samples: u32 = 5, number(1, INT);
    "maxmemory-eviction-tenacity" [NO_EFFECT] =>
        maxmemory_eviction_tenacity: u32 = 10, number(0, 100);
    /// What all clients together may take; below 0: as percent of `maxmemory`.
    "maxmemory-clients" [DEFAULT_ONLY] =>
        maxmemory_clients: i64 = 0, NumberRule::memory_or_percent(LONG);
    "lfu-log-factor" => lfu_log_factor: u32 = 10, number(0, INT);
    /// In minutes.
    "lfu-decay-time" => lfu_decay_time: u32 = 1, number(0, INT);
    "active-expire-effort" [NO_EFFECT] => active_expire_effort: u32 = 1, number(1, 10);
    "activerehashing" [NO_EFFECT] => activerehashing: bool = true;
    "lazyfree-lazy-eviction" [NO_EFFECT] => lazyfree_lazy_eviction: bool = false;
    "lazyfree-lazy-expire" => lazyfree_lazy_expire: bool = false;
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

    // --- data types ----------------------------------------------------------------------------

    "hash-max-listpack-entries" | "hash-max-ziplist-entries" [NO_EFFECT] =>
        hash_max_listpack_entries: usize = 512, number(0, LONG);
    "hash-max-listpack-value" | "hash-max-ziplist-value" [NO_EFFECT] =>
        hash_max_listpack_value: usize = 64, memory(0, LONG);
    /// Above 0: entries of a block; -1 to -5: 4 to 64 KiB a block.
    "list-max-listpack-size" | "list-max-ziplist-size" [NO_EFFECT] =>
        list_max_listpack_size: i32 = -2, number(i32::MIN as i128, INT);
    "list-compress-depth" [NO_EFFECT] => list_compress_depth: u32 = 0, number(0, INT);
    "set-max-intset-entries" [NO_EFFECT] => set_max_intset_entries: usize = 512, number(0, LONG);
    "zset-max-listpack-entries" | "zset-max-ziplist-entries" [NO_EFFECT] =>
        zset_max_listpack_entries: usize = 128, number(0, LONG);
    "zset-max-listpack-value" | "zset-max-ziplist-value" [NO_EFFECT] =>
        zset_max_listpack_value: usize = 64, memory(0, LONG);
    "hll-sparse-max-bytes" [NO_EFFECT] => hll_sparse_max_bytes: usize = 3000, memory(0, LONG);
    "stream-node-max-bytes" [NO_EFFECT] => stream_node_max_bytes: usize = 4096, memory(0, LONG);
    "stream-node-max-entries" [NO_EFFECT] => stream_node_max_entries: u64 = 100, number(0, LONG);

    // --- observation ---------------------------------------------------------------------------

    /// In microseconds; 0 logs every command, -1 none.
    "slowlog-log-slower-than" || "commandlog-execution-slower-than" => slowlog_log_slower_than: i64 = 10000, number(-1, LONG);
    "slowlog-max-len" || "commandlog-slow-execution-max-len" => slowlog_max_len: usize = 128, number(0, LONG);
    /// In bytes; 0 logs every request, -1 none.
    "commandlog-request-larger-than" [HIDDEN] =>
        commandlog_request_larger_than: i64 = 1 << 20, number(-1, LONG);
    "commandlog-large-request-max-len" [HIDDEN] =>
        commandlog_large_request_max_len: usize = 128, number(0, LONG);
    /// In bytes; 0 logs every reply, -1 none.
    "commandlog-reply-larger-than" [HIDDEN] =>
        commandlog_reply_larger_than: i64 = 1 << 20, number(-1, LONG);
    "commandlog-large-reply-max-len" [HIDDEN] =>
        commandlog_large_reply_max_len: usize = 128, number(0, LONG);
    /// In milliseconds; 0 watches nothing.
    "latency-monitor-threshold" => latency_monitor_threshold: u64 = 0, number(0, LONG);
    "latency-tracking" => latency_tracking: bool = true;
    "latency-tracking-info-percentiles" => latency_tracking_info_percentiles: Vec<f64> =
        vec![50.0, 99.0, 99.9];
    "notify-keyspace-events" => notify_keyspace_events: KeyspaceEvents = KeyspaceEvents::NONE;
    /// A script that runs for so many milliseconds lets other clients hear that the server is busy.
    "busy-reply-threshold" | "lua-time-limit" [NO_EFFECT] =>
        busy_reply_threshold: u64 = 5000, number(0, LONG);

    // --- cluster -------------------------------------------------------------------------------

    "cluster-enabled" [IMMUTABLE DEFAULT_ONLY] => cluster_enabled: bool = false;
    "cluster-config-file" [IMMUTABLE NO_EFFECT] =>
        cluster_config_file: String = "nodes.conf".to_owned(), ANY;
    "cluster-port" [IMMUTABLE NO_EFFECT] => cluster_port: u16 = 0, number(0, 65535);
    /// In milliseconds.
    "cluster-node-timeout" [NO_EFFECT] => cluster_node_timeout: u64 = 15000, number(0, LONG);
    "cluster-announce-ip" [NO_EFFECT] => cluster_announce_ip: Option<String> = None, ANY;
    "cluster-announce-hostname" [NO_EFFECT] =>
        cluster_announce_hostname: Option<String> = None, TextRule::checked(hostname);
    "cluster-announce-port" [NO_EFFECT] => cluster_announce_port: u16 = 0, number(0, 65535);
    "cluster-announce-tls-port" [NO_EFFECT] => cluster_announce_tls_port: u16 = 0, number(0, 65535);
    "cluster-announce-bus-port" [NO_EFFECT] => cluster_announce_bus_port: u16 = 0, number(0, 65535);
    "cluster-preferred-endpoint-type" [NO_EFFECT] =>
        cluster_preferred_endpoint_type: EndpointType = EndpointType::Ip;
    "cluster-require-full-coverage" [NO_EFFECT] => cluster_require_full_coverage: bool = true;
    "cluster-allow-reads-when-down" [NO_EFFECT] => cluster_allow_reads_when_down: bool = false;
    "cluster-allow-pubsubshard-when-down" [NO_EFFECT] =>
        cluster_allow_pubsubshard_when_down: bool = true;
    "cluster-allow-replica-migration" [NO_EFFECT] => cluster_allow_replica_migration: bool = true;
    "cluster-migration-barrier" [NO_EFFECT] => cluster_migration_barrier: u32 = 1, number(0, INT);
    "cluster-replica-no-failover" | "cluster-slave-no-failover" [NO_EFFECT] =>
        cluster_replica_no_failover: bool = false;
    "cluster-replica-validity-factor" | "cluster-slave-validity-factor" [NO_EFFECT] =>
        cluster_replica_validity_factor: u32 = 10, number(0, INT);
    "cluster-link-sendbuf-limit" [NO_EFFECT] =>
        cluster_link_sendbuf_limit: u64 = 0, memory(0, u64::MAX as i128);

    // --- later versions ------------------------------------------------------------------------
    //
    // Directives of Redis 7.2 to 8.6 and of Valkey up to 9.1, so that their files start this
    // server. `CONFIG GET *` does not show them.

    "set-max-listpack-entries" [HIDDEN NO_EFFECT] =>
        set_max_listpack_entries: usize = 128, number(0, LONG);
    "set-max-listpack-value" [HIDDEN NO_EFFECT] =>
        set_max_listpack_value: usize = 64, memory(0, LONG);
    "stream-idmp-duration" [HIDDEN NO_EFFECT] => stream_idmp_duration: u64 = 100, number(1, INT);
    "stream-idmp-maxsize" [HIDDEN NO_EFFECT] => stream_idmp_maxsize: u64 = 100, number(1, INT);
    "vset-force-single-threaded-execution" [HIDDEN NO_EFFECT] =>
        vset_force_single_threaded_execution: bool = false;
    /// For SORT and scripts.
    "locale-collate" [HIDDEN NO_EFFECT] => locale_collate: String = String::new(), ANY;
    "lua-enable-deprecated-api" [IMMUTABLE HIDDEN NO_EFFECT] =>
        lua_enable_deprecated_api: bool = false;
    "lua-enable-insecure-api" [IMMUTABLE HIDDEN NO_EFFECT] => lua_enable_insecure_api: bool = false;
    "lazyexpire-nested-arbitrary-keys" [HIDDEN NO_EFFECT] =>
        lazyexpire_nested_arbitrary_keys: bool = true;
    "key-memory-histograms" [IMMUTABLE HIDDEN NO_EFFECT] => key_memory_histograms: bool = false;
    "aof-load-corrupt-tail-max-size" [HIDDEN NO_EFFECT] =>
        aof_load_corrupt_tail_max_size: u64 = 0, memory(0, LONG);
    /// Files that this server understands are loaded, whatever their version; others are not.
    "rdb-version-check" [HIDDEN NO_EFFECT] => rdb_version_check: RdbVersionCheck =
        RdbVersionCheck::Strict;
    /// A full sync takes one connection, and what the master does meanwhile waits there.
    "repl-rdb-channel" [HIDDEN NO_EFFECT] => repl_rdb_channel: bool = false;
    "dual-channel-replication-enabled" [HIDDEN NO_EFFECT] =>
        dual_channel_replication_enabled: bool = false;
    "replica-full-sync-buffer-limit" [HIDDEN NO_EFFECT] =>
        replica_full_sync_buffer_limit: u64 = 0, memory(0, LONG);
    "repl-mptcp" [IMMUTABLE HIDDEN DEFAULT_ONLY] => repl_mptcp: bool = false;
    "mptcp" [IMMUTABLE HIDDEN DEFAULT_ONLY] => mptcp: bool = false;
    "rdma-bind" [HIDDEN DEFAULT_ONLY] => rdma_bind: String = String::new(), ANY;
    "rdma-port" [HIDDEN DEFAULT_ONLY] => rdma_port: u16 = 0, number(0, 65535);
    "rdma-rx-size" [IMMUTABLE HIDDEN NO_EFFECT] =>
        rdma_rx_size: u64 = 1 << 20, memory(64 << 10, 16 << 20);
    "rdma-completion-vector" [IMMUTABLE HIDDEN NO_EFFECT] =>
        rdma_completion_vector: i32 = -1, number(-1, 1024);
    "unixsocketgroup" [IMMUTABLE HIDDEN DEFAULT_ONLY] =>
        unixsocketgroup: String = String::new(), ANY;
    "max-new-connections-per-cycle" [HIDDEN NO_EFFECT] =>
        max_new_connections_per_cycle: u32 = 10, number(1, 1000);
    "max-new-tls-connections-per-cycle" [HIDDEN NO_EFFECT] =>
        max_new_tls_connections_per_cycle: u32 = 1, number(1, 1000);
    "tls-auto-reload-interval" [HIDDEN NO_EFFECT] =>
        tls_auto_reload_interval: u64 = 0, number(0, INT);
    "tls-auth-clients-user" [HIDDEN DEFAULT_ONLY] =>
        tls_auth_clients_user: String = "off".to_owned(), ANY;
    /// How many commands of a pipeline are looked at ahead.
    "lookahead" [HIDDEN NO_EFFECT] => lookahead: u32 = 16, number(1, INT);
    "prefetch-batch-max-size" [HIDDEN NO_EFFECT] =>
        prefetch_batch_max_size: u32 = 16, number(0, 128);
    "io-threads-always-active" [HIDDEN NO_EFFECT] => io_threads_always_active: bool = false;
    "min-io-threads-avoid-copy-reply" [HIDDEN NO_EFFECT] =>
        min_io_threads_avoid_copy_reply: u32 = 7, number(0, INT);
    "min-string-size-avoid-copy-reply" [HIDDEN NO_EFFECT] =>
        min_string_size_avoid_copy_reply: u64 = 16384, number(0, INT);
    "min-string-size-avoid-copy-reply-threaded" [HIDDEN NO_EFFECT] =>
        min_string_size_avoid_copy_reply_threaded: u64 = 65536, number(0, INT);
    "active-defrag-cycle-us" [HIDDEN NO_EFFECT] =>
        active_defrag_cycle_us: u32 = 500, number(0, 100_000);
    /// The seed of the hash is drawn anew at each start.
    "hash-seed" [IMMUTABLE HIDDEN DEFAULT_ONLY] => hash_seed: String = String::new(), ANY;
    /// Keep what has expired for a tool that fills this server.
    "import-mode" [HIDDEN DEFAULT_ONLY] => import_mode: bool = false;
    "availability-zone" [HIDDEN NO_EFFECT] => availability_zone: String = String::new(), ANY;
    "extended-redis-compatibility" [HIDDEN NO_EFFECT] =>
        extended_redis_compatibility: bool = false;
    /// The log never shows users' data.
    "hide-user-data-from-log" [HIDDEN NO_EFFECT] => hide_user_data_from_log: bool = true;
    "log-format" [HIDDEN DEFAULT_ONLY] => log_format: LogFormat = LogFormat::Legacy;
    "log-timestamp-format" [HIDDEN DEFAULT_ONLY] => log_timestamp_format: LogTimestampFormat =
        LogTimestampFormat::Legacy;
    "debug-context" [HIDDEN NO_EFFECT] => debug_context: String = String::new(), ANY;
    "enable-debug-assert" [IMMUTABLE HIDDEN NO_EFFECT] => enable_debug_assert: bool = false;
    "cluster-announce-human-nodename" [HIDDEN NO_EFFECT] =>
        cluster_announce_human_nodename: String = String::new(), ANY;
    "cluster-announce-client-ipv4" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_ipv4: String = String::new(), ANY;
    "cluster-announce-client-ipv6" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_ipv6: String = String::new(), ANY;
    "cluster-announce-client-port" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_port: u16 = 0, number(0, 65535);
    "cluster-announce-client-tls-port" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_tls_port: u16 = 0, number(0, 65535);
    "cluster-blacklist-ttl" [HIDDEN NO_EFFECT] => cluster_blacklist_ttl: u64 = 60, number(0, LONG);
    "cluster-compatibility-sample-ratio" [HIDDEN NO_EFFECT] =>
        cluster_compatibility_sample_ratio: u32 = 0, number(0, 100);
    "cluster-config-save-behavior" [HIDDEN NO_EFFECT] =>
        cluster_config_save_behavior: String = "sync".to_owned(), ANY;
    "cluster-databases" [IMMUTABLE HIDDEN NO_EFFECT] =>
        cluster_databases: usize = 1, number(1, INT);
    "cluster-manual-failover-timeout" [HIDDEN NO_EFFECT] =>
        cluster_manual_failover_timeout: u64 = 5000, number(1, LONG);
    "cluster-message-gossip-perc" [HIDDEN NO_EFFECT] =>
        cluster_message_gossip_perc: u32 = 10, number(1, 100);
    "cluster-ping-interval" [HIDDEN NO_EFFECT] => cluster_ping_interval: u64 = 0, number(0, LONG);
    "cluster-slot-migration-handoff-max-lag-bytes" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_handoff_max_lag_bytes: u64 = 1 << 20, memory(0, LONG);
    "cluster-slot-migration-log-max-len" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_log_max_len: usize = 1000, number(0, LONG);
    "cluster-slot-migration-max-archived-tasks" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_max_archived_tasks: u32 = 32, number(1, INT);
    "cluster-slot-migration-sync-buffer-drain-timeout" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_sync_buffer_drain_timeout: u64 = 60000, number(0, LONG);
    "cluster-slot-migration-write-pause-timeout" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_write_pause_timeout: u64 = 10000, number(0, LONG);
    "cluster-slot-stats-enabled" [HIDDEN NO_EFFECT] => cluster_slot_stats_enabled: bool = false;
    "slot-migration-max-failover-repl-bytes" [HIDDEN NO_EFFECT] =>
        slot_migration_max_failover_repl_bytes: i64 = 0, memory(-1, LONG);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::Source;

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<_> = DIRECTIVES.iter().flat_map(Directive::names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_default_is_printed_as_a_text_that_sets_it() {
        let default = Config::default();
        for directive in DIRECTIVES.iter().filter(|directive| directive.name != "replicaof") {
            let mut config = Config::default();
            let text = directive.text(&config);
            let arguments: Vec<&[u8]> = if directive.takes_several() {
                text.split(|&byte| byte == b' ').collect()
            } else {
                vec![&text]
            };
            let set = directive.set(&mut config, &arguments, Source::ConfigSet);
            assert_eq!(set, Ok(()), "{}", directive.name);
            assert!(config == default, "{}", directive.name);
        }
    }

    #[test]
    fn a_directive_is_found_under_all_its_names_in_any_case() {
        let directive = find(b"Slave-Priority").unwrap();
        assert_eq!(directive.name, "replica-priority");
        assert_eq!(directive.spelling(b"SLAVE-PRIORITY"), Some("slave-priority"));
        assert_eq!(directive.spelling(b"replica-PRIORITY"), Some("replica-priority"));
        assert!(find(b"nosuch").is_none());
    }
}

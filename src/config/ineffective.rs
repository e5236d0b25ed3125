//! Directives that are taken, kept and shown, and change nothing: what they are about goes by
//! itself here, or is not there yet. Who sets one is told so.

use super::{Config, DIRECTIVES};

/// By name. A test compares the list with what the sources read.
pub const INEFFECTIVE: &[&str] = &[
    // Connections and commands are served by one thread.
    "io-threads",
    "io-threads-do-reads",
    // A full sync is always loaded beside the data set that serves, which is freed in the background;
    // no file of it is left.
    "repl-diskless-load",
    "replica-lazy-flush",
    "replica-ignore-disk-write-errors",
    "propagation-error-behavior",
    "rdb-del-sync-files",
    // What takes long to free is always freed in the background.
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-server-del",
    "lazyfree-lazy-user-del",
    // What has expired is found by its time, nothing is rehashed, and nothing is evicted yet.
    "active-expire-effort",
    "activerehashing",
    "maxmemory-samples",
    "maxmemory-eviction-tenacity",
    // The allocator is left to itself.
    "active-defrag-ignore-bytes",
    "active-defrag-threshold-lower",
    "active-defrag-threshold-upper",
    "active-defrag-cycle-min",
    "active-defrag-cycle-max",
    "active-defrag-max-scan-fields",
    // Types that are not there yet.
    "hash-max-listpack-entries",
    "hash-max-listpack-value",
    "list-max-listpack-size",
    "list-compress-depth",
    "set-max-intset-entries",
    "zset-max-listpack-entries",
    "zset-max-listpack-value",
    "hll-sparse-max-bytes",
    "stream-node-max-bytes",
    "stream-node-max-entries",
    // The process: what it says and does when it is busy, watched or broken.
    "loading-process-events-interval-bytes",
    "dynamic-hz",
    "watchdog-period",
    "jemalloc-bg-thread",
    "ignore-warnings",
    "crash-log-enabled",
    "crash-memcheck-enabled",
    "use-exit-on-panic",
    "syslog-ident",
    "syslog-facility",
    // ACLs, modules, scripts and client-side caching are not there yet; payloads are always checked.
    "enable-module-command",
    "acllog-max-len",
    "acl-pubsub-default",
    "sanitize-dump-payload",
    "tracking-table-max-keys",
    "busy-reply-threshold",
    // `appendonly` is refused so far.
    "appendfilename",
    "appenddirname",
    "appendfsync",
    "no-appendfsync-on-rewrite",
    "auto-aof-rewrite-percentage",
    "auto-aof-rewrite-min-size",
    "aof-load-truncated",
    "aof-use-rdb-preamble",
    "aof-timestamp-enabled",
    "aof-rewrite-incremental-fsync",
    "aof-disable-auto-gc",
    // `tls-port` is refused so far.
    "tls-auth-clients",
    "tls-prefer-server-ciphers",
    "tls-session-caching",
    "tls-session-cache-size",
    "tls-session-cache-timeout",
    "tls-cert-file",
    "tls-key-file",
    "tls-key-file-pass",
    "tls-client-cert-file",
    "tls-client-key-file",
    "tls-client-key-file-pass",
    "tls-dh-params-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "tls-protocols",
    "tls-ciphers",
    "tls-ciphersuites",
    // `cluster-enabled` is refused so far.
    "cluster-config-file",
    "cluster-port",
    "cluster-node-timeout",
    "cluster-announce-ip",
    "cluster-announce-hostname",
    "cluster-announce-port",
    "cluster-announce-tls-port",
    "cluster-announce-bus-port",
    "cluster-preferred-endpoint-type",
    "cluster-require-full-coverage",
    "cluster-allow-reads-when-down",
    "cluster-allow-pubsubshard-when-down",
    "cluster-allow-replica-migration",
    "cluster-migration-barrier",
    "cluster-replica-no-failover",
    "cluster-replica-validity-factor",
    "cluster-link-sendbuf-limit",
];

/// Those of them that are set to something else than their default.
pub fn ineffective(config: &Config) -> impl Iterator<Item = &'static str> {
    let default = Config::default();
    DIRECTIVES
        .iter()
        .filter(move |row| INEFFECTIVE.contains(&row.name) && !row.same(config, &default))
        .map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_to_something_else_is_named() {
        let mut config = Config::default();
        assert_eq!(ineffective(&config).count(), 0);
        config.io_threads = 4;
        config.maxclients = 5;
        assert_eq!(ineffective(&config).collect::<Vec<_>>(), ["io-threads"]);
    }
}

//! Cluster mode.

use super::rules::{ANY, BYTES, COUNT, INT, LONG, PORT, memory, number};
use crate::config::define::directives;
use crate::config::value::choice::EndpointType;
use crate::config::value::text::{TextRule, hostname};

directives! {
    /// Cluster mode.
    Cluster;

    "cluster-enabled" [IMMUTABLE DEFAULT_ONLY] => cluster_enabled: bool = false;
    "cluster-config-file" [IMMUTABLE NO_EFFECT] =>
        cluster_config_file: String = "nodes.conf".to_owned(), ANY;
    "cluster-port" [IMMUTABLE NO_EFFECT] => cluster_port: u16 = 0, PORT;
    /// In milliseconds.
    "cluster-node-timeout" [NO_EFFECT] => cluster_node_timeout: u64 = 15000, COUNT;
    "cluster-announce-ip" [NO_EFFECT] => cluster_announce_ip: Option<String> = None, ANY;
    "cluster-announce-hostname" [NO_EFFECT] =>
        cluster_announce_hostname: Option<String> = None, TextRule::checked(hostname);
    "cluster-announce-port" [NO_EFFECT] => cluster_announce_port: u16 = 0, PORT;
    "cluster-announce-tls-port" [NO_EFFECT] => cluster_announce_tls_port: u16 = 0, PORT;
    "cluster-announce-bus-port" [NO_EFFECT] => cluster_announce_bus_port: u16 = 0, PORT;
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

    // Of later versions.

    "cluster-announce-human-nodename" [HIDDEN NO_EFFECT] =>
        cluster_announce_human_nodename: String = String::new(), ANY;
    "cluster-announce-client-ipv4" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_ipv4: String = String::new(), ANY;
    "cluster-announce-client-ipv6" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_ipv6: String = String::new(), ANY;
    "cluster-announce-client-port" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_port: u16 = 0, PORT;
    "cluster-announce-client-tls-port" [HIDDEN NO_EFFECT] =>
        cluster_announce_client_tls_port: u16 = 0, PORT;
    "cluster-blacklist-ttl" [HIDDEN NO_EFFECT] => cluster_blacklist_ttl: u64 = 60, COUNT;
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
    "cluster-ping-interval" [HIDDEN NO_EFFECT] => cluster_ping_interval: u64 = 0, COUNT;
    "cluster-slot-migration-handoff-max-lag-bytes" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_handoff_max_lag_bytes: u64 = 1 << 20, BYTES;
    "cluster-slot-migration-log-max-len" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_log_max_len: usize = 1000, COUNT;
    "cluster-slot-migration-max-archived-tasks" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_max_archived_tasks: u32 = 32, number(1, INT);
    "cluster-slot-migration-sync-buffer-drain-timeout" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_sync_buffer_drain_timeout: u64 = 60000, COUNT;
    "cluster-slot-migration-write-pause-timeout" [HIDDEN NO_EFFECT] =>
        cluster_slot_migration_write_pause_timeout: u64 = 10000, COUNT;
    "cluster-slot-stats-enabled" [HIDDEN NO_EFFECT] => cluster_slot_stats_enabled: bool = false;
    "slot-migration-max-failover-repl-bytes" [HIDDEN NO_EFFECT] =>
        slot_migration_max_failover_repl_bytes: i64 = 0, memory(-1, LONG);
}

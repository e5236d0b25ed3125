//! CONFIG SET: what follows in the actors. What follows in the process came before: see
//! `config::host`.

use super::actor::Keyspace;
use super::call_stats::log_limits;
use super::following::master_link_settings;
use super::replication::replication_settings;
use crate::clients::ClientSlot;
use crate::config::Config;
use crate::config::ineffective::ineffective;
use crate::config::value::choice::{Choice, MaxmemoryPolicy};
use crate::net::messages::ToConnection;
use crate::replication::messages::ToManager;
use crate::telemetry::command_log::LogKind;
use crate::telemetry::memory;

/// Directives that change what a connection may hold.
const OF_CONNECTIONS: &[&str] = &[
    "client-output-buffer-limit",
    "client-query-buffer-limit",
    "proto-max-bulk-len",
    "requirepass",
];
/// Directives that the server's side of replication keeps a copy of, by how they begin.
const OF_REPLICATION: &[&str] = &[
    "repl-",
    "replica-",
    "master",
    "client-output-buffer-limit",
    "key-load-delay",
    "maxmemory-policy",
    "lfu-decay-time",
];

/// Says in the log what a `maxmemory` means here.
pub fn warn_of_memory_limit(config: &Config) {
    let used = memory::used_bytes() as u64;
    if config.maxmemory == 0 {
        return;
    }
    if config.maxmemory < used {
        log::warn!(
            "WARNING: the new maxmemory value ({}) is smaller than the current memory usage ({used}): writes are refused.",
            config.maxmemory
        );
    }
    if config.maxmemory_policy != MaxmemoryPolicy::NoEviction {
        log::warn!(
            "WARNING: maxmemory-policy {}: this server does not evict keys yet. At the limit of maxmemory it refuses writes, as with noeviction.",
            config.maxmemory_policy.name()
        );
    }
}

/// Says in the log which of these settings change nothing.
pub fn warn_of_ineffective(config: &Config, is_asked: impl Fn(&str) -> bool) {
    for name in ineffective(config).filter(|name| is_asked(name)) {
        log::warn!("WARNING: {name} has no effect in this server.");
    }
}

impl Keyspace {
    /// Tells everyone who keeps a copy of a setting.
    pub(super) fn apply_config(&mut self, names: &[&'static str]) {
        if names.iter().any(|name| OF_CONNECTIONS.contains(name)) {
            self.send_limits();
        }
        let is_of_replication = |name: &&str| OF_REPLICATION.iter().any(|p| name.starts_with(p));
        if names.iter().any(is_of_replication) || names.contains(&"port") {
            self.send_replication_settings();
        }
        if names.contains(&"repl-backlog-size") {
            let bytes = self.executor.state.server.config.repl_backlog_size as usize;
            self.links.manager.do_send(ToManager::ResizeBacklog { bytes });
        }
        let server = &mut self.executor.state.server;
        for kind in LogKind::ALL {
            server.command_logs.of_mut(kind).trim(log_limits(&server.config, kind).max_entries);
        }
        if names.contains(&"maxmemory") || names.contains(&"maxmemory-policy") {
            warn_of_memory_limit(&self.executor.state.server.config);
        }
        warn_of_ineffective(&self.executor.state.server.config, |name| names.contains(&name));
    }

    /// Every connection gets the limits of its class.
    fn send_limits(&mut self) {
        let clients = &self.executor.state.server.clients;
        let slots: Vec<ClientSlot> = clients.iter().map(|session| session.key.slot).collect();
        for slot in slots {
            let limits = self.limits_of(slot);
            self.send(slot, ToConnection::SetLimits { limits });
        }
    }

    fn send_replication_settings(&mut self) {
        let config = &self.executor.state.server.config;
        self.links.manager.do_send(ToManager::Settings(replication_settings(config)));
        self.links.master_link_settings.do_send(master_link_settings(config));
    }
}

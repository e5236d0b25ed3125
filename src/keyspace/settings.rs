//! CONFIG SET: what follows in the actors. What follows in the process came before: see
//! `config::host`.

use super::actor::Keyspace;
use super::call_stats::log_limits;
use super::following::master_link_settings;
use super::leading::replication_settings;
use crate::clients::ClientSlot;
use crate::config::follower::Follower;
use crate::config::ineffective::ineffective;
use crate::config::value::choice::MaxmemoryPolicy;
use crate::config::{Config, Directive};
use crate::net::messages::ToConnection;
use crate::replication::messages::ToManager;
use crate::telemetry::command_log::LogKind;
use crate::telemetry::memory;

/// Says in the log what a `maxmemory` means here.
pub fn warn_of_memory_limit(config: &Config) {
    let used = memory::used_bytes() as u64;
    if config.memory.maxmemory == 0 {
        return;
    }
    if config.memory.maxmemory < used {
        let what_follows = match config.memory.maxmemory_policy {
            MaxmemoryPolicy::NoEviction => "writes are refused",
            _ => "keys are evicted, or writes refused where none may be",
        };
        log::warn!(
            "WARNING: the new maxmemory value ({}) is smaller than the current memory usage ({used}): {what_follows}.",
            config.memory.maxmemory
        );
    }
}

/// Says in the log that whoever reaches this server may write on its master.
pub fn warn_of_open_forwarding(config: &Config) {
    if config.forwards_for_anybody() {
        log::warn!(
            "WARNING: replica-forward-writes is on, masterauth is set and requirepass is not: whoever reaches this server writes on its master with the rights of masterauth."
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
    pub(super) fn apply_config(&mut self, changed: &[&'static Directive]) {
        let mut told = Vec::new();
        for &follower in changed.iter().flat_map(|row| row.followers) {
            if !told.contains(&follower) {
                self.tell(follower);
                told.push(follower);
            }
        }
        // By the lag that is allowed now.
        self.count_good_replicas();
        let config = &self.executor.state.server.config;
        warn_of_ineffective(config, |name| changed.iter().any(|row| row.name == name));
    }

    fn tell(&mut self, follower: Follower) {
        let server = &mut self.executor.state.server;
        match follower {
            Follower::Connections => self.send_limits(),
            Follower::Replication => self.send_replication_settings(),
            Follower::Backlog => {
                self.flush_stream_log();
                let server = &self.executor.state.server;
                let bytes = server.config.replication.repl_backlog_size as usize;
                let stored = server.config.replication.repl_backlog_disk_size;
                self.recipients.manager.do_send(ToManager::ResizeBacklog { bytes });
                self.recipients.manager.do_send(ToManager::ResizeStored { bytes: stored });
            }
            Follower::CommandLogs => {
                for kind in LogKind::ALL {
                    let max_entries = log_limits(&server.config, kind).max_entries;
                    server.command_logs.of_mut(kind).trim(max_entries);
                }
            }
            Follower::MemoryLimit => {
                warn_of_memory_limit(&server.config);
                server.own_memory.bound(server.config.memory.maxmemory > 0);
                self.executor.evicts_more = true;
            }
            Follower::Forwarding => {
                warn_of_open_forwarding(&server.config);
                self.renew_forwarders();
            }
            Follower::AppendOnly => self.follow_appendonly(),
            Follower::ClientMemory => self.clients_weighed = None,
            // The process has followed before the values were in force.
            Follower::WorkingDir
            | Follower::Port
            | Follower::Addresses
            | Follower::Keepalive
            | Follower::FilesLimit
            | Follower::OomScore
            | Follower::Log
            | Follower::Title => {}
        }
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
        self.recipients.manager.do_send(ToManager::Settings(replication_settings(config)));
        self.recipients.master_link_settings.do_send(master_link_settings(config));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientKind;
    use crate::config::value::Source;
    use crate::config::{DIRECTIVES, Flags};
    use crate::keyspace::client_limits::connection_limits;

    /// Values of which every directive that somebody keeps a copy of takes one as a new one.
    const VALUES: &[&str] = &[
        "0",
        "2",
        "2000000",
        "yes",
        "no",
        "a",
        "allkeys-lfu",
        "flush-before-load",
        "normal 1 1 1 replica 1 1 1 pubsub 1 1 1",
    ];

    /// Whether some new value of a directive changes what is made of the settings.
    fn is_copied(row: &Directive, copy: &dyn Fn(&Config) -> String) -> bool {
        let default = Config::default();
        VALUES.iter().any(|value| {
            let mut config = default.clone();
            let words: Vec<&[u8]> = if row.takes_several() {
                value.split(' ').map(str::as_bytes).collect()
            } else {
                vec![value.as_bytes()]
            };
            let set = row.set(&mut config, &words, Source::ConfigSet);
            set.is_ok() && copy(&config) != copy(&default)
        })
    }

    #[test]
    fn whoever_keeps_a_copy_of_a_setting_is_among_its_followers_and_nobody_else() {
        let of_replication = |config: &Config| {
            format!("{:?} {:?}", replication_settings(config), master_link_settings(config))
        };
        let of_connections = |config: &Config| {
            let kinds = [ClientKind::Normal, ClientKind::PubSub, ClientKind::Replica];
            let limits = kinds.map(|kind| {
                [true, false].map(|authenticated| connection_limits(config, kind, authenticated))
            });
            format!("{limits:?}")
        };
        let backlog = |config: &Config| {
            let replication = &config.replication;
            format!("{} {}", replication.repl_backlog_size, replication.repl_backlog_disk_size)
        };
        let command_logs = |config: &Config| {
            format!("{:?}", LogKind::ALL.map(|kind| log_limits(config, kind).max_entries))
        };
        let copies: [(Follower, &dyn Fn(&Config) -> String); 4] = [
            (Follower::Replication, &of_replication),
            (Follower::Connections, &of_connections),
            (Follower::Backlog, &backlog),
            (Follower::CommandLogs, &command_logs),
        ];
        for (follower, copy) in copies {
            let settable = |row: &&Directive| !row.flags.contains(Flags::IMMUTABLE);
            let names = |is_one: &dyn Fn(&Directive) -> bool| -> Vec<&str> {
                let rows = DIRECTIVES.iter().filter(settable).filter(|row| is_one(row));
                rows.map(|row| row.name).collect()
            };
            let told = names(&|row| row.followers.contains(&follower));
            assert_eq!(told, names(&|row| is_copied(row, copy)), "{follower:?}");
            assert!(!told.is_empty());
        }
    }
}

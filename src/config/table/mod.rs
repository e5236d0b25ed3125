//! The table: one row a directive, from which the fields of [`Config`], its defaults, `CONFIG
//! GET`, `SET` and `REWRITE`, files and the command line all follow. A file for each theme.
//!
//! A row reads: the name, behind `|` an alias, behind `||` its name in a later Redis or in Valkey,
//! in brackets flags, in braces who follows it at run time, the field and its type, the default,
//! and a rule when the type has one. Times are in seconds and sizes in bytes unless said. Each
//! theme ends with what Redis 7.2 to 8.6 and Valkey up to 9.1 have beyond Redis 7.0, so that their
//! files start this server; `CONFIG GET *` does not show it.
//!
//! Why rows have `NO_EFFECT`: one thread serves connections and commands; nothing is rehashed or
//! evicted yet, and the allocator is left to itself; what takes long to free is always freed in the
//! background, what has expired is found by its time, a full sync is always loaded beside the data
//! set that serves, and payloads are always checked. Collections, ACLs, scripts and client-side
//! caching are not there yet, and `appendonly`, `tls-port` and `cluster-enabled` are refused so far.

mod cluster;
mod memory;
mod network;
mod observation;
mod persistence;
mod process;
mod replication;
mod rules;
mod security;
mod types;

use std::path::PathBuf;

use self::cluster::Cluster;
use self::memory::Memory;
use self::network::Network;
use self::observation::Observation;
use self::persistence::Persistence;
use self::process::Process;
use self::replication::Replication;
use self::security::Security;
use self::types::Types;
use super::channels::Channels;
use super::define::config;
use super::directive;

/// One row of the table.
pub type Directive = directive::Directive<Config>;

/// All directives, in the order in which `CONFIG GET *` lists them.
pub static DIRECTIVES: &[Directive] =
    &directive::joined::<Config, { directive::count(THEMES) }>(THEMES);

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

config! {
    /// Every setting of the server: those of the table by theme, one field a directive, under the
    /// directive's name.
    {
        network: Network,
        process: Process,
        security: Security,
        replication: Replication,
        persistence: Persistence,
        memory: Memory,
        types: Types,
        observation: Observation,
        cluster: Cluster,
    }
    {
        /// Where the default user may publish and subscribe: all channels unless a `user` line says
        /// otherwise.
        default_user_channels: Channels = Channels::All,
        /// The `rename-command` lines, in order.
        rename_command: Vec<Rename> = Vec::new(),
        /// The file that the server was started with, as an absolute path: `CONFIG REWRITE` writes
        /// it.
        config_file: Option<PathBuf> = None,
    }
}

impl Config {
    /// The defaults, but for this change.
    pub fn with(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::default();
        change(&mut config);
        config
    }

    /// Whether clients that need no password here write on the master with the rights that it gives
    /// to ours.
    pub fn forwards_for_anybody(&self) -> bool {
        self.replication.replica_forward_writes
            && self.replication.masterauth.is_some()
            && self.security.requirepass.is_none()
    }
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

//! The process as changed settings reach it.

use actix::Addr;

use super::config_file::rewrite_config;
use super::kernel::OomScore;
use super::title;
use crate::base::text::system_text;
use crate::config::follower::Follower;
use crate::config::host::Host;
use crate::config::set::SetError;
use crate::config::value::choice::Choice;
use crate::config::{Config, Directive};
use crate::net::bind::bind_tcp;
use crate::net::listener::{Listener, Rebind, TcpSockets};
use crate::persistence::log::folder::LogFolder;
use crate::telemetry::logging;

use super::files_limit::raise_files_limit;

/// Follows CONFIG SET where it concerns sockets, files and the kernel.
pub struct Process {
    program: String,
    sockets: TcpSockets,
    listener: Addr<Listener>,
    oom_score: OomScore,
    is_replica: bool,
}

impl Process {
    /// `program`: what the process was started as.
    pub fn new(program: String, sockets: TcpSockets, listener: Addr<Listener>) -> Process {
        Process { program, sockets, listener, oom_score: OomScore::default(), is_replica: false }
    }

    /// Makes the process what the settings say at start.
    pub fn begin(&mut self, config: &Config) {
        self.is_replica = config.replication.replicaof.is_some();
        title::set(config, &self.program);
        if let Err(error) = self.oom_score.apply(config, self.is_replica) {
            log::warn!("{error}");
        }
    }

    /// One follower of a directive; what it names is in `new` already.
    fn follow(&mut self, follower: Follower, old: &Config, new: &mut Config) -> Result<(), String> {
        match follower {
            // It would go on there, and not be found at the next start.
            Follower::WorkingDir if old.persistence.appendonly && new.persistence.appendonly => {
                return Err("the append only file is in it: set appendonly no before".to_owned());
            }
            Follower::WorkingDir => std::env::set_current_dir(&new.persistence.dir)
                .and_then(|()| std::env::current_dir())
                .map(|dir| new.persistence.dir = dir)
                .map_err(|error| system_text(&error))?,
            Follower::Port => self
                .rebind(old, new)
                .map_err(|()| "Unable to listen on this port. Check server logs.".to_owned())?,
            Follower::Addresses => self
                .rebind(old, new)
                .map_err(|()| "Failed to bind to specified addresses.".to_owned())?,
            Follower::FilesLimit => match raise_files_limit(new.network.maxclients) {
                Ok(room) if room == new.network.maxclients => {}
                Ok(room) => return Err(too_many_clients(room)),
                Err(_) => return Err(too_many_clients(old.network.maxclients)),
            },
            Follower::OomScore => {
                self.oom_score.apply(new, self.is_replica).map_err(|error| {
                    log::warn!("{error}");
                    "Failed to set current oom_score_adj. Check server logs.".to_owned()
                })?;
            }
            Follower::Log => logging::set_level(new.process.loglevel.name()),
            Follower::Keepalive => self.sockets.set_keepalive(new.network.tcp_keepalive),
            Follower::Title => title::set(new, &self.program),
            // What is there may still be repaired, and is not to be written over.
            Follower::AppendOnly if new.persistence.appendonly && !old.persistence.appendonly => {
                let folder = std::env::current_dir().map_err(|error| system_text(&error))?;
                LogFolder::of(new, &folder).read_manifest().map_err(|fault| {
                    fault.log_lines().iter().for_each(|line| log::warn!("{line}"));
                    "Unable to turn on AOF. Check server logs.".to_owned()
                })?;
            }
            // Told by the keyspace.
            Follower::Connections
            | Follower::Replication
            | Follower::Backlog
            | Follower::CommandLogs
            | Follower::AppendOnly
            | Follower::MemoryLimit
            | Follower::ClientMemory
            | Follower::Forwarding => {}
        }
        Ok(())
    }

    /// Closes the TCP sockets and opens those of `new`; when that fails, those of `old` again.
    fn rebind(&mut self, old: &Config, new: &Config) -> Result<(), ()> {
        self.sockets.close_tcp();
        let opened = bind_tcp(new).map_err(|_| log::warn!("Failed to bind"));
        let (tcp, outcome) = match opened {
            Ok(sockets) => (sockets, Ok(())),
            Err(()) => (bind_tcp(old).unwrap_or_default(), Err(())),
        };
        self.listener.do_send(Rebind { tcp });
        if outcome.is_ok() {
            title::set(new, &self.program);
        }
        outcome
    }
}

fn too_many_clients(room: u32) -> String {
    format!(
        "The operating system is not able to handle the specified number of clients, try with {room}"
    )
}

impl Host for Process {
    fn apply(
        &mut self,
        old: &Config,
        new: &mut Config,
        changed: &[&'static Directive],
    ) -> Result<(), SetError> {
        let followers =
            |row: &&'static Directive| row.followers.iter().map(|&follower| (row.name, follower));
        let followers: Vec<_> = changed.iter().flat_map(followers).collect();
        for (i, &(name, follower)) in followers.iter().enumerate() {
            let Err(reason) = self.follow(follower, old, new) else { continue };
            // For Redis the folder is a value that can be wrong, and all else is applied.
            if follower != Follower::WorkingDir {
                log::warn!(
                    "Failed applying new configuration. Possibly related to new {name} setting. Restoring previous settings."
                );
            }
            let mut back = old.clone();
            for &(_, follower) in followers[..i].iter().rev() {
                if let Err(error) = self.follow(follower, new, &mut back) {
                    log::warn!("Failed applying restored failed CONFIG SET command: {error}");
                }
            }
            return Err(SetError::refused(name, reason));
        }
        Ok(())
    }

    fn rewrite_config(&mut self, config: &Config, all: bool) -> Result<(), String> {
        let Some(file) = &config.config_file else { return Ok(()) };
        rewrite_config(file, config, all).map_err(|error| system_text(&error))
    }

    fn role_changed(&mut self, config: &Config, is_replica: bool) {
        self.is_replica = is_replica;
        if let Err(error) = self.oom_score.apply(config, is_replica) {
            log::warn!("{error}");
        }
    }
}

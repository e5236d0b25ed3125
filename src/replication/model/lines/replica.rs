//! What the replica says.

use super::{LoadTarget, LogLine, notice, warning};
use crate::replication::model::room::Shortage;

pub fn connecting(host: &str, port: u16) -> LogLine {
    notice(format!("Connecting to MASTER {host}:{port}"))
}

/// A link that worked was lost: straight back to the master.
pub fn reconnecting(host: &str, port: u16) -> LogLine {
    notice(format!("Reconnecting to MASTER {host}:{port}"))
}

/// A transfer failed.
pub fn reconnecting_after_failure(host: &str, port: u16) -> LogLine {
    notice(format!("Reconnecting to MASTER {host}:{port} after failure"))
}

pub fn no_room_for_both(shortage: &Shortage) -> LogLine {
    warning(format!(
        "The master has {} bytes in use, and {} are free here: the old data goes before the new is loaded",
        shortage.needed_bytes, shortage.free_bytes
    ))
}

pub fn flushing() -> LogLine {
    notice("MASTER <-> REPLICA sync: Flushing old data")
}

pub fn sync_started() -> LogLine {
    notice("MASTER <-> REPLICA sync started")
}

/// No address could be tried at all.
pub fn unable_to_connect(error: &str) -> LogLine {
    warning(format!("Unable to connect to MASTER: {error}"))
}

/// The connection attempt was refused or failed.
pub fn connect_failed(error: &str) -> LogLine {
    warning(format!("Error condition on socket for SYNC: {error}"))
}

pub fn connected() -> LogLine {
    notice("Non blocking connect for SYNC fired the event.")
}

pub fn receiving_with_mark(target: LoadTarget) -> LogLine {
    let target = target.text();
    notice(format!("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF {target}"))
}

pub fn receiving_bytes(bytes: u64, target: LoadTarget) -> LogLine {
    let target = target.text();
    notice(format!("MASTER <-> REPLICA sync: receiving {bytes} bytes from master {target}"))
}

/// The link broke inside the transfer; at a plain end of file Redis says `connection lost`.
pub fn transfer_failed(error: &str) -> LogLine {
    warning(format!("I/O error trying to sync with MASTER: {error}"))
}

pub fn loading() -> LogLine {
    notice("MASTER <-> REPLICA sync: Loading DB in memory")
}

/// Instead of "Flushing old data" where the old data serves reads until the new is complete.
pub fn swapping() -> LogLine {
    notice("MASTER <-> REPLICA sync: Swapping active DB with loaded DB")
}

/// What the master has is not taken for what we have.
pub fn kept_from_wipe(new_keys: usize, kept_keys: usize, percent: u32) -> LogLine {
    warning(format!(
        "MASTER <-> REPLICA sync: not taken: the master, of another history than what is here, \
         has {new_keys} keys for {kept_keys} here, less than the {percent} per cent that \
         replica-wipe-guard asks for. Has it lost its data? What is here goes on serving. \
         'REPLICAOF host port FORCE' takes the master's data all the same."
    ))
}

pub fn load_failed(target: LoadTarget, error: &str) -> LogLine {
    let from = match target {
        LoadTarget::Disk => "disk",
        LoadTarget::Parser => "socket",
    };
    warning(format!("Failed trying to load the MASTER synchronization DB from {from}: {error}"))
}

/// Redis goes on, and writes into the database that was selected before.
pub fn database_missing(databases: usize) -> LogLine {
    warning(format!(
        "The master's stream selects a database that is not here, where 'databases' is {databases}. Nothing more of it is applied, and everything is asked for anew."
    ))
}

pub fn finished() -> LogLine {
    notice("MASTER <-> REPLICA sync: Finished with success")
}

pub fn partial_accepted() -> LogLine {
    notice("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
}

pub fn link_lost() -> LogLine {
    warning("Connection with master lost.")
}

pub fn caching_master() -> LogLine {
    notice("Caching the disconnected master state.")
}

pub fn synthesizing_master() -> LogLine {
    notice(
        "Before turning into a replica, using my own master parameters to synthesize a cached \
         master: I may be able to synchronize with the new master with just a partial transfer.",
    )
}

/// REPLICAOF named the master that we have.
pub fn already_replica_of() -> LogLine {
    notice(
        "REPLICAOF would result into synchronization with the master we are already connected \
         with. No operation performed.",
    )
}

pub fn replica_of(host: &str, port: u16, client: &str) -> LogLine {
    notice(format!("REPLICAOF {host}:{port} enabled (user request from '{client}')"))
}

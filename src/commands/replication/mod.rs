//! Masters and replicas: REPLICAOF, the handshake of a replica, WAIT.

mod psync;
mod replconf;
pub mod replicaof;
mod wait;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    psync::PSYNC,
    psync::SYNC,
    replconf::REPLCONF,
    replicaof::REPLICAOF,
    replicaof::SLAVEOF,
    wait::WAIT,
];

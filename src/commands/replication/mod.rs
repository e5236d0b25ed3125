//! Masters and replicas: REPLICAOF, FAILOVER, the handshake of a replica, WAIT, what happened.

mod diagnosis;
pub mod failover;
mod psync;
mod replconf;
pub mod replicaof;
pub mod wait;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    failover::FAILOVER,
    psync::PSYNC,
    psync::SYNC,
    replconf::REPLCONF,
    replicaof::REPLICAOF,
    replicaof::SLAVEOF,
    diagnosis::REPLICATION,
    wait::WAIT,
    wait::WAITAOF,
];

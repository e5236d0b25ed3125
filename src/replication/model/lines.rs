//! The log lines of replication, in the words of redis-server 7.0.15: one place, so that users
//! find what their tools look for. The machines of this folder return them; whoever drives a
//! machine hands them to `log`. Lines that an actor says on its own are functions here.

use log::Level;

use super::framing::Framing;
use super::room::Shortage;
use crate::base::ids::ReplId;
use crate::base::offset::Offset;

/// A line for the log. `Info` is Redis's notice (`*`), `Warn` its warning (`#`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub level: Level,
    pub text: String,
}

/// Writes a line to the log.
pub fn log_line(line: &LogLine) {
    log::log!(line.level, "{}", line.text);
}

/// A line at Redis's level `*`.
pub fn notice(text: impl Into<String>) -> LogLine {
    LogLine { level: Level::Info, text: text.into() }
}

/// A line at Redis's level `#`.
pub fn warning(text: impl Into<String>) -> LogLine {
    LogLine { level: Level::Warn, text: text.into() }
}

/// How a replica is named in the master's log: the address it announced or came from, and its
/// announced port, 0 if it said none.
pub fn replica_name(ip: &str, port: u16) -> String {
    match port {
        0 => format!("{ip}:<unknown-replica-port>"),
        port => format!("{ip}:{port}"),
    }
}

/// Where a replica puts the RDB that it receives, as the log says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadTarget {
    Disk,
    Parser,
}

impl LoadTarget {
    fn text(self) -> &'static str {
        match self {
            LoadTarget::Disk => "to disk",
            LoadTarget::Parser => "to parser",
        }
    }
}

/// One side's command is answered with an error on the other: the two have parted. `text`: the
/// error without `ERR`.
pub fn error_in_stream(is_replica: bool, text: &str, command: &str) -> LogLine {
    let (here, there) = if is_replica { ("replica", "master") } else { ("master", "replica") };
    warning(format!(
        "== CRITICAL == This {here} is sending an error to its {there}: '{text}' after processing the command '{command}'"
    ))
}

/// What the master says.
pub mod master {
    use super::*;

    pub fn asks_for_synchronization(replica: &str) -> LogLine {
        notice(format!("Replica {replica} asks for synchronization"))
    }

    pub fn wrong_offset(replica: &str) -> LogLine {
        warning(format!("Replica {replica} asks for synchronization but with a wrong offset"))
    }

    pub fn backlog_created(id: &ReplId, second: &ReplId) -> LogLine {
        notice(format!(
            "Replication backlog created, my new replication IDs are '{id}' and '{second}'"
        ))
    }

    pub fn backlog_freed(seconds: u64) -> LogLine {
        notice(format!(
            "Replication backlog freed after {seconds} seconds without connected replicas."
        ))
    }

    pub fn writers_slowed(replica: &str, lag_bytes: u64, limit_bytes: u64) -> LogLine {
        warning(format!(
            "Clients' writes are slowed: replica {replica} has {lag_bytes} bytes of the stream still to take, of at most {limit_bytes} (repl-memory-limit, repl-throttle)"
        ))
    }

    /// `delayed`: writes since the start, and the milliseconds for which they were.
    pub fn writers_free(millis: i64, delayed: (u64, u64)) -> LogLine {
        notice(format!(
            "Clients' writes are slowed no more, after {millis} ms; {} were delayed since the start, by {} ms together",
            delayed.0, delayed.1
        ))
    }

    pub fn delay_next_snapshot() -> LogLine {
        notice("Delay next BGSAVE for diskless SYNC")
    }

    pub fn starting_snapshot(framing: Framing) -> LogLine {
        notice(match framing {
            Framing::Mark => "Starting BGSAVE for SYNC with target: replicas sockets",
            Framing::Length => "Starting BGSAVE for SYNC with target: disk",
        })
    }

    /// Redis names the child it forks, and calls what goes by way of a file a saving.
    pub fn transfer_started(framing: Framing, pid: u32) -> LogLine {
        match framing {
            Framing::Mark => notice(format!("Background RDB transfer started by pid {pid}")),
            Framing::Length => saving_started(pid),
        }
    }

    /// BGSAVE too.
    pub fn saving_started(pid: u32) -> LogLine {
        notice(format!("Background saving started by pid {pid}"))
    }

    /// In the words of redis-server, which reads what its child encodes from a pipe.
    pub fn transfer_encoded(replicas_still_up: usize) -> LogLine {
        warning(match replicas_still_up {
            0 => "Diskless rdb transfer, last replica dropped, killing fork child.".to_owned(),
            count => {
                format!("Diskless rdb transfer, done reading from pipe, {count} replicas still up.")
            }
        })
    }

    pub fn transfer_terminated(framing: Framing) -> LogLine {
        notice(match framing {
            Framing::Mark => "Background RDB transfer terminated with success",
            Framing::Length => "Background saving terminated with success",
        })
    }

    pub fn transfer_failed(framing: Framing) -> LogLine {
        warning(match framing {
            Framing::Mark => "Background transfer error",
            Framing::Length => "Background saving error",
        })
    }

    pub fn streamed_waiting_for_ack(replica: &str) -> LogLine {
        notice(format!(
            "Streamed RDB transfer with replica {replica} succeeded (socket). \
             Waiting for REPLCONF ACK from slave to enable streaming"
        ))
    }

    pub fn synchronization_succeeded(replica: &str) -> LogLine {
        notice(format!("Synchronization with replica {replica} succeeded"))
    }

    pub fn rdb_only_completed(replica: &str) -> LogLine {
        notice(format!(
            "RDB transfer completed, rdb only replica ({replica}) should be disconnected asap"
        ))
    }

    pub fn arrived_changed(replica: &str, from: Offset, to: Offset) -> LogLine {
        warning(format!(
            "The stream has arrived changed at replica {replica}, somewhere behind offset {from} \
             and up to {to}. Its link ends, and it gets everything anew. Is the network between \
             us, or what stands in it, in order?"
        ))
    }

    pub fn replica_lost(replica: &str) -> LogLine {
        warning(format!("Connection with replica {replica} lost."))
    }

    /// A replica may say REPLCONF ACK and nothing that wants an answer; `client` is its line of
    /// CLIENT LIST.
    pub fn replica_wants_reply(command: &str, client: &str) -> LogLine {
        warning(format!(
            "Replica generated a reply to command '{command}', disconnecting it: {client}"
        ))
    }

    pub fn streaming_timed_out(replica: &str) -> LogLine {
        warning(format!("Disconnecting timedout replica (streaming sync): {replica}"))
    }

    pub fn full_sync_timed_out(replica: &str) -> LogLine {
        warning(format!("Disconnecting timedout replica (full sync): {replica}"))
    }

    /// `client` is the replica's line of CLIENT LIST.
    pub fn output_limit_overcome(client: &str) -> LogLine {
        warning(format!(
            "Client {client} scheduled to be closed ASAP for overcoming of output buffer limits."
        ))
    }

    pub fn second_id_set(second: &ReplId, valid_up_to: Offset, id: &ReplId) -> LogLine {
        warning(format!(
            "Setting secondary replication ID to {second}, valid up to offset: {valid_up_to}. \
             New replication ID is {id}"
        ))
    }

    /// `client` is the line of CLIENT LIST of whoever asked.
    pub fn master_mode(client: &str) -> LogLine {
        notice(format!("MASTER MODE enabled (user request from '{client}')"))
    }

    /// `client` is our master, which hands over to us.
    pub fn master_mode_by_failover(client: &str) -> LogLine {
        notice(format!("MASTER MODE enabled (failover request from '{client}')"))
    }

    pub fn failover_requested_of_us(replid: &[u8]) -> LogLine {
        let replid = String::from_utf8_lossy(replid);
        warning(format!("Failover request received for replid {replid}."))
    }
}

/// What a master says that hands over to a replica; `target` shows as `host:port`.
pub mod failover {
    use std::fmt::Display;

    use super::*;

    pub fn requested(target: Option<impl Display>) -> LogLine {
        notice(format!("FAILOVER requested to {}.", named(target)))
    }

    pub fn synced(target: impl Display) -> LogLine {
        notice(format!("Failover target {target} is synced, failing over."))
    }

    pub fn forced(target: impl Display) -> LogLine {
        notice(format!("FAILOVER to {target} time out exceeded, failing over."))
    }

    pub fn aborted(target: Option<impl Display>, reason: &str) -> LogLine {
        notice(format!("FAILOVER to {} aborted: {reason}", named(target)))
    }

    fn named(target: Option<impl Display>) -> String {
        target.map_or_else(|| "any replica".to_owned(), |target| target.to_string())
    }
}

/// What the replica says.
pub mod replica {
    use super::*;

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
        notice(format!(
            "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF {target}"
        ))
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_without_a_port_is_named_as_redis_names_it() {
        assert_eq!(replica_name("127.0.0.1", 0), "127.0.0.1:<unknown-replica-port>");
        assert_eq!(replica_name("::1", 9001), "::1:9001");
    }
}

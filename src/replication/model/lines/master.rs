//! What the master says.

use super::{LogLine, notice, warning};
use crate::base::ids::ReplId;
use crate::base::offset::Offset;
use crate::replication::model::framing::Framing;

pub fn asks_for_synchronization(replica: &str) -> LogLine {
    notice(format!("Replica {replica} asks for synchronization"))
}

pub fn wrong_offset(replica: &str) -> LogLine {
    warning(format!("Replica {replica} asks for synchronization but with a wrong offset"))
}

pub fn backlog_created(id: &ReplId, second: &ReplId) -> LogLine {
    notice(format!("Replication backlog created, my new replication IDs are '{id}' and '{second}'"))
}

pub fn backlog_freed(seconds: u64) -> LogLine {
    notice(format!("Replication backlog freed after {seconds} seconds without connected replicas."))
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

/// What has left the memory is on disk, and cannot be read there.
pub fn log_unreadable(replica: &str, offset: Offset, error: &str) -> LogLine {
    warning(format!(
        "Replica {replica} cannot be served from disk, from offset {offset} on: {error}. It has to ask anew."
    ))
}

/// A replica knows more than this server, which found nothing to load when it started.
pub fn started_without_data(replica: &str, offset: Offset, keys: usize) -> LogLine {
    warning(format!(
        "This server found no data to load when it started, and replica {replica} comes from a history that is not known here, of which it has {offset} bytes. Has the data here been lost? Whoever takes a full sync gets the {keys} keys that are here now. Restore the file, or promote a replica that has the data and make this server follow it."
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
    warning(format!("Replica generated a reply to command '{command}', disconnecting it: {client}"))
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

//! One client, as the keyspace sees it.

use std::sync::Arc;

use super::gauges::Gauges;
use crate::base::arrivals::Ticket;
use crate::base::ids::{ClientId, DbIndex, ReplId};
use crate::base::time::UnixMillis;
use crate::resp::reply::Protocol;
use crate::resp::request::OwnedCommand;
use crate::store::watch::ClientSlot;

/// Names one client for good: a slot may be taken again, an ID never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    pub slot: ClientSlot,
    pub id: ClientId,
}

/// Whose connection it is; decides the output limit and the letters of CLIENT LIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    Normal,
    /// A replica that follows us; its socket belongs to a ReplicaLink.
    Replica,
    /// The master that we follow.
    Master,
    PubSub,
}

/// CLIENT REPLY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyMode {
    On,
    Off,
    /// The command that runs is answered no more, the one after the next is.
    SkipNext,
    Skip,
}

/// A command that waits for EXEC.
#[derive(Debug)]
pub struct QueuedCommand {
    pub command: OwnedCommand,
    /// Index of the row in the registry.
    pub row: usize,
}

/// Between MULTI and EXEC.
#[derive(Debug, Default)]
pub struct Transaction {
    pub queue: Vec<QueuedCommand>,
    /// A command could not be queued: EXEC answers EXECABORT.
    pub broken: bool,
    /// Bytes of the queued arguments.
    pub bytes: usize,
    /// Bytes that the queue takes, with what it needs beside the arguments.
    pub memory_bytes: usize,
    /// A queued command may not run while the link to the master is down.
    pub denies_stale: bool,
    /// A queued command may not run while a data set is loaded.
    pub denies_loading: bool,
    /// A queued command writes.
    pub writes: bool,
    /// A queued command may go to the replicas.
    pub may_replicate: bool,
    /// A queued command acts on the connection or on the server.
    pub acts_on_server: bool,
    /// A queued command may need memory.
    pub needs_memory: bool,
}

/// What a replica told by REPLCONF before its PSYNC.
#[derive(Clone, Debug, Default)]
pub struct ReplicaIntro {
    pub listening_port: u16,
    /// `replica-announce-ip`; empty when not told.
    pub announced_ip: String,
    pub understands_eof: bool,
    pub understands_psync2: bool,
    /// It tells the sums of what has come of the stream.
    pub tells_sums: bool,
    /// `rdb-only 1`: takes the snapshot and no stream.
    pub rdb_only: bool,
    /// `rdb-filter-only functions`: the snapshot without keys.
    pub functions_only: bool,
}

/// One client, as the keyspace sees it.
#[derive(Debug)]
pub struct Session {
    pub key: ClientKey,
    pub kind: ClientKind,
    pub db: DbIndex,
    pub protocol: Protocol,
    pub authenticated: bool,
    pub name: Vec<u8>,
    pub lib_name: Vec<u8>,
    pub lib_version: Vec<u8>,
    /// `ip:port` or the path of the unix socket with `:0`.
    pub peer: String,
    pub local: String,
    pub is_unix_socket: bool,
    /// The peer is this machine, over the loopback interface or a unix socket.
    pub is_local: bool,
    pub fd: i32,
    pub connected_at: UnixMillis,
    /// When it sent a command, was answered late, or bytes moved: not exact to the second.
    pub last_active_at: UnixMillis,
    /// [`Gauges::moved`] when it was looked at last.
    pub moved_bytes: usize,
    /// Full name of the last command, `config|get` for a subcommand.
    pub last_command: &'static str,
    /// Between MULTI and EXEC, which few clients are.
    pub transaction: Option<Box<Transaction>>,
    pub reply_mode: ReplyMode,
    /// Its place among those in MONITOR.
    pub monitor: Option<Ticket>,
    pub no_evict: bool,
    pub no_touch: bool,
    pub is_blocked: bool,
    /// It waits for something that CLIENT UNBLOCK can take the place of.
    pub may_be_unblocked: bool,
    pub is_closing: bool,
    /// Where the stream was after this client's last command. WAIT waits for all up to there: for
    /// the client's own writes, and for those of others that it has seen.
    pub seen_offset: i64,
    /// CLIENT QUORUM: how many replicas are to acknowledge a write before it is answered; `None`:
    /// as many as `repl-ack-quorum` says.
    pub quorum: Option<usize>,
    /// REPLCONF forwarded-by: the servers that its commands have come through.
    pub forwarded_by: Box<[ReplId]>,
    /// How often its command has set out for a master and come back.
    pub forward_turns: u8,
    pub intro: ReplicaIntro,
    pub gauges: Arc<Gauges>,
    pub subscriptions: usize,
    pub pattern_subscriptions: usize,
    pub shard_subscriptions: usize,
}

impl Session {
    pub fn new(peer: String, local: String, now: UnixMillis) -> Session {
        Session {
            key: ClientKey { slot: 0, id: 0 },
            kind: ClientKind::Normal,
            db: 0,
            protocol: Protocol::Resp2,
            authenticated: false,
            name: Vec::new(),
            lib_name: Vec::new(),
            lib_version: Vec::new(),
            peer,
            local,
            is_unix_socket: false,
            is_local: false,
            fd: -1,
            connected_at: now,
            last_active_at: now,
            moved_bytes: 0,
            last_command: "NULL",
            transaction: None,
            reply_mode: ReplyMode::On,
            monitor: None,
            no_evict: false,
            no_touch: false,
            is_blocked: false,
            may_be_unblocked: false,
            is_closing: false,
            seen_offset: 0,
            quorum: None,
            forwarded_by: Box::default(),
            forward_turns: 0,
            intro: ReplicaIntro::default(),
            gauges: Arc::default(),
            subscriptions: 0,
            pattern_subscriptions: 0,
            shard_subscriptions: 0,
        }
    }

    pub fn is_monitor(&self) -> bool {
        self.monitor.is_some()
    }

    /// Whether messages may come to it.
    pub fn is_subscriber(&self) -> bool {
        self.subscriptions + self.pattern_subscriptions + self.shard_subscriptions > 0
    }

    /// Whether what it takes counts against `maxmemory-clients`.
    pub fn counts_for_eviction(&self) -> bool {
        !matches!(self.kind, ClientKind::Replica | ClientKind::Master)
    }

    /// Whether it may be closed to make room.
    pub fn is_evictable(&self) -> bool {
        self.counts_for_eviction() && !self.no_evict
    }

    /// What the client takes, in bytes, without its watched keys and subscriptions.
    pub fn memory_bytes(&self) -> usize {
        let queued = self.transaction.as_ref().map_or(0, |transaction| transaction.memory_bytes);
        self.gauges.memory_bytes() + queued + size_of::<Session>()
    }

    /// The same without what would be held without it too.
    pub fn own_memory_bytes(&self) -> usize {
        self.memory_bytes().saturating_sub(Gauges::get(&self.gauges.shared_output))
    }
}

//! What the server knows of each connected client.

mod list;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::ids::{ClientId, DbIndex};
use crate::base::time::UnixMillis;
use crate::resp::reply::Protocol;
use crate::resp::request::OwnedCommand;
pub use crate::store::watch::ClientSlot;

pub use list::list_line;

/// Names one client for good: a slot may be taken again, an ID never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    pub slot: ClientSlot,
    pub id: ClientId,
}

/// Sizes that the connection keeps up to date and others read, in bytes.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Bytes read and not yet executed.
    pub query_buffer: AtomicUsize,
    pub query_buffer_free: AtomicUsize,
    /// What it takes to know where the arguments lie in the query buffer.
    pub argument_places: AtomicUsize,
    /// What is held for reply bytes that the socket has not taken yet.
    pub output: AtomicUsize,
    pub output_buffers: AtomicUsize,
    /// Bytes read from the socket and written to it so far; it may wrap around.
    pub moved: AtomicUsize,
}

impl Gauges {
    pub fn set(gauge: &AtomicUsize, bytes: usize) {
        gauge.store(bytes, Ordering::Relaxed);
    }
    pub fn add(gauge: &AtomicUsize, bytes: usize) {
        gauge.fetch_add(bytes, Ordering::Relaxed);
    }
    pub fn get(gauge: &AtomicUsize) -> usize {
        gauge.load(Ordering::Relaxed)
    }
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
    pub transaction: Option<Transaction>,
    pub reply_mode: ReplyMode,
    pub is_monitor: bool,
    pub no_evict: bool,
    pub no_touch: bool,
    pub is_blocked: bool,
    /// It waits for something that CLIENT UNBLOCK can take the place of.
    pub may_be_unblocked: bool,
    pub is_closing: bool,
    /// Where the stream was after this client's last command. WAIT waits for all up to there: for
    /// the client's own writes, and for those of others that it has seen.
    pub seen_offset: i64,
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
            is_monitor: false,
            no_evict: false,
            no_touch: false,
            is_blocked: false,
            may_be_unblocked: false,
            is_closing: false,
            seen_offset: 0,
            intro: ReplicaIntro::default(),
            gauges: Arc::default(),
            subscriptions: 0,
            pattern_subscriptions: 0,
            shard_subscriptions: 0,
        }
    }

    /// Whether messages may come to it.
    pub fn is_subscriber(&self) -> bool {
        self.subscriptions + self.pattern_subscriptions + self.shard_subscriptions > 0
    }

    /// What the client takes, in bytes: `tot-mem` of CLIENT LIST.
    pub fn memory_bytes(&self) -> usize {
        let Gauges { query_buffer, query_buffer_free, argument_places, output, .. } = &*self.gauges;
        let buffers = [query_buffer, query_buffer_free, argument_places, output];
        let buffers = buffers.into_iter().map(Gauges::get);
        let queued = self.transaction.as_ref().map_or(0, |transaction| transaction.memory_bytes);
        buffers.sum::<usize>() + queued + size_of::<Session>()
    }
}

/// All clients: by slot for speed, by ID in the order they came.
#[derive(Debug, Default)]
pub struct Clients {
    slots: Vec<Option<Box<Session>>>,
    free: Vec<ClientSlot>,
    by_id: BTreeMap<ClientId, ClientSlot>,
    last_id: ClientId,
    /// Those in MONITOR, in the order in which they began: each command looks whether there are
    /// any, and finds them without asking everybody.
    monitors: Vec<ClientSlot>,
}

impl Clients {
    /// Takes a session in and gives it its ID.
    pub fn add(&mut self, mut session: Session) -> ClientKey {
        self.last_id += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        session.key = ClientKey { slot, id: self.last_id };
        let key = session.key;
        self.by_id.insert(key.id, slot);
        self.slots[slot] = Some(Box::new(session));
        key
    }

    /// Takes a session out. `None` when it is gone already.
    pub fn remove(&mut self, key: ClientKey) -> Option<Box<Session>> {
        self.find(key)?;
        self.by_id.remove(&key.id);
        self.free.push(key.slot);
        self.set_monitor(key.slot, false);
        self.slots[key.slot].take()
    }

    /// Puts a client into MONITOR or takes it out; whether it was in the other state before.
    pub fn set_monitor(&mut self, slot: ClientSlot, on: bool) -> bool {
        let has_changed = std::mem::replace(&mut self.at_mut(slot).is_monitor, on) != on;
        if has_changed && on {
            self.monitors.push(slot);
        } else if has_changed {
            self.monitors.retain(|&monitor| monitor != slot);
        }
        has_changed
    }

    /// See [`Clients::set_monitor`].
    pub fn monitors(&self) -> impl ExactSizeIterator<Item = &Session> {
        self.monitors.iter().map(|&slot| self.at(slot))
    }

    /// Whether anybody is in MONITOR.
    pub fn has_monitors(&self) -> bool {
        !self.monitors.is_empty()
    }

    /// The session of a key that may be out of date.
    pub fn find(&mut self, key: ClientKey) -> Option<&mut Session> {
        self.slots.get_mut(key.slot)?.as_deref_mut().filter(|session| session.key.id == key.id)
    }

    pub fn by_id(&self, id: ClientId) -> Option<&Session> {
        let slot = *self.by_id.get(&id)?;
        self.slots[slot].as_deref()
    }

    /// Who is in a slot, if anybody is.
    pub fn key_at(&self, slot: ClientSlot) -> Option<ClientKey> {
        self.slots.get(slot)?.as_ref().map(|session| session.key)
    }

    /// The session in a slot that is known to be taken.
    #[expect(clippy::expect_used, reason = "a slot is asked for by its own client's commands only")]
    pub fn at(&self, slot: ClientSlot) -> &Session {
        self.slots[slot].as_deref().expect("a command runs only for a client that is there")
    }

    /// See [`Clients::at`].
    #[expect(clippy::expect_used, reason = "see `at`")]
    pub fn at_mut(&mut self, slot: ClientSlot) -> &mut Session {
        self.slots[slot].as_deref_mut().expect("a command runs only for a client that is there")
    }

    /// In the order they connected.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.by_id.values().filter_map(|&slot| self.slots[slot].as_deref())
    }

    /// In no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(|slot| slot.as_deref_mut())
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn count(&self, kind: ClientKind) -> usize {
        self.iter().filter(|session| session.kind == kind).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_are_found_in_the_order_they_began_and_leave_with_their_client() {
        let mut clients = Clients::default();
        let [a, b, c] =
            [(); 3].map(|()| clients.add(Session::new(String::new(), String::new(), 0)));
        assert!(clients.set_monitor(c.slot, true) && clients.set_monitor(a.slot, true));
        assert!(!clients.set_monitor(c.slot, true) && !clients.set_monitor(b.slot, false));
        let found = |clients: &Clients| clients.monitors().map(|s| s.key).collect::<Vec<_>>();
        assert_eq!(found(&clients), [c, a]);
        clients.remove(c);
        assert_eq!(found(&clients), [a]);
        assert!(clients.set_monitor(a.slot, false) && !clients.has_monitors());
    }
}

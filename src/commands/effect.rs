//! What a command does beyond its reply and the keys it changes. Handlers name effects; the
//! keyspace actor turns them into messages, in one place.

use std::time::Duration;

use bytes::Bytes;

use crate::base::ids::{ClientId, DbIndex};
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::config::Directive;
use crate::replication::model::migration::Target;
use crate::replication::model::status::Acks;
use crate::resp::request::OwnedCommand;
use crate::store::entry::Entry;
use crate::store::waiters::Wanted;

/// How the command itself goes to the replicas and the log.
#[derive(Debug, Default)]
pub enum Propagation {
    /// As the client sent it, when it changed something.
    #[default]
    Verbatim,
    /// As the client sent it, even when it changed nothing (PUBLISH, FLUSHALL of nothing).
    Always,
    /// Not at all.
    Never,
    /// As this instead, when it changed something.
    As(OwnedCommand),
}

/// A command for the stream that the client did not send.
#[derive(Debug)]
pub struct StreamCommand {
    pub db: DbIndex,
    pub command: OwnedCommand,
}

/// Something that happened to a key, for who listens to it.
#[derive(Debug)]
pub struct KeyEvent {
    pub db: DbIndex,
    pub key: Vec<u8>,
    pub event: &'static str,
}

/// The effects of one command.
#[derive(Debug, Default)]
pub struct Effects {
    /// How many changes were made to the data set (Redis's dirty counter).
    pub dirty: u64,
    pub propagation: Propagation,
    rare: RareEffects,
    /// Something may be in `rare`.
    has_rare: bool,
}

/// What few commands do: after most of them nobody looks here.
#[derive(Debug, Default)]
pub struct RareEffects {
    /// Goes to the stream before the command itself: removals of what was found expired.
    pub before: Vec<StreamCommand>,
    /// Goes to the stream after the command itself.
    pub after: Vec<StreamCommand>,
    /// What goes to the stream are changes of their own, not one: SCAN, RANDOMKEY.
    pub is_no_unit: bool,
    pub actions: Vec<Action>,
    /// Those that the settings ask for.
    pub key_events: Vec<KeyEvent>,
    /// Indexes of arguments that the slow log and MONITOR must not show.
    pub redacted: Vec<usize>,
    /// DEBUG SLEEP: the whole keyspace stands still, as part of the command.
    pub stall: Option<Duration>,
    /// What is left to do when the handler is done.
    pub continuation: Option<Continuation>,
}

impl Effects {
    /// Makes ready for the next command; keeps allocations.
    #[inline]
    pub fn reset(&mut self) {
        self.dirty = 0;
        self.propagation = Propagation::Verbatim;
        if self.has_rare {
            self.has_rare = false;
            self.rare.clear();
        }
    }

    /// What is rare, to add to it or to take it.
    #[inline]
    pub fn rare(&mut self) -> &mut RareEffects {
        self.has_rare = true;
        &mut self.rare
    }

    /// What is rare, if there may be anything.
    #[inline]
    pub fn rare_if_any(&mut self) -> Option<&mut RareEffects> {
        self.has_rare.then_some(&mut self.rare)
    }

    /// Whether the command did nothing of which anybody must hear.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.dirty == 0 && !self.has_rare && matches!(self.propagation, Propagation::Verbatim)
    }

    pub fn push(&mut self, action: Action) {
        self.rare().actions.push(action);
    }
}

impl RareEffects {
    /// Whether the stream gets more than the command itself.
    pub fn has_stream_commands(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
    }

    #[cold]
    fn clear(&mut self) {
        self.before.clear();
        self.after.clear();
        self.is_no_unit = false;
        self.actions.clear();
        self.key_events.clear();
        self.redacted.clear();
        self.stall = None;
        self.continuation = None;
    }
}

/// How a command goes on that its handler alone cannot end.
#[derive(Debug)]
pub enum Continuation {
    /// EXEC, whose array was begun: what the client has queued runs now, in the same turn.
    Transaction,
    /// The reply comes later; the client's further commands wait. Not inside a transaction.
    Wait(Block),
}

/// Why a client's reply comes later, and when it comes at the latest.
#[derive(Debug)]
pub enum Block {
    /// WAIT, WAITAOF: until `replicas` have acknowledged `offset`. `deadline` of `None`: no limit.
    Wait { what: Acks, replicas: usize, offset: i64, deadline: Option<UnixMillis> },
    /// BLPOP and its like: until one of the keys holds what the command wants, and then it runs
    /// again. When time is over it is answered with nothing.
    Keys(AwaitedKeys),
    /// `repl-ack-quorum`: what is answered is not given before `replicas` have acknowledged
    /// `offset`.
    Quorum { replicas: usize, offset: i64, deadline: UnixMillis },
    /// `replica-forward-writes`: until our master has answered it and `count - 1` more. `may_wait`:
    /// which may take for ever. `epoch`: of the master; `deadline`: of what ends by itself, and once
    /// it is our master no more, or is silent.
    Forwarded { count: usize, may_wait: bool, epoch: u64, deadline: Option<UnixMillis> },
    /// It is to be forwarded, and asks then whether our master can be reached.
    AwaitingMaster { until: UnixMillis },
    /// What was forwarded is answered; until we have applied our master's stream up to there.
    /// `deadline`: for an offset that is of no stream that comes here.
    CatchingUp { offset: i64, deadline: UnixMillis },
    /// MIGRATE: until the other server has the keys, or does not take them.
    Migrating,
    /// A command that writes to a key that is migrated; it is run when that is over.
    KeyMigrates,
    /// SAVE: until the file is written.
    Save,
    /// DEBUG RELOAD: until the data set is loaded.
    Reload,
    /// CLIENT PAUSE held the command back; it is run when the pause ends.
    Paused,
    /// It writes, and writers are slowed for a replica that lags; it is run in its turn.
    Throttled,
    /// SHUTDOWN: answered only when the shutdown is given up.
    Shutdown,
}

impl Block {
    /// Whether the command has not run, and does so when its client goes on.
    pub fn is_before_running(&self) -> bool {
        matches!(
            self,
            Block::Paused | Block::Throttled | Block::KeyMigrates | Block::AwaitingMaster { .. }
        )
    }
}

/// Keys for which a command waits.
#[derive(Debug)]
pub struct AwaitedKeys {
    /// In the client's database.
    pub db: DbIndex,
    pub keys: Vec<Box<[u8]>>,
    pub wanted: Wanted,
    /// `None`: no limit.
    pub deadline: Option<UnixMillis>,
    /// What runs then, if not the command as it came: XREAD with its `$` made an ID.
    pub again: Option<OwnedCommand>,
}

/// PSYNC or SYNC of a client that is to become a replica.
#[derive(Clone, Debug)]
pub struct SyncRequest {
    pub client: ClientKey,
    /// `PSYNC <replid> <offset>`: the history that it has (`?`: none), as it came.
    pub replid: Vec<u8>,
    /// The number of the first byte that it wants.
    pub wanted: i64,
    /// Plain SYNC: gets no `+FULLRESYNC` line and acknowledges nothing.
    pub is_old_sync: bool,
}

/// SHUTDOWN and its options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownRequest {
    /// `Some(false)` NOSAVE, `Some(true)` SAVE, `None`: save when there are save points.
    pub save: Option<bool>,
    /// Do not wait for replicas that lag.
    pub now: bool,
    /// Errors do not stop it.
    pub force: bool,
}

/// MIGRATE of keys that are there.
#[derive(Debug)]
pub struct MigrateRequest {
    pub target: Target,
    /// Where the keys are here.
    pub db: DbIndex,
    pub entries: Vec<Entry>,
    /// They stay.
    pub copy: bool,
}

/// How DEBUG ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    Panic {
        unix_seconds: i64,
    },
    Segfault,
    /// The program begins anew in the same process, after a time; `save`: with the data set and
    /// the settings that it has now.
    Restart {
        save: bool,
        delay: Duration,
    },
}

/// DEBUG RELOAD and its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReloadRequest {
    /// Write the file first; else load the one that is there.
    pub save: bool,
    /// Drop the data set; else what is loaded comes on top.
    pub flush: bool,
    /// What is loaded replaces what has the same key; else that is an error.
    pub merge: bool,
}

/// Work for the actors.
#[derive(Debug)]
pub enum Action {
    /// Close the calling client when its replies are out.
    CloseAfterReply,
    /// CLIENT KILL: close that client at once (the caller itself: after the reply).
    Kill(ClientId),
    /// Close a client for which more was gathered than it may leave unread.
    CloseOverLimit(ClientId),
    /// Bytes for another client, or for this one beside its reply.
    Push {
        client: ClientId,
        bytes: Bytes,
    },
    /// The paused clients may go on.
    Unpause,
    /// The client unblocks another: `CLIENT UNBLOCK id [ERROR]`.
    Unblock {
        client: ClientId,
        with_error: bool,
    },
    BeginSync(SyncRequest),
    /// REPLICAOF: the links are to hear whom we follow, when all that runs now has had its say.
    SettleRole,
    /// An offset acknowledged by a replica changed, or WAIT wants one: ask all replicas.
    AskForAcks,
    /// MIGRATE. The client is blocked by [`Block::Migrating`].
    Migrate(Box<MigrateRequest>),
    /// BGSAVE; after the save that runs, if one does.
    SaveInBackground,
    /// BGREWRITEAOF.
    RewriteLog,
    /// DEBUG LOADAOF: the client is blocked by [`Block::Reload`].
    LoadLog,
    /// SAVE: the client is blocked until it is done.
    SaveNow,
    /// BACKUP: likewise.
    BackUp {
        name: String,
    },
    Shutdown(ShutdownRequest),
    AbortShutdown,
    /// CONFIG SET changed these directives.
    ConfigChanged(Vec<&'static Directive>),
    /// DEBUG RELOAD: save, empty and load again. The client is blocked by [`Block::Reload`].
    Reload(ReloadRequest),
    /// FLUSHALL: the file is to be as empty as the data set.
    AllFlushed,
    /// DEBUG CHANGE-REPL-ID.
    ChangeReplicationId,
    /// REPLCONF GETACK from our master: tell it that we were here before it.
    AcknowledgeMaster {
        offset: Offset,
    },
    /// Raw bytes for the stream: DEBUG REPLICATE.
    Replicate(StreamCommand),
    /// DEBUG RESTART, CRASH-AND-RECOVER, SEGFAULT, PANIC and the like.
    Crash(Crash),
    /// The limits of client classes changed or the class of this client did.
    ClientClassChanged(ClientId),
}

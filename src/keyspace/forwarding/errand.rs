//! What of a batch goes to our master, and whether it may.

use bytes::BytesMut;

use super::LAST_ANSWER_MILLIS;
use crate::base::time::UnixMillis;
use crate::clients::{ClientSlot, ReplyMode, Transaction};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::error::CommandError;
use crate::commands::waiting;
use crate::keyspace::admission::{admit, admit_elsewhere};
use crate::keyspace::client_limits::connection_limits;
use crate::keyspace::execute::Executor;
use crate::replication::model::feed::encode_command;
use crate::replication::model::forward::{Errand, HOPS_MAX, Standing};
use crate::resp::request::{Args, Batch};

/// Bytes after which no further command joins an errand.
const ERRAND_BYTES: usize = 64 * 1024;
/// Commands of an errand, at most.
const ERRAND_COMMANDS: usize = 1024;
/// What the replies to one may take, where the client's output limit does not say less.
const REPLY_BYTES_MAX: usize = 1 << 30;

impl Executor {
    /// Whether a write that we refuse as a replica is sent to our master instead.
    pub(in crate::keyspace) fn forwards(&self, client: ClientSlot) -> bool {
        let server = &self.state.server;
        let path = &server.clients.at(client).forwarded_by;
        server.config.replication.replica_forward_writes
            && server.replication.is_replica()
            && path.len() < HOPS_MAX
    }

    /// Why an EXEC that writes cannot be sent on; `Ok(false)`: it runs here, and fails.
    pub(in crate::keyspace) fn transaction_may_go(
        &self,
        client: ClientSlot,
    ) -> Result<bool, CommandError> {
        let session = self.state.server.clients.at(client);
        match session.transaction.as_deref() {
            Some(transaction) if transaction.broken => Ok(false),
            Some(transaction) if transaction.acts_on_server => Err(CommandError::NotToBeForwarded),
            _ if self.state.watches.count(client) > 0 => Err(CommandError::WatchedWhileForwarding),
            _ => Ok(true),
        }
    }

    /// Whether a command goes with the one before it.
    fn may_follow(&self, client: ClientSlot, args: Args<'_>) -> bool {
        let Ok(row) = self.registry.resolve(args) else { return false };
        let admission = self.admission(client, row, args, Origin::Client);
        let is_simple = admission.row.has(Flag::Write) && !admission.row.has(Flag::Blocking);
        is_simple
            && matches!(admit(&admission), Err(CommandError::ReadOnlyReplica))
            && admit_elsewhere(&admission).is_ok()
    }

    pub(in crate::keyspace) fn writes(&self, args: Args<'_>) -> bool {
        self.registry.resolve(args).is_ok_and(|row| self.registry.row(row).has(Flag::Write))
    }

    fn may_block(&self, args: Args<'_>) -> bool {
        self.registry.resolve(args).is_ok_and(|row| self.registry.row(row).has(Flag::Blocking))
    }

    /// By when a command is answered that may wait at our master: when its own time is over, and a
    /// little later.
    pub(super) fn answered_by(&self, args: Args<'_>) -> Option<UnixMillis> {
        let row = self.registry.resolve(args).ok()?;
        let facts = self.registry.catalog.entry(row).facts;
        let over = waiting::ends_at(facts, args, self.now())?;
        Some(over.saturating_add(LAST_ANSWER_MILLIS))
    }

    /// What is sent of a batch, from its next command on, and how many commands that is.
    pub(super) fn errand(&self, client: ClientSlot, batch: &Batch, next: usize) -> (Errand, usize) {
        let session = self.state.server.clients.at(client);
        let standing =
            Standing { db: session.db, protocol: session.protocol, quorum: session.quorum };
        let limits = connection_limits(&self.state.server.config, session.kind, true);
        let most_reply_bytes = limits.unwritten_bytes().unwrap_or(REPLY_BYTES_MAX);
        let mut errand = Errand { standing, most_reply_bytes, ..Errand::default() };
        if let Some(transaction) = session.transaction.as_deref() {
            put_transaction(&mut errand, transaction);
            return (errand, 1);
        }
        put(&mut errand, batch, next);
        errand.may_wait = self.may_block(batch.command(next));
        // CLIENT REPLY SKIP looks at each by itself.
        let is_alone =
            errand.may_wait || matches!(session.reply_mode, ReplyMode::Skip | ReplyMode::SkipNext);
        let most = if is_alone { 1 } else { ERRAND_COMMANDS };
        let mut count = 1;
        while count < most
            && errand.bytes.len() < ERRAND_BYTES
            && next + count < batch.len()
            && self.may_follow(client, batch.command(next + count))
        {
            put(&mut errand, batch, next + count);
            count += 1;
        }
        (errand, count)
    }
}

fn put(errand: &mut Errand, batch: &Batch, i: usize) {
    match batch.raw(i) {
        Some(raw) => errand.bytes.extend_from_slice(raw),
        None => encode_args(&mut errand.bytes, batch.command(i)),
    }
    errand.replies += 1;
}

fn put_transaction(errand: &mut Errand, transaction: &Transaction) {
    for queued in &transaction.queue {
        encode_args(&mut errand.bytes, queued.command.args());
    }
    encode_command(&mut errand.bytes, &[b"EXEC"]);
    errand.replies = transaction.queue.len() + 1;
    errand.is_unit = true;
}

fn encode_args(bytes: &mut BytesMut, args: Args<'_>) {
    encode_command(bytes, &args.iter().collect::<Vec<_>>());
}

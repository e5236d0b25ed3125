//! MULTI to EXEC: what was queued runs as one, and goes to the stream as one.

use bytes::BytesMut;

use super::execute::Executor;
use crate::clients::{ClientSlot, QueuedCommand};
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::resp::request::{Args, OwnedCommand};

impl Executor {
    /// Puts a command that was admitted into the client's transaction.
    pub(super) fn queue(&mut self, client: ClientSlot, row: usize, args: Args<'_>) {
        let command = self.registry.row(row).command;
        let session = self.state.server.clients.at_mut(client);
        let Some(transaction) = &mut session.transaction else { return };
        // What is spoilt already never runs: nothing to keep.
        if transaction.broken {
            return;
        }
        transaction.bytes += args.total_bytes();
        transaction.denies_stale |= !command.has(Flag::Stale);
        transaction.denies_loading |= !command.has(Flag::Loading);
        transaction.writes |= command.has(Flag::Write);
        transaction.may_replicate |= command.has(Flag::MayReplicate);
        transaction.needs_memory |= command.has(Flag::DenyOom);
        transaction.queue.push(QueuedCommand { command: OwnedCommand::from_args(args), row });
    }

    /// Runs the queue of an EXEC that was found fit; its handler has written the array's head.
    pub(super) fn run_transaction(
        &mut self,
        client: ClientSlot,
        origin: Origin,
        output: &mut BytesMut,
    ) {
        self.effects.run_transaction = false;
        let Some(transaction) = self.state.server.clients.at_mut(client).transaction.take() else {
            return;
        };
        self.transaction_stream = Some(Vec::new());
        for queued in &transaction.queue {
            // A command that would wait answers at once inside a transaction: handlers look at
            // `in_transaction`.
            self.call(client, queued.row, queued.command.args(), None, origin, output);
        }
        let stream = self.transaction_stream.take().unwrap_or_default();
        self.write_stream(&stream, origin);
    }

    /// DISCARD, RESET, and an EXEC that is refused.
    pub(super) fn discard_transaction(&mut self, client: ClientSlot) {
        self.state.server.clients.at_mut(client).transaction = None;
        self.state.watches.unwatch(client);
    }
}

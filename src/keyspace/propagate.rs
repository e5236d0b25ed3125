//! From effects to the replication stream. Only here is its order decided and its offset counted.

use super::execute::Executor;
use crate::clients::ClientSlot;
use crate::commands::call::Origin;
use crate::commands::effect::{Propagation, StreamCommand};
use crate::resp::request::{Args, OwnedCommand};

impl Executor {
    /// Sends what the command that just ran changed to the stream: at once, or, inside a
    /// transaction, with the rest of it.
    pub(super) fn propagate(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        raw: Option<&[u8]>,
        origin: Origin,
    ) {
        let effects = &mut self.effects;
        self.state.server.persistence.dirty += effects.dirty;
        let own = match std::mem::take(&mut effects.propagation) {
            Propagation::Never => None,
            Propagation::Always => Some(None),
            Propagation::Verbatim if effects.dirty > 0 => Some(None),
            Propagation::As(command) if effects.dirty > 0 => Some(Some(command)),
            Propagation::Verbatim | Propagation::As(_) => None,
        };
        if own.is_none() && effects.before.is_empty() && effects.after.is_empty() {
            return;
        }
        // A replica's stream is its master's, byte for byte.
        if origin == Origin::Master || self.state.server.replication.is_replica() {
            return;
        }
        let db = self.state.server.clients.at(client).db;
        let in_transaction = self.transaction_stream.is_some();
        if !in_transaction && effects.before.is_empty() && effects.after.is_empty() {
            match &own {
                Some(None) => self.write_one(db, args, raw),
                Some(Some(command)) => self.write_one(db, command.args(), None),
                None => {}
            }
            return;
        }
        let own = own.map(|command| StreamCommand {
            db,
            command: command.unwrap_or_else(|| OwnedCommand::from_args(args)),
        });
        let before = effects.before.drain(..);
        let unit: Vec<StreamCommand> = before.chain(own).chain(effects.after.drain(..)).collect();
        match &mut self.transaction_stream {
            Some(stream) => stream.extend(unit),
            None if self.effects.is_no_unit => {
                unit.chunks(1).for_each(|command| self.write_stream(command, origin));
            }
            None => self.write_stream(&unit, origin),
        }
    }

    /// The usual case: one command, as it came.
    fn write_one(&mut self, db: usize, args: Args<'_>, raw: Option<&[u8]>) {
        let replication = &mut self.state.server.replication;
        if !replication.is_feeding {
            return;
        }
        let before = replication.feed.len();
        match raw {
            Some(raw) => replication.feed.encoded(db, raw),
            None => replication.feed.command(db, &args.iter().collect::<Vec<_>>()),
        }
        replication.history.advance(replication.feed.len() - before);
    }

    /// Several commands that belong together: between MULTI and EXEC when more than one.
    pub(super) fn write_stream(&mut self, unit: &[StreamCommand], origin: Origin) {
        let replication = &mut self.state.server.replication;
        if unit.is_empty() || !replication.is_feeding || origin == Origin::Master {
            return;
        }
        let before = replication.feed.len();
        replication.feed.begin_unit();
        for StreamCommand { db, command } in unit {
            replication.feed.command(*db, &command.args().iter().collect::<Vec<_>>());
        }
        replication.feed.end_unit();
        replication.history.advance(replication.feed.len() - before);
    }

    /// One command that no client sent: the removal of an expired key.
    pub(super) fn write_single(&mut self, command: &StreamCommand) {
        let replication = &mut self.state.server.replication;
        if replication.is_feeding && !replication.is_replica() {
            let before = replication.feed.len();
            let args: Vec<_> = command.command.args().iter().collect();
            replication.feed.command(command.db, &args);
            replication.history.advance(replication.feed.len() - before);
        }
    }

    /// `master_repl_offset`.
    pub(super) fn stream_offset(&self) -> i64 {
        self.state.server.replication.history.offset()
    }
}

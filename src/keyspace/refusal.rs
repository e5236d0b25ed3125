//! A command that does not simply run: a gate objects, a pause holds it back, MULTI queues it, or it
//! is none.

use std::time::Duration;

use bytes::BytesMut;

use super::admission::{
    Admission, admit, admit_elsewhere, heeds_failing_disk, is_paused, is_slowed, is_still_permitted,
};
use super::execute::{Executor, Flow};
use super::standing::States;
use crate::clients::ClientSlot;
use crate::commands::call::Origin;
use crate::commands::command::Flag;
use crate::commands::effect::Block;
use crate::commands::error::CommandError;
use crate::commands::registry::Unresolved;
use crate::config::value::choice::PropagationError;
use crate::replication::model::lines::{self, log_line};
use crate::resp::request::Args;
#[cfg(test)]
use crate::resp::request::OwnedCommand;
use crate::state::Server;

/// HTTP is noted in the log no more often than this.
const ATTACK_LOG_PERIOD: Duration = Duration::from_secs(60);
/// Nor that the master's writes cannot be saved.
const UNSAVED_LOG_PERIOD: Duration = Duration::from_secs(10);

impl Executor {
    /// Answers what is no command, or has not the number of arguments that it needs.
    pub(super) fn answer_unresolved(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        unresolved: &Unresolved,
        origin: Origin,
        output: &mut BytesMut,
    ) {
        if is_cross_protocol(args.get(0)) {
            self.cut_cross_protocol(client);
            // Nor is what came before it in the same read, as in Redis.
            output.clear();
        } else {
            self.refuse(client, unresolved.row, &unresolved.error, origin, output);
        }
    }

    /// What becomes of a command in a state that it heeds; `None`: it runs.
    #[cold]
    pub(super) fn ask_gates(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        origin: Origin,
        output: &mut BytesMut,
    ) -> Option<Flow> {
        let admission = self.admission(client, row, args, origin);
        let is_forwarded = match self.admit_or_forward(&admission) {
            Ok(is_forwarded) => is_forwarded,
            Err(error) => {
                self.refuse(client, Some(row), &error, origin, output);
                return Some(Flow::Next);
            }
        };
        let is_unsaved = origin.is_obeyed() && heeds_failing_disk(&admission);
        if is_paused(&admission, self.clock.now()) {
            return Some(Flow::Suspend(Block::Paused));
        }
        if self.touches_migrating(&admission) {
            return Some(Flow::Suspend(Block::KeyMigrates));
        }
        if self.state.server.throttle.is_on() && is_slowed(&admission) {
            let (now, offset) = (self.clock.now(), self.stream_offset());
            if !self.state.server.throttle.admits(client, now, offset) {
                return Some(Flow::Suspend(Block::Throttled));
            }
        }
        if is_unsaved {
            self.take_unsaved(row);
        }
        let is_queueing = self.state.server.clients.at(client).transaction.is_some();
        if is_queueing && !self.registry.row(row).has(Flag::ActsOnTransaction) {
            self.queue(client, row, args, origin);
            self.answer(client, output, |reply| reply.simple("QUEUED"));
            self.standing.forget();
            return Some(Flow::Next);
        }
        is_forwarded.then_some(Flow::Forward)
    }

    /// Whether a command that may run is to run at our master.
    fn admit_or_forward(&self, admission: &Admission<'_>) -> Result<bool, CommandError> {
        match admit(admission) {
            Err(CommandError::ReadOnlyReplica) if self.forwards(admission.client) => {
                admit_elsewhere(admission)?;
                match admission.row.has(Flag::RunsTransaction) {
                    true => self.transaction_may_go(admission.client),
                    false => Ok(true),
                }
            }
            Err(CommandError::ReadOnlyReplica) if self.refuses_for_good(admission.client) => {
                Err(CommandError::ForwardedToReplica)
            }
            admitted => admitted.map(|()| false),
        }
    }

    /// Whether whoever has forwarded a write to us need not wait for us to be told of another role.
    fn refuses_for_good(&self, client: ClientSlot) -> bool {
        let Server { replication, clients, .. } = &self.state.server;
        !clients.at(client).forwarded_by.is_empty() && replication.is_settled_replica(self.now())
    }

    /// Whether nothing objects to a command: the long way, which the states make short.
    pub(super) fn is_let_through(
        &self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        origin: Origin,
    ) -> bool {
        let admission = self.admission(client, row, args, origin);
        let is_queueing = self.state.server.clients.at(client).transaction.is_some();
        let is_slowed = self.state.server.throttle.is_on() && is_slowed(&admission);
        let is_held = is_slowed
            || is_paused(&admission, self.clock.now())
            || self.touches_migrating(&admission);
        admit(&admission).is_ok() && !is_held && !is_queueing
    }

    /// The commands that no state keeps from running as things stand, each with whether the gates
    /// say so too.
    #[cfg(test)]
    pub fn rows_that_simply_run(
        &mut self,
        client: ClientSlot,
        origin: Origin,
    ) -> Vec<(&'static str, bool)> {
        let states = self.standing(client, origin).states;
        let rows = (0..self.heeded.len()).filter(|&row| !states.meet(self.heeded[row]));
        let words = OwnedCommand::from_slices(&[b"command", b"a", b"b", b"c"]);
        let is_let_through = |row| self.is_let_through(client, row, words.args(), origin);
        rows.map(|row| (self.registry.row(row).full_name, is_let_through(row))).collect()
    }

    pub(super) fn admission<'a>(
        &'a self,
        client: ClientSlot,
        row: usize,
        args: Args<'a>,
        origin: Origin,
    ) -> Admission<'a> {
        let facts = self.registry.catalog.entry(row).facts;
        Admission { state: &self.state, row: self.registry.row(row), facts, args, client, origin }
    }

    /// What keeps a command that was queued from running now: a right that its user had then.
    pub(super) fn lost_right(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        origin: Origin,
    ) -> Option<CommandError> {
        if !self.standing(client, origin).states.meet(States::RESTRICTED) {
            return None;
        }
        is_still_permitted(&self.admission(client, row, args, origin)).err()
    }

    /// A browser was made to speak HTTP to us: nothing more of it is run, and it is not answered.
    fn cut_cross_protocol(&mut self, client: ClientSlot) {
        self.standing.forget();
        let session = self.state.server.clients.at_mut(client);
        session.is_closing = true;
        let now = self.clock.last();
        if self.attack_logged.is_none_or(|last| now.since(last) > ATTACK_LOG_PERIOD) {
            self.attack_logged = Some(now);
            log::warn!(
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from {} aborted.",
                session.peer
            );
        }
    }

    /// Answers a command that does not run with its error; a transaction it was for is spoilt. Not
    /// one of the master's: it ran there, and what else is in it runs here too.
    fn refuse(
        &mut self,
        client: ClientSlot,
        row: Option<usize>,
        error: &CommandError,
        origin: Origin,
        output: &mut BytesMut,
    ) {
        self.standing.forget();
        let is_exec = row.is_some_and(|row| self.registry.row(row).has(Flag::RunsTransaction));
        if let Some(row) = row {
            self.state.server.stats.calls[row].rejected += 1;
        }
        let mut message = error.message().into_owned();
        if is_exec {
            self.discard_transaction(client);
            message = CommandError::exec_refused(error).message().into_owned();
        } else if let Some(transaction) = &mut self.state.server.clients.at_mut(client).transaction
        {
            transaction.broken |= !origin.is_obeyed();
        }
        let name = row.map_or("<unknown>", |row| self.registry.row(row).full_name);
        self.count_error(&message, name, origin);
        self.answer(client, output, |reply| reply.error(&message));
    }

    /// The master writes what cannot be saved here: the process ends, unless
    /// `replica-ignore-disk-write-errors` is set.
    #[expect(clippy::panic, reason = "`replica-ignore-disk-write-errors no` asks for one")]
    fn take_unsaved(&mut self, row: usize) {
        let is_sign_of_life = self.registry.row(row).has(Flag::TellsHealth);
        let ignores = self.state.server.config.replication.replica_ignore_disk_write_errors;
        if !ignores && !is_sign_of_life {
            panic!("Replica was unable to write command to disk.");
        }
        let now = self.clock.last();
        if self.unsaved_logged.is_none_or(|last| now.since(last) > UNSAVED_LOG_PERIOD) {
            self.unsaved_logged = Some(now);
            log::warn!("Replica is applying a command even though it is unable to write to disk.");
        }
    }

    /// Counts an error reply. A command of the master's that fails here means that the two have
    /// parted, which is for the log, or for whoever looks at why the process has ended.
    #[expect(clippy::panic, reason = "`propagation-error-behavior panic` asks for one")]
    pub(super) fn count_error(&mut self, message: &[u8], command: &str, origin: Origin) {
        let stats = &mut self.state.server.stats;
        stats.count_error(message);
        if origin.is_obeyed() {
            stats.unexpected_error_replies += 1;
            let text = String::from_utf8_lossy(message.strip_prefix(b"ERR ").unwrap_or(message));
            log_line(&lines::error_in_stream(true, text.trim_end(), command));
            let config = &self.state.server.config.replication;
            // What is written here besides may be the reason.
            let is_strict = config.propagation_error_behavior != PropagationError::Ignore;
            if is_strict && config.replica_read_only {
                panic!(
                    "This replica panicked sending an error to its master after processing the command '{command}'"
                );
            }
        }
    }
}

/// Words that begin a line of HTTP and no command.
fn is_cross_protocol(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

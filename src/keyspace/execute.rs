//! One command from its arguments to its reply: the synchronous heart of the Keyspace, without
//! actors, so that tests can call it.

use std::ops::Range;

use bytes::BytesMut;

use super::admission::heeded_by;
use super::chooser::Chooser;
use super::clock::{Clock, Moment};
use super::outbox::Outbox;
use super::standing::{KnownStanding, Standing, States, keeps_standing};
use super::weighing::Scales;
use crate::base::time::UnixMillis;
use crate::clients::ClientSlot;
use crate::commands::call::{Call, Origin};
use crate::commands::command::Flag;
use crate::commands::effect::{Block, Continuation, Effects};
use crate::commands::error::Outcome;
use crate::commands::keys::{ExpiryRule, KeyObservers, Keys};
use crate::commands::registry::{Registry, Row};
use crate::resp::held::HeldReply;
use crate::resp::reply::{Protocol, Reply};
use crate::resp::request::{Args, OwnedCommand};
use crate::state::{Server, State};

/// What follows a command.
#[derive(Debug)]
pub enum Flow {
    /// The next command of the client.
    Next,
    /// The reply comes later, and the client's further commands wait.
    Suspend(Block),
    /// It did not run: it goes to our master.
    Forward,
}

/// The data set and the commands on it.
pub struct Executor {
    pub state: State,
    pub registry: Registry,
    /// What commands have for others than the reply.
    pub outbox: Outbox,
    /// Those of the command that runs.
    pub(super) effects: Effects,
    /// The transaction that runs.
    pub(super) running: Option<Running>,
    pub(super) clock: Clock,
    /// By row: the states in which the command does not simply run.
    pub(super) heeded: Vec<States>,
    /// Where it is known.
    pub(super) standing: KnownStanding,
    /// The key for whose sake a command that waited runs again.
    pub(super) woken_by: Option<Box<[u8]>>,
    /// The command that runs has written, and so many replicas are to have it before it is
    /// answered.
    asked_quorum: usize,
    /// The reply of such a command, when it is whole.
    pub(super) written: Option<HeldReply>,
    pub(super) in_round: bool,
    /// What counts against `maxmemory`.
    pub(super) scales: Scales,
    pub(super) chooser: Chooser,
    /// There is more to evict, when others have had their turn.
    pub(super) evicts_more: bool,
    /// When HTTP was noted in the log last.
    pub(super) attack_logged: Option<Moment>,
    /// When it was last noted there that the master's writes cannot be saved.
    pub(super) unsaved_logged: Option<Moment>,
}

/// A transaction that runs.
pub(super) struct Running {
    /// CLIENT REPLY as it was at EXEC.
    pub is_silenced: bool,
}

impl Executor {
    pub fn new(mut state: State, registry: Registry) -> Executor {
        state.server.stats.calls.resize_with(registry.catalog.len(), Default::default);
        let heeded = registry.rows().map(|row| heeded_by(row.flags)).collect();
        Executor {
            state,
            registry,
            heeded,
            standing: KnownStanding::default(),
            outbox: Outbox::default(),
            effects: Effects::default(),
            running: None,
            clock: Clock::read(),
            woken_by: None,
            asked_quorum: 0,
            written: None,
            in_round: false,
            scales: Scales::default(),
            chooser: Chooser::default(),
            evicts_more: false,
            attack_logged: None,
            unsaved_logged: None,
        }
    }

    /// Runs one command of a client and writes its reply to `output`. `raw`: the command's bytes
    /// as they came, when they are what the stream would carry.
    pub fn run(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        raw: Option<&[u8]>,
        origin: Origin,
        output: &mut BytesMut,
    ) -> Flow {
        let reply_start = output.len();
        let flow = self.admit_and_run(client, args, raw, origin, output);
        if self.asked_quorum > 0 {
            self.note_written(reply_start..output.len());
        }
        if self.standing.is_known() {
            return flow;
        }
        self.outbox.flush_own(output);
        // One that waits ends when it is answered.
        if matches!(flow, Flow::Next) {
            self.step_reply_mode(client);
        }
        flow
    }

    /// The reply of a command is whole that has written. One that is not answered needs no quorum.
    #[cold]
    fn note_written(&mut self, reply: Range<usize>) {
        let quorum = std::mem::take(&mut self.asked_quorum);
        // Nobody has acknowledged anything who stands at 0.
        let offset = self.stream_offset().max(1);
        self.written = (!reply.is_empty()).then_some(HeldReply { reply, quorum, offset });
    }

    fn admit_and_run(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        raw: Option<&[u8]>,
        origin: Origin,
        output: &mut BytesMut,
    ) -> Flow {
        let resolved = self.registry.resolve(args);
        let row = resolved.as_ref().map_or_else(|unresolved| unresolved.row, |&row| Some(row));
        let session = self.state.server.clients.at_mut(client);
        session.last_command = row.map_or("NULL", |row| self.registry.row(row).full_name);
        session.last_active_at = self.clock.now();
        let db = session.db;
        let row = match resolved {
            Ok(row) => row,
            Err(unresolved) => {
                self.answer_unresolved(client, args, &unresolved, origin, output);
                return Flow::Next;
            }
        };
        self.heed_memory_limit(db);
        let standing = self.standing(client, origin);
        if standing.states.meet(self.heeded[row]) {
            if let Some(flow) = self.ask_gates(client, row, args, origin, output) {
                return flow;
            }
        } else {
            debug_assert!(self.is_let_through(client, row, args, origin), "{standing:?}");
        }
        let continuation = self.call(client, row, args, raw, origin, output);
        if let Some(Continuation::Transaction) = continuation {
            self.run_transaction(client, origin, output);
            // Monitors see EXEC after what it runs.
            if self.state.server.clients.has_monitors() {
                let command = *self.registry.row(row);
                self.feed_monitors(client, &command, args);
            }
        }
        self.state.server.clients.at_mut(client).seen_offset = self.stream_offset();
        match continuation {
            Some(Continuation::Wait(block)) => Flow::Suspend(block),
            Some(Continuation::Transaction) | None => Flow::Next,
        }
    }

    /// Whether nothing has happened since the last command that could concern its client or
    /// others, beside the reply and the keys.
    #[inline]
    pub fn is_undisturbed(&self) -> bool {
        self.standing.is_known()
    }

    /// Runs a command again that waits for `key`, and writes its reply to `output` if it has waited
    /// long enough.
    pub fn run_again(
        &mut self,
        client: ClientSlot,
        args: Args<'_>,
        key: Box<[u8]>,
        output: &mut BytesMut,
    ) -> Flow {
        let Ok(row) = self.registry.resolve(args) else { return Flow::Next };
        self.standing.forget();
        self.woken_by = Some(key);
        let continuation = self.call(client, row, args, None, Origin::Client, output);
        self.woken_by = None;
        if self.asked_quorum > 0 {
            self.note_written(0..output.len());
        }
        self.standing.forget();
        if let Some(Continuation::Wait(block)) = continuation {
            return Flow::Suspend(block);
        }
        self.outbox.flush_own(output);
        self.step_reply_mode(client);
        let seen_offset = self.stream_offset();
        let session = self.state.server.clients.at_mut(client);
        session.seen_offset = seen_offset;
        session.last_active_at = self.clock.now();
        Flow::Next
    }

    #[inline]
    pub(super) fn standing(&mut self, client: ClientSlot, origin: Origin) -> Standing {
        self.standing.look(&self.state.server, client, origin, self.clock.now())
    }

    /// Runs a handler and does what every command needs after it: counting, the stream, the slow
    /// log. Admission and queueing are behind. What is left to do comes back.
    pub(super) fn call(
        &mut self,
        client: ClientSlot,
        row: usize,
        args: Args<'_>,
        raw: Option<&[u8]>,
        origin: Origin,
        output: &mut BytesMut,
    ) -> Option<Continuation> {
        let declared = *self.registry.row(row);
        let standing = self.standing(client, origin);
        let reply_start = output.len();
        self.effects.reset();
        let outcome = self.handle(&standing, &declared, args, origin, output);
        let failed = outcome.is_err();
        if let Err(error) = outcome {
            let message = error.message();
            Reply::new(output, self.protocol(client)).error(&message);
            self.count_error(&message, declared.full_name, origin);
        }
        // A command that may have changed it has the session asked anew.
        let keeps_standing = keeps_standing(&declared);
        if self.is_silenced_now(keeps_standing.then_some(&standing), client) {
            output.truncate(reply_start);
        }
        let mut continuation = None;
        let mut hidden = None;
        if let Some(rare) = self.effects.rare_if_any() {
            continuation = rare.continuation.take();
            if let Some(time) = rare.stall.take() {
                std::thread::sleep(time);
            }
            hidden = self.without_secrets(args);
        }
        let is_exec = matches!(continuation, Some(Continuation::Transaction));
        if is_exec {
            // What it runs sees the time at which it was admitted.
            self.clock.freeze();
        }
        let shown = hidden.as_ref().map_or(args, OwnedCommand::args);
        let reply_bytes = output.len() - reply_start;
        self.count_call(client, row, shown, reply_bytes, failed);
        if self.state.server.clients.has_monitors() && !is_exec && self.woken_by.is_none() {
            self.feed_monitors(client, &declared, shown);
        }
        self.publish_key_events(Some(client));
        let writes = self.propagate(client, args, raw, origin);
        if writes && !declared.has(Flag::ReadOnly) {
            self.asked_quorum = self.asked_quorum.max(standing.quorum);
        }
        self.route_actions(client);
        if !keeps_standing || standing.steps_reply_mode || !self.outbox.has_nothing() {
            self.standing.forget();
        }
        continuation
    }

    /// Gives a handler its view of the state.
    fn handle(
        &mut self,
        standing: &Standing,
        command: &Row,
        args: Args<'_>,
        origin: Origin,
        output: &mut BytesMut,
    ) -> Outcome {
        let now = self.clock.now();
        let State { dataset, watches, waiters, own_keys, keyspace_stats, garbage, server } =
            &mut self.state;
        let rule = match standing.deletes_expired {
            true => ExpiryRule::Delete,
            false => expiry_rule(server, command, origin, now),
        };
        let mut call = Call {
            args,
            keys: Keys {
                dataset,
                db: standing.db,
                now,
                rule,
                uses: standing.uses,
                observers: KeyObservers {
                    watches,
                    waiters,
                    events: standing.events,
                    own_keys: standing.is_replica.then_some(own_keys),
                    notes_own: standing.notes_own,
                    expired_as: standing.expired_as,
                    feeds: standing.feeds,
                },
                stats: keyspace_stats,
                effects: &mut self.effects,
                garbage,
            },
            server,
            catalog: &self.registry.catalog,
            client: standing.client,
            origin,
            now_micros: self.clock.micros(),
            in_transaction: self.running.is_some(),
            woken_by: self.woken_by.as_deref(),
            reply: Reply::new(output, standing.protocol).within(standing.most_reply_bytes),
        };
        (command.handler)(&mut call)
    }

    pub(super) fn protocol(&self, client: ClientSlot) -> Protocol {
        self.state.server.clients.at(client).protocol
    }
}

/// Who deletes what has expired. Under a pause nothing changes by being looked at; but a command
/// that writes all the same (its own transaction has begun the pause) must not leave behind what it
/// took as absent, for the replicas would still have it.
fn expiry_rule(server: &Server, command: &Row, origin: Origin, now: UnixMillis) -> ExpiryRule {
    if !origin.sees_expiry() || server.loading.is_some() {
        ExpiryRule::Ignore
    } else if server.replication.is_replica()
        || (server.pauses.at(now).is_some() && !command.has(Flag::Write))
    {
        ExpiryRule::Hide
    } else {
        ExpiryRule::Delete
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    /// A long script is to run there, while the actor goes on answering.
    #[test]
    fn an_executor_may_go_to_another_thread_and_back_in_the_middle_of_a_clients_work() {
        let mut server = TestServer::new();
        server.check(&[("MULTI", "OK"), ("SET k 1", "QUEUED")]);
        let elsewhere = std::thread::spawn(move || {
            server.check(&[("EXEC", "[OK]"), ("INCR k", "2")]);
            server
        });
        let mut server = elsewhere.join().expect("it runs");
        server.check(&[("GET k", "\"2\"")]);
        assert_eq!(server.stream(), ["SELECT 0", "SET k 1", "INCR k"]);
    }
}

//! The Keyspace actor: owns the state, runs every command, and passes on what follows.
//!
//! Started once by `server.rs`. Receives `Execute` from connections and the messages of
//! replication and persistence (`messages.rs`); sends replies to connections, the stream to the
//! ReplicationManager, snapshots to whoever asked. Lives as long as the process.
//!
//! The stream is flushed once each time the mailbox has run dry: fifty clients' single commands
//! become one message to the manager and one write to each replica.

use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;

use super::applying::Applying;
use super::client_limits::connection_limits;
use super::clock::Moment;
use super::execute::{Executor, Flow};
use super::forwarders::Forwarders;
use super::gate::Gate;
use super::log::Log;
use super::messages::*;
use super::migrations::Migrations;
use super::rounds::PREFETCHED_COMMANDS;
use super::saves::Saves;
use super::stream_log::StreamLog;
use super::waiting::Waiting;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientKind};
use crate::commands::call::Origin;
use crate::commands::effect::{Block, ShutdownRequest};
use crate::net::messages::AdoptSocket;
use crate::net::messages::{After, ToConnection};
use crate::replication::messages::{
    Acknowledge, CutMasterLink, Follow, ForwarderStart, LogSynced, MasterLinkSettings, Migrate,
    StopFollowing, StreamApplied, ToForwarder, ToManager,
};
use crate::replication::model::stream_writer::StreamNews;
use crate::resp::exchange::Exchange;

/// How often housekeeping runs.
const CRON_PERIOD: Duration = Duration::from_millis(100);
/// How often expired keys are looked for.
const EXPIRY_PERIOD: Duration = Duration::from_millis(20);
/// Reply bytes after which a batch goes back before it is done.
const OUTPUT_YIELD_BYTES: usize = 1 << 20;
/// Bytes of input after which it does where its output has a limit: as in Redis, where so much is
/// read at a time, what is asked for with it counts together.
const INPUT_YIELD_BYTES: usize = 16 * 1024;
/// Time after which a batch goes back before it is done, so that others get their turn.
pub(super) const TIME_YIELD: Duration = Duration::from_millis(1);
const TIME_YIELD_NANOS: u64 = TIME_YIELD.as_nanos() as u64;

/// How far a turn of a batch goes, besides its time.
struct Bounds {
    output: usize,
    input: usize,
}

impl Bounds {
    fn of(most_output: Option<usize>, exchange: &Exchange) -> Bounds {
        let done = exchange.next.checked_sub(1).map_or(0, |last| exchange.batch.end_offset(last));
        match most_output {
            None => Bounds { output: OUTPUT_YIELD_BYTES, input: usize::MAX },
            Some(most) => Bounds {
                output: OUTPUT_YIELD_BYTES.min(most),
                input: done.saturating_add(INPUT_YIELD_BYTES),
            },
        }
    }

    #[inline]
    fn are_reached(&self, exchange: &Exchange) -> bool {
        let Some(last) = exchange.next.checked_sub(1) else { return false };
        exchange.output.len() >= self.output
            || (self.input < usize::MAX && exchange.batch.end_offset(last) >= self.input)
    }
}

/// Where the keyspace's messages go; wired by `server.rs`.
pub struct Recipients {
    /// The one edge to the replication manager.
    pub manager: Recipient<ToManager>,
    /// Given to connections that are to hand over their socket.
    pub adopt_socket: Recipient<AdoptSocket>,
    pub follow: Recipient<Follow>,
    pub stop_following: Recipient<StopFollowing>,
    pub cut_master_link: Recipient<CutMasterLink>,
    pub master_link_settings: Recipient<MasterLinkSettings>,
    pub acknowledge: Recipient<Acknowledge>,
    pub log_synced: Recipient<LogSynced>,
    pub stream_applied: Recipient<StreamApplied>,
    /// Starts who takes a client's writes to our master.
    pub start_forwarder: Box<dyn Fn(ForwarderStart) -> Recipient<ToForwarder>>,
    pub migrate: Recipient<Migrate>,
    /// The keyspace itself, for the threads that it starts.
    pub save_finished: Recipient<SaveFinished>,
    pub file_loaded: Recipient<FileLoaded>,
    pub log_news: Recipient<LogNews>,
    pub log_pieces: Recipient<LogPiece>,
    /// Tells the supervisor that commands are answered.
    pub ready: Box<dyn Fn()>,
    /// Tells the supervisor that the end has begun, and whether a last save comes before it.
    pub stopping: Box<dyn Fn(bool)>,
    /// Ends the process with this exit code.
    pub exit: Box<dyn Fn(i32)>,
}

pub struct Keyspace {
    pub(super) executor: Executor,
    pub(super) recipients: Recipients,
    /// By client slot; `None` where nobody is, and for pseudo clients.
    pub(super) connections: Vec<Option<Recipient<ToConnection>>>,
    pub(super) waiting: Waiting,
    pub(super) forwarders: Forwarders<Recipient<ToForwarder>>,
    pub(super) migrations: Migrations,
    /// Those who were woken are served again when others have had their turn.
    pub(super) serves_later: bool,
    /// The timer for the next deadline of those who wait, and what it is set to.
    pub(super) alarm: Option<(UnixMillis, SpawnHandle)>,
    last_cron: Moment,
    pub(super) last_tended: Moment,
    /// There were more expired keys than fit into one slice: another follows.
    pub(super) expires_more: bool,
    /// When it was looked what clients take, and how long that took.
    pub(super) clients_weighed: Option<(Moment, Duration)>,
    /// The next slice of eviction waits for its turn.
    pub(super) evicts_later: bool,
    /// What the master link sent last, unless it is done.
    pub(super) applying: Option<Applying>,
    /// It is not gone on with, since the process is about to end.
    pub(super) stream_rests: bool,
    /// Replies that nobody reads: of the master's commands.
    pub(super) scratch: BytesMut,
    pub(super) saves: Saves,
    pub(super) log: Log,
    /// The stream on disk where there is no such log.
    pub(super) stream_log: StreamLog,
    /// What goes to clients when the stream before it is in the log.
    pub(super) gate: Gate,
    pub(super) shutdown_request: ShutdownRequest,
    /// GETACK is to go to the replicas at the end of the round.
    pub(super) wants_acks: bool,
}

impl Keyspace {
    pub fn new(executor: Executor, recipients: Recipients) -> Keyspace {
        Keyspace {
            executor,
            recipients,
            connections: Vec::new(),
            waiting: Waiting::default(),
            forwarders: Forwarders::default(),
            migrations: Migrations::default(),
            serves_later: false,
            alarm: None,
            last_cron: Moment::now(),
            last_tended: Moment::now(),
            expires_more: false,
            clients_weighed: None,
            evicts_later: false,
            applying: None,
            stream_rests: false,
            scratch: BytesMut::new(),
            saves: Saves::default(),
            log: Log::default(),
            stream_log: StreamLog::default(),
            gate: Gate::default(),
            shutdown_request: ShutdownRequest::default(),
            wants_acks: false,
        }
    }

    /// Runs a batch from its next command on until it is done, a command waits, or the turn is
    /// over.
    pub(super) fn execute(&mut self, client: ClientKey, mut exchange: Box<Exchange>) {
        self.executor.state.server.throttle.begin_turn(client);
        let Some(session) = self.executor.state.server.clients.find(client) else { return };
        if session.is_closing {
            // Told so while it waited.
            exchange.next = exchange.batch.len();
            return self.give_replies(client, exchange, After::Close);
        }
        let config = &self.executor.state.server.config;
        let limits = connection_limits(config, session.kind, session.authenticated);
        let bounds = Bounds::of(limits.unwritten_bytes(), &exchange);
        self.executor.begin_batch();
        let began = self.executor.last_moment();
        let slot = client.slot;
        let mut then = After::Continue;
        while !exchange.is_done() {
            let Exchange { batch, next, output, held } = &mut *exchange;
            let i = *next;
            if !held.is_empty() && self.executor.may_wait(batch.command(i)) {
                break;
            }
            *next += 1;
            if i % PREFETCHED_COMMANDS == 0 {
                self.executor.prefetch(slot, batch, i..batch.len().min(i + PREFETCHED_COMMANDS));
            }
            let flow =
                self.executor.run(slot, batch.command(i), batch.raw(i), Origin::Client, output);
            if let Some(reply) = self.executor.written.take() {
                held.push(reply);
            }
            if !matches!(flow, Flow::Next) {
                if !held.is_empty() {
                    // It did not run: what ran before it is answered first.
                    debug_assert!(did_not_run(&flow), "{flow:?} after writes");
                    *next -= 1;
                    break;
                }
                return self.keep(client, *exchange, flow);
            }
            self.serve_waiters();
            if !self.executor.is_undisturbed() {
                self.carry_out_actions();
                match self.executor.state.server.clients.find(client) {
                    // Killed by its own command.
                    None => return,
                    Some(session) if session.is_closing => {
                        then = After::Close;
                        exchange.next = exchange.batch.len();
                    }
                    // The socket goes to a replica link: what else the client sent goes with it.
                    Some(session) if session.kind == ClientKind::Replica => break,
                    Some(_) => {}
                }
            }
            let turn_is_over = bounds.are_reached(&exchange)
                || self.executor.last_moment().nanos_since(began) >= TIME_YIELD_NANOS;
            if turn_is_over {
                break;
            }
        }
        self.give_replies(client, exchange, then);
    }

    /// The batch stays here: its command waits, or goes to our master.
    fn keep(&mut self, client: ClientKey, exchange: Exchange, flow: Flow) {
        match flow {
            Flow::Next => {}
            Flow::Suspend(block) => self.suspend(client, exchange, block),
            Flow::Forward => self.forward(client, exchange),
        }
        self.carry_out_actions();
    }

    /// Goes on with something when all others on this thread have had their turn. `notify` would
    /// not do: actix handles such a message before it lets go of the thread.
    pub(super) fn after_others(ctx: &mut Context<Self>, go_on: fn(&mut Self, &mut Context<Self>)) {
        let turn = actix::fut::wrap_future::<_, Self>(tokio::task::yield_now());
        ctx.spawn(turn.map(move |(), keyspace, ctx| go_on(keyspace, ctx)));
    }

    /// After each round of messages: the stream goes out, and what is due is done.
    pub(super) fn finish_round(&mut self, ctx: &mut Context<Self>) {
        self.serve_waiters();
        self.look_at_failover();
        self.finish_migrations();
        self.wake_due();
        self.serve_ready(ctx);
        self.set_alarm(ctx);
        self.executor.end_round();
        // The timer waits while messages come: under load the cron runs here.
        if self.executor.last_moment().since(self.last_cron) >= CRON_PERIOD {
            self.run_cron(ctx);
        }
        if self.stream_rests {
            // The end may have been given up.
            self.apply(ctx);
        }
        self.ask_for_acks_when_wanted();
        self.settle_log();
        if self.executor.evicts_more && !self.evicts_later {
            self.evicts_later = true;
            Self::after_others(ctx, Self::evict_slice);
        }
    }

    pub(super) fn run_cron(&mut self, ctx: &mut Context<Self>) {
        self.last_cron = Moment::now();
        self.executor.read_clock();
        self.cron(ctx);
        self.carry_out_actions();
    }

    /// Sends what is new of the stream to the replication manager.
    pub(super) fn flush_stream(&mut self) {
        let now = self.executor.now();
        while let Some(news) = self.executor.state.server.replication.stream.next_news() {
            let replication = &mut self.executor.state.server.replication;
            match &news {
                StreamNews::Appended { start, .. } => replication.times.grew(*start, now),
                StreamNews::Reset { .. } | StreamNews::Begun { .. } | StreamNews::Freed { .. } => {
                    replication.times.clear();
                }
                StreamNews::Renamed { .. } | StreamNews::Disowned { .. } => {}
            }
            self.log_stream(&news);
            self.store_stream(&news);
            self.recipients.manager.do_send(ToManager::Stream(news));
        }
    }
}

impl Actor for Keyspace {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1 << 16);
        ctx.run_interval(CRON_PERIOD, |keyspace, ctx| keyspace.run_cron(ctx));
        ctx.run_interval(EXPIRY_PERIOD, |keyspace, ctx| keyspace.expire_on_time(ctx));
        ctx.spawn(RoundEnd);
        // Only now everything is there that is there without any data.
        let server = &mut self.executor.state.server;
        server.startup_memory_bytes = crate::telemetry::memory::used_bytes();
        self.load_at_start();
    }
}

/// Polled by actix each time the mailbox has run dry.
struct RoundEnd;

impl ActorFuture<Keyspace> for RoundEnd {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        keyspace: &mut Keyspace,
        ctx: &mut Context<Keyspace>,
        _: &mut Task<'_>,
    ) -> Poll<()> {
        keyspace.finish_round(ctx);
        Poll::Pending
    }
}

impl Handler<Execute> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Execute, ctx: &mut Self::Context) {
        let stats = &mut self.executor.state.server.stats;
        stats.net_input_bytes += message.read_bytes;
        stats.net_output_bytes += message.written_bytes;
        stats.reads_processed += 1;
        stats.writes_processed += u64::from(message.written_bytes > 0);
        self.evict_clients();
        self.execute(message.client, message.exchange);
        // The timer waits while messages come.
        if self.alarm.is_some_and(|(at, _)| at <= self.executor.now()) {
            self.wake_due();
        }
        self.serve_ready(ctx);
    }
}

/// Whether the command is to run from its admission on.
fn did_not_run(flow: &Flow) -> bool {
    matches!(flow, Flow::Forward)
        || matches!(flow, Flow::Suspend(block) if block.is_before_running())
}

/// Whether a client that has gone may wait for long: else it is answered, since it may have closed
/// its side only.
fn may_last(block: &Block) -> bool {
    let is_soon_over = matches!(
        block,
        Block::Quorum { .. }
            | Block::Migrating
            | Block::CatchingUp { .. }
            | Block::AwaitingMaster { .. }
            | Block::Forwarded { may_wait: false, .. }
    );
    !is_soon_over
}

impl Handler<PeerClosed> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: PeerClosed, _: &mut Self::Context) {
        let suspended = self.waiting.find(message.client.slot);
        let block = suspended.filter(|waits| waits.client == message.client).map(|s| &s.block);
        match block {
            Some(Block::Quorum { .. }) => self.hurry_held(message.client.slot),
            Some(block) if may_last(block) => self.send(message.client.slot, ToConnection::Close),
            _ => {}
        }
    }
}

impl Handler<ShutdownSignal> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ShutdownSignal, _: &mut Self::Context) {
        self.shutdown_signal(message.name);
    }
}

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
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Bytes, BytesMut};

use super::execute::{Executor, Flow};
use super::following::Applying;
use super::messages::*;
use super::persistence::Saves;
use super::waiting::Waiting;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientKind, ClientSlot, Session, list_line};
use crate::commands::call::Origin;
use crate::commands::effect::ShutdownRequest;
use crate::net::messages::AdoptSocket;
use crate::net::messages::{After, ConnectionLimits, ToConnection};
use crate::replication::messages::{
    Acknowledge, CutMasterLink, Follow, MasterLinkSettings, StopFollowing, StreamApplied, ToManager,
};
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;
use crate::resp::exchange::Exchange;
use crate::resp::limits::Limits;

/// How often housekeeping runs.
const CRON_PERIOD: Duration = Duration::from_millis(100);
/// How often expired keys are looked for.
const EXPIRY_PERIOD: Duration = Duration::from_millis(20);
/// Reply bytes after which a batch goes back before it is done.
const OUTPUT_YIELD_BYTES: usize = 1 << 20;
/// Commands whose keys are fetched from memory together, before the first of them runs.
const PREFETCHED_COMMANDS: usize = 16;
/// Time after which a batch goes back before it is done, so that others get their turn.
pub(super) const TIME_YIELD: Duration = Duration::from_millis(1);

/// Reply bytes that may wait for a client which has still to give the password.
const UNAUTHENTICATED_OUTPUT_BYTES: u64 = 16 * 1024;

/// Where the keyspace's messages go; wired by `server.rs`.
pub struct Links {
    /// The one edge to the replication manager.
    pub manager: Recipient<ToManager>,
    /// Given to connections that are to hand over their socket.
    pub adopt_socket: Recipient<AdoptSocket>,
    pub follow: Recipient<Follow>,
    pub stop_following: Recipient<StopFollowing>,
    pub cut_master_link: Recipient<CutMasterLink>,
    pub master_link_settings: Recipient<MasterLinkSettings>,
    pub acknowledge: Recipient<Acknowledge>,
    pub stream_applied: Recipient<StreamApplied>,
    /// The keyspace itself, for the threads that it starts.
    pub save_finished: Recipient<SaveFinished>,
    pub file_loaded: Recipient<FileLoaded>,
    /// Tells the supervisor that commands are answered.
    pub ready: Box<dyn Fn()>,
    /// Tells the supervisor that the end has begun, and whether a last save comes before it.
    pub stopping: Box<dyn Fn(bool)>,
    /// Ends the process with this exit code.
    pub exit: Box<dyn Fn(i32)>,
}

pub struct Keyspace {
    pub(super) executor: Executor,
    pub(super) links: Links,
    /// By client slot; `None` where nobody is, and for pseudo clients.
    connections: Vec<Option<Recipient<ToConnection>>>,
    pub(super) waiting: Waiting,
    /// Those who were woken are served again when others have had their turn.
    pub(super) serves_later: bool,
    /// The timer for the next deadline of those who wait, and what it is set to.
    pub(super) alarm: Option<(UnixMillis, SpawnHandle)>,
    last_cron: Instant,
    pub(super) last_tended: Instant,
    /// There were more expired keys than fit into one slice: another follows.
    pub(super) expires_more: bool,
    /// What the master link sent last, unless it is done.
    pub(super) applying: Option<Applying>,
    /// Replies that nobody reads: of the master's commands.
    pub(super) scratch: BytesMut,
    pub(super) saves: Saves,
    pub(super) shutdown_request: ShutdownRequest,
    /// GETACK is to go to the replicas at the end of the round.
    pub(super) wants_acks: bool,
}

impl Keyspace {
    pub fn new(executor: Executor, links: Links) -> Keyspace {
        Keyspace {
            executor,
            links,
            connections: Vec::new(),
            waiting: Waiting::default(),
            serves_later: false,
            alarm: None,
            last_cron: Instant::now(),
            last_tended: Instant::now(),
            expires_more: false,
            applying: None,
            scratch: BytesMut::new(),
            saves: Saves::default(),
            shutdown_request: ShutdownRequest::default(),
            wants_acks: false,
        }
    }

    /// Runs a batch from its next command on until it is done, a command waits, or the turn is
    /// over.
    pub(super) fn execute(&mut self, client: ClientKey, mut exchange: Box<Exchange>) {
        let Some(session) = self.executor.state.server.clients.find(client) else { return };
        if session.is_closing {
            // Told so while it waited.
            exchange.next = exchange.batch.len();
            let then = After::Close;
            return self.send(client.slot, ToConnection::Replies { exchange, then });
        }
        self.executor.begin_batch();
        let began = self.executor.last_instant();
        let slot = client.slot;
        let mut then = After::Continue;
        while !exchange.is_done() {
            let Exchange { batch, next, output } = &mut *exchange;
            let i = *next;
            *next += 1;
            if i % PREFETCHED_COMMANDS == 0 {
                self.executor.prefetch(slot, batch, i..batch.len().min(i + PREFETCHED_COMMANDS));
            }
            let flow =
                self.executor.run(slot, batch.command(i), batch.raw(i), Origin::Client, output);
            if let Flow::Suspend(block) = flow {
                self.suspend(client, *exchange, block);
                self.carry_out_actions();
                return;
            }
            if !self.executor.outbox.is_empty() {
                self.carry_out_actions();
            }
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
            let turn_is_over = exchange.output.len() >= OUTPUT_YIELD_BYTES
                || self.executor.last_instant() - began >= TIME_YIELD;
            if turn_is_over {
                break;
            }
        }
        self.send(slot, ToConnection::Replies { exchange, then });
    }

    /// A message to a client's connection, if it still has one.
    pub(super) fn send(&self, slot: ClientSlot, message: ToConnection) {
        if let Some(Some(connection)) = self.connections.get(slot) {
            connection.do_send(message);
        }
    }

    /// Puts another receiver in the place of a client's connection: its replica link.
    pub(super) fn set_connection(&mut self, slot: ClientSlot, to: Option<Recipient<ToConnection>>) {
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = to;
    }

    fn connect(&mut self, message: Connect) {
        self.executor.read_clock();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        server.stats.connections_received += 1;
        if let Some(error) = refusal(server, &message.peer) {
            server.stats.rejected_connections += 1;
            message.replies.do_send(ToConnection::Refuse { error });
            return;
        }
        let mut session = Session::new(message.peer.peer, message.peer.local, now);
        session.fd = message.peer.fd;
        session.is_unix_socket = message.peer.is_unix_socket;
        session.is_local = message.peer.is_loopback || message.peer.is_unix_socket;
        session.gauges = message.gauges;
        session.authenticated = server.config.requirepass.is_none();
        let key = server.clients.add(session);
        self.set_connection(key.slot, Some(message.replies));
        let limits = self.limits_of(key.slot);
        self.send(key.slot, ToConnection::Welcome { client: key, limits });
    }

    /// What a client may send and leave unread, by its class.
    pub(super) fn limits_of(&self, slot: ClientSlot) -> ConnectionLimits {
        let server = &self.executor.state.server;
        let session = server.clients.at(slot);
        let class = match session.kind {
            ClientKind::PubSub => &server.config.client_output_buffer_limit.pubsub,
            ClientKind::Replica => &server.config.client_output_buffer_limit.replica,
            ClientKind::Normal | ClientKind::Master => {
                &server.config.client_output_buffer_limit.normal
            }
        };
        let unauthenticated = !session.authenticated && server.config.requirepass.is_some();
        let hard_bytes = match class.hard_bytes {
            0 if unauthenticated => UNAUTHENTICATED_OUTPUT_BYTES,
            bytes if unauthenticated => bytes.min(UNAUTHENTICATED_OUTPUT_BYTES),
            bytes => bytes,
        };
        ConnectionLimits {
            request: Limits {
                max_bulk_bytes: server.config.proto_max_bulk_len as i64,
                max_query_buffer_bytes: server.config.client_query_buffer_limit,
                unauthenticated,
                from_master: false,
            },
            output_hard_bytes: hard_bytes,
            output_soft_bytes: class.soft_bytes,
            output_soft_seconds: class.soft_seconds,
        }
    }

    /// Takes a client out of every table.
    pub(super) fn forget(&mut self, client: ClientKey) {
        if self.executor.state.server.clients.find(client).is_none() {
            return;
        }
        self.waiting.forget(client.slot);
        self.executor.state.watches.unwatch(client.slot);
        self.executor.state.server.pubsub.forget(client.slot);
        let session = self.executor.state.server.clients.remove(client);
        if session.is_some_and(|session| session.kind == ClientKind::Replica) {
            self.links.manager.do_send(ToManager::ForgetReplica { client: client.id });
        }
        self.set_connection(client.slot, None);
    }

    /// Goes on with something when all others on this thread have had their turn. `notify` would
    /// not do: actix handles such a message before it lets go of the thread.
    pub(super) fn after_others(ctx: &mut Context<Self>, go_on: fn(&mut Self, &mut Context<Self>)) {
        let turn = actix::fut::wrap_future::<_, Self>(tokio::task::yield_now());
        ctx.spawn(turn.map(move |(), keyspace, ctx| go_on(keyspace, ctx)));
    }

    /// After each round of messages: the stream goes out, and what is due is done.
    pub(super) fn finish_round(&mut self, ctx: &mut Context<Self>) {
        self.wake_due();
        self.serve_ready(ctx);
        self.set_alarm(ctx);
        self.executor.end_round();
        // The timer waits while messages come: under load the cron runs here.
        if self.executor.last_instant().saturating_duration_since(self.last_cron) >= CRON_PERIOD {
            self.run_cron(ctx);
        }
        self.ask_for_acks_when_wanted();
        self.flush_stream();
    }

    pub(super) fn run_cron(&mut self, ctx: &mut Context<Self>) {
        self.last_cron = Instant::now();
        self.executor.read_clock();
        self.cron(ctx);
        self.carry_out_actions();
    }

    /// Sends what is new of the stream to the replication manager.
    pub(super) fn flush_stream(&mut self) {
        let stream = &mut self.executor.state.server.replication.stream;
        while let Some(news) = stream.next_news() {
            self.links.manager.do_send(ToManager::Stream(news));
        }
    }
}

/// Why a new client is turned away, as it is told.
fn refusal(server: &crate::state::Server, peer: &PeerInfo) -> Option<Bytes> {
    const DENIED: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n";
    if server.clients.len() >= server.config.maxclients as usize {
        return Some(Bytes::from_static(b"-ERR max number of clients reached\r\n"));
    }
    let unprotected = server.config.protected_mode && server.config.requirepass.is_none();
    if unprotected && !peer.is_loopback && !peer.is_unix_socket {
        return Some(Bytes::from_static(DENIED));
    }
    None
}

impl Actor for Keyspace {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1 << 16);
        ctx.run_interval(CRON_PERIOD, |keyspace, ctx| keyspace.run_cron(ctx));
        ctx.run_interval(EXPIRY_PERIOD, |keyspace, ctx| keyspace.expire_on_time(ctx));
        ctx.spawn(RoundEnd);
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

impl Handler<Connect> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Connect, _: &mut Self::Context) {
        self.connect(message);
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
        self.execute(message.client, message.exchange);
        // The timer waits while messages come.
        if self.alarm.is_some_and(|(at, _)| at <= self.executor.now()) {
            self.wake_due();
        }
        self.serve_ready(ctx);
    }
}

impl Handler<PeerClosed> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: PeerClosed, _: &mut Self::Context) {
        if self.is_suspended(message.client) {
            self.send(message.client.slot, ToConnection::Close);
        }
    }
}

impl Keyspace {
    /// A client left its replies unread for too long.
    fn note_output_limit(&mut self, client: ClientKey) {
        if let Some(line) = self.list_line_of(client) {
            log_line(&lines::master::output_limit_overcome(&line));
        }
    }

    /// A client's line of CLIENT LIST, while it is there.
    pub(super) fn list_line_of(&mut self, client: ClientKey) -> Option<String> {
        let now = self.executor.now();
        let session = self.executor.state.server.clients.find(client)?;
        Some(String::from_utf8_lossy(&list_line(session, now, false, 0)).into_owned())
    }

    /// A client is gone, and what the log says of it.
    fn note_end(&mut self, message: &Disconnected) {
        if message.over_limit == Some(LimitKind::Output) {
            self.note_output_limit(message.client);
        } else if message.by_peer
            && log::log_enabled!(log::Level::Debug)
            && let Some(line) = self.list_line_of(message.client)
        {
            log::debug!("Client closed connection {line}");
        }
    }
}

impl Handler<ReplicaAtFault> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ReplicaAtFault, _: &mut Self::Context) {
        match message.fault {
            ReplicaFault::OverOutputLimit => {
                self.note_output_limit(message.client);
                self.executor.state.server.stats.output_buffer_limit_disconnections += 1;
            }
            ReplicaFault::Spoke(command) => self.note_spoken(message.client, command.args()),
        }
    }
}

impl Handler<Disconnected> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: Disconnected, _: &mut Self::Context) {
        self.note_end(&message);
        let stats = &mut self.executor.state.server.stats;
        match message.over_limit {
            Some(LimitKind::Output) => stats.output_buffer_limit_disconnections += 1,
            Some(LimitKind::QueryBuffer) => stats.query_buffer_limit_disconnections += 1,
            None => {}
        }
        stats.net_input_bytes += message.read_bytes;
        stats.net_output_bytes += message.written_bytes;
        self.forget(message.client);
    }
}

impl Handler<ShutdownSignal> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: ShutdownSignal, _: &mut Self::Context) {
        self.shutdown_signal(message.name);
    }
}

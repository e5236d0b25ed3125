//! The MasterLink: follows a master, from connecting to the last byte of its stream.
//!
//! Owns the socket to the master. Started once by `server.rs`; idle on a master. Receives
//! `Follow` and `StopFollowing` from the Keyspace, the loader thread's reports, and the credit for
//! each batch of the stream. Sends the Keyspace the loaded data set, batches of the stream, and
//! how the link is.
//!
//! ```text
//!  Idle ─Follow─► Waiting ─► Connecting ─► Handshake ─┬─ +FULLRESYNC ─► Transfer ─► Loading ─┐
//!                    ▲                                └─ +CONTINUE ──────────► Streaming ◄───┘
//!                    └───────────── any failure, after a delay ◄──────────────────┘
//! ```

mod connect;
mod stream;
mod sync;

use std::pin::Pin;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use tokio::net::TcpStream;

use self::connect::{NotOpened, open};
use super::loader::LoaderInput;
use super::messages::*;
use super::model::handshake::{Handshake, Have, MasterAuth, Setup};
use super::model::lines;
use super::model::lines::log_line;
use super::model::rdb_stream::RdbStream;
use super::model::reconnect::{self, Attempt, Awaiting};
use super::model::standstill::Standstill;
use super::model::status::{LinkState, MasterLinkStatus};
use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::base::text::system_text;
use crate::base::time::UnixMillis;
use crate::keyspace::messages::{
    ApplyStream, LoadedDataset, MasterLinkChanged, MasterStreamLost, StreamContinued,
};
use crate::net::output::OutputQueue;
use crate::net::stream::Stream;
use crate::resp::parser::Parser;
use crate::resp::request::Batch;
use crate::store::garbage::Garbage;

/// How often the link looks at its clock: acknowledgement, newlines, timeouts.
const TICK: Duration = Duration::from_secs(1);
/// Room made for one read, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of a transfer that the loader thread may be behind.
const LOADER_BYTES_MAX: usize = 8 << 20;
/// Bytes of the stream kept while a batch is applied or a data set is loaded; then the socket's
/// buffer, and the master's, have to do.
const STREAM_BYTES_MAX: usize = 4 << 20;

/// The keyspace as the link sees it.
pub struct KeyspaceRecipients {
    pub loaded: Recipient<LoadedDataset>,
    pub continued: Recipient<StreamContinued>,
    pub apply: Recipient<ApplyStream>,
    pub changed: Recipient<MasterLinkChanged>,
    pub lost: Recipient<MasterStreamLost>,
}

enum Phase {
    /// Nobody to follow, or waiting for the next attempt.
    Idle,
    Connecting,
    Handshake(Handshake),
    /// The RDB comes in.
    Transfer {
        rdb: RdbStream,
        loader: Option<LoaderInput>,
        point: Point,
    },
    /// The RDB is all here; the loader thread works on it.
    Loading {
        point: Point,
    },
    Streaming,
}

/// What the RDB stands for; no ID from a master that knows SYNC only.
#[derive(Clone, Copy)]
struct Point {
    id: Option<ReplId>,
    offset: i64,
}

pub struct MasterLink {
    keyspace: KeyspaceRecipients,
    now: fn() -> UnixMillis,
    garbage: Garbage,
    random: Random,
    follow: Option<Follow>,
    phase: Phase,
    stream: Option<Stream>,
    status: MasterLinkStatus,
    input: BytesMut,
    output: OutputQueue,
    parser: Parser,
    /// Here when no batch is away.
    batch: Option<Box<Batch>>,
    have: Option<Have>,
    /// The last data set came until a mark: from a master that knows REPLCONF ACK.
    knows_acks: bool,
    /// Attempts that failed since the link last worked.
    failures: u32,
    attempt_kind: Attempt,
    /// When the stream began to flow, and whether everything came before it.
    streaming_since: UnixMillis,
    is_after_full_sync: bool,
    /// Counts connections: what belongs to an earlier one is told apart.
    attempt: u64,
    /// Bytes that the loader thread has not used yet.
    loader_behind: usize,
    read_bytes: u64,
    written_bytes: u64,
    needs_connect: bool,
    standstill: Standstill,
    /// Wakes the socket loop when something other than a message gave it work.
    waker: Option<Waker>,
}

impl MasterLink {
    pub fn new(
        keyspace: KeyspaceRecipients,
        now: fn() -> UnixMillis,
        garbage: Garbage,
    ) -> MasterLink {
        MasterLink {
            keyspace,
            now,
            garbage,
            random: Random::from_entropy(),
            follow: None,
            phase: Phase::Idle,
            stream: None,
            status: MasterLinkStatus::new(String::new(), 0),
            input: BytesMut::new(),
            output: OutputQueue::default(),
            parser: Parser::default(),
            batch: Some(Box::default()),
            have: None,
            knows_acks: false,
            failures: 0,
            attempt_kind: Attempt::Fresh,
            streaming_since: 0,
            is_after_full_sync: false,
            attempt: 0,
            loader_behind: 0,
            read_bytes: 0,
            written_bytes: 0,
            needs_connect: false,
            standstill: Standstill::new(now()),
            waker: None,
        }
    }

    fn epoch(&self) -> u64 {
        self.follow.as_ref().map_or(0, |follow| follow.epoch)
    }

    // --- beginning and ending ---------------------------------------------------------------

    fn start_following(&mut self, follow: Follow, ctx: &mut Context<Self>) {
        self.close();
        self.status = MasterLinkStatus::new(follow.host.clone(), follow.port);
        self.have = follow.have;
        self.follow = Some(follow);
        self.failures = 0;
        self.attempt_kind = Attempt::Fresh;
        self.needs_connect = true;
        self.connect(ctx);
    }

    /// Drops the socket and everything that came over it and was not used.
    fn close(&mut self) {
        self.attempt += 1;
        self.stream = None;
        self.phase = Phase::Idle;
        self.input.clear();
        self.output = OutputQueue::default();
        self.parser = Parser::default();
        self.loader_behind = 0;
    }

    /// The link is of no use any more: try again, soon at first.
    fn retry(&mut self, kind: Attempt, ctx: &mut Context<Self>) {
        let was_up = self.status.is_up();
        self.close();
        self.attempt_kind = kind;
        self.status.state = LinkState::Connect;
        self.status.transfer = None;
        if was_up {
            self.status.down_since = Some((self.now)());
            log_line(&lines::replica::link_lost());
            if self.have.is_some() {
                log_line(&lines::replica::caching_master());
            }
            if reconnect::has_worked(self.is_after_full_sync, self.streaming_since, (self.now)()) {
                self.failures = 0;
            }
            self.keyspace.lost.do_send(MasterStreamLost { epoch: self.epoch() });
        }
        self.report();
        let delay = Duration::from_millis(reconnect::delay_millis(kind, self.failures));
        self.failures += 1;
        self.needs_connect = true;
        ctx.run_later(delay, |link, ctx| link.connect(ctx));
    }

    /// Connects, unless a batch is still being applied: where we are is known only after it.
    fn connect(&mut self, ctx: &mut Context<Self>) {
        let Some(follow) = &self.follow else { return };
        if !self.needs_connect || self.batch.is_none() {
            return;
        }
        self.needs_connect = false;
        log_line(&self.attempt_kind.line(&follow.host, follow.port));
        log_line(&lines::replica::sync_started());
        self.phase = Phase::Connecting;
        self.status.state = LinkState::Connecting;
        self.status.last_io = (self.now)();
        let (host, port) = (follow.host.clone(), follow.port);
        let source = follow.settings.bind_source.clone();
        let attempt = self.attempt;
        let connecting = actix::fut::wrap_future::<_, Self>(open(host, port, source));
        let connecting = connecting.map(move |opened, link: &mut Self, ctx: &mut Context<Self>| {
            if link.attempt == attempt {
                link.connected(opened, ctx);
            }
        });
        ctx.spawn(connecting);
        self.report();
    }

    fn connected(&mut self, opened: Result<TcpStream, NotOpened>, ctx: &mut Context<Self>) {
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                log_line(&match error {
                    NotOpened::NoAddress(error) => {
                        lines::replica::unable_to_connect(&system_text(&error))
                    }
                    NotOpened::NotConnected(error) => {
                        lines::replica::connect_failed(&system_text(&error))
                    }
                });
                return self.retry(Attempt::Fresh, ctx);
            }
        };
        let Some(follow) = &self.follow else { return };
        log_line(&lines::replica::connected());
        let settings = &follow.settings;
        let _ = stream.set_nodelay(true);
        let addresses =
            stream.local_addr().and_then(|l| Ok((l.to_string(), stream.peer_addr()?.to_string())));
        let auth = settings
            .password
            .clone()
            .map(|password| MasterAuth { user: settings.user.clone(), password });
        let setup = Setup {
            auth,
            listening_port: settings.listening_port,
            announce_ip: settings.announce_ip.clone(),
            have: self.have,
        };
        self.stream = Some(Stream::Tcp(stream));
        let (handshake, step) = Handshake::start(setup);
        self.phase = Phase::Handshake(handshake);
        self.status.state = LinkState::Handshake;
        self.status.last_io = (self.now)();
        self.take_step(step, ctx);
        self.report_with(addresses.ok());
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    // --- the socket -------------------------------------------------------------------------

    /// One round: write, work on what is there, read.
    fn poll_socket(&mut self, ctx: &mut Context<Self>, task: &mut Task<'_>) {
        loop {
            self.work(ctx);
            let Some(stream) = &mut self.stream else { return };
            if let Poll::Ready(Err(error)) =
                self.output.poll_flush(stream, task, &mut self.written_bytes)
            {
                return self.socket_failed(Some(error), ctx);
            }
            if !self.wants_input() {
                return;
            }
            self.input.reserve(READ_BYTES.max(self.parser.wanted_bytes()));
            let Some(stream) = &mut self.stream else { return };
            match stream.poll_read(task, &mut self.input) {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => return self.socket_failed(None, ctx),
                Poll::Ready(Err(error)) => return self.socket_failed(Some(error), ctx),
                Poll::Ready(Ok(count)) => {
                    self.read_bytes += count as u64;
                    self.status.last_io = (self.now)();
                }
            }
        }
    }

    /// Whether there is room for more.
    fn wants_input(&self) -> bool {
        match self.phase {
            Phase::Idle | Phase::Connecting => false,
            Phase::Handshake(_) => true,
            Phase::Transfer { .. } => self.loader_behind < LOADER_BYTES_MAX,
            Phase::Loading { .. } | Phase::Streaming => {
                self.input.len() < STREAM_BYTES_MAX
                    || (self.batch.is_some() && matches!(self.phase, Phase::Streaming))
            }
        }
    }

    fn socket_failed(&mut self, error: Option<std::io::Error>, ctx: &mut Context<Self>) {
        let text = error.map_or("connection lost".to_owned(), |e| system_text(&e));
        let kind = match &mut self.phase {
            Phase::Handshake(handshake) => {
                let step = handshake.on_disconnect(&text);
                step.log.iter().for_each(log_line);
                Attempt::Fresh
            }
            Phase::Transfer { .. } => {
                log_line(&lines::replica::transfer_failed(&text));
                Attempt::TransferFailed
            }
            Phase::Loading { .. } => Attempt::TransferFailed,
            _ => Attempt::LinkLost,
        };
        self.retry(kind, ctx);
    }

    /// Works on the input until more must be read or a message must come.
    fn work(&mut self, ctx: &mut Context<Self>) {
        loop {
            let progressed = match &self.phase {
                Phase::Handshake(_) => self.handshake_line(ctx),
                Phase::Transfer { .. } => self.transfer_event(ctx),
                Phase::Streaming => self.submit(ctx),
                Phase::Idle | Phase::Connecting | Phase::Loading { .. } => false,
            };
            if !progressed {
                return;
            }
        }
    }

    // --- by the clock -----------------------------------------------------------------------

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let may_blame = self.standstill.tick((self.now)());
        let Some(follow) = &self.follow else { return };
        let awaiting = match self.phase {
            _ if !may_blame => None,
            Phase::Idle | Phase::Loading { .. } => None,
            Phase::Connecting | Phase::Handshake(_) => Some(Awaiting::Handshake),
            Phase::Transfer { .. } => Some(Awaiting::Transfer),
            Phase::Streaming => Some(Awaiting::Stream),
        };
        let timeout = follow.settings.timeout_seconds;
        let late = awaiting
            .and_then(|a| reconnect::timed_out(a, self.status.last_io, timeout, (self.now)()));
        if let Some(line) = late {
            log_line(&line);
            let kind = match self.phase {
                Phase::Streaming => Attempt::LinkLost,
                Phase::Transfer { .. } => Attempt::TransferFailed,
                _ => Attempt::Fresh,
            };
            return self.retry(kind, ctx);
        }
        match self.phase {
            Phase::Streaming => self.acknowledge_progress(),
            // A sign of life while the data set is loaded.
            Phase::Transfer { .. } | Phase::Loading { .. } if self.output.is_empty() => {
                self.output.push(Bytes::from_static(b"\n"));
            }
            _ => {}
        }
        self.report();
    }

    fn report(&mut self) {
        self.report_with(None);
    }

    /// Tells the keyspace how the link is.
    fn report_with(&mut self, addresses: Option<(String, String)>) {
        self.keyspace.changed.do_send(MasterLinkChanged {
            epoch: self.epoch(),
            status: self.status.clone(),
            read_bytes: std::mem::take(&mut self.read_bytes),
            addresses,
        });
    }
}

impl Actor for MasterLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |link, ctx| link.tick(ctx));
        ctx.spawn(SocketLoop);
    }
}

impl Handler<Follow> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: Follow, ctx: &mut Self::Context) {
        self.start_following(message, ctx);
    }
}

impl Handler<StopFollowing> for MasterLink {
    type Result = ();
    fn handle(&mut self, _: StopFollowing, _: &mut Self::Context) {
        self.close();
        self.follow = None;
        self.needs_connect = false;
    }
}

impl Handler<CutMasterLink> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: CutMasterLink, ctx: &mut Self::Context) {
        if message.epoch == self.epoch() && matches!(self.phase, Phase::Streaming) {
            self.retry(Attempt::LinkLost, ctx);
        }
    }
}

impl Handler<MasterLinkSettings> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: MasterLinkSettings, _: &mut Self::Context) {
        if let Some(follow) = &mut self.follow {
            follow.settings = message;
        }
    }
}

impl Handler<Acknowledge> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: Acknowledge, _: &mut Self::Context) {
        self.acknowledge(message.offset);
    }
}

impl Handler<StreamApplied> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: StreamApplied, ctx: &mut Self::Context) {
        self.applied(message, ctx);
    }
}

impl Handler<LoadFinished> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: LoadFinished, ctx: &mut Self::Context) {
        self.load_finished(message, ctx);
    }
}

impl Handler<LoaderAdvanced> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: LoaderAdvanced, _: &mut Self::Context) {
        if message.attempt == self.attempt {
            self.loader_behind = self.loader_behind.saturating_sub(message.bytes);
        }
    }
}

/// The future that owns the socket's readiness; it lives as long as the actor.
struct SocketLoop;

impl ActorFuture<MasterLink> for SocketLoop {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        link: &mut MasterLink,
        ctx: &mut Context<MasterLink>,
        task: &mut Task<'_>,
    ) -> Poll<()> {
        if link.waker.as_ref().is_none_or(|waker| !waker.will_wake(task.waker())) {
            link.waker = Some(task.waker().clone());
        }
        link.poll_socket(ctx, task);
        Poll::Pending
    }
}

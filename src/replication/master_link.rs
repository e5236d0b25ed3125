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
//!
//! A socket that fails in `Loading` or `Streaming` ends these only when what had come is used up.

mod clock;
mod connect;
mod noting;
mod socket;
mod stream;
mod sync;

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;

use super::loader::LoaderInput;
use super::messages::*;
use super::model::ack_pace::AckPace;
use super::model::handshake::{Handshake, Have};
use super::model::journal::{Cause, Event};
use super::model::lag::StreamTimes;
use super::model::lines;
use super::model::lines::log_line;
use super::model::rdb_stream::RdbStream;
use super::model::received_gauge::ReceivedGauge;
use super::model::reconnect::{self, Attempt};
use super::model::standstill::Standstill;
use super::model::status::{LinkState, MasterLinkStatus};
use super::model::stream_sums::ReadSums;
use crate::base::ids::ReplId;
use crate::base::offset::Offset;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::keyspace::messages::{
    ApplyStream, HandOverAnswered, LoadedDataset, MakeRoom, MasterLinkChanged, MasterStreamLost,
    StreamContinued,
};
use crate::net::output::OutputQueue;
use crate::net::socket_loop::SocketLoop;
use crate::net::stream::Stream;
use crate::resp::parser::Parser;
use crate::resp::request::Batch;
use crate::store::garbage::Garbage;

/// How often the link looks at its clock: acknowledgement, newlines, timeouts.
const TICK: Duration = Duration::from_secs(1);
/// Bytes of a transfer that the loader thread may be behind.
const LOADER_BYTES_MAX: usize = 8 << 20;

/// The keyspace as the link sees it.
pub struct KeyspaceRecipients {
    pub make_room: Recipient<MakeRoom>,
    pub loaded: Recipient<LoadedDataset>,
    pub continued: Recipient<StreamContinued>,
    pub apply: Recipient<ApplyStream>,
    pub changed: Recipient<MasterLinkChanged>,
    pub lost: Recipient<MasterStreamLost>,
    pub hand_over_answered: Recipient<HandOverAnswered>,
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
    /// The RDB is all here; the loader thread works on it, then the keyspace, which has the batch
    /// meanwhile.
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
    /// The master was asked to take over from us on a connection that ended before its answer.
    asked_to_take_over: bool,
    /// It then said that it is a master already.
    target_is_master: bool,
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
    /// When there was last no room to read what the master may have sent.
    unread_since: UnixMillis,
    /// The newest offset to acknowledge, as soon as the master has taken what was written before:
    /// one that asks and does not read is answered once.
    unsent_ack: Option<i64>,
    /// What our append-only log has of the stream, safe on disk.
    fsynced: Option<Offset>,
    ack_pace: AckPace,
    /// What is to be told of the stream that has come, to a master that wants to hear it; such a one
    /// takes beside what was applied what has come, too.
    sums: Option<ReadSums>,
    hears_sums: bool,
    /// The stream has come up to here, and when it did; shown by the gauge.
    received: Offset,
    received_times: StreamTimes,
    gauge: Arc<ReceivedGauge>,
    /// The time has come to connect; a batch that is away may be waited for.
    needs_connect: bool,
    standstill: Standstill,
    /// What happened and was not told, and why the link ends when that is known.
    events: Vec<Event>,
    cause: Option<Cause>,
    connected_at: UnixMillis,
    /// The journal has heard that the master serves us.
    is_served: bool,
    connection_bytes: u64,
    /// Wakes the socket loop when something other than a message gave it work.
    waker: Option<Waker>,
}

impl MasterLink {
    pub fn new(
        keyspace: KeyspaceRecipients,
        now: fn() -> UnixMillis,
        garbage: Garbage,
        gauge: Arc<ReceivedGauge>,
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
            asked_to_take_over: false,
            target_is_master: false,
            knows_acks: false,
            failures: 0,
            attempt_kind: Attempt::Fresh,
            streaming_since: 0,
            is_after_full_sync: false,
            attempt: 0,
            loader_behind: 0,
            read_bytes: 0,
            written_bytes: 0,
            unread_since: 0,
            unsent_ack: None,
            fsynced: None,
            ack_pace: AckPace::default(),
            sums: None,
            hears_sums: false,
            received: 0,
            received_times: StreamTimes::default(),
            gauge,
            needs_connect: false,
            standstill: Standstill::new(now()),
            events: Vec::new(),
            cause: None,
            connected_at: 0,
            is_served: false,
            connection_bytes: 0,
            waker: None,
        }
    }

    fn epoch(&self) -> u64 {
        self.follow.as_ref().map_or(0, |follow| follow.epoch)
    }

    // --- beginning and ending ---------------------------------------------------------------

    fn start_following(&mut self, follow: Follow, ctx: &mut Context<Self>) {
        self.note_end(match follow.refused_syncs {
            0 => Cause::RoleChange,
            _ => Cause::DatasetRefused,
        });
        self.close();
        self.status = MasterLinkStatus::new(follow.host.clone(), follow.port);
        self.have = follow.have;
        let refused = follow.refused_syncs;
        self.follow = Some(follow);
        (self.asked_to_take_over, self.target_is_master) = (false, false);
        self.sums = None;
        self.failures = 0;
        if let Some(before) = refused.checked_sub(1) {
            self.failures = before;
            return self.retry(Attempt::DatasetRefused, ctx);
        }
        self.attempt_kind = Attempt::Fresh;
        self.needs_connect = true;
        self.connect(ctx);
    }

    /// Drops the socket and everything that came over it and was not used.
    fn close(&mut self) {
        self.attempt += 1;
        self.needs_connect = false;
        self.stream = None;
        self.phase = Phase::Idle;
        self.input.clear();
        self.output = OutputQueue::default();
        self.unsent_ack = None;
        self.ack_pace = AckPace::default();
        self.parser = Parser::default();
        self.loader_behind = 0;
    }

    /// The link is of no use any more: try again, soon at first.
    fn retry(&mut self, kind: Attempt, ctx: &mut Context<Self>) {
        let was_up = self.status.is_up();
        self.note_failure(kind);
        if let Phase::Handshake(handshake) = &self.phase {
            self.asked_to_take_over |= handshake.has_asked();
        }
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
        let attempt = self.attempt;
        ctx.run_later(delay, move |link, ctx| {
            if link.attempt == attempt {
                link.needs_connect = true;
                link.connect(ctx);
            }
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
        self.note_end(Cause::RoleChange);
        self.close();
        self.follow = None;
        self.report();
    }
}

impl Handler<CutMasterLink> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: CutMasterLink, ctx: &mut Self::Context) {
        let is_current = message.epoch == self.epoch();
        if is_current && message.from_scratch {
            self.have = None;
            self.cause = Some(Cause::ProtocolError);
            self.retry(Attempt::DatasetRefused, ctx);
        } else if is_current && matches!(self.phase, Phase::Streaming) {
            self.cause = Some(Cause::Killed);
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

impl Handler<LogSynced> for MasterLink {
    type Result = ();
    fn handle(&mut self, message: LogSynced, ctx: &mut Self::Context) {
        self.log_synced(message.offset, ctx);
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
        if message.attempt != self.attempt {
            return;
        }
        match message.what {
            LoaderNews::UsedUp { bytes } => {
                self.loader_behind = self.loader_behind.saturating_sub(bytes);
            }
            LoaderNews::MasterMemory { bytes } => {
                if let Some(transfer) = &mut self.status.transfer {
                    transfer.master_memory_bytes = bytes;
                }
                self.look_for_room(bytes);
                self.report();
            }
        }
    }
}

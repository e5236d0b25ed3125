//! From the first word to the last byte of the RDB: the handshake, and a full sync by a thread that
//! decodes what comes while the old data set serves.

use actix::prelude::*;

use super::{LOADER_BYTES_MAX, MasterLink, Phase, Point};
use crate::keyspace::messages::{HandOverAnswered, LoadedDataset, MakeRoom};
use crate::rdb::load::LoadOptions;
use crate::replication::loader::{self, LoadJob};
use crate::replication::messages::{LoadFinished, LoadedSync};
use crate::replication::model::handshake::{Have, Outcome, Step};
use crate::replication::model::journal::Cause;
use crate::replication::model::lines::log_line;
use crate::replication::model::lines::{self, LoadTarget};
use crate::replication::model::rdb_stream::{RdbStream, TransferEvent, take_line};
use crate::replication::model::reconnect::Attempt;
use crate::replication::model::room::{Room, Shortage};
use crate::replication::model::status::{LinkState, TransferStatus};
use crate::telemetry::{memory, process};

impl MasterLink {
    pub(super) fn handshake_line(&mut self, ctx: &mut Context<Self>) -> bool {
        let Phase::Handshake(handshake) = &mut self.phase else { return false };
        match take_line(&mut self.input) {
            Ok(None) => false,
            Ok(Some(line)) => {
                let step = handshake.on_line(&line);
                self.hears_sums = handshake.hears_sums();
                self.take_step(step, ctx);
                true
            }
            Err(_) => {
                log::warn!("Bad protocol from MASTER, a line of its does not end");
                self.cause = Some(Cause::ProtocolError);
                self.retry(Attempt::Fresh, ctx);
                false
            }
        }
    }

    pub(super) fn take_step(&mut self, step: Step, ctx: &mut Context<Self>) {
        step.log.iter().for_each(log_line);
        self.output.push(step.send);
        let Some(outcome) = step.outcome else { return };
        self.note_outcome(outcome);
        match outcome {
            Outcome::FullSync { .. } | Outcome::Continue { .. } | Outcome::HandOverPassedOn => {
                self.tell_of_hand_over(true);
            }
            Outcome::HandOverDone => self.target_is_master = true,
            Outcome::Retry => self.target_is_master = false,
            Outcome::OldSync | Outcome::HandOverRefused => {}
        }
        match outcome {
            Outcome::HandOverRefused => self.hand_over_refused(),
            Outcome::Retry | Outcome::HandOverDone | Outcome::HandOverPassedOn => {
                self.retry(Attempt::Fresh, ctx)
            }
            Outcome::FullSync { id, offset } => self.begin_transfer(Point { id: Some(id), offset }),
            Outcome::OldSync => self.begin_transfer(Point { id: None, offset: 0 }),
            Outcome::Continue { new_id } => self.continue_stream(new_id),
        }
    }

    /// The replica that we hand over to does not want it: we wait for the keyspace to end this.
    pub(super) fn hand_over_refused(&mut self) {
        self.close();
        self.status.state = LinkState::Connect;
        self.report();
        self.tell_of_hand_over(false);
    }

    fn tell_of_hand_over(&mut self, takes_over: bool) {
        let Some(follow) = &mut self.follow else { return };
        let epoch = follow.epoch;
        if std::mem::take(&mut follow.hands_over) {
            self.keyspace.hand_over_answered.do_send(HandOverAnswered { epoch, takes_over });
        }
    }

    fn begin_transfer(&mut self, point: Point) {
        self.phase = Phase::Transfer { rdb: RdbStream::new(), loader: None, point };
        self.status.state = LinkState::Transfer;
        self.status.transfer = Some(TransferStatus::begun((self.now)()));
        self.report();
    }

    pub(super) fn transfer_event(&mut self, ctx: &mut Context<Self>) -> bool {
        let Phase::Transfer { rdb, loader, .. } = &mut self.phase else { return false };
        let event = match rdb.next(&mut self.input) {
            Ok(Some(event)) => event,
            Ok(None) => return false,
            Err(error) => {
                log_line(&error.log_line());
                self.retry(Attempt::TransferFailed, ctx);
                return false;
            }
        };
        if let Some(transfer) = &mut self.status.transfer {
            transfer.last_io = (self.now)();
        }
        if let Some(line) = event.log_line(LoadTarget::Parser) {
            log_line(&line);
        }
        match event {
            TransferEvent::KeepAlive => {}
            TransferEvent::Begin { length } => return self.start_loader(length, ctx),
            TransferEvent::Rdb(bytes) => {
                if let Some(transfer) = &mut self.status.transfer {
                    transfer.read_bytes += bytes.len() as i64;
                }
                self.loader_behind += bytes.len();
                if let Some(loader) = loader {
                    loader.piece(bytes);
                }
                return self.loader_behind < LOADER_BYTES_MAX;
            }
            TransferEvent::End => {
                if let Phase::Transfer { loader, point, .. } =
                    std::mem::replace(&mut self.phase, Phase::Idle)
                {
                    if let Some(loader) = loader {
                        loader.end();
                    }
                    if let Some(transfer) = &mut self.status.transfer {
                        transfer.is_received = true;
                    }
                    self.phase = Phase::Loading { point };
                }
            }
        }
        true
    }

    fn start_loader(&mut self, length: Option<u64>, ctx: &mut Context<Self>) -> bool {
        self.note_transfer();
        let Some(follow) = &self.follow else { return false };
        log_line(&lines::replica::loading());
        if let Some(transfer) = &mut self.status.transfer {
            transfer.total_bytes = length.map_or(0, |length| length as i64);
        }
        if follow.settings.flushes_before_load {
            self.make_room(None);
        }
        let Some(follow) = &self.follow else { return false };
        let now = (self.now)();
        let job = LoadJob {
            epoch: follow.epoch,
            attempt: self.attempt,
            databases: follow.settings.databases,
            seed: self.random.next_u64(),
            options: LoadOptions {
                now,
                drop_expired: false,
                replace_duplicates: false,
                verify_checksum: follow.settings.verify_checksum,
                limits: follow.settings.limits,
                usage: follow.settings.usage_clock(now),
            },
            key_delay_micros: follow.settings.key_load_delay_micros,
            finished: ctx.address().recipient(),
            advanced: ctx.address().recipient(),
        };
        match loader::start(job) {
            Ok(input) => {
                if let Phase::Transfer { loader, .. } = &mut self.phase {
                    *loader = Some(input);
                }
                true
            }
            Err(error) => {
                log::warn!("Cannot start a thread to load the data set: {error}");
                self.retry(Attempt::TransferFailed, ctx);
                false
            }
        }
    }

    /// The master has so much in use: it may be too much beside what is here.
    pub(super) fn look_for_room(&mut self, needed_bytes: u64) {
        let Some(follow) = &self.follow else { return };
        let settings = &follow.settings;
        if settings.flushes_before_load {
            return;
        }
        let room = Room {
            used_bytes: memory::used_bytes() as u64,
            maxmemory: (!settings.ignores_maxmemory).then_some(settings.maxmemory),
            available_bytes: process::available_memory_bytes(),
        };
        // What may be a master without its data must not make the old data go (`replica-wipe-guard`).
        if room.is_next_to_nothing(needed_bytes, settings.wipe_guard_percent) {
            return;
        }
        if let Some(shortage) = room.shortage(needed_bytes) {
            self.make_room(Some(shortage));
        }
    }

    /// The old data set goes: there is nothing to continue from if the new one does not come.
    fn make_room(&mut self, shortage: Option<Shortage>) {
        self.have = None;
        let epoch = self.epoch();
        self.keyspace.make_room.do_send(MakeRoom { epoch, shortage });
    }

    pub(super) fn load_finished(&mut self, message: LoadFinished, ctx: &mut Context<Self>) {
        let is_current = message.attempt == self.attempt && message.epoch == self.epoch();
        let LoadedSync { dataset, report, stream_db } = match message.result {
            Ok(loaded) => loaded,
            Err(_) if !is_current => return,
            Err(error) => {
                log_line(&lines::replica::load_failed(LoadTarget::Parser, &error));
                return self.retry(Attempt::DatasetRefused, ctx);
            }
        };
        let point = match self.phase {
            Phase::Loading { point } if is_current => point,
            // The transfer was given up meanwhile.
            _ => {
                let keys = dataset.key_count();
                return self.garbage.drop_later(dataset, keys);
            }
        };
        let Some(batch) = self.batch.take() else {
            unreachable!("none is away since we connected")
        };
        let epoch = self.epoch();
        let Point { id: replid, offset } = point;
        let loaded = LoadedDataset { epoch, dataset, replid, offset, stream_db, report, batch };
        self.keyspace.loaded.do_send(loaded);
    }

    /// The keyspace has taken the data set, and would have told us of another master if it had not.
    pub(super) fn dataset_taken(&mut self, point: Point) {
        self.have = point.id.map(|id| Have { id, offset: point.offset });
        self.knows_acks = self.status.transfer.is_some_and(|transfer| transfer.is_by_mark());
        self.note_taken();
        self.begin_stream(true);
        // The first acknowledgement puts us online.
        self.acknowledge_progress();
    }
}

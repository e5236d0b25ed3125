//! The stream: batch by batch to the keyspace, and acknowledged.

use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;

use super::{MasterLink, Phase};
use crate::base::ids::ReplId;
use crate::base::offset::{self, Offset};
use crate::keyspace::messages::{ApplyStream, StreamContinued};
use crate::replication::messages::StreamApplied;
use crate::replication::model::ack_pace::AckStep;
use crate::replication::model::feed::{Ack, encode_ack, encode_check};
use crate::replication::model::handshake::Have;
use crate::replication::model::journal::Cause;
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;
use crate::replication::model::reconnect::Attempt;
use crate::replication::model::status::LinkState;
use crate::replication::model::stream_sums::ReadSums;
use crate::resp::limits::Limits;
use crate::resp::parser::Parser;

impl MasterLink {
    pub(super) fn continue_stream(&mut self, new_id: Option<ReplId>) {
        log_line(&lines::replica::partial_accepted());
        let epoch = self.epoch();
        self.keyspace.continued.do_send(StreamContinued { epoch, new_id });
        if let (Some(have), Some(id)) = (&mut self.have, new_id) {
            have.id = id;
        }
        self.begin_stream(false);
        self.acknowledge_progress();
    }

    pub(super) fn begin_stream(&mut self, is_after_full_sync: bool) {
        self.phase = Phase::Streaming;
        let position = self.have.filter(|_| self.hears_sums).map(|have| have.offset);
        self.sums = position.map(|position| match self.sums.take() {
            Some(earlier) if !is_after_full_sync => earlier.continued(position),
            _ => ReadSums::new(position),
        });
        self.streaming_since = (self.now)();
        self.is_after_full_sync = is_after_full_sync;
        self.parser = Parser::default();
        self.status.state = LinkState::Connected;
        self.status.transfer = None;
        self.status.down_since = None;
        self.status.last_io = (self.now)();
        self.received_times.clear();
        self.received = self.have.map_or(0, |have| have.offset);
        let here = self.input.len();
        self.note_received(here);
        self.report();
    }

    /// So many bytes of the stream have come.
    pub(super) fn note_received(&mut self, bytes: usize) {
        if bytes > 0 && self.have.is_some() {
            self.received_times.grew(self.received, (self.now)());
            self.received = offset::advance(self.received, bytes);
        }
        self.show_received();
    }

    fn show_received(&self) {
        let Some(have) = self.have else { return };
        let is_waiting = have.offset < self.received;
        let since = is_waiting.then(|| self.received_times.since(have.offset)).flatten();
        self.gauge.show(self.received, since);
    }

    /// Sends the complete commands of the input to the keyspace, when no batch is away.
    pub(super) fn submit(&mut self, ctx: &mut Context<Self>) -> bool {
        let Some(mut batch) = self.batch.take() else { return false };
        let parsed = self.parser.parse(&mut self.input, &mut batch, &Limits::master());
        // Empty lines alone are bytes of the stream too, and go to who counts them.
        if batch.is_empty() && (parsed.is_err() || batch.consumed_bytes() == 0) {
            self.batch = Some(batch);
            if let Err(error) = parsed {
                log::warn!("Protocol error ({error}) from master");
                self.cause = Some(Cause::ProtocolError);
                // Who knows since when what came was no stream: everything is asked for anew.
                self.have = None;
                self.retry(Attempt::LinkLost, ctx);
            }
            return false;
        }
        self.status.read_offset += batch.input.len() as i64;
        if let Some(sums) = &mut self.sums {
            sums.append(&batch.input);
        }
        let epoch = self.epoch();
        self.keyspace.apply.do_send(ApplyStream { epoch, batch });
        true
    }

    pub(super) fn applied(&mut self, message: StreamApplied, ctx: &mut Context<Self>) {
        let mut batch = message.batch;
        batch.clear();
        self.batch = Some(batch);
        if let Phase::Loading { point } = self.phase {
            self.dataset_taken(point);
        } else if matches!(self.phase, Phase::Streaming) {
            if self.have.is_some() {
                self.have = Some(message.have);
            }
            self.status.applied_offset = message.have.offset;
            self.show_received();
            self.acknowledge_in_its_time(ctx);
        } else if self.status.state == LinkState::Connect && self.have.is_some() {
            self.have = Some(message.have);
        }
        if self.needs_connect {
            self.connect(ctx);
        }
    }

    /// Also after SYNC one that sends until a mark waits for a first acknowledgement, and hears
    /// none before its transfer is over in its own eyes. Then we have no offset of its to name.
    pub(super) fn acknowledge_progress(&mut self) {
        match self.have {
            Some(have) => self.acknowledge(have.offset),
            None if self.knows_acks => self.acknowledge(0),
            None => {}
        }
    }

    pub(super) fn acknowledge(&mut self, offset: i64) {
        if self.stream.is_some() && matches!(self.phase, Phase::Streaming) {
            self.unsent_ack = Some(offset);
            self.ack_pace.told((offset, self.fsynced_of(offset)), (self.now)());
        }
    }

    /// What is told of the log beside this.
    fn fsynced_of(&self, applied: Offset) -> Option<Offset> {
        self.fsynced.filter(|_| self.have.is_some()).map(|fsynced| fsynced.min(applied))
    }

    pub(super) fn log_synced(&mut self, offset: Option<Offset>, ctx: &mut Context<Self>) {
        self.fsynced = offset;
        if matches!(self.phase, Phase::Streaming) {
            self.acknowledge_in_its_time(ctx);
            self.wake();
        }
    }

    fn acknowledge_in_its_time(&mut self, ctx: &mut Context<Self>) {
        let Some(Have { offset, .. }) = self.have else { return };
        let now = (self.now)();
        let step = self.ack_pace.advanced((offset, self.fsynced_of(offset)), now);
        self.take_ack_step(step, ctx);
    }

    fn take_ack_step(&mut self, step: AckStep, ctx: &mut Context<Self>) {
        match step {
            AckStep::Rest => {}
            AckStep::Acknowledge => self.acknowledge_progress(),
            AckStep::LookAfter(millis) => {
                let attempt = self.attempt;
                ctx.run_later(Duration::from_millis(millis), move |link, ctx| {
                    if let (true, Some(Have { offset, .. })) = (link.attempt == attempt, link.have)
                    {
                        let step = link.ack_pace.woken((offset, link.fsynced_of(offset)));
                        link.take_ack_step(step, ctx);
                        link.wake();
                    }
                });
            }
        }
    }

    pub(super) fn queue_ack(&mut self) {
        if !self.output.is_empty() {
            return;
        }
        let mut said = BytesMut::new();
        if let Some(offset) = self.unsent_ack.take() {
            let ack = Ack {
                applied: offset,
                fsynced: self.fsynced_of(offset),
                received: self.hears_sums.then_some(self.received),
            };
            encode_ack(&mut said, ack);
        }
        // Those of an earlier link are of its successor's stream.
        if let (Phase::Streaming, Some(sums)) = (&self.phase, &mut self.sums) {
            sums.take_untold().for_each(|check| encode_check(&mut said, check));
        }
        if !said.is_empty() {
            self.output.push(said.freeze());
        }
    }
}

//! The master's stream is applied, in turns, and passed on to our own replicas.

use std::time::Duration;

use actix::prelude::*;

use super::actor::{Keyspace, TIME_YIELD};
use super::applying::Applying;
use super::rounds::PREFETCHED_COMMANDS;
use crate::base::offset;
use crate::commands::call::Origin;
use crate::replication::messages::CutMasterLink;
use crate::replication::model::lines::{self, log_line};
use crate::state::ShutdownStage;

impl Keyspace {
    /// Runs the batch of the master's commands that is at hand, for one turn: after so much data
    /// as came during a sync it may be long. Whether it is done with.
    fn apply_for(&mut self, turn: Duration) -> bool {
        let Some(mut applying) = self.applying.take() else { return true };
        if self.is_current(applying.epoch) {
            self.executor.read_clock();
            self.apply_some(&mut applying, turn);
            self.stamp_offsets();
        }
        self.release_caught_up();
        if self.is_current(applying.epoch) && applying.next < applying.batch.len() {
            self.applying = Some(applying);
            return false;
        }
        if applying.is_last && self.is_current(applying.epoch) {
            self.forget_master_client();
        }
        self.give_back(applying.batch);
        true
    }

    /// Goes on with the batch that is at hand. While the last file is written it rests: what our own
    /// replicas got beyond that file, we could not continue with them after a restart.
    pub(super) fn apply(&mut self, ctx: &mut Context<Self>) {
        self.stream_rests = self.executor.state.server.shutdown.stage == ShutdownStage::Ending;
        if self.stream_rests {
            return;
        }
        if !self.apply_for(TIME_YIELD) {
            Self::after_others(ctx, Self::apply);
        }
    }

    /// Runs commands of the batch and passes their bytes on to our own replicas, byte for byte.
    /// What is inside an open transaction is held back: should the link break there, the master
    /// sends it again from MULTI on.
    fn apply_some(&mut self, applying: &mut Applying, turn: Duration) {
        let client = self.master_client();
        let mut output = std::mem::take(&mut self.scratch);
        let Applying { batch, next, passed_to, .. } = applying;
        let began = self.executor.last_moment();
        while *next < batch.len() && self.executor.last_moment().since(began) < turn {
            let i = *next;
            *next += 1;
            output.clear();
            if i.is_multiple_of(PREFETCHED_COMMANDS) {
                let some = i..batch.len().min(i + PREFETCHED_COMMANDS);
                self.executor.prefetch(client.slot, batch, some);
            }
            let args = batch.command(i);
            let _ = self.executor.run(client.slot, args, None, Origin::Master, &mut output);
            if self.executor.state.server.replication.has_lost_stream {
                *next = batch.len();
                self.scratch = output;
                return self.leave_stream();
            }
            let session = self.executor.state.server.clients.at(client.slot);
            let (in_transaction, db) = (session.transaction.is_some(), session.db);
            let end = batch.end_offset(i);
            self.log.is_plain &= batch.is_plain(i);
            let replication = &mut self.executor.state.server.replication;
            if !in_transaction {
                replication.master_stream_db = db;
                let held = std::mem::take(&mut replication.held_back);
                replication.stream.write(|feed| {
                    feed.pass_on(&held);
                    feed.pass_on(&batch.input[*passed_to..end]);
                });
                *passed_to = end;
                if !std::mem::replace(&mut self.log.is_plain, true) {
                    self.leave_out_of_log();
                }
            }
            // When its bytes count: a file that is written now has the offset of its data.
            if !self.executor.outbox.is_empty() {
                self.carry_out_actions();
            }
            self.serve_waiters();
        }
        let read_to = match *next {
            next if next == batch.len() => batch.input.len(),
            next => batch.end_offset(next - 1),
        };
        let last = next.checked_sub(1).map_or(0, |last| batch.end_offset(last));
        self.log.is_plain &= last == read_to;
        let replication = &mut self.executor.state.server.replication;
        replication.held_back.extend_from_slice(&batch.input[*passed_to..read_to]);
        *passed_to = read_to;
        self.scratch = output;
    }

    /// The stream goes on where nothing of it may be applied: the link begins from scratch, and what
    /// we have is no point of a history any more, since a transaction may have stopped in its middle.
    fn leave_stream(&mut self) {
        let databases = self.executor.state.dataset.database_count();
        log_line(&lines::replica::database_missing(databases));
        let id = self.executor.state.server.random_replid();
        let replication = &mut self.executor.state.server.replication;
        replication.has_lost_stream = false;
        (replication.may_continue, replication.has_followed) = (false, false);
        let (epoch, offset) = (replication.epoch, replication.stream.offset());
        replication.stream.replace(id, offset);
        self.forget_master_client();
        self.recipients.cut_master_link.do_send(CutMasterLink { epoch, from_scratch: true });
        self.flush_stream();
    }

    /// What INFO shows of our offset is where we are now, not at the link's last report.
    pub(super) fn stamp_offsets(&mut self) {
        let replication = &mut self.executor.state.server.replication;
        let offset = replication.stream.offset();
        let held_back = replication.held_back.len();
        if let Some(master) = &mut replication.master {
            master.link.applied_offset = offset;
            master.link.read_offset = offset::advance(offset, held_back);
        }
    }
}

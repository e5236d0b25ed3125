//! A full sync for which the old data set goes before the new one is loaded: when
//! `repl-diskless-load flush-before-load` says so, or memory has no room for both. Until it is
//! loaded commands are answered with LOADING; should it fail there is nothing left, as in Redis.

use actix::prelude::*;

use super::actor::Keyspace;
use super::following::NEVER_APPLIED;
use super::messages::MakeRoom;
use crate::replication::model::lines::{self, log_line};
use crate::state::LoadingStatus;
use crate::store::dataset::Dataset;

impl Keyspace {
    fn make_room(&mut self, message: MakeRoom) {
        let MakeRoom { epoch, shortage } = message;
        let server = &self.executor.state.server;
        let is_current = server.replication.is_replica() && server.replication.epoch == epoch;
        let has_nothing = self.executor.state.dataset.key_count() == 0;
        if !is_current || (shortage.is_some() && has_nothing) {
            return;
        }
        self.executor.read_clock();
        if let Some(shortage) = &shortage {
            log_line(&lines::replica::no_room_for_both(shortage));
        }
        log_line(&lines::replica::flushing());
        let databases = self.executor.state.dataset.database_count();
        let seed = self.executor.state.server.random.next_u64();
        self.executor.replace_dataset(Dataset::new(databases, seed));
        self.forget_master_client();
        // What is here from now on is no point of a history.
        let id = self.executor.state.server.random_replid();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        server.replication.stream.replace(id, 0);
        server.replication.is_emptied = true;
        server.persistence.dirty = 0;
        if let Some(master) = &mut server.replication.master {
            (master.link.read_offset, master.link.applied_offset) = (NEVER_APPLIED, NEVER_APPLIED);
        }
        (server.replication.may_continue, server.replication.has_followed) = (false, false);
        server.replication.loads_in_place = true;
        let progress = Default::default();
        server.loading = Some(LoadingStatus { started_at: now, total_bytes: 0, progress });
        self.flush_stream();
    }

    /// The new data set is there, or will not come.
    pub(super) fn end_loading_in_place(&mut self) {
        let server = &mut self.executor.state.server;
        if std::mem::take(&mut server.replication.loads_in_place) {
            server.loading = None;
            self.executor.read_clock();
        }
    }
}

impl Handler<MakeRoom> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: MakeRoom, _: &mut Self::Context) {
        self.make_room(message);
    }
}

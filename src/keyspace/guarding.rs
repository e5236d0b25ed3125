//! Keeps what is here from a master that has lost it, and tells when we may be that master.

use super::actor::Keyspace;
use super::messages::LoadedDataset;
use crate::base::offset;
use crate::replication::model::journal::Cause;
use crate::replication::model::journal::{Event, Happening, Side};
use crate::replication::model::lines;
use crate::replication::model::lines::log_line;
use crate::replication::model::wipe_guard::Replacement;
use crate::state::{LostData, Master};

impl Keyspace {
    fn replacement(&self, message: &LoadedDataset) -> Replacement {
        let state = &self.executor.state;
        let replication = &state.server.replication;
        let id = replication.stream.history().id();
        Replacement {
            kept_keys: state.dataset.key_count(),
            new_keys: message.dataset.key_count(),
            is_same_history: replication.may_continue && message.replid == Some(id),
            percent: state.server.config.replication.replica_wipe_guard,
        }
    }

    /// Whether a full sync would leave next to nothing of what we have of a master.
    pub(super) fn would_wipe(&self, message: &LoadedDataset) -> bool {
        let replication = &self.executor.state.server.replication;
        replication.has_followed
            && !replication.takes_anything
            && self.replacement(message).is_refused()
    }

    /// Replicas came: one that has a part of a history that is not known here may have got it from us,
    /// before we were started without our data.
    pub(super) fn heed_lost_data(&mut self, events: &[Event]) {
        let state = &mut self.executor.state;
        let replication = &mut state.server.replication;
        if !replication.started_empty {
            return;
        }
        for event in events {
            let is_unknown = event.what == Happening::FullSync(Cause::UnknownHistory);
            let known = event.asked.and_then(offset::taken).map(offset::position_before);
            let known_bytes = known.filter(|&bytes| is_unknown && bytes > 0);
            let Some(known_bytes) = known_bytes.filter(|_| event.side == Side::Master) else {
                continue;
            };
            let is_told = |lost: &LostData| lost.replica == event.peer;
            if !replication.lost_data.as_ref().is_some_and(is_told) {
                let keys = state.dataset.key_count();
                log_line(&lines::master::started_without_data(&event.peer, known_bytes, keys));
            }
            replication.lost_data = Some(LostData { replica: event.peer.clone(), known_bytes });
        }
    }

    /// Ours serves on. The link hears that it is to begin anew, after a while, before it gets its
    /// batch back: it never acknowledges what was not taken.
    pub(super) fn refuse(&mut self, message: LoadedDataset) {
        let Replacement { kept_keys, new_keys, percent, .. } = self.replacement(&message);
        log_line(&lines::replica::kept_from_wipe(new_keys, kept_keys, percent));
        self.executor.state.garbage.drop_later(message.dataset, new_keys);
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        if let Some(Master { host, port, .. }) = &server.replication.master {
            let peer = format!("{host}:{port}");
            let event = Event::new(now, Side::Replica, peer, Happening::SyncRefused);
            server.keep_events([event]);
        }
        let replication = &mut server.replication;
        replication.refused_syncs = replication.refused_syncs.saturating_add(1);
        if let Some(Master { host, port, .. }) = replication.master.clone() {
            self.begin_link(host, port);
        }
        self.give_back(message.batch);
    }
}

//! One of the two: what its keyspace and its link to a master keep, as far as a hand-over goes by it.

use crate::base::ids::ReplId;
use crate::replication::model::failover::{AskedTarget, Failover};
use crate::replication::model::history::History;

pub(super) struct Server {
    pub history: History,
    /// All writes of the stream, in order.
    pub data: Vec<u64>,
    pub is_replica: bool,
    pub failover: Failover,
    pub taken_over: Vec<ReplId>,
    pub is_of_file: bool,
    pub may_continue: bool,
    /// Of the link to the master.
    pub asked_before: bool,
    pub target_is_master: bool,
    /// What it would start with.
    file: Option<(History, Vec<u64>)>,
}

impl Server {
    pub fn new(id: ReplId) -> Server {
        Server {
            history: History::new(id),
            data: Vec::new(),
            is_replica: false,
            failover: Failover::default(),
            taken_over: Vec::new(),
            is_of_file: false,
            may_continue: false,
            asked_before: false,
            target_is_master: false,
            file: None,
        }
    }

    pub fn as_target(&self) -> AskedTarget<'_> {
        AskedTarget {
            history: &self.history,
            is_replica: self.is_replica,
            is_of_file: self.is_of_file,
            taken_over: &self.taken_over,
        }
    }

    pub fn begin_following(&mut self) {
        (self.is_replica, self.may_continue) = (true, true);
        (self.asked_before, self.target_is_master) = (false, false);
    }

    pub fn promote(&mut self, id: ReplId) {
        (self.is_replica, self.may_continue, self.is_of_file) = (false, true, false);
        self.history.shift(id);
    }

    pub fn load(&mut self, history: History, data: Vec<u64>) {
        self.history.replace(history.id(), history.offset());
        self.data = data;
        (self.may_continue, self.is_of_file) = (true, false);
    }

    pub fn continue_as(&mut self, id: Option<ReplId>) {
        self.history.adopt(id);
        self.is_of_file = false;
    }

    pub fn save(&mut self) {
        // What has no name that others know is of no use after a start.
        let is_known = self.may_continue || !self.is_replica;
        self.file = is_known.then(|| (self.history.clone(), self.data.clone()));
    }

    /// As a replica, with what the file has.
    pub fn restart(&mut self, id: ReplId) {
        let file = self.file.take();
        *self = Server { is_replica: true, file: file.clone(), ..Server::new(id) };
        if let Some((history, data)) = file {
            self.history.replace(history.id(), history.offset());
            self.data = data;
            (self.may_continue, self.is_of_file) = (true, true);
        }
    }
}

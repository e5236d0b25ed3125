//! FAILOVER: our place goes to one of our replicas. [`crate::replication::model::failover`] has the
//! states and decides; here is what follows from it for clients and links.

use actix::prelude::*;

use super::actor::Keyspace;
use super::messages::HandOverAnswered;
use crate::commands::replication::failover;
use crate::replication::model::failover::{REFUSED, Target, Verdict};
use crate::replication::model::lines::log_line;
use crate::state::PausePurpose;
use crate::telemetry::logging;

impl Keyspace {
    /// At the end of a round: whether the replica that is waited for has all.
    pub(super) fn look_at_failover(&mut self) {
        let now = self.executor.now();
        let replication = &mut self.executor.state.server.replication;
        if !replication.failover.is_waiting() {
            return;
        }
        let end = replication.stream.offset();
        match replication.failover.look(now, end, replication.replicas.values()) {
            None => {}
            Some(Verdict::Follow(target, line)) => {
                log_line(&line);
                self.hand_over_to(target);
            }
            Some(Verdict::GivenUp(line)) => {
                log_line(&line);
                self.end_failover_pause();
            }
        }
    }

    /// We are a replica from here on, of one that does not know it yet.
    fn hand_over_to(&mut self, target: Target) {
        let now = self.executor.now();
        let Target { host, port } = target;
        let server = &mut self.executor.state.server;
        logging::set_role_letter(b'S');
        server.config.replication.replicaof = Some((host.clone(), port));
        server.replication.begin_following(host, port, now).iter().for_each(log_line);
        self.settle_role();
    }

    fn hand_over_answered(&mut self, message: HandOverAnswered) {
        let HandOverAnswered { epoch, takes_over } = message;
        let replication = &mut self.executor.state.server.replication;
        if replication.epoch != epoch || !replication.failover.is_in_progress() {
            return;
        }
        self.executor.read_clock();
        if takes_over {
            self.executor.state.server.replication.failover.succeeded();
        } else {
            failover::abort(&mut self.executor.state.server, REFUSED);
            self.settle_role();
        }
        self.end_failover_pause();
    }

    /// The writes that it held back run, and are refused if we are a replica now.
    fn end_failover_pause(&mut self) {
        self.executor.state.server.pauses.end(PausePurpose::Failover);
        self.release_paused();
    }
}

impl Handler<HandOverAnswered> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: HandOverAnswered, _: &mut Self::Context) {
        self.hand_over_answered(message);
    }
}

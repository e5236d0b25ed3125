//! Clients whose writes are slowed for a replica that lags: they stand in line, and go on as the
//! pace allows. The pace is the replication manager's; [`crate::state::Throttle`] keeps to it.

use actix::prelude::*;

use super::actor::Keyspace;
use super::messages::SetPace;
use crate::base::time::UnixMillis;
use crate::replication::model::lines::{log_line, master};

impl Keyspace {
    /// On a replica there is nothing to slow: its stream is its master's.
    fn set_pace(&mut self, message: SetPace) {
        self.executor.read_clock();
        let SetPace { pace, name } = message;
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        let pace = pace.filter(|_| !server.replication.is_replica());
        let stream = server.replication.stream.offset();
        let since = server.throttle.since();
        if server.throttle.set_pace(pace, now, stream) {
            log_line(&match pace {
                Some(pace) => master::writers_slowed(&name, pace.lag_bytes, pace.limit_bytes),
                None => master::writers_free(now - since.unwrap_or(now), server.throttle.delayed()),
            });
        }
        self.release_throttled();
    }

    /// We are a replica now: who stands in line is refused, and nobody is slowed.
    pub(super) fn free_writers(&mut self) {
        self.set_pace(SetPace { pace: None, name: String::new() });
    }

    /// Lets those go on who have stood in line for long enough.
    pub(super) fn release_throttled(&mut self) {
        let now = self.executor.now();
        while let Some((client, bytes, since)) = self.waiting.first_throttled() {
            let server = &mut self.executor.state.server;
            let stream = server.replication.stream.offset();
            if !server.throttle.lets_go(client, bytes, since, now, stream) {
                break;
            }
            server.throttle.note_delay(since, now);
            self.wake(client.slot, |_| {});
        }
        self.note_line();
    }

    /// Whoever comes now has to wait, or not any more.
    pub(super) fn note_line(&mut self) {
        let has_line = self.waiting.first_throttled().is_some();
        self.executor.state.server.throttle.set_line(has_line);
    }

    /// When the first of the line may go on.
    pub(super) fn throttle_opens_at(&self) -> Option<UnixMillis> {
        let (_, _, since) = self.waiting.first_throttled()?;
        Some(self.executor.state.server.throttle.opens_at(since))
    }
}

impl Handler<SetPace> for Keyspace {
    type Result = ();
    fn handle(&mut self, message: SetPace, _: &mut Self::Context) {
        self.set_pace(message);
    }
}

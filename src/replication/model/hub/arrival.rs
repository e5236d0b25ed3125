//! One whose socket is on its way.

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::output_limit::{OutputLimit, OutputWatch};
use crate::replication::model::progress::seconds;

#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// It goes on from here, and its cursor is set; `None`: it needs everything.
    pub(super) continues_from: Option<Offset>,
    /// When it was promised that, or when we last stood still, which is not its fault.
    since: UnixMillis,
    watch: OutputWatch,
}

impl Arrival {
    pub(super) fn new(continues_from: Option<Offset>, now: UnixMillis) -> Arrival {
        Arrival { continues_from, since: now, watch: OutputWatch::default() }
    }

    /// Whether it keeps `lag_bytes` of the backlog, and may not.
    pub(super) fn overcomes(
        &mut self,
        limit: OutputLimit,
        lag_bytes: u64,
        now: UnixMillis,
    ) -> bool {
        self.watch.overcome(limit, lag_bytes, now)
    }

    /// The line to log if `repl-timeout` ends it now.
    pub(super) fn timed_out(
        &self,
        timeout_seconds: i64,
        now: UnixMillis,
        name: &str,
    ) -> Option<LogLine> {
        let line = match self.continues_from {
            Some(_) => lines::master::streaming_timed_out,
            None => lines::master::full_sync_timed_out,
        };
        (seconds(now) - seconds(self.since) > timeout_seconds).then(|| line(name))
    }
}

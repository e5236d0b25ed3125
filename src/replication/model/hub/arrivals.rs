//! Those whose socket is still on its way: a client that leaves unread what was written before its
//! answer keeps its connection, and with it the stretch of the backlog that it was promised. The
//! limits of a replica hold for it meanwhile.

use super::Hub;
use super::arrival::Arrival;
use super::link::LinkSettings;
use super::orders::{ArrivalFault, Order};
use super::session::Place;
use crate::base::ids::ClientId;
use crate::base::time::UnixMillis;
use crate::replication::model::backlog::Backlog;
use crate::replication::model::journal::Cause;

impl Hub {
    /// Ten times a second: gives up who has kept its socket for too long, or too much of the
    /// backlog.
    pub fn tend_arrivals(
        &mut self,
        settings: &LinkSettings,
        backlog: &mut Backlog,
        now: UnixMillis,
    ) {
        let may_judge = self.standstill.tick(now);
        let limit = settings.output_limit.for_replica(backlog.size_bytes() as u64);
        let mut faults: Vec<(ClientId, ArrivalFault)> = Vec::new();
        for (&client, session) in &mut self.sessions {
            let Place::Arriving(arrival) = &mut session.place else { continue };
            if !may_judge {
                *arrival = Arrival::new(arrival.continues_from, now);
                continue;
            }
            let lag = backlog.counted_bytes(client, settings.output_limit) as u64;
            if arrival.overcomes(limit, lag, now) {
                faults.push((client, ArrivalFault::OverOutputLimit));
            } else if let Some(line) =
                arrival.timed_out(settings.timeout_seconds, now, &session.name)
            {
                faults.push((client, ArrivalFault::TimedOut));
                self.orders.push(Order::Log(line));
            }
        }
        for (client, fault) in faults {
            self.give_up(client, fault, backlog);
        }
    }

    /// The promise to one whose socket is on its way ends, and its connection with it.
    pub(super) fn give_up(&mut self, client: ClientId, fault: ArrivalFault, backlog: &mut Backlog) {
        self.orders.push(Order::CloseArrival { client, fault });
        let cause = match fault {
            ArrivalFault::OverOutputLimit => Cause::OverOutputLimit,
            ArrivalFault::TimedOut => Cause::TimedOut,
            ArrivalFault::StreamChanged => Cause::RoleChange,
        };
        self.doom(client, cause, backlog);
    }
}

#[cfg(test)]
mod tests;

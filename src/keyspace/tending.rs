//! Clients that do nothing: the memory they hold, and how long they may stay.

use std::time::Duration;

use super::actor::Keyspace;
use super::clock::Moment;
use crate::base::time::UnixMillis;
use crate::clients::{ClientKind, ClientSlot, Gauges, Session};
use crate::net::messages::ToConnection;

/// How often all clients are looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// A client that was silent for so long gives its buffers back.
const REST_AFTER_MILLIS: i64 = 2000;

/// What is due of one client.
enum Due {
    /// `timeout`.
    Close,
    /// Its connection must look at its limits or its buffers.
    Tend { rest: bool },
}

impl Keyspace {
    /// Looks at every client once a second.
    pub(super) fn tend_clients(&mut self) {
        if Moment::now().since(self.last_tended) < PERIOD {
            return;
        }
        self.last_tended = Moment::now();
        self.end_unused_forwarders();
        let now = self.executor.now();
        let server = &mut self.executor.state.server;
        server.clients.iter_mut().for_each(|session| note_moves(session, now));
        let timeout_millis = server.config.network.timeout as i64 * 1000;
        let all_due: Vec<(ClientSlot, Due)> = server
            .clients
            .iter()
            .filter_map(|session| Some((session.key.slot, due_of(session, now, timeout_millis)?)))
            .collect();
        for (slot, due) in all_due {
            match due {
                Due::Close => {
                    log::debug!("Closing idle client");
                    self.close_now(slot);
                }
                Due::Tend { rest } => self.send(slot, ToConnection::Tend { rest }),
            }
        }
    }
}

/// Who sends a long command, or takes a long reply, is not idle meanwhile.
fn note_moves(session: &mut Session, now: UnixMillis) {
    let moved = Gauges::get(&session.gauges.moved);
    let has_moved = moved != session.moved_bytes;
    session.moved_bytes = moved;
    // Else it was a command, which was noted when it came.
    if has_moved && now - session.last_active_at > PERIOD.as_millis() as i64 {
        session.last_active_at = now;
    }
}

/// Replicas, the master, blocked clients, subscribers and monitors may be silent for ever;
/// `timeout_millis` of 0: everybody may.
fn due_of(session: &Session, now: UnixMillis, timeout_millis: i64) -> Option<Due> {
    let silent_millis = now - session.last_active_at;
    let may_be_silent = timeout_millis == 0
        || session.kind != ClientKind::Normal
        || session.is_blocked
        || session.is_monitor()
        || session.is_subscriber();
    if !may_be_silent && silent_millis > timeout_millis {
        return Some(Due::Close);
    }
    let holds_room = Gauges::get(&session.gauges.input_free) > 0;
    let rest = holds_room && silent_millis > REST_AFTER_MILLIS;
    let is_behind = Gauges::get(&session.gauges.output) > 0;
    (rest || is_behind).then_some(Due::Tend { rest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::arrivals::Arrivals;

    fn due(change: impl FnOnce(&mut Session), silent_millis: i64, timeout: i64) -> &'static str {
        let mut session = Session::new(String::new(), String::new(), 0);
        change(&mut session);
        match due_of(&session, silent_millis, timeout * 1000) {
            None => "nothing",
            Some(Due::Close) => "close",
            Some(Due::Tend { rest: true }) => "rest",
            Some(Due::Tend { rest: false }) => "look",
        }
    }

    #[test]
    fn who_was_silent_for_too_long_is_closed() {
        assert_eq!(due(|_| {}, 5000, 5), "nothing");
        assert_eq!(due(|_| {}, 5001, 5), "close");
        assert_eq!(due(|_| {}, 5001, 0), "nothing");
        assert_eq!(due(|session| session.is_blocked = true, 5001, 5), "nothing");
        assert_eq!(due(|session| session.subscriptions = 1, 5001, 5), "nothing");
        assert_eq!(due(|session| session.kind = ClientKind::Replica, 5001, 5), "nothing");
        assert_eq!(
            due(|session| session.monitor = Some(Arrivals::default().add(0)), 5001, 5),
            "nothing"
        );
    }

    #[test]
    fn who_takes_or_gives_bytes_is_not_silent() {
        let mut session = Session::new(String::new(), String::new(), 0);
        Gauges::add(&session.gauges.moved, 10);
        note_moves(&mut session, 1000);
        assert_eq!(session.last_active_at, 0, "the bytes of a command");
        note_moves(&mut session, 2000);
        assert_eq!(session.last_active_at, 0, "nothing moved");
        Gauges::add(&session.gauges.moved, 1);
        note_moves(&mut session, 3000);
        assert_eq!(session.last_active_at, 3000);
    }

    #[test]
    fn buffers_are_given_back_after_two_seconds_and_limits_looked_at_meanwhile() {
        let holds_room = |s: &mut Session| Gauges::set(&s.gauges.input_free, 1);
        assert_eq!(due(holds_room, 2000, 0), "nothing");
        assert_eq!(due(holds_room, 2001, 0), "rest");
        assert_eq!(due(|s| Gauges::set(&s.gauges.output, 1), 0, 0), "look");
    }
}

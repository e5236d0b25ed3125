//! What must hold after every step, and at the end.

use std::collections::BTreeSet;

use super::*;

impl Network {
    pub fn check(&self) {
        let mut promised = BTreeSet::new();
        for (&ticket, transfer) in &self.hub.transfers {
            for &client in transfer.open_credits() {
                let is_linked = self.hub.sessions.get(&client).is_some_and(|s| s.place.is_linked());
                assert!(is_linked, "a credit outlives its reader {client}");
                promised.insert((ticket, client));
            }
        }
        let running = |&(ticket, _): &(Ticket, ClientId)| self.threads.contains_key(&ticket);
        let open = self.credits.iter().filter(|(key, credit)| running(key) && !credit.is_closed);
        for (key, _) in open {
            assert!(promised.contains(key), "nobody knows the open credit {key:?}");
        }
        for (&client, session) in &self.hub.sessions {
            let has_cursor = self.backlog.position(client).is_some();
            let is_leaving = matches!(session.place, Place::Leaving);
            assert!(!has_cursor || !is_leaving, "{client} is promised bytes");
            let lag = self.backlog.lag_bytes(client).unwrap_or(0) as u64;
            let is_arriving = matches!(session.place, Place::Arriving(_));
            assert!(
                !is_arriving || lag < ARRIVALS.output_limit.hard_bytes,
                "{client} keeps {lag} bytes without a socket"
            );
        }
        for (&client, actor) in &self.links {
            let progress = actor.link.progress();
            assert!(progress.acked() <= progress.sent());
            if let Some(position) = self.backlog.position(client) {
                let is_held = self.backlog.start() <= position;
                assert!(is_held || self.backlog.reads_from_disk(client), "what is promised goes");
                assert!(self.backlog.reach() <= position && position <= self.backlog.end());
                assert!(!progress.may_stream() || position == progress.sent());
            }
        }
    }

    /// Writers are slowed only for somebody who is there and far behind.
    pub fn check_pace(&mut self, pace: Option<Pace>) {
        let Some(pace) = pace else { return };
        self.seen.paced += 1;
        assert!(self.hub.sessions.get(&pace.client).is_some_and(|s| s.place.is_linked()));
        assert_eq!(self.backlog.lag_bytes(pace.client), Some(pace.lag_bytes as usize));
        assert!(pace.lag_bytes >= FLOW.limit_bytes / 8 * 3, "{pace:?}");
    }

    /// Every socket breaks, and all that was under way comes to an end.
    pub fn finish(mut self) -> Seen {
        for peer in 0..self.peers.len() {
            self.cut(peer);
        }
        self.settle();
        assert!(self.links.is_empty(), "a link is left");
        assert!(self.threads.is_empty(), "a snapshot thread waits for ever");
        assert!(self.hub.transfers.is_empty(), "a transfer is left");
        assert!(self.hub.sessions.is_empty(), "a session is left");
        assert!(self.clients.is_empty(), "a client is left");
        assert!(self.stuck.is_empty(), "a connection is left");
        assert!(!self.backlog.has_cursors(), "a cursor is left");
        self.seen
    }
}

//! `WAIT`: who waits for how many replicas to have what.

use std::collections::VecDeque;

use crate::base::ids::ClientId;
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::progress::Progress;

/// How many online replicas have acknowledged everything up to `offset`.
pub fn count<'a>(replicas: impl IntoIterator<Item = &'a Progress>, offset: Offset) -> usize {
    replicas.into_iter().filter(|r| r.is_online() && r.acked() >= offset).count()
}

/// A client that is blocked in `WAIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    pub client: ClientId,
    /// The end of the client's last write.
    pub offset: Offset,
    /// How many replicas it wants to have it.
    pub replicas: usize,
    /// When it is answered at the latest; `None` waits for ever.
    pub deadline: Option<UnixMillis>,
}

/// All who wait, in the order they came; one entry a client.
#[derive(Debug, Default)]
pub struct Waiters {
    waiting: VecDeque<Waiter>,
}

impl Waiters {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Blocks a client. Only after [`count`] said that it cannot be answered at once; then the
    /// replicas are to be asked for an ACK.
    pub fn add(&mut self, waiter: Waiter) {
        debug_assert!(self.waiting.iter().all(|other| other.client != waiter.client));
        self.waiting.push_back(waiter);
    }

    /// Forgets a client that went away, was unblocked, or whose server became a replica.
    pub fn cancel(&mut self, client: ClientId) -> Option<Waiter> {
        let index = self.waiting.iter().position(|waiter| waiter.client == client)?;
        self.waiting.remove(index)
    }

    /// Takes out everyone (role change): they get an error.
    pub fn drain(&mut self) -> impl Iterator<Item = Waiter> + '_ {
        self.waiting.drain(..)
    }

    /// When [`Self::answered`] must be asked again at the latest, ACKs or not.
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.waiting.iter().filter_map(|waiter| waiter.deadline).min()
    }

    /// Takes out everyone who has enough replicas or no time left, with the number to answer.
    /// `acked` is the acknowledged offset of each online replica.
    pub fn answered(&mut self, acked: &[Offset], now: UnixMillis) -> Vec<(ClientId, usize)> {
        let mut answers = Vec::new();
        self.waiting.retain(|waiter| {
            let have = acked.iter().filter(|acked| **acked >= waiter.offset).count();
            let due = waiter.deadline.is_some_and(|deadline| deadline <= now);
            let answered = have >= waiter.replicas || due;
            if answered {
                answers.push((waiter.client, have));
            }
            !answered
        });
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::model::progress::Framing;

    fn waiter(client: ClientId, offset: Offset, replicas: usize) -> Waiter {
        Waiter { client, offset, replicas, deadline: None }
    }

    #[test]
    fn only_online_replicas_with_the_offset_count() {
        let waiting = Progress::waiting(true, 0);
        let mut behind = Progress::continuing(100, 0);
        behind.acknowledge(99, 0);
        let mut there = Progress::continuing(100, 0);
        there.acknowledge(100, 0);
        let mut sending = Progress::waiting(true, 0);
        sending.begin_transfer(100, Framing::Mark, 0);
        let all = [waiting, behind, there, sending];
        assert_eq!(count(&all, 100), 1);
        assert_eq!(count(&all, 99), 2);
        assert_eq!(count(&all, 0), 2);
    }

    #[test]
    fn waiters_are_answered_in_order_when_enough_replicas_have_their_write() {
        let mut waiters = Waiters::new();
        waiters.add(waiter(1, 100, 2));
        waiters.add(waiter(2, 50, 2));
        waiters.add(waiter(3, 100, 1));
        assert_eq!(waiters.answered(&[100, 49], 0), [(3, 1)]);
        assert_eq!(waiters.answered(&[100, 100], 0), [(1, 2), (2, 2)]);
        assert!(waiters.is_empty());
    }

    #[test]
    fn a_deadline_answers_with_what_there_is() {
        let mut waiters = Waiters::new();
        waiters.add(Waiter { deadline: Some(500), ..waiter(1, 100, 3) });
        waiters.add(waiter(2, 100, 3));
        assert_eq!(waiters.next_deadline(), Some(500));
        assert_eq!(waiters.answered(&[100], 499), []);
        assert_eq!(waiters.answered(&[100], 500), [(1, 1)]);
        assert_eq!(waiters.next_deadline(), None);
    }

    #[test]
    fn a_client_that_leaves_is_forgotten() {
        let mut waiters = Waiters::new();
        waiters.add(waiter(1, 100, 1));
        waiters.add(waiter(2, 100, 1));
        assert_eq!(waiters.cancel(1), Some(waiter(1, 100, 1)));
        assert_eq!(waiters.cancel(1), None);
        assert_eq!(waiters.drain().count(), 1);
    }
}

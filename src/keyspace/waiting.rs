//! Clients whose reply comes later: who waits for what and until when, and who may go on. Nobody is
//! looked at but those who are concerned.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::base::time::UnixMillis;
use crate::clients::{ClientKey, ClientSlot};
use crate::commands::effect::{AwaitedKeys, Block};
use crate::replication::model::status::Acks;
use crate::resp::exchange::Exchange;
use crate::resp::request::Args;
use crate::state::PauseScope;
use crate::store::waiters::Turn;

/// A client that waits in one of its commands.
pub struct Suspended {
    pub client: ClientKey,
    pub block: Block,
    /// What it sent after that command, and the command too if it is to be run again.
    rest: Option<Box<Exchange>>,
    pub turn: Turn,
}

impl Suspended {
    /// The command that is to be run again.
    pub fn command(&self) -> Option<Args<'_>> {
        match &self.block {
            Block::Keys(AwaitedKeys { again: Some(again), .. }) => Some(again.args()),
            _ => self.rest.as_ref().map(|rest| rest.batch.command(rest.next)),
        }
    }
}

/// Everybody who waits, and the queue of those who do not any more.
#[derive(Default)]
pub struct Waiting {
    by_slot: HashMap<ClientSlot, Suspended>,
    last_turn: Turn,
    /// By when a wait is over.
    deadlines: BTreeMap<(UnixMillis, Turn), ClientSlot>,
    /// WAIT, and replies that are held: by how many replicas are wanted, and the offset that they are to acknowledge.
    by_offset: BTreeMap<(Acks, usize, i64, Turn), ClientSlot>,
    /// Whose writes are to be applied here, by the offset they have at our master.
    by_place: BTreeMap<(i64, Turn), ClientSlot>,
    /// Held back by a pause.
    paused: BTreeMap<Turn, ClientSlot>,
    /// In line to write, and since when.
    throttled: BTreeMap<Turn, (ClientSlot, UnixMillis)>,
    /// How strict the strictest pause was under which one of them was held back.
    held_under: Option<PauseScope>,
    ready: VecDeque<(ClientKey, Box<Exchange>)>,
    /// Those whose replies are held.
    held: usize,
    #[cfg(test)]
    looked_at: usize,
}

impl Waiting {
    /// Takes in a client with what is left of its batch, if there is something. `paused`: what is
    /// paused now, at `now`.
    pub fn suspend(
        &mut self,
        client: ClientKey,
        rest: Option<Box<Exchange>>,
        block: Block,
        paused: Option<PauseScope>,
        now: UnixMillis,
    ) -> Turn {
        self.last_turn += 1;
        let turn = self.last_turn;
        if let Some(deadline) = deadline_of(&block) {
            self.deadlines.insert((deadline, turn), client.slot);
        }
        match block {
            Block::Wait { what, replicas, offset, .. } => {
                self.by_offset.insert((what, replicas, offset, turn), client.slot);
            }
            Block::Quorum { replicas, offset, .. } => {
                self.by_offset.insert((Acks::Applied, replicas, offset, turn), client.slot);
                self.held += 1;
            }
            Block::Paused => {
                // Who was held by a stricter pause that has just eased may still be here.
                let stricter = if self.paused.is_empty() { None } else { self.held_under };
                self.held_under = paused.max(stricter);
                self.paused.insert(turn, client.slot);
            }
            Block::Throttled => {
                self.throttled.insert(turn, (client.slot, now));
            }
            Block::CatchingUp { offset, .. } => {
                self.by_place.insert((offset, turn), client.slot);
            }
            Block::Keys(_)
            | Block::Forwarded { .. }
            | Block::AwaitingMaster { .. }
            | Block::Migrating
            | Block::KeyMigrates
            | Block::Save
            | Block::Reload
            | Block::Shutdown => {}
        }
        self.by_slot.insert(client.slot, Suspended { client, block, rest, turn });
        turn
    }

    /// Takes out who waits in that slot.
    fn take(&mut self, slot: ClientSlot) -> Option<Suspended> {
        let suspended = self.by_slot.remove(&slot)?;
        let turn = suspended.turn;
        if let Some(deadline) = deadline_of(&suspended.block) {
            self.deadlines.remove(&(deadline, turn));
        }
        match suspended.block {
            Block::Wait { what, replicas, offset, .. } => {
                self.by_offset.remove(&(what, replicas, offset, turn));
            }
            Block::Quorum { replicas, offset, .. } => {
                self.by_offset.remove(&(Acks::Applied, replicas, offset, turn));
                self.held -= 1;
            }
            Block::Paused => {
                self.paused.remove(&turn);
            }
            Block::Throttled => {
                self.throttled.remove(&turn);
            }
            Block::CatchingUp { offset, .. } => {
                self.by_place.remove(&(offset, turn));
            }
            Block::Keys(_)
            | Block::Forwarded { .. }
            | Block::AwaitingMaster { .. }
            | Block::Migrating
            | Block::KeyMigrates
            | Block::Save
            | Block::Reload
            | Block::Shutdown => {}
        }
        Some(suspended)
    }

    /// A client is gone. What it waited for, since when.
    pub fn forget(&mut self, slot: ClientSlot) -> Option<(Block, Turn)> {
        self.take(slot).map(|suspended| (suspended.block, suspended.turn))
    }

    /// The turn of the last one who began to wait.
    pub fn last_turn(&self) -> Turn {
        self.last_turn
    }

    /// Who waits in that slot, and for what.
    pub fn find(&self, slot: ClientSlot) -> Option<&Suspended> {
        self.by_slot.get(&slot)
    }

    /// The batch whose replies are held for that slot, if they are.
    pub fn held_by(&mut self, slot: ClientSlot) -> Option<&mut Exchange> {
        if self.held == 0 {
            return None;
        }
        let suspended = self.by_slot.get_mut(&slot)?;
        let is_held = matches!(suspended.block, Block::Quorum { .. });
        suspended.rest.as_deref_mut().filter(|_| is_held)
    }

    /// Takes out the batch whose replies are held for that slot, if they are.
    pub fn take_held(&mut self, slot: ClientSlot) -> Option<Box<Exchange>> {
        self.held_by(slot)?;
        self.take(slot)?.rest
    }

    /// Takes out the batch of who waits in that slot, for it to wait for something else.
    pub fn take_out(&mut self, slot: ClientSlot) -> Option<Box<Exchange>> {
        self.take(slot).map(|suspended| suspended.rest.unwrap_or_default())
    }

    /// What was forwarded is answered by then, or not at all.
    pub fn limit_forwarded(&mut self, at: UnixMillis) {
        for (&slot, suspended) in &mut self.by_slot {
            if matches!(suspended.block, Block::Forwarded { .. }) {
                bring_forward(&mut self.deadlines, slot, suspended, at);
            }
        }
    }

    /// Who has its replies held in that slot waits no longer than until then.
    pub fn limit_held(&mut self, slot: ClientSlot, at: UnixMillis) {
        if self.held_by(slot).is_some()
            && let Some(suspended) = self.by_slot.get_mut(&slot)
        {
            bring_forward(&mut self.deadlines, slot, suspended, at);
        }
    }

    /// Somebody whose writes are applied here up to `offset`.
    pub fn caught_up(&self, offset: i64) -> Option<ClientSlot> {
        let (&(wanted, _), &slot) = self.by_place.first_key_value()?;
        (wanted <= offset).then_some(slot)
    }

    /// Ends a wait. `answer` writes the reply; then the client stands in the queue of those who go
    /// on. What it waited for, since when; `None`: nobody waited there.
    pub fn wake(
        &mut self,
        slot: ClientSlot,
        answer: impl FnOnce(&mut Exchange),
    ) -> Option<(Block, Turn)> {
        let Suspended { client, block, rest, turn } = self.take(slot)?;
        let mut exchange = rest.unwrap_or_default();
        answer(&mut exchange);
        self.ready.push_back((client, exchange));
        Some((block, turn))
    }

    /// Who goes on next.
    pub fn pop_ready(&mut self) -> Option<(ClientKey, Box<Exchange>)> {
        self.ready.pop_front()
    }

    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The clients in WAIT for whom enough replicas have come far enough: who came last is the first
    /// of them, as in Redis. `acknowledged`: what each replica that counts has acknowledged of this,
    /// the furthest first.
    pub fn reached(&mut self, what: Acks, acknowledged: &[i64]) -> Vec<ClientSlot> {
        let mut found = Vec::new();
        // Who wants no replica has as many as it wants.
        for (i, &offset) in [i64::MAX].iter().chain(acknowledged).enumerate() {
            let (from, to) = ((what, i, i64::MIN, 0), (what, i, offset, Turn::MAX));
            let reached = self.by_offset.range(from..=to);
            found.extend(reached.map(|(&(_, _, _, turn), &slot)| (turn, slot)));
        }
        #[cfg(test)]
        {
            self.looked_at += found.len();
        }
        found.sort_unstable();
        found.into_iter().rev().map(|(_, slot)| slot).collect()
    }

    /// Somebody whose wait is over by the clock.
    pub fn overdue(&self, now: UnixMillis) -> Option<ClientSlot> {
        let (&(deadline, _), &slot) = self.deadlines.first_key_value()?;
        (deadline <= now).then_some(slot)
    }

    /// When the next wait is over by the clock.
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        self.deadlines.first_key_value().map(|(&(deadline, _), _)| deadline)
    }

    pub fn has_paused(&self) -> bool {
        !self.paused.is_empty()
    }

    /// Those whom a pause held back, in the order they came, if less is `paused` now than when they
    /// were: each is asked anew.
    pub fn released(&mut self, paused: Option<PauseScope>) -> Vec<ClientSlot> {
        if self.paused.is_empty() || paused >= self.held_under {
            return Vec::new();
        }
        self.held_under = paused;
        self.paused.values().copied().collect()
    }

    /// The first in line to write: how many bytes its batch has, and since when it waits.
    pub fn first_throttled(&self) -> Option<(ClientKey, usize, UnixMillis)> {
        let (_, &(slot, since)) = self.throttled.first_key_value()?;
        let suspended = self.by_slot.get(&slot)?;
        let bytes = suspended.rest.as_ref().map_or(0, |rest| rest.batch.input.len());
        Some((suspended.client, bytes, since))
    }

    /// Everybody who waits for something `of_interest`, in the order they came. It looks at all.
    pub fn all(&self, of_interest: impl Fn(&Block) -> bool) -> Vec<ClientSlot> {
        let all = self.by_slot.iter().filter(|(_, suspended)| of_interest(&suspended.block));
        let mut found: Vec<_> = all.map(|(&slot, suspended)| (suspended.turn, slot)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, slot)| slot).collect()
    }
}

/// It is over at that time, if not earlier.
fn bring_forward(
    deadlines: &mut BTreeMap<(UnixMillis, Turn), ClientSlot>,
    slot: ClientSlot,
    suspended: &mut Suspended,
    at: UnixMillis,
) {
    let before = deadline_of(&suspended.block);
    if before.is_some_and(|before| before <= at) {
        return;
    }
    match &mut suspended.block {
        Block::Quorum { deadline, .. } => *deadline = at,
        Block::Forwarded { deadline, .. } => *deadline = Some(at),
        _ => return,
    }
    if let Some(before) = before {
        deadlines.remove(&(before, suspended.turn));
    }
    deadlines.insert((at, suspended.turn), slot);
}

/// By when it is over, whatever happens.
fn deadline_of(block: &Block) -> Option<UnixMillis> {
    match block {
        Block::Wait { deadline, .. } | Block::Keys(AwaitedKeys { deadline, .. }) => *deadline,
        Block::Quorum { deadline, .. }
        | Block::AwaitingMaster { until: deadline }
        | Block::CatchingUp { deadline, .. } => Some(*deadline),
        Block::Forwarded { deadline, .. } => *deadline,
        Block::Paused
        | Block::Throttled
        | Block::Migrating
        | Block::KeyMigrates
        | Block::Save
        | Block::Reload
        | Block::Shutdown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(commands: &[&[&[u8]]], next: usize) -> Exchange {
        let mut exchange = Exchange { next, ..Exchange::default() };
        exchange.batch.input.reserve(16 * 1024);
        exchange.output.reserve(16 * 1024);
        commands.iter().for_each(|command| exchange.batch.push(command));
        exchange
    }

    fn key(slot: ClientSlot) -> ClientKey {
        ClientKey { slot, id: slot as u64 + 1 }
    }

    /// One who waits in `WAIT`, and then wants to PING.
    fn wait(waiting: &mut Waiting, slot: ClientSlot, replicas: usize, offset: i64, by: i64) {
        let block = Block::Wait { what: Acks::Applied, replicas, offset, deadline: Some(by) };
        let exchange = exchange(&[&[b"WAIT", b"1", b"0"], &[b"PING"]], 1);
        waiting.suspend(key(slot), exchange.into_rest(), block, None, 0);
    }

    fn pause(waiting: &mut Waiting, slot: ClientSlot, scope: PauseScope) {
        let exchange = exchange(&[&[b"SET", b"k", b"v"]], 0);
        waiting.suspend(key(slot), exchange.into_rest(), Block::Paused, Some(scope), 0);
    }

    #[test]
    fn only_those_are_looked_at_whom_an_acknowledgement_concerns() {
        let mut waiting = Waiting::default();
        for slot in 0..10_000 {
            wait(&mut waiting, slot, 1 + slot % 3, 1000 + slot as i64, 1_000_000);
        }
        assert_eq!(waiting.reached(Acks::Applied, &[999, 999, 999]), []);
        assert_eq!(waiting.reached(Acks::Applied, &[1000]), [0]);
        assert_eq!(waiting.reached(Acks::Applied, &[1004, 1001]), [3, 1, 0]);
        assert_eq!(waiting.reached(Acks::Applied, &[]), []);
        assert_eq!(waiting.looked_at, 4);
        waiting.wake(0, |_| {}).expect("it waits");
        waiting.forget(3);
        assert_eq!(waiting.reached(Acks::Applied, &[1004, 1001]), [1]);
    }

    #[test]
    fn deadlines_come_in_their_order_and_go_with_who_set_them() {
        let mut waiting = Waiting::default();
        for (slot, by) in [(0, 30), (1, 10), (2, 20), (3, 10)] {
            wait(&mut waiting, slot, 1, 1, by);
        }
        assert_eq!((waiting.next_deadline(), waiting.overdue(9)), (Some(10), None));
        assert_eq!(waiting.overdue(10), Some(1));
        waiting.wake(1, |_| {}).expect("it waits");
        assert_eq!(waiting.overdue(10), Some(3));
        waiting.forget(3);
        assert_eq!((waiting.next_deadline(), waiting.overdue(19)), (Some(20), None));
        waiting.forget(2);
        waiting.forget(0);
        assert_eq!(waiting.next_deadline(), None);
        assert!(waiting.by_offset.is_empty());
    }

    #[test]
    fn a_pause_lets_go_of_those_it_held_when_it_eases_and_in_the_order_they_came() {
        let mut waiting = Waiting::default();
        for slot in [7, 3, 5] {
            pause(&mut waiting, slot, PauseScope::All);
        }
        assert_eq!(waiting.released(Some(PauseScope::All)), []);
        assert_eq!(waiting.released(Some(PauseScope::Writes)), [7, 3, 5]);
        assert_eq!(waiting.released(Some(PauseScope::Writes)), [], "once is enough");
        pause(&mut waiting, 8, PauseScope::All);
        pause(&mut waiting, 9, PauseScope::Writes);
        assert_eq!(waiting.released(Some(PauseScope::Writes)), [7, 3, 5, 8, 9]);
        assert_eq!(waiting.released(None), [7, 3, 5, 8, 9]);
    }

    #[test]
    fn a_limit_makes_no_wait_longer() {
        let mut waiting = Waiting::default();
        let held = || Some(Box::new(exchange(&[&[b"SET", b"k", b"v"]], 1)));
        let block = |deadline| Block::Quorum { replicas: 1, offset: 1, deadline };
        waiting.suspend(key(1), held(), block(100), None, 0);
        waiting.suspend(key(2), held(), block(10), None, 0);
        wait(&mut waiting, 3, 1, 1, 200);
        (1..=4).for_each(|slot| waiting.limit_held(slot, 50));
        assert_eq!((waiting.overdue(9), waiting.overdue(10)), (None, Some(2)));
        waiting.forget(2);
        assert_eq!((waiting.overdue(49), waiting.overdue(50)), (None, Some(1)));
        waiting.forget(1);
        assert_eq!(waiting.next_deadline(), Some(200), "who waits in WAIT is none of them");
    }

    #[test]
    fn what_is_forwarded_waits_for_ever_until_it_is_limited() {
        let mut waiting = Waiting::default();
        let block = |deadline| Block::Forwarded { count: 1, may_wait: true, epoch: 1, deadline };
        waiting.suspend(key(1), None, block(None), None, 0);
        waiting.suspend(key(2), None, block(Some(3)), None, 0);
        wait(&mut waiting, 3, 1, 1, 9);
        assert_eq!(waiting.next_deadline(), Some(3));
        waiting.limit_forwarded(5);
        assert_eq!((waiting.overdue(2), waiting.overdue(3)), (None, Some(2)));
        waiting.forget(2);
        waiting.limit_forwarded(8);
        assert_eq!((waiting.overdue(4), waiting.overdue(5)), (None, Some(1)));
        waiting.limit_forwarded(4);
        assert_eq!(waiting.overdue(4), Some(1));
        waiting.forget(1);
        assert_eq!(waiting.next_deadline(), Some(9));
    }

    #[test]
    fn who_is_woken_goes_on_with_its_answer_before_the_rest() {
        let mut waiting = Waiting::default();
        wait(&mut waiting, 4, 1, 1, 9);
        assert!(waiting.wake(5, |_| {}).is_none());
        waiting.wake(4, |exchange| exchange.output.extend_from_slice(b":1\r\n")).expect("it waits");
        assert!(waiting.find(4).is_none() && waiting.has_ready());
        let (client, exchange) = waiting.pop_ready().expect("one");
        assert_eq!((client, &exchange.output[..]), (key(4), &b":1\r\n"[..]));
        assert_eq!(
            (exchange.batch.command(exchange.next).get(0), exchange.batch.len()),
            (&b"PING"[..], 1)
        );
        assert!(!waiting.has_ready());
    }

    #[test]
    fn who_stands_in_line_to_write_is_found_in_the_order_they_came() {
        let mut waiting = Waiting::default();
        for (slot, now) in [(7, 10), (3, 10), (5, 20)] {
            let rest = exchange(&[&[b"SET", b"k", b"v"]], 0).into_rest();
            waiting.suspend(key(slot), rest, Block::Throttled, None, now);
        }
        let bytes = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n".len();
        assert_eq!(waiting.first_throttled(), Some((key(7), bytes, 10)));
        waiting.wake(7, |_| {}).expect("it waits");
        waiting.forget(3);
        assert_eq!(waiting.first_throttled(), Some((key(5), bytes, 20)));
        waiting.forget(5);
        assert_eq!(waiting.first_throttled(), None);
    }

    #[test]
    fn who_waits_takes_at_most_a_kilobyte() {
        let mut waiting = Waiting::default();
        wait(&mut waiting, 0, 1, 1, 9);
        pause(&mut waiting, 1, PauseScope::Writes);
        for suspended in waiting.by_slot.values() {
            let rest = suspended.rest.as_ref().expect("something is left");
            let bytes = size_of::<Suspended>() + size_of::<Exchange>() + rest.memory_bytes();
            assert!(bytes < 512, "{bytes}");
        }
        let index_entry = size_of::<(Acks, usize, i64, Turn)>() + size_of::<ClientSlot>();
        assert!(2 * index_entry < 128, "{index_entry}");
        let block = Block::Wait { what: Acks::Fsynced, replicas: 1, offset: 1, deadline: None };
        waiting.suspend(key(2), exchange(&[&[b"WAIT", b"1", b"0"]], 1).into_rest(), block, None, 0);
        assert!(waiting.by_slot[&2].rest.is_none(), "nothing is left");
    }
}

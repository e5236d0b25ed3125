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
mod tests;

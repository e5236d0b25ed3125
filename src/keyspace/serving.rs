//! Serves those who wait for keys: after each command that has made one hold what somebody wants,
//! before the next command runs, in the order of Redis: the keys as they became ready, and those
//! who wait for one as they came.

use bytes::BytesMut;

use super::actor::Keyspace;
use super::execute::Flow;
use crate::base::ids::DbIndex;
use crate::clients::ClientSlot;
use crate::store::value::Type;
use crate::store::waiters::Turn;

impl Keyspace {
    /// Serves until no key is ready: one who is served may make another key ready.
    #[inline]
    pub(super) fn serve_waiters(&mut self) {
        if self.executor.state.waiters.has_ready() {
            self.serve_all();
        }
    }

    #[cold]
    fn serve_all(&mut self) {
        // They would write; their keys are remembered until the pause is over.
        if self.executor.state.server.pauses.at(self.executor.now()).is_some() {
            return;
        }
        while let Some(place) = self.executor.state.waiters.pop_ready() {
            // Who begins to wait meanwhile has seen what is there.
            let until = self.waiting.last_turn();
            let mut after = 0;
            while let Some((turn, slot)) = self.next_waiter(&place, (after, until)) {
                after = turn;
                self.serve(slot, &place.1);
            }
        }
    }

    fn next_waiter(
        &self,
        place: &(DbIndex, Box<[u8]>),
        turns: (Turn, Turn),
    ) -> Option<(Turn, ClientSlot)> {
        let state = &self.executor.state;
        let there: Option<Type> =
            state.dataset[place.0].get(&place.1).map(|entry| entry.value().value_type());
        state.waiters.next(place, there, turns)
    }

    /// Runs the command of one who waits again: it is answered, or waits on.
    fn serve(&mut self, slot: ClientSlot, key: &[u8]) {
        let Keyspace { waiting, executor, .. } = self;
        let is_closing = executor.state.server.clients.at(slot).is_closing;
        let Some(args) = waiting.find(slot).and_then(|suspended| suspended.command()) else {
            return;
        };
        if is_closing {
            return;
        }
        let mut output = BytesMut::new();
        if let Flow::Next = executor.run_again(slot, args, key.into(), &mut output) {
            let held = executor.written.take();
            self.release(slot, |_, exchange| {
                exchange.output.extend_from_slice(&output);
                held.into_iter().for_each(|reply| exchange.held.push(reply));
            });
        }
        self.carry_out_actions();
    }
}

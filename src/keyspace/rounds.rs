//! What an executor does once for many commands: it reads the clocks, and fetches keys ahead.

use std::ops::Range;

use super::clock::Moment;
use super::execute::Executor;
use crate::base::time::UnixMillis;
use crate::clients::ClientSlot;
use crate::resp::request::Batch;

impl Executor {
    /// Reads the clocks.
    pub fn read_clock(&mut self) {
        self.standing.forget();
        self.clock.read_again();
    }

    /// Reads the clocks at the first batch of a round: those after it begin when it ended.
    pub fn begin_batch(&mut self) {
        self.standing.forget();
        if !self.in_round {
            self.in_round = true;
            self.read_clock();
            if self.state.server.config.memory.maxmemory > 0 {
                self.scales.weigh(&self.state, self.clock.last());
            }
        }
    }

    /// Fetches from memory what commands of a pipeline will read: the waits overlap. The first
    /// argument of most commands is a key; for the others it is a little work for nothing.
    pub fn prefetch(&self, client: ClientSlot, batch: &Batch, commands: Range<usize>) {
        if commands.len() > 1 {
            let db = self.state.server.clients.at(client).db;
            let commands = commands.map(|i| batch.command(i)).filter(|args| args.len() > 1);
            self.state.dataset[db].prefetch(commands.map(|args| args.get(1)));
        }
    }

    /// The mailbox has run dry: time passes unseen until the next batch.
    pub fn end_round(&mut self) {
        self.in_round = false;
    }

    /// When the last command ended.
    pub fn last_moment(&self) -> Moment {
        self.clock.last()
    }

    /// The time that commands see.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Makes commands see this time, which goes on from here.
    #[cfg(test)]
    pub fn set_time(&mut self, now: UnixMillis) {
        self.standing.forget();
        self.clock = super::clock::Clock::at(now * 1000);
    }
}

//! What an executor does once for many commands: it reads the clocks, and fetches keys ahead.

use std::ops::Range;

use super::clock::Moment;
use super::execute::Executor;
use crate::base::time::UnixMillis;
use crate::clients::ClientSlot;
use crate::resp::request::{Args, Batch};
use crate::store::database::Database;
use crate::store::entry::Entry;
use crate::store::value::{ObjectRef, ValueRef};

/// Commands whose keys are fetched from memory together, before the first of them runs.
pub(super) const PREFETCHED_COMMANDS: usize = 16;

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
            let database = &self.state.dataset[db];
            database.prefetch(commands.clone().map(|args| args.get(1)));
            prefetch_elements(database, commands);
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

/// Fetches what commands of a pipeline will read of one large collection, if the first ones are all
/// on the same key. Which argument names an element is a guess: a wrong one costs little.
fn prefetch_elements<'a>(database: &Database, mut commands: impl Iterator<Item = Args<'a>>) {
    let Some(first) = commands.next() else { return };
    let key = first.get(1);
    let is_alike = |args: &Args<'a>| args.len() > 2 && args.get(1) == key;
    let Some(second) = commands.next().filter(|second| is_alike(second) && is_alike(&first)) else {
        return;
    };
    let Some(ValueRef::Object(object)) = database.get(key).map(Entry::value) else { return };
    let is_scored = matches!(object, ObjectRef::SortedSet(_));
    let name_of = |args: Args<'a>| match args.len() {
        4.. if is_scored => args.get(3),
        _ => args.get(2),
    };
    let (mut names, mut count) = ([&[][..]; PREFETCHED_COMMANDS], 0);
    let alike = [first, second].into_iter().chain(commands.take_while(is_alike));
    for (name, args) in names.iter_mut().zip(alike) {
        *name = name_of(args);
        count += 1;
    }
    object.prefetch(names.get(..count).unwrap_or_default());
}

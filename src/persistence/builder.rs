//! A data set that is built on a thread of its own, of entries that another one decodes: so a load
//! uses two cores.
//!
//! ```text
//! reader ──entries of a database──► builder
//!    ▲─────────empty vectors──────────┘
//! ```

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use crate::base::ids::DbIndex;
use crate::rdb::RdbErrorKind;
use crate::rdb::load::Target;
use crate::store::dataset::Dataset;
use crate::store::entry::Entry;

/// Messages that the builder may be behind, at most.
const MESSAGES_MAX: usize = 16;

enum Message {
    AdoptHashSeed(u64),
    Put { database: DbIndex, entries: Vec<Entry>, ordered: bool, replaces: bool },
}

/// The reader's end. Its thread ends when it is dropped.
pub struct Builder {
    databases: usize,
    is_empty: bool,
    messages: SyncSender<Message>,
    emptied: Receiver<Vec<Entry>>,
    thread: Option<JoinHandle<Result<Dataset, RdbErrorKind>>>,
}

impl Builder {
    /// # Errors
    /// The system has no thread to give.
    pub fn start(dataset: Dataset) -> io::Result<Builder> {
        let (databases, is_empty) = (dataset.database_count(), dataset.is_empty());
        let (messages, queue) = sync_channel(MESSAGES_MAX);
        let (back, emptied) = channel();
        let run = move || build(dataset, &queue, &back);
        let thread = thread::Builder::new().name("builder".to_owned()).spawn(run)?;
        Ok(Builder { databases, is_empty, messages, emptied, thread: Some(thread) })
    }

    /// All that was put is in it.
    ///
    /// # Errors
    /// What was put and could not be.
    pub fn finish(self) -> Result<Dataset, RdbErrorKind> {
        let Builder { messages, thread, .. } = self;
        drop(messages);
        join(thread)
    }

    fn send(&mut self, message: Message) -> Result<(), RdbErrorKind> {
        match self.messages.send(message) {
            Ok(()) => Ok(()),
            // The thread has ended before its time.
            Err(_) => join(self.thread.take()).map(drop),
        }
    }
}

fn join(
    thread: Option<JoinHandle<Result<Dataset, RdbErrorKind>>>,
) -> Result<Dataset, RdbErrorKind> {
    let built = thread.and_then(|thread| thread.join().ok());
    built.unwrap_or(Err(RdbErrorKind::Stopped))
}

fn build(
    mut dataset: Dataset,
    queue: &Receiver<Message>,
    back: &Sender<Vec<Entry>>,
) -> Result<Dataset, RdbErrorKind> {
    while let Ok(message) = queue.recv() {
        match message {
            Message::AdoptHashSeed(seed) => dataset.adopt_hash_seed(seed),
            Message::Put { database, mut entries, ordered, replaces } => {
                dataset.put(database, &mut entries, ordered, replaces)?;
                // The reader may have read its last.
                let _ = back.send(entries);
            }
        }
    }
    Ok(dataset)
}

impl Target for Builder {
    const ENTRIES_TOGETHER: usize = 256;

    fn database_count(&self) -> usize {
        self.databases
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn adopt_hash_seed(&mut self, seed: u64) {
        // Should the thread have ended, the next entries tell why.
        let _ = self.send(Message::AdoptHashSeed(seed));
    }

    fn put(
        &mut self,
        database: DbIndex,
        entries: &mut Vec<Entry>,
        ordered: bool,
        replaces: bool,
    ) -> Result<(), RdbErrorKind> {
        if entries.is_empty() {
            return Ok(());
        }
        self.is_empty = false;
        let next = self.emptied.try_recv();
        let next = next.unwrap_or_else(|_| Vec::with_capacity(Builder::ENTRIES_TOGETHER));
        let entries = std::mem::replace(entries, next);
        self.send(Message::Put { database, entries, ordered, replaces })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::value::NewValue;

    fn entries(names: std::ops::Range<usize>) -> Vec<Entry> {
        names.map(|i| Entry::new(format!("k{i}").as_bytes(), NewValue::Int(1), None)).collect()
    }

    #[test]
    fn what_is_put_is_there_when_it_is_finished() {
        let mut builder = Builder::start(Dataset::new(2, 1)).unwrap();
        assert!(builder.is_empty() && Target::database_count(&builder) == 2);
        builder.adopt_hash_seed(7);
        for i in 0..100 {
            let mut some = entries(i * 10..i * 10 + 10);
            builder.put(i % 2, &mut some, false, false).unwrap();
            assert!(some.is_empty());
        }
        assert!(!builder.is_empty());
        let dataset = builder.finish().unwrap();
        assert_eq!((dataset.key_count(), dataset[1].len(), dataset.hash_seed()), (1000, 500, 7));
    }

    #[test]
    fn a_key_that_is_there_is_told_at_the_end_at_the_latest() {
        let mut builder = Builder::start(Dataset::new(1, 1)).unwrap();
        builder.put(0, &mut entries(0..5), false, false).unwrap();
        builder.put(0, &mut entries(4..5), false, true).unwrap();
        let _ = builder.put(0, &mut entries(3..4), false, false);
        let told = (0..1000)
            .find_map(|i| builder.put(0, &mut entries(10 + i..11 + i), false, false).err());
        let told = told.or_else(|| builder.finish().err());
        assert!(matches!(told, Some(RdbErrorKind::DuplicateKey { .. })), "{told:?}");
    }
}

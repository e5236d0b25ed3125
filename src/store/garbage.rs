//! The garbage thread: frees what would take too long between two commands.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::entry::Entry;
use crate::background;

/// A handle to the thread, which ends when the last handle is dropped and all is freed.
///
/// The queue has no bound: what is in it is memory that was in use before, and a sender that waited
/// would be the stall that this thread is there to avoid.
#[derive(Clone)]
pub struct Garbage {
    queue: Sender<Item>,
    counts: Arc<Counts>,
}

struct Item {
    garbage: Box<dyn Any + Send>,
    objects: u64,
}

#[derive(Default)]
struct Counts {
    pending: AtomicU64,
    freed: AtomicU64,
}

impl Garbage {
    /// Starts the thread.
    pub fn start() -> io::Result<Garbage> {
        let (queue, items) = channel();
        let counts = Arc::<Counts>::default();
        let thread_counts = counts.clone();
        background::start("garbage", move || free_all(items, &thread_counts))?;
        Ok(Garbage { queue, counts })
    }

    /// Drops `garbage` on the thread; `objects` is how many keys it counts for in
    /// [`Garbage::pending`].
    pub fn drop_later(&self, garbage: impl Any + Send, objects: usize) {
        let objects = objects as u64;
        self.counts.pending.fetch_add(objects, Ordering::Relaxed);
        // The thread lives as long as a handle; if it is gone all the same, freeing here is right.
        if self.queue.send(Item { garbage: Box::new(garbage), objects }).is_err() {
            self.counts.finish(objects);
        }
    }

    /// Drops an entry that was taken out: here when that is quick, else on the thread.
    #[inline]
    pub fn discard(&self, entry: Entry) {
        if entry.is_slow_to_drop() {
            self.drop_later(entry, 1);
        }
    }

    /// Keys that wait to be freed: `lazyfree_pending_objects`.
    pub fn pending(&self) -> u64 {
        self.counts.pending.load(Ordering::Relaxed)
    }

    /// Keys freed by the thread since the start or the last reset: `lazyfreed_objects`.
    pub fn freed(&self) -> u64 {
        self.counts.freed.load(Ordering::Relaxed)
    }

    /// Counts freed keys from 0 again: `CONFIG RESETSTAT`.
    pub fn reset_freed(&self) {
        self.counts.freed.store(0, Ordering::Relaxed);
    }
}

impl Counts {
    fn finish(&self, objects: u64) {
        self.pending.fetch_sub(objects, Ordering::Relaxed);
        self.freed.fetch_add(objects, Ordering::Relaxed);
    }
}

fn free_all(items: Receiver<Item>, counts: &Counts) {
    for Item { garbage, objects } in items {
        drop(garbage);
        counts.finish(objects);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use std::thread;

    use super::*;

    /// Tells on which thread it is dropped.
    struct Tells(mpsc::Sender<String>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let name = thread::current().name().unwrap_or_default().to_owned();
            self.0.send(name).ok();
        }
    }

    #[test]
    fn garbage_is_dropped_on_its_thread_and_counted() {
        let garbage = Garbage::start().unwrap();
        let (told, dropped) = mpsc::channel();
        garbage.drop_later(Tells(told.clone()), 3);
        garbage.drop_later(Tells(told.clone()), 4);
        assert_eq!(dropped.recv().unwrap(), "garbage");
        assert_eq!(dropped.recv().unwrap(), "garbage");
        while garbage.pending() > 0 {
            thread::yield_now();
        }
        assert_eq!(garbage.freed(), 7);
        garbage.reset_freed();
        assert_eq!(garbage.freed(), 0);
    }

    #[test]
    fn what_is_queued_is_freed_after_the_last_handle_is_gone() {
        let garbage = Garbage::start().unwrap();
        let (told, dropped) = mpsc::channel();
        (0..100).for_each(|_| garbage.drop_later(Tells(told.clone()), 1));
        drop((garbage, told));
        assert_eq!(dropped.iter().count(), 100);
    }
}

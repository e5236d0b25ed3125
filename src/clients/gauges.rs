//! What a client takes, as whoever has it keeps up to date and others read.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::resp::request::Batch;

/// Sizes in bytes. Each has one writer at a time: the connection, or the replica link that has
/// taken its place; of the batch, whoever has that.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Read, and not yet known as a part of a command.
    pub input: AtomicUsize,
    pub input_free: AtomicUsize,
    /// What an argument that has begun to come was announced to take beyond that room.
    pub input_announced: AtomicUsize,
    /// What has come of a command that has not come to its end: `argv-mem`.
    pub input_known: AtomicUsize,
    /// What it takes to know where the arguments lie in the input.
    pub input_places: AtomicUsize,
    /// What runs, or waits to go on.
    pub batch: BatchGauges,
    /// Replies that are not given yet, since their writes are not safe elsewhere.
    pub held: AtomicUsize,
    /// What is held for reply bytes that the socket has not taken yet.
    pub output: AtomicUsize,
    /// The part of it that is held anyhow: of a replica, the backlog.
    pub shared_output: AtomicUsize,
    pub output_buffers: AtomicUsize,
    /// Bytes read from the socket and written to it so far; it may wrap around.
    pub moved: AtomicUsize,
}

impl Gauges {
    pub fn set(gauge: &AtomicUsize, bytes: usize) {
        gauge.store(bytes, Ordering::Relaxed);
    }
    pub fn add(gauge: &AtomicUsize, bytes: usize) {
        gauge.fetch_add(bytes, Ordering::Relaxed);
    }
    pub fn get(gauge: &AtomicUsize) -> usize {
        gauge.load(Ordering::Relaxed)
    }

    /// Bytes read and not yet executed: `qbuf`.
    pub fn query_bytes(&self) -> usize {
        Gauges::get(&self.input) + Gauges::get(&self.batch.used)
    }

    /// `qbuf-free`. What is announced counts before it comes, so that clients that send the same
    /// take the same, however far it has come.
    pub fn query_free_bytes(&self) -> usize {
        let input = Gauges::get(&self.input_free) + Gauges::get(&self.input_announced);
        input + Gauges::get(&self.batch.free)
    }

    /// All that is held for the client, `output` too.
    pub fn memory_bytes(&self) -> usize {
        let places = Gauges::get(&self.input_places) + Gauges::get(&self.batch.places);
        let input = self.query_bytes() + Gauges::get(&self.input_known) + self.query_free_bytes();
        input + places + Gauges::get(&self.held) + Gauges::get(&self.output)
    }
}

/// Of a batch of commands.
#[derive(Debug, Default)]
pub struct BatchGauges {
    used: AtomicUsize,
    free: AtomicUsize,
    places: AtomicUsize,
}

impl BatchGauges {
    /// What is there now; `None`: nothing.
    pub fn set(&self, batch: Option<&Batch>) {
        let (used, free, places) = batch.map_or((0, 0, 0), |batch| {
            let used = batch.input.len();
            (used, batch.input.capacity() - used, batch.places_bytes())
        });
        Gauges::set(&self.used, used);
        Gauges::set(&self.free, free);
        Gauges::set(&self.places, places);
    }
}

//! The snapshot thread of a full sync: encodes a snapshot once and hands the chunks to every
//! replica that waits for it, at the pace of their credit.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use actix::Recipient;
use bytes::Bytes;

use super::credit::Credit;
use super::messages::{SnapshotChunk, TakenSnapshot, TransferFinished};
use super::model::framing::Framing;
use super::model::rdb_stream::MARK_BYTES;
use super::model::status::SnapshotSize;
use crate::background;
use crate::rdb::key_delay::KeyDelay;
use crate::rdb::output::ChunkSink;
use crate::rdb::save;

/// Chunks on their way to one replica at most.
pub const CHUNKS_IN_FLIGHT: usize = 8;
/// How long the thread sleeps before it looks whether anybody is still there.
const SLEEP_SLICE: Duration = Duration::from_millis(50);
/// Bytes of a chunk that is read from a file.
const FILE_CHUNK_BYTES: usize = 128 * 1024;

/// One replica of a transfer, as the thread sees it.
pub struct Target {
    pub chunks: Recipient<SnapshotChunk>,
    pub credit: Arc<Credit>,
}

/// How far a transfer is, for who waits for its end.
#[derive(Debug, Default)]
pub struct TransferGauge(AtomicU32);

impl TransferGauge {
    /// In thousandths.
    pub fn permille(&self) -> u32 {
        self.0.load(Relaxed)
    }

    fn show(&self, from: u32, share: u32, done: u64, total: u64) {
        let part = done.saturating_mul(u64::from(share)) / total.max(1);
        self.0.store(from + u32::try_from(part).unwrap_or(share).min(share), Relaxed);
    }
}

/// What the thread is to do.
pub struct Job {
    pub taken: TakenSnapshot,
    pub framing: Framing,
    /// Without keys: for `rdb-filter-only functions`.
    pub without_keys: bool,
    /// Ends a transfer by mark.
    pub mark: [u8; MARK_BYTES],
    pub targets: Vec<Target>,
    pub gauge: Arc<TransferGauge>,
    pub finished: Recipient<TransferFinished>,
}

/// Starts the thread.
///
/// # Errors
/// The system has no thread to give.
pub fn start(job: Job) -> io::Result<()> {
    background::start("snapshot", move || run(job))
}

fn run(job: Job) {
    let Job { taken, framing, without_keys, mark, targets, gauge, finished } = job;
    let ticket = taken.ticket;
    let mut fanout = Fanout {
        targets,
        delay: KeyDelay::new(taken.key_delay_micros),
        gauge,
        keys: taken.snapshot.key_count() as u64,
        encoding_permille: match framing {
            Framing::Mark => 1000,
            // Writing the file, and sending it.
            Framing::Length => 500,
        },
        given_bytes: 0,
        size: SnapshotSize::Unknown,
    };
    // The snapshot is dropped with what encodes it, off the keyspace's thread.
    let sent = match framing {
        Framing::Mark => send_by_mark(taken, without_keys, &mark, &mut fanout),
        Framing::Length => send_by_length(taken, without_keys, &mut fanout),
    };
    finished.do_send(TransferFinished { ticket, result: sent.map_err(|e| e.to_string()) });
}

fn send_by_mark(
    taken: TakenSnapshot,
    without_keys: bool,
    mark: &[u8; MARK_BYTES],
    fanout: &mut Fanout,
) -> io::Result<()> {
    let mut head = b"$EOF:".to_vec();
    head.extend_from_slice(mark);
    head.extend_from_slice(b"\r\n");
    fanout.write_chunk(Bytes::from(head))?;
    encode(taken, without_keys, &mut *fanout)?;
    fanout.write_chunk(Bytes::copy_from_slice(mark))
}

/// The length comes first, so the whole is written to a file without a name before. From then on
/// the file is all that is needed: the snapshot is let go.
fn send_by_length(taken: TakenSnapshot, without_keys: bool, fanout: &mut Fanout) -> io::Result<()> {
    let path = PathBuf::from(format!("temp-{}.{}.rdb", std::process::id(), taken.ticket));
    let mut file =
        File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
    fs::remove_file(&path)?;
    encode(taken, without_keys, FileSink { file: &mut file, fanout })?;
    file.flush()?;
    let length = file.stream_position()?;
    file.rewind()?;
    fanout.size = SnapshotSize::Exact(length);
    fanout.write_chunk(Bytes::from(format!("${length}\r\n")))?;
    let mut sent = 0;
    loop {
        let mut chunk = vec![0; FILE_CHUNK_BYTES];
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        chunk.truncate(read);
        fanout.write_chunk(Bytes::from(chunk))?;
        sent += read as u64;
        let encoded = fanout.encoding_permille;
        fanout.gauge.show(encoded, 1000 - encoded, sent, length);
    }
}

fn encode<S: ChunkSink>(taken: TakenSnapshot, without_keys: bool, sink: S) -> io::Result<()> {
    if without_keys {
        save::save_without_keys(&taken.info, sink)?;
    } else {
        save::save(taken.snapshot, &taken.info, sink)?;
    }
    Ok(())
}

/// Gives each chunk to every replica that is still there.
struct Fanout {
    targets: Vec<Target>,
    delay: KeyDelay,
    gauge: Arc<TransferGauge>,
    /// Of the snapshot.
    keys: u64,
    /// What of the transfer the encoding is.
    encoding_permille: u32,
    given_bytes: u64,
    size: SnapshotSize,
}

impl Fanout {
    /// Forgets the replicas that are gone. `Err`: nobody is left.
    fn check_targets(&mut self, is_there: impl FnMut(&Target) -> bool) -> io::Result<()> {
        self.targets.retain(is_there);
        if self.targets.is_empty() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "every replica is gone"));
        }
        Ok(())
    }

    /// Waits, in slices, for as long as somebody wants the snapshot.
    fn delay(&mut self, keys: u64) {
        self.gauge.show(0, self.encoding_permille, keys, self.keys);
        let mut time = self.delay.due(keys);
        while !time.is_zero() && !self.targets.iter().all(|target| target.credit.is_closed()) {
            let slice = time.min(SLEEP_SLICE);
            thread::sleep(slice);
            time -= slice;
        }
    }
}

impl ChunkSink for Fanout {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        self.given_bytes += chunk.len() as u64;
        let size = self.size;
        self.check_targets(|target| {
            let is_there = target.credit.take();
            if is_there {
                target.chunks.do_send(SnapshotChunk { bytes: chunk.clone(), size });
            }
            is_there
        })
    }

    fn keys_encoded(&mut self, keys: u64) {
        if let SnapshotSize::Unknown | SnapshotSize::Estimated(_) = self.size {
            self.size = estimated(self.given_bytes, keys, self.keys);
        }
        self.delay(keys);
    }
}

/// What all keys take, when so many took so much.
fn estimated(bytes: u64, keys: u64, all_keys: u64) -> SnapshotSize {
    let whole = (u128::from(bytes) * u128::from(all_keys)).checked_div(u128::from(keys));
    match whole.and_then(|whole| u64::try_from(whole).ok()) {
        Some(whole) if whole > 0 => SnapshotSize::Estimated(whole),
        _ => SnapshotSize::Unknown,
    }
}

/// Writes the chunks to a file, for as long as a replica waits for it.
struct FileSink<'a> {
    file: &'a mut File,
    fanout: &'a mut Fanout,
}

impl ChunkSink for FileSink<'_> {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        self.fanout.check_targets(|target| !target.credit.is_closed())?;
        self.file.write_all(&chunk)
    }

    fn keys_encoded(&mut self, keys: u64) {
        self.fanout.delay(keys);
    }
}

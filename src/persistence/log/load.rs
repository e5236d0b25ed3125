//! The append-only log back into memory: a thread reads and takes apart, the Keyspace runs the
//! commands. At most four batches are on their way.

use std::fs::File;
use std::io::{Read, Seek};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use actix::Recipient;
use bytes::Buf;

use super::folder::LogFolder;
use super::loaded::{LogEnd, LogLoadError};
use crate::aof::manifest::{AofFile, Manifest};
use crate::aof::mark::Mark;
use crate::aof::records::{self, Malformed, Record};
use crate::base::offset;
use crate::base::text::system_text;
use crate::keyspace::messages::LogPiece;
use crate::persistence::load::{LoadJob, read_rdb};
use crate::rdb::key_delay::KeyDelay;
use crate::resp::request::Batch;

/// How many batches there are for the way to the Keyspace and back.
const BATCHES: usize = 4;
/// A batch is sent when it has so many bytes or commands.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_COMMANDS: usize = 2048;
const READ_BYTES: usize = 256 * 1024;
const RDB_SIGNATURE: &[u8] = b"REDIS";

/// What is to be loaded, and how.
pub struct LogLoadJob {
    pub folder: LogFolder,
    pub manifest: Manifest,
    /// For a base that is an RDB; its path is set for each.
    pub rdb: LoadJob,
    /// `aof-load-truncated`
    pub truncates: bool,
    /// How much of the stream's end is wanted: `repl-backlog-size`.
    pub tail_bytes: usize,
    /// Batches come back here.
    pub batches: Receiver<Box<Batch>>,
    pub pieces: Recipient<LogPiece>,
}

/// Starts a thread that does the job and tells how it ended, by the last piece.
pub fn start(job: LogLoadJob) {
    let to = job.pieces.clone();
    let run = move || {
        let pieces = job.pieces.clone();
        let result = LogLoader::new(job).and_then(LogLoader::run);
        pieces.do_send(LogPiece::Ended(result));
    };
    // Not in the background: until it is done, every client waits for it.
    if let Err(error) = thread::Builder::new().name("loader".to_owned()).spawn(run) {
        to.do_send(LogPiece::Ended(Err(LogLoadError::Thread(error))));
    }
}

struct LogLoader {
    job: LogLoadJob,
    #[expect(clippy::vec_box, reason = "they travel in their boxes")]
    spare: Vec<Box<Batch>>,
    batch: Box<Batch>,
    end: LogEnd,
    /// Bytes of the files before this one.
    bytes_before: u64,
    delay: KeyDelay,
    commands: u64,
}

/// How far a file is good.
struct Reached {
    bytes: u64,
    mark: Option<Mark>,
}

impl LogLoader {
    fn new(job: LogLoadJob) -> Result<LogLoader, LogLoadError> {
        let mut end = LogEnd::default();
        for file in job.manifest.files() {
            let unknown = |error| LogLoadError::Size { name: file.name.clone(), error };
            end.total_bytes += job.folder.size(file).map_err(unknown)?;
        }
        Ok(LogLoader {
            spare: (1..BATCHES).map(|_| Box::default()).collect(),
            batch: Box::default(),
            end,
            bytes_before: 0,
            delay: KeyDelay::new(job.rdb.key_delay_micros),
            commands: 0,
            job,
        })
    }

    fn run(mut self) -> Result<LogEnd, LogLoadError> {
        let files: Vec<AofFile> = self.job.manifest.files().cloned().collect();
        for (i, file) in files.iter().enumerate() {
            let began = Instant::now();
            let is_base = i == 0 && self.job.manifest.base.is_some();
            // One that was made and never written may follow.
            let is_empty =
                |file: &AofFile| self.job.folder.size(file).is_ok_and(|bytes| bytes == 0);
            let is_last = files.iter().skip(i + 1).all(is_empty);
            self.load_file(file, is_last)?;
            let name = file.name.clone();
            self.job.pieces.do_send(LogPiece::FileEnds { name, is_base, began });
        }
        let excess = self.end.tail.len().saturating_sub(self.job.tail_bytes);
        self.end.tail.advance(excess);
        Ok(self.end)
    }

    fn load_file(&mut self, file: &AofFile, is_last: bool) -> Result<(), LogLoadError> {
        let name = &file.name;
        self.job.pieces.do_send(LogPiece::FileBegins { name: name.clone() });
        let path = self.job.folder.path(name);
        let open = |error| LogLoadError::Open { name: name.clone(), error };
        let mut source = File::open(path).map_err(open)?;
        let mut head = Vec::new();
        let read = |error| LogLoadError::Read { name: name.clone(), error };
        (&mut source).take(RDB_SIGNATURE.len() as u64).read_to_end(&mut head).map_err(read)?;
        source.rewind().map_err(read)?;
        let (mut rest, mut at) = (Vec::new(), 0);
        if head == RDB_SIGNATURE {
            (rest, source, at) = self.load_rdb(name, source)?;
        }
        let reached = self.load_commands(name, rest, &mut source, at)?;
        self.send_batch();
        if let Some(reached) = reached {
            self.truncate(name, reached, is_last)?;
        }
        self.bytes_before += self.job.folder.size(file).map_err(read)?;
        self.tell_progress(0);
        Ok(())
    }

    /// A snapshot at the beginning of a file. What follows it comes back, and where that begins.
    fn load_rdb(&mut self, name: &str, source: File) -> Result<(Vec<u8>, File, u64), LogLoadError> {
        let is_old = name == self.job.folder.file_name;
        match is_old {
            true => log::info!("Reading RDB preamble from AOF file..."),
            false => log::info!("Reading RDB base file on AOF loading..."),
        }
        let loaded = read_rdb(&self.job.rdb, source, self.end.total_bytes);
        let (loaded, rest, source) =
            loaded.map_err(|error| LogLoadError::Rdb { name: name.to_owned(), is_old, error })?;
        if is_old {
            log::info!("Reading the remaining AOF tail...");
        }
        let at = loaded.report.bytes;
        self.job.pieces.do_send(LogPiece::Base(Box::new(loaded)));
        Ok((rest, source, at))
    }

    /// Up to the end of the file. Where it ends within something: how far it is good.
    fn load_commands(
        &mut self,
        name: &str,
        mut input: Vec<u8>,
        source: &mut File,
        at: u64,
    ) -> Result<Option<Reached>, LogLoadError> {
        let mut args: Vec<Range<usize>> = Vec::new();
        let (mut start, mut at, mut is_first) = (0, at, true);
        let mut end_before = None;
        // What was there before the transaction that is open.
        let mut before: Option<Reached> = None;
        loop {
            let rest = input.get(start..).unwrap_or_default();
            let malformed = |Malformed| LogLoadError::Malformed { name: name.to_owned(), at };
            let Some((record, len)) = records::next(rest, &mut args).map_err(malformed)? else {
                input.drain(..start);
                start = 0;
                let more = input.len().max(READ_BYTES) as u64;
                let read = |error| LogLoadError::Read { name: name.to_owned(), error };
                if source.take(more).read_to_end(&mut input).map_err(read)? > 0 {
                    continue;
                }
                if before.is_some() {
                    log::warn!("Revert incomplete MULTI/EXEC transaction in AOF file {name}");
                }
                let good = before.unwrap_or(Reached { bytes: at, mark: self.end.mark });
                return Ok((!input.is_empty() || good.bytes < at).then_some(good));
            };
            if std::mem::take(&mut is_first) {
                // A file says itself whose stream it holds.
                end_before = self.end.mark.take().map(|mark| mark.offset);
            }
            match record {
                Record::Annotation => {}
                Record::Mark(mark) => {
                    if end_before.take().is_some_and(|end| end != mark.offset) {
                        return Err(LogLoadError::Gap { name: name.to_owned() });
                    }
                    self.take_mark(mark);
                }
                Record::Command => {
                    let args: Vec<&[u8]> = args
                        .iter()
                        .map(|place| rest.get(place.clone()).unwrap_or_default())
                        .collect();
                    let is = |word: &[u8]| {
                        args.first().is_some_and(|arg| arg.eq_ignore_ascii_case(word))
                    };
                    if is(b"multi") && before.is_none() {
                        before = Some(Reached { bytes: at, mark: self.end.mark });
                    } else if is(b"exec") {
                        before = None;
                    }
                    self.batch.push(&args);
                    self.keep_tail(rest.get(..len).unwrap_or_default());
                    self.commands += 1;
                }
            }
            start += len;
            at += len as u64;
            if self.batch.len() >= BATCH_COMMANDS || self.batch.consumed_bytes() >= BATCH_BYTES {
                self.tell_progress(at);
                self.send_batch();
            }
        }
    }

    fn take_mark(&mut self, mark: Mark) {
        if self.end.mark.is_none_or(|before| before.offset != mark.offset) {
            self.end.tail.clear();
        }
        self.end.mark = Some(mark);
    }

    /// The next bytes of the stream, where it is known whose it is.
    fn keep_tail(&mut self, bytes: &[u8]) {
        let Some(mark) = &mut self.end.mark else { return };
        mark.offset = offset::advance(mark.offset, bytes.len());
        let tail = &mut self.end.tail;
        tail.extend_from_slice(bytes);
        if tail.len() >= self.job.tail_bytes.saturating_mul(2) {
            tail.advance(tail.len() - self.job.tail_bytes);
        }
    }

    /// Takes back what was kept behind this place.
    fn shorten_tail(&mut self, mark: Option<Mark>) {
        let end = self.end.mark.map_or(0, |mark| mark.offset);
        match mark {
            Some(mark) => {
                let kept =
                    self.end.tail.len().saturating_sub(offset::bytes_between(mark.offset, end));
                self.end.tail.truncate(kept);
            }
            None => self.end.tail.clear(),
        }
        self.end.mark = mark;
    }

    fn tell_progress(&self, bytes: u64) {
        self.job.rdb.progress.bytes.store(self.bytes_before + bytes, Ordering::Relaxed);
    }

    /// Sends what is there, and waits until there is another to fill.
    fn send_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let delay = self.delay.due(self.commands);
        if delay > Duration::ZERO {
            thread::sleep(delay);
        }
        // Nobody gives one back when the process ends.
        let spare = self.spare.pop().or_else(|| self.job.batches.recv().ok());
        let full = std::mem::replace(&mut self.batch, spare.unwrap_or_default());
        self.job.pieces.do_send(LogPiece::Commands(full));
        self.batch.clear();
    }

    /// The file ends within something: that is cut off, if it may be.
    fn truncate(
        &mut self,
        name: &str,
        reached: Reached,
        is_last: bool,
    ) -> Result<(), LogLoadError> {
        let truncated = || LogLoadError::Truncated { name: name.to_owned(), good: reached.bytes };
        if !self.job.truncates {
            return Err(truncated());
        }
        if !is_last {
            return Err(LogLoadError::TruncatedWithin {
                name: name.to_owned(),
                good: reached.bytes,
            });
        }
        log::warn!("!!! Warning: short read while loading the AOF file {name}!!!");
        log::warn!("!!! Truncating the AOF {name} at offset {} !!!", reached.bytes);
        let file = File::options().write(true).open(self.job.folder.path(name));
        if let Err(error) = file.and_then(|file| file.set_len(reached.bytes)) {
            log::warn!("Error truncating the AOF file {name}: {}", system_text(&error));
            return Err(truncated());
        }
        log::warn!("AOF {name} loaded anyway because aof-load-truncated is enabled");
        self.shorten_tail(reached.mark);
        Ok(())
    }
}

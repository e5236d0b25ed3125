//! The append-only log back into memory: a thread reads and takes apart, the Keyspace runs the
//! commands. At most four batches are on their way.

mod from_base;
mod until;

use std::fs::File;
use std::io::{Read, Seek};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use actix::Recipient;
use bytes::Buf;

use super::folder::LogFolder;
use super::loaded::{LogEnd, LogLoadError};
use super::segments::Base;
use crate::aof::manifest::{AofFile, Manifest};
use crate::aof::mark::Mark;
use crate::aof::records::{self, Malformed, Record};
use crate::base::offset::{self, Offset};
use crate::base::text::system_text;
use crate::config::value::restore::RestorePoint;
use crate::keyspace::messages::LogPiece;
use crate::persistence::load::{LoadJob, read_rdb};
use crate::rdb::key_delay::KeyDelay;
use crate::replication::model::backlog::storey::{StoredFile, Stretch};
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
    /// Only what follows this place is to be run, as far as it is good; the files are segments.
    pub from: Option<Base>,
    /// And nothing that follows this place.
    pub until: Option<RestorePoint>,
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
    /// The file that is read, for those who read the stream there later.
    file: Option<Arc<dyn StoredFile>>,
    /// Where the last bytes of the stream end in it; `None`: what comes next begins a stretch.
    stretch_end: Option<u64>,
    /// The place was reached from which the log is run.
    has_begun: bool,
    /// What is left is not to be run.
    stops: bool,
    /// It has said of some part when that was written.
    has_time: bool,
    /// The first place that the file says.
    file_began_at: Option<Offset>,
    /// The last SELECT before that.
    select: Option<Vec<u8>>,
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
            file: None,
            stretch_end: None,
            has_begun: job.from.is_none(),
            stops: false,
            has_time: false,
            file_began_at: None,
            select: None,
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
            let is_good = self.load_file(file, is_last)?;
            let name = file.name.clone();
            self.job.pieces.do_send(LogPiece::FileEnds { name, is_base, began });
            if !is_good {
                break;
            }
        }
        let is_at_base = |from: &Base| self.end.mark.as_ref().is_some_and(|mark| from.is_at(mark));
        if !self.has_begun && !self.job.from.as_ref().is_some_and(is_at_base) {
            return Err(LogLoadError::NotFromBase);
        }
        let excess = self.end.tail.len().saturating_sub(self.job.tail_bytes);
        self.end.tail.advance(excess);
        Ok(self.end)
    }

    /// Whether the next file goes on from it.
    fn load_file(&mut self, file: &AofFile, is_last: bool) -> Result<bool, LogLoadError> {
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
        self.file = source.try_clone().ok().map(|file| Arc::new(file) as Arc<dyn StoredFile>);
        (self.stretch_end, self.file_began_at) = (None, None);
        let reached = self.load_commands(name, rest, &mut source, at)?;
        self.send_batch();
        if !self.stops {
            self.keep_segment(file);
        }
        let is_good = (reached.is_none() || self.job.from.is_none()) && !self.stops;
        if let Some(reached) = reached {
            if self.end.is_restored {
                self.shorten_tail(reached.mark);
                return Ok(false);
            }
            // What follows a segment that is not good is not run.
            self.truncate(name, reached, is_last || !is_good)?;
        }
        self.bytes_before += self.job.folder.size(file).map_err(read)?;
        self.tell_progress(0);
        Ok(is_good)
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
        let mut mark_before = None;
        // What was there before the transaction that is open.
        let mut before: Option<Reached> = None;
        loop {
            let rest = input.get(start..).unwrap_or_default();
            let record = records::next(rest, &mut args);
            if record == Err(Malformed) && self.job.from.is_some() {
                // As if it ended there.
                return Ok(Some(before.unwrap_or(self.reached(at, mark_before))));
            }
            let malformed = |Malformed| LogLoadError::Malformed { name: name.to_owned(), at };
            let Some((record, len)) = record.map_err(malformed)? else {
                input.drain(..std::mem::take(&mut start));
                if read_more(name, source, &mut input)? {
                    continue;
                }
                if before.is_some() {
                    log::warn!("Revert incomplete MULTI/EXEC transaction in AOF file {name}");
                }
                if self.job.from.is_some() {
                    // A segment that does not say where it begins has nothing.
                    self.end.mark = self.end.mark.or(mark_before);
                }
                let good = before.unwrap_or(Reached { bytes: at, mark: self.end.mark });
                return Ok((!input.is_empty() || good.bytes < at).then_some(good));
            };
            if std::mem::take(&mut is_first) {
                // A file says itself whose stream it holds.
                mark_before = self.end.mark.take();
            }
            if self.is_beyond(record, rest.get(..len).unwrap_or_default(), name)? {
                self.end.is_restored = true;
                return Ok(Some(before.unwrap_or(self.reached(at, mark_before))));
            }
            match record {
                Record::Annotation => {}
                Record::Mark(mark) => {
                    let is_gap =
                        mark_before.is_some_and(|before: Mark| before.offset != mark.offset);
                    if self.file_began_at.is_none() && is_gap {
                        self.meet_gap(name, mark_before)?;
                    }
                    if self.stops {
                        return Ok(None);
                    }
                    self.file_began_at.get_or_insert(mark.offset);
                    self.take_mark(mark);
                    self.run_select();
                }
                Record::Command => {
                    let bytes = rest.get(..len).unwrap_or_default();
                    self.take_command(bytes, &args, at, &mut before)?;
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

    /// Here; before a file has said its place, where the one before it ends.
    fn reached(&self, bytes: u64, mark_before: Option<Mark>) -> Reached {
        Reached { bytes, mark: self.end.mark.or(mark_before) }
    }

    /// `args`: where they are in its bytes; `before`: what was there before the transaction that is
    /// open.
    fn take_command(
        &mut self,
        bytes: &[u8],
        args: &[Range<usize>],
        at: u64,
        before: &mut Option<Reached>,
    ) -> Result<(), LogLoadError> {
        let args = args.iter().map(|place| bytes.get(place.clone()).unwrap_or_default());
        let args: Vec<&[u8]> = args.collect();
        match args.first() {
            Some(word) if word.eq_ignore_ascii_case(b"multi") && before.is_none() => {
                *before = Some(Reached { bytes: at, mark: self.end.mark });
            }
            Some(word) if word.eq_ignore_ascii_case(b"exec") => *before = None,
            _ => {}
        }
        if self.is_to_run(&args)? {
            self.batch.push(&args);
        }
        self.keep_tail(bytes, at);
        self.commands += 1;
        Ok(())
    }

    fn take_mark(&mut self, mark: Mark) {
        if self.end.mark.is_none_or(|before| before.offset != mark.offset) {
            self.end.tail.clear();
            self.end.stretches.clear();
        }
        self.end.mark = Some(mark);
    }

    /// The next bytes of the stream, where it is known whose it is.
    fn keep_tail(&mut self, bytes: &[u8], at: u64) {
        let Some(mark) = &mut self.end.mark else { return };
        let end = at + bytes.len() as u64;
        if self.stretch_end.replace(end) != Some(at)
            && let Some(file) = &self.file
        {
            let (start, file) = (mark.offset, file.clone());
            self.end.stretches.push(Stretch { start, file, at });
        }
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
        let kept = mark.map_or(0, |mark| mark.offset);
        self.end.stretches.retain(|stretch| stretch.start < kept);
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

/// Appends what comes next in the file. Whether there was anything.
fn read_more(name: &str, source: &mut File, input: &mut Vec<u8>) -> Result<bool, LogLoadError> {
    let more = input.len().max(READ_BYTES) as u64;
    let read = source.take(more).read_to_end(input);
    let read = read.map_err(|error| LogLoadError::Read { name: name.to_owned(), error })?;
    Ok(read > 0)
}

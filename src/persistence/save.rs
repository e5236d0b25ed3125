//! A snapshot into a file, an RDB or commands: all of it, or the old file stays.
//!
//! ```text
//! Writing ──rename──► Placed      temp-<pid>.rdb becomes dump.rdb, then the folder is synced
//!    └────cancel────► Cancelled   temp-<pid>.rdb is removed by whoever cancels
//! ```
//! The two ways out of `Writing` exclude each other: once [`SaveControl::cancel`] has returned
//! true, that save will not touch the folder again, and another one may begin at once.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix::Recipient;
use bytes::Bytes;

use super::error::SaveError;
use super::log::segments::{Base, Identity, SegmentFolder};
use crate::aof::commands::{CommandsInfo, save_commands};
use crate::background;
use crate::keyspace::messages::SaveFinished;
use crate::rdb::key_delay::KeyDelay;
use crate::rdb::output::ChunkSink;
use crate::rdb::save::{SaveInfo, save};
use crate::store::dataset::DatasetSnapshot;

/// Bytes between two syncs with `rdb-save-incremental-fsync`, so that the last one is short.
const SYNC_BYTES: usize = 4 * 1024 * 1024;

/// What is to be written, and where.
pub struct SaveJob {
    pub snapshot: DatasetSnapshot,
    pub form: Form,
    pub control: Arc<SaveControl>,
    /// `dbfilename`
    pub file_name: String,
    /// `rdb-save-incremental-fsync`
    pub sync_as_it_goes: bool,
    /// `rdb-key-save-delay`
    pub key_delay_micros: i32,
    /// What the log of the stream is to know of the file before it takes its place; its identity is
    /// found here.
    pub base: Option<(SegmentFolder, Base)>,
}

/// How a file says what the snapshot holds.
#[derive(Debug, Clone)]
pub enum Form {
    Rdb(SaveInfo),
    /// For the base of an append-only log (`aof-use-rdb-preamble no`).
    Commands(CommandsInfo),
}

impl Form {
    /// Redis's name for what writes it.
    fn operation(&self) -> &'static str {
        match self {
            Form::Rdb(_) => "rdbSaveRio",
            Form::Commands(_) => "rewriteAppendOnlyFileRio",
        }
    }

    /// Writes the whole snapshot.
    fn write<S: ChunkSink>(&self, snapshot: DatasetSnapshot, sink: S) -> io::Result<S> {
        let written = match self {
            Form::Rdb(info) => save(snapshot, info, sink),
            Form::Commands(info) => save_commands(snapshot, info, sink),
        };
        written.map(|(sink, _)| sink)
    }
}

/// One save, as the one who started it holds it.
#[derive(Debug)]
pub struct SaveControl {
    /// `dir` as it was at the start: CONFIG SET dir concerns the next save.
    dir: PathBuf,
    temp_name: String,
    stage: Mutex<Stage>,
    cancelled: Condvar,
    keys_saved: AtomicU64,
    /// The log of the stream knows the file.
    is_base: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Writing,
    Cancelled,
    Placed,
}

impl SaveControl {
    /// For a save into `dir` through a file of that name.
    pub fn new(dir: PathBuf, temp_name: String) -> Arc<SaveControl> {
        Arc::new(SaveControl {
            dir,
            temp_name,
            stage: Mutex::new(Stage::Writing),
            cancelled: Condvar::new(),
            keys_saved: AtomicU64::new(0),
            is_base: AtomicBool::new(false),
        })
    }

    /// Stops the save and removes its temporary file. False: too late, the file is in its place.
    pub fn cancel(&self) -> bool {
        let mut stage = self.lock();
        if *stage == Stage::Placed {
            return false;
        }
        *stage = Stage::Cancelled;
        self.cancelled.notify_all();
        // It may not be there yet; then it will not be made.
        let _ = fs::remove_file(self.temp_path());
        true
    }

    /// Whether the log of the stream can go on from the file.
    pub fn is_base(&self) -> bool {
        self.is_base.load(Ordering::Relaxed)
    }

    /// The file is whole: the log of the stream hears of it before it takes its place.
    fn tell_log(&self, (folder, mut base): (SegmentFolder, Base)) -> Option<(SegmentFolder, Base)> {
        let told = Identity::of(&self.temp_path()).and_then(|identity| {
            base.identity = identity;
            folder.add_base(base.clone())
        });
        match told {
            Ok(()) => Some((folder, base)),
            Err(error) => {
                log::warn!("The log of the stream cannot go on from the file: {error}");
                None
            }
        }
    }

    /// The file is in its place: no older one is what the log goes on from.
    fn settle_log(&self, (folder, base): (SegmentFolder, Base)) {
        match folder.keep_base(base) {
            Ok(()) => self.is_base.store(true, Ordering::Relaxed),
            Err(error) => log::warn!("The log of the stream cannot go on from the file: {error}"),
        }
    }

    /// Keys written so far.
    pub fn keys_saved(&self) -> u64 {
        self.keys_saved.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn temp_path(&self) -> PathBuf {
        self.dir.join(&self.temp_name)
    }

    /// The stage, locked, if the save is to go on.
    fn if_writing(&self) -> Result<MutexGuard<'_, Stage>, SaveError> {
        let stage = self.lock();
        if *stage == Stage::Writing { Ok(stage) } else { Err(SaveError::Cancelled) }
    }

    fn create(&self) -> Result<File, SaveError> {
        let _writing = self.if_writing()?;
        File::create(self.temp_path()).map_err(|error| SaveError::Open {
            temp_name: self.temp_name.clone(),
            dir: self.dir.clone(),
            error,
        })
    }

    /// Puts the temporary file in the place of the old one.
    fn place(&self, file_name: &str) -> Result<(), SaveError> {
        let mut stage = self.if_writing()?;
        fs::rename(self.temp_path(), self.dir.join(file_name)).map_err(|error| {
            SaveError::Move {
                temp_name: self.temp_name.clone(),
                file_name: file_name.to_owned(),
                dir: self.dir.clone(),
                error,
            }
        })?;
        *stage = Stage::Placed;
        Ok(())
    }

    /// Removes what a failed save leaves.
    fn clean_up(&self) {
        if let Ok(_writing) = self.if_writing() {
            let _ = fs::remove_file(self.temp_path());
        }
    }

    /// Waits, for the tests' slow saves; less when the save is cancelled.
    fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut stage = self.lock();
        while *stage == Stage::Writing {
            let Some(left) = end.checked_duration_since(Instant::now()) else { return };
            let woken = self.cancelled.wait_timeout(stage, left);
            stage = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Starts a thread that does the job and tells how it ended. The snapshot is dropped there.
///
/// # Errors
/// The system has no thread to give.
pub fn start(job: SaveJob, ticket: u64, finished: Recipient<SaveFinished>) -> io::Result<()> {
    let run = move || {
        let result = write_file(job);
        finished.do_send(SaveFinished { ticket, result });
    };
    background::start("save", run)
}

/// Writes the file and puts it in its place, safe on disk.
///
/// # Errors
/// What failed. The old file is as it was, and no temporary file is left.
pub fn write_file(job: SaveJob) -> Result<(), SaveError> {
    let control = job.control.clone();
    let written = write_and_place(job);
    if written.is_err() {
        control.clean_up();
    }
    written
}

fn write_and_place(job: SaveJob) -> Result<(), SaveError> {
    let SaveJob { snapshot, form, control, file_name, sync_as_it_goes, key_delay_micros, base } =
        job;
    let control = &*control;
    let file = control.create()?;
    let delay = KeyDelay::new(key_delay_micros);
    let sink = FileSink { file, control, sync_as_it_goes, unsynced_bytes: 0, delay };
    let operation = form.operation();
    let sink = form.write(snapshot, sink).map_err(|error| {
        // A cancelled save ends by an error of its sink.
        control.if_writing().err().unwrap_or(SaveError::Write { operation, error })
    })?;
    let failed = |operation| move |error| SaveError::Write { operation, error };
    sink.file.sync_all().map_err(failed("fsync"))?;
    let base = base.and_then(|base| control.tell_log(base));
    control.place(&file_name)?;
    base.into_iter().for_each(|base| control.settle_log(base));
    sync_folder(&control.dir).map_err(failed("fsyncFileDir"))
}

/// So that new names survive a power loss.
pub fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The temporary file.
struct FileSink<'a> {
    file: File,
    control: &'a SaveControl,
    sync_as_it_goes: bool,
    unsynced_bytes: usize,
    delay: KeyDelay,
}

impl ChunkSink for FileSink<'_> {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        if self.control.if_writing().is_err() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.file.write_all(&chunk)?;
        self.unsynced_bytes += chunk.len();
        if self.sync_as_it_goes && self.unsynced_bytes >= SYNC_BYTES {
            self.unsynced_bytes = 0;
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn keys_encoded(&mut self, keys: u64) {
        let control = self.control;
        for key in self.delay.each_to(keys) {
            control.sleep(self.delay.due(key + 1));
            control.keys_saved.store(key + 1, Ordering::Relaxed);
        }
        control.sleep(self.delay.due(keys));
        control.keys_saved.store(keys, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::store::dataset::Dataset;
    use crate::store::entry::Entry;
    use crate::store::value::NewValue;

    fn job(dir: &Path, keys: usize) -> SaveJob {
        job_in_form(Form::Rdb(SaveInfo::new("7.0.15", 1)), dir, keys)
    }

    fn job_in_form(form: Form, dir: &Path, keys: usize) -> SaveJob {
        let mut dataset = Dataset::new(2, 1);
        for i in 0..keys {
            dataset[1].insert(Entry::new(format!("k{i}").as_bytes(), NewValue::Int(1), None));
        }
        SaveJob {
            snapshot: dataset.snapshot(),
            form,
            control: SaveControl::new(dir.to_owned(), "temp-1.rdb".to_owned()),
            file_name: "dump.rdb".to_owned(),
            sync_as_it_goes: true,
            key_delay_micros: 0,
            base: None,
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let names = fs::read_dir(dir).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_save_leaves_the_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let job = job(dir.path(), 3000);
        let control = job.control.clone();
        write_file(job).unwrap();
        assert_eq!(names(dir.path()), ["dump.rdb"]);
        assert_eq!(control.keys_saved(), 3000);
        assert!(!control.cancel());
        assert_eq!(names(dir.path()), ["dump.rdb"]);
    }

    fn forms() -> [Form; 2] {
        [Form::Rdb(SaveInfo::new("7.0.15", 1)), Form::Commands(CommandsInfo::default())]
    }

    #[test]
    fn a_file_has_the_form_that_was_asked_for() {
        let contents = forms().map(|form| {
            let dir = tempfile::tempdir().unwrap();
            let job = job_in_form(form, dir.path(), 1);
            let control = job.control.clone();
            write_file(job).unwrap();
            assert_eq!(control.keys_saved(), 1);
            fs::read(dir.path().join("dump.rdb")).unwrap()
        });
        let [rdb, commands] = contents;
        assert!(rdb.starts_with(b"REDIS00"));
        let words = b"*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$2\r\nk0\r\n$1\r\n1\r\n";
        assert_eq!(commands, words);
    }

    #[test]
    fn a_cancelled_save_of_either_form_leaves_nothing_and_ends_soon() {
        for form in forms() {
            let dir = tempfile::tempdir().unwrap();
            let mut job = job_in_form(form, dir.path(), 10);
            job.key_delay_micros = i32::MAX;
            let control = job.control.clone();
            let saving = thread::spawn(move || write_file(job));
            while names(dir.path()).is_empty() {
                thread::yield_now();
            }
            assert!(control.cancel());
            assert!(matches!(saving.join().unwrap(), Err(SaveError::Cancelled)));
            assert!(names(dir.path()).is_empty());
        }
    }

    #[test]
    fn a_save_cancelled_before_it_began_makes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let job = job(dir.path(), 1);
        assert!(job.control.cancel());
        assert!(matches!(write_file(job), Err(SaveError::Cancelled)));
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn a_name_that_is_a_folder_is_an_error_and_the_temporary_file_goes() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("dump.rdb")).unwrap();
        let failed = write_file(job(dir.path(), 1)).unwrap_err();
        let start = "Error moving temp DB file temp-1.rdb on the final destination dump.rdb";
        assert!(failed.to_string().starts_with(start), "{failed}");
        assert_eq!(names(dir.path()), ["dump.rdb"]);
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let failed = write_file(job(&dir.path().join("gone"), 1)).unwrap_err();
        assert!(matches!(failed, SaveError::Open { .. }), "{failed}");
    }
}

//! A file into a data set of its own: complete and checked, or not at all.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use actix::Recipient;

use super::builder::Builder;
use super::error::LoadError;
use super::loaded::LoadedFile;
use crate::base::ids::DbIndex;
use crate::keyspace::messages::FileLoaded;
use crate::rdb::key_delay::KeyDelay;
use crate::rdb::load::{LoadObserver, LoadOptions, Progress, load_items};
use crate::rdb::reader::Reader;
use crate::rdb::report::Fact;
use crate::state::LoadProgress;
use crate::store::dataset::Dataset;

/// What is to be loaded, and how.
pub struct LoadJob {
    pub path: PathBuf,
    /// Databases of the data set, and the key of its hash.
    pub databases: usize,
    pub seed: u64,
    pub options: LoadOptions,
    /// For INFO.
    pub progress: Arc<LoadProgress>,
    /// `key-load-delay`.
    pub key_delay_micros: i32,
}

/// Starts a thread that does the job and tells how it ended.
pub fn start(job: LoadJob, finished: Recipient<FileLoaded>) {
    let to = finished.clone();
    // Not in the background: until it is done, every client waits for it.
    let run = move || to.do_send(FileLoaded { result: read_file(job) });
    if let Err(error) = thread::Builder::new().name("loader".to_owned()).spawn(run) {
        finished.do_send(FileLoaded { result: Err(LoadError::Thread(error)) });
    }
}

/// Loads the file.
///
/// # Errors
/// It cannot be opened, or is not an RDB from end to end that this server understands.
pub fn read_file(job: LoadJob) -> Result<LoadedFile, LoadError> {
    let file = File::open(&job.path).map_err(LoadError::Open)?;
    let total_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    read_rdb(&job, file, total_bytes).map(|(loaded, ..)| loaded)
}

/// Loads what `source` gives, `total_bytes` of which there are to load. What was read behind its end
/// comes back with the source.
///
/// # Errors
/// It is no RDB from end to end that this server understands.
pub fn read_rdb<R: Read>(
    job: &LoadJob,
    source: R,
    total_bytes: u64,
) -> Result<(LoadedFile, Vec<u8>, R), LoadError> {
    let delay = KeyDelay::new(job.key_delay_micros);
    let next_line = Instant::now() + LINE_PERIOD;
    let mut observer = Observer { job, total_bytes, expired: Vec::new(), delay, next_line };
    let mut reader = Reader::new(source, job.options.verify_checksum).map_err(LoadError::Read)?;
    let dataset = Dataset::new(job.databases, job.seed);
    let mut builder = Builder::start(dataset).map_err(LoadError::Thread)?;
    let report = load_items(&mut builder, &mut reader, job.options, &mut observer)
        .map_err(LoadError::Read)?;
    let dataset = builder.finish().map_err(|kind| LoadError::Read(reader.error(kind)))?;
    thread::sleep(observer.delay.due(report.keys_loaded));
    for (level, line) in report.log_lines(job.options.verify_checksum) {
        log::log!(level, "{line}");
    }
    let (rest, source) = reader.into_rest();
    Ok((LoadedFile { dataset, report, expired: observer.expired }, rest, source))
}

/// How often the log says how far a load has come.
const LINE_PERIOD: Duration = Duration::from_secs(1);

struct Observer<'a> {
    job: &'a LoadJob,
    /// Of the file.
    total_bytes: u64,
    expired: Vec<(DbIndex, Vec<u8>)>,
    delay: KeyDelay,
    next_line: Instant,
}

impl LoadObserver for Observer<'_> {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        self.job.progress.bytes.store(progress.bytes, Ordering::Relaxed);
        let now = Instant::now();
        if now >= self.next_line {
            self.next_line = now + LINE_PERIOD;
            let percent = progress.bytes as f64 * 100.0 / self.total_bytes.max(1) as f64;
            log::info!("Loading RDB: {percent:.1}%, keys loaded: {}.", progress.keys);
        }
        thread::sleep(self.delay.due(progress.keys));
        ControlFlow::Continue(())
    }

    fn fact(&mut self, fact: &Fact) {
        if let Fact::UsedMemory { bytes } = fact {
            let bytes = u64::try_from(*bytes).unwrap_or(0);
            self.job.progress.rdb_used_memory.store(bytes, Ordering::Relaxed);
        }
        log::info!("{}", fact.log_line());
    }

    fn dropped_empty(&mut self, key: &[u8]) {
        log::warn!("rdbLoadObject skipping empty key: {}", key.escape_ascii());
    }

    fn dropped_expired(&mut self, database: DbIndex, key: &[u8]) {
        self.expired.push((database, key.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rdb::usage::UsageClock;
    use crate::store::value::Limits;

    fn job(path: &Path) -> LoadJob {
        let options = LoadOptions {
            now: 0,
            drop_expired: true,
            replace_duplicates: false,
            verify_checksum: true,
            limits: Limits::default(),
            usage: UsageClock::Lru { seconds: 0 },
        };
        LoadJob {
            path: path.to_owned(),
            databases: 1,
            seed: 1,
            options,
            progress: Arc::default(),
            key_delay_micros: 0,
        }
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let error = read_file(job(dir.path())).unwrap_err();
        assert!(matches!(error, LoadError::Read(_)), "{error}");
    }

    #[test]
    fn a_missing_file_is_told_from_a_bad_one() {
        let dir = tempfile::tempdir().unwrap();
        let error = read_file(job(&dir.path().join("none"))).unwrap_err();
        assert!(matches!(error, LoadError::Open(_)), "{error}");
    }
}

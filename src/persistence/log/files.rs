//! The threads for what the disk may take long for. One makes files and places manifests, one job
//! after the other in the order in which they came, so that nobody overtakes a manifest; the others
//! sync, side by side.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use actix::Recipient;

use super::backup::BackupJob;
use super::folder::LogFolder;
use super::segments::SegmentFolder;
use super::writer::{LogFile, SYNCERS};
use crate::aof::manifest::Manifest;
use crate::background;
use crate::clients::ClientKey;
use crate::keyspace::messages::LogNews;

/// What is to be done. All but those that say so are answered by a [`LogNews`].
pub enum Job {
    /// Makes safe what is written.
    Sync { ticket: u64, file: Arc<LogFile> },
    /// A new file to append to. `manifest`: takes the place of the old one then.
    Prepare { ticket: u64, folder: LogFolder, name: String, manifest: Option<Manifest> },
    /// The manifest takes the place of the old one. `collects`: and its history goes.
    Place { ticket: u64, folder: LogFolder, manifest: Manifest, collects: bool },
    /// Removes the files of a manifest that came to nothing; not answered.
    Discard { folder: LogFolder, manifest: Manifest },
    /// A copy of the log for this client; the long part of it is another thread's.
    BackUp { client: ClientKey, job: Box<BackupJob> },
    /// A new segment of the stream, where there is no append-only log.
    MakeSegment { folder: SegmentFolder, seq: u64 },
    /// These segments go. Not answered.
    RemoveSegments { folder: SegmentFolder, seqs: Vec<u64> },
    /// All of them go. Not answered.
    ClearSegments { folder: SegmentFolder },
}

/// The end of the threads that jobs are given to.
#[derive(Debug)]
pub struct LogThread {
    jobs: Sender<Job>,
    syncers: Vec<Sender<Job>>,
}

impl LogThread {
    /// # Errors
    /// The system has no thread to give.
    pub fn start(news: Recipient<LogNews>) -> io::Result<LogThread> {
        let start = |name: String, number: u64| {
            let (jobs, queue) = channel();
            let news = news.clone();
            // Not in the background: clients wait for them.
            let thread = thread::Builder::new().name(name);
            thread.spawn(move || work(&queue, &news, number as usize)).map(|_| jobs)
        };
        let syncers = (0..SYNCERS).map(|number| start(format!("sync-{}", number + 1), number));
        Ok(LogThread {
            syncers: syncers.collect::<io::Result<_>>()?,
            jobs: start("log".to_owned(), 0)?,
        })
    }

    pub fn give(&self, job: Job) {
        let to = match &job {
            Job::Sync { ticket, .. } => self.syncers.get((ticket % SYNCERS) as usize),
            _ => Some(&self.jobs),
        };
        // They end with the process.
        if let Some(to) = to {
            let _ = to.send(job);
        }
    }
}

fn work(queue: &Receiver<Job>, news: &Recipient<LogNews>, syncer: usize) {
    while let Ok(job) = queue.recv() {
        match job {
            Job::Sync { ticket, file } => {
                news.do_send(LogNews::Synced { ticket, result: file.sync(syncer) });
            }
            Job::BackUp { client, job } => back_up(client, job, news),
            Job::MakeSegment { folder, seq } => {
                news.do_send(LogNews::SegmentMade { seq, made: folder.create(seq) });
            }
            Job::RemoveSegments { folder, seqs } => folder.remove(&seqs),
            Job::ClearSegments { folder } => folder.clear(),
            Job::Prepare { ticket, folder, name, manifest } => {
                let result = prepare(&folder, &name, manifest.as_ref());
                news.do_send(LogNews::Prepared { ticket, result });
            }
            Job::Place { ticket, folder, mut manifest, collects } => {
                let result = folder.write_manifest(&manifest);
                if result.is_err() {
                    folder.discard(&manifest);
                } else if collects && let Err(error) = folder.remove_history(&mut manifest) {
                    log::warn!("{error}");
                }
                // As in Redis, the old files are gone when a rewrite has ended.
                news.do_send(LogNews::Placed { ticket, result });
            }
            Job::Discard { folder, manifest } => folder.discard(&manifest),
        }
    }
}

fn back_up(client: ClientKey, job: Box<BackupJob>, news: &Recipient<LogNews>) {
    let name = job.to.display().to_string();
    let told = news.clone();
    let tell = move |result: io::Result<()>| {
        match &result {
            Ok(()) => log::info!("The append-only log is backed up to {name}"),
            Err(error) => log::warn!("Cannot back up the append-only log to {name}: {error}"),
        }
        told.do_send(LogNews::BackedUp { client, is_done: result.is_ok() });
    };
    match job.link() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tell(Err(error)),
        Err(error) => {
            job.clean_up();
            tell(Err(error));
        }
        Ok(()) => {
            let to = job.to.clone();
            let started = background::start("backup", move || tell(job.copy()));
            if let Err(error) = started {
                log::warn!("Cannot start a thread: {error}");
                let _ = std::fs::remove_dir_all(to);
                news.do_send(LogNews::BackedUp { client, is_done: false });
            }
        }
    }
}

fn prepare(folder: &LogFolder, name: &str, manifest: Option<&Manifest>) -> Result<File, String> {
    folder.make()?;
    let file = folder.create(name)?;
    if let Some(manifest) = manifest {
        folder.write_manifest(manifest).inspect_err(|_| folder.discard(manifest))?;
    }
    Ok(file)
}

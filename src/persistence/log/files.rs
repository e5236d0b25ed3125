//! The thread for what the disk may take long for: syncs, new files, the manifest. It does one job
//! after the other, in the order in which they came, so that nobody overtakes a manifest.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use actix::Recipient;

use super::folder::LogFolder;
use super::segments::SegmentFolder;
use crate::aof::manifest::Manifest;
use crate::base::offset::Offset;
use crate::keyspace::messages::LogNews;

/// What is to be done. All but `Close` and those that say so are answered by a [`LogNews`].
pub enum Job {
    /// Makes safe what was written up to `offset`.
    Sync { file: Arc<File>, epoch: u64, offset: Offset },
    /// Makes safe what is in a file that is not written any more; answered when that fails.
    Close { file: Arc<File>, epoch: u64 },
    /// A new file to append to. `manifest`: takes the place of the old one then.
    Prepare { ticket: u64, folder: LogFolder, name: String, manifest: Option<Manifest> },
    /// The manifest takes the place of the old one. `collects`: and its history goes.
    Place { ticket: u64, folder: LogFolder, manifest: Manifest, collects: bool },
    /// Removes the files of a manifest that came to nothing; not answered.
    Discard { folder: LogFolder, manifest: Manifest },
    /// A new segment of the stream, where there is no append-only log.
    MakeSegment { folder: SegmentFolder, seq: u64 },
    /// These segments go. Not answered.
    RemoveSegments { folder: SegmentFolder, seqs: Vec<u64> },
    /// All of them go. Not answered.
    ClearSegments { folder: SegmentFolder },
}

/// The end of the thread that jobs are given to.
#[derive(Debug)]
pub struct LogThread {
    jobs: Sender<Job>,
}

impl LogThread {
    /// # Errors
    /// The system has no thread to give.
    pub fn start(news: Recipient<LogNews>) -> io::Result<LogThread> {
        let (jobs, queue) = channel();
        let run = move || work(&queue, &news);
        // Not in the background: clients wait for its syncs.
        thread::Builder::new().name("log".to_owned()).spawn(run)?;
        Ok(LogThread { jobs })
    }

    pub fn give(&self, job: Job) {
        // It ends with the process.
        let _ = self.jobs.send(job);
    }
}

fn work(queue: &Receiver<Job>, news: &Recipient<LogNews>) {
    while let Ok(job) = queue.recv() {
        match job {
            Job::Sync { file, epoch, offset } => {
                news.do_send(LogNews::Synced { epoch, offset, result: file.sync_data() });
            }
            Job::Close { file, epoch } => {
                if let Err(error) = file.sync_data() {
                    news.do_send(LogNews::Synced { epoch, offset: 0, result: Err(error) });
                }
            }
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

fn prepare(folder: &LogFolder, name: &str, manifest: Option<&Manifest>) -> Result<File, String> {
    folder.make()?;
    let file = folder.create(name)?;
    if let Some(manifest) = manifest {
        folder.write_manifest(manifest).inspect_err(|_| folder.discard(manifest))?;
    }
    Ok(file)
}

//! A copy of the append-only log, as a folder that can take its place.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::folder::LogFolder;
use super::writer::LogFile;
use crate::aof::manifest::Manifest;
use crate::persistence::save::sync_folder;
use crate::replication::model::backlog::storey::StoredFile;

/// Bytes copied at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// What is to be copied, and where to.
#[derive(Debug)]
pub struct BackupJob {
    pub folder: LogFolder,
    /// Its last file is the one that grows.
    pub manifest: Manifest,
    pub last: Arc<LogFile>,
    /// So much of it.
    pub last_bytes: u64,
    /// A folder that is not there yet.
    pub to: PathBuf,
}

impl BackupJob {
    /// Holds the files that nobody changes, by a second name. To be done in order with what removes
    /// them.
    ///
    /// # Errors
    /// The folder is there, or cannot be made, or is on another file system.
    pub fn link(&self) -> io::Result<()> {
        fs::create_dir(&self.to)?;
        let mut files: Vec<_> = self.manifest.files().collect();
        files.pop();
        let mut linked = files
            .into_iter()
            .map(|file| fs::hard_link(self.folder.path(&file.name), self.to.join(&file.name)));
        linked.try_for_each(|linked| linked)
    }

    /// Copies the rest, safe on disk when it comes back; nothing is left where that fails.
    ///
    /// # Errors
    /// What failed.
    pub fn copy(&self) -> io::Result<()> {
        let copied = self.try_to_copy();
        if copied.is_err() {
            self.clean_up();
        }
        copied
    }

    fn try_to_copy(&self) -> io::Result<()> {
        let Some(last) = self.manifest.files().last() else { return Ok(()) };
        let mut copy = File::create_new(self.to.join(&last.name))?;
        let (mut at, mut chunk) = (0, vec![0; CHUNK_BYTES]);
        while at < self.last_bytes {
            let left = usize::try_from(self.last_bytes - at).unwrap_or(CHUNK_BYTES);
            let chunk = chunk.get_mut(..left.min(CHUNK_BYTES)).unwrap_or_default();
            self.last.read_at(at, chunk)?;
            copy.write_all(chunk)?;
            at += chunk.len() as u64;
        }
        copy.sync_all()?;
        // What was left for another file may be on its way to the disk.
        for file in self.manifest.files().filter(|file| file.name != last.name) {
            File::open(self.to.join(&file.name))?.sync_all()?;
        }
        let mut manifest = self.manifest.clone();
        manifest.history.clear();
        let folder = LogFolder { dir: self.to.clone(), ..self.folder.clone() };
        folder.write_manifest(&manifest).map_err(io::Error::other)?;
        self.to.parent().map_or(Ok(()), sync_folder)
    }

    /// What was made of it goes.
    pub fn clean_up(&self) {
        // What is there is ours alone, and the files of the log have their first name.
        let _ = fs::remove_dir_all(&self.to);
    }
}

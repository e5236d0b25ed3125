//! The folder of the append-only log: its manifest is replaced whole, and only when what it names
//! is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::aof::manifest::{AofFile, Manifest, ManifestError};
use crate::base::text::system_text;
use crate::config::Config;
use crate::persistence::save::sync_folder;

/// `appenddirname` in the data folder, and `appendfilename`.
#[derive(Clone, Debug)]
pub struct LogFolder {
    /// Of the folder, from the root on.
    pub dir: PathBuf,
    /// `appenddirname`, for the log.
    pub dir_name: String,
    pub file_name: String,
}

/// Why there is no manifest to go by.
#[derive(Debug)]
pub enum ManifestFault {
    Read { path: PathBuf, error: io::Error },
    Form(ManifestError),
}

impl ManifestFault {
    /// As redis-server logs it before it ends.
    pub fn log_lines(&self) -> Vec<String> {
        match self {
            ManifestFault::Read { path, error } => vec![format!(
                "Fatal error: can't open the AOF manifest file {} for reading: {}",
                path.display(),
                system_text(error)
            )],
            ManifestFault::Form(error) => error.log_lines(),
        }
    }
}

impl LogFolder {
    /// As the settings name it.
    pub fn of(config: &Config, data_dir: &Path) -> LogFolder {
        let config = &config.persistence;
        LogFolder {
            dir: data_dir.join(&config.appenddirname),
            dir_name: config.appenddirname.clone(),
            file_name: config.appendfilename.clone(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn manifest_name(&self) -> String {
        format!("{}.manifest", self.file_name)
    }

    /// The manifest; an empty one where there is none.
    ///
    /// # Errors
    /// It is there and cannot be used.
    pub fn read_manifest(&self) -> Result<Manifest, ManifestFault> {
        let path = self.path(&self.manifest_name());
        match fs::read(&path) {
            Ok(text) => Manifest::parse(&text).map_err(ManifestFault::Form),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Manifest::default()),
            Err(error) => Err(ManifestFault::Read { path, error }),
        }
    }

    /// Puts the manifest in the place of the old one, safe on disk with all names of the folder.
    ///
    /// # Errors
    /// What failed, as the log is to say it. The old one is as it was.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), String> {
        let name = self.manifest_name();
        let temp_name = format!("temp-{name}");
        let temp = self.path(&temp_name);
        let failed =
            |what: String| move |error: io::Error| format!("{what}: {}", system_text(&error));
        let mut file = File::create(&temp)
            .map_err(failed(format!("Can't open the AOF manifest file {temp_name}")))?;
        file.write_all(manifest.text().as_bytes()).map_err(failed(format!(
            "Error trying to write the temporary AOF manifest file {temp_name}"
        )))?;
        file.sync_all().map_err(failed(format!("Fail to fsync the temp AOF file {temp_name}")))?;
        fs::rename(&temp, self.path(&name)).map_err(failed(format!(
            "Error trying to rename the temporary AOF manifest file {temp_name} into {name}"
        )))?;
        sync_folder(&self.dir)
            .map_err(failed(format!("Fail to fsync AOF directory {}", self.dir.display())))
    }

    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// What failed, as the log is to say it.
    pub fn make(&self) -> Result<(), String> {
        let made = match fs::create_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.dir.is_dir() => Ok(()),
            made => made,
        };
        made.map_err(|error| {
            let name = &self.dir_name;
            format!("Can't open or create append-only dir {name}: {}", system_text(&error))
        })
    }

    /// A new and empty file to append to.
    ///
    /// # Errors
    /// What failed, as the log is to say it.
    pub fn create(&self, name: &str) -> Result<File, String> {
        let file = OpenOptions::new().read(true).create(true).append(true).open(self.path(name));
        let file = file.and_then(|file| file.set_len(0).map(|()| file));
        file.map_err(|error| cannot_open(name, &error))
    }

    /// The file to go on with.
    ///
    /// # Errors
    /// What failed, as the log is to say it.
    pub fn open(&self, name: &str) -> Result<File, String> {
        let file = OpenOptions::new().read(true).create(true).append(true).open(self.path(name));
        file.map_err(|error| cannot_open(name, &error))
    }

    /// Moves an append-only file of a time without folders into the folder, where there is one and
    /// nothing stands against it.
    ///
    /// # Errors
    /// What failed, as the log is to say it.
    pub fn take_in_old_file(&self, data_dir: &Path, manifest: &mut Manifest) -> Result<(), String> {
        let (name, old) = (&self.file_name, data_dir.join(&self.file_name));
        let is_half_taken = manifest.incrs.is_empty()
            && manifest.base.as_ref().is_some_and(|base| base.name == *name)
            && !self.path(name).is_file();
        if !old.is_file() || !(manifest.is_empty() || is_half_taken) {
            return Ok(());
        }
        self.make()?;
        *manifest = Manifest::of_old_file(name);
        self.write_manifest(manifest)?;
        let dir_name = &self.dir_name;
        fs::rename(&old, self.path(name)).map_err(|error| {
            let reason = system_text(&error);
            format!("Error trying to move the old AOF file {name} into dir {dir_name}: {reason}")
        })?;
        log::info!(
            "Successfully migrated an old-style AOF file ({name}) into the AOF directory ({dir_name})."
        );
        Ok(())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn size(&self, file: &AofFile) -> io::Result<u64> {
        fs::metadata(self.path(&file.name)).map(|metadata| metadata.len())
    }

    /// Removes the files of a manifest that did not come to be the one on disk, as far as that one
    /// does not name them.
    pub fn discard(&self, manifest: &Manifest) {
        let Ok(placed) = self.read_manifest() else { return };
        for file in manifest.files().filter(|file| !placed.names(&file.name)) {
            self.remove(&file.name);
        }
    }

    /// Removes what rewrites of earlier processes left that came to no end. `manifest` is the one on
    /// disk.
    pub fn remove_leftovers(&self, manifest: &Manifest) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for name in entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
            if manifest.is_leftover(&name, &self.file_name) || is_temp_of_nobody(&name) {
                log::info!("Removing {name}, which an interrupted rewrite left");
                self.remove(&name);
            }
        }
    }

    fn remove(&self, name: &str) {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                log::warn!("Cannot remove {name}: {}", system_text(&error));
            }
            _ => {}
        }
    }

    /// Removes what the manifest calls history, from the disk and from it.
    pub fn remove_history(&self, manifest: &mut Manifest) -> Result<(), String> {
        if manifest.history.is_empty() {
            return Ok(());
        }
        let history = std::mem::take(&mut manifest.history);
        let is_used = |name: &str| manifest.files().any(|file| file.name == name);
        for file in history.into_iter().filter(|file| !is_used(&file.name)) {
            log::info!("Removing the history file {} in the background", file.name);
            self.remove(&file.name);
        }
        self.write_manifest(manifest)
    }
}

/// The name of a base that is being written.
pub fn temp_name(pid: u32) -> String {
    format!("{TEMP_START}{pid}{TEMP_END}")
}

const TEMP_START: &str = "temp-rewriteaof-bg-";
const TEMP_END: &str = ".aof";

/// Whether it is such a name, of a process that there is no more. Ours has not begun one.
fn is_temp_of_nobody(name: &str) -> bool {
    let pid = name.strip_prefix(TEMP_START).and_then(|name| name.strip_suffix(TEMP_END));
    let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else { return false };
    pid == std::process::id() || !Path::new(&format!("/proc/{pid}")).exists()
}

fn cannot_open(name: &str, error: &io::Error) -> String {
    format!("Can't open the append-only file {name}: {}", system_text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(dir: &Path) -> LogFolder {
        LogFolder {
            dir: dir.join("appendonlydir"),
            dir_name: "appendonlydir".to_owned(),
            file_name: "appendonly.aof".to_owned(),
        }
    }

    #[test]
    fn a_manifest_is_read_back_and_history_goes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        assert_eq!(folder.read_manifest().unwrap(), Manifest::default());
        folder.make().unwrap();
        folder.make().unwrap();
        let mut manifest = Manifest::default();
        let old = manifest.add_incr("appendonly.aof");
        folder.create(&old.name).unwrap().write_all(b"x").unwrap();
        assert_eq!(folder.size(&old).unwrap(), 1);
        manifest.rebase(manifest.next_base("appendonly.aof", true), old.seq + 1);
        folder.write_manifest(&manifest).unwrap();
        assert_eq!(folder.read_manifest().unwrap().text(), manifest.text());
        folder.remove_history(&mut manifest).unwrap();
        assert_eq!(folder.read_manifest().unwrap().text(), manifest.text());
        assert!(manifest.history.is_empty() && folder.size(&old).is_err());
    }

    #[test]
    fn an_old_file_moves_into_the_folder_and_a_second_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        let old = dir.path().join("appendonly.aof");
        fs::write(&old, "old").unwrap();
        let mut manifest = Manifest::default();
        folder.take_in_old_file(dir.path(), &mut manifest).unwrap();
        assert!(!old.exists());
        assert_eq!(folder.size(manifest.base.as_ref().unwrap()).unwrap(), 3);
        // As if the move had not come about.
        fs::rename(folder.path("appendonly.aof"), &old).unwrap();
        folder.take_in_old_file(dir.path(), &mut manifest).unwrap();
        assert!(!old.exists());
        fs::write(&old, "another").unwrap();
        folder.take_in_old_file(dir.path(), &mut manifest).unwrap();
        assert!(old.exists());
    }

    #[test]
    fn what_an_interrupted_rewrite_left_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        folder.make().unwrap();
        let manifest = Manifest::parse(
            b"file appendonly.aof.2.base.rdb seq 2 type b\n\
              file appendonly.aof.3.incr.aof seq 3 type i\n",
        )
        .unwrap();
        let gone_pid = u32::MAX;
        let leftovers = [
            "appendonly.aof.3.base.rdb".to_owned(),
            "appendonly.aof.4.base.aof".to_owned(),
            "appendonly.aof.4.incr.aof".to_owned(),
            temp_name(gone_pid),
            temp_name(std::process::id()),
        ];
        let kept = [
            "appendonly.aof.1.base.rdb".to_owned(),
            "appendonly.aof.2.base.rdb".to_owned(),
            "appendonly.aof.3.incr.aof".to_owned(),
            "appendonly.aof.9.incr.aof.bak".to_owned(),
            "other.aof.9.incr.aof".to_owned(),
            temp_name(1),
        ];
        for name in leftovers.iter().chain(&kept) {
            fs::write(folder.path(name), "").unwrap();
        }
        folder.remove_leftovers(&manifest);
        let is_there = |name: &String| folder.path(name).exists();
        assert!(!leftovers.iter().any(is_there) && kept.iter().all(is_there));
        // A manifest that came to nothing: what is named by the one on disk stays.
        folder.write_manifest(&manifest).unwrap();
        let mut next = manifest.clone();
        let incr = next.add_incr("appendonly.aof");
        folder.create(&incr.name).unwrap();
        folder.discard(&next);
        assert!(!is_there(&incr.name) && kept.iter().all(is_there));
    }

    #[test]
    fn what_cannot_be_made_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        let error = folder.write_manifest(&Manifest::default()).unwrap_err();
        assert_eq!(
            error,
            "Can't open the AOF manifest file temp-appendonly.aof.manifest: No such file or directory"
        );
        fs::write(&folder.dir, "").unwrap();
        let error = folder.make().unwrap_err();
        assert_eq!(error, "Can't open or create append-only dir appendonlydir: File exists");
        assert!(matches!(folder.read_manifest(), Err(ManifestFault::Read { .. })));
    }
}

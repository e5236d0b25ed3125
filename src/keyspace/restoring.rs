//! `appendfile-restore-to`: the append-only log ends at a point of the past. What follows it stays on
//! disk under a manifest of another name, and the log goes on from a base of what was there then.

use std::fs::{self, File};
use std::io::Write;

use super::actor::Keyspace;
use crate::aof::manifest::Manifest;
use crate::base::text::system_text;
use crate::config::value::restore::RestorePoint;
use crate::persistence::log::folder::LogFolder;

impl Keyspace {
    /// Where the log is to end.
    pub(super) fn restore_point(&self) -> Option<RestorePoint> {
        let config = &self.executor.state.server.config.persistence;
        config.appendfile_restore_to.as_deref().and_then(RestorePoint::parse)
    }

    /// The name of the manifest as it was before; of each point its own.
    fn kept_manifest_name(&self) -> Option<String> {
        let point = self.executor.state.server.config.persistence.appendfile_restore_to.as_ref()?;
        let file_name = &self.log.folder.as_ref()?.file_name;
        Some(format!("{file_name}.manifest.before-{point}"))
    }

    /// Whoever forgets the directive would lose with each start what was written since the one before.
    ///
    /// # Errors
    /// The log was taken to that point once. The line says what to do.
    pub(super) fn check_restore_point(&self) -> Result<(), String> {
        let kept = self.kept_manifest_name().zip(self.log.folder.as_ref());
        // Where nothing else took its place, it did not come about.
        let is_done = |(name, folder): &(String, &LogFolder)| {
            let kept = fs::read_to_string(folder.path(name));
            kept.is_ok_and(|kept| kept != self.log.manifest.text())
        };
        match kept.filter(is_done) {
            None => Ok(()),
            Some((name, _)) => Err(format!(
                "The append only file was restored to that point before, as {name} shows. Start \
                 without appendfile-restore-to, or remove that file to restore again."
            )),
        }
    }

    /// There is no log. Whether the process ends since it was to be taken up to a point.
    pub(super) fn refuse_to_restore(&self) -> bool {
        if self.restore_point().is_none() {
            return false;
        }
        log::warn!("Fatal error: there is no append only file to restore (appendfile-restore-to)");
        (self.recipients.exit)(1);
        true
    }

    /// The log was loaded; `is_cut`: not to its end, and goes on from here without what follows.
    pub(super) fn restored(&mut self, is_cut: bool) {
        let offset = self.executor.stream_offset();
        if !is_cut {
            log::warn!(
                "Fatal error: the append only file ends at offset {offset} and does not tell of the \
                 point to restore to (appendfile-restore-to)"
            );
            return (self.recipients.exit)(1);
        }
        let (Some(name), Some(folder)) = (self.kept_manifest_name(), self.log.folder.clone())
        else {
            return;
        };
        let kept = File::create(folder.path(&name)).and_then(|mut file| {
            file.write_all(self.log.manifest.text().as_bytes())?;
            file.sync_all()
        });
        if let Err(error) = kept {
            log::warn!("Cannot keep the manifest as {name}: {}", system_text(&error));
            return (self.recipients.exit)(1);
        }
        log::warn!(
            "Restored to offset {offset}. What follows stays in the files that {name} names."
        );
        let mut manifest = Manifest::default();
        manifest.skip_numbers_of(&self.log.manifest);
        self.log.manifest = manifest;
    }
}

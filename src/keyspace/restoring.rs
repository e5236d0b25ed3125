//! `appendfile-restore-to`: the append-only log ends at a point of the past. What follows it stays on
//! disk under a manifest of another name, and the log goes on from a base of what was there then.

use std::fs;

use super::actor::Keyspace;
use crate::aof::manifest::Manifest;
use crate::base::text::system_text;
use crate::config::value::restore::RestorePoint;

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
        match kept.filter(|(name, folder)| folder.path(name).exists()) {
            None => Ok(()),
            Some((name, _)) => Err(format!(
                "The append only file was restored to that point before, as {name} shows. Start \
                 without appendfile-restore-to, or remove that file to restore again."
            )),
        }
    }

    /// The log was loaded; `is_cut`: not to its end, and goes on from here without what follows.
    pub(super) fn restored(&mut self, is_cut: bool) {
        let offset = self.executor.stream_offset();
        if !is_cut {
            log::warn!(
                "The append only file ends at offset {offset}, before the point to restore to"
            );
            return;
        }
        let (Some(name), Some(folder)) = (self.kept_manifest_name(), self.log.folder.clone())
        else {
            return;
        };
        if let Err(error) = fs::write(folder.path(&name), self.log.manifest.text()) {
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

//! BACKUP: a copy of the append-only log up to a place between two commands, while writes go on.

use super::actor::Keyspace;
use super::log::Rewrite;
use crate::clients::ClientSlot;
use crate::commands::error::CommandError;
use crate::persistence::log::backup::BackupJob;
use crate::persistence::log::files::Job;
use crate::persistence::log::writer::LogWriter;

impl Keyspace {
    /// The thread makes links of the files that do not change any more; the one that grows is copied
    /// up to here.
    pub(super) fn back_up(&mut self, slot: ClientSlot, name: String) {
        let Some(client) = self.executor.state.server.clients.key_at(slot) else { return };
        self.flush_stream();
        let to = self.executor.data_folder().join(&name);
        let is_whole =
            |writer: &&LogWriter| writer.pending_bytes() == 0 && !self.log.doubts.are_there();
        let writer = self.log.writer.as_ref().filter(is_whole);
        let (Some(writer), Some(folder)) = (writer, self.log.folder.clone()) else {
            log::warn!("Cannot back up the append-only log: it cannot be written");
            return self.fail(slot, &CommandError::NotSaved);
        };
        let job = BackupJob {
            folder,
            // One that is about to take its place has done so before the links are made.
            manifest: match &self.log.rewrite {
                Rewrite::Placing { manifest, .. } => manifest.clone(),
                _ => self.log.manifest.clone(),
            },
            last: writer.file().clone(),
            last_bytes: writer.file_bytes(),
            to,
        };
        let offset = self.executor.stream_offset();
        log::info!("Backing up the append-only log to {name}, up to offset {offset}");
        self.give_log_job(Job::BackUp { client, job: Box::new(job) });
    }
}

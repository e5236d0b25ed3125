//! What is special about a log that goes on from a snapshot file: what the file has is not run, and
//! what is damaged ends the log, and not the process.

use super::LogLoader;
use crate::aof::manifest::AofFile;
use crate::aof::mark::Mark;
use crate::persistence::log::loaded::LogLoadError;
use crate::persistence::log::segments::Segment;

impl LogLoader {
    /// Whether the next command is run, as those are that follow the place from which the log is.
    pub(super) fn is_to_run(&mut self, args: &[&[u8]]) -> Result<bool, LogLoadError> {
        let Some(from) = &self.job.from else { return Ok(true) };
        let Some(mark) = &self.end.mark else {
            // The head of a file, which may be of another time.
            return match args {
                [word, db] if word.eq_ignore_ascii_case(b"select") => {
                    self.select = Some(db.to_vec());
                    Ok(false)
                }
                _ => Err(LogLoadError::NotFromBase),
            };
        };
        if self.has_begun {
            return Ok(true);
        }
        if mark.offset < from.offset {
            if let [word, db] = args
                && word.eq_ignore_ascii_case(b"select")
            {
                self.select = Some(db.to_vec());
            }
            return Ok(false);
        }
        if !from.is_at(mark) {
            return Err(LogLoadError::NotFromBase);
        }
        self.has_begun = true;
        let db = from.db.to_string().into_bytes();
        let db = self.select.take().unwrap_or(db);
        self.batch.push(&[b"SELECT", &db]);
        Ok(true)
    }

    /// A file goes on where the one before it ends: so does its database.
    pub(super) fn run_select(&mut self) {
        if self.has_begun
            && self.job.from.is_some()
            && let Some(db) = self.select.take()
        {
            self.batch.push(&[b"SELECT", &db]);
        }
    }

    /// A file does not begin where the one before it ends.
    pub(super) fn meet_gap(
        &mut self,
        name: &str,
        before: Option<Mark>,
    ) -> Result<(), LogLoadError> {
        if self.job.from.is_none() {
            return Err(LogLoadError::Gap { name: name.to_owned() });
        }
        if self.has_begun {
            // What follows is of another time.
            (self.end.mark, self.stops) = (before, true);
        } else {
            // So is what was before it.
            self.end.segments.clear();
        }
        Ok(())
    }

    /// What is kept of a file besides its stretches, where it is a segment.
    pub(super) fn keep_segment(&mut self, file: &AofFile) {
        let Some(end) = self.end.mark.filter(|_| self.job.from.is_some()) else { return };
        let bytes = self.job.folder.size(file).unwrap_or(0);
        let began_at = self.file_began_at.unwrap_or(end.offset);
        self.end.segments.push(Segment { seq: file.seq, began_at, bytes });
    }
}

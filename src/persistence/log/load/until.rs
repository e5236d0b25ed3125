//! A log that is taken up to a point (`appendfile-restore-to`).

use super::LogLoader;
use crate::aof::annotation::Timestamp;
use crate::aof::records::Record;
use crate::base::offset;
use crate::config::value::restore::RestorePoint;
use crate::persistence::log::loaded::LogLoadError;

impl LogLoader {
    /// Whether the next record, of these bytes, is behind the point.
    pub(super) fn is_beyond(
        &mut self,
        record: Record,
        bytes: &[u8],
        name: &str,
    ) -> Result<bool, LogLoadError> {
        match (self.job.until, record) {
            (Some(RestorePoint::Offset(until)), Record::Mark(mark)) if mark.offset > until => {
                // Only the first place can be: what leads to another was looked at.
                let place = format!("offset {}", mark.offset);
                Err(LogLoadError::BeginsLater { name: name.to_owned(), place })
            }
            (Some(RestorePoint::Offset(until)), Record::Command) => {
                let end = self.end.mark.map(|mark| offset::advance(mark.offset, bytes.len()));
                Ok(end.is_some_and(|end| end > until))
            }
            (Some(RestorePoint::Second(until)), Record::Annotation) => {
                let Some(second) = Timestamp::parse(bytes.trim_ascii_end()) else {
                    return Ok(false);
                };
                let is_first = !std::mem::replace(&mut self.has_time, true);
                let is_beyond = second.unix_seconds > until;
                if is_first && is_beyond {
                    // The base before it is no older.
                    let place = format!("second {}", second.unix_seconds);
                    return Err(LogLoadError::BeginsLater { name: name.to_owned(), place });
                }
                Ok(is_beyond)
            }
            _ => Ok(false),
        }
    }
}

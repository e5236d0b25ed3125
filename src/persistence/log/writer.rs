//! The file that grows by the stream.
//!
//! What cannot be written stays here, and the file ends where it did before: with a whole write, and
//! so between two commands or transactions.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use crate::aof::annotation::Timestamp;
use crate::aof::mark::Mark;
use crate::base::ids::DbIndex;
use crate::base::offset::Offset;
use crate::replication::model::feed::encode_command;

/// See the module documentation.
#[derive(Debug)]
pub struct LogWriter {
    file: Arc<File>,
    /// Its length, without what is pending.
    file_bytes: u64,
    /// What is still to be written, in order.
    pending: Vec<u8>,
    /// The stream up to here is in the file.
    written: Offset,
    /// The stream up to here came here.
    end: Offset,
    /// Why the last write failed.
    fault: Option<io::Error>,
    /// The second of the last `#TS:` line.
    last_second: i64,
}

impl LogWriter {
    /// At the end of a file; `mark`: whose stream goes on there.
    pub fn new(file: File, file_bytes: u64, mark: Mark) -> LogWriter {
        let mut writer = LogWriter {
            file: Arc::new(file),
            file_bytes,
            pending: Vec::new(),
            written: mark.offset,
            end: mark.offset,
            fault: None,
            last_second: 0,
        };
        writer.mark(mark);
        writer
    }

    /// In a new file, whose stream begins in database `db`; `unix_seconds`: now, if it is to say so.
    pub fn begin(file: File, db: DbIndex, mark: Mark, unix_seconds: Option<i64>) -> LogWriter {
        let mut writer = LogWriter::new(file, 0, mark);
        let line = std::mem::take(&mut writer.pending);
        if let Some(now) = unix_seconds {
            writer.stamp(now);
        }
        let mut select = bytes::BytesMut::new();
        encode_command(&mut select, &[b"SELECT", itoa::Buffer::new().format(db).as_bytes()]);
        writer.pending.extend_from_slice(&select);
        writer.pending.extend_from_slice(&line);
        writer
    }

    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// The stream up to here is in the file.
    pub fn written(&self) -> Offset {
        self.written
    }

    pub fn fault(&self) -> Option<&io::Error> {
        self.fault.as_ref()
    }

    /// What comes next is of this history; written with the next bytes.
    pub fn mark(&mut self, mark: Mark) {
        self.pending.extend_from_slice(&mark.line());
    }

    /// `#TS:` where another second has begun since the last: before what comes next.
    pub fn stamp(&mut self, unix_seconds: i64) {
        if unix_seconds != self.last_second {
            self.last_second = unix_seconds;
            Timestamp { unix_seconds }.push(&mut self.pending);
        }
    }

    /// Writes the next bytes of the stream, up to `end`. What does not come about is in
    /// [`LogWriter::fault`], and tried again with what comes next.
    pub fn append(&mut self, bytes: &[u8], end: Offset) {
        self.end = end;
        if self.pending.is_empty() && self.fault.is_none() {
            // Most bytes are never copied.
            let written = self.write(bytes);
            self.pending.extend_from_slice(bytes.get(written..).unwrap_or_default());
        } else {
            self.pending.extend_from_slice(bytes);
            // A disk that refuses is asked again by the clock.
            if self.fault.is_none() {
                self.flush();
            }
        }
        self.note();
    }

    /// Tries again what is pending.
    pub fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let written = self.write(&pending);
        self.pending = pending;
        self.pending.drain(..written);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        self.note();
    }

    fn note(&mut self) {
        if self.pending.is_empty() {
            self.written = self.end;
        }
    }

    /// All of it, or none. How many bytes are in the file.
    fn write(&mut self, bytes: &[u8]) -> usize {
        match (&*self.file).write_all(bytes) {
            Ok(()) => {
                self.file_bytes += bytes.len() as u64;
                self.fault = None;
                bytes.len()
            }
            Err(error) => {
                self.fault = Some(error);
                self.undo(bytes.len())
            }
        }
    }

    /// Takes back what was written of a write that failed. Where that fails too, the file keeps it.
    fn undo(&mut self, bytes: usize) -> usize {
        if self.file.set_len(self.file_bytes).is_ok() {
            return 0;
        }
        log::warn!(
            "Could not remove short write from the append-only file.  Redis may refuse to load the \
             AOF the next time it starts.  ftruncate: {}",
            io::Error::last_os_error()
        );
        let len = self.file.metadata().map_or(self.file_bytes, |metadata| metadata.len());
        let written = usize::try_from(len.saturating_sub(self.file_bytes)).unwrap_or(0).min(bytes);
        self.file_bytes += written as u64;
        written
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;
    use crate::base::ids::ReplId;

    fn mark(offset: Offset) -> Mark {
        Mark { id: ReplId::from_bytes(&[b'a'; 40]).unwrap(), offset, second: None }
    }

    #[test]
    fn a_file_begins_with_its_database_and_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut writer = LogWriter::begin(file, 3, mark(7), None);
        assert_eq!(writer.written(), 7);
        writer.append(b"*1\r\n$4\r\nping\r\n", 21);
        assert_eq!((writer.written(), writer.pending_bytes()), (21, 0));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.len() as u64, writer.file_bytes());
        let head = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n#STREAM:";
        assert!(text.starts_with(head) && text.ends_with("-1\r\n*1\r\n$4\r\nping\r\n"), "{text}");
        writer.stamp(5);
        writer.stamp(5);
        writer.append(b"x", 22);
        assert!(fs::read_to_string(&path).unwrap().ends_with("\r\n#TS:5\r\nx"));
    }

    #[test]
    fn what_a_full_disk_does_not_take_stays_pending_and_in_order() {
        let file = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut writer = LogWriter::new(file, 0, mark(0));
        writer.append(b"abc", 3);
        writer.append(b"def", 6);
        assert_eq!(writer.fault().unwrap().raw_os_error(), Some(28));
        assert_eq!(writer.written(), 0);
        assert!(writer.pending.ends_with(b"\r\nabcdef"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        writer.file = Arc::new(OpenOptions::new().create(true).append(true).open(&path).unwrap());
        writer.flush();
        assert!(writer.fault().is_none() && writer.pending_bytes() == 0);
        assert_eq!(writer.written(), 6);
        assert!(fs::read_to_string(&path).unwrap().ends_with("\r\nabcdef"));
    }
}

//! The file that grows by the stream.
//!
//! What cannot be written stays here, and the file ends where it did before: with a whole write, and
//! so between two commands or transactions.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::aof::annotation::Timestamp;
use crate::aof::mark::Mark;
use crate::base::ids::DbIndex;
use crate::base::offset::{self, Offset};
use crate::replication::model::backlog::storey::{StoredFile, StoredNews, Stretch};
use crate::replication::model::feed::encode_command;

/// The threads that sync, each with a descriptor of its own: the system tells of what it could not
/// write once for each, and who shares one may be told that all is well.
pub const SYNCERS: u64 = 3;

/// A file of the log, with those who sync it.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    /// Empty where the system has no way to open it once more.
    own: Vec<File>,
}

impl LogFile {
    pub fn new(file: File) -> LogFile {
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let own = (0..SYNCERS).map(|_| File::open(&path)).collect::<io::Result<_>>();
        LogFile { file, own: own.unwrap_or_default() }
    }

    /// Makes safe what is written, by the descriptor of that thread.
    ///
    /// # Errors
    /// Something of it is not, and may be lost.
    pub fn sync(&self, syncer: usize) -> io::Result<()> {
        self.own.get(syncer).unwrap_or(&self.file).sync_data()
    }

    pub fn as_file(&self) -> &File {
        &self.file
    }
}

impl StoredFile for LogFile {
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, at)
    }
}

/// See the module documentation.
#[derive(Debug)]
pub struct LogWriter {
    file: Arc<LogFile>,
    /// Its length, without what is pending.
    file_bytes: u64,
    /// What is still to be written, in order.
    pending: Vec<u8>,
    /// The stream up to here is in the file.
    written: Offset,
    /// The stream up to here came here.
    end: Offset,
    /// The stream up to here is in other files.
    began_at: Offset,
    /// Why the last write failed.
    fault: Option<io::Error>,
    /// The second of the last `#TS:` line.
    last_second: i64,
    /// Where the last bytes of the stream end in the file; `None`: what comes next begins a stretch.
    stretch_end: Option<u64>,
}

impl StoredFile for File {
    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(out, at)
    }
}

impl LogWriter {
    /// At the end of a file; `mark`: whose stream goes on there.
    pub fn new(file: File, file_bytes: u64, mark: Mark) -> LogWriter {
        let mut writer = LogWriter {
            file: Arc::new(LogFile::new(file)),
            file_bytes,
            pending: Vec::new(),
            written: mark.offset,
            end: mark.offset,
            began_at: mark.offset,
            fault: None,
            last_second: 0,
            stretch_end: None,
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

    pub fn file(&self) -> &Arc<LogFile> {
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

    /// What comes next is told of as a new stretch: what was told is forgotten.
    pub fn begin_stretch(&mut self) {
        self.stretch_end = None;
    }

    /// Where the stream in this file begins, or went on when it was opened.
    pub fn began_at(&self) -> Offset {
        self.began_at
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

    /// Writes the next bytes of the stream, from `start` on. What does not come about is in
    /// [`LogWriter::fault`], and tried again with what comes next. Gives what is new of what the file
    /// holds.
    pub fn append(&mut self, start: Offset, bytes: &[u8]) -> Option<StoredNews> {
        self.end = offset::advance(start, bytes.len());
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
        self.stored_news(start, bytes.len() as u64)
    }

    /// The same where nobody reads the last of it: so many bytes may wait for those that follow, so
    /// that a write is rare. They count as if they were in the file.
    pub fn append_later(
        &mut self,
        start: Offset,
        bytes: &[u8],
        pending_max: usize,
    ) -> Option<StoredNews> {
        self.end = offset::advance(start, bytes.len());
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= pending_max {
            let mut pending = std::mem::take(&mut self.pending);
            let written = self.write(&pending);
            pending.drain(..written);
            self.pending = pending;
        }
        self.note();
        if self.fault.is_some() {
            return self.stretch_end.take().map(|_| StoredNews::Lost);
        }
        let end = self.file_bytes + self.pending.len() as u64;
        self.stretch_to(start, end, bytes.len() as u64)
    }

    /// After these bytes: a new stretch where they do not stand behind those before them.
    fn stored_news(&mut self, start: Offset, bytes: u64) -> Option<StoredNews> {
        if !self.pending.is_empty() {
            return self.stretch_end.take().map(|_| StoredNews::Lost);
        }
        self.stretch_to(start, self.file_bytes, bytes)
    }

    /// The same, where the file ends there.
    fn stretch_to(&mut self, start: Offset, end: u64, bytes: u64) -> Option<StoredNews> {
        let at = end.saturating_sub(bytes);
        let goes_on = self.stretch_end.replace(end) == Some(at);
        let file = self.file.clone();
        (!goes_on).then(|| StoredNews::Begun(Stretch { start, file, at }))
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
        match (&self.file.file).write_all(bytes) {
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
        if self.file.file.set_len(self.file_bytes).is_ok() {
            return 0;
        }
        log::warn!(
            "Could not remove short write from the append-only file.  Redis may refuse to load the \
             AOF the next time it starts.  ftruncate: {}",
            io::Error::last_os_error()
        );
        let len = self.file.file.metadata().map_or(self.file_bytes, |metadata| metadata.len());
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
        let file = OpenOptions::new().read(true).create(true).append(true).open(&path).unwrap();
        let mut writer = LogWriter::begin(file, 3, mark(7), None);
        assert_eq!(writer.written(), 7);
        let news = writer.append(7, b"*1\r\n$4\r\nping\r\n");
        assert!(matches!(news, Some(StoredNews::Begun(Stretch { start: 7, .. }))));
        assert_eq!((writer.written(), writer.pending_bytes()), (21, 0));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.len() as u64, writer.file_bytes());
        let head = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n#STREAM:";
        assert!(text.starts_with(head) && text.ends_with("-1\r\n*1\r\n$4\r\nping\r\n"), "{text}");
        writer.stamp(5);
        writer.stamp(5);
        let Some(StoredNews::Begun(Stretch { start, at, file })) = writer.append(21, b"xy") else {
            panic!()
        };
        assert!(writer.append(23, b"z").is_none(), "it goes on");
        let mut read = [0; 3];
        file.read_at(at, &mut read).unwrap();
        assert_eq!((start, &read), (21, b"xyz"));
        assert!(fs::read_to_string(&path).unwrap().ends_with("\r\n#TS:5\r\nxyz"));
    }

    #[test]
    fn what_may_wait_is_written_with_what_follows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let file = OpenOptions::new().read(true).create(true).append(true).open(&path).unwrap();
        let mut writer = LogWriter::begin(file, 0, mark(0), None);
        let Some(StoredNews::Begun(stretch)) = writer.append_later(0, b"abc", 1000) else {
            panic!()
        };
        assert!(writer.append_later(3, b"defg", 1000).is_none(), "it goes on");
        assert_eq!((fs::read(&path).unwrap().len(), writer.written()), (0, 0));
        assert!(writer.append_later(7, &[b'h'; 1000], 1000).is_none());
        assert_eq!((writer.pending_bytes(), writer.written()), (0, 1007));
        let mut read = [0; 8];
        stretch.file.read_at(stretch.at, &mut read).unwrap();
        assert_eq!(&read, b"abcdefgh");
        // A line between makes a stretch of its own, wherever it waits.
        writer.mark(mark(1007));
        let news = writer.append_later(1007, b"i", 1000);
        assert!(matches!(news, Some(StoredNews::Begun(Stretch { start: 1007, .. }))));
    }

    #[test]
    fn what_a_full_disk_does_not_take_stays_pending_and_in_order() {
        let file = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut writer = LogWriter::new(file, 0, mark(0));
        assert!(writer.append(0, b"abc").is_none(), "nothing was told of it");
        assert!(writer.append(3, b"def").is_none());
        assert_eq!(writer.fault().unwrap().raw_os_error(), Some(28));
        assert_eq!(writer.written(), 0);
        assert!(writer.pending.ends_with(b"\r\nabcdef"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        writer.file = Arc::new(LogFile::new(file));
        writer.flush();
        assert!(writer.fault().is_none() && writer.pending_bytes() == 0);
        assert_eq!(writer.written(), 6);
        assert!(fs::read_to_string(&path).unwrap().ends_with("\r\nabcdef"));
    }
}

//! The stream on disk while there is no append-only log: what replicas are served from whose offset
//! has left the memory and, with save points, what is lost with a killed process otherwise.
//!
//! ```text
//!   Off ──the stream is kept──► Asked ──a file is there──► Writing ─┐ the next segment
//!    ▲                            ▲                           │  ▲  │
//!    │                            └──it begins anew, or fails─┘  └──┘
//!    └──not wanted, or there is an append-only log
//! ```
//! With save points it goes on from the snapshot file: what that file has and what follows in the
//! segments is what was written. A save is begun when a file is missing, as after a full sync, or when
//! what follows has become long.
//!
//! It is no promise to clients: what cannot be written is not refused. What was written before stays,
//! and is what a killed process has, until a file was saved from which it goes on again.
//!
//! `stream_logging` does all this.

use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;

use crate::base::ids::DbIndex;
use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::persistence::log::segments::{Base, Segment, SegmentFolder};
use crate::persistence::log::writer::LogWriter;

/// See the module documentation.
#[derive(Default)]
pub(super) struct StreamLog {
    /// Where it is while it is written or asked for.
    pub folder: Option<SegmentFolder>,
    /// The oldest first; the last is the one that is written.
    pub segments: VecDeque<Segment>,
    pub writer: Option<LogWriter>,
    pub next: NextFile,
    pub disk: Disk,
    /// From when on a file is saved if there is none to go on from.
    pub saves_at: UnixMillis,
    /// What is in memory is what no file has, and nothing that was found goes on from.
    pub is_apart: bool,
    /// Where the snapshot file stands from which it goes on.
    pub base: Option<Offset>,
    /// The same of the save that runs, if that may become one.
    pub saving: Option<Offset>,
    /// `dbfilename` of the file from which it goes on, and its length.
    pub base_name: String,
    pub base_bytes: u64,
    /// At start: from where on the segments that were found are to be run.
    pub replay: Option<Base>,
    /// Nothing is to be run of them, and these keys of the file have expired.
    pub is_clean: bool,
    pub expired: Vec<(DbIndex, Vec<u8>)>,
}

/// What stays however often the log begins anew.
#[derive(Default)]
pub(super) struct Disk {
    /// Held as long as the process lives: nobody else uses the folder.
    pub lock: Option<(PathBuf, File)>,
    /// When it is asked for again, where another process has it.
    pub lock_at: UnixMillis,
    /// No number is given twice.
    pub last_seq: u64,
    /// A disk that failed is left alone until then, and for so long.
    pub retry_at: UnixMillis,
    pub retry_after: UnixMillis,
    /// Segments of before a write that failed. They go when there is another file to go on from.
    pub stale: Vec<Segment>,
}

/// The file in which it goes on.
#[derive(Default)]
pub(super) enum NextFile {
    #[default]
    None,
    Asked {
        seq: u64,
    },
    There {
        seq: u64,
        file: File,
    },
}

impl StreamLog {
    /// The folder where segments have names, while it is this process's.
    pub fn named_folder(&self) -> Option<SegmentFolder> {
        let (dir, _) = self.disk.lock.as_ref()?;
        Some(SegmentFolder { dir: dir.clone(), is_named: true })
    }

    /// Replies wait for what is written: it is what a killed process has.
    pub fn holds_replies(&self) -> bool {
        self.writer.is_some() && self.folder.as_ref().is_some_and(|folder| folder.is_named)
    }

    pub fn writer_mut(&mut self) -> Option<&mut LogWriter> {
        self.writer.as_mut()
    }

    pub fn bytes(&self) -> u64 {
        let written = self.writer.as_ref().map_or(0, LogWriter::file_bytes);
        let closed = self.segments.iter().chain(&self.disk.stale);
        closed.map(|segment| segment.bytes).sum::<u64>() + written
    }
}

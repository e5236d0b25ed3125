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
//! It is no promise to clients: what cannot be written is not refused, but the next file is a base
//! again before anything counts on it.
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

/// Until a log that has nothing to go on from has a file saved.
const FIRST_SAVE_AFTER: UnixMillis = 2_000;

/// See the module documentation.
#[derive(Default)]
pub(super) struct StreamLog {
    /// Where it is while it is written or asked for.
    pub folder: Option<SegmentFolder>,
    /// The oldest first; the last is the one that is written.
    pub segments: VecDeque<Segment>,
    pub writer: Option<LogWriter>,
    pub next: NextFile,
    pub last_seq: u64,
    pub retry_at: UnixMillis,
    /// How long it is left alone the next time.
    pub retry_after: UnixMillis,
    /// When it began anew.
    pub began_at: UnixMillis,
    /// What is in memory is what no file has, and nothing that was found goes on from.
    pub is_apart: bool,
    /// Held as long as the process lives: nobody else uses the folder.
    pub lock: Option<(PathBuf, File)>,
    /// When it is asked for again, where another process has it.
    pub lock_at: UnixMillis,
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
    /// Replies wait for what is written: it is what a killed process has.
    pub fn holds_replies(&self) -> bool {
        self.writer.is_some() && self.folder.as_ref().is_some_and(|folder| folder.is_named)
    }

    /// Whether a file from which it goes on is to be saved by now: a little later than at once, for
    /// whoever makes a replica or reloads may have more to do.
    pub fn is_old(&self, now: UnixMillis) -> bool {
        now - self.began_at > FIRST_SAVE_AFTER
    }

    pub fn writer_mut(&mut self) -> Option<&mut LogWriter> {
        self.writer.as_mut()
    }

    pub fn bytes(&self) -> u64 {
        let written = self.writer.as_ref().map_or(0, LogWriter::file_bytes);
        self.segments.iter().map(|segment| segment.bytes).sum::<u64>() + written
    }
}

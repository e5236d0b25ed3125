//! What comes of a load of the log.

use std::io;

use bytes::BytesMut;

use crate::aof::mark::Mark;
use crate::base::text::system_text;
use crate::persistence::error::LoadError;
use crate::persistence::log::segments::Segment;
use crate::replication::model::backlog::storey::Stretch;

/// How a load ended.
#[derive(Debug, Default)]
pub struct LogEnd {
    /// The place in the history that the end of the last file is, if it says so.
    pub mark: Option<Mark>,
    /// The stream before that place, as much of it as the backlog keeps.
    pub tail: BytesMut,
    pub total_bytes: u64,
    /// Where in the files the stream is, up to the mark.
    pub stretches: Vec<Stretch>,
    /// It was taken up to a point, behind which there is more.
    pub is_restored: bool,
    /// The files whose stream is of use, where they are segments.
    pub segments: Vec<Segment>,
}

/// Why the log cannot be loaded.
#[derive(Debug)]
pub enum LogLoadError {
    /// A file that the manifest names is not there.
    Size {
        name: String,
        error: io::Error,
    },
    Open {
        name: String,
        error: io::Error,
    },
    Read {
        name: String,
        error: io::Error,
    },
    Rdb {
        name: String,
        is_old: bool,
        error: LoadError,
    },
    /// What begins at that byte is no command.
    Malformed {
        name: String,
        at: u64,
    },
    /// It ends within a command or a transaction; the bytes before that are good.
    Truncated {
        name: String,
        good: u64,
    },
    /// So does this one, and more files follow.
    TruncatedWithin {
        name: String,
        good: u64,
    },
    /// It holds a command that there is not.
    Unknown {
        name: String,
        command: String,
    },
    /// It selects a database that is not here.
    NoDatabase {
        name: String,
    },
    /// It does not begin where the file before it ends.
    Gap {
        name: String,
    },
    /// What there is does not go on from the snapshot file.
    NotFromBase,
    /// The point up to which it is to be taken is before its first place.
    BeginsLater {
        name: String,
        place: String,
    },
    /// The system has no thread to give.
    Thread(io::Error),
}

impl LogLoadError {
    /// Where redis-server has no words for it.
    fn own_line(&self) -> String {
        use LogLoadError::*;
        match self {
            NoDatabase { name } => {
                format!(
                    "Fatal error: the append only file {name} selects a database that is not here"
                )
            }
            Gap { name } => format!(
                "Fatal error: the append only file {name} does not begin where the one before it ends"
            ),
            BeginsLater { name, place } => format!(
                "Fatal error: the append only file {name} begins at {place}, and \
                 appendfile-restore-to is before that"
            ),
            NotFromBase => {
                "The log of the stream does not go on from the file that is here: it is not used"
                    .to_owned()
            }
            _ => String::new(),
        }
    }

    /// As redis-server logs it.
    pub fn log_lines(&self) -> Vec<String> {
        use LogLoadError::*;
        let line = match self {
            Size { name, error } => {
                let reason = system_text(error);
                format!("Unable to obtain the AOF file {name} length. stat: {reason}")
            }
            Open { name, error } => {
                let reason = system_text(error);
                format!("Fatal error: can't open the append log file {name} for reading: {reason}")
            }
            Read { name, error } => {
                let reason = system_text(error);
                format!("Unrecoverable error reading the append only file {name}: {reason}")
            }
            Rdb { name, is_old, error } => {
                let what = if *is_old { "RDB preamble of the AOF file" } else { "RDB base file" };
                let mut lines = error.fatal_lines();
                lines.push(format!("Error reading the {what} {name}, AOF loading aborted"));
                return lines;
            }
            Malformed { name, .. } => format!(
                "Bad file format reading the append only file {name}: make a backup of your AOF \
                 file, then use ./redis-check-aof --fix <filename.manifest>"
            ),
            Truncated { name, .. } => format!(
                "Unexpected end of file reading the append only file {name}. You can: 1) Make a \
                 backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) \
                 Alternatively you can set the 'aof-load-truncated' configuration option to yes and \
                 restart the server."
            ),
            TruncatedWithin { .. } => {
                "Fatal error: the truncated file is not the last file".to_owned()
            }
            Unknown { name, command } => {
                format!("Unknown command '{command}' reading the append only file {name}")
            }
            NoDatabase { .. } | Gap { .. } | BeginsLater { .. } | NotFromBase => self.own_line(),
            Thread(error) => format!("thread: {}", system_text(error)),
        };
        let place = match self {
            Malformed { name, at } => Some(format!("The fault is at byte {at} of {name}")),
            Truncated { name, good } | TruncatedWithin { name, good } => {
                Some(format!("{name} is good up to byte {good}"))
            }
            _ => None,
        };
        // Last what Redis says, for whoever looks there.
        place.into_iter().chain([line]).collect()
    }
}

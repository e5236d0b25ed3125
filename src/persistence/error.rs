//! What can go wrong with a file, as redis-server logs it.

use std::path::PathBuf;
use std::{fmt, io};

use crate::base::text::system_text;
use crate::rdb::{RdbError, RdbErrorKind};

/// Why there is no new file. The old one is as it was.
#[derive(Debug)]
pub enum SaveError {
    /// The temporary file could not be made.
    Open { temp_name: String, dir: PathBuf, error: io::Error },
    /// This operation on it failed.
    Write { operation: &'static str, error: io::Error },
    /// It could not be put in the place of the old one.
    Move { temp_name: String, file_name: String, dir: PathBuf, error: io::Error },
    /// The system has no thread to give.
    Thread(io::Error),
    /// Somebody wanted it to stop; its temporary file is gone.
    Cancelled,
}

impl SaveError {
    /// Whether there was no room for the file.
    pub fn is_full_disk(&self) -> bool {
        let kinds = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        match self {
            SaveError::Open { error, .. }
            | SaveError::Write { error, .. }
            | SaveError::Move { error, .. } => kinds.contains(&error.kind()),
            SaveError::Thread(_) | SaveError::Cancelled => false,
        }
    }

    /// As redis-server logs it when the file is a base of the append-only log.
    pub fn log_line_of_base(&self) -> String {
        let (what, error) = match self {
            SaveError::Open { error, .. } => {
                ("Opening the temp file for AOF rewrite in rewriteAppendOnlyFile()", error)
            }
            SaveError::Write { error, .. } => {
                ("Write error writing append only file on disk", error)
            }
            SaveError::Move { error, .. } => {
                ("Error moving temp append only file on the final destination", error)
            }
            SaveError::Thread(_) | SaveError::Cancelled => return self.to_string(),
        };
        format!("{what}: {}", system_text(error))
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SaveError::Open { temp_name, dir, error } => write!(
                f,
                "Failed opening the temp RDB file {temp_name} (in server root dir {}) \
                 for saving: {}",
                dir.display(),
                system_text(error)
            ),
            SaveError::Write { operation, error } => {
                write!(f, "Write error saving DB on disk({operation}): {}", system_text(error))
            }
            SaveError::Move { temp_name, file_name, dir, error } => write!(
                f,
                "Error moving temp DB file {temp_name} on the final destination {file_name} \
                 (in server root dir {}): {}",
                dir.display(),
                system_text(error)
            ),
            SaveError::Thread(error) => write!(f, "thread: {}", system_text(error)),
            SaveError::Cancelled => f.write_str("The save was cancelled"),
        }
    }
}

/// Why a file was not loaded. Nothing of it is used.
#[derive(Debug)]
pub enum LoadError {
    Open(io::Error),
    Read(RdbError),
    /// The system has no thread to give.
    Thread(io::Error),
}

impl LoadError {
    /// What is logged, line by line, when the server cannot start without the file.
    pub fn fatal_lines(&self) -> Vec<String> {
        let fatal = |reason: &str| format!("Fatal error loading the DB: {reason}. Exiting.");
        match self {
            LoadError::Open(error) | LoadError::Thread(error) => vec![fatal(&system_text(error))],
            LoadError::Read(error) => {
                use RdbErrorKind::*;
                let at_offset = |fault: &str| {
                    let offset = error.offset;
                    format!("Internal error in RDB reading offset {offset} -> {fault}")
                };
                let text = error.to_string();
                let mut lines = match &error.kind {
                    ShortRead | Io(_) => vec![text, at_offset("Unexpected EOF reading RDB file")],
                    WrongChecksum { .. } => vec![text, at_offset("RDB CRC error")],
                    UnknownType(_)
                    | BadLength(_)
                    | UnknownStringEncoding(_)
                    | BadCompression
                    | BadValue(..)
                    | Repeated(_)
                    | HalfPair(_)
                    | BadScore
                    | BadStream(_)
                    | EmptyNode
                    | UnknownContainer(_)
                    | BadModuleData => vec![error.log_line()],
                    _ => return vec![text, fatal("Invalid argument")],
                };
                lines.push("Terminating server after rdb file reading failure.".to_owned());
                lines
            }
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Open(error) | LoadError::Thread(error) => f.write_str(&system_text(error)),
            LoadError::Read(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_save_read_as_in_redis() {
        let error = || io::Error::from_raw_os_error(nix::errno::Errno::ENOENT as i32);
        let open =
            SaveError::Open { temp_name: "temp-1.rdb".into(), dir: "/d".into(), error: error() };
        assert_eq!(
            open.to_string(),
            "Failed opening the temp RDB file temp-1.rdb (in server root dir /d) for saving: \
             No such file or directory"
        );
        let write = SaveError::Write { operation: "fsync", error: error() };
        assert_eq!(
            write.to_string(),
            "Write error saving DB on disk(fsync): No such file or directory"
        );
    }

    #[test]
    fn errors_of_a_rewrite_read_as_in_redis() {
        let error = io::Error::from_raw_os_error(nix::errno::Errno::ENOSPC as i32);
        assert_eq!(
            SaveError::Write { operation: "rdbSaveRio", error }.log_line_of_base(),
            "Write error writing append only file on disk: No space left on device"
        );
    }

    #[test]
    fn what_stops_a_start_names_the_fault() {
        let checksum = RdbErrorKind::WrongChecksum { stated: 1, computed: 2 }.at(7);
        let lines = LoadError::Read(checksum).fatal_lines();
        assert_eq!(lines[0], "Wrong RDB checksum expected: (2) but got (1). Aborting now.");
        assert_eq!(lines[1], "Internal error in RDB reading offset 7 -> RDB CRC error");
        let encoding = LoadError::Read(RdbErrorKind::UnknownStringEncoding(4).at(9)).fatal_lines();
        assert_eq!(
            encoding,
            [
                "Internal error in RDB reading offset 9 -> Unknown RDB string encoding type 4",
                "Terminating server after rdb file reading failure."
            ]
        );
        let signature = LoadError::Read(RdbErrorKind::WrongSignature.at(5)).fatal_lines();
        assert_eq!(signature[1], "Fatal error loading the DB: Invalid argument. Exiting.");
    }
}

//! SLOWLOG and COMMANDLOG: the commands that took longest, and those with the largest requests and
//! replies, newest first.

use std::collections::VecDeque;

use crate::resp::request::Args;

/// Arguments kept of one command; the last says how many more there were.
const ARGUMENTS_MAX: usize = 32;
/// Bytes kept of one argument.
const ARGUMENT_BYTES_MAX: usize = 128;

/// What a log notes of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// Microseconds.
    Slow,
    /// Bytes.
    LargeRequest,
    /// Bytes.
    LargeReply,
}

impl LogKind {
    pub const ALL: [LogKind; 3] = [LogKind::Slow, LogKind::LargeRequest, LogKind::LargeReply];

    /// By its name, in any case.
    pub fn from_name(name: &[u8]) -> Option<LogKind> {
        LogKind::ALL.into_iter().find(|kind| kind.name().as_bytes().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            LogKind::Slow => "slow",
            LogKind::LargeRequest => "large-request",
            LogKind::LargeReply => "large-reply",
        }
    }
}

/// One command that was noted.
#[derive(Clone, Debug)]
pub struct LoggedCommand {
    pub id: i64,
    pub unix_seconds: i64,
    /// In the unit of the log's kind.
    pub measure: i64,
    pub args: Vec<Vec<u8>>,
    pub peer: String,
    pub client_name: Vec<u8>,
}

/// A command that is to be noted.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub args: Args<'a>,
    pub unix_seconds: i64,
    pub peer: &'a str,
    pub client_name: &'a [u8],
}

/// The logs, one of each kind.
#[derive(Debug, Default)]
pub struct CommandLogs {
    logs: [CommandLog; 3],
}

impl CommandLogs {
    pub fn of(&self, kind: LogKind) -> &CommandLog {
        match kind {
            LogKind::Slow => &self.logs[0],
            LogKind::LargeRequest => &self.logs[1],
            LogKind::LargeReply => &self.logs[2],
        }
    }

    pub fn of_mut(&mut self, kind: LogKind) -> &mut CommandLog {
        match kind {
            LogKind::Slow => &mut self.logs[0],
            LogKind::LargeRequest => &mut self.logs[1],
            LogKind::LargeReply => &mut self.logs[2],
        }
    }
}

/// The entries of one kind.
#[derive(Debug, Default)]
pub struct CommandLog {
    entries: VecDeque<LoggedCommand>,
    next_id: i64,
}

impl CommandLog {
    /// Notes a command, and forgets the oldest beyond so many.
    pub fn record(&mut self, call: Call<'_>, measure: i64, max_entries: usize) {
        self.entries.push_front(LoggedCommand {
            id: self.next_id,
            unix_seconds: call.unix_seconds,
            measure,
            args: trimmed(call.args),
            peer: call.peer.to_owned(),
            client_name: call.client_name.to_vec(),
        });
        self.next_id += 1;
        self.trim(max_entries);
    }

    /// Drops the oldest beyond so many.
    pub fn trim(&mut self, max_entries: usize) {
        self.entries.truncate(max_entries);
    }

    pub fn iter(&self) -> impl Iterator<Item = &LoggedCommand> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn reset(&mut self) {
        self.entries.clear();
    }
}

fn trimmed(args: Args<'_>) -> Vec<Vec<u8>> {
    let kept = if args.len() > ARGUMENTS_MAX { ARGUMENTS_MAX - 1 } else { args.len() };
    let mut out: Vec<Vec<u8>> = args
        .iter()
        .take(kept)
        .map(|arg| {
            if arg.len() <= ARGUMENT_BYTES_MAX {
                return arg.to_vec();
            }
            let mut cut = arg[..ARGUMENT_BYTES_MAX].to_vec();
            let more = arg.len() - ARGUMENT_BYTES_MAX;
            cut.extend_from_slice(format!("... ({more} more bytes)").as_bytes());
            cut
        })
        .collect();
    if kept < args.len() {
        let more = args.len() - kept;
        out.push(format!("... ({more} more arguments)").into_bytes());
    }
    out
}

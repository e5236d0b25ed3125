//! SLOWLOG: the commands that took longest, newest first.

use std::collections::VecDeque;

use crate::resp::request::Args;

/// Arguments kept of one command; the last says how many more there were.
const ARGUMENTS_MAX: usize = 32;
/// Bytes kept of one argument.
const ARGUMENT_BYTES_MAX: usize = 128;

/// One slow command.
#[derive(Clone, Debug)]
pub struct SlowCommand {
    pub id: i64,
    pub unix_seconds: i64,
    pub micros: i64,
    pub args: Vec<Vec<u8>>,
    pub peer: String,
    pub client_name: Vec<u8>,
}

#[derive(Debug, Default)]
pub struct Slowlog {
    entries: VecDeque<SlowCommand>,
    next_id: i64,
}

impl Slowlog {
    /// Records a command when it took at least `threshold_micros` (negative: never).
    #[allow(clippy::too_many_arguments)]
    pub fn record(
        &mut self,
        args: Args<'_>,
        micros: i64,
        unix_seconds: i64,
        peer: &str,
        client_name: &[u8],
        max_entries: usize,
    ) {
        let args = trimmed(args);
        self.entries.push_front(SlowCommand {
            id: self.next_id,
            unix_seconds,
            micros,
            args,
            peer: peer.to_owned(),
            client_name: client_name.to_vec(),
        });
        self.next_id += 1;
        self.trim(max_entries);
    }

    /// Drops the oldest beyond so many.
    pub fn trim(&mut self, max_entries: usize) {
        self.entries.truncate(max_entries);
    }

    pub fn iter(&self) -> impl Iterator<Item = &SlowCommand> {
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

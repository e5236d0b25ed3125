//! The request parser: takes complete commands out of a connection's read buffer.

mod plain;

use std::mem;

use bytes::{Buf, BytesMut};
use memchr::memchr2;

use self::plain::plain_command;
use super::inline::split_in_place;
use super::limits::{Limits, MAX_LINE_BYTES, ProtocolError};
use super::request::{Batch, CommandSpan, Span};
use crate::base::number::parse_i64;

/// The least that [`Parser::wanted_bytes`] asks for inside a big argument.
const MIN_WANTED_BYTES: usize = 32 * 1024;
/// Who has sent so much of an argument is believed to send the rest: room for all of it is made at
/// once, so that it need not be moved again and again.
const BELIEVED_BYTES: usize = 1 << 20;
/// But for no more than this at a time, the longest argument of an ordinary client: our master may
/// announce any length, and memory of any length is not to be had.
const ROOM_MAX_BYTES: usize = 512 << 20;

/// An argument of this length and more counts with all its bytes as soon as it is announced
/// (`PROTO_MBULK_BIG_ARG`).
const BIG_ARGUMENT_BYTES: usize = 32 * 1024;

/// Up to this length, what is complete is copied into the batch: it is in the processor's cache,
/// and the buffer that it was read into is free at once.
const COPIED_BYTES: usize = 4 * 1024;

/// An incremental parser of one connection's requests.
///
/// Complete commands move into the batch by swapping buffers, so long ones are not copied; the
/// incomplete tail stays in the connection's buffer (copied once if commands came before it) and
/// is not looked at twice: a big argument in many pieces costs as much as in one.
///
/// Leniency is Redis's: the byte after a line's `\r` and the two after an argument may be
/// anything, and a NUL hides the rest of the buffer from the search for a line's end.
///
/// All offsets count from the first byte of the incomplete command, which is the first byte of
/// the connection's buffer between two calls.
#[derive(Default)]
pub struct Parser {
    /// The next byte to read.
    pos: usize,
    /// How far the search for the end of the line at `pos` has come; not below `pos` if not 0.
    searched: usize,
    /// How many arguments of the present command are missing; 0 between commands.
    args_missing: usize,
    /// The length of the present argument, when its `$` line is read.
    bulk_len: Option<usize>,
    /// The arguments of the present command that earlier calls found.
    args: Vec<Span>,
    /// The present command is spelled as every writer would spell it, so far.
    canonical: bool,
    /// How many bytes the last call left in the connection's buffer.
    unread_bytes: usize,
    /// The last call stopped at an error, with commands to run before it is told.
    stopped: bool,
    /// What was wrong with an inline command. It cannot be found again, as the others are: the
    /// line was rewritten in the attempt to read it.
    bad_inline: Option<ProtocolError>,
}

/// What the bytes at hand were enough for.
enum Step {
    Command {
        canonical: bool,
    },
    /// Something without arguments; `empty_line` when nothing stood before the line's end.
    Skipped {
        empty_line: bool,
    },
    Incomplete,
}

impl Parser {
    /// Moves every complete command from `buf` to the batch.
    ///
    /// An error ends the connection. It is returned only when the batch is empty: otherwise the
    /// call stops before it, [`has_more`](Self::has_more) turns true, and it is found again by the
    /// call after the batch was run. This order is visible: the commands before the mistake are
    /// answered, and an AUTH among them lifts the limits for what follows.
    ///
    /// A batch without commands is cleared first, so read its
    /// [`consumed_bytes`](Batch::consumed_bytes) before.
    pub fn parse(
        &mut self,
        buf: &mut BytesMut,
        batch: &mut Batch,
        limits: &Limits,
    ) -> Result<(), ProtocolError> {
        if batch.is_empty() {
            batch.clear();
        }
        self.stopped = false;
        let (consumed_bytes, result) = self.scan(buf, batch, limits);
        hand_over(buf, batch, consumed_bytes);
        self.unread_bytes = buf.len();
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.stop(batch, error),
        }
    }

    /// Whether the last call left something to do that needs no more bytes: call again as soon
    /// as the batch was run.
    pub fn has_more(&self) -> bool {
        self.stopped
    }

    /// Whether it is as a new one: nothing was begun. Then it need not be kept.
    pub fn is_at_rest(&self) -> bool {
        self.unread_bytes == 0 && self.args.capacity() == 0
    }

    /// The memory it holds beside itself, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.args.capacity() * size_of::<Span>()
    }

    /// How many bytes to make room for before the next read, at least; 0 when any will do.
    ///
    /// Inside a big argument this is what is missing, but no more than what was already
    /// received until that is `BELIEVED_BYTES`, and never more than `ROOM_MAX_BYTES`: a peer
    /// cannot make us allocate by announcing.
    pub fn wanted_bytes(&self) -> usize {
        let Some(bulk_len) = self.bulk_len else { return 0 };
        let missing =
            (self.pos.saturating_add(bulk_len).saturating_add(2)).saturating_sub(self.unread_bytes);
        if self.unread_bytes >= BELIEVED_BYTES {
            return missing.min(ROOM_MAX_BYTES);
        }
        missing.min(self.unread_bytes.max(MIN_WANTED_BYTES))
    }

    /// How many bytes of what the last call left are known: arguments and line heads of the command
    /// that has begun.
    pub fn known_bytes(&self) -> usize {
        self.pos
    }

    /// How long the connection's buffer is when the present argument is complete, if that is a big
    /// one; else 0.
    pub fn announced_bytes(&self) -> usize {
        let bulk_len = self.bulk_len.filter(|len| *len >= BIG_ARGUMENT_BYTES);
        bulk_len.map_or(0, |len| self.pos.saturating_add(len).saturating_add(2))
    }

    fn stop(&mut self, batch: &Batch, error: ProtocolError) -> Result<(), ProtocolError> {
        self.stopped = !batch.is_empty();
        if self.stopped { Ok(()) } else { Err(error) }
    }

    /// Reads commands until the bytes or the rules end. Returns how many bytes are complete; the
    /// rest is the present command, described by `self`.
    fn scan(
        &mut self,
        buf: &mut [u8],
        batch: &mut Batch,
        limits: &Limits,
    ) -> (usize, Result<(), ProtocolError>) {
        if let Some(error) = self.bad_inline {
            return (0, Err(error));
        }
        let (base, plain) = (batch.input.len(), limits.plain());
        let mut start = 0;
        let result = loop {
            let step = if self.args_missing > 0 {
                self.resume(buf, base, &mut batch.args, limits)
            } else if self.pos == buf.len() {
                break Ok(());
            } else if let Some(end) = plain_command(buf, self.pos, base, &mut batch.args, &plain) {
                self.advance(end);
                Ok(Step::Command { canonical: true })
            } else {
                self.step(buf, base, &mut batch.args, limits)
            };
            match step {
                Ok(Step::Command { canonical }) => {
                    let (end, args_end) = (base + self.pos, batch.args.len());
                    let command = CommandSpan { start: base + start, end, args_end, canonical };
                    batch.commands.push(command);
                }
                Ok(Step::Skipped { empty_line }) => batch.empty_lines += usize::from(empty_line),
                Ok(Step::Incomplete) => break Ok(()),
                Err(error) => break Err(error),
            }
            start = self.pos;
        };
        let complete_args = batch.commands.last().map_or(0, |command| command.args_end);
        if complete_args < batch.args.len() {
            suspend(&mut self.args, &mut batch.args, complete_args, base + start);
        }
        self.pos -= start;
        self.searched = self.searched.saturating_sub(start);
        (start, result)
    }

    /// Reads on in the command that an earlier call began. Its arguments move to the batch when
    /// it is complete, not at each call: there may be a million of them.
    #[cold]
    fn resume(
        &mut self,
        buf: &[u8],
        base: usize,
        batch_args: &mut Vec<Span>,
        limits: &Limits,
    ) -> Result<Step, ProtocolError> {
        let mut args = mem::take(&mut self.args);
        let step = self.bulks(buf, 0, &mut args, limits);
        if matches!(step, Ok(Step::Command { .. })) {
            batch_args.extend(args.drain(..).map(|span| Span { start: span.start + base, ..span }));
            args = Vec::new();
        }
        self.args = args;
        step
    }

    /// Reads one command, or as much of it as there is.
    fn step(
        &mut self,
        buf: &mut [u8],
        base: usize,
        args: &mut Vec<Span>,
        limits: &Limits,
    ) -> Result<Step, ProtocolError> {
        match buf.get(self.pos) {
            None => return Ok(Step::Incomplete),
            Some(b'*') => {}
            Some(_) => return self.inline(buf, base, args, limits),
        }
        let Some(line) = self.number(buf, ProtocolError::TooBigMbulkCountString)? else {
            return Ok(Step::Incomplete);
        };
        let count = limits.check_arguments(line.number)?;
        self.advance(line.end);
        if count <= 0 {
            return Ok(Step::Skipped { empty_line: false });
        }
        self.args_missing = count as usize;
        self.canonical = line.canonical;
        self.bulks(buf, base, args, limits)
    }

    /// Reads the arguments that are missing, or as many of them as there are.
    fn bulks(
        &mut self,
        buf: &[u8],
        base: usize,
        args: &mut Vec<Span>,
        limits: &Limits,
    ) -> Result<Step, ProtocolError> {
        while self.args_missing > 0 {
            let len = match self.bulk_len {
                Some(len) => len,
                None => {
                    let Some(line) = self.number(buf, ProtocolError::TooBigBulkCountString)? else {
                        return Ok(Step::Incomplete);
                    };
                    match buf.get(self.pos) {
                        Some(b'$') => {}
                        other => {
                            let other = other.copied().unwrap_or_default();
                            return Err(ProtocolError::ExpectedDollar(other));
                        }
                    }
                    let len = limits.check_bulk(line.number)?;
                    self.canonical &= line.canonical;
                    self.advance(line.end);
                    len
                }
            };
            let end = self.pos.saturating_add(len);
            let Some(line_end) = buf.get(end..end.saturating_add(2)) else {
                self.bulk_len = Some(len);
                return Ok(Step::Incomplete);
            };
            self.canonical &= line_end == b"\r\n";
            args.push(Span { start: base + self.pos, len });
            self.bulk_len = None;
            self.args_missing -= 1;
            self.pos = end + 2;
        }
        Ok(Step::Command { canonical: self.canonical })
    }

    fn inline(
        &mut self,
        buf: &mut [u8],
        base: usize,
        args: &mut Vec<Span>,
        limits: &Limits,
    ) -> Result<Step, ProtocolError> {
        let Some(newline) = self.find(buf, b'\n', ProtocolError::TooBigInlineRequest)? else {
            return Ok(Step::Incomplete);
        };
        let line = match buf.get_mut(self.pos..newline).unwrap_or_default() {
            [line @ .., b'\r'] => line,
            line => line,
        };
        let empty_line = line.is_empty();
        let args_before = args.len();
        let split = split_in_place(line, base + self.pos, args);
        if split.is_err() || limits.from_master && !empty_line {
            args.truncate(args_before);
            let error = match split {
                Err(_) => ProtocolError::UnbalancedQuotes,
                Ok(()) => ProtocolError::InlineFromMaster,
            };
            self.bad_inline = Some(error);
            return Err(error);
        }
        self.advance(newline + 1);
        if args.len() == args_before {
            return Ok(Step::Skipped { empty_line });
        }
        Ok(Step::Command { canonical: false })
    }

    /// Reads the line at `pos`, a mark and a number; `None` when it is incomplete.
    fn number(
        &mut self,
        buf: &[u8],
        too_big: ProtocolError,
    ) -> Result<Option<Line>, ProtocolError> {
        let Some(cr) = self.find(buf, b'\r', too_big)? else { return Ok(None) };
        let Some(&newline) = buf.get(cr + 1) else { return Ok(None) };
        let number = buf.get(self.pos + 1..cr).and_then(parse_i64);
        Ok(Some(Line { number, end: cr + 2, canonical: newline == b'\n' }))
    }

    /// The place of the byte that ends the line at `pos`; `None` when it has not come yet.
    fn find(
        &mut self,
        buf: &[u8],
        wanted: u8,
        too_big: ProtocolError,
    ) -> Result<Option<usize>, ProtocolError> {
        let from = self.searched.max(self.pos);
        let rest = buf.get(from..).unwrap_or_default();
        let found = memchr2(wanted, 0, rest).map(|at| from + at);
        let end = found.filter(|&at| buf.get(at) == Some(&wanted));
        let line_bytes = end.unwrap_or(buf.len()) - self.pos;
        if line_bytes > MAX_LINE_BYTES {
            return Err(too_big);
        }
        // A NUL stops the search for good, so it is found again by the next call.
        self.searched = found.unwrap_or(buf.len());
        Ok(end)
    }

    fn advance(&mut self, pos: usize) {
        self.pos = pos;
        self.searched = 0;
    }
}

/// A `*<count>` or `$<length>` line.
struct Line {
    /// `None` for text that is no number.
    number: Option<i64>,
    /// The place after its line end.
    end: usize,
    canonical: bool,
}

/// Takes the arguments of an incomplete command, which begins at `start`, out of the batch.
fn suspend(partial: &mut Vec<Span>, args: &mut Vec<Span>, from: usize, start: usize) {
    partial.extend(args.drain(from..).map(|span| Span { start: span.start - start, ..span }));
}

/// Moves the first `complete_bytes` of `buf` to the end of the batch's input.
fn hand_over(buf: &mut BytesMut, batch: &mut Batch, complete_bytes: usize) {
    if complete_bytes == 0 {
        return;
    }
    if complete_bytes <= COPIED_BYTES || !batch.input.is_empty() {
        batch.input.extend_from_slice(buf.get(..complete_bytes).unwrap_or_default());
        buf.advance(complete_bytes);
    } else {
        mem::swap(buf, &mut batch.input);
        buf.extend_from_slice(batch.input.get(complete_bytes..).unwrap_or_default());
        batch.input.truncate(complete_bytes);
    }
}

#[cfg(test)]
mod tests;

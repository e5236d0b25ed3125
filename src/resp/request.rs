//! Commands as they came: a batch of them, one borrowed from it, one that outlives it.

use std::fmt;

use bytes::{BufMut, BytesMut};

use crate::base::number::push_u64;

/// Where one argument lies in the buffer that its command is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) len: usize,
}

/// Where one command lies in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommandSpan {
    /// Its first byte in `input`.
    pub(super) start: usize,
    /// One past its last byte in `input`.
    pub(super) end: usize,
    /// One past its last argument in `args`; it begins where the command before it ends.
    pub(super) args_end: usize,
    /// `input[start..end]` is the one encoding every writer would choose.
    pub(super) canonical: bool,
}

/// One read's whole pipeline of complete commands, travelling from the connection to the
/// keyspace and back, where it is cleared and filled again: its vectors are allocated once.
///
/// `input` also holds what was skipped (empty lines, `*0`): before the command that follows it,
/// or at the end. So its length is exactly what was taken from the stream.
#[derive(Default)]
pub struct Batch {
    /// The raw bytes of the complete commands. Inline ones are rewritten in place where their
    /// quotes are resolved, and cannot be parsed again.
    pub input: BytesMut,
    pub(super) args: Vec<Span>,
    pub(super) commands: Vec<CommandSpan>,
    pub(super) empty_lines: usize,
}

/// What a cleared batch keeps for its next use, at most: bytes of input, entries of the vectors.
const KEPT_INPUT_BYTES: usize = 1 << 20;
const KEPT_ENTRIES: usize = 1 << 14;

impl Batch {
    /// How many commands it holds.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether it holds no command. There may be skipped bytes nevertheless.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The arguments of command `i`, of which there is at least one, its name. Panics beyond the
    /// last command.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "places are noted as what they tell of is added")]
    pub fn command(&self, i: usize) -> Args<'_> {
        let args_start = if i == 0 { 0 } else { self.commands[i - 1].args_end };
        Args { buf: &self.input, spans: &self.args[args_start..self.commands[i].args_end] }
    }

    /// Every command's arguments, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Args<'_>> {
        (0..self.len()).map(|i| self.command(i))
    }

    /// The bytes of command `i` to propagate as they are; `None` when it came inline or in an
    /// encoding that only a lenient reader takes, and must be encoded anew. Panics as `command`.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as in `command`")]
    pub fn raw(&self, i: usize) -> Option<&[u8]> {
        let command = self.commands[i];
        command.canonical.then(|| &self.input[command.start..command.end])
    }

    /// Whether command `i` came in the one encoding that every writer would choose, and nothing was
    /// skipped before it. Panics as `command`.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as in `command`")]
    pub fn is_plain(&self, i: usize) -> bool {
        let before = if i == 0 { 0 } else { self.commands[i - 1].end };
        self.commands[i].canonical && self.commands[i].start == before
    }

    /// The bytes of input up to the end of command `i`, with all that was skipped before it.
    /// Panics as `command`.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as in `command`")]
    pub fn end_offset(&self, i: usize) -> usize {
        self.commands[i].end
    }

    /// What was taken from the stream after command `i`.
    pub fn input_after(&self, i: usize) -> &[u8] {
        let end = self.commands.get(i).map_or(self.input.len(), |command| command.end);
        self.input.get(end..).unwrap_or_default()
    }

    /// The bytes of input from command `i` on.
    pub fn input_left(&self, i: usize) -> usize {
        self.commands.get(i).map_or(0, |command| self.input.len() - command.start)
    }

    /// All bytes taken from the stream for this batch, with what was skipped after its last
    /// command.
    pub fn consumed_bytes(&self) -> usize {
        self.input.len()
    }

    /// How many empty lines were skipped: a replica sends them as a sign of life.
    pub fn empty_lines(&self) -> usize {
        self.empty_lines
    }

    /// The memory it holds, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.input.capacity() + self.places_bytes()
    }

    /// The memory of its knowledge where each command and argument lies, in bytes.
    pub fn places_bytes(&self) -> usize {
        self.args.capacity() * size_of::<Span>()
            + self.commands.capacity() * size_of::<CommandSpan>()
    }

    /// Appends a command in its canonical encoding.
    pub fn push(&mut self, args: &[&[u8]]) {
        let start = self.input.len();
        push_header(&mut self.input, b'*', args.len());
        for arg in args {
            push_header(&mut self.input, b'$', arg.len());
            self.args.push(Span { start: self.input.len(), len: arg.len() });
            self.input.extend_from_slice(arg);
            self.input.extend_from_slice(b"\r\n");
        }
        let (end, args_end) = (self.input.len(), self.args.len());
        self.commands.push(CommandSpan { start, end, args_end, canonical: true });
    }

    /// Its commands from `from` on, in no more memory than they take.
    #[expect(clippy::indexing_slicing, reason = "as in `command`")]
    pub fn copy_from(&self, from: usize) -> Batch {
        let rest = self.commands.get(from..).unwrap_or_default();
        let args_start = from.checked_sub(1).map_or(0, |before| self.commands[before].args_end);
        let bytes = rest.iter().map(|command| command.end - command.start).sum();
        let mut copy = Batch {
            input: BytesMut::with_capacity(bytes),
            args: Vec::with_capacity(self.args.len() - args_start),
            commands: Vec::with_capacity(rest.len()),
            empty_lines: 0,
        };
        let mut args_from = args_start;
        for command in rest {
            let start = copy.input.len();
            copy.input.extend_from_slice(&self.input[command.start..command.end]);
            for span in &self.args[args_from..command.args_end] {
                copy.args.push(Span { start: span.start - command.start + start, len: span.len });
            }
            args_from = command.args_end;
            let (end, args_end) = (copy.input.len(), copy.args.len());
            copy.commands.push(CommandSpan { start, end, args_end, canonical: command.canonical });
        }
        copy
    }

    /// Empties it for its next use; memory beyond an ordinary batch is given back.
    pub fn clear(&mut self) {
        if self.input.capacity() > KEPT_INPUT_BYTES {
            self.input = BytesMut::new();
        }
        self.input.clear();
        self.args.clear();
        self.args.shrink_to(KEPT_ENTRIES);
        self.commands.clear();
        self.commands.shrink_to(KEPT_ENTRIES);
        self.empty_lines = 0;
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The borrowed arguments of one command; `get(0)` is its name.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    buf: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    #[inline]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `i`. Panics out of range: a command's arity is checked before it runs.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as `Batch::command`; who runs knows how many")]
    pub fn get(&self, i: usize) -> &'a [u8] {
        let Span { start, len } = self.spans[i];
        &self.buf[start..start + len]
    }

    /// The arguments in order.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as in `Batch::command`")]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + DoubleEndedIterator + use<'a> {
        let buf = self.buf;
        self.spans.iter().map(move |span| &buf[span.start..span.start + span.len])
    }

    /// The arguments from `from` on. Panics beyond the last one.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as in `get`")]
    pub fn slice(&self, from: usize) -> Args<'a> {
        Args { buf: self.buf, spans: &self.spans[from..] }
    }

    /// The sum of the arguments' lengths, in bytes.
    pub fn total_bytes(&self) -> usize {
        self.spans.iter().map(|span| span.len).sum()
    }

    /// The length of what [`encode`](Self::encode) appends.
    pub fn encoded_bytes(&self) -> usize {
        let header = |number: usize| 4 + number.checked_ilog10().unwrap_or(0) as usize;
        let argument = |span: &Span| header(span.len) + span.len + 2;
        header(self.len()) + self.spans.iter().map(argument).sum::<usize>()
    }

    /// No less than [`encoded_bytes`](Self::encoded_bytes), and found without a look at every
    /// argument: they stand one after the other.
    pub fn encoded_bytes_at_most(&self) -> usize {
        const HEADER_MAX: usize = 32;
        let (Some(first), Some(last)) = (self.spans.first(), self.spans.last()) else { return 0 };
        let stretch = (last.start + last.len).saturating_sub(first.start);
        stretch + (self.len() + 1) * HEADER_MAX
    }

    /// Appends the command in its canonical encoding, `*<n>` and a bulk string for each argument.
    pub fn encode(&self, out: &mut BytesMut) {
        push_header(out, b'*', self.len());
        for arg in self.iter() {
            push_header(out, b'$', arg.len());
            out.extend_from_slice(arg);
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|arg| arg.escape_ascii().to_string())).finish()
    }
}

/// A command that outlives its batch: queued by MULTI, or waiting with a blocked client.
#[derive(Clone)]
pub struct OwnedCommand {
    /// All arguments one after the other.
    bytes: Box<[u8]>,
    spans: Box<[Span]>,
}

impl OwnedCommand {
    pub fn from_args(args: Args<'_>) -> Self {
        Self::from_iter(args.len(), args.total_bytes(), args.iter())
    }

    pub fn from_slices(args: &[&[u8]]) -> Self {
        let bytes = args.iter().map(|arg| arg.len()).sum();
        Self::from_iter(args.len(), bytes, args.iter().copied())
    }

    fn from_iter<'a>(count: usize, bytes: usize, args: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut owned = Vec::with_capacity(bytes);
        let mut spans = Vec::with_capacity(count);
        for arg in args {
            spans.push(Span { start: owned.len(), len: arg.len() });
            owned.extend_from_slice(arg);
        }
        OwnedCommand { bytes: owned.into(), spans: spans.into() }
    }

    pub fn args(&self) -> Args<'_> {
        Args { buf: &self.bytes, spans: &self.spans }
    }

    /// The memory it holds, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>()
    }
}

impl fmt::Debug for OwnedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.args().fmt(f)
    }
}

/// Appends `<marker><n>\r\n`.
#[inline]
pub(super) fn push_header(out: &mut BytesMut, marker: u8, n: usize) {
    let digit = |n: usize| b'0' + (n % 10) as u8;
    match n {
        0..=9 => out.extend_from_slice(&[marker, digit(n), b'\r', b'\n']),
        10..=99 => out.extend_from_slice(&[marker, digit(n / 10), digit(n), b'\r', b'\n']),
        _ => push_long_header(out, marker, n),
    }
}

fn push_long_header(out: &mut BytesMut, marker: u8, n: usize) {
    out.put_u8(marker);
    push_u64(out, n as u64);
    out.extend_from_slice(b"\r\n");
}

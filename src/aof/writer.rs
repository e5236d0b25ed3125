//! Commands, argument by argument, as chunks.

use std::io;

use super::annotation::Timestamp;
use crate::base::number::{format_f64_17g, push_u64};
use crate::rdb::output::{ChunkSink, Output};
use crate::rdb::writer::{KEYS_BETWEEN_NEWS, Written};
use crate::store::big_string::StrRef;
use crate::store::packed::Element;
use crate::store::value::ValueRef;
use crate::store::value::stream::StreamId;

/// Writes a file of commands. An error is the sink's, after which the writer is of no more use.
///
/// A command is begun with the number of its words, and then as many are written: what is in them
/// may be of any size and leaves with the chunks.
pub struct Writer<S> {
    out: Output<S>,
    keys: u64,
    /// The text of a score or an ID, kept for its memory.
    scratch: Vec<u8>,
}

impl<S: ChunkSink> Writer<S> {
    pub fn new(sink: S) -> Self {
        Writer { out: Output::new(sink), keys: 0, scratch: Vec::new() }
    }

    /// Writes a line that says when what follows was written.
    pub fn timestamp(&mut self, timestamp: Timestamp) -> io::Result<()> {
        timestamp.push(self.out.chunk());
        self.out.pass()
    }

    /// Writes a whole command.
    pub fn command(&mut self, words: &[&[u8]]) -> io::Result<()> {
        self.count(b'*', words.len())?;
        words.iter().try_for_each(|word| self.text(word))
    }

    /// Begins a command of so many words, of which this is the first.
    pub fn begin(&mut self, words: usize, name: &[u8]) -> io::Result<()> {
        self.count(b'*', words)?;
        self.text(name)
    }

    /// Writes a word.
    #[inline]
    pub fn text(&mut self, text: &[u8]) -> io::Result<()> {
        self.count(b'$', text.len())?;
        self.out.put(text)?;
        self.end_line()
    }

    /// Writes a string that may lie in pieces as a word.
    fn pieces(&mut self, text: StrRef<'_>) -> io::Result<()> {
        self.count(b'$', text.len())?;
        text.pieces().try_for_each(|piece| self.out.put(piece))?;
        self.end_line()
    }

    /// Writes a number as a word.
    #[inline]
    pub fn number(&mut self, number: i64) -> io::Result<()> {
        self.text(itoa::Buffer::new().format(number).as_bytes())
    }

    /// Writes an element of a collection as a word.
    #[inline]
    pub fn element(&mut self, element: Element<'_>) -> io::Result<()> {
        self.text(element.text(&mut itoa::Buffer::new()))
    }

    /// Writes a value that is a string as a word.
    #[inline]
    pub fn string(&mut self, value: &ValueRef<'_>) -> io::Result<()> {
        match value.as_str(&mut itoa::Buffer::new()) {
            Some(text) => self.pieces(text),
            None => unreachable!("a string is asked for"),
        }
    }

    /// Writes a score as a word, in digits enough to be the same when it is read.
    pub fn score(&mut self, score: f64) -> io::Result<()> {
        self.composed(|text| format_f64_17g(score, text))
    }

    /// Writes the ID of a stream's entry as a word.
    pub fn id(&mut self, id: StreamId) -> io::Result<()> {
        self.composed(|text| {
            push_u64(text, id.ms);
            text.push(b'-');
            push_u64(text, id.seq);
        })
    }

    /// A key is complete.
    #[inline]
    pub fn end_key(&mut self) {
        self.keys += 1;
        if self.keys.is_multiple_of(KEYS_BETWEEN_NEWS) {
            self.out.sink().keys_encoded(self.keys);
        }
    }

    /// Ends the file; gives the sink back.
    pub fn finish(mut self) -> io::Result<(S, Written)> {
        self.out.sink().keys_encoded(self.keys);
        let written = Written { keys: self.keys, bytes: self.out.offset() };
        Ok((self.out.finish()?, written))
    }

    fn composed(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        fill(&mut text);
        let written = self.text(&text);
        self.scratch = text;
        written
    }

    #[inline]
    fn count(&mut self, kind: u8, count: usize) -> io::Result<()> {
        let chunk = self.out.chunk();
        chunk.push(kind);
        push_u64(chunk, count as u64);
        self.end_line()
    }

    #[inline]
    fn end_line(&mut self) -> io::Result<()> {
        self.out.put(b"\r\n")
    }
}

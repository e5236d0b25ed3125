//! Finds the RDB in what a master sends after `+FULLRESYNC`, however the reads cut it.
//!
//! ```text
//!   \n \n \n                     the master is still making it: nothing but signs of life
//!   $EOF:<40 bytes>\r\n          or   $<length>\r\n          or   -<error>\r\n
//!   <RDB> <the same 40 bytes>         <RDB>
//!   <the stream>                      <the stream>
//! ```

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::Finder;

use crate::replication::model::lines::{self, LoadTarget, LogLine};

/// Bytes in the mark that ends an RDB of unknown length.
pub const MARK_BYTES: usize = 40;

/// A first line is short; more without an end is no master. Redis reads into 1024 bytes.
pub const MAX_LINE_BYTES: usize = 1024;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferEvent {
    /// The master is alive and not ready.
    KeepAlive,
    /// The RDB begins; its length, if the master knows it.
    Begin { length: Option<u64> },
    /// The next bytes of the RDB, never empty.
    Rdb(Bytes),
    /// The RDB is complete. What is left in the input is the stream.
    End,
}

impl TransferEvent {
    /// What Redis logs about it.
    pub fn log_line(&self, target: LoadTarget) -> Option<LogLine> {
        match self {
            TransferEvent::Begin { length: None } => {
                Some(lines::replica::receiving_with_mark(target))
            }
            TransferEvent::Begin { length: Some(length) } => {
                Some(lines::replica::receiving_bytes(*length, target))
            }
            _ => None,
        }
    }
}

/// Why this is no transfer. The link is closed and tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferError {
    /// The master says that it cannot.
    Aborted(String),
    /// This is not a bulk.
    NotABulk(String),
    /// This is a bulk, but neither a length nor a whole mark.
    BadLength(String),
    /// The line does not end.
    LineTooLong,
}

impl TransferError {
    /// What the log says.
    pub fn log_line(&self) -> LogLine {
        let why = match self {
            TransferError::Aborted(error) => {
                return lines::warning(format!(
                    "MASTER aborted replication with an error: {error}"
                ));
            }
            TransferError::NotABulk(line) => {
                format!("the first byte is not '$' (we received '{line}')")
            }
            TransferError::BadLength(line) => {
                format!("the length is not a number (we received '{line}')")
            }
            TransferError::LineTooLong => "the first line does not end".into(),
        };
        lines::warning(format!(
            "Bad protocol from MASTER, {why}, are you sure the host and port are right?"
        ))
    }
}

enum State {
    /// Newlines, or the line that begins the RDB.
    FirstLine,
    /// So many bytes are still to come.
    ByLength(u64),
    /// Until these bytes come.
    ByMark(Box<Finder<'static>>),
    Ended,
}

/// The recogniser: feed it the growing input until it finds nothing more.
pub struct RdbStream {
    state: State,
}

impl Default for RdbStream {
    fn default() -> Self {
        Self::new()
    }
}

impl RdbStream {
    pub fn new() -> Self {
        RdbStream { state: State::FirstLine }
    }

    /// Takes the next thing off the front of `input`; `None` when more must be read first. After
    /// [`TransferEvent::End`] nothing is taken any more. Nothing is copied.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<TransferEvent>, TransferError> {
        match &mut self.state {
            State::FirstLine => self.first_line(input),
            State::ByLength(0) => {
                self.state = State::Ended;
                Ok(Some(TransferEvent::End))
            }
            State::ByLength(left) => {
                let take = input.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= take as u64;
                Ok(rdb_bytes(input, take))
            }
            State::ByMark(finder) => match find_mark(finder, input) {
                Found::Payload(len) => Ok(rdb_bytes(input, len)),
                Found::Mark => {
                    input.advance(MARK_BYTES);
                    self.state = State::Ended;
                    Ok(Some(TransferEvent::End))
                }
            },
            State::Ended => Ok(None),
        }
    }

    fn first_line(&mut self, input: &mut BytesMut) -> Result<Option<TransferEvent>, TransferError> {
        let Some(line) = take_line(input).map_err(|LineTooLong| TransferError::LineTooLong)? else {
            return Ok(None);
        };
        if line.is_empty() {
            return Ok(Some(TransferEvent::KeepAlive));
        }
        let text = || String::from_utf8_lossy(&line).into_owned();
        let (length, state) = match line.split_first() {
            Some((b'-', _)) => return Err(TransferError::Aborted(text().split_off(1))),
            Some((b'$', digits)) => {
                match line.strip_prefix(b"$EOF:").and_then(|mark| mark.get(..MARK_BYTES)) {
                    Some(mark) => (None, State::ByMark(Box::new(Finder::new(mark).into_owned()))),
                    None => {
                        let length =
                            parse_length(digits).ok_or_else(|| TransferError::BadLength(text()))?;
                        (Some(length), State::ByLength(length))
                    }
                }
            }
            _ => return Err(TransferError::NotABulk(text())),
        };
        self.state = state;
        Ok(Some(TransferEvent::Begin { length }))
    }
}

fn rdb_bytes(input: &mut BytesMut, len: usize) -> Option<TransferEvent> {
    (len > 0).then(|| TransferEvent::Rdb(input.split_to(len).freeze()))
}

fn parse_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    u64::try_from(length).ok()
}

enum Found {
    /// So many bytes at the front are no part of the mark.
    Payload(usize),
    /// The whole mark is at the front.
    Mark,
}

/// An end of the input that may be the mark's beginning is held back until it is known.
fn find_mark(finder: &Finder<'_>, input: &[u8]) -> Found {
    match finder.find(input) {
        Some(0) => Found::Mark,
        Some(at) => Found::Payload(at),
        None => {
            let longest = input.len().min(MARK_BYTES - 1);
            let mark = finder.needle();
            let held = (1..=longest)
                .rev()
                .find(|held| mark.get(..*held).is_some_and(|begun| input.ends_with(begun)))
                .unwrap_or(0);
            Found::Payload(input.len() - held)
        }
    }
}

/// A line went on for more than [`MAX_LINE_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub struct LineTooLong;

/// Takes a line that ends in `\n` or `\r\n` off the front, without its end; `None` if it is not
/// all there. Used for everything that a master says before the RDB.
pub fn take_line(input: &mut BytesMut) -> Result<Option<BytesMut>, LineTooLong> {
    let within = input.get(..MAX_LINE_BYTES).unwrap_or(input);
    let Some(end) = memchr::memchr(b'\n', within) else {
        return if input.len() < MAX_LINE_BYTES { Ok(None) } else { Err(LineTooLong) };
    };
    let mut line = input.split_to(end + 1);
    line.truncate(end);
    if line.last() == Some(&b'\r') {
        line.truncate(end - 1);
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARK: &[u8; 40] = b"219cbd8ccac6586c2ba989eef3f5e067f3dd6789";

    /// Everything that the recogniser made of the input.
    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        keep_alives: usize,
        length: Option<Option<u64>>,
        rdb: Vec<u8>,
        ended: bool,
        rest: Vec<u8>,
    }

    fn run(pieces: &[&[u8]]) -> Result<Seen, TransferError> {
        let mut stream = RdbStream::new();
        let mut seen = Seen::default();
        let mut input = BytesMut::new();
        for piece in pieces {
            input.extend_from_slice(piece);
            while let Some(event) = stream.next(&mut input)? {
                assert!(!seen.ended, "{event:?} after the end");
                match event {
                    TransferEvent::KeepAlive => seen.keep_alives += 1,
                    TransferEvent::Begin { length } => seen.length = Some(length),
                    TransferEvent::Rdb(bytes) => {
                        assert!(!bytes.is_empty());
                        seen.rdb.extend_from_slice(&bytes);
                    }
                    TransferEvent::End => seen.ended = true,
                }
            }
        }
        seen.rest = input.to_vec();
        Ok(seen)
    }

    fn by_mark(rdb: &[u8]) -> Vec<u8> {
        [b"\n\n$EOF:", &MARK[..], b"\r\n", rdb, MARK, b"*1\r\n$4\r\nping\r\n"].concat()
    }

    fn expected(rdb: &[u8], length: Option<u64>) -> Seen {
        Seen {
            keep_alives: 2,
            length: Some(length),
            rdb: rdb.to_vec(),
            ended: true,
            rest: b"*1\r\n$4\r\nping\r\n".to_vec(),
        }
    }

    /// Payloads that end like the mark begins, or hold nearly all of it.
    fn tricky_rdbs() -> Vec<Vec<u8>> {
        vec![
            b"".to_vec(),
            b"REDIS0010 and so on".to_vec(),
            MARK[..39].to_vec(),
            [b"x", &MARK[..20], &MARK[..39]].concat(),
            [&MARK[1..], &MARK[..1]].concat(),
            [&MARK[..39], b"x", &MARK[1..39]].concat(),
            b"2".repeat(100),
        ]
    }

    #[test]
    fn the_mark_is_found_when_the_input_is_split_at_any_place() {
        for rdb in tricky_rdbs() {
            let input = by_mark(&rdb);
            for at in 0..=input.len() {
                let (left, right) = input.split_at(at);
                assert_eq!(run(&[left, right]), Ok(expected(&rdb, None)), "split at {at}");
            }
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            assert_eq!(run(&bytes), Ok(expected(&rdb, None)), "byte by byte");
        }
    }

    #[test]
    fn a_bulk_of_known_length_ends_there_when_split_at_any_place() {
        let rdb = b"REDIS0010 and so on";
        let input = [b"\n\n$19\r\n", &rdb[..], b"*1\r\n$4\r\nping\r\n"].concat();
        for at in 0..=input.len() {
            let (left, right) = input.split_at(at);
            assert_eq!(run(&[left, right]), Ok(expected(rdb, Some(19))), "split at {at}");
        }
    }

    #[test]
    fn an_empty_bulk_ends_at_once() {
        let seen = run(&[b"$0\r\nrest"]).unwrap();
        assert!(seen.ended && seen.rdb.is_empty());
        assert_eq!(seen.rest, b"rest");
    }

    #[test]
    fn bytes_that_cannot_be_the_mark_are_given_out_at_once() {
        let input = [b"$EOF:", &MARK[..], b"\r\nabc", &MARK[..5]].concat();
        assert_eq!(run(&[&input]).unwrap().rdb, b"abc");
    }

    #[test]
    fn a_mark_longer_than_forty_bytes_counts_its_first_forty() {
        let input = [b"$EOF:", &MARK[..], b"zzz\r\nabc", &MARK[..]].concat();
        let seen = run(&[&input]).unwrap();
        assert!(seen.ended && seen.rdb == b"abc");
    }

    #[test]
    fn nonsense_is_refused_in_the_words_of_redis() {
        let said = |input: &[u8]| run(&[input]).unwrap_err().log_line().text;
        assert_eq!(
            said(b"\n-ERR BGSAVE failed\r\n"),
            "MASTER aborted replication with an error: ERR BGSAVE failed"
        );
        assert_eq!(
            said(b"hello\r\n"),
            "Bad protocol from MASTER, the first byte is not '$' (we received 'hello'), \
             are you sure the host and port are right?"
        );
        for line in ["$zzz", "$", "$-1", "$+5", "$EOF:abc", "$99999999999999999999"] {
            let error = run(&[line.as_bytes(), b"\r\n"]).unwrap_err();
            assert_eq!(error, TransferError::BadLength(line.into()));
        }
        assert_eq!(run(&[&[b'$'; MAX_LINE_BYTES]]), Err(TransferError::LineTooLong));
    }

    #[test]
    fn a_line_may_end_with_or_without_carriage_return() {
        let mut input = BytesMut::from(&b"+OK\r\n\n+CONTINUE\n+PA"[..]);
        assert_eq!(take_line(&mut input).unwrap().unwrap(), "+OK");
        assert_eq!(take_line(&mut input).unwrap().unwrap(), "");
        assert_eq!(take_line(&mut input).unwrap().unwrap(), "+CONTINUE");
        assert_eq!(take_line(&mut input), Ok(None));
        assert_eq!(input, "+PA");
    }

    proptest! {
        #[test]
        fn any_cutting_of_any_payload_loses_no_byte(
            rdb in prop::collection::vec(prop::sample::select(MARK.to_vec()), 0..300),
            cuts in prop::collection::vec(0usize..500, 0..20),
        ) {
            prop_assume!(memchr::memmem::find(&rdb, MARK).is_none());
            let input = by_mark(&rdb);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &input[w[0]..w[1]]).collect();
            prop_assert_eq!(run(&pieces), Ok(expected(&rdb, None)));
        }

        #[test]
        fn no_bytes_upset_the_recogniser(
            start in "(\n|\\$EOF:|\\$[0-9]{0,22}\r\n|-ERR)?",
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = run(&[start.as_bytes(), &rest]);
        }
    }
}

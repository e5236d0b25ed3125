use bytes::BytesMut;

use super::*;

/// What a batch holds, to compare: the arguments, the propagated bytes and the end of each
/// command, then all that was consumed and the empty lines.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    commands: Vec<(Vec<Vec<u8>>, Option<Vec<u8>>, usize)>,
    consumed_bytes: usize,
    empty_lines: usize,
}

impl Seen {
    fn take(&mut self, batch: &Batch) {
        for i in 0..batch.len() {
            let args = batch.command(i).iter().map(<[u8]>::to_vec).collect();
            let raw = batch.raw(i).map(<[u8]>::to_vec);
            self.commands.push((args, raw, self.consumed_bytes + batch.end_offset(i)));
        }
        self.consumed_bytes += batch.consumed_bytes();
        self.empty_lines += batch.empty_lines();
    }

    fn args(&self) -> Vec<Vec<&[u8]>> {
        self.commands.iter().map(|command| command.0.iter().map(Vec::as_slice).collect()).collect()
    }
}

/// Feeds the pieces one after the other, as a connection does that runs each batch at once.
fn feed<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: &Limits,
) -> (Seen, Result<(), ProtocolError>) {
    let (mut parser, mut batch) = (Parser::default(), Batch::default());
    let (mut buf, mut seen) = (BytesMut::new(), Seen::default());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let result = parser.parse(&mut buf, &mut batch, limits);
            seen.take(&batch);
            batch.clear();
            if result.is_err() {
                return (seen, result);
            }
            if !parser.has_more() {
                break;
            }
        }
    }
    (seen, Ok(()))
}

fn feed_whole(bytes: &[u8]) -> (Seen, Result<(), ProtocolError>) {
    feed([bytes], &Limits::default())
}

const MIXED: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n\
\r\n*0\r\n*-1\r\n  \r\nPING\r\n\
*2\r\n$4\r\nECHO\r\n$12\r\n*1\r\n$4\r\nPING\r\n\n\
set \"a\\x41 b\" 'c d'\n\
*1x\r\n";

/// `MIXED` without its last line, which is wrong.
fn mixed() -> &'static [u8] {
    &MIXED[..MIXED.len() - 5]
}

#[test]
fn a_pipeline_moves_into_the_batch_without_a_copy() {
    let mut buf = BytesMut::from(&b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"[..]);
    let address = buf.as_ptr();
    let mut batch = Batch::default();
    Parser::default().parse(&mut buf, &mut batch, &Limits::default()).unwrap();
    assert_eq!(batch.input.as_ptr(), address);
    assert_eq!(batch.len(), 2);
    assert_eq!(batch.command(1).get(1), b"k");
    assert_eq!(batch.raw(0), Some(&b"*1\r\n$4\r\nPING\r\n"[..]));
    assert!(buf.is_empty());
}

#[test]
fn a_mixed_pipeline_gives_its_commands_bytes_and_offsets() {
    let (seen, result) = feed_whole(mixed());
    result.unwrap();
    let expected: [&[&[u8]]; 4] = [
        &[b"SET", b"k", b""],
        &[b"PING"],
        &[b"ECHO", b"*1\r\n$4\r\nPING"],
        &[b"set", b"aA b", b"c d"],
    ];
    assert_eq!(seen.args(), expected);
    assert_eq!(seen.consumed_bytes, mixed().len());
    assert_eq!(seen.commands[3].2, mixed().len());
    assert_eq!(seen.empty_lines, 2);
    let raw: Vec<_> = seen.commands.iter().map(|command| command.1.as_deref()).collect();
    assert_eq!(raw[0], Some(&mixed()[..26]));
    assert_eq!((raw[1], raw[3]), (None, None));
}

#[test]
fn a_split_at_any_byte_gives_the_same_commands() {
    let (whole, _) = feed_whole(mixed());
    for at in 0..=mixed().len() {
        let (head, tail) = mixed().split_at(at);
        let (seen, result) = feed([head, tail], &Limits::default());
        assert_eq!((result, &seen), (Ok(()), &whole), "split at {at}");
    }
    let (seen, _) = feed(mixed().chunks(1), &Limits::default());
    assert_eq!(seen, whole, "one byte at a time");
}

#[test]
fn commands_before_an_error_are_delivered_first_and_the_error_stays() {
    let (mut parser, mut batch) = (Parser::default(), Batch::default());
    let mut buf = BytesMut::from(MIXED);
    let limits = Limits::default();
    assert_eq!(parser.parse(&mut buf, &mut batch, &limits), Ok(()));
    assert_eq!(batch.len(), 4);
    assert!(parser.has_more());
    batch.clear();
    for _ in 0..2 {
        let error = Err(ProtocolError::InvalidMultibulkLength);
        assert_eq!(parser.parse(&mut buf, &mut batch, &limits), error);
        assert!(batch.is_empty() && !parser.has_more());
    }
}

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;

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

/// What two commands give, one of them with an argument of this length; and whether the buffer
/// that they came in went to the batch.
fn two_commands(value_bytes: usize) -> bool {
    let mut batch = Batch::default();
    batch.push(&[b"PING"]);
    batch.push(&[b"ECHO", &vec![b'x'; value_bytes]]);
    let mut buf = std::mem::take(&mut batch.input);
    buf.extend_from_slice(b"*1");
    batch.clear();
    let address = buf.as_ptr();
    Parser::default().parse(&mut buf, &mut batch, &Limits::default()).unwrap();
    assert_eq!(batch.len(), 2);
    assert_eq!(batch.command(1).get(1), vec![b'x'; value_bytes]);
    assert_eq!(batch.raw(0), Some(&b"*1\r\n$4\r\nPING\r\n"[..]));
    assert_eq!(buf, b"*1"[..]);
    batch.input.as_ptr() == address
}

#[test]
fn a_long_pipeline_moves_into_the_batch_without_a_copy_and_a_short_one_leaves_the_buffer() {
    assert!(two_commands(COPIED_BYTES));
    assert!(!two_commands(10));
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

#[test]
fn unbalanced_quotes_stay_unbalanced_after_the_commands_before_them() {
    for quotes in ["\"a\\x", "\"*", "'\\''x", "\"\\\"\"x"] {
        let (seen, result) = feed_whole(format!("PING\r\n{quotes}\r\n").as_bytes());
        assert_eq!((seen.commands.len(), result), (1, Err(ProtocolError::UnbalancedQuotes)));
    }
}

#[test]
fn every_protocol_error_is_the_one_redis_gives() {
    use ProtocolError::*;
    let long_line = |mark: &str| [mark.as_bytes(), &b"1".repeat(70_000)].concat();
    let cases: &[(&[u8], ProtocolError)] = &[
        (b"*x\r\n", InvalidMultibulkLength),
        (b"*\r\n", InvalidMultibulkLength),
        (b"*03\r\n", InvalidMultibulkLength),
        (b"*+3\r\n", InvalidMultibulkLength),
        (b"*-0\r\n", InvalidMultibulkLength),
        (b"*2147483648\r\n", InvalidMultibulkLength),
        (b"*1\r\nx3\r\n", ExpectedDollar(b'x')),
        (b"*1\r\n*3\r\n", ExpectedDollar(b'*')),
        (b"*1\r\n\r\n\r\n", ExpectedDollar(b'\r')),
        (b"*1\r\n$\r\n", InvalidBulkLength),
        (b"*1\r\n$-1\r\n", InvalidBulkLength),
        (b"*1\r\n$01\r\n", InvalidBulkLength),
        (b"*1\r\n$\xff\r\n", InvalidBulkLength),
        (b"*1\r\n$536870913\r\n", InvalidBulkLength),
        (b"*1\r\n$9223372036854775808\r\n", InvalidBulkLength),
        (b"set \"a\r\n", UnbalancedQuotes),
        (b"set 'a'b\r\n", UnbalancedQuotes),
        (&long_line(""), TooBigInlineRequest),
        (&long_line("*"), TooBigMbulkCountString),
        (&long_line("*1\r\n$"), TooBigBulkCountString),
        (&[b"PING", &b" ".repeat(70_000)[..], b"\r\n"].concat(), TooBigInlineRequest),
    ];
    for (bytes, error) in cases {
        let head = &bytes[..bytes.len().min(40)];
        for pieces in [vec![*bytes], bytes.chunks(4_096).collect(), bytes.chunks(1).collect()] {
            let (seen, result) = feed(pieces, &Limits::default());
            assert_eq!((result, seen.args().len()), (Err(*error), 0), "{}", head.escape_ascii());
        }
    }
}

#[test]
fn an_error_names_itself_to_the_peer_on_one_line() {
    let text = |error: ProtocolError| String::from_utf8(error.reply().unwrap()).unwrap();
    assert_eq!(
        text(ProtocolError::InvalidMultibulkLength),
        "-ERR Protocol error: invalid multibulk length\r\n"
    );
    assert_eq!(
        text(ProtocolError::ExpectedDollar(b'\n')),
        "-ERR Protocol error: expected '$', got ' '\r\n"
    );
    assert_eq!(ProtocolError::QueryBufferLimit(1).reply(), None);
}

#[test]
fn the_longest_line_and_the_greatest_numbers_are_taken() {
    let line = [b"PING", &b" ".repeat(MAX_LINE_BYTES - 4)[..], b"\n"].concat();
    let (seen, result) = feed(line.chunks(1_000), &Limits::default());
    assert_eq!((result, seen.args()), (Ok(()), vec![vec![&b"PING"[..]]]));
    for start in ["*2147483647\r\n", "*1\r\n$536870912\r\n"] {
        assert_eq!(feed_whole(start.as_bytes()).1, Ok(()), "{start:?}");
    }
}

#[test]
fn unauthenticated_clients_have_small_limits() {
    let limits = Limits { unauthenticated: true, ..Limits::default() };
    let errors = [
        ("*11\r\n", ProtocolError::UnauthenticatedMultibulkLength),
        ("*1\r\n$16385\r\n", ProtocolError::UnauthenticatedBulkLength),
    ];
    for (bytes, error) in errors {
        assert_eq!(feed([bytes.as_bytes()], &limits).1, Err(error));
    }
    for bytes in ["*10\r\n", "*1\r\n$16384\r\n"] {
        assert_eq!(feed([bytes.as_bytes()], &limits).1, Ok(()));
    }
}

#[test]
fn authentication_lifts_the_limits_for_the_rest_of_its_pipeline() {
    let mut source = Batch::default();
    source.push(&[b"AUTH", b"password"]);
    source.push(&[b"SET", b"k", &b"v".repeat(20_000)]);
    let (mut parser, mut batch, mut buf) = (Parser::default(), Batch::default(), source.input);
    let mut limits = Limits { unauthenticated: true, ..Limits::default() };
    assert_eq!(parser.parse(&mut buf, &mut batch, &limits), Ok(()));
    assert_eq!((batch.len(), parser.has_more()), (1, true));
    batch.clear();
    limits.unauthenticated = false;
    assert_eq!(parser.parse(&mut buf, &mut batch, &limits), Ok(()));
    assert_eq!((batch.command(0).get(2).len(), parser.has_more()), (20_000, false));
}

#[test]
fn a_master_may_send_any_size_but_nothing_inline() {
    let limits = Limits { max_query_buffer_bytes: 10, max_bulk_bytes: 10, ..Limits::master() };
    let (seen, result) = feed([&b"\n\r\n*1\r\n$20\r\n01234567890123456789\r\n"[..]], &limits);
    assert_eq!((result, seen.commands.len(), seen.empty_lines), (Ok(()), 1, 2));
    assert_eq!(seen.commands[0].2, seen.consumed_bytes);
    assert_eq!(feed([&b"PING\r\n"[..]], &limits).1, Err(ProtocolError::InlineFromMaster));
    let huge = b"*1\r\n$4294967295\r\n";
    assert_eq!(feed(huge.chunks(1), &limits).1, Ok(()));
}

#[test]
fn what_no_entry_has_room_for_as_a_key_is_refused_when_announced_by_anybody() {
    let limits = Limits {
        max_bulk_bytes: i64::MAX,
        max_query_buffer_bytes: usize::MAX,
        ..Limits::default()
    };
    let announce = |bytes: u64, limits: &Limits| {
        let line = format!("*2\r\n$4\r\nECHO\r\n${bytes}\r\n");
        let mut buf = BytesMut::from(line.as_bytes());
        Parser::default().parse(&mut buf, &mut Batch::default(), limits)
    };
    for limits in [limits, Limits::master()] {
        assert_eq!(announce(u64::from(u32::MAX), &limits), Ok(()));
        let refused = announce(u64::from(u32::MAX) + 1, &limits);
        assert_eq!(refused, Err(ProtocolError::InvalidBulkLength));
    }
}

#[test]
fn an_argument_beyond_the_query_buffer_is_refused_when_announced() {
    let limits = Limits { max_query_buffer_bytes: 20, ..Limits::default() };
    let error = Err(ProtocolError::QueryBufferLimit(21));
    for announced in [&b"*1\r\n$19\r\n"[..], b"*2\r\n$4\r\nECHO\r\n$19\r\n0123456789012345678\r\n"]
    {
        assert_eq!(feed([announced], &limits).1, error);
        assert_eq!(feed(announced.chunks(1), &limits).1, error);
    }
}

#[test]
fn commands_may_be_longer_together_than_the_query_buffer_when_no_argument_is() {
    let limits = Limits { max_query_buffer_bytes: 20, ..Limits::default() };
    let command = b"*3\r\n$4\r\nMSET\r\n$18\r\n012345678901234567\r\n$18\r\n012345678901234567\r\n";
    let pipeline = command.repeat(3);
    for pieces in [1, 7, pipeline.len()] {
        let (seen, result) = feed(pipeline.chunks(pieces), &limits);
        assert_eq!((result, seen.commands.len()), (Ok(()), 3));
    }
}

#[test]
fn a_nul_hides_the_line_ends_behind_it() {
    let pieces = [&b"\0PING\r\nPING\r\n"[..], b"PING\r\n"];
    assert_eq!(feed(pieces, &Limits::default()).0.commands.len(), 0);
    let endless = std::iter::repeat_n(&b"payload\r\n"[..], 10_000);
    for (start, error) in [
        (&b"\0"[..], ProtocolError::TooBigInlineRequest),
        (b"*\0", ProtocolError::TooBigMbulkCountString),
        (b"*1\r\n$\0", ProtocolError::TooBigBulkCountString),
    ] {
        let pieces = std::iter::once(start).chain(endless.clone());
        assert_eq!(feed(pieces, &Limits::default()).1, Err(error));
    }
}

#[test]
fn bytes_that_redis_does_not_check_are_taken_but_not_propagated_as_they_are() {
    let (seen, _) = feed_whole(b"*1\r\n$4\rXPINGab*1\rZ$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
    let raw: Vec<_> = seen.commands.iter().map(|command| command.1.is_some()).collect();
    assert_eq!(raw, [false, false, true]);
    assert!(seen.args().iter().all(|args| *args == [b"PING"]));
}

#[test]
fn skipped_lines_alone_are_consumed() {
    let (seen, _) = feed_whole(b"\r\n\n*0\r\n");
    assert_eq!((seen.commands.len(), seen.consumed_bytes, seen.empty_lines), (0, 7, 2));
}

#[test]
fn a_batch_that_was_not_cleared_grows() {
    let (mut parser, mut batch, limits) = (Parser::default(), Batch::default(), Limits::default());
    let mut buf = BytesMut::new();
    for piece in [&b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nEC"[..], b"HO\r\n$1\r\nx\r\nTIME\r\n*"] {
        buf.extend_from_slice(piece);
        parser.parse(&mut buf, &mut batch, &limits).unwrap();
    }
    assert_eq!(format!("{batch:?}"), r#"[["PING"], ["ECHO", "x"], ["TIME"]]"#);
    assert_eq!(batch.raw(1), Some(&b"*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n"[..]));
    assert_eq!((&buf[..], batch.end_offset(2)), (&b"*"[..], batch.consumed_bytes()));
}

#[test]
fn a_big_argument_asks_for_what_is_missing_in_growing_steps() {
    let (mut parser, mut batch, limits) = (Parser::default(), Batch::default(), Limits::default());
    let mut buf = BytesMut::from(&b"*1\r\n$1000000\r\n"[..]);
    let mut asked = Vec::new();
    loop {
        parser.parse(&mut buf, &mut batch, &limits).unwrap();
        if !batch.is_empty() {
            break;
        }
        asked.push(parser.wanted_bytes());
        buf.extend_from_slice(&vec![b'x'; parser.wanted_bytes()]);
    }
    assert_eq!(parser.wanted_bytes(), 0);
    assert_eq!(asked.iter().sum::<usize>(), 1_000_002);
    assert_eq!((asked[0], asked.len()), (MIN_WANTED_BYTES, 6), "{asked:?}");
}

#[test]
fn who_has_sent_much_of_an_argument_is_given_room_for_all_of_it() {
    let (mut parser, mut batch, limits) = (Parser::default(), Batch::default(), Limits::default());
    let header = b"*1\r\n$500000000\r\n";
    let mut buf = BytesMut::from(&header[..]);
    buf.resize(BELIEVED_BYTES, b'x');
    parser.parse(&mut buf, &mut batch, &limits).unwrap();
    assert_eq!(parser.wanted_bytes(), header.len() + 500_000_002 - BELIEVED_BYTES);
}

/// Moving the arguments found so far at each piece would take minutes here.
#[test]
fn a_command_of_many_arguments_in_many_pieces_costs_no_more_than_in_one() {
    const ARGS: usize = 200_000;
    let bytes = [format!("*{ARGS}\r\n").into_bytes(), b"$1\r\nx\r\n".repeat(ARGS)].concat();
    let (seen, result) = feed(bytes.chunks(3), &Limits::default());
    assert_eq!((result, seen.args()[0].len()), (Ok(()), ARGS));
}

#[test]
fn a_cleared_batch_gives_back_what_is_beyond_an_ordinary_one() {
    let mut batch = Batch::default();
    batch.push(&[&vec![b'x'; 4 << 20]]);
    for _ in 0..100_000 {
        batch.push(&[b"PING"]);
    }
    batch.clear();
    assert!(batch.memory_bytes() < 1 << 20, "{}", batch.memory_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any pipeline, cut anywhere, gives its commands, bytes and offsets.
    #[test]
    fn random_pipelines_survive_random_cuts(
        commands in vec(vec(vec(any::<u8>(), 0..40), 1..6), 0..8),
        inline in vec(any::<bool>(), 8),
        cuts in vec(1usize..60, 1..60),
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Seen::default());
        for (command, inline) in commands.iter().zip(inline) {
            let mut batch = Batch::default();
            batch.push(&command.iter().map(Vec::as_slice).collect::<Vec<_>>());
            if inline {
                let quoted = |arg: &Vec<u8>| {
                    let escaped: String = arg.iter().map(|byte| format!("\\x{byte:02x}")).collect();
                    format!("\"{escaped}\"")
                };
                let line = command.iter().map(quoted).collect::<Vec<_>>().join(" ");
                bytes.extend_from_slice(format!("\r\n{line}\r\n").as_bytes());
                expected.empty_lines += 1;
            } else {
                bytes.extend_from_slice(&batch.input);
            }
            let raw = (!inline).then(|| batch.input.to_vec());
            expected.commands.push((command.clone(), raw, bytes.len()));
        }
        expected.consumed_bytes = bytes.len();
        let (mut rest, mut pieces) = (&bytes[..], Vec::new());
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at(rest.len().min(*cut));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let (seen, result) = feed(pieces, &Limits::default());
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(seen, expected);
    }

    /// Bytes that are nearly a pipeline never panic, and cuts do not change what they give.
    #[test]
    fn random_bytes_give_the_same_whole_or_in_pieces(
        words in vec(proptest::sample::select(&[
            "*", "$", "\r\n", "\n", "\r", "0", "1", "2", "3", "-1", "99999999999", "\0", "\"",
            "'", "\\x4", "\\", "a", " ", "*1\r\n$1\r\na\r\n", "*2\r\n$3\r\nabc\r\n", "\u{b}",
        ][..]), 0..30),
        piece_bytes in 1usize..20,
    ) {
        let bytes = words.concat().into_bytes();
        let whole = feed_whole(&bytes);
        prop_assert_eq!(feed(bytes.chunks(piece_bytes), &Limits::default()), whole);
    }
}

#[test]
fn a_master_that_announces_without_end_does_not_make_us_allocate_without_end() {
    let mut parser = Parser::default();
    let mut buf = BytesMut::from(&b"*2\r\n$4\r\nECHO\r\n$4294967295\r\n"[..]);
    buf.extend_from_slice(&vec![b'x'; BELIEVED_BYTES]);
    assert_eq!(parser.parse(&mut buf, &mut Batch::default(), &Limits::master()), Ok(()));
    assert_eq!(parser.wanted_bytes(), ROOM_MAX_BYTES);
}

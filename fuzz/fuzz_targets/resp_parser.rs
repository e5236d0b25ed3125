//! What a client or a master sends: the same commands come out however the bytes are cut.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use understudy::resp::limits::{Limits, ProtocolError};
use understudy::resp::parser::Parser;
use understudy::resp::request::Batch;

type Commands = Vec<Vec<Vec<u8>>>;

/// Feeds the pieces one by one, as a connection does, and runs each batch at once.
fn parse<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    limits: &Limits,
) -> (Commands, Option<ProtocolError>) {
    let (mut parser, mut batch) = (Parser::default(), Batch::default());
    let (mut buf, mut commands) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let error = parser.parse(&mut buf, &mut batch, limits).err();
            for (i, command) in batch.iter().enumerate() {
                commands.push(command.iter().map(<[u8]>::to_vec).collect());
                assert!(batch.raw(i).is_none_or(|raw| raw.len() <= batch.end_offset(i)));
            }
            if error.is_some() {
                return (commands, error);
            }
            // Who announces gets no more room than what has come, or the least there is.
            assert!(parser.wanted_bytes() <= buf.len().max(32 * 1024));
            batch.clear();
            if !parser.has_more() {
                break;
            }
        }
    }
    (commands, None)
}

fuzz_target!(|data: &[u8]| {
    let Some(([mode, cut], bytes)) = data.split_first_chunk() else { return };
    let limits = Limits {
        from_master: mode & 1 != 0,
        unauthenticated: mode & 2 != 0,
        max_query_buffer_bytes: if mode & 4 != 0 { 64 } else { 1 << 30 },
        ..Limits::default()
    };
    let whole = parse([bytes].into_iter(), &limits);
    let cut = parse(bytes.chunks(1 + usize::from(*cut)), &limits);
    assert_eq!(whole, cut);
});

//! What a master says until the stream comes: the handshake's replies, then the RDB's framing.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use understudy::base::ids::ReplId;
use understudy::replication::model::handshake::{Handshake, Have, MasterAuth, Outcome, Setup};
use understudy::replication::model::rdb_stream::{RdbStream, TransferEvent, take_line};

fn setup(choice: u8) -> Setup {
    let auth = MasterAuth { user: None, password: b"secret".to_vec() };
    let id = ReplId::from_bytes(b"0123456789abcdef0123456789abcdef01234567").expect("an id");
    Setup {
        auth: (choice & 1 != 0).then_some(auth),
        listening_port: 6379,
        announce_ip: (choice & 2 != 0).then(|| "10.0.0.1".to_owned()),
        have: (choice & 4 != 0).then_some(Have { id, offset: 1000 }),
        hands_over: choice & 8 != 0,
        asked_before: choice & 16 != 0,
        is_a_master: choice & 32 != 0,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let mut input = BytesMut::from(bytes);
    let (mut handshake, _) = Handshake::start(setup(*choice));
    let outcome = loop {
        let Ok(Some(line)) = take_line(&mut input) else {
            handshake.on_disconnect("end of file");
            return;
        };
        if let Some(outcome) = handshake.on_line(&line).outcome {
            break outcome;
        }
    };
    if !matches!(outcome, Outcome::FullSync { .. } | Outcome::OldSync) {
        return;
    }
    let (mut stream, mut taken) = (RdbStream::new(), 0);
    while let Ok(Some(event)) = stream.next(&mut input) {
        match event {
            TransferEvent::Rdb(piece) => taken += piece.len(),
            TransferEvent::End => break,
            _ => {}
        }
    }
    assert!(taken <= bytes.len());
});

//! Streams against maps, under seeds that a failure prints.

mod groups;
mod lags;
mod log;

use super::*;
use crate::store::sequence::Item;

const LIMIT: StreamLimit = StreamLimit { max_bytes: 300, max_entries: 7 };

fn id(ms: u64, seq: u64) -> StreamId {
    StreamId::new(ms, seq)
}

/// Adds entries of one field with these IDs.
fn stream_of(ids: impl IntoIterator<Item = StreamId>) -> Stream {
    let mut stream = Stream::default();
    for id in ids {
        stream.append(id, &[b"field", b"value"], LIMIT).expect("room");
    }
    stream
}

fn ids(stream: &Stream) -> Vec<StreamId> {
    stream.log().range(StreamId::MIN, StreamId::MAX).map(|entry| entry.id).collect()
}

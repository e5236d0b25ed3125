//! Streams.
//!
//! ```text
//! STREAM_LISTPACKS    count of blocks; of each: its ID in 16 bytes as a string, a listpack
//!                     length, last ID (an ID is two lengths from here on)
//!                     count of groups; of each: name, last ID,
//!                       count of what is pending; of each: ID in 16 bytes, time i64, deliveries
//!                       count of consumers; of each: name, time seen i64,
//!                         count of what is pending; of each: ID in 16 bytes
//! STREAM_LISTPACKS_2  the same, and behind the last ID: first ID, highest deleted ID, entries added;
//!                     behind a group's last ID: entries read
//! STREAM_LISTPACKS_3  the same, and behind the time seen: time active i64, -1 for never
//! ```
//! The last one is read but not written: Redis has it since 7.2, and what is written here is read by
//! 7.0 too.

pub mod note;

use std::io::{self, Read};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::string;
use crate::base::time::UnixMillis;
use crate::store::packed::Listpack;
use crate::store::value::stream::{
    Consumer, Counters, Group, GroupLoader, Log, LogLoader, Name, Pending, Stream, StreamFault,
    StreamId,
};
use crate::store::value::{NewValue, Object};

const ID_BYTES: usize = 16;
/// Of a consumer that never got anything.
const NEVER: i64 = -1;

impl Coded for Stream {
    const CODES: &'static [u8] =
        &[opcode::STREAM_LISTPACKS_2, opcode::STREAM_LISTPACKS, opcode::STREAM_LISTPACKS_3];

    fn type_code(&self, dialect: Dialect) -> u8 {
        match dialect {
            Dialect::Plain => opcode::STREAM_LISTPACKS,
            Dialect::Packed => opcode::STREAM_LISTPACKS_2,
        }
    }

    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        let has_counters = out.dialect() == Dialect::Packed;
        let (log, counters) = (self.log(), self.log().counters());
        length::put(log.blocks().len(), out.chunk());
        for block in log.blocks().iter() {
            string::encode_text(&block.id().to_bytes(), out)?;
            string::encode_text(block.pack().as_bytes(), out)?;
        }
        length::put(log.len(), out.chunk());
        put_id(counters.last_id, out);
        if has_counters {
            put_id(counters.first_id, out);
            put_id(counters.max_deleted_id, out);
            length::put(counters.entries_added, out.chunk());
        }
        length::put(self.groups().len(), out.chunk());
        self.groups().iter().try_for_each(|group| encode_group(group, has_counters, out))
    }

    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        let mut stream = Stream::of_log(read_log(code, input, scratch)?);
        let mut name = Vec::new();
        for _ in 0..length::read_plain(input)? {
            string::decode_text(input, scratch, &mut name)?;
            let group = read_group(code, &name, stream.log(), input, scratch)?;
            if !stream.add_group(group) {
                return Err(fault(StreamFault::RepeatedGroup, input));
            }
        }
        if let Some(note) = scratch.note.take() {
            note::apply(&note, &mut stream);
        }
        Ok(NewValue::Object(Object::from(stream)))
    }
}

fn put_id<S: ChunkSink>(id: StreamId, out: &mut Output<S>) {
    length::put(id.ms, out.chunk());
    length::put(id.seq, out.chunk());
}

fn put_time<S: ChunkSink>(time: UnixMillis, out: &mut Output<S>) {
    out.chunk().extend_from_slice(&time.to_le_bytes());
}

fn encode_group<S: ChunkSink>(
    group: &Group,
    has_counters: bool,
    out: &mut Output<S>,
) -> io::Result<()> {
    string::encode(group.name(), out)?;
    put_id(group.last_id(), out);
    if has_counters {
        length::put(group.entries_read() as u64, out.chunk());
    }
    length::put(group.pending().len(), out.chunk());
    for Pending { id, delivered_at, deliveries, .. } in group.pending().iter() {
        out.chunk().extend_from_slice(&id.to_bytes());
        put_time(*delivered_at, out);
        length::put(*deliveries, out.chunk());
        out.pass()?;
    }
    length::put(group.consumers().len(), out.chunk());
    group.consumers().iter().try_for_each(|consumer| encode_consumer(consumer, out))
}

fn encode_consumer<S: ChunkSink>(consumer: &Consumer, out: &mut Output<S>) -> io::Result<()> {
    string::encode(consumer.name(), out)?;
    put_time(consumer.seen_at(), out);
    length::put(consumer.pending().len(), out.chunk());
    for id in consumer.pending().iter() {
        out.chunk().extend_from_slice(&id.to_bytes());
        out.pass()?;
    }
    Ok(())
}

#[cold]
fn fault<R: Read>(fault: StreamFault, input: &Input<R>) -> RdbError {
    input.error(RdbErrorKind::BadStream(fault))
}

fn read_id<R: Read>(input: &mut Input<R>) -> Result<StreamId, RdbError> {
    Ok(StreamId::new(length::read_plain(input)?, length::read_plain(input)?))
}

fn read_raw_id<R: Read>(input: &mut Input<R>) -> Result<StreamId, RdbError> {
    Ok(StreamId::from_bytes(input.array::<ID_BYTES>()?))
}

fn read_time<R: Read>(input: &mut Input<R>) -> Result<UnixMillis, RdbError> {
    Ok(UnixMillis::from_le_bytes(input.array()?))
}

fn read_log<R: Read>(
    code: u8,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<Log, RdbError> {
    let mut loader = LogLoader::default();
    for _ in 0..length::read_plain(input)? {
        let id = string::with_text(input, scratch, |id| <[u8; ID_BYTES]>::try_from(id).ok())?;
        let id = id.ok_or_else(|| fault(StreamFault::BadBlock, input))?;
        let pack = string::read_packed("Stream listpack", input, scratch, Listpack::from_bytes)?;
        let pushed = loader.push(StreamId::from_bytes(id), pack);
        pushed.map_err(|error| fault(error, input))?;
    }
    let stated_len = length::read_plain(input)?;
    let mut counters = Counters { last_id: read_id(input)?, ..Counters::default() };
    if code == opcode::STREAM_LISTPACKS {
        // All there is to go by.
        counters.entries_added = stated_len;
    } else {
        // Of the first entry, which is there.
        read_id(input)?;
        counters.max_deleted_id = read_id(input)?;
        counters.entries_added = length::read_plain(input)?;
    }
    loader.finish(stated_len, counters).map_err(|error| fault(error, input))
}

fn read_group<R: Read>(
    code: u8,
    name: &[u8],
    log: &Log,
    input: &mut Input<R>,
    scratch: &mut Scratch,
) -> Result<Group, RdbError> {
    let last_id = read_id(input)?;
    let entries_read = match code {
        opcode::STREAM_LISTPACKS => log.count_up_to(last_id),
        _ => length::read_plain(input)? as i64,
    };
    let mut loader = GroupLoader::new(Group::new(Name::from(name), last_id, entries_read));
    for _ in 0..length::read_plain(input)? {
        let id = read_raw_id(input)?;
        let (delivered_at, deliveries) = (read_time(input)?, length::read_plain(input)?);
        let pushed = loader.push_pending(id, delivered_at, deliveries);
        pushed.map_err(|error| fault(error, input))?;
    }
    let (mut name, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..length::read_plain(input)? {
        string::decode_text(input, scratch, &mut name)?;
        let seen_at = read_time(input)?;
        let active_at = match code {
            opcode::STREAM_LISTPACKS_3 => Some(read_time(input)?).filter(|&time| time != NEVER),
            _ => Some(seen_at),
        };
        ids.clear();
        for _ in 0..length::read_plain(input)? {
            ids.push(read_raw_id(input)?);
        }
        let pushed = loader.push_consumer(&name, (seen_at, active_at), &ids);
        pushed.map_err(|error| fault(error, input))?;
    }
    loader.finish().map_err(|error| fault(error, input))
}

#[cfg(test)]
mod tests;

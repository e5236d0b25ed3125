//! What the layout of a stream leaves out that all readers know: told beside it in an AUX field of
//! ours, before the key. Redis passes over the field.
//!
//! ```text
//! highest deleted ID, entries added
//! count of groups; of each: entries read, count of consumers; of each: time active i64, -1 for never
//! ```
//! Numbers are lengths, as in the layout.

use std::io::Read;

use crate::rdb::error::RdbError;
use crate::rdb::input::Input;
use crate::rdb::length;
use crate::store::value::stream::{Counters, Stream, StreamId};

/// Of a consumer that never got anything.
const NEVER: i64 = -1;

/// The note of a stream; `None` if there is nothing to be told.
pub fn of(stream: &Stream) -> Option<Vec<u8>> {
    let counters = stream.log().counters();
    let is_plain = counters.max_deleted_id == StreamId::MIN
        && counters.entries_added == stream.log().len()
        && stream.groups().is_empty();
    if is_plain {
        return None;
    }
    let mut note = Vec::new();
    length::put(counters.max_deleted_id.ms, &mut note);
    length::put(counters.max_deleted_id.seq, &mut note);
    length::put(counters.entries_added, &mut note);
    length::put(stream.groups().len(), &mut note);
    for group in stream.groups().iter() {
        length::put(group.entries_read() as u64, &mut note);
        length::put(group.consumers().len(), &mut note);
        for consumer in group.consumers().iter() {
            note.extend(consumer.active_at().unwrap_or(NEVER).to_le_bytes());
        }
    }
    Some(note)
}

/// Lets a stream know what its note tells. One that does not fit it changes nothing.
pub fn apply(note: &[u8], stream: &mut Stream) {
    let mut noted = stream.clone();
    if let Ok(true) = read(&mut Input::with_capacity(note, note.len()), &mut noted) {
        *stream = noted;
    }
}

/// `false`: it is of other groups or consumers.
fn read<R: Read>(input: &mut Input<R>, stream: &mut Stream) -> Result<bool, RdbError> {
    let max_deleted_id = StreamId::new(length::read_plain(input)?, length::read_plain(input)?);
    let entries_added = length::read_plain(input)?;
    let counters = *stream.log().counters();
    stream.set_counters(Counters { max_deleted_id, entries_added, ..counters });
    if length::read_plain(input)? != stream.groups().len() {
        return Ok(false);
    }
    let groups: Vec<_> = stream.groups().iter().cloned().collect();
    for group in groups {
        let entries_read = length::read_plain(input)? as i64;
        if length::read_plain(input)? != group.consumers().len() {
            return Ok(false);
        }
        let mut active = Vec::new();
        for consumer in group.consumers().iter() {
            let time = i64::from_le_bytes(input.array()?);
            active.push((consumer.name().clone(), Some(time).filter(|&time| time != NEVER)));
        }
        stream.change_group(group.name(), |_, group| {
            group.set_position(group.last_id(), entries_read);
            active.into_iter().for_each(|(name, at)| group.set_active(&name, at));
        });
    }
    Ok(true)
}

//! Streams.
//!
//! ```text
//! XADD key id field value ...                      each entry; if there is none,
//! XADD key MAXLEN 0 0-1 x y                        which makes a stream of nothing
//! XSETID key last-id ENTRIESADDED n MAXDELETEDID id
//! XGROUP CREATE key group last-id ENTRIESREAD n    each group, by name
//!   XGROUP CREATECONSUMER key group consumer       each consumer of whom nothing is pending, by name
//!   XCLAIM key group consumer 0 id TIME millis RETRYCOUNT n JUSTID FORCE
//!                                                  all that is pending of another
//! ```
//! As in Redis, what these commands cannot say is lost: when a consumer was seen, and what is pending
//! of entries that were deleted.

use std::io;

use super::rebuild::Rebuild;
use crate::aof::writer::Writer;
use crate::rdb::output::ChunkSink;
use crate::store::value::stream::{Consumer, Group, Pending, Stream, StreamEntry, StreamId};

impl Rebuild for Stream {
    fn write<S: ChunkSink>(&self, key: &[u8], writer: &mut Writer<S>) -> io::Result<()> {
        if self.log().is_empty() {
            writer.command(&[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"])?;
        }
        let mut entries = self.log().range(StreamId::MIN, StreamId::MAX);
        entries.try_for_each(|entry| write_entry(key, &entry, writer))?;
        let counters = self.log().counters();
        writer.begin(7, b"XSETID")?;
        writer.text(key)?;
        writer.id(counters.last_id)?;
        writer.text(b"ENTRIESADDED")?;
        writer.number(counters.entries_added as i64)?;
        writer.text(b"MAXDELETEDID")?;
        writer.id(counters.max_deleted_id)?;
        self.groups().iter().try_for_each(|group| write_group(key, group, writer))
    }
}

fn write_entry<S: ChunkSink>(
    key: &[u8],
    entry: &StreamEntry<'_>,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    writer.begin(3 + 2 * entry.len, b"XADD")?;
    writer.text(key)?;
    writer.id(entry.id)?;
    entry.fields().try_for_each(|(field, value)| {
        writer.element(field)?;
        writer.element(value)
    })
}

fn write_group<S: ChunkSink>(key: &[u8], group: &Group, writer: &mut Writer<S>) -> io::Result<()> {
    writer.begin(7, b"XGROUP")?;
    writer.text(b"CREATE")?;
    writer.text(key)?;
    writer.text(group.name())?;
    writer.id(group.last_id())?;
    writer.text(b"ENTRIESREAD")?;
    writer.number(group.entries_read())?;
    group.consumers().iter().try_for_each(|consumer| write_consumer(key, group, consumer, writer))
}

fn write_consumer<S: ChunkSink>(
    key: &[u8],
    group: &Group,
    consumer: &Consumer,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    if consumer.pending().is_empty() {
        let words = [b"XGROUP", &b"CREATECONSUMER"[..], key, group.name(), consumer.name()];
        return writer.command(&words);
    }
    let mut pending = consumer.pending().iter().filter_map(|&id| group.find_pending(id));
    pending.try_for_each(|pending| write_pending(key, group, pending, writer))
}

fn write_pending<S: ChunkSink>(
    key: &[u8],
    group: &Group,
    pending: &Pending,
    writer: &mut Writer<S>,
) -> io::Result<()> {
    writer.begin(12, b"XCLAIM")?;
    writer.text(key)?;
    writer.text(group.name())?;
    writer.text(&pending.consumer)?;
    writer.text(b"0")?;
    writer.id(pending.id)?;
    writer.text(b"TIME")?;
    writer.number(pending.delivered_at)?;
    writer.text(b"RETRYCOUNT")?;
    writer.number(pending.deliveries as i64)?;
    writer.text(b"JUSTID")?;
    writer.text(b"FORCE")
}

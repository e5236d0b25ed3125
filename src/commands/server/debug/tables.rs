//! `DEBUG HTSTATS dbid`, `HTSTATS-KEY key`, `CLIENT-EVICTION` and `STRUCTSIZE`

use crate::clients::Session;
use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};
use crate::store::entry::Entry;

use super::object::entry;

use crate::store::value::hash::Hash;
use crate::store::value::set::{Set, SetForm};
use crate::store::value::zset::SortedSet;

/// Keys are in a tree and not in a hash table: what Redis tells of its table is told of that.
pub fn database(call: &mut Call<'_>) -> Outcome {
    let index = call.integer(2)?;
    let database = usize::try_from(index).ok().and_then(|index| call.keys.dataset.get(index));
    let database = database.ok_or(CommandError::DatabaseOutOfRange)?;
    let text = part("Dictionary", database.len(), database.node_bytes())
        + &part("Expires", database.expires_len(), 0);
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn part(title: &str, elements: usize, bytes: usize) -> String {
    format!("[{title} HT]\n number of elements: {elements}\n bytes: {bytes}\n")
}

/// The same of a large hash, set or sorted set.
pub fn value(call: &mut Call<'_>) -> Outcome {
    let entry = entry(call)?;
    let (elements, bytes) = table_of(entry).ok_or(CommandError::NotHashTable)?;
    call.reply.verbatim("txt", part("Value", elements, bytes).as_bytes());
    Ok(())
}

/// How many elements it has, and the bytes of what it finds them by.
fn table_of(entry: &Entry) -> Option<(usize, usize)> {
    let of_set = entry.object::<Set>().and_then(|set| match set.form() {
        SetForm::Large(members) => Some((members.len(), members.logical_bytes())),
        SetForm::Ints(_) | SetForm::Pack(_) => None,
    });
    let of_hash = entry.object::<Hash>().and_then(Hash::large);
    let of_zset = entry.object::<SortedSet>().and_then(SortedSet::table);
    of_hash
        .map(|fields| (fields.len(), fields.logical_bytes()))
        .or(of_set)
        .or(of_zset.map(|table| (table.len(), table.node_bytes())))
}

/// How many clients may be evicted, by what they take: powers of two from 32 KiB to 8 GiB.
pub fn client_eviction(call: &mut Call<'_>) -> Outcome {
    const MIN_LOG: usize = 15;
    const BUCKETS: usize = 19;
    if call.server.config.memory.maxmemory_clients == 0 {
        return Err(CommandError::NoClientEviction);
    }
    let mut buckets = [(0, 0); BUCKETS];
    let watches = &call.keys.observers.watches;
    for session in call.server.clients.iter().filter(|session| session.is_evictable()) {
        let slot = session.key.slot;
        let tables = watches.memory_bytes(slot) + call.server.pubsub.memory_bytes(slot);
        let bytes = session.memory_bytes() + tables;
        let bucket = (bytes.max(1).ilog2() as usize + 1).saturating_sub(MIN_LOG).min(BUCKETS - 1);
        if let Some((sum, count)) = buckets.get_mut(bucket) {
            *sum += bytes;
            *count += 1;
        }
    }
    let mut text = String::new();
    for (i, (sum, clients)) in buckets.into_iter().enumerate() {
        let first = if i == 0 { 0 } else { 1usize << (i - 1 + MIN_LOG) };
        let last = match i + 1 {
            BUCKETS => format!("+{:13}", ""),
            _ => format!(" - {:10}", (1usize << (i + MIN_LOG)) - 1),
        };
        text += &format!("bucket {first:10}{last}: tot-mem: {sum:10}, clients: {clients}\n");
    }
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub fn struct_sizes(call: &mut Call<'_>) -> Outcome {
    let (entry, session) = (size_of::<Entry>(), size_of::<Session>());
    let text = format!("bits:{} entry:{entry} session:{session} ", usize::BITS);
    call.reply.bulk(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn tables_of_databases_and_of_large_values_are_told_of() {
        let mut server = TestServer::new();
        server.enable_debug();
        let long = "x".repeat(70);
        server.check(&[("HSET small f v", "1"), (&format!("HSET h f {long}"), "1")]);
        server.check(&[(&format!("SADD s {long} 1 2"), "3")]);
        let not =
            "-ERR The value stored at the specified key is not represented using an hash table";
        server.check(&[
            ("DEBUG HTSTATS-KEY small", not),
            ("DEBUG HTSTATS-KEY x", "-ERR no such key"),
        ]);
        for (line, told) in [
            ("DEBUG HTSTATS 0", "elements: 3"),
            ("DEBUG HTSTATS-KEY h", "elements: 1"),
            ("DEBUG HTSTATS-KEY s", "elements: 3"),
        ] {
            let shown = server.run(line);
            assert!(shown.contains(told), "{shown}");
        }
    }
}

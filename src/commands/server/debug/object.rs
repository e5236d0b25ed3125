//! `DEBUG OBJECT`, `SDSLEN`, `LISTPACK` and `QUICKLIST` key: how a value is kept.

use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};
use crate::rdb::dump::dump;
use crate::store::entry::Entry;
use crate::store::value::ValueRef;
use crate::store::value::hash::Hash;
use crate::store::value::zset::SortedSet;

/// Bytes of a DUMP payload around the value: its type, the version and the checksum.
const PAYLOAD_FRAME_BYTES: usize = 1 + 2 + 8;
const LRU_CLOCK_MASK: i64 = 0x00ff_ffff;

pub fn object(call: &mut Call<'_>) -> Outcome {
    let compress = call.server.config.persistence.rdbcompression;
    let clock = call.now() / 1000;
    let entry = entry(call)?;
    let lru = entry.lru();
    let line = format!(
        "Value at:{:p} refcount:1 encoding:{} serializedlength:{} lru:{lru} lru_seconds_idle:{}",
        std::ptr::from_ref(entry.key()).cast::<u8>(),
        entry.encoding_name(),
        dump(&entry.value(), compress).len() - PAYLOAD_FRAME_BYTES,
        clock.wrapping_sub(i64::from(lru)) & LRU_CLOCK_MASK,
    );
    call.reply.simple(&line);
    Ok(())
}

pub fn string_lengths(call: &mut Call<'_>) -> Outcome {
    let entry = entry(call)?;
    let (ValueRef::Str(_) | ValueRef::Object(_), Some(bytes)) =
        (entry.value(), entry.value().str_len())
    else {
        return Err(CommandError::NotSds);
    };
    let key_bytes = entry.key().len();
    let line = format!(
        "key_sds_len:{key_bytes}, key_sds_avail:0, key_zmalloc: {key_bytes}, \
         val_sds_len:{bytes}, val_sds_avail:0, val_zmalloc: {}",
        entry.memory_bytes() - key_bytes
    );
    call.reply.simple(&line);
    Ok(())
}

/// The log has what Redis prints.
pub fn listpack(call: &mut Call<'_>) -> Outcome {
    let entry = entry(call)?;
    let of_zset = entry.object::<SortedSet>().and_then(SortedSet::pack);
    let pack = entry.object::<Hash>().and_then(Hash::pack).or(of_zset);
    let pack = pack.ok_or(CommandError::NotListpack)?;
    log::warn!("DEBUG LISTPACK: {} bytes, {} elements: {pack:?}", pack.total_bytes(), pack.len());
    call.reply.simple("Listpack structure printed on stdout");
    Ok(())
}

pub fn quicklist(call: &mut Call<'_>) -> Outcome {
    entry(call)?;
    Err(CommandError::NotQuicklist)
}

/// The entry that the third argument names, expired or not.
pub(super) fn entry<'a>(call: &'a Call<'_>) -> Result<&'a Entry, CommandError> {
    call.keys.database().get(call.arg(2)).ok_or(CommandError::NoSuchKey)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn object_shows_encoding_and_serialized_length() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.run("SET n 123");
        server.run("SET s text");
        let shown = server.run("DEBUG OBJECT n");
        assert!(shown.contains(" refcount:1 encoding:int serializedlength:2 lru:"), "{shown}");
        let shown = server.run("DEBUG OBJECT s");
        assert!(shown.contains(" encoding:embstr serializedlength:5 lru:"), "{shown}");
        assert_eq!(server.run("DEBUG OBJECT none"), "-ERR no such key");
        assert_eq!(server.run("DEBUG SDSLEN n"), "-ERR Not an sds encoded string.");
        assert!(server.run("DEBUG SDSLEN s").contains("val_sds_len:4, val_sds_avail:0"));
        assert_eq!(server.run("DEBUG LISTPACK s"), "-ERR Not a listpack encoded object.");
        server.run("HSET h f 1");
        assert_eq!(server.run("DEBUG LISTPACK h"), "Listpack structure printed on stdout");
    }
}

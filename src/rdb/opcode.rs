//! The numbers that an RDB file is made of.
//!
//! ```text
//! "REDIS" "0009"                       signature and version, four decimal digits
//! AUX key value ...                    facts about the file
//! SELECTDB n  RESIZEDB keys expires    for each database that holds something
//!   [EXPIRETIME_MS i64] [IDLE len | FREQ u8] type key value ...
//! EOF crc64                            the checksum is u64 little endian, 0 when switched off
//! ```

/// A library of functions: one string, its code. Since version 10.
pub const FUNCTION2: u8 = 245;
/// Functions as the release candidates of Redis 7.0 wrote them; nobody reads them any more.
pub const FUNCTION_PRE_GA: u8 = 246;
/// Data that a module keeps outside of the keys.
pub const MODULE_AUX: u8 = 247;
/// Seconds since the next key was used, a length.
pub const IDLE: u8 = 248;
/// The LFU counter of the next key, one byte.
pub const FREQ: u8 = 249;
/// A fact about the file: two strings.
pub const AUX: u8 = 250;
/// How many keys, and keys with an expiry, the database holds: two lengths.
pub const RESIZEDB: u8 = 251;
/// The expiry of the next key in milliseconds, i64 little endian.
pub const EXPIRETIME_MS: u8 = 252;
/// The expiry of the next key in seconds, i32 little endian (old files).
pub const EXPIRETIME: u8 = 253;
/// The database of the keys that follow: a length.
pub const SELECTDB: u8 = 254;
/// The end; the checksum follows since version 5.
pub const EOF: u8 = 255;
/// A cluster slot and its sizes: three lengths. Since version 12.
pub const SLOT_INFO: u8 = 244;

/// Inside the data of a module: its end.
pub const MODULE_EOF: u64 = 0;
/// Inside the data of a module: a length follows.
pub const MODULE_SINT: u64 = 1;
/// Inside the data of a module: a length follows.
pub const MODULE_UINT: u64 = 2;
/// Inside the data of a module: four bytes follow.
pub const MODULE_FLOAT: u64 = 3;
/// Inside the data of a module: eight bytes follow.
pub const MODULE_DOUBLE: u64 = 4;
/// Inside the data of a module: a string follows.
pub const MODULE_STRING: u64 = 5;

/// The oldest version that has everything the writer emits by default; Redis 5 reads it.
pub const VERSION_OLDEST_WRITTEN: u16 = 9;
/// The version that brought `FUNCTION2`; Redis 7.0 reads it.
pub const VERSION_WITH_FUNCTIONS: u16 = 10;
/// The first version with a checksum at the end.
pub const VERSION_WITH_CHECKSUM: u16 = 5;
/// The newest version that the reader takes (Redis 7.4 and 8.0).
pub const VERSION_NEWEST_READ: u16 = 12;

/// The type byte of a string.
pub const STRING: u8 = 0;
/// A list, element by element.
pub const LIST: u8 = 1;
/// A set, member by member.
pub const SET: u8 = 2;
/// A sorted set, its scores as texts, of Redis up to 3.2.
pub const ZSET: u8 = 3;
/// A hash, field by field.
pub const HASH: u8 = 4;
/// A sorted set, element by element, its scores as doubles.
pub const ZSET_2: u8 = 5;
/// A hash in a zipmap, of Redis up to 2.4.
pub const HASH_ZIPMAP: u8 = 9;
/// A set of numbers in an intset.
pub const SET_INTSET: u8 = 11;
/// A sorted set in a ziplist, of Redis up to 6.2.
pub const ZSET_ZIPLIST: u8 = 12;
/// A hash in a ziplist, of Redis 2.6 to 6.2.
pub const HASH_ZIPLIST: u8 = 13;
/// A hash in a listpack, since Redis 7.0.
pub const HASH_LISTPACK: u8 = 16;
/// A sorted set in a listpack, since Redis 7.0.
pub const ZSET_LISTPACK: u8 = 17;
/// A set in a listpack, since Redis 7.2.
pub const SET_LISTPACK: u8 = 20;
/// A list in a ziplist, of Redis up to 3.0.
pub const LIST_ZIPLIST: u8 = 10;
/// A list of ziplists, of Redis 3.2 to 6.2.
pub const LIST_QUICKLIST: u8 = 14;
/// A stream, since Redis 5.0.
pub const STREAM_LISTPACKS: u8 = 15;
/// A stream with what is counted of its entries, since Redis 7.0.
pub const STREAM_LISTPACKS_2: u8 = 19;
/// A stream that tells when its consumers got something last, since Redis 7.2.
pub const STREAM_LISTPACKS_3: u8 = 21;
/// A list of listpacks, since Redis 7.0.
pub const LIST_QUICKLIST_2: u8 = 18;

/// Types up to this are those of [`VERSION_OLDEST_WRITTEN`].
pub const NEWEST_TYPE_OF_OLDEST_VERSION: u8 = 15;

/// The AUX field, ours alone, that tells the seed of the hash in whose order the keys come. A
/// reader that takes the seed over puts one key next to the other, several times as fast; all
/// others ignore the field, as Redis does. The seed is no more secret than the keys beside it.
pub const AUX_HASH_SEED: &str = "understudy-hash-seed";

/// The AUX field, ours alone, before the key of a stream: what its layout leaves out.
pub const AUX_STREAM: &str = "understudy-stream";

/// One row for each type byte that Redis ever gave out.
#[derive(Debug, PartialEq, Eq)]
pub struct ValueType {
    /// The byte before the key.
    pub code: u8,
    /// What `TYPE` answers for such a key.
    pub name: &'static str,
    /// How the value is laid out.
    pub encoding: &'static str,
}

const fn row(code: u8, name: &'static str, encoding: &'static str) -> ValueType {
    ValueType { code, name, encoding }
}

/// Ordered by code; 8 was never used.
pub static VALUE_TYPES: &[ValueType] = &[
    row(STRING, "string", "string"),
    row(1, "list", "linked list"),
    row(SET, "set", "hash table"),
    row(ZSET, "zset", "skip list"),
    row(HASH, "hash", "hash table"),
    row(ZSET_2, "zset", "skip list with binary scores"),
    row(6, "module", "module, pre-release"),
    row(7, "module", "module"),
    row(HASH_ZIPMAP, "hash", "zipmap"),
    row(10, "list", "ziplist"),
    row(SET_INTSET, "set", "intset"),
    row(ZSET_ZIPLIST, "zset", "ziplist"),
    row(HASH_ZIPLIST, "hash", "ziplist"),
    row(14, "list", "quicklist"),
    row(STREAM_LISTPACKS, "stream", "listpacks"),
    row(HASH_LISTPACK, "hash", "listpack"),
    row(ZSET_LISTPACK, "zset", "listpack"),
    row(18, "list", "quicklist 2"),
    row(STREAM_LISTPACKS_2, "stream", "listpacks 2"),
    row(SET_LISTPACK, "set", "listpack"),
    row(STREAM_LISTPACKS_3, "stream", "listpacks 3"),
    row(22, "hash", "hash table with field expiry, pre-release"),
    row(23, "hash", "listpack with field expiry, pre-release"),
    row(24, "hash", "hash table with field expiry"),
    row(25, "hash", "listpack with field expiry"),
];

/// The row of a type byte, `None` for one that no Redis writes.
pub fn value_type(code: u8) -> Option<&'static ValueType> {
    VALUE_TYPES.iter().find(|row| row.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_types_are_ordered_and_apart_from_the_opcodes() {
        assert!(VALUE_TYPES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(VALUE_TYPES.iter().all(|row| row.code < SLOT_INFO));
        assert_eq!(value_type(8), None);
        assert_eq!(value_type(16).map(|row| row.name), Some("hash"));
    }
}

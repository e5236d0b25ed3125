//! Where collections change from one form to another, as the settings say.

use crate::config::Config;
use crate::store::value::Limits;
use crate::store::value::hash::HashLimit;
use crate::store::value::list::ListLimit;
use crate::store::value::set::SetLimit;
use crate::store::value::stream::StreamLimit;
use crate::store::value::zset::SortedSetLimit;

/// The limits of all types.
pub fn limits(config: &Config) -> Limits {
    let types = &config.types;
    Limits {
        list: ListLimit::new(types.list_max_listpack_size.into()),
        hash: HashLimit {
            max_fields: types.hash_max_listpack_entries,
            max_bytes: types.hash_max_listpack_value,
        },
        set: SetLimit {
            max_ints: types.set_max_intset_entries,
            max_members: types.set_max_listpack_entries,
            max_bytes: types.set_max_listpack_value,
        },
        zset: SortedSetLimit {
            max_members: types.zset_max_listpack_entries,
            max_bytes: types.zset_max_listpack_value,
        },
        stream: StreamLimit {
            max_bytes: types.stream_node_max_bytes,
            max_entries: types.stream_node_max_entries,
        },
    }
}

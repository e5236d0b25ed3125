//! Limits as the settings say: where collections change from one form to another, and what replicas
//! may leave unread.

use crate::config::Config;
use crate::replication::model::output_limit::OutputLimit;
use crate::store::value::Limits;
use crate::store::value::hash::HashLimit;
use crate::store::value::list::ListLimit;
use crate::store::value::set::SetLimit;
use crate::store::value::stream::StreamLimit;
use crate::store::value::zset::SortedSetLimit;

/// What a replica may leave unread.
pub fn replica_output_limit(config: &Config) -> OutputLimit {
    let limit = &config.network.client_output_buffer_limit.replica;
    OutputLimit {
        hard_bytes: limit.hard_bytes,
        soft_bytes: limit.soft_bytes,
        soft_seconds: limit.soft_seconds as i64,
    }
}

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

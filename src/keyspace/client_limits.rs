//! What a client may send and leave unread, by its class.

use crate::clients::ClientKind;
use crate::config::Config;
use crate::net::messages::ConnectionLimits;
use crate::resp::limits::Limits;

/// Reply bytes that may wait for a client which has still to give the password.
const UNAUTHENTICATED_OUTPUT_BYTES: u64 = 16 * 1024;

/// What a client of this class may send and leave unread.
pub(super) fn connection_limits(
    config: &Config,
    kind: ClientKind,
    authenticated: bool,
) -> ConnectionLimits {
    let classes = &config.network.client_output_buffer_limit;
    let class = match kind {
        ClientKind::PubSub => &classes.pubsub,
        ClientKind::Replica => &classes.replica,
        ClientKind::Normal | ClientKind::Master => &classes.normal,
    };
    let unauthenticated = !authenticated && config.security.requirepass.is_some();
    let hard_bytes = match class.hard_bytes {
        0 if unauthenticated => UNAUTHENTICATED_OUTPUT_BYTES,
        bytes if unauthenticated => bytes.min(UNAUTHENTICATED_OUTPUT_BYTES),
        bytes => bytes,
    };
    ConnectionLimits {
        request: Limits {
            max_bulk_bytes: config.network.proto_max_bulk_len as i64,
            max_query_buffer_bytes: config.network.client_query_buffer_limit,
            unauthenticated,
            from_master: false,
        },
        output_hard_bytes: hard_bytes,
        output_soft_bytes: class.soft_bytes,
        output_soft_seconds: class.soft_seconds,
    }
}

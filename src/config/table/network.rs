//! Listening, and what a connection may hold.

use std::path::PathBuf;

use super::rules::{ANY, COUNT, INT, LONG, PORT, memory, number};
use crate::config::define::directives;
use crate::config::value::buffer_limits::BufferLimits;
use crate::config::value::number::NumberRule;

directives! {
    /// Listening, and what a connection may hold.
    Network;

    /// The addresses to listen on; a `-` in front: not being there is no error.
    "bind" {Addresses} => bind: Vec<String> = vec!["*".to_owned(), "-::*".to_owned()];
    /// The local address of connections to the master.
    "bind-source-addr" {Replication} => bind_source_addr: Option<String> = None, ANY;
    /// The TCP port; 0 for none.
    "port" {Port Replication} => port: u16 = 6379, PORT;
    /// Connections that wait to be accepted.
    "tcp-backlog" [IMMUTABLE] => tcp_backlog: u32 = 511, number(0, INT);
    /// The period of TCP's own keep-alive probes; 0 for none.
    "tcp-keepalive" {Keepalive} => tcp_keepalive: u64 = 300, number(0, INT);
    /// How long a client may be idle; 0 for ever.
    "timeout" => timeout: u64 = 0, number(0, INT);
    /// The path of a Unix socket to listen on as well.
    "unixsocket" [IMMUTABLE] => unixsocket: Option<PathBuf> = None, ANY;
    /// The mode of that socket's file; 0 leaves it.
    "unixsocketperm" [IMMUTABLE] => unixsocketperm: u32 = 0, NumberRule::octal(0, 0o777);
    /// Without a password, serve clients of this machine only.
    "protected-mode" => protected_mode: bool = true;
    /// The mark of all listening sockets, for the firewall.
    "socket-mark-id" [IMMUTABLE DEFAULT_ONLY] =>
        socket_mark_id: u32 = 0, number(0, u32::MAX as i128);
    /// The number of threads that serve connections.
    "io-threads" [IMMUTABLE NO_EFFECT] => io_threads: u32 = 1, number(1, 128);
    /// Only Redis has use for it.
    "io-threads-do-reads" [IMMUTABLE NO_EFFECT] => io_threads_do_reads: bool = false;
    /// How many clients at once.
    "maxclients" {FilesLimit} => maxclients: u32 = 10000, number(1, u32::MAX as i128);
    /// The replies that may wait for a client, by class.
    "client-output-buffer-limit" {Connections Replication} =>
        client_output_buffer_limit: BufferLimits = BufferLimits::DEFAULT;
    /// The bytes of requests that may wait for a client to be served.
    "client-query-buffer-limit" {Connections} =>
        client_query_buffer_limit: usize = 1 << 30, memory(1 << 20, LONG);
    /// The longest argument.
    "proto-max-bulk-len" {Connections} =>
        proto_max_bulk_len: usize = 512 << 20, memory(1 << 20, LONG);
    /// How many keys clients' caches are tracked for.
    "tracking-table-max-keys" [NO_EFFECT] =>
        tracking_table_max_keys: usize = 1_000_000, COUNT;

    // Of later versions.

    "mptcp" [IMMUTABLE HIDDEN DEFAULT_ONLY] => mptcp: bool = false;
    "rdma-bind" [HIDDEN DEFAULT_ONLY] => rdma_bind: String = String::new(), ANY;
    "rdma-port" [HIDDEN DEFAULT_ONLY] => rdma_port: u16 = 0, PORT;
    "rdma-rx-size" [IMMUTABLE HIDDEN NO_EFFECT] =>
        rdma_rx_size: u64 = 1 << 20, memory(64 << 10, 16 << 20);
    "rdma-completion-vector" [IMMUTABLE HIDDEN NO_EFFECT] =>
        rdma_completion_vector: i32 = -1, number(-1, 1024);
    "unixsocketgroup" [IMMUTABLE HIDDEN DEFAULT_ONLY] =>
        unixsocketgroup: String = String::new(), ANY;
    "max-new-connections-per-cycle" [HIDDEN NO_EFFECT] =>
        max_new_connections_per_cycle: u32 = 10, number(1, 1000);
    /// How many commands of a pipeline are looked at ahead.
    "lookahead" [HIDDEN NO_EFFECT] => lookahead: u32 = 16, number(1, INT);
    "prefetch-batch-max-size" [HIDDEN NO_EFFECT] =>
        prefetch_batch_max_size: u32 = 16, number(0, 128);
    "io-threads-always-active" [HIDDEN NO_EFFECT] => io_threads_always_active: bool = false;
    "min-io-threads-avoid-copy-reply" [HIDDEN NO_EFFECT] =>
        min_io_threads_avoid_copy_reply: u32 = 7, number(0, INT);
    "min-string-size-avoid-copy-reply" [HIDDEN NO_EFFECT] =>
        min_string_size_avoid_copy_reply: u64 = 16384, number(0, INT);
    "min-string-size-avoid-copy-reply-threaded" [HIDDEN NO_EFFECT] =>
        min_string_size_avoid_copy_reply_threaded: u64 = 65536, number(0, INT);
}

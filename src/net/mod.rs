//! Sockets: listeners and one Connection actor a client.

#![deny(clippy::indexing_slicing)]

pub mod bind;
pub mod connection;
pub mod listener;
pub mod messages;
pub mod output;
pub mod pool;
pub mod socket_loop;
pub mod stream;
pub mod unix_socket;

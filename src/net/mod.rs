//! Sockets: listeners and one Connection actor a client.

pub mod connection;
pub mod listener;
pub mod messages;
mod output;
mod stream;

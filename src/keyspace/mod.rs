//! The Keyspace: the actor that serialises all commands.

mod actor;
mod admission;
mod blocking;
mod cron;
mod effects;
mod execute;
pub(crate) mod following;
pub mod messages;
mod persistence;
mod propagate;
pub(crate) mod replication;
mod settings;
mod shutdown;
#[cfg(test)]
pub mod testing;
mod transaction;

pub use actor::{Keyspace, Links};
pub use execute::{Executor, wall_clock};
pub use replication::replication_settings;

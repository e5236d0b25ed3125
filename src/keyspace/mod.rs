//! The Keyspace: the actor that serialises all commands.

mod actor;
mod admission;
mod applying;
mod blocking;
mod call_stats;
mod chooser;
mod client_eviction;
mod clock;
mod connections;
mod cron;
mod effects;
mod eviction;
mod execute;
pub(crate) mod following;
mod handing_over;
pub(crate) mod leading;
mod loading;
pub mod messages;
mod outbox;
mod own_work;
mod persistence;
mod propagate;
mod refusal;
mod replies;
mod saves;
mod serving;
mod settings;
mod shutdown;
mod standing;
mod tending;
#[cfg(test)]
pub mod testing;
mod transaction;
mod waiting;
mod weighing;

pub use actor::{Keyspace, Recipients};
pub use clock::wall_clock;
pub use execute::{Executor, Flow};
pub use leading::replication_settings;
pub use settings::{warn_of_ineffective, warn_of_memory_limit};
